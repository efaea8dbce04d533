//! Forged, truncated, replayed, reordered and downgraded proofs of every scheme of every vendor, through the function.
//! All get the same answer and put nothing on a queue, and no log contains a secret, a credential or text of a body.

mod attempt;
mod leaks;
mod wrong;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use crm_normalize::scheme::Scheme;
use crm_normalize::{Vendor, crm};
use crm_samples::{Case, RECEIVED_AT, Webhook, api_gateway};
use serde_json::{Value, json};
use tests::events;
use tests::function::Asked;
use tracing::level_filters::LevelFilter;

use attempt::{Attempt, secret};
use wrong::wrong;

/// A function with one secret for `default`, or several, and another for the account `acme`.
fn function(vendor: &'static Vendor, scheme: Scheme, labels: &[&str]) -> Asked {
    let proof = |label: &str| format!("{}:{}", scheme.word(), secret(vendor, scheme, label));
    let own: Vec<_> = labels.iter().map(|label| proof(label)).collect();
    Asked::with_secrets(vendor, &json!({"default": own, "acme": [proof("acme")]}).to_string())
}

/// The whole answer as JSON, and the number of messages on the queues.
fn ask(function: &Asked, attempt: &Attempt) -> (Value, usize) {
    let (response, _) = function.ask(&attempt.event.to_string());
    (serde_json::to_value(&response).unwrap(), function.sqs.take().len())
}

/// Every scheme of every vendor.
fn schemes() -> impl Iterator<Item = (&'static Vendor, Scheme)> {
    crm::ALL.iter().flat_map(|vendor| vendor.schemes.iter().map(move |scheme| (*vendor, *scheme)))
}

/// Everything that is logged while `f` runs, at the most verbose level.
fn logged(f: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);
    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let memory = Memory::default();
    let writer = memory.clone();
    tests::keep_callsites_open();
    tracing::subscriber::with_default(crm_ingest::subscriber(LevelFilter::TRACE, move || writer.clone()), f);
    let log = memory.0.lock().unwrap().clone();
    String::from_utf8(log).unwrap()
}

#[test]
fn every_wrong_proof_gets_the_same_answer_and_leaves_nothing() {
    let mut answers = BTreeMap::<_, Vec<_>>::new();
    for (vendor, scheme) in schemes() {
        let function = function(vendor, scheme, &["1"]);
        let (right, enqueued) = ask(&function, &Attempt::new(vendor).right(scheme, "1"));
        assert_eq!((&right["statusCode"], enqueued), (&json!(200), 1), "{} {scheme:?}: {right}", vendor.name);
        for (what, attempt) in wrong(vendor, scheme) {
            let (answer, enqueued) = ask(&function, &attempt);
            assert_eq!(answer["statusCode"], 401, "{} {}: {what}", vendor.name, scheme.word());
            assert_eq!(enqueued, 0, "{} {}: {what}", vendor.name, scheme.word());
            answers.entry(vendor.name).or_default().push(answer);
        }
    }
    let attempts: usize = answers.values().map(Vec::len).sum();
    assert!(attempts > 500, "only {attempts} attempts");
    for (vendor, mut answers) in answers {
        answers.dedup();
        assert_eq!(answers.len(), 1, "{vendor}: answers that tell one refusal from another: {answers:#?}");
    }
}

/// Valid proofs in unusual forms.
#[test]
fn a_right_proof_in_another_form_is_accepted() {
    for (vendor, scheme) in schemes() {
        let right = || Attempt::new(vendor).right(scheme, "1");
        let of_scheme = match scheme {
            Scheme::Signature(signature) => {
                let (name, forged) = (signature.header, "v1,forged");
                let folded = [", ", ",", " "]
                    .map(|between| right().map(name, |right| format!("{forged}{between}{right}{between}{forged}")));
                if signature.separators.is_empty() { Vec::new() } else { folded.into() }
            }
            Scheme::Basic => vec![right().map("authorization", |value| value.replacen(' ', "   ", 1))],
            Scheme::Token => {
                let token = secret(vendor, scheme, "1");
                let encoded = token.replace('+', "%2B");
                vec![
                    Attempt::new(vendor).raw_query(&format!("token={token}")),
                    Attempt::new(vendor).raw_query(&format!("token={encoded}")),
                    Attempt::new(vendor).header("authorization", format!("Bearer   {token}")),
                ]
            }
            Scheme::MemberToken(name) => {
                vec![Attempt::new(vendor).member(&name.to_uppercase(), &secret(vendor, scheme, "1"))]
            }
        };
        let accounts = ["", "/", "default/"].map(|account| right().account(account));
        for attempt in of_scheme.into_iter().chain(accounts) {
            let (answer, enqueued) = ask(&function(vendor, scheme, &["1"]), &attempt);
            let what = format!("{} {}: {}", vendor.name, scheme.word(), attempt.event);
            assert_eq!((&answer["statusCode"], enqueued), (&json!(200), 1), "{what}");
        }
    }
}

#[test]
fn a_refusal_asks_for_a_password_where_the_vendor_may_send_one() {
    for vendor in crm::ALL {
        let scheme = vendor.schemes[0];
        let (refused, _) = ask(&function(vendor, scheme, &["1"]), &Attempt::new(vendor));
        let challenge = refused["headers"].get("www-authenticate").and_then(Value::as_str);
        let has_basic = vendor.schemes.iter().any(|scheme| matches!(scheme, Scheme::Basic));
        let expected = has_basic.then_some("Basic realm=\"crm-events\", charset=\"UTF-8\"");
        assert_eq!(challenge, expected, "{}", vendor.name);
        let (accepted, _) = ask(&function(vendor, scheme, &["1"]), &Attempt::new(vendor).right(scheme, "1"));
        assert_eq!(accepted["headers"].get("www-authenticate"), None, "{}", vendor.name);
    }
}

#[test]
fn both_secrets_of_a_rotation_are_accepted_and_a_removed_one_is_not() {
    for (vendor, scheme) in schemes() {
        let (old, new) = (Attempt::new(vendor).right(scheme, "1"), Attempt::new(vendor).right(scheme, "2"));
        for (labels, expected) in
            [(&["1"][..], [200, 401]), (&["1", "2"], [200, 200]), (&["2", "1"], [200, 200]), (&["2"], [401, 200])]
        {
            let function = function(vendor, scheme, labels);
            let statuses = [&old, &new].map(|attempt| ask(&function, attempt).0["statusCode"].as_i64().unwrap());
            assert_eq!(statuses, expected, "{} {}: secrets {labels:?}", vendor.name, scheme.word());
        }
    }
}

#[test]
fn of_two_signatures_one_right_one_is_enough_where_the_vendor_may_send_two() {
    for (vendor, scheme) in schemes() {
        let Scheme::Signature(signature) = scheme else { continue };
        let right = Attempt::new(vendor).right(scheme, "1");
        let forged = Attempt::new(vendor).signed_by(signature, b"forged", "msg_1", RECEIVED_AT).value(signature.header);
        let both = right.map(signature.header, |right| format!("{forged} {right}"));
        let (answer, _) = ask(&function(vendor, scheme, &["1"]), &both);
        let expected = if signature.separators.is_empty() { 401 } else { 200 };
        assert_eq!(answer["statusCode"], expected, "{}", vendor.name);
    }
}

#[test]
fn no_log_has_a_secret_a_credential_or_text_of_a_body() {
    for (vendor, scheme) in schemes() {
        let function = function(vendor, scheme, &["1", "2"]);
        let mut attempts: Vec<_> = wrong(vendor, scheme).into_iter().map(|(_, attempt)| attempt).collect();
        attempts.extend(["1", "2"].map(|label| Attempt::new(vendor).right(scheme, label)));
        attempts.push(Attempt::new(vendor).right(scheme, "1").header("x-odd", "line\nend"));
        let log = logged(|| attempts.iter().for_each(|attempt| drop(ask(&function, attempt))));
        assert!(log.contains("unauthorized") && log.contains("accepted"), "nothing is logged: {log}");
        let secrets = ["1", "2", "acme"].map(|label| secret(vendor, scheme, label));
        let parts = secrets.iter().flat_map(|secret| secret.split(':')).map(str::to_owned);
        absent(&log, parts.chain(attempts.iter().flat_map(credentials)));
    }
}

/// The values of an attempt's headers and parameters that hold a proof, right or wrong.
fn credentials(attempt: &Attempt) -> Vec<String> {
    let headers = attempt.event["headers"].as_object().unwrap().iter();
    let public = attempt.vendor.signature_schemes().map(|scheme| {
        [scheme.id_header, scheme.timestamp.as_ref().map(|time| time.header), scheme.version.map(|(name, _)| name)]
    });
    let public: Vec<_> = public.flatten().collect();
    let is_public = |name: &str| public.iter().flatten().any(|public: &&str| public.eq_ignore_ascii_case(name));
    let shown = headers.filter(|(name, _)| !is_public(name)).map(|(_, value)| value.as_str().unwrap().to_owned());
    let query = attempt.event["rawQueryString"].as_str().unwrap().to_owned();
    let parameters = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name.eq_ignore_ascii_case("token"));
    shown.chain(parameters.map(|(_, value)| value.into_owned())).collect()
}

#[track_caller]
fn absent(log: &str, texts: impl IntoIterator<Item = String>) {
    for text in texts.into_iter().filter(|text| text.len() >= 8) {
        let escaped = json!(text).to_string();
        let inner = escaped.trim_matches('"');
        let line = log.lines().find(|line| line.contains(inner));
        assert_eq!(line, None, "{text} is in the log");
    }
}

#[test]
fn no_log_has_text_of_the_body_of_any_case() {
    for case in Case::all(&events()).unwrap() {
        let webhook = case.webhook().unwrap();
        let Ok(body) = serde_json::from_slice::<Value>(&webhook.body) else { continue };
        let unreadable = {
            let mut body = body.clone();
            turn_into_lists(&mut body);
            Webhook { body: body.to_string().into_bytes(), ..webhook.clone() }
        };
        let attempts = [webhook, unreadable].map(|webhook| {
            let event = api_gateway::event(case.vendor, &webhook.proven(case.vendor, RECEIVED_AT));
            Attempt { vendor: case.vendor, event }
        });
        let function = Asked::new(case.vendor);
        let mut ids = String::new();
        let log = logged(|| {
            for attempt in &attempts {
                ids.push_str(ask(&function, attempt).0["body"].as_str().unwrap());
            }
        });
        let mut texts = Vec::new();
        strings(&body, &mut texts);
        // Record and account ids are part of the event's id, and documented event names come from the catalogue.
        let documented = |text: &str| case.vendor.documented(text).is_some();
        texts.retain(|text| !ids.contains(text.as_str()) && !documented(text) && text.contains([' ', '@', '/', ':']));
        absent(&log, texts);
    }
}

fn strings(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(entries) => entries.iter().for_each(|entry| strings(entry, all)),
        Value::Object(members) => members.values().for_each(|member| strings(member, all)),
        _ => {}
    }
}

/// Wraps texts that look like data in lists. No field is such a list, so each causes a warning.
fn turn_into_lists(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(['@', '/']) => *value = json!([[text]]),
        Value::Array(entries) => entries.iter_mut().for_each(turn_into_lists),
        Value::Object(members) => members.values_mut().for_each(turn_into_lists),
        _ => {}
    }
}
