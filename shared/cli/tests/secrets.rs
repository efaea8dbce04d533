//! The forms of the secrets setting, new secrets, and the check of a setting.

use crm_events::secrets::{check, forms, random};
use crm_normalize::crm;
use serde_json::json;

#[test]
fn a_new_secret_of_each_form_is_one_that_the_function_accepts() {
    for forms in forms() {
        let vendor = crm::find(forms.vendor).unwrap();
        assert!(!forms.schemes.is_empty(), "{}", vendor.name);
        for form in forms.schemes {
            let secret = random(vendor, form.scheme).unwrap();
            assert!(secret.starts_with(&format!("{}:", form.scheme)), "{form:?}");
            assert_eq!(check(vendor, &json!({"default": [secret]}).to_string()), Ok(()), "{}: {form:?}", vendor.name);
            assert_ne!(random(vendor, form.scheme).unwrap(), secret, "{form:?}");
        }
    }
}

#[test]
fn a_scheme_that_the_vendor_lacks_has_no_secret() {
    let agilecrm = crm::find("agilecrm").unwrap();
    assert_eq!(random(agilecrm, "hmac").unwrap_err().to_string(), r#"agilecrm has no scheme "hmac""#);
}

#[test]
fn what_is_wrong_is_said_without_the_secret() {
    let heffl = crm::find("heffl").unwrap();
    let error = check(heffl, r#"{"default": ["hunter2"]}"#).unwrap_err().to_string();
    assert_eq!(error, r#"account "default", proof 1: expected hmac:whsec_<base64> or token:<text>"#);
}
