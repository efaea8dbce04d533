//! A vendor consists of a line in `crm::ALL`, a source file, a function, cases and a line in the template. These tests
//! name the missing parts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crm_consume::store::REMEMBER_FOR;
use crm_normalize::crm::{self, Target};
use crm_normalize::scheme::{Scheme, known};
use crm_samples::retries::Retries;
use crm_samples::{Answer, Case, RECEIVED_AT};
use tests::{events, names, root, table_rows, vendors};

/// The functions that are not of one built-in vendor.
const CONSUMER: &str = "consumer";
const GENERIC: &str = "generic";

fn table() -> BTreeSet<String> {
    crm::ALL.iter().map(|vendor| vendor.name.to_owned()).collect()
}

/// Folders that contain a package.
fn packages(folder: &Path) -> BTreeSet<String> {
    names(folder).unwrap().into_iter().filter(|name| folder.join(name).join("Cargo.toml").exists()).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The functions without the consumer and the one for vendor files, which must exist.
#[track_caller]
fn vendors_of(functions: &BTreeSet<String>) -> BTreeSet<String> {
    let mut vendors = functions.clone();
    for other in [CONSUMER, GENERIC] {
        assert!(vendors.remove(other), "there is no {other} among {functions:?}");
    }
    vendors
}

#[track_caller]
fn same(what: &str, found: &BTreeSet<String>) {
    let table = table();
    let missing: Vec<_> = table.difference(found).collect();
    let extra: Vec<_> = found.difference(&table).collect();
    assert!(missing.is_empty(), "in crm::ALL, and missing in {what}: {missing:?}");
    assert!(extra.is_empty(), "in {what}, and missing in crm::ALL: {extra:?}");
}

#[test]
fn every_source_folder_is_in_the_table() {
    let folder = root().join("shared/normalize/src/crm");
    let sources = names(&folder).unwrap().into_iter();
    same("shared/normalize/src/crm", &sources.collect());
    for vendor in crm::ALL {
        for file in ["mod.rs", "README.md", "fields.txt", "retries.txt"] {
            read(&format!("shared/normalize/src/crm/{}/{file}", vendor.name));
        }
    }
}

#[test]
fn every_function_is_a_vendor_or_the_consumer() {
    let functions = packages(&root().join("functions"));
    same("functions", &vendors_of(&functions));
    for name in functions {
        let manifest = read(&format!("functions/{name}/Cargo.toml"));
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "functions/{name}/Cargo.toml: the package is named {name}"
        );
        let mut files = names(&root().join("functions").join(&name)).unwrap();
        files.retain(|file| file != "Cargo.toml" && file != "src" && !(name == CONSUMER && file == "README.md"));
        assert!(files.is_empty(), "functions/{name} has files that belong elsewhere: {files:?}");
    }
}

#[test]
fn every_vendor_has_cases_and_every_case_is_whole() {
    let mut folders: BTreeSet<_> = names(&events()).unwrap().into_iter().collect();
    folders.remove("README.md");
    for vendor in vendors().iter().filter(|vendor| !table().contains(vendor.name)) {
        assert!(folders.remove(vendor.name), "vendors/{}.toml has no cases in events/{}", vendor.name, vendor.name);
    }
    same("events", &folders);
    for case in Case::all(&events()).unwrap() {
        let files = names(&case.folder).unwrap();
        let at = case.folder.display();
        let bodies = files.iter().filter(|file| crm_samples::BODY_FILES.contains(&file.as_str())).count();
        assert_eq!(bodies, 1, "{at} has one body");
        assert!(files.iter().any(|file| file == "expected.json"), "{at} has no expected.json");
        for file in &files {
            let known = ["headers.json", "query.json", "expected.json"].contains(&file.as_str())
                || crm_samples::BODY_FILES.contains(&file.as_str());
            assert!(known, "{at} has a file that no test reads: {file}");
        }
    }
    for vendor in vendors() {
        assert!(!names(&events().join(vendor.name)).unwrap().is_empty(), "events/{} has no case", vendor.name);
    }
}

#[test]
fn every_row_of_the_catalogue_has_a_case() {
    let mut shown = BTreeSet::new();
    for case in Case::all(&events()).unwrap() {
        let webhook = case.webhook().unwrap().proven(case.vendor, RECEIVED_AT);
        let (answer, _) = webhook.answer(case.vendor, RECEIVED_AT).unwrap();
        let event_of = |event: &crm_event::Event<'_>| {
            (case.vendor.name, event.data.vendor_event.to_string(), event.event_type.to_string())
        };
        shown.extend(answer.events().iter().map(event_of));
        if let Answer::Ignored { .. } = answer {
            let body = String::from_utf8_lossy(&webhook.body);
            let rows = case.vendor.catalog.iter().filter(|row| body.contains(row.vendor_event));
            shown.extend(rows.map(|row| (case.vendor.name, row.vendor_event.to_owned(), "ignored".to_owned())));
        }
    }
    let rows = vendors().into_iter().flat_map(|vendor| vendor.catalog.iter().map(|row| (vendor.name, row)));
    let missing: Vec<_> = rows
        .map(|(vendor, row)| (vendor, row.vendor_event.to_owned(), row.target.to_string()))
        .filter(|row| !shown.contains(row))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:#?}");
}

/// A consumer remembers an event for 30 days. That is longer than a week in the main queue, two weeks in the
/// dead-letter queue and the longest schedule together, as crm-consume's README says.
#[test]
fn every_vendor_has_a_retry_schedule_and_none_is_longer_than_a_consumer_remembers() {
    let on_queues = Duration::from_hours(24 * (7 + 14));
    for vendor in crm::ALL {
        let retries = Retries::of_crm(&root(), vendor.name).unwrap().total();
        let hours = retries.as_secs() / 3600;
        assert!(hours <= 75, "{}: {hours} h; the README of consume says 75 h", vendor.name);
        assert!(on_queues + retries <= REMEMBER_FOR.unsigned_abs(), "{}: {retries:?}", vendor.name);
    }
}

/// The template creates everything for a vendor from its line in the default of parameter `Vendors`.
#[test]
fn every_vendor_is_in_the_template_and_no_other() {
    let template = read("infra/template.yaml");
    let lines =
        template.lines().skip_while(|line| *line != "  Vendors:").skip_while(|line| !line.contains("Default: >-"));
    let vendors = lines.skip(1).take_while(|line| !line.is_empty()).map(|line| line.trim().trim_end_matches(','));
    same("infra/template.yaml (Vendors)", &vendors.map(str::to_owned).collect());
}

#[test]
fn names_are_plain_words_and_tables_hold_nothing_twice() {
    for vendor in vendors() {
        assert!(vendor.name.bytes().all(|byte| byte.is_ascii_lowercase()), "{}: one lowercase word", vendor.name);
        assert!(!vendor.schemes.is_empty(), "{} has no proof of origin", vendor.name);
        let words: BTreeSet<_> = vendor.schemes.iter().map(|scheme| scheme.word()).collect();
        assert_eq!(words.len(), vendor.schemes.len(), "{}: a word could mean either of two schemes", vendor.name);
        let rows: BTreeSet<_> = vendor.catalog.iter().map(|row| (row.vendor_event, row.target.to_string())).collect();
        assert_eq!(rows.len(), vendor.catalog.len(), "{}: a row of the catalogue stands twice", vendor.name);
        assert!(vendor.catalog.iter().any(|row| row.target != Target::Ignored), "{} sends nothing", vendor.name);
        for scheme in vendor.schemes {
            if let Scheme::MemberToken(name) = scheme {
                assert!(vendor.secret_members.is_secret_at_root(name), "{}: {name} would leave it", vendor.name);
            }
            // The signature of a vendor file is data of the file.
            let is_built_in = crm::ALL.iter().any(|built_in| built_in.name == vendor.name);
            if let Scheme::Signature(scheme) = scheme
                && is_built_in
            {
                let is_known = known::ALL.iter().any(|known| known.name == scheme.name);
                assert!(is_known, "{}: the tests look in known::ALL for {}", vendor.name, scheme.name);
            }
        }
    }
}

/// The README's tables that compare two vendors: the headings name the cases, and the cells must be the values of the
/// cases.
#[test]
fn the_readme_shows_what_the_cases_become() {
    let record = |case: &str| -> serde_json::Value {
        let json = read(&format!("events/{case}/expected.json"));
        let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
        answer["events"][0]["data"]["record"].clone()
    };
    let readme = read("functions/README.md");
    let heads = readme.lines().filter_map(|line| line.strip_prefix("| field | [")?.strip_suffix(") |"));
    let mut tables = 0;
    for head in heads {
        let (one, other) = head.split_once(") | [").unwrap();
        let cases = [one, other].map(|link| link.split_once("](../events/").unwrap().1);
        let columns = [
            "field".to_owned(),
            format!("[{}](../events/{})", cases[0], cases[0]),
            format!("[{}](../events/{})", cases[1], cases[1]),
        ];
        let rows = table_rows(&readme, &columns.each_ref().map(String::as_str));
        assert!(!rows.is_empty(), "functions/README.md: no rows of {cases:?}");
        for (_, cells) in rows {
            let pointer = format!("/{}", cells[0].trim_matches('`').replace('.', "/"));
            for (case, cell) in cases.iter().zip(&cells[1..]) {
                let shown: serde_json::Value = serde_json::from_str(cell.trim_matches('`')).unwrap();
                assert_eq!(record(case).pointer(&pointer), Some(&shown), "functions/README.md: {pointer} of {case}");
            }
        }
        tables += 1;
    }
    assert_eq!(tables, 2);
}

/// crm-consume's README is its crate documentation, whose code is compiled.
#[test]
fn the_readme_shows_the_consumer_that_is_compiled() {
    let (readme, compiled) = (read("README.md"), read("shared/consume/README.md"));
    let mut blocks = readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let shown = blocks.find(|code| code.contains("use crm_consume::")).expect("README.md shows no consumer");
    assert!(compiled.contains(&format!("```rust,no_run\n{shown}```")), "not in shared/consume/README.md: {shown}");
}
