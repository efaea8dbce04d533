//! Bodies that differ from the vendor's documentation. For each case, fields are dropped, nulled, retyped and reordered
//! at random. There must be an event as long as its record has an id.

use std::collections::BTreeSet;

use crm_normalize::Vendor;
use crm_samples::{Answer, Case, RECEIVED_AT, Webhook, answer_json};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tests::{events, vendors};

/// A change of one value.
#[derive(Clone, Debug)]
enum Change {
    Drop,
    Replace(Value),
}

/// The path to a value: member names and array positions.
type Path = Vec<String>;

fn paths(value: &Value, here: &Path, all: &mut Vec<Path>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(entries) => entries.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let mut path = here.clone();
        path.push(name);
        all.push(path.clone());
        paths(child, &path, all);
    }
}

fn change(value: &mut Value, path: &[String], what: &Change) {
    let [name, rest @ ..] = path else { return };
    if !rest.is_empty() {
        let child = match value {
            Value::Object(members) => members.get_mut(name),
            Value::Array(entries) => name.parse::<usize>().ok().and_then(|at| entries.get_mut(at)),
            _ => None,
        };
        if let Some(child) = child {
            change(child, rest, what);
        }
        return;
    }
    match (value, what) {
        (Value::Object(members), Change::Drop) => drop(members.remove(name)),
        (Value::Object(members), Change::Replace(new)) => drop(members.insert(name.clone(), new.clone())),
        (Value::Array(entries), what) => {
            if let Some(entry) = name.parse::<usize>().ok().and_then(|at| entries.get_mut(at)) {
                *entry = match what {
                    Change::Drop => Value::Null,
                    Change::Replace(new) => new.clone(),
                };
            }
        }
        _ => {}
    }
}

/// The JSON of a value, with the members of each object rotated.
fn turned(value: &Value, places: usize) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{}:{}", json!(name), turned(value, places))).collect();
            let places = places.checked_rem(members.len()).unwrap_or_default();
            members.rotate_left(places);
            format!("{{{}}}", members.join(","))
        }
        Value::Array(entries) => {
            let entries: Vec<_> = entries.iter().map(|entry| turned(entry, places)).collect();
            format!("[{}]", entries.join(","))
        }
        scalar => scalar.to_string(),
    }
}

/// The case's webhook with another body.
fn webhook(case: &Case, body: &str) -> Webhook {
    Webhook { body: body.into(), ..case.webhook().unwrap() }.proven(case.vendor, RECEIVED_AT)
}

/// The ids of the records, or the word of another outcome.
fn outcome(case: &Case, body: &str) -> Result<Vec<String>, String> {
    let webhook = webhook(case, body);
    let (answer, _) = webhook.answer(case.vendor, RECEIVED_AT).unwrap();
    match answer {
        Answer::Accepted { events } => {
            Ok(events.iter().filter_map(|event| Some(event.data.record.as_ref()?.id().to_string())).collect())
        }
        other => Err(other.reason().unwrap_or_default().into_owned()),
    }
}

/// The text or number at a path.
fn text_at(value: &Value, path: &[String]) -> Option<String> {
    let value = path.iter().try_fold(value, |value, name| match value {
        Value::Object(members) => members.get(name),
        Value::Array(entries) => entries.get(name.parse::<usize>().ok()?),
        _ => None,
    })?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A case, and the paths that may be lost or change their type without losing the event or record.
struct Subject {
    case: Case,
    body: Value,
    optional: Vec<Path>,
}

fn subjects(vendor: &'static Vendor) -> Vec<Subject> {
    let cases = Case::all(&events()).unwrap().into_iter().filter(|case| case.vendor.name == vendor.name);
    let subjects = cases.filter_map(|case| {
        let body: Value = serde_json::from_slice(&case.webhook().unwrap().body).ok()?;
        // Each of many webhooks is needed for its own event.
        if body.as_array().is_some_and(|webhooks| webhooks.len() > 1) {
            return None;
        }
        let ids = outcome(&case, &body.to_string()).ok().filter(|ids| !ids.is_empty())?;
        let mut all = Vec::new();
        paths(&body, &Vec::new(), &mut all);
        let essential: BTreeSet<Path> = all
            .iter()
            .filter(|path| {
                [Change::Drop, Change::Replace(json!({}))].iter().any(|what| {
                    let mut changed = body.clone();
                    change(&mut changed, path, what);
                    outcome(&case, &changed.to_string()).as_ref() != Ok(&ids)
                })
            })
            .cloned()
            .collect();
        // Only the ids, the objects around them, and the event's name are required.
        let leaves = essential
            .iter()
            .filter(|path| !essential.iter().any(|other| other.len() > path.len() && other.starts_with(path)));
        let leaves: Vec<_> = leaves.collect();
        assert!(leaves.len() <= 3 + ids.len(), "{}/{}: too much is needed: {leaves:?}", vendor.name, case.name);
        // An id may stand in two places, of which either is enough. The shortest path stays.
        let is_id = |path: &&Path| ids.iter().any(|id| text_at(&body, path).is_some_and(|text| text == *id));
        let places: Vec<&Path> = all.iter().filter(is_id).collect();
        let kept = places.iter().min_by_key(|path| path.len()).map(|path| path.to_vec()).unwrap_or_default();
        let is_optional = |path: &Path| !essential.contains(path) && !kept.starts_with(path);
        let optional = all.into_iter().filter(is_optional).collect();
        Some(Subject { case, body, optional })
    });
    subjects.collect()
}

fn any_change() -> impl Strategy<Value = Change> {
    let odd = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(17.5),
        json!(""),
        json!("  "),
        json!("x"),
        json!("0"),
        json!("12"),
        json!("2024-13-45T99:00:00"),
        json!("\u{fffe}\u{0}İ"),
        json!([]),
        json!([null]),
        json!([[[]]]),
        json!({}),
        json!({"id": []}),
        json!({"value": {"value": 1}}),
        json!(u64::MAX),
        json!("{\"a\":"),
    ];
    prop_oneof![Just(Change::Drop), select(odd).prop_map(Change::Replace)]
}

#[test]
fn an_event_survives_whatever_happens_to_its_optional_fields() {
    for vendor in vendors() {
        let subjects = subjects(vendor);
        assert!(!subjects.is_empty(), "{} has no case to change", vendor.name);
        let changes = prop::collection::vec((any::<Index>(), any_change()), 1..12);
        let strategy = (any::<Index>(), changes, 0..50_usize);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 400,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let result = runner.run(&strategy, |(subject, changes, places)| {
            let Subject { case, body, optional } = subject.get(&subjects);
            prop_assume!(!optional.is_empty());
            let mut changed = body.clone();
            for (path, what) in &changes {
                change(&mut changed, path.get::<Path>(optional), what);
            }
            let changed = turned(&changed, places);
            let webhook = webhook(case, &changed);
            let once = answer_json(&webhook.answer(case.vendor, RECEIVED_AT).unwrap().0).unwrap();
            let twice = answer_json(&webhook.answer(case.vendor, RECEIVED_AT).unwrap().0).unwrap();
            prop_assert_eq!(once, twice, "the same bytes give the same events");
            let became = outcome(case, &changed);
            prop_assert!(became.as_ref().is_ok_and(|ids| !ids.is_empty()), "{}: {became:?}: {changed}", case.name);
            Ok(())
        });
        if let Err(error) = result {
            panic!("{}: {error}", vendor.name);
        }
    }
}

#[test]
fn any_json_at_all_is_answered() {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    let names = select(vec![
        "event",
        "payload",
        "data",
        "id",
        "Data",
        "EventAction",
        "EventEntity",
        "eventName",
        "eventData",
        "item",
        "doc",
        "_id",
        "contact",
        "deal",
        "timestamp",
        "properties",
        "associations",
        "changes",
        "record",
        "x",
    ]);
    let tree = leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    proptest!(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() }, |(body in tree)| {
        for vendor in vendors() {
            let webhook = Webhook { body: body.to_string().into_bytes(), ..Webhook::default() };
            let webhook = webhook.proven(vendor, RECEIVED_AT);
            webhook.answer(vendor, RECEIVED_AT).unwrap();
        }
    });
}

#[test]
fn bytes_that_are_no_json_are_quarantined() {
    for vendor in vendors() {
        let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        let deep_lists = "[".repeat(100_000);
        for body in [
            &b""[..],
            b" ",
            b"\xff\xfe{}",
            b"null",
            b"7",
            b"{",
            b"{}{}",
            b"<a/>",
            b"a=b",
            b"\x1f\x8b\x08",
            deep.as_bytes(),
            deep_lists.as_bytes(),
            b"{\"a\":\"\xed\xa0\x80\"}",
        ] {
            let webhook = Webhook { body: body.to_vec(), ..Webhook::default() }.proven(vendor, RECEIVED_AT);
            let (answer, _) = webhook.answer(vendor, RECEIVED_AT).unwrap();
            assert!(matches!(answer, Answer::Quarantined { .. }), "{}: {answer:?}", vendor.name);
        }
    }
}
