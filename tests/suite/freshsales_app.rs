//! The Freshsales app (`infra/freshsales-app`) and the function that it forwards to: both have the same events, and the
//! function accepts the app's requests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crm_normalize::crm::Target;
use crm_normalize::{Vendor, crm};
use crm_samples::{Case, RECEIVED_AT, Webhook};
use serde_json::{Value, json};
use tests::{events, root, table_rows};

fn freshsales() -> &'static Vendor {
    crm::find("freshsales").unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join("infra/freshsales-app").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The product events that the app subscribes to.
fn subscribed() -> BTreeSet<String> {
    let manifest: Value = serde_json::from_str(&read("manifest.json")).unwrap();
    let modules = manifest["modules"].as_object().unwrap().iter().filter(|(name, _)| *name != "common");
    modules.flat_map(|(_, module)| module["events"].as_object().unwrap().keys().cloned()).collect()
}

#[test]
fn it_forwards_every_product_event_of_the_catalogue_or_says_why_not() {
    let product_event = |name: &str| name.starts_with("on");
    let catalog = freshsales().catalog.iter();
    let rows = catalog.filter(|row| row.target != Target::Ignored && product_event(row.vendor_event));
    let catalog: BTreeSet<String> = rows.map(|row| row.vendor_event.to_owned()).collect();
    let left_out = table_rows(&read("README.md"), &["not forwarded", "because"]);
    let left_out: BTreeSet<String> =
        left_out.into_iter().map(|(_, cells)| cells[0].trim_matches('`').to_owned()).collect();
    let subscribed = subscribed();
    assert!(subscribed.is_disjoint(&left_out), "forwarded and said not to be");
    assert_eq!(catalog, subscribed.union(&left_out).cloned().collect());
}

/// The settings of an installation, as an administrator enters them.
fn settings() -> Value {
    let secrets: BTreeMap<String, Vec<String>> = serde_json::from_str(&crm_samples::secrets(freshsales())).unwrap();
    let token = secrets["default"].iter().find_map(|proof| proof.strip_prefix("token:")).unwrap();
    json!({ "host": "api.example.com", "path": "webhooks/freshsales", "token": token })
}

/// The requests that the app makes for these payloads, in a mock of the platform.
fn forwarded(payloads: &[Value]) -> Vec<Value> {
    let mut node = Command::new("node")
        .arg(root().join("infra/tests/freshworks/platform.js"))
        .arg(settings().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("node, which runs the app: {error}"));
    let mut input = node.stdin.take().unwrap();
    let lines: String = payloads.iter().map(|payload| format!("{payload}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = node.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Converts whole numbers that JavaScript cannot represent to text. The samples have such an account id; the platform,
/// which runs JavaScript, can only pass it as text, as the vendor documents.
fn fit_javascript(json: &mut Value) {
    const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;
    match json {
        Value::Number(number) if number.as_u64().is_some_and(|number| number > MAX_SAFE_INTEGER) => {
            *json = number.to_string().into();
        }
        Value::Array(entries) => entries.iter_mut().for_each(fit_javascript),
        Value::Object(members) => members.values_mut().for_each(fit_javascript),
        _ => {}
    }
}

/// Converts numbers such as `1234.0` as JavaScript does.
fn as_javascript_has_it(json: &mut Value) {
    match json {
        Value::String(text) => {
            if let Some(whole) = text.strip_suffix(".0") {
                *text = whole.to_owned();
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(as_javascript_has_it),
        Value::Object(members) => members.values_mut().for_each(as_javascript_has_it),
        _ => {}
    }
}

#[test]
fn what_it_sends_proves_its_origin_and_becomes_the_golden_event() {
    let subscribed = subscribed();
    let of_subscribed = |case: &Case| {
        let mut payload: Value = serde_json::from_slice(&case.webhook().ok()?.body).ok()?;
        fit_javascript(&mut payload);
        subscribed.contains(payload["event"].as_str()?).then_some(payload)
    };
    let cases = Case::all(&events()).unwrap().into_iter().filter(|case| case.vendor.name == "freshsales");
    let (cases, payloads): (Vec<_>, Vec<_>) =
        cases.filter_map(|case| Some((of_subscribed(&case)?, case))).map(|(p, c)| (c, p)).unzip();
    let shown: BTreeSet<_> = payloads.iter().map(|payload| payload["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(shown, subscribed, "a case for each event");
    let requests = forwarded(&payloads);
    assert_eq!(requests.len(), cases.len());
    for (case, request) in cases.iter().zip(requests) {
        assert_eq!(request["url"], "https://api.example.com/webhooks/freshsales");
        let headers = request["headers"].as_object().unwrap().iter();
        let webhook = Webhook {
            body: request["body"].as_str().unwrap().as_bytes().to_vec(),
            headers: headers
                .map(|(name, value)| (name.clone().into(), value.as_str().unwrap().to_owned().into()))
                .collect(),
            ..Webhook::default()
        };
        let (answer, _) =
            webhook.answer(case.vendor, RECEIVED_AT).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let mut actual = serde_json::to_value(answer).unwrap();
        let mut golden: Value =
            serde_json::from_str(&fs::read_to_string(case.folder.join("expected.json")).unwrap()).unwrap();
        for answer in [&mut actual, &mut golden] {
            for event in answer["events"].as_array_mut().into_iter().flatten() {
                // The app changes the bytes, so the digest differs.
                let id = event["id"].as_str().unwrap().rsplit_once(':').unwrap().0.to_owned();
                event["id"] = id.into();
                event["data"].as_object_mut().unwrap().remove("raw");
            }
            as_javascript_has_it(answer);
        }
        assert_eq!(actual, golden, "{}", case.name);
    }
}
