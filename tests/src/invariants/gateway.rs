//! For any event from Lambda, the sender gets a documented answer, and SQS accepts all messages.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crm_normalize::Vendor;
use serde_json::Value;

use crate::function::Asked;

thread_local! {
    /// The functions by vendor. Each is set up once, as in Lambda.
    static FUNCTIONS: RefCell<BTreeMap<&'static str, Asked>> = const { RefCell::new(BTreeMap::new()) };
}

pub(super) fn check(vendor: &'static Vendor, input: &[u8]) {
    // Lambda only passes JSON.
    let Ok(payload) = serde_json::from_slice::<Value>(input) else { return };
    FUNCTIONS.with_borrow_mut(|functions| {
        let function = functions.entry(vendor.name).or_insert_with(|| Asked::new(vendor));
        answer(function, &payload.to_string());
    });
}

fn answer(function: &Asked, payload: &str) {
    let (response, body) = function.ask(payload);
    assert_eq!(function.sqs.take_refused(), Vec::<String>::new(), "SQS takes what it is given");
    let sent = function.sqs.take();
    let says = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    match (response.status_code, says("status").as_str(), says("error").as_str()) {
        (200, "accepted" | "quarantined" | "mixed", "") => {
            assert!(!sent.is_empty(), "{body}, and nothing is on a queue")
        }
        (200, "ignored", "") | (400, "", "bad_request") | (401, "", "unauthorized") | (413, "", "too_large") => {
            assert!(sent.is_empty(), "{body}: {sent:?}");
        }
        (status, ..) => panic!("{status}: {body}"),
    }
}
