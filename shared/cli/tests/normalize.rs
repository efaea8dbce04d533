//! `crm-events normalize` from the command line.

use std::fs;
use std::process::Command;

use tests::events;

/// A form is recognized by its content type, which the file's name tells.
#[test]
fn a_form_is_one_with_other_headers_too() {
    let headers = std::env::temp_dir().join(format!("crm-events-headers-{}.json", std::process::id()));
    fs::write(&headers, r#"{"x-a": "b"}"#).unwrap();
    let body = events().join("zoho/workflow_form_contact_created/body.form");
    let normalize = |more: &[&std::ffi::OsStr]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crm-events"));
        command.args(["normalize", "zoho", "--query", "event=contact.created"]);
        command.args(["--received-at", "2026-01-01T00:00:00Z"]).arg(&body).args(more);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let without = normalize(&[]);
    assert!(without.contains("crm.contact.created"), "{without}");
    assert_eq!(normalize(&["--headers".as_ref(), headers.as_ref()]), without);
    fs::remove_file(&headers).unwrap();
}
