//! Signature schemes as data: the signed parts, their order, and the encoding of the result.
//!
//! A CRM that signs is one constant of [`SignatureScheme`], see [`super::known`]. [`SignatureScheme::checked`] rejects,
//! at compile time, a constant that would leave the body or the timestamp unsigned.

use std::borrow::Cow;

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use jiff::{SignedDuration, Timestamp};
use ring::{digest, hmac};
use subtle::ConstantTimeEq;

use crate::error::Unauthorized;
use crate::request::Request;

/// A signature over a request.
#[derive(Debug)]
pub struct SignatureScheme {
    /// One word, for tests and the fuzzer.
    pub name: &'static str,
    /// The word before its secret in the secrets setting. A vendor's schemes have different ones.
    pub word: &'static str,
    /// The form of the secret, for messages.
    pub secret_form: &'static str,
    pub key: KeyForm,
    pub function: Function,
    /// The signed bytes, in order and with nothing between them.
    pub signed: &'static [Part],
    /// The header with the signature.
    pub header: &'static str,
    /// The text before a signature. In a header with several entries, those with another prefix are ignored.
    pub prefix: &'static str,
    /// The characters between the entries of the header. Empty: the header is one signature.
    pub separators: &'static [char],
    pub encoding: Encoding,
    /// `None` if the scheme has no timestamp. An old request can then be replayed at any time, and only the event's id
    /// distinguishes it from a new one.
    pub timestamp: Option<SignedTime>,
    /// The header with the id of the delivery; it is required. The signature covers it only if `signed` has
    /// [`Part::Id`].
    pub id_header: Option<&'static str>,
    /// A header that must have this value.
    pub version: Option<(&'static str, &'static str)>,
    /// The header of a better scheme of the same vendor: a request that has it must prove itself by that scheme.
    pub yields_to: Option<&'static str>,
}

/// The form in which a secret holds its key.
#[derive(Clone, Copy, Debug)]
pub enum KeyForm {
    /// The whole text as UTF-8, including a prefix.
    Text,
    /// Hexadecimal digits.
    Hex,
    /// Base64 after a prefix, with or without padding.
    Base64After(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    HmacSha256,
    HmacSha512,
    /// HMAC-SHA1, for a vendor that offers no better one.
    HmacSha1,
    /// SHA-256 over the key and the signed bytes. Only for a vendor that offers no better one: with one signed request,
    /// anybody can compute the signature of the same request with bytes appended (length extension). The appended bytes
    /// begin with SHA-256's padding, 0x80, so the body is no longer valid JSON.
    Sha256AfterKey,
}

/// A part of the signed bytes.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// The body as received.
    Body,
    /// The timestamp, as in its header.
    Timestamp,
    /// The delivery's id, as in its header.
    Id,
    /// The request's method, in upper case.
    Method,
    /// The URL that the sender posted to.
    Url {
        /// The characters whose percent-encoding is undone before signing.
        decoded: &'static str,
    },
    Text(&'static str),
}

/// The time of the signature, as stated in the request.
#[derive(Debug)]
pub struct SignedTime {
    /// May be the signature's own header, if that has several entries.
    pub header: &'static str,
    /// The text before the time.
    pub prefix: &'static str,
    pub unit: Unit,
    /// Maximum age of a request. Values below [`MAX_AHEAD`] make no sense, because clocks differ.
    pub max_age: SignedDuration,
}

#[derive(Clone, Copy, Debug)]
pub enum Unit {
    Seconds,
    Milliseconds,
}

#[derive(Clone, Copy, Debug)]
pub enum Encoding {
    Base64,
    LowerHex,
}

/// Maximum time by which a sender's clock may be ahead.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The values of the parts of one request.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub method: &'a str,
    pub url: &'a str,
    /// Empty if the scheme has none.
    pub id: &'a str,
    /// Empty if the scheme has none.
    pub timestamp: &'a str,
    pub body: &'a [u8],
}

impl SignatureScheme {
    /// Checks the scheme at compile time and returns it.
    ///
    /// # Panics
    /// If it would leave the body or its timestamp unsigned, or signs a part that a request does not have. In a
    /// constant, compilation fails.
    #[must_use]
    #[expect(clippy::panic, reason = "the compiler runs it, no function does")]
    pub const fn checked(self) -> Self {
        let max_age = match &self.timestamp {
            Some(time) => Some(time.max_age),
            None => None,
        };
        let (has_id, is_list, has_prefix) =
            (self.id_header.is_some(), !self.separators.is_empty(), !self.prefix.is_empty());
        if let Some(fault) = fault(self.signed, max_age, has_id, is_list, has_prefix) {
            panic!("{}", fault);
        }
        self
    }

    /// Decodes the key from a secret's text; `None` if the text has another form.
    pub fn key(&self, secret: &str) -> Option<Vec<u8>> {
        let text = secret.as_bytes();
        match self.key {
            KeyForm::Text => Some(text.to_vec()),
            KeyForm::Hex => HEXLOWER_PERMISSIVE.decode(text).ok(),
            KeyForm::Base64After(prefix) => {
                let text = text.strip_prefix(prefix.as_bytes())?;
                BASE64.decode(text).or_else(|_| BASE64_NOPAD.decode(text)).ok()
            }
        }
    }

    /// Formats a timestamp as the scheme does; `None` if it has none.
    pub fn timestamp_text(&self, at: Timestamp) -> Option<String> {
        Some(match self.timestamp.as_ref()?.unit {
            Unit::Seconds => at.as_second().to_string(),
            Unit::Milliseconds => at.as_millisecond().to_string(),
        })
    }

    /// Computes the value of the signature header, for samples and tests.
    pub fn sign(&self, key: &[u8], signed: Signed<'_>) -> String {
        let hash = self.hash(&Key::new(self.function, key), signed);
        let signature = match self.encoding {
            Encoding::Base64 => BASE64.encode(hash.as_ref()),
            Encoding::LowerHex => HEXLOWER.encode(hash.as_ref()),
        };
        let signature = [self.prefix, &signature].concat();
        match &self.timestamp {
            Some(time) if time.header == self.header => {
                let between = self.separators.first().map(char::to_string).unwrap_or_default();
                [time.prefix, signed.timestamp, &between, &signature].concat()
            }
            _ => signature,
        }
    }

    fn hash(&self, key: &Key, signed: Signed<'_>) -> Hash {
        let mut hash = key.hasher();
        for part in self.signed {
            match part {
                Part::Body => hash.update(signed.body),
                Part::Timestamp => hash.update(signed.timestamp.as_bytes()),
                Part::Id => hash.update(signed.id.as_bytes()),
                Part::Method => hash.update(signed.method.to_ascii_uppercase().as_bytes()),
                Part::Url { decoded } => hash.update(undo_escapes(signed.url, decoded).as_bytes()),
                Part::Text(text) => hash.update(text.as_bytes()),
            }
        }
        hash.finish()
    }

    /// Checks the request; `now` is for the time window.
    pub(super) fn verify(&self, key: &Key, request: &Request<'_>, now: Timestamp) -> Result<(), Unauthorized> {
        let header = |name| request.headers.get(name).filter(|value| !value.is_empty()).ok_or(Unauthorized::NoProof);
        let signatures = header(self.header)?;
        if self
            .yields_to
            .is_some_and(|better| request.headers.0.iter().any(|(name, _)| name.eq_ignore_ascii_case(better)))
        {
            return Err(Unauthorized::NoProof);
        }
        if let Some((name, value)) = self.version
            && header(name)? != value
        {
            return Err(Unauthorized::NoProof);
        }
        let id = match self.id_header {
            Some(name) => header(name)?,
            None => "",
        };
        let timestamp = match &self.timestamp {
            Some(time) => {
                let separators = if time.header == self.header { self.separators } else { &[] };
                let text = only(entries(header(time.header)?, time.prefix, separators)).ok_or(Unauthorized::NoProof)?;
                let age = now.duration_since(time.unit.read(text).ok_or(Unauthorized::NoProof)?);
                if age > time.max_age || age < -MAX_AHEAD {
                    return Err(Unauthorized::StaleTimestamp);
                }
                text
            }
            None => "",
        };
        let Request { method, url, body, .. } = *request;
        // Compare the encoded text, in constant time. A hash has exactly one encoding.
        let hash = self.hash(key, Signed { method, url, id, timestamp, body });
        let text = match self.encoding {
            Encoding::Base64 => BASE64.encode(hash.as_ref()),
            Encoding::LowerHex => HEXLOWER.encode(hash.as_ref()),
        };
        let mut signatures = entries(signatures, self.prefix, self.separators);
        if signatures.any(|signature| signature.as_bytes().ct_eq(text.as_bytes()).into()) {
            Ok(())
        } else {
            Err(Unauthorized::Mismatch)
        }
    }
}

/// The fault of a scheme that signs these parts, if it has one. `max_age` is that of its timestamp, if it has one.
pub(crate) const fn fault(
    signed: &[Part],
    max_age: Option<SignedDuration>,
    has_id_header: bool,
    is_list: bool,
    has_prefix: bool,
) -> Option<&'static str> {
    let (mut bodies, mut times, mut ids) = (0_u8, 0_u8, 0_u8);
    let mut rest = signed;
    while let [part, others @ ..] = rest {
        match part {
            Part::Body => bodies = bodies.saturating_add(1),
            Part::Timestamp => times = times.saturating_add(1),
            Part::Id => ids = ids.saturating_add(1),
            Part::Method | Part::Url { .. } | Part::Text(_) => {}
        }
        rest = others;
    }
    if bodies != 1 {
        return Some("the body must be signed, once");
    }
    match max_age {
        Some(_) if times != 1 => return Some("the timestamp must be signed, once"),
        Some(max_age) if max_age.as_millis() < MAX_AHEAD.as_millis() => {
            return Some("max_age must be at least five minutes, as a clock may be ahead by that");
        }
        None if times != 0 => return Some("a signed timestamp must have a header"),
        _ => {}
    }
    if ids > 1 || (ids == 1 && !has_id_header) {
        return Some("a signed id must have a header");
    }
    if is_list && !has_prefix {
        return Some("the entries of a header with separators must have a prefix");
    }
    None
}

impl Unit {
    fn read(self, text: &str) -> Option<Timestamp> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = text.parse().ok()?;
        match self {
            Self::Seconds => Timestamp::from_second(number).ok(),
            Self::Milliseconds => Timestamp::from_millisecond(number).ok(),
        }
    }
}

/// The entries of a header's value that have the prefix, with the prefix removed. Without separators, the value is one
/// entry.
fn entries<'h>(header: &'h str, prefix: &'h str, separators: &'h [char]) -> impl Iterator<Item = &'h str> {
    let is_start = move |before: &str| before.is_empty() || before.ends_with(separators);
    let found = header.match_indices(prefix).filter_map(move |(at, _)| header.split_at_checked(at));
    found.filter_map(move |(before, rest)| {
        is_start(before).then(|| rest.strip_prefix(prefix)?.split(separators).next()).flatten()
    })
}

/// The only item; `None` if there is none or more than one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let item = items.next()?;
    items.next().is_none().then_some(item)
}

/// Decodes the percent-encoding of these ASCII characters in a URL, and of no others.
fn undo_escapes<'u>(url: &'u str, characters: &str) -> Cow<'u, str> {
    if characters.is_empty() || !url.contains('%') {
        return Cow::Borrowed(url);
    }
    let mut decoded = String::with_capacity(url.len());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let escape = after.get(..2).and_then(|digits| HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok());
        let byte = escape.as_deref().and_then(|bytes| bytes.first().copied()).map(char::from);
        match byte.filter(|byte| byte.is_ascii() && characters.contains(*byte)).zip(after.get(2..)) {
            Some((byte, after)) => {
                decoded.push(byte);
                rest = after;
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The prepared key of a scheme.
pub(crate) enum Key {
    Hmac(hmac::Key),
    /// SHA-256 with the key already hashed.
    Sha256(digest::Context),
}

enum Hasher {
    Hmac(hmac::Context),
    Sha256(digest::Context),
}

enum Hash {
    Hmac(hmac::Tag),
    Sha256(digest::Digest),
}

impl Key {
    pub(crate) fn new(function: Function, key: &[u8]) -> Self {
        match function {
            Function::HmacSha256 => Self::Hmac(hmac::Key::new(hmac::HMAC_SHA256, key)),
            Function::HmacSha512 => Self::Hmac(hmac::Key::new(hmac::HMAC_SHA512, key)),
            Function::HmacSha1 => Self::Hmac(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key)),
            Function::Sha256AfterKey => {
                let mut context = digest::Context::new(&digest::SHA256);
                context.update(key);
                Self::Sha256(context)
            }
        }
    }

    fn hasher(&self) -> Hasher {
        match self {
            Self::Hmac(key) => Hasher::Hmac(hmac::Context::with_key(key)),
            Self::Sha256(context) => Hasher::Sha256(context.clone()),
        }
    }
}

impl Hasher {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Hmac(context) => context.update(bytes),
            Self::Sha256(context) => context.update(bytes),
        }
    }

    fn finish(self) -> Hash {
        match self {
            Self::Hmac(context) => Hash::Hmac(context.sign()),
            Self::Sha256(context) => Hash::Sha256(context.finish()),
        }
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Hmac(tag) => tag.as_ref(),
            Self::Sha256(digest) => digest.as_ref(),
        }
    }
}
