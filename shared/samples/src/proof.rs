//! Proofs of origin for samples, as a vendor would send them, with a public secret.
//!
//! Samples are verified like any other webhook. The command line tool, the tests and the benchmarks cannot bypass the
//! proof.

use std::borrow::Cow;

use data_encoding::BASE64;
use jiff::Timestamp;

use crm_normalize::Vendor;
use crm_normalize::key::{BodyHash, Digest};
use crm_normalize::scheme::signature::{KeyForm, Signed};
use crm_normalize::scheme::{Scheme, SignatureScheme};

/// `crm-events samples only!` in Base64.
const BASE64_KEY: &str = "Y3JtLWV2ZW50cyBzYW1wbGVzIG9ubHkh";
/// A key that is used as it is.
const TEXT_KEY: &str = "whsec_Y3JtLWV2ZW50cyBzYW1wbGVzIG9ubHkh";
/// The first key in hexadecimal digits.
const HEX_KEY: &str = "63726d2d6576656e74732073616d706c6573206f6e6c7921";
const USER_PASSWORD: &str = "sample-user:sample-password";
pub(crate) const TOKEN: &str = "sample-token";

/// The accounts of the sample secrets: that of a URL without an account, and another one.
pub const ACCOUNTS: [&str; 2] = ["default", "acme"];

/// The secrets setting that accepts the samples of a vendor.
pub fn secrets(vendor: &Vendor) -> String {
    secrets_of(vendor.schemes)
}

/// The secrets setting that accepts samples with these schemes.
pub fn secrets_of(schemes: &[Scheme]) -> String {
    let proofs: Vec<String> =
        schemes.iter().map(|scheme| format!("\"{}:{}\"", scheme.word(), secret(*scheme))).collect();
    let accounts: Vec<String> =
        ACCOUNTS.iter().map(|account| format!("\"{account}\": [{}]", proofs.join(", "))).collect();
    format!("{{{}}}", accounts.join(", "))
}

fn secret(scheme: Scheme) -> Cow<'static, str> {
    match scheme {
        Scheme::Signature(scheme) => signing_secret(scheme),
        Scheme::Basic => USER_PASSWORD.into(),
        Scheme::Token | Scheme::MemberToken(_) => TOKEN.into(),
    }
}

fn signing_secret(scheme: &SignatureScheme) -> Cow<'static, str> {
    match scheme.key {
        KeyForm::Hex => HEX_KEY.into(),
        KeyForm::Text => TEXT_KEY.into(),
        KeyForm::Base64After(prefix) => [prefix, BASE64_KEY].concat().into(),
    }
}

/// The key that the samples are signed with.
pub fn signing_key(scheme: &SignatureScheme) -> Option<Vec<u8>> {
    scheme.key(&signing_secret(scheme))
}

/// A request's headers or query parameters.
pub type OwnedPairs = Vec<(Cow<'static, str>, Cow<'static, str>)>;

/// Adds the proof of origin that a vendor would send with this body to this URL at this time. Replaces an existing
/// proof.
///
/// A request is signed if the vendor signs all its webhooks, or if the request has the id that only signed ones have.
/// Other requests get the token or password; of a vendor without either, a made-up id and a signature.
pub fn prove(
    vendor: &Vendor,
    url: &str,
    body: &[u8],
    headers: &mut OwnedPairs,
    query: &mut OwnedPairs,
    now: Timestamp,
) {
    if let Some(scheme) = signature_of(vendor, headers) {
        let id = scheme.id_header.map(|name| value(headers, name).map_or_else(|| made_up_id(body), str::to_owned));
        let id = id.unwrap_or_default();
        let Some(key) = signing_key(scheme) else { return };
        return sign(scheme, &key, &id, url, body, headers, now);
    }
    for scheme in vendor.schemes {
        match scheme {
            // A sample has its own token in its body.
            Scheme::Signature(_) | Scheme::MemberToken(_) => {}
            Scheme::Basic => {
                return set(headers, "authorization", format!("Basic {}", BASE64.encode(USER_PASSWORD.as_bytes())));
            }
            Scheme::Token => return set(query, "token", TOKEN.to_owned()),
        }
    }
}

/// The signature scheme that the vendor would use with these headers. A scheme that yields to a better one is used only
/// with its version header.
fn signature_of(vendor: &Vendor, headers: &OwnedPairs) -> Option<&'static SignatureScheme> {
    let has = |name| value(headers, name).is_some();
    let has_version = |(name, version)| value(headers, name) == Some(version);
    let (best, lesser): (Vec<_>, Vec<_>) = vendor.signature_schemes().partition(|scheme| scheme.yields_to.is_none());
    let lesser = lesser.into_iter().filter(|scheme| scheme.version.is_some_and(has_version));
    let can_do_without = vendor.schemes.iter().any(|scheme| !matches!(scheme, Scheme::Signature(_)));
    lesser.chain(best).find(|scheme| !can_do_without || scheme.id_header.is_none_or(has))
}

/// The id of a delivery that was captured without one: the same for the same body, as that of a redelivery.
fn made_up_id(body: &[u8]) -> String {
    format!("sample-{}", Digest::of_body(BodyHash::of(body)).to_hex())
}

/// Adds the signature of a webhook that is posted to the URL, and the headers that belong to it.
pub fn sign(
    scheme: &'static SignatureScheme,
    key: &[u8],
    id: &str,
    url: &str,
    body: &[u8],
    headers: &mut OwnedPairs,
    now: Timestamp,
) {
    let timestamp = scheme.timestamp_text(now).unwrap_or_default();
    let signed = Signed { method: "POST", url, id, timestamp: &timestamp, body };
    set(headers, scheme.header, scheme.sign(key, signed));
    if let Some(name) = scheme.id_header {
        set(headers, name, id.to_owned());
    }
    if let Some(time) = scheme.timestamp.as_ref().filter(|time| time.header != scheme.header) {
        set(headers, time.header, [time.prefix, &timestamp].concat());
    }
    if let Some((name, value)) = scheme.version {
        set(headers, name, value.to_owned());
    }
}

fn value<'p>(pairs: &'p OwnedPairs, name: &str) -> Option<&'p str> {
    pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

fn set(pairs: &mut OwnedPairs, name: &'static str, value: String) {
    pairs.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    pairs.push((Cow::Borrowed(name), Cow::Owned(value)));
}
