//! `make crm` writes everything that a CRM needs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use crm_events::new_crm;
use crm_samples::fields::Field;
use crm_samples::retries::Retries;
use tests::root;

/// A copy of the parts of the workspace that it reads.
fn workspace(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _absent = fs::remove_dir_all(&folder);
    let read = ["shared/normalize/src/crm.rs", "functions/heffl/Cargo.toml", "functions/heffl/src/main.rs"];
    for file in read.into_iter().chain(["infra/template.yaml"]) {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::copy(root().join(file), folder.join(file)).unwrap();
    }
    folder
}

/// crm-normalize has the test that the module compiles and translates its sample.
#[test]
fn a_new_crm_has_its_places_and_stands_in_the_table() {
    let folder = workspace("new_crm");
    let written = new_crm::write(&folder, "newcrm").unwrap();
    let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap();
    for path in written.iter().filter(|path| path.contains("crm/newcrm/")) {
        assert!(!read(path).contains("NAME") && !read(path).contains("TITLE"), "{path} has a place to fill in");
    }
    assert_eq!(Field::of_crm(&folder, "newcrm").unwrap().len(), 4);
    assert_eq!(Retries::of_crm(&folder, "newcrm").unwrap(), Retries::default());
    assert!(read("functions/newcrm/Cargo.toml").contains("name = \"newcrm\""));
    assert!(read("shared/normalize/src/crm/newcrm/mod.rs").contains("name: \"newcrm\""));
    assert!(folder.join("events/newcrm/contact_created/body.json").exists());

    // In alphabetical order, as all lists of CRMs.
    let in_order = |names: Vec<String>| {
        assert!(names.is_sorted() && names.iter().any(|name| name == "newcrm"), "{names:?}");
        assert_eq!(names.len(), crm_normalize::crm::ALL.len() + 1, "{names:?}");
    };
    let template = read("infra/template.yaml");
    let (_, list) = template.split_once("    Default: >-\n      agilecrm,\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let names = ["agilecrm"].into_iter().chain(list.split(",\n").map(str::trim));
    in_order(names.map(str::to_owned).collect());

    let table = read("shared/normalize/src/crm.rs");
    let before = fs::read_to_string(root().join("shared/normalize/src/crm.rs")).unwrap();
    for (line, more) in [("mod ", 1), ("::VENDOR", 1)] {
        assert_eq!(table.matches(line).count(), before.matches(line).count() + more, "{line}\n{table}");
    }
    let modules = table.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    in_order(modules.filter(|name| *name != "template").map(str::to_owned).collect());
    let (_, list) = table.split_once("pub const ALL").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    in_order(list.split('&').filter_map(|name| Some(name.split_once("::VENDOR")?.0.to_owned())).collect());
}

#[test]
fn a_name_that_is_taken_or_no_word_is_refused() {
    let folder = workspace("refused");
    for name in ["heffl", "", "New", "new-crm", "../up", "crm2"] {
        assert!(new_crm::write(&folder, name).is_err(), "{name:?} is taken");
    }
}
