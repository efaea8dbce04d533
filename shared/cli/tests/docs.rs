//! The generated parts of the documentation are what the code says.
#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;

use crm_events::catalog;
use crm_normalize::crm;
use tests::{root, table_rows};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_readmes_show_the_catalogue_that_the_code_has() {
    let readme = read("README.md");
    assert!(
        readme.contains(&catalog::markdown()),
        "README.md: the catalogue is not that of `crm-events catalog --markdown`"
    );
    for vendor in crm::ALL {
        let path = format!("functions/{}/README.md", vendor.name);
        let rows = table_rows(&read(&path), &["vendor event", "canonical type"]);
        let documented: Vec<_> = rows.into_iter().map(|(_, cells)| cells.join(" ").replace('`', "")).collect();
        let lines = catalog::lines().into_iter().filter(|line| line.vendor == vendor.name);
        let actual: Vec<_> = lines.map(|line| format!("{} {}", line.vendor_event, line.target)).collect();
        assert_eq!(documented, actual, "{path}");
        assert!(readme.contains(&path), "README.md does not link to {path}");
    }
}
