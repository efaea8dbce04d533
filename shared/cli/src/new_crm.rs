//! Creates the files of a new CRM from a template that compiles: `make crm NAME=...`.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use crm_normalize::crm;
use crm_samples::fields;

const TABLE: &str = "shared/normalize/src/crm.rs";
const TEMPLATE: &str = "infra/template.yaml";
/// The function to copy. All functions are alike.
const MODEL: &str = "heffl";

/// Writes the module, field list, retry schedule, README, function and first case, and adds the CRM to the table and
/// the template.
///
/// Returns the written paths, from the workspace's root.
///
/// # Errors
/// If the name is not one lowercase word, or is taken.
pub fn write(root: &Path, name: &str) -> anyhow::Result<Vec<String>> {
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    ensure!(is_word, "{name:?}: a CRM's name is one lowercase word");
    for folder in [root.join("functions").join(name), root.join("events").join(name), fields::folder(root, name)] {
        ensure!(!folder.exists(), "{} already exists", folder.display());
    }
    let module = format!("shared/normalize/src/crm/{name}");
    let function = format!("functions/{name}");
    let read = |path: &str| -> anyhow::Result<String> { Ok(String::from_utf8(crm_samples::read(&root.join(path))?)?) };
    let model =
        |file: &str| -> anyhow::Result<String> { Ok(read(&format!("functions/{MODEL}/{file}"))?.replace(MODEL, name)) };
    let files = [
        (format!("{module}/mod.rs"), filled(include_str!("../../normalize/template/mod.rs"), name)),
        (format!("{module}/fields.txt"), include_str!("../../normalize/template/fields.txt").to_owned()),
        (format!("{module}/retries.txt"), include_str!("../../normalize/template/retries.txt").to_owned()),
        (format!("{module}/README.md"), filled(include_str!("../../normalize/template/README.md"), name)),
        (format!("{function}/Cargo.toml"), model("Cargo.toml")?),
        (format!("{function}/src/main.rs"), model("src/main.rs")?),
        (
            format!("events/{name}/contact_created/body.json"),
            include_str!("../../normalize/template/body.json").to_owned(),
        ),
        (TABLE.to_owned(), in_table(&read(TABLE)?, name)?),
        (TEMPLATE.to_owned(), in_template(&read(TEMPLATE)?, name)?),
    ];
    for (path, text) in &files {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

fn filled(template: &str, name: &str) -> String {
    let mut letters = name.chars();
    let title: String = letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect();
    template.replace("NAME", name).replace("TITLE", &title)
}

/// The table's source with the module declared and listed, in alphabetical order.
fn in_table(source: &str, name: &str) -> anyhow::Result<String> {
    const START: &str = "pub const ALL: &[&Vendor] =";
    let mut names: Vec<&str> = crm::ALL.iter().map(|vendor| vendor.name).collect();
    let first = names.first().copied().context("the table is empty")?;
    let (before, rest) = source.split_once(START).with_context(|| format!("{TABLE} has no `{START}`"))?;
    let (_, after) = rest.split_once("];").with_context(|| format!("the table in {TABLE} does not end"))?;
    names.push(name);
    names.sort_unstable();
    let modules: String = names.iter().map(|name| format!("mod {name};\n")).collect();
    let mut head = before.to_owned();
    for known in crm::ALL {
        head = head.replacen(&format!("mod {};\n", known.name), "", usize::from(known.name != first));
    }
    let head = head.replacen(&format!("mod {first};\n"), &modules, 1);
    let lines: Vec<_> = names.iter().map(|name| format!("&{name}::VENDOR")).collect();
    Ok(format!("{head}{START}\n    &[{}];{after}", lines.join(", ")))
}

/// The deployment's template with the CRM added to its list, in alphabetical order.
fn in_template(source: &str, name: &str) -> anyhow::Result<String> {
    const LIST: &str = "# All CRMs. A new CRM is one line here.\n    Default: >-\n";
    let (before, rest) = source.split_once(LIST).with_context(|| format!("{TEMPLATE} has no list of CRMs"))?;
    let (list, after) = rest.split_once("\n\n").with_context(|| format!("the list in {TEMPLATE} does not end"))?;
    let mut names: Vec<&str> = list.lines().map(|line| line.trim().trim_end_matches(',')).collect();
    names.push(name);
    names.sort_unstable();
    let lines: Vec<_> = names.iter().map(|name| format!("      {name}")).collect();
    Ok(format!("{before}{LIST}{}\n\n{after}", lines.join(",\n")))
}
