//! What is kept of an authentic webhook that did not become an event: all of it, less its credentials. And the way back:
//! [`Kept`] tries it again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crm_event::Text;
use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::crm::{self, Vendor};
use crate::error::Quarantine;
use crate::key::Digest;
use crate::{Pairs, Request, Verified};

/// A message of the quarantine queue: what a replay needs to try again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message<'a> {
    /// A [`crate::Reason`]'s word.
    pub reason: Text<'a>,
    /// A sentence for the person who looks after it.
    pub detail: Text<'a>,
    pub vendor: Text<'a>,
    /// Whose proof it had: the `{account}` segment of the URL, `default` without one.
    pub account: Text<'a>,
    /// The `{account}` segment of the URL, where it had one: then it is the events' account too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_account: Option<Text<'a>>,
    pub received_at: Timestamp,
    /// What the keys of its events end with, of the body as it came in: 16 hexadecimal digits.
    pub digest: String,
    /// By name, in lower case; without credentials and signatures.
    pub headers: BTreeMap<String, Text<'a>>,
    /// Without credentials.
    pub query: BTreeMap<String, Text<'a>>,
    #[serde(flatten)]
    pub body: Body<'a>,
}

/// The vendor's bytes, less the vendor's own secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body<'a> {
    #[serde(rename = "body")]
    Text(Text<'a>),
    /// Where the bytes are not UTF-8.
    #[serde(rename = "body_base64")]
    Base64(String),
}

/// Headers that hold a credential whoever sends them; signatures are named by the vendor's schemes.
const CREDENTIAL_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-webhook-token"];
const CREDENTIAL_PARAMETERS: [&str; 1] = ["token"];

/// Whether a header holds a proof of origin or another credential: it is neither kept nor shown.
pub fn is_credential_header(vendor: &Vendor, name: &str) -> bool {
    let same = |secret: &str| secret.eq_ignore_ascii_case(name);
    CREDENTIAL_HEADERS.into_iter().any(same) || vendor.signature_headers().any(same)
}

/// Whether a parameter of the query holds a credential.
pub fn is_credential_parameter(name: &str) -> bool {
    CREDENTIAL_PARAMETERS.into_iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

impl<'a> Message<'a> {
    pub fn new(verified: &Verified<'a>, quarantine: &Quarantine) -> Self {
        let request = verified.request();
        let body = match verified.redacted_body() {
            Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Body::Text(Cow::Borrowed(text)),
                Err(_) => Body::Base64(BASE64.encode(bytes)),
            },
            Cow::Owned(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Body::Text(Cow::Owned(text)),
                Err(error) => Body::Base64(BASE64.encode(error.as_bytes())),
            },
        };
        let vendor = verified.vendor();
        let headers = request.headers.0.iter().filter(|(name, _)| !is_credential_header(vendor, name));
        let query = request.query.0.iter().filter(|(name, _)| !is_credential_parameter(name));
        Self {
            reason: Cow::Borrowed(quarantine.reason.word()),
            detail: quarantine.detail.clone(),
            vendor: Cow::Borrowed(vendor.name),
            account: Cow::Borrowed(request.account_or_default()),
            url_account: request.account.map(Cow::Borrowed),
            received_at: verified.received_at(),
            digest: verified.digest().to_hex(),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
            query: query.map(|(name, value)| (name.clone().into_owned(), value.clone())).collect(),
            body,
        }
    }
}

/// Why a message of the quarantine or the overflow store cannot be tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptError {
    #[error("there is no vendor of the name {0:?}")]
    UnknownVendor(String),
    #[error("body_base64 is not Base64")]
    NotBase64,
    #[error("digest is not 16 hexadecimal digits")]
    NotADigest,
}

/// A kept webhook that can be normalized again. It proved its origin before it was kept: whoever makes one vouches for
/// the place that the message comes from.
#[derive(Clone, Debug)]
pub struct Kept {
    vendor: &'static Vendor,
    body: Vec<u8>,
    headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    query: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    account: Option<String>,
    received_at: Timestamp,
    digest: Digest,
}

impl Kept {
    /// # Errors
    /// Where the message is not one that [`Message::new`] made.
    pub fn new(message: Message<'_>) -> Result<Self, KeptError> {
        let unknown = || KeptError::UnknownVendor(message.vendor.clone().into_owned());
        let vendor = crm::find(&message.vendor).ok_or_else(unknown)?;
        let body = match message.body {
            Body::Text(text) => text.into_owned().into_bytes(),
            Body::Base64(text) => BASE64.decode(text.as_bytes()).map_err(|_| KeptError::NotBase64)?,
        };
        let owned = |pairs: BTreeMap<String, Text<'_>>| {
            pairs.into_iter().map(|(name, value)| (Cow::Owned(name), Cow::Owned(value.into_owned()))).collect()
        };
        Ok(Self {
            vendor,
            body,
            headers: owned(message.headers),
            query: owned(message.query),
            account: message.url_account.map(Cow::into_owned),
            received_at: message.received_at,
            digest: Digest::from_hex(&message.digest).ok_or(KeptError::NotADigest)?,
        })
    }

    /// As it was when it came in: its events get the keys and times that they would have had then.
    pub fn verified(&self) -> Verified<'_> {
        let request = Request {
            body: &self.body,
            headers: Pairs(&self.headers),
            query: Pairs(&self.query),
            account: self.account.as_deref(),
        };
        Verified { vendor: self.vendor, request, received_at: self.received_at, kept_digest: Some(self.digest) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, Message};
    use crate::error::{Quarantine, Reason};
    use crate::{Pairs, Request, Secrets, crm, sample};

    #[test]
    fn everything_is_kept_but_the_credentials() {
        let heffl = crm::find("heffl").unwrap();
        let secrets = Secrets::parse(&sample::secrets(heffl), heffl.schemes).unwrap();
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        for body in [&b"not JSON"[..], b"\xff\xfe"] {
            let mut headers: sample::Owned =
                vec![("Webhook-Id".into(), "msg_1".into()), ("Cookie".into(), "c00kie".into())];
            let mut query: sample::Owned = vec![("token".into(), "t0ken".into()), ("event".into(), "x".into())];
            sample::prove(heffl, body, &mut headers, &mut query, now);
            let request = Request { body, headers: Pairs(&headers), query: Pairs(&query), account: Some("acme") };
            let verified = heffl.verify(request, &secrets, now).unwrap();
            let message = Message::new(&verified, &Quarantine::new(Reason::NotJson, "no JSON"));
            let json = serde_json::to_string(&message).unwrap();
            for secret in ["c00kie", "t0ken", "signature"] {
                assert!(!json.contains(secret), "{json}");
            }
            assert_eq!(message.headers.get("webhook-id").map(|id| &**id), Some("msg_1"));
            assert_eq!(message.query.get("event").map(|event| &**event), Some("x"));
            match std::str::from_utf8(body) {
                Ok(text) => assert_eq!(message.body, Body::Text(text.into())),
                Err(_) => assert_eq!(message.body, Body::Base64("//4=".to_owned())),
            }
            assert_eq!(serde_json::from_str::<Message<'_>>(&json).unwrap(), message);
        }
    }
}
