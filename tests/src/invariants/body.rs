//! An authentic request: any body either becomes events that follow the contract, or is quarantined for a replay.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crm_event::{Event, Json};
use crm_normalize::crm::SecretMembers;
use crm_normalize::quarantine::{Body, Record};
use crm_normalize::{Accepted, BodyTexts, Logged, Normalized, Options, Quarantine, Reason, Secrets, Vendor, Verified};
use crm_samples::RECEIVED_AT;
use serde_json::Value;
use serde_json::value::RawValue;

use super::request::RequestText;

const OPTIONS: Options = Options { include_raw: true };
/// Shorter texts may occur elsewhere by chance.
const SECRET_LENGTH: usize = 12;

pub(super) fn check(vendor: &'static Vendor, mut request: RequestText) {
    // Remove empty and duplicate headers, which would make the proof invalid.
    request.headers.sort();
    request.headers.dedup_by(|(one, _), (other, _)| one.eq_ignore_ascii_case(other));
    request.headers.retain(|(_, value)| !value.is_empty());
    let request = request.proven(vendor);

    let verified = vendor.verify(request.request(), secrets(vendor), RECEIVED_AT);
    let verified = verified.unwrap_or_else(|error| panic!("what was proven is refused: {error}"));
    let texts = BodyTexts::default();
    let normalized = verified.normalize(OPTIONS, &texts);
    kept(&verified, &normalized, &request);
    let (mut number, mut bytes) = (0, 0);
    for each in &normalized {
        let body = each.webhook.request().body;
        warnings(&each.warnings, body);
        logged(&each.logged);
        if each.webhook.element().is_some() {
            kept(&each.webhook, std::slice::from_ref(each), &request);
        }
        if let Ok(Accepted::Events(events)) = &each.result {
            let raw = events.first().map(raw).unwrap_or_else(|| panic!("accepted, and there is no event"));
            let secrets = match events.first().and_then(|event| event.data.raw_media_type.as_ref()) {
                None => secrets_are_gone(vendor, body, raw),
                Some(_) => raw_is_the_text(vendor, body, raw),
            };
            bytes += events.iter().map(|each| event(vendor, each, raw, &secrets, body).len()).sum::<usize>();
            number += events.len();
        }
    }
    assert!(bytes <= MAX_OUTPUT_BYTES && number <= MAX_EVENTS, "{number} events, {bytes} bytes");
}

/// The secrets that accept the samples, parsed once.
fn secrets(vendor: &Vendor) -> &'static Secrets {
    static ALL: LazyLock<BTreeMap<&str, Secrets>> = LazyLock::new(|| {
        let read = |vendor: &Vendor| Secrets::parse(&crm_samples::secrets(vendor), vendor.schemes);
        let read = |vendor: &Vendor| read(vendor).unwrap_or_else(|error| panic!("{error}"));
        crate::vendors().into_iter().map(|vendor| (vendor.name, read(vendor))).collect()
    });
    ALL.get(vendor.name).unwrap_or_else(|| panic!("{} is none of the vendors", vendor.name))
}

/// Limits of one webhook's events. More would not fit a function's memory or time.
const MAX_EVENTS: usize = 1000;
const MAX_OUTPUT_BYTES: usize = 128 << 20;

/// Checks one event and returns its JSON.
fn event(vendor: &Vendor, event: &Event<'_>, body_json: &str, secrets: &[String], body: &[u8]) -> String {
    let json = event.to_json().unwrap_or_else(|error| panic!("{error}"));
    let back: Event<'_> = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(&back, event, "read back from {json}");
    for (key, what) in [(&event.id, "id"), (&event.partitionkey, "partitionkey")] {
        let fits = key.len() <= 128 && key.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(fits && key.starts_with(&format!("{}:", vendor.name)), "{what} {key}");
    }
    assert_eq!(event.data.record.is_none(), event.data.entity == crm_event::Entity::Unknown, "{json}");
    assert_eq!(raw(event), body_json, "every event of a webhook carries the same");
    for secret in secrets {
        assert!(!json.contains(secret), "{secret} is in {json}");
    }
    // An escaped control character takes six bytes, and the record contains at most the data of `raw`.
    let bound = 16 * body.len() + 4096;
    assert!(json.len() <= bound, "{} bytes of {}: {json}", json.len(), body.len());
    json
}

fn raw<'e>(event: &'e Event<'_>) -> &'e str {
    event.data.raw.as_ref().map(Json::get).unwrap_or_default()
}

/// Checks that `raw` is the body's text, if the vendor has no secrets to take out.
fn raw_is_the_text(vendor: &Vendor, body: &[u8], raw: &str) -> Vec<String> {
    let raw: String = serde_json::from_str(raw).unwrap_or_else(|error| panic!("{error}: {raw}"));
    let text = std::str::from_utf8(body).unwrap_or_default().trim_start_matches('\u{feff}').trim_ascii();
    assert!(raw == text || (!vendor.secret_members.is_none() && raw.len() < text.len()), "raw is the body's text");
    Vec::new()
}

/// Checks that `raw` is the whole body without the vendor's secret members. Returns the texts that were only in those.
fn secrets_are_gone(vendor: &Vendor, body: &[u8], raw: &str) -> Vec<String> {
    assert!(serde_json::from_str::<&RawValue>(raw).is_ok(), "raw is no JSON: {raw}");
    let text = std::str::from_utf8(body).unwrap_or_default().trim_start_matches('\u{feff}').trim_ascii();
    if vendor.secret_members.is_none() {
        assert_eq!(raw, text, "raw is the body, byte for byte");
        return Vec::new();
    }
    let (Ok(before), Ok(after)) = (serde_json::from_str::<Value>(text), serde_json::from_str::<Value>(raw)) else {
        // Numbers outside the range of a double, or lone surrogates.
        return Vec::new();
    };
    let mut secrets = Vec::new();
    let expected = without(before, &vendor.secret_members, true, &mut secrets);
    if secrets.is_empty() {
        assert_eq!(raw, text, "raw is the body, byte for byte");
        return secrets;
    }
    assert_eq!(after, expected, "raw is the body less {:?}", vendor.secret_members);
    let open = expected.to_string();
    secrets.retain(|secret| secret.len() >= SECRET_LENGTH && !open.contains(&**secret));
    secrets
}

/// The value without its secrets. Their texts are added to `taken`.
fn without(value: Value, secret: &SecretMembers, is_root: bool, taken: &mut Vec<String>) -> Value {
    match value {
        Value::Object(members) => {
            let keep = members.into_iter().filter_map(|(name, member)| {
                let is_named = secret.names().iter().any(|secret| secret.eq_ignore_ascii_case(&name));
                if is_named || (is_root && secret.is_secret_at_root(&name)) {
                    taken.push(name);
                    texts(&member, taken);
                    return None;
                }
                let member = without(member, secret, false, taken);
                Some((name, member))
            });
            Value::Object(keep.collect())
        }
        Value::Array(entries) => entries.into_iter().map(|entry| without(entry, secret, false, taken)).collect(),
        other => other,
    }
}

fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(entries) => entries.iter().for_each(|entry| texts(entry, all)),
        Value::Object(members) => members.values().for_each(|member| texts(member, all)),
        _ => {}
    }
}

/// Checks that the quarantine record of the webhook contains no credential, and that a replay gives the same result.
fn kept(verified: &Verified<'_>, at_once: &[Normalized<'_>], request: &RequestText) {
    let why = match at_once {
        [Normalized { result: Err(quarantine), .. }] => quarantine.clone(),
        _ => Quarantine::new(Reason::QueueUnavailable, "no answer"),
    };
    assert!(!why.to_string().contains('\n') && why.to_string().len() < 1000, "{why}");
    let record = Record::new(verified, &why);
    let json = serde_json::to_string(&record).unwrap_or_else(|error| panic!("{error}"));
    let back: Record<'_> = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(back, record);
    credentials_are_gone(verified.vendor(), request, &back);
    let restored = back.restore().unwrap_or_else(|error| panic!("{error}: {json}"));
    // If the body is not valid JSON, the stored text may differ from it elsewhere too. The secrets must not be in it.
    let is_other_text = match verified.redacted_body() {
        Cow::Owned(kept) => kept != verified.request().body,
        // Nothing may be left of it.
        Cow::Borrowed(kept) => kept.is_empty(),
    };
    let texts = BodyTexts::default();
    let later = restored.verified().normalize(OPTIONS, &texts);
    let may_differ = matches!(why.reason, Reason::NotText | Reason::NotJson);
    let is_same = outcome(&later) == outcome(at_once);
    assert!(is_same || (is_other_text && may_differ), "{later:?} for {at_once:?}: {json}");
}

fn credentials_are_gone(vendor: &Vendor, request: &RequestText, record: &Record<'_>) {
    let signatures: Vec<_> = vendor.signature_headers().collect();
    let headers = request.headers.iter().filter(|(name, _)| {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        is("authorization") || is("x-webhook-token") || signatures.iter().copied().any(is)
    });
    let query = request.query.iter().filter(|(name, _)| name.eq_ignore_ascii_case("token"));
    let shown = |credential: &str| {
        // Header names are stored in lower case.
        let elsewhere = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
            name.contains(credential) || name.to_ascii_lowercase().contains(credential) || value.contains(credential)
        };
        let times = request.headers.iter().chain(&request.query).filter(|pair| elsewhere(pair)).count();
        // The fuzzer may have read a sentence of ours.
        let is_ours = credential.contains("UTF-8 at byte");
        times > 1 || is_ours || String::from_utf8_lossy(&request.body).contains(credential)
    };
    let pairs = record.headers.iter().chain(&record.query);
    let mut kept: Vec<&str> = pairs.flat_map(|(name, value)| [name.as_str(), value]).collect();
    kept.extend([&*record.detail, &*record.account]);
    if let Body::Text(body) = &record.body {
        kept.push(body);
    }
    for (_, credential) in headers.chain(query).filter(|(_, text)| text.len() >= SECRET_LENGTH && !shown(text)) {
        assert!(!kept.iter().any(|text| text.contains(&**credential)), "{credential} is in {record:?}");
    }
}

fn outcome(normalized: &[Normalized<'_>]) -> Vec<(String, Vec<String>)> {
    let one = |normalized: &Normalized<'_>| {
        let result = match &normalized.result {
            Ok(Accepted::Events(events)) => serde_json::to_string(events).unwrap_or_else(|error| panic!("{error}")),
            Ok(Accepted::Ignored(why)) => (*why).to_owned(),
            Err(quarantine) => quarantine.to_string(),
        };
        (result, normalized.warnings.clone())
    };
    normalized.iter().map(one).collect()
}

/// Checks the warnings. Each is a path of an existing value, so there are at most as many as values, and none is longer
/// than the body.
fn warnings(warnings: &[String], body: &[u8]) {
    let bytes = warnings.iter().fold(0, |sum, path| sum + path.len());
    assert!(warnings.len() <= body.len() && bytes <= 64 * body.len() + 4096, "{} of {bytes} bytes", warnings.len());
}

/// Checks that only ids, words and paths are logged, and that they fit a log line.
fn logged(logged: &Logged) {
    let json = serde_json::to_string(logged).unwrap_or_else(|error| panic!("{error}"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-\"{}[],".contains(&byte);
    assert!(json.len() <= 4096 && json.bytes().all(plain), "{json}");
}
