//! Proof of origin: a request is accepted if and only if it shows one of the secrets, or a signature with one.

use crm_normalize::scheme::{HmacScheme, Scheme};
use crm_normalize::{Request, Secrets, Vendor};
use crm_samples::RECEIVED_AT;
use data_encoding::BASE64;

use super::request::RequestText;

/// The seconds that a signature's time may be off.
const TOLERANCE: i64 = 300;

pub(super) fn check(vendor: &'static Vendor, request: &RequestText) {
    let request = request.request();
    let accepted = accepts(vendor, &crm_samples::secrets(vendor), request);
    assert_eq!(accepted, is_authentic(vendor, &request), "accepted: {accepted}");
    let others = crm_samples::secrets(vendor).replace("sample-", "other-").replace("whsec_Y", "whsec_Z");
    if accepted {
        assert!(!accepts(vendor, &others, request), "whoever has no secret of this account is refused");
    }
}

fn accepts(vendor: &'static Vendor, secrets: &str, request: Request<'_>) -> bool {
    let secrets = Secrets::parse(secrets, vendor.schemes).unwrap_or_else(|error| panic!("{error}"));
    vendor.verify(request, &secrets, RECEIVED_AT).is_ok()
}

/// The same decision, made the plain way: by comparing with what an authentic request would show.
fn is_authentic(vendor: &Vendor, request: &Request<'_>) -> bool {
    let setting: serde_json::Value = serde_json::from_str(&crm_samples::secrets(vendor)).unwrap_or_default();
    let proofs = setting.get("default").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    proofs.iter().filter_map(|proof| proof.as_str()?.split_once(':')).any(|(word, secret)| {
        vendor.schemes.iter().any(|scheme| match scheme {
            Scheme::Hmac(scheme) => word == "hmac" && is_signed(scheme, secret, request),
            Scheme::Basic => {
                word == "basic" && authorization(request, "basic") == Some(BASE64.encode(secret.as_bytes()))
            }
            Scheme::Token => {
                let in_header = request.headers.get("x-webhook-token").map(str::to_owned);
                let in_query = request.query.get("token").map(str::to_owned);
                // An admin may have put a `+` into the URL as it is.
                let as_it_stands = in_query.as_ref().map(|token| token.replace(' ', "+"));
                let shown = [authorization(request, "bearer"), in_header, in_query, as_it_stands];
                word == "token" && shown.into_iter().flatten().any(|shown| shown == secret)
            }
        })
    })
}

fn authorization(request: &Request<'_>, scheme: &str) -> Option<String> {
    let (name, credentials) = request.headers.get("authorization")?.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then(|| credentials.trim_start_matches(' ').to_owned())
}

fn is_signed(scheme: &HmacScheme, secret: &str, request: &Request<'_>) -> bool {
    let header = |name| request.headers.get(name).filter(|value| !value.is_empty());
    let (Some(id), Some(time), Some(signatures)) =
        (header(scheme.id_header), header(scheme.timestamp_header), header(scheme.signature_header))
    else {
        return false;
    };
    let in_time = time.bytes().all(|byte| byte.is_ascii_digit())
        && time.parse::<i64>().is_ok_and(|sent| sent.abs_diff(RECEIVED_AT.as_second()) <= TOLERANCE.unsigned_abs());
    let right_version = scheme.version.is_none_or(|(name, value)| header(name) == Some(value));
    let Some(key) = scheme.key(secret) else { return false };
    let right = scheme.sign(&key, id, time, request.body);
    let separators = scheme.signature_separators;
    let is_one_of_them = signatures.match_indices(&right).any(|(at, right)| {
        let (before, after) = (signatures.get(..at), signatures.get(at + right.len()..));
        before.is_some_and(|before| before.is_empty() || before.ends_with(separators))
            && after.is_some_and(|after| after.is_empty() || after.starts_with(separators))
    });
    in_time && right_version && is_one_of_them
}
