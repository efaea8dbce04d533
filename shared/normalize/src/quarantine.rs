//! What is kept of an authentic webhook that did not become an event: all of it, less its credentials.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crm_event::Text;
use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Verified;
use crate::error::Quarantine;

/// A message of the quarantine queue: what a replay needs to try again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message<'a> {
    /// A [`crate::Reason`]'s word.
    pub reason: Text<'a>,
    /// A sentence for the person who looks after it.
    pub detail: Text<'a>,
    pub vendor: Text<'a>,
    /// The `{account}` segment of the URL, `default` without one.
    pub account: Text<'a>,
    pub received_at: Timestamp,
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
        let signature_headers: Vec<_> = verified.vendor().signature_headers().collect();
        let kept = |name: &str, secret: &[&str]| !secret.iter().any(|secret| secret.eq_ignore_ascii_case(name));
        let headers = request.headers.0.iter();
        let headers = headers.filter(|(name, _)| kept(name, &CREDENTIAL_HEADERS) && kept(name, &signature_headers));
        let query = request.query.0.iter().filter(|(name, _)| kept(name, &CREDENTIAL_PARAMETERS));
        Self {
            reason: Cow::Borrowed(quarantine.reason.word()),
            detail: quarantine.detail.clone(),
            vendor: Cow::Borrowed(verified.vendor().name),
            account: Cow::Borrowed(request.account_or_default()),
            received_at: verified.received_at(),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
            query: query.map(|(name, value)| (name.clone().into_owned(), value.clone())).collect(),
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, Message};
    use crate::error::{Quarantine, Reason};
    use crate::{Pairs, Request, Secrets, sample, vendor};

    #[test]
    fn everything_is_kept_but_the_credentials() {
        let heffl = vendor::find("heffl").unwrap();
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
