//! Compares the field list of each CRM with the code: a case must show every canonical field of the list.

use std::collections::BTreeSet;

use crm_normalize::{Vendor, crm};
use crm_samples::Case;
use crm_samples::fields::Field;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tests::{events, root};

fn fields(vendor: &Vendor) -> Vec<Field> {
    Field::of_crm(&root(), vendor.name).unwrap()
}

/// A case's body and its events.
struct Shown {
    body: Value,
    events: Vec<Value>,
}

fn shown(vendor: &'static Vendor) -> Vec<Shown> {
    let cases = Case::all(&events()).unwrap().into_iter().filter(|case| case.vendor.name == vendor.name);
    let shown = cases.filter_map(|case| {
        let body = String::from_utf8(case.webhook().unwrap().body).ok()?;
        let mut body = body.trim_start_matches('\u{feff}').to_owned();
        if body.starts_with('<') {
            body = crm::XML.to_json(&body).ok()?;
        }
        let body = serde_json::from_str(&body).ok()?;
        // `None` for a body with a lone surrogate, which serde_json cannot read.
        let answer: Value = serde_json::from_str(&case.output().unwrap()).ok()?;
        Some(Shown { body, events: answer["events"].as_array().cloned().unwrap_or_default() })
    });
    shown.collect()
}

/// A path may have several lines: an entry of TeamGram's `ContactInfos` becomes an e-mail, a phone number or an address.
#[test]
fn no_line_of_a_field_list_stands_twice() {
    for vendor in crm::ALL {
        let mut seen = BTreeSet::new();
        for field in fields(vendor) {
            let twice = !seen.insert((field.section.clone(), field.path.clone(), field.targets.clone()));
            assert!(!twice, "{}: {} stands twice under {}", vendor.name, field.path, field.section);
        }
    }
}

#[test]
fn at_most_one_field_in_ten_is_raw_only_and_each_has_a_reason() {
    for vendor in crm::ALL {
        let rows = fields(vendor);
        let raw_only: Vec<_> = rows.iter().filter(|row| row.is_raw_only()).collect();
        for row in &raw_only {
            assert!(row.note.len() > 10, "{}: {} is raw only without a reason", vendor.name, row.path);
        }
        assert!(
            raw_only.len() * 10 <= rows.len(),
            "{}: {} of {} fields are raw only",
            vendor.name,
            raw_only.len(),
            rows.len()
        );
    }
}

#[test]
fn every_field_that_is_called_canonical_shows_in_a_case() {
    let mut wrong = Vec::new();
    for vendor in crm::ALL {
        let shown = shown(vendor);
        for row in fields(vendor) {
            if row.is_raw_only() {
                continue;
            }
            if !shown.iter().any(|case| !leaves(&case.body, &row.path).is_empty()) {
                wrong.push(format!("{}: no case has a value at the path {}", vendor.name, row.path));
                continue;
            }
            for canonical in &row.targets {
                if !shown.iter().any(|case| shows(case, &row, canonical)) {
                    wrong.push(format!("{}: no case shows {} as {canonical}", vendor.name, row.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows are not as the code does:\n{}", wrong.len(), wrong.join("\n"));
}

/// True if the case has the field, and one of its events has it in the canonical field of the table.
fn shows(case: &Shown, row: &Field, canonical: &str) -> bool {
    let given = leaves(&case.body, &row.path);
    if given.is_empty() {
        return false;
    }
    case.events.iter().any(|event| {
        let data = &event["data"];
        let found = match canonical.split_once('.') {
            _ if canonical == "custom_fields" => leaves(&data["record"], "custom_fields[]"),
            Some(("event", path)) => leaves(event, path),
            Some((entity, path)) if data["entity"] == entity => leaves(&data["record"], path),
            _ => return false,
        };
        let unchanged = || given.iter().any(|given| found.iter().any(|found| same(given, found)));
        !found.is_empty() && (!row.note.is_empty() || unchanged())
    })
}

/// The same text, instant or day.
fn same(given: &str, found: &str) -> bool {
    if given.trim() == found {
        return true;
    }
    match (instant(given), found.parse::<Timestamp>(), found.parse::<Date>()) {
        (Some(given), Ok(found), _) => given == found,
        // An epoch number of a day is midnight in the sender's zone.
        (Some(given), _, Ok(found)) => given
            .checked_add(SignedDuration::from_hours(12))
            .is_ok_and(|noon| [given, noon].iter().any(|instant| TimeZone::UTC.to_datetime(*instant).date() == found)),
        _ => false,
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    if let Ok(number) = text.parse::<f64>() {
        let seconds = if number >= 1e11 { number / 1000.0 } else { number };
        #[expect(clippy::cast_possible_truncation, reason = "microseconds of this century fit")]
        return Timestamp::from_microsecond((seconds * 1e6) as i64).ok();
    }
    let local = text.parse::<DateTime>().ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

/// The texts, numbers and Booleans at a path and below it. `[]` is any entry, `[x]` an entry whose `name` is x. Names
/// match in any case. Wrapped values (`{"label": .., "value": ..}`) are unwrapped.
fn leaves(value: &Value, path: &str) -> Vec<String> {
    let mut values = match value {
        Value::Array(webhooks) => webhooks.iter().collect(),
        webhook => vec![webhook],
    };
    for segment in path.split('.') {
        let (name, entry) = match segment.split_once('[') {
            Some((name, entry)) => (name, Some(entry.trim_end_matches(']'))),
            None => (segment, None),
        };
        let found =
            values.into_iter().filter_map(|value| member(value, name).or_else(|| member(unwrapped(value), name)));
        let members = found.map(unwrapped);
        values = match entry {
            None => members.collect(),
            Some(wanted) => {
                let entries = members.flat_map(|value| match value {
                    Value::Array(entries) => entries.iter().collect(),
                    one => vec![one],
                });
                let named =
                    |entry: &&Value| wanted.is_empty() || member(entry, "name").is_some_and(|name| name == wanted);
                entries.filter(named).collect()
            }
        };
    }
    let mut leaves = Vec::new();
    for value in values {
        collect(value, &mut leaves);
    }
    leaves
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?;
    members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn unwrapped(value: &Value) -> &Value {
    let is_wrapper = ["label", "type", "dom_type"].iter().any(|name| value.get(name).is_some());
    value.get("value").filter(|_| is_wrapper).unwrap_or(value)
}

fn collect(value: &Value, leaves: &mut Vec<String>) {
    match unwrapped(value) {
        Value::Null => {}
        Value::Bool(value) => leaves.push(value.to_string()),
        Value::Number(number) => leaves.push(number.to_string()),
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => leaves.push(text.clone()),
        Value::Array(entries) => entries.iter().for_each(|entry| collect(entry, leaves)),
        Value::Object(members) => members.values().for_each(|member| collect(member, leaves)),
    }
}
