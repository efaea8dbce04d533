//! A person's name of one short word is not logged, and no credential is quarantined.

use crm_normalize::Vendor;
use crm_normalize::scheme::Scheme;
use crm_samples::{Case, RECEIVED_AT, Webhook, api_gateway};
use serde_json::{Value, json};
use tests::events;
use tests::function::{Asked, QUARANTINE};

use super::attempt::{Attempt, secret};
use super::{function, logged, schemes};

/// Members that a vendor asks receivers to log: ids, the name of the event, and field names.
const LOGGED_MEMBERS: &[(&str, &[&str])] = &[
    ("attio", &["webhook_id"]),
    ("close", &["subscription_id", "event.id", "event.request_id"]),
    ("copper", &["subscription_id"]),
    ("pipedrive", &["meta.id", "meta.correlation_id", "meta.webhook_id", "meta.attempt", "retry"]),
    (
        "salesforce",
        &["detail.payload.ChangeEventHeader.transactionKey", "detail.payload.ChangeEventHeader.commitNumber"],
    ),
    ("teamgrid", &["webhookId", "event", "collection", "doc._id", "item._id", "fieldNames"]),
    ("twenty", &["webhookId"]),
    ("zoho", &["channel_id", "module", "operation", "server_time"]),
];

/// A text that is a name, but has only characters that occur in ids.
const MARK: &str = "Quokka";

#[test]
fn no_log_has_a_short_text_of_a_body() {
    let mut marked = 0;
    for case in Case::all(&events()).unwrap() {
        let webhook = case.webhook().unwrap();
        let body = marked_body(case.vendor, &webhook.body, &mut marked);
        let webhook = Webhook { body, ..webhook };
        let event = api_gateway::event(case.vendor, &webhook.proven(case.vendor, RECEIVED_AT));
        let log = logged(|| drop(Asked::new(case.vendor).ask(&event.to_string())));
        assert!(log.contains("\"webhook\""), "nothing is logged: {log}");
        for line in log.lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            // Record and account ids are part of an event's id.
            let line_members = line.as_object_mut().unwrap();
            line_members.remove("event_ids");
            line_members.remove("account");
            assert!(
                !line.to_string().contains(MARK),
                "{} {}: a text of the body is logged; if its member is in `log_members`, name it in LOGGED_MEMBERS too: \
                 {line}",
                case.vendor.name,
                case.name
            );
        }
    }
    assert!(marked > 1000, "only {marked} texts");
}

/// Replaces every text in a body: JSON, the fields of records in XML, or a form.
fn marked_body(vendor: &Vendor, body: &[u8], marked: &mut usize) -> Vec<u8> {
    if let Ok(mut body) = serde_json::from_slice::<Value>(body) {
        mark(vendor, &mut body, "", marked);
        return body.to_string().into_bytes();
    }
    let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
    if text.starts_with('<') {
        // `<sf:Name>text</sf:Name>`
        let parts = text.split('<').map(|part| match part.split_once('>') {
            Some((name, text)) if name.starts_with("sf:") && !text.trim().is_empty() => {
                *marked += 1;
                format!("{name}>{MARK}")
            }
            _ => part.to_owned(),
        });
        return parts.collect::<Vec<_>>().join("<").into_bytes();
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(body) {
        let mut value = Value::String(value.into_owned());
        mark(vendor, &mut value, &name, marked);
        form.append_pair(&name, value.as_str().unwrap());
    }
    form.finish().into_bytes()
}

/// Replaces every text in a body, except for the names of documented events and what may be logged.
fn mark(vendor: &Vendor, value: &mut Value, path: &str, marked: &mut usize) {
    let may_be_logged = LOGGED_MEMBERS.iter().any(|(name, paths)| *name == vendor.name && paths.contains(&path));
    match value {
        _ if may_be_logged => {}
        Value::String(text) if vendor.documented(text).is_some() => {}
        Value::String(text) => {
            MARK.clone_into(text);
            *marked += 1;
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| mark(vendor, entry, path, marked)),
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                mark(vendor, member, &path, marked);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn no_credential_is_quarantined() {
    const CREDENTIALS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-webhook-token"];
    for (vendor, scheme) in schemes() {
        // A second, wrong token would make the proof wrong.
        let is_token = matches!(scheme, Scheme::Token);
        // A token in the body needs JSON.
        let is_member = matches!(scheme, Scheme::MemberToken(_));
        let attempt = Attempt::new(vendor).body(if is_member { "{}" } else { "lead=1" });
        // Before the proof, because some vendors sign the URL.
        let attempt = if is_token { attempt } else { attempt.parameter("Token", MARK) };
        let proof = attempt.right(scheme, "1");
        let own = proof.event["headers"].as_object().unwrap().clone();
        let is_free = |name: &str| {
            let is_better = scheme
                .signature()
                .and_then(|scheme| scheme.yields_to)
                .is_some_and(|better| better.eq_ignore_ascii_case(name));
            !own.contains_key(name)
                && !is_better
                && (!is_token || !["authorization", "x-webhook-token"].contains(&name))
        };
        let signatures: Vec<_> = vendor.signature_headers().map(str::to_ascii_lowercase).collect();
        let others = CREDENTIALS.into_iter().chain(signatures.iter().map(String::as_str)).filter(|name| is_free(name));
        let attempt = others.fold(proof, |attempt, name| attempt.header(name, MARK)).header("x-kept", "as it is");
        let function = function(vendor, scheme, &["1"]);
        let (answer, _) = function.ask(&attempt.event.to_string());
        let what = format!("{} {}", vendor.name, scheme.word());
        assert_eq!(answer.outcome.word(), "quarantined", "{what}: {}", answer.body);
        let messages = json!(function.sqs.take()).to_string();
        assert!(messages.contains(QUARANTINE) && messages.contains("as it is"), "{what}: {messages}");
        assert!(!messages.contains(MARK) && !messages.contains(&secret(vendor, scheme, "1")), "{what}: {messages}");
        for signature in signatures.iter().filter_map(|name| own.get(name)?.as_str()) {
            assert!(!messages.contains(signature), "{what}: {messages}");
        }
    }
}
