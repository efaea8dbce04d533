//! A quarantined or stored webhook gives the same result in a replay as on receipt.

use std::collections::BTreeMap;

use crm_normalize::quarantine::{Body, Record, RestoreError, Restored};
use crm_normalize::{Accepted, BodyTexts, Normalized, Options, Pairs, Quarantine, Reason, Request, Secrets, crm};
use crm_samples::{Case, OwnedPairs, RECEIVED_AT, Webhook};
use serde_json::{Value, json};
use tests::events;

fn outcome(normalized: Vec<Normalized<'_>>) -> Vec<String> {
    let one = |normalized: Normalized<'_>| match normalized.result {
        Ok(Accepted::Events(events)) => serde_json::to_string_pretty(&events).unwrap(),
        Ok(Accepted::Ignored(reason)) => reason.to_owned(),
        Err(quarantine) => quarantine.to_string(),
    };
    normalized.into_iter().map(one).collect()
}

#[test]
fn a_kept_webhook_becomes_the_same_events_with_the_same_keys() {
    let options = Options { include_raw: true };
    for case in Case::all(&events()).unwrap() {
        for account in [None, Some("acme")] {
            let webhook = Webhook { account: account.map(str::to_owned), ..case.webhook().unwrap() };
            let webhook = webhook.proven(case.vendor, RECEIVED_AT);
            let verified = webhook.verified(case.vendor, RECEIVED_AT).unwrap();
            let reason = Quarantine::new(Reason::QueueUnavailable, "no answer");
            let json = serde_json::to_string(&Record::new(&verified, &reason)).unwrap();
            let restored = serde_json::from_str::<Record<'_>>(&json).unwrap().restore().unwrap();
            let texts = [BodyTexts::default(), BodyTexts::default()];
            let mut later = outcome(restored.verified().normalize(options, &texts[0]));
            let mut at_once = outcome(verified.normalize(options, &texts[1]));
            if verified.redacted_body().is_empty() {
                // A body that is not JSON, of a vendor whose secrets have no names: the reason is what is left of it.
                for reason in later.iter_mut().chain(&mut at_once) {
                    reason.truncate(reason.find(':').unwrap());
                }
            }
            assert_eq!(later, at_once, "{}: {}", case.vendor.name, case.name);
        }
    }
}

/// The blank is the end of a value only before the token is gone.
#[test]
fn a_form_with_a_blank_before_its_token_becomes_the_same_event_again() {
    let zoho = crm::find("zoho").unwrap();
    let body = "id=4876876000000624001&Last_Name=Roe&Note= kept &token=s3cret";
    let headers = vec![("content-type".into(), "application/x-www-form-urlencoded".into())];
    let query = vec![("event".into(), "contact.updated".into())];
    let webhook = Webhook { body: body.into(), headers, query, ..Webhook::default() }.proven(zoho, RECEIVED_AT);
    let verified = webhook.verified(zoho, RECEIVED_AT).unwrap();
    let reason = Quarantine::new(Reason::QueueUnavailable, "no answer");
    let json = serde_json::to_string(&Record::new(&verified, &reason)).unwrap();
    let restored = serde_json::from_str::<Record<'_>>(&json).unwrap().restore().unwrap();
    let options = Options { include_raw: true };
    let texts = [BodyTexts::default(), BodyTexts::default()];
    let at_once = outcome(verified.normalize(options, &texts[0]));
    assert!(at_once[0].contains("crm.contact.updated"), "{at_once:?}");
    assert_eq!(outcome(restored.verified().normalize(options, &texts[1])), at_once);
}

/// An event has no parameters of the URL, so what they say would be lost in a translation of its `raw`. It has no time zone
/// either, in which the times of a part of a record were read.
#[test]
fn an_event_that_lacks_a_part_of_its_webhook_is_not_translated_again() {
    for (vendor, name, is_restored) in [
        ("attio", "record_created_project", false),
        ("heffl", "deal_created", true),
        ("copper", "person_update", true),
        ("zoho", "contacts_edit", false),
        ("zoho", "cases_edit", true),
    ] {
        let vendor = crm::find(vendor).unwrap();
        let case = Case::find(&events(), vendor, name).unwrap();
        let webhook = case.webhook().unwrap().proven(vendor, RECEIVED_AT);
        let (answer, _) = webhook.answer(vendor, RECEIVED_AT).unwrap();
        assert_eq!(Restored::from_event(&answer.events()[0]).is_some(), is_restored, "{}", vendor.name);
    }
}

#[test]
fn a_record_that_nobody_wrote_is_refused() {
    let message = serde_json::json!({
        "reason": "not_json", "detail": "", "vendor": "heffl", "account": "default", "received_at": RECEIVED_AT,
        "body_sha256": "00112233445566aa00112233445566aa00112233445566aa00112233445566aa", "headers": {}, "query": {}, "body": "{}",
    });
    let open = |name: &str, value: &str| {
        let mut message = message.clone();
        if name == "body_base64" {
            message.as_object_mut().unwrap().remove("body");
        }
        message[name] = value.into();
        let json = message.to_string();
        serde_json::from_str::<Record<'_>>(&json).unwrap().restore().map(drop)
    };
    assert_eq!(open("reason", "not_json"), Ok(()));
    assert_eq!(open("vendor", "acme"), Err(RestoreError::UnknownVendor("acme".to_owned())));
    assert_eq!(open("body_sha256", "0011"), Err(RestoreError::NotAHash));
    assert_eq!(open("body_base64", "%"), Err(RestoreError::NotBase64));
}

/// In text that is not JSON, quotes may not pair.
#[test]
fn no_secret_is_kept_of_what_is_not_json() {
    let mut count = 0;
    for vendor in crm::ALL {
        for name in vendor.secret_members.names() {
            for body in [
                format!(r#"{{"a":"b"c","{name}":{{"key":"s3cret"}}}}"#),
                format!(r#"{{"a":"b","{name}":"s3cret","#),
                format!(r#""{{"{name}":"s3cret"}}"#),
            ] {
                let webhook = Webhook { body: body.clone().into_bytes(), ..Webhook::default() };
                let webhook = webhook.proven(vendor, RECEIVED_AT);
                let kept = webhook.verified(vendor, RECEIVED_AT).unwrap().redacted_body().into_owned();
                let kept = String::from_utf8(kept).unwrap();
                assert!(!kept.contains("s3cret"), "{}: {body}: {kept}", vendor.name);
                count += 1;
            }
        }
    }
    assert!(count >= 9, "only {count} bodies");
}

/// Adds members to every object in a value.
fn add_everywhere(value: &mut Value, members: &[(&str, Value)]) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(|value| add_everywhere(value, members));
            object.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        Value::Array(entries) => entries.iter_mut().for_each(|value| add_everywhere(value, members)),
        _ => {}
    }
}

/// A secret may be among the custom fields or the changed fields, or in one of them.
#[test]
fn no_event_contains_a_secret_member_wherever_it_is() {
    let mut with_events = BTreeMap::new();
    for case in Case::all(&events()).unwrap() {
        let names = case.vendor.secret_members.names();
        let mut webhook = case.webhook().unwrap();
        let Ok(mut body) = serde_json::from_slice::<Value>(&webhook.body) else { continue };
        for secret in [json!("s3cret"), json!({ "key": "s3cret" })] {
            let members: Vec<_> = names.iter().map(|name| (*name, secret.clone())).collect();
            add_everywhere(&mut body, &members);
            webhook.body = body.to_string().into_bytes();
            let proven = webhook.clone().proven(case.vendor, RECEIVED_AT);
            let texts = BodyTexts::default();
            let Ok(verified) = proven.verified(case.vendor, RECEIVED_AT) else { continue };
            for include_raw in [true, false] {
                let all = outcome(verified.normalize(Options { include_raw }, &texts)).concat();
                assert!(!all.contains("s3cret"), "{}: {}: {all}", case.vendor.name, case.name);
                *with_events.entry(case.vendor.name).or_insert(0) += usize::from(all.contains("specversion"));
            }
        }
    }
    for vendor in crm::ALL.iter().filter(|vendor| !vendor.secret_members.names().is_empty()) {
        assert!(with_events.get(vendor.name).is_some_and(|count| *count > 10), "{}: too few events", vendor.name);
    }
}

#[test]
fn everything_is_kept_but_the_credentials() {
    let heffl = crm::find("heffl").unwrap();
    let secrets = Secrets::parse(&crm_samples::secrets(heffl), heffl.schemes).unwrap();
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    for body in [&b"not JSON"[..], b"\xff\xfe"] {
        let mut headers: OwnedPairs = vec![("Webhook-Id".into(), "msg_1".into()), ("Cookie".into(), "c00kie".into())];
        let mut query: OwnedPairs = vec![("token".into(), "t0ken".into()), ("event".into(), "x".into())];
        crm_samples::prove(heffl, "", body, &mut headers, &mut query, now);
        let (account, query) = (Some("acme"), Pairs(&query));
        let request = Request { method: "POST", url: "", body, headers: Pairs(&headers), query, account };
        let verified = heffl.verify(request, &secrets, now).unwrap();
        let record = Record::new(&verified, &Quarantine::new(Reason::NotJson, "no JSON"));
        let json = serde_json::to_string(&record).unwrap();
        for secret in ["c00kie", "t0ken", "signature"] {
            assert!(!json.contains(secret), "{json}");
        }
        assert_eq!(record.headers.get("webhook-id").map(|id| &**id), Some("msg_1"));
        assert_eq!(record.query.get("event").map(|event| &**event), Some("x"));
        match std::str::from_utf8(body) {
            Ok(text) => assert_eq!(record.body, Body::Text(text.into())),
            Err(_) => assert_eq!(record.body, Body::Base64("//4=".to_owned())),
        }
        assert_eq!(serde_json::from_str::<Record<'_>>(&json).unwrap(), record);
    }
}
