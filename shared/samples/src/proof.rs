//! Proofs of origin for samples: what a vendor would send, signed with a secret that everybody knows.
//!
//! Samples go through the proof like any webhook: for the command line tool, the tests and the benchmarks there is no
//! way around it either.

use std::borrow::Cow;

use data_encoding::BASE64;
use jiff::Timestamp;

use crm_normalize::Vendor;
use crm_normalize::scheme::{HmacScheme, Scheme};

/// `crm-events samples only!` in Base64.
const HMAC: &str = "whsec_Y3JtLWV2ZW50cyBzYW1wbGVzIG9ubHkh";
const USER_PASSWORD: &str = "sample-user:sample-password";
const TOKEN: &str = "sample-token";

/// The accounts that the sample secrets are for: the URL without an account, and one with.
pub const ACCOUNTS: [&str; 2] = ["default", "acme"];

/// The secrets setting that accepts the samples of a vendor.
pub fn secrets(vendor: &Vendor) -> String {
    let proofs: Vec<String> =
        vendor.schemes.iter().map(|scheme| format!("\"{}:{}\"", scheme.word(), secret(*scheme))).collect();
    let accounts: Vec<String> =
        ACCOUNTS.iter().map(|account| format!("\"{account}\": [{}]", proofs.join(", "))).collect();
    format!("{{{}}}", accounts.join(", "))
}

fn secret(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Hmac(_) => HMAC,
        Scheme::Basic => USER_PASSWORD,
        Scheme::Token => TOKEN,
    }
}

/// A request's headers or query parameters.
pub type OwnedPairs = Vec<(Cow<'static, str>, Cow<'static, str>)>;

/// Adds the proof of origin that a vendor would send with this body at this time, in place of any that is there.
///
/// A request that has the vendor's delivery id is signed, for only signed deliveries have one. Any other shows the
/// token or password.
pub fn prove(vendor: &Vendor, body: &[u8], headers: &mut OwnedPairs, query: &mut OwnedPairs, now: Timestamp) {
    let signed_with = vendor.schemes.iter().find_map(|scheme| match scheme {
        Scheme::Hmac(scheme) => value(headers, scheme.id_header).map(|id| (*scheme, id.to_owned())),
        Scheme::Basic | Scheme::Token => None,
    });
    if let Some((scheme, id)) = signed_with {
        let Some(key) = scheme.key(HMAC) else { return };
        return sign(scheme, &key, &id, body, headers, now);
    }
    for scheme in vendor.schemes {
        match scheme {
            Scheme::Hmac(_) => {}
            Scheme::Basic => {
                return set(headers, "authorization", format!("Basic {}", BASE64.encode(USER_PASSWORD.as_bytes())));
            }
            Scheme::Token => return set(query, "token", TOKEN.to_owned()),
        }
    }
}

/// Adds the signature of a delivery, and what goes with it.
pub fn sign(scheme: &'static HmacScheme, key: &[u8], id: &str, body: &[u8], headers: &mut OwnedPairs, now: Timestamp) {
    let timestamp = now.as_second().to_string();
    set(headers, scheme.signature_header, scheme.sign(key, id, &timestamp, body));
    set(headers, scheme.id_header, id.to_owned());
    set(headers, scheme.timestamp_header, timestamp);
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
