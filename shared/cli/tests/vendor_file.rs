//! The schema of vendor files accepts the files of the repository, and refuses what the function would refuse.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use crm_events::docs::VENDOR_FILE_SCHEMA;
use serde_json::{Value, json};
use tests::root;

fn file(path: &Path) -> Value {
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_schema_accepts_the_files_and_refuses_slips() {
    let schema: Value = serde_json::from_slice(&fs::read(root().join(VENDOR_FILE_SCHEMA)).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in ["vendors/capsule.toml", "vendors/twenty.toml", "tests/vendors/heffl.toml"] {
        let file = file(&root().join(path));
        let errors: Vec<_> =
            validator.iter_errors(&file).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
    }
    let twenty = file(&root().join("vendors/twenty.toml"));
    for (pointer, name, value) in [
        ("", "evnt", json!("x")),
        ("/signatures/0", "tolerance", json!("5m")),
        ("/signatures/0", "encoding", json!("hexadecimal")),
        ("/events", "x", json!("contact.update")),
        ("/fields", "contct", json!({})),
        ("/fields/contact", "frist_name", json!("x")),
        ("/fields/contact", "company", json!("companyId")),
        ("/fields/contact", "emails", json!({ "adress": "x" })),
        ("/fields/contact", "first_name", json!({ "paths": "x" })),
        ("/fields/deal", "amount", json!({ "first_name": "x" })),
        ("/actor", "nmae", json!("x")),
    ] {
        let mut changed = twenty.clone();
        changed["actor"] = json!({ "id": "x" });
        assert!(validator.is_valid(&changed));
        changed.pointer_mut(pointer).unwrap()[name] = value;
        assert!(!validator.is_valid(&changed), "{pointer}/{name}");
    }
}
