//! Every case under `events/`, each a test of its own: the vendor's bytes in, the expected answer out, to the byte.

use std::fs;

use crm_events::case::Case;
use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

fn main() -> anyhow::Result<()> {
    let cases = Case::all(&tests::events())?;
    let trials = cases.into_iter().map(|case| {
        let name = format!("{}::{}", case.vendor.name, case.name);
        Trial::test(name, move || check(&case))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit()
}

fn check(case: &Case) -> Result<(), Failed> {
    let path = case.expected();
    let expected =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}; `make golden` writes it", path.display()))?;
    let actual = case.output()?;
    if actual != expected {
        let diff = TextDiff::from_lines(&expected, &actual).unified_diff().header("expected", "actual").to_string();
        return Err(format!("{} differs; `make golden` accepts the change\n{diff}", path.display()).into());
    }
    Ok(())
}
