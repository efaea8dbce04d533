//! The generated parts of the documentation: the catalogue, the table of CRMs, and the tables of events and fields in
//! each CRM's README.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, ensure};
use crm_normalize::scheme::Scheme;
use crm_normalize::{Vendor, crm};
use crm_samples::fields::Field;
use crm_samples::vendor_files;
use serde::Serialize;

/// The JSON Schema of vendor files, for editors.
pub const VENDOR_FILE_SCHEMA: &str = "vendors/schema.json";

/// One line of the catalogue.
#[derive(Debug, Serialize)]
pub struct Line {
    pub vendor: &'static str,
    pub vendor_event: &'static str,
    /// The canonical type, or `ignored`.
    #[serde(rename = "type")]
    pub target: String,
}

/// The catalogue: every vendor event and its canonical type, in the order of the vendors and their tables.
pub fn catalog() -> Vec<Line> {
    let vendors = crm::ALL.iter().copied().chain(crm::from_files());
    let rows = vendors.flat_map(|vendor| vendor.catalog.iter().map(move |row| (vendor.name, row)));
    rows.map(|(vendor, row)| Line { vendor, vendor_event: row.vendor_event, target: row.target.to_string() }).collect()
}

/// The catalogue as a Markdown table.
pub fn catalog_table() -> String {
    let mut table = String::from("| CRM | vendor event | canonical type |\n|---|---|---|\n");
    for Line { vendor, vendor_event, target } in catalog() {
        table.push_str(&format!("| {vendor} | `{vendor_event}` | `{target}` |\n"));
    }
    table
}

/// The table of CRMs, with links from the folder of a README, such as `../`.
fn crm_table(to_root: &str) -> String {
    let mut table = String::from("| CRM | route | proof of origin | events |\n|---|---|---|--:|\n");
    let built_in =
        crm::ALL.iter().map(|vendor| (*vendor, format!("shared/normalize/src/crm/{}/README.md", vendor.name)));
    let from_files = crm::from_files().into_iter().map(|vendor| (vendor, format!("vendors/{}.toml", vendor.name)));
    for (vendor, page) in built_in.chain(from_files) {
        let Vendor { name, title, catalog, .. } = vendor;
        let mut proofs: Vec<_> = vendor.schemes.iter().map(|scheme| proof(*scheme)).collect();
        proofs.dedup();
        table.push_str(&format!(
            "| [{title}]({to_root}{page}) | `/webhooks/{name}` | {} | {} |\n",
            proofs.join(", "),
            catalog.len()
        ));
    }
    table
}

fn proof(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Signature(_) => "HMAC signature",
        Scheme::Basic => "HTTP Basic",
        Scheme::Token => "token",
        Scheme::MemberToken(_) => "token in the body",
    }
}

/// The expected text of every file with a generated part, by its path from the workspace's root.
///
/// # Errors
/// If a file cannot be read, or lacks the place for a generated part.
pub fn files(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    vendor_files::load(&root.join(vendor_files::FOLDER))?;
    let read = |path: &str| -> anyhow::Result<String> { Ok(String::from_utf8(crm_samples::read(&root.join(path))?)?) };
    let mut files = BTreeMap::new();
    files.insert("README.md".to_owned(), between(&read("README.md")?, "crms", &crm_table(""))?);
    let functions = between(&read("functions/README.md")?, "crms", &crm_table("../"))?;
    files.insert("functions/README.md".to_owned(), between(&functions, "catalog", &catalog_table())?);
    let schema = crm_normalize::vendor_file::schema::schema();
    files.insert(VENDOR_FILE_SCHEMA.to_owned(), serde_json::to_string_pretty(&schema)? + "\n");
    for vendor in crm::ALL {
        let path = format!("shared/normalize/src/crm/{}/README.md", vendor.name);
        let readme = event_table(&read(&path)?, vendor).with_context(|| path.clone())?;
        let readme = field_tables(&readme, &Field::of_crm(root, vendor.name)?).with_context(|| path.clone())?;
        files.insert(path, readme);
    }
    Ok(files)
}

/// The text with its part between `<!-- name -->` and `<!-- /name -->` replaced.
fn between(text: &str, name: &str, part: &str) -> anyhow::Result<String> {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&start).with_context(|| format!("no line {}", start.trim()))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("no line {end}"))?;
    Ok(format!("{before}{start}{part}{end}{after}"))
}

/// Writes the rows of the table of events in a README: those of the catalogue.
fn event_table(readme: &str, vendor: &Vendor) -> anyhow::Result<String> {
    const HEAD: &str = "| vendor event | canonical type |\n|---|---|\n";
    let (before, rest) = readme.split_once(HEAD).context("no table of events (vendor event, canonical type)")?;
    let after: String = rest.split_inclusive('\n').skip_while(|line| line.starts_with('|')).collect();
    let rows = vendor.catalog.iter().map(|row| format!("| `{}` | `{}` |\n", row.vendor_event, row.target));
    Ok(format!("{before}{HEAD}{}{after}", rows.collect::<String>()))
}

/// Writes the rows of each field table in a README: the fields of the section that has the table's heading.
fn field_tables(readme: &str, fields: &[Field]) -> anyhow::Result<String> {
    const HEAD: [&str; 2] = ["| field | canonical | note |", "|---|---|---|"];
    let mut written = String::new();
    let (mut heading, mut in_table, mut rows) = (String::new(), false, 0_usize);
    let mut filled = BTreeSet::new();
    for line in readme.lines() {
        if in_table && line.starts_with('|') {
            continue;
        }
        in_table = line == HEAD[0];
        if let Some(text) = line.strip_prefix('#') {
            text.trim_start_matches('#').trim().clone_into(&mut heading);
        }
        if !in_table {
            written.push_str(line);
            written.push('\n');
            continue;
        }
        written.push_str(&HEAD.map(|line| format!("{line}\n")).concat());
        for field in fields.iter().filter(|field| field.section == heading) {
            filled.insert(field.section.as_str());
            written.push_str(&row(field));
            rows = rows.saturating_add(1);
        }
    }
    let sections: BTreeSet<_> = fields.iter().map(|field| field.section.as_str()).collect();
    let without: Vec<_> = sections.difference(&filled).copied().collect();
    ensure!(
        without.is_empty(),
        "a section of fields.txt needs a heading of its name with an empty table `{}`: {}",
        HEAD[0],
        without.join(", ")
    );
    ensure!(rows == fields.len(), "a heading with a field table stands twice");
    Ok(written)
}

fn row(Field { path, targets, note, .. }: &Field) -> String {
    let plain = |target: &String| ["raw only", "custom_fields"].contains(&target.as_str());
    let targets: Vec<_> =
        targets.iter().map(|target| if plain(target) { target.clone() } else { format!("`{target}`") }).collect();
    let space = if note.is_empty() { "" } else { " " };
    format!("| `{path}` | {} |{space}{note} |\n", targets.join(", "))
}
