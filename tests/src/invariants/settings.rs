//! Inputs other than requests: the secrets setting, and times.

use crm_normalize::{Pairs, Request, Secrets, crm, time};
use crm_samples::RECEIVED_AT;
use jiff::tz::TimeZone;
use serde_json::Value;

/// Shorter texts may occur in a message by chance.
const SECRET_LENGTH: usize = 12;

/// Checks that the setting is accepted, or refused in one line without a secret. No setting may accept a request
/// without a proof.
pub(super) fn secrets(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for vendor in crm::ALL {
        let said = match Secrets::parse(text, vendor.schemes) {
            Ok(secrets) => {
                for account in [None, Some("default"), Some("acme"), Some("")] {
                    let (headers, query) = (Pairs(&[]), Pairs(&[]));
                    let request = Request { method: "POST", url: "", body: b"{}", headers, query, account };
                    assert!(vendor.verify(request, &secrets, RECEIVED_AT).is_err(), "accepted without a proof");
                }
                format!("{secrets:?}")
            }
            Err(error) => error.to_string(),
        };
        assert!(!said.contains('\n'), "{said}");
        for secret in secret_texts(text) {
            assert!(!said.contains(&secret), "{secret} is in: {said}");
        }
    }
}

/// The texts of the lists, without those that are part of an account's name.
fn secret_texts(setting: &str) -> Vec<String> {
    let Ok(Value::Object(accounts)) = serde_json::from_str::<Value>(setting) else { return Vec::new() };
    let lists = accounts.values().filter_map(Value::as_array).flatten();
    let proofs = lists.filter_map(Value::as_str);
    let secrets = proofs.map(|proof| proof.split_once(':').map_or(proof, |(_, secret)| secret).to_owned());
    let is_said = |secret: &str| {
        let forms = crm::ALL.iter().flat_map(|vendor| vendor.schemes).map(|scheme| scheme.form());
        accounts.keys().any(|account| account.contains(secret)) || forms.into_iter().any(|form| form.contains(secret))
    };
    secrets.filter(|secret| secret.len() >= SECRET_LENGTH && !is_said(secret)).collect()
}

/// Checks that a text is parsed or refused, that a formatted instant parses to itself, and that its date is its day.
pub(super) fn time(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let instant = time::instant(text, &TimeZone::UTC);
    if instant.is_some() {
        assert!(time::date(text).is_some(), "an instant has its day: {text}");
    }
    if let Some(instant) = instant.or_else(|| time::epoch(text)) {
        assert_eq!(time::instant(&instant.to_string(), &TimeZone::UTC), Some(instant), "{instant}");
    }
}

/// Examples of all forms.
pub(super) const TIMES: &[&str] = &[
    "2025-01-15T10:30:00.000Z",
    "2017-06-02T16:05:54+05:30",
    "2024-03-05 14:07:00",
    "2024-03-05",
    "06-24-2020 18:30:54",
    "06-24-2020",
    "1455855737",
    "1496400354326",
    "1593023469.8293262",
    "-1.5",
    "-009999-01-02T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2024-03-05T14:07:00[Europe/Istanbul]",
];
