//! Golden tests: one test for each case under `events/` and each story under `tests/stories/`. The vendor's bytes must
//! give the expected answer, byte for byte.

use std::fs;
use std::path::Path;

use crm_samples::{Case, Story};
use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

fn main() -> anyhow::Result<()> {
    let cases = Case::all(&tests::events())?;
    let trials = cases.into_iter().map(|case| {
        let name = format!("{}::{}", case.vendor.name, case.name);
        Trial::test(name, move || check(&case))
    });
    let stories = Story::all(&tests::root().join("tests/stories"))?.into_iter();
    let stories = stories.map(|story| Trial::test(format!("story::{}", story.name()), move || check_story(story)));
    libtest_mimic::run(&Arguments::from_args(), trials.chain(stories).collect()).exit()
}

fn check_story(story: Story) -> Result<(), Failed> {
    let (file, changes) = (story.file.clone(), story.changes);
    let told = story.told_again()?;
    if told.ids() != changes {
        return Err(format!("{} changes, and {} ids: {}", changes, told.ids(), told.to_json()?).into());
    }
    same(&file, &told.to_json()?)
}

fn check(case: &Case) -> Result<(), Failed> {
    same(&case.expected(), &case.output()?)
}

fn same(path: &Path, actual: &str) -> Result<(), Failed> {
    let expected =
        fs::read_to_string(path).map_err(|error| format!("{}: {error}; `make golden` writes it", path.display()))?;
    if actual != expected {
        let diff =
            TextDiff::from_lines(expected.as_str(), actual).unified_diff().header("expected", "actual").to_string();
        return Err(format!("{} differs; `make golden` accepts the change\n{diff}", path.display()).into());
    }
    Ok(())
}
