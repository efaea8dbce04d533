//! The contract of an event, checked for every event of every case.

use crm_event::{Event, SPEC_VERSION};
use crm_normalize::crm::BodyForm;
use crm_samples::{Answer, Case, RECEIVED_AT};
use serde_json::Value;
use serde_json::value::RawValue;
use tests::events;

fn cases() -> Vec<Case> {
    Case::all(&events()).unwrap()
}

fn check(case: &Case, check: impl Fn(&Event<'_>, &str)) {
    let webhook = case.webhook().unwrap().proven(case.vendor, RECEIVED_AT);
    let (answer, _) = webhook.answer(case.vendor, RECEIVED_AT).unwrap();
    if let Answer::Accepted { events } | Answer::Mixed { events, .. } = answer {
        assert!(!events.is_empty(), "{}: accepted, and there is no event", case.folder.display());
        for event in &events {
            check(event, &format!("{}/{}", case.vendor.name, case.name));
        }
    }
}

#[test]
fn the_envelope_says_what_the_data_says() {
    for case in cases() {
        check(&case, |event, at| {
            let data = &event.data;
            assert_eq!(event.specversion, SPEC_VERSION, "{at}");
            assert_eq!(event.event_type.to_string(), format!("crm.{}.{}", data.entity, data.action), "{at}");
            assert_eq!(event.dataschema, format!("urn:crm-event:1:{}", data.entity), "{at}");
            assert_eq!(event.datacontenttype, "application/json", "{at}");
            assert_eq!(data.vendor, case.vendor.name, "{at}");
            if let Some(record) = &data.record {
                assert_eq!(record.entity(), data.entity, "{at}");
                assert_eq!(event.subject.as_deref(), Some(&*format!("{}/{}", data.entity, record.id())), "{at}");
            }
            assert_eq!(data.record.is_none(), data.entity == crm_event::Entity::Unknown, "{at}");
            for (key, what) in [(&event.id, "id"), (&event.partitionkey, "partitionkey")] {
                assert!(key.len() <= 128 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{at}: {what} {key}");
                assert!(key.starts_with(&format!("{}:", case.vendor.name)), "{at}: {what} {key}");
            }
        });
    }
}

#[test]
fn an_event_reads_back_as_it_was_written() {
    for case in cases() {
        check(&case, |event, at| {
            let json = event.to_json().unwrap();
            assert_eq!(json, serde_json::to_string(event).unwrap(), "{at}: not as serde_json writes it");
            let back: Event<'_> = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{at}: {error}"));
            assert_eq!(serde_json::to_string(&back).unwrap(), json, "{at}");
        });
    }
}

#[test]
fn raw_is_the_body_byte_for_byte_less_the_vendors_secrets() {
    for case in cases() {
        let body = case.webhook().unwrap().body;
        let elements: Option<Vec<&RawValue>> = serde_json::from_slice(&body).ok();
        let secrets = case.vendor.secret_members;
        check(&case, |event, at| {
            let raw = event.data.raw_text().unwrap_or_default();
            let text = std::str::from_utf8(&body).unwrap().trim_start_matches('\u{feff}').trim();
            let json: Option<Value> = serde_json::from_str(text).ok();
            for name in secrets.names() {
                assert!(!raw.contains(&format!("\"{name}\"")) && !raw.contains(&format!("{name}>")), "{at}: {name}");
            }
            match (case.vendor.body_form, json) {
                (BodyForm::Array, _) if elements.is_some() => {
                    let is_element = elements.iter().flatten().any(|element| element.get() == raw);
                    assert!(is_element, "{at}: raw is the element: {raw}");
                }
                (BodyForm::ArrayAt(path), Some(whole)) if raw.len() != text.len() => {
                    let pointer = format!("/{}", path.replace('.', "/"));
                    let alone = |element: &Value| {
                        let mut body = whole.clone();
                        *body.pointer_mut(&pointer).unwrap() = Value::Array(vec![element.clone()]);
                        body
                    };
                    let elements = whole.pointer(&pointer).and_then(Value::as_array).unwrap();
                    let found: Value = serde_json::from_str(&raw).unwrap();
                    assert!(elements.iter().any(|element| alone(element) == found), "{at}: {raw}");
                }
                (BodyForm::ArrayAt(_), None) if raw.len() != text.len() => {
                    let text = secrets.names().iter().fold(text.to_owned(), without_element);
                    let shared = raw.bytes().zip(text.bytes()).take_while(|(raw, text)| raw == text).count();
                    let own = &raw[shared..];
                    let end = own.bytes().rev().zip(text.bytes().rev()).take_while(|(own, text)| own == text).count();
                    assert!(text.contains(&own[..own.len() - end]), "{at}: the body with its own element alone: {raw}");
                }
                (_, Some(mut expected)) => {
                    remove(&mut expected, secrets.names());
                    if let Some(members) = expected.as_object_mut() {
                        members.retain(|name, _| !secrets.is_secret_at_root(name));
                    }
                    assert_eq!(serde_json::from_str::<Value>(&raw).unwrap(), expected, "{at}");
                    assert!(raw.len() < text.len() || raw == text, "{at}");
                }
                (_, None) => assert!(raw == text || (!secrets.is_none() && raw.len() < text.len()), "{at}"),
            }
        });
    }
}

/// XML without its first element of a name.
fn without_element(xml: String, name: &&str) -> String {
    let Some((before, element)) = xml.split_once(&format!("<{name}")) else { return xml };
    let end = [format!("</{name}>"), "/>".to_owned()];
    let after = end.iter().find_map(|end| element.split_once(end.as_str())).map_or("", |(_, after)| after);
    [before, after].concat()
}

/// Removes members with these names, in any ASCII case and at any depth.
fn remove(value: &mut Value, names: &[&str]) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !names.iter().any(|other| other.eq_ignore_ascii_case(name)));
            members.values_mut().for_each(|member| remove(member, names));
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| remove(entry, names)),
        _ => {}
    }
}

#[test]
fn the_account_of_the_url_goes_before_that_of_the_body() {
    for case in cases() {
        let mut webhook = case.webhook().unwrap();
        webhook.account = Some("acme".to_owned());
        let webhook = webhook.proven(case.vendor, RECEIVED_AT);
        let (answer, _) = webhook.answer(case.vendor, RECEIVED_AT).unwrap();
        if let Answer::Accepted { events } | Answer::Mixed { events, .. } = answer {
            for event in events {
                assert_eq!(event.data.account, "acme");
                assert_eq!(event.source, format!("crm://{}/acme", case.vendor.name));
            }
        }
    }
}
