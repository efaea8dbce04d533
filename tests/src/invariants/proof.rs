//! Proof of origin: a request is accepted if and only if it contains one of the secrets, or a signature with one.

use crm_normalize::scheme::signature::{MAX_AHEAD, Signed, Unit};
use crm_normalize::scheme::{Scheme, SignatureScheme};
use crm_normalize::{Request, Secrets, Vendor};
use crm_samples::RECEIVED_AT;
use data_encoding::BASE64;
use jiff::SignedDuration;

use super::request::RequestText;

pub(super) fn check(vendor: &'static Vendor, request: &RequestText) {
    check_schemes(vendor.schemes, request);
}

pub(super) fn check_schemes(schemes: &[Scheme], request: &RequestText) {
    let request = request.request();
    let accepted = accepts(schemes, &crm_samples::secrets_of(schemes), &request);
    assert_eq!(accepted, is_authentic(schemes, &request), "accepted: {accepted}");
    let others = crm_samples::secrets_of(schemes).replace("sample-", "other-").replace("whsec_Y", "whsec_Z");
    let others = others.replace("63726d", "73726d");
    if accepted {
        assert!(!accepts(schemes, &others, &request), "whoever has no secret of this account is refused");
    }
}

fn accepts(schemes: &[Scheme], secrets: &str, request: &Request<'_>) -> bool {
    let secrets = Secrets::parse(secrets, schemes).unwrap_or_else(|error| panic!("{error}"));
    secrets.verify(request, RECEIVED_AT).is_ok()
}

/// The expected decision, made in a simple way: by comparing with an authentic request.
fn is_authentic(schemes: &[Scheme], request: &Request<'_>) -> bool {
    let setting: serde_json::Value = serde_json::from_str(&crm_samples::secrets_of(schemes)).unwrap_or_default();
    let proofs = setting.get("default").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    proofs.iter().filter_map(|proof| proof.as_str()?.split_once(':')).any(|(word, secret)| {
        schemes.iter().filter(|scheme| scheme.word() == word).any(|scheme| match scheme {
            Scheme::Signature(scheme) => is_signed(scheme, secret, request).unwrap_or_default(),
            Scheme::Basic => authorization(request, "basic") == Some(BASE64.encode(secret.as_bytes())),
            Scheme::Token => {
                let in_header = request.headers.get("x-webhook-token").map(str::to_owned);
                let in_query = request.query.get("token").map(str::to_owned);
                // The URL may contain an unescaped `+`.
                let as_it_stands = in_query.as_ref().map(|token| token.replace(' ', "+"));
                let shown = [authorization(request, "bearer"), in_header, in_query, as_it_stands];
                shown.into_iter().flatten().any(|shown| shown == secret)
            }
            Scheme::MemberToken(name) => {
                let members: Members = serde_json::from_slice(request.body).unwrap_or_default();
                let mut named = members.0.iter().filter(|(member, _)| member.eq_ignore_ascii_case(name));
                named.next().is_some_and(|(_, token)| token == secret) && named.next().is_none()
            }
        })
    })
}

/// The members of a JSON object, a name that occurs twice twice.
#[derive(Default)]
struct Members(Vec<(String, serde_json::Value)>);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn authorization(request: &Request<'_>, scheme: &str) -> Option<String> {
    let (name, credentials) = request.headers.get("authorization")?.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then(|| credentials.trim_start_matches(' ').to_owned())
}

/// True if the signature is right; `None` if a part of it is missing.
fn is_signed(scheme: &SignatureScheme, secret: &str, request: &Request<'_>) -> Option<bool> {
    let header = |name| request.headers.get(name).filter(|value| !value.is_empty());
    let id = scheme.id_header.map_or(Some(""), header)?;
    let mut timestamp = "";
    let mut in_time = true;
    if let Some(time) = &scheme.timestamp {
        timestamp = header(time.header)?;
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit()).then_some(timestamp)?;
        let number = digits.parse::<i64>().ok()?;
        let now = match time.unit {
            Unit::Seconds => RECEIVED_AT.as_second(),
            Unit::Milliseconds => RECEIVED_AT.as_millisecond(),
        };
        let age = i128::from(now) - i128::from(number);
        let in_unit = |duration: SignedDuration| match time.unit {
            Unit::Seconds => i128::from(duration.as_secs()),
            Unit::Milliseconds => duration.as_millis(),
        };
        in_time = age <= in_unit(time.max_age) && -age <= in_unit(MAX_AHEAD);
    }
    let right_version = scheme.version.is_none_or(|(name, value)| header(name) == Some(value));
    let is_best = scheme
        .yields_to
        .is_none_or(|better| request.headers.0.iter().all(|(name, _)| !name.eq_ignore_ascii_case(better)));
    let Request { method, url, body, .. } = *request;
    let right = scheme.sign(&scheme.key(secret)?, Signed { method, url, id, timestamp, body });
    let (signatures, separators) = (header(scheme.header)?, scheme.separators);
    let is_one_of_them = signatures.match_indices(&right).any(|(at, right)| {
        let (before, after) = (signatures.get(..at), signatures.get(at + right.len()..));
        before.is_some_and(|before| before.is_empty() || before.ends_with(separators))
            && after.is_some_and(|after| after.is_empty() || after.starts_with(separators))
    });
    Some(in_time && right_version && is_best && is_one_of_them)
}
