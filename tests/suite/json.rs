//! The JSON reader is as strict as `serde_json`, and finds the same values.

use crm_normalize::crm::{self, SecretMembers, Vendor};
use crm_normalize::json::{Object, Value as Found};
use crm_samples::{Case, RECEIVED_AT, Webhook};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::IgnoredAny;
use serde_json::Value;
use tests::events;

/// Pieces of text to insert or remove.
const PIECES: &[&str] = &[
    "",
    "\"",
    "\\",
    "\\u",
    "\\u00",
    "\\u00e",
    "\\ud800",
    "\\n",
    "\\x",
    "\u{1}",
    "\u{0}",
    "\u{7f}",
    "é",
    "\u{2028}",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\t",
    "\r\n",
    "\u{b}",
    "\u{a0}",
    "0",
    "00",
    "-",
    "-0",
    "1.",
    ".5",
    "1.5",
    "e",
    "1e5",
    "E+",
    "1E-7",
    "1e999",
    "+1",
    "true",
    "tru",
    "nul",
    "null",
    "falsey",
    "NaN",
    "//",
    "/**/",
    "'",
    "\"a\":1,",
    ",\"a\":{}",
    "[[",
    "]]",
    "1234567890123456789012345678901234567890",
    "plain text of more than sixteen bytes",
];

/// Edits: the position, the number of removed bytes, and the inserted text.
fn edits() -> impl Strategy<Value = Vec<(Index, usize, &'static str)>> {
    prop::collection::vec((any::<Index>(), 0..4_usize, select(PIECES)), 1..4)
}

fn edited(text: &str, edits: &[(Index, usize, &str)]) -> String {
    let mut text = text.to_owned();
    for (index, length, piece) in edits {
        let start = text.floor_char_boundary(index.index(text.len().saturating_add(1)));
        let end = text.ceil_char_boundary(start.saturating_add(*length).min(text.len()));
        text.replace_range(start..end, piece);
    }
    text
}

fn is_object(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[test]
fn what_serde_json_refuses_is_refused_and_nothing_else() {
    let bodies: Vec<String> = Case::all(&events())
        .unwrap()
        .iter()
        .filter_map(|case| String::from_utf8(case.webhook().unwrap().body).ok())
        .filter(|body| body.len() < 3000)
        .collect();
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(body in any::<Index>(), edits in edits())| {
        let text = edited(body.get::<String>(&bodies), &edits);
        prop_assert_eq!(Object::parse(&text).is_ok(), is_object(&text), "{}", text);
    });
    // Short texts end too early in more ways.
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(edits in prop::collection::vec(edits(), 1..4))| {
        let text = edits.iter().fold(r#"{"a":[1,"b"],"c":{"d":null}}"#.to_owned(), |text, edits| edited(&text, edits));
        prop_assert_eq!(Object::parse(&text).is_ok(), is_object(&text), "{}", text);
    });
}

#[test]
fn no_deeper_than_a_reader_of_the_event_goes() {
    for depth in [0, 100, 118, 119, 120, 127, 128, 100_000] {
        for (open, close) in [("{\"a\":", "}"), ("[", "]")] {
            let inner = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            let text = format!("{{\"a\":{inner}}}");
            assert_eq!(Object::parse(&text).is_ok(), depth < 120, "{depth} {open}");
        }
    }
    let error = Object::parse(&"{\"a\":".repeat(128)).err().unwrap();
    assert_eq!((error.line(), error.column()), (1, 640), "{error}");
}

/// Checks that each value equals `serde_json`'s value at the same place.
fn same(found: Found<'_, '_>, expected: &Value) {
    assert_eq!(&serde_json::from_str::<Value>(found.get()).unwrap(), expected);
    match expected {
        Value::Object(members) => {
            for (name, member) in members {
                match found.member(name) {
                    Some(found) => same(found, member),
                    None => assert_eq!(member, &Value::Null, "{name}"),
                }
            }
        }
        Value::Array(entries) => {
            assert_eq!(found.children().len(), entries.len());
            found.children().zip(entries).for_each(|(found, entry)| same(found, entry));
        }
        Value::String(text) => assert_eq!(found.text().as_deref().unwrap_or_default(), text.trim()),
        Value::Null => assert!(found.is_null()),
        Value::Bool(_) | Value::Number(_) => assert_eq!(found.get(), expected.to_string()),
    }
}

/// Removes the members with a name, at any depth.
fn remove(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            members.remove(name);
            members.values_mut().for_each(|member| remove(member, name));
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| remove(entry, name)),
        _ => {}
    }
}

#[test]
fn every_value_is_found_where_it_stands() {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[\"\\\\\u{0}-\u{1f}a-c]{0,20}".prop_map(Value::from),
    ];
    // Names that differ only in case would be one member.
    let names = "a|[a-c\"\\\\é\u{1}]{0,12}";
    let tree = leaf.prop_recursive(6, 80, 12, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..12)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    let heffl = crm::find("heffl").unwrap();
    let vendor: &Vendor = Box::leak(Box::new(Vendor { secret_members: SecretMembers::Named(&["a"]), ..*heffl }));
    let config = ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(tree in tree)| {
        let value = serde_json::json!({"tree": tree});
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let object = Object::parse(&text).unwrap();
            match object.json("tree") {
                Some(found) if found.is_array() || found.is_object() => same(found, &tree),
                found => prop_assert_eq!(found.map_or("null", Found::get), tree.to_string()),
            }
            let mut without = value.clone();
            remove(&mut without, "a");
            let webhook = Webhook { body: text.into_bytes(), ..Webhook::default() }.proven(vendor, RECEIVED_AT);
            let redacted = webhook.verified(vendor, RECEIVED_AT).unwrap().redacted_body().into_owned();
            prop_assert_eq!(serde_json::from_slice::<Value>(&redacted).unwrap(), without);
        }
    });
}
