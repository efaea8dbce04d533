//! The generated parts of the documentation match the code and the field lists.

use std::fs;

use crm_events::docs;
use crm_normalize::crm;
use tests::{root, table_rows};

#[test]
fn the_generated_parts_are_up_to_date() {
    for (path, expected) in docs::files(&root()).unwrap() {
        let written = fs::read_to_string(root().join(&path)).unwrap();
        assert!(written == expected, "{path} is not what the code says; `make docs` writes it");
    }
}

#[test]
fn the_readme_of_each_crm_lists_its_events() {
    for vendor in crm::ALL {
        let readme = crm_samples::fields::folder(&root(), vendor.name).join("README.md");
        let rows = table_rows(&fs::read_to_string(&readme).unwrap(), &["vendor event", "canonical type"]);
        let documented: Vec<_> = rows.into_iter().map(|(_, cells)| cells.join(" ").replace('`', "")).collect();
        let lines = docs::catalog().into_iter().filter(|line| line.vendor == vendor.name);
        let actual: Vec<_> = lines.map(|line| format!("{} {}", line.vendor_event, line.target)).collect();
        assert_eq!(documented, actual, "{}", readme.display());
    }
}
