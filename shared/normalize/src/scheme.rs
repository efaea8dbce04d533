//! The proofs of origin that vendors can give.
//!
//! Each is checked over the raw bytes, before anything is parsed, and compared in constant time. There
//! is no scheme that accepts everything: an account without a secret has no webhooks.

use std::borrow::Cow;

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use subtle::ConstantTimeEq;

use crate::error::Unauthorized;
use crate::request::Request;

/// A way to prove origin.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// A signature over the body.
    Hmac(&'static HmacScheme),
    /// `Authorization: Basic` ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
    Basic,
    /// A secret text in `Authorization: Bearer`, in `X-Webhook-Token` or in the query as `token`: for senders that can
    /// do no more.
    Token,
}

/// A signature with HMAC-SHA256 over the body, its time and perhaps the delivery's id: what differs between the vendors
/// that sign.
#[derive(Debug)]
pub struct HmacScheme {
    /// The form of the secret, for messages.
    pub secret_form: &'static str,
    pub key: HmacKey,
    pub id_header: &'static str,
    /// Unix seconds.
    pub timestamp_header: &'static str,
    pub signature_header: &'static str,
    /// A header that must have this value.
    pub version: Option<(&'static str, &'static str)>,
    /// Whether the id is signed too: `{id}.{timestamp}.{body}`, else `{timestamp}.{body}`.
    pub signs_id: bool,
    /// What a signature starts with; those with another start are passed over.
    pub signature_prefix: &'static str,
    /// The characters between the signatures of one header. Empty: the header is one signature.
    pub signature_separators: &'static [char],
    pub signature_encoding: SignatureEncoding,
}

/// How the text of a secret becomes the key.
#[derive(Clone, Copy, Debug)]
pub enum HmacKey {
    /// Base64 behind a prefix.
    Base64After(&'static str),
    /// The whole text, prefix included, as UTF-8.
    WholeText,
}

#[derive(Clone, Copy, Debug)]
pub enum SignatureEncoding {
    Base64,
    LowerHex,
}

/// How far a signature's time may be off, in either direction: the same in Standard Webhooks and at TeamGrid.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
pub const STANDARD_WEBHOOKS: HmacScheme = HmacScheme {
    secret_form: "whsec_<base64>",
    key: HmacKey::Base64After("whsec_"),
    id_header: "webhook-id",
    timestamp_header: "webhook-timestamp",
    signature_header: "webhook-signature",
    version: None,
    signs_id: true,
    signature_prefix: "v1,",
    // The specification has blanks. Whoever joins several headers into one puts commas (RFC 9110, section 5.3).
    signature_separators: &[' ', ','],
    signature_encoding: SignatureEncoding::Base64,
};

/// TeamGrid's "signed delivery v2". The id is not under the signature; the secret is the key as it stands, in spite of
/// its Standard Webhooks-like prefix.
pub const TEAMGRID_V2: HmacScheme = HmacScheme {
    secret_form: "whsec_v2_<text>",
    key: HmacKey::WholeText,
    id_header: "X-TeamGrid-Webhook-Id",
    timestamp_header: "X-TeamGrid-Webhook-Timestamp",
    signature_header: "X-TeamGrid-Webhook-Signature",
    version: Some(("X-TeamGrid-Webhook-Version", "2")),
    signs_id: false,
    signature_prefix: "v1=",
    signature_separators: &[],
    signature_encoding: SignatureEncoding::LowerHex,
};

impl Scheme {
    /// The word in front of a secret in the setting.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hmac(_) => "hmac",
            Self::Basic => "basic",
            Self::Token => "token",
        }
    }

    /// How a secret of this scheme is written in the setting.
    pub fn form(self) -> String {
        match self {
            Self::Hmac(scheme) => format!("hmac:{}", scheme.secret_form),
            Self::Basic => "basic:<user>:<password>".to_owned(),
            Self::Token => "token:<text>".to_owned(),
        }
    }
}

impl HmacScheme {
    /// The key in a secret's text; `None` if the text has another form. Base64 may lack its padding.
    pub fn key(&self, secret: &str) -> Option<Vec<u8>> {
        match self.key {
            HmacKey::WholeText => Some(secret.as_bytes().to_vec()),
            HmacKey::Base64After(prefix) => {
                let text = secret.strip_prefix(prefix)?.as_bytes();
                BASE64.decode(text).or_else(|_| BASE64_NOPAD.decode(text)).ok()
            }
        }
    }

    /// The signature as its header has it. For those who send: samples, tests.
    pub fn sign(&self, key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
        let mac = self.mac(&Key::new(key), id, timestamp, body);
        [self.signature_prefix, &self.encode(&mac)].concat()
    }

    fn encode(&self, mac: &hmac::Tag) -> String {
        match self.signature_encoding {
            SignatureEncoding::Base64 => BASE64.encode(mac.as_ref()),
            SignatureEncoding::LowerHex => HEXLOWER.encode(mac.as_ref()),
        }
    }

    fn mac(&self, key: &Key, id: &str, timestamp: &str, body: &[u8]) -> hmac::Tag {
        let mut mac = hmac::Context::with_key(&key.0);
        if self.signs_id {
            mac.update(id.as_bytes());
            mac.update(b".");
        }
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.sign()
    }

    /// Checks the request; `now` is for the time window.
    fn verify(&self, key: &Key, request: &Request<'_>, now: Timestamp) -> Result<(), Unauthorized> {
        let header = |name| request.headers.get(name).filter(|value| !value.is_empty()).ok_or(Unauthorized::NoProof);
        let signatures = header(self.signature_header)?;
        let id = header(self.id_header)?;
        let timestamp = header(self.timestamp_header)?;
        if let Some((name, value)) = self.version
            && header(name)? != value
        {
            return Err(Unauthorized::NoProof);
        }
        let sent = unix_seconds(timestamp).ok_or(Unauthorized::NoProof)?;
        if now.duration_since(sent).abs() > TOLERANCE {
            return Err(Unauthorized::StaleTimestamp);
        }
        // Compare the encoded text. A MAC has exactly one encoding.
        let expected = self.encode(&self.mac(key, id, timestamp, request.body));
        let is_expected = |encoded: &str| bool::from(encoded.as_bytes().ct_eq(expected.as_bytes()));
        if self.signatures(signatures).any(is_expected) { Ok(()) } else { Err(Unauthorized::Mismatch) }
    }

    /// The signatures in a header's value, without the prefix. Those with another prefix are left out.
    fn signatures<'h>(&self, header: &'h str) -> impl Iterator<Item = &'h str> {
        let (prefix, separators) = (self.signature_prefix, self.signature_separators);
        let is_start = move |before: &str| before.is_empty() || before.ends_with(separators);
        let found = header.match_indices(prefix).filter_map(move |(at, _)| header.split_at_checked(at));
        found.filter_map(move |(before, rest)| {
            is_start(before).then(|| rest.strip_prefix(prefix)?.split(separators).next()).flatten()
        })
    }
}

fn unix_seconds(text: &str) -> Option<Timestamp> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Timestamp::from_second(text.parse().ok()?).ok()
}

/// An HMAC key, set up once.
pub struct Key(hmac::Key);

impl Key {
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }
}

/// A text that a request must show as it is, kept as its MAC: comparing MACs takes the same time whatever the texts
/// have in common.
pub struct Shown {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Shown {
    pub fn new(secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"crm-events: compare in constant time");
        let tag = hmac::sign(&key, secret);
        Self { key, tag }
    }

    fn matches(&self, shown: &[u8]) -> bool {
        hmac::verify(&self.key, shown, self.tag.as_ref()).is_ok()
    }
}

/// One secret of an account, ready to check.
pub enum Proof {
    Hmac(&'static HmacScheme, Key),
    /// `user:password`.
    Basic(Shown),
    Token(Shown),
}

/// Whether any of an account's proofs holds for the request.
///
/// # Errors
/// With the reason that came nearest to a proof: it is for the log, never for the sender.
pub fn verify(proofs: &[Proof], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthorized> {
    let mut nearest = Unauthorized::NoProof;
    for proof in proofs {
        let verdict = match proof {
            Proof::Hmac(scheme, key) => scheme.verify(key, request, now),
            Proof::Basic(secret) => shows(secret, basic(request)),
            Proof::Token(secret) => shows(secret, tokens(request)),
        };
        match verdict {
            Ok(()) => return Ok(()),
            Err(Unauthorized::NoProof) => {}
            Err(reason) => nearest = reason,
        }
    }
    Err(nearest)
}

fn shows<T: AsRef<[u8]>>(secret: &Shown, shown: impl IntoIterator<Item = T>) -> Result<(), Unauthorized> {
    let mut verdict = Err(Unauthorized::NoProof);
    for text in shown {
        if secret.matches(text.as_ref()) {
            return Ok(());
        }
        verdict = Err(Unauthorized::Mismatch);
    }
    verdict
}

/// The credentials of an authentication scheme. Its name has no case, and one or more spaces follow it
/// ([RFC 9110, section 11](https://www.rfc-editor.org/rfc/rfc9110#section-11.4)).
fn authorization<'a>(request: &Request<'a>, scheme: &str) -> Option<&'a str> {
    let (name, credentials) = request.headers.get("authorization")?.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then_some(credentials.trim_start_matches(' '))
}

fn basic(request: &Request<'_>) -> Option<Vec<u8>> {
    BASE64.decode(authorization(request, "basic")?.as_bytes()).ok()
}

fn tokens<'a>(request: &Request<'a>) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let in_query = request.query.get("token");
    // A `+` that was pasted into the URL as it is has been decoded to a space.
    let with_plus = in_query.filter(|token| token.contains(' ')).map(|token| token.replace(' ', "+"));
    let shown = [authorization(request, "bearer"), request.headers.get("x-webhook-token"), in_query];
    let shown = shown.into_iter().flatten().map(|token| Cow::Borrowed(token.as_bytes()));
    shown.chain(with_plus.map(|token| Cow::Owned(token.into_bytes())))
}
