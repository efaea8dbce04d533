//! Vendors that are described by a file: the file of a built-in vendor gives the events of its module, and whatever a
//! file cannot mean is refused.

use std::fs;

use crm_normalize::{Vendor, VendorFile};
use crm_samples::Case;
use tests::{events, root};

/// Heffl by its file.
fn heffl() -> &'static Vendor {
    let text = fs::read_to_string(root().join("tests/vendors/heffl.toml")).unwrap();
    VendorFile::parse_twin(&text).unwrap().into_vendor()
}

#[test]
fn the_file_of_heffl_gives_the_events_of_its_module() {
    let vendor = heffl();
    let cases: Vec<_> = Case::all(&events()).unwrap().into_iter().filter(|case| case.vendor.name == "heffl").collect();
    assert!(cases.len() > 40);
    let mut wrong = Vec::new();
    for case in cases {
        let expected = fs::read_to_string(case.expected()).unwrap();
        let actual = Case { vendor, ..case.clone() }.output().unwrap();
        if actual != expected {
            let diff = similar::TextDiff::from_lines(&expected, &actual).unified_diff().to_string();
            wrong.push(format!("{}\n{diff}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_file_of_heffl_says_of_it_what_the_module_says() {
    let (file, module) = (heffl(), crm_normalize::crm::find("heffl").unwrap());
    assert_eq!(file.title, module.title);
    assert_eq!(file.change_ids, module.change_ids);
    assert_eq!(file.answer_within, module.answer_within);
    assert_eq!(file.test_body, module.test_body);
    let rows = |vendor: &Vendor| {
        let mut rows: Vec<_> = vendor.catalog.iter().map(|row| (row.vendor_event, row.target.to_string())).collect();
        rows.sort();
        rows
    };
    assert_eq!(rows(file), rows(module));
    let forms = |vendor: &Vendor| vendor.schemes.iter().map(|scheme| scheme.form()).collect::<Vec<_>>();
    assert_eq!(forms(file), forms(module));
}
