//! The proofs of origin that vendors can give.
//!
//! Each is checked over the raw bytes, before anything is parsed, and compared in constant time. No scheme accepts
//! everything, so an account without a secret accepts no webhooks.
//!
//! A CRM's module lists its schemes, best first. A CRM that signs has a constant in [`known`].

pub mod known;
pub mod signature;

use std::borrow::Cow;
use std::fmt;

use data_encoding::BASE64;
use jiff::Timestamp;
use ring::hmac;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use crate::error::Unauthorized;
use crate::request::Request;
pub use known::{ATTIO, CLOSE, HUBSPOT_V2, HUBSPOT_V3, STANDARD_WEBHOOKS, TEAMGRID_V2};
pub(crate) use signature::Key;
pub use signature::SignatureScheme;

/// A way to prove origin.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// A signature over the body and more.
    Signature(&'static SignatureScheme),
    /// `Authorization: Basic` ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
    Basic,
    /// A secret text in `Authorization: Bearer`, in `X-Webhook-Token` or in the query as `token`, for senders that
    /// support nothing better.
    Token,
    /// A secret text in this member of the JSON body, for senders that support nothing else. Such a member must be among
    /// the vendor's secrets, so that it does not leave the function.
    MemberToken(&'static str),
}

impl Scheme {
    /// The word before a secret in the setting.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Signature(scheme) => scheme.word,
            Self::Basic => "basic",
            Self::Token => "token",
            Self::MemberToken(_) => "body-token",
        }
    }

    /// The form of a secret of this scheme in the setting.
    pub fn form(self) -> String {
        match self {
            Self::Signature(scheme) => format!("{}:{}", scheme.word, scheme.secret_form),
            Self::Basic => "basic:<user>:<password>".to_owned(),
            Self::Token => "token:<text>".to_owned(),
            Self::MemberToken(_) => "body-token:<text>".to_owned(),
        }
    }

    pub const fn signature(self) -> Option<&'static SignatureScheme> {
        match self {
            Self::Signature(scheme) => Some(scheme),
            Self::Basic | Self::Token | Self::MemberToken(_) => None,
        }
    }
}

/// A secret text that a request must contain. It is stored as its MAC, because comparing MACs takes the same time for
/// any two texts.
pub(crate) struct SharedSecret {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl SharedSecret {
    pub(crate) fn new(secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"crm-events: compare in constant time");
        let tag = hmac::sign(&key, secret);
        Self { key, tag }
    }

    fn is(&self, shown: &[u8]) -> bool {
        hmac::verify(&self.key, shown, self.tag.as_ref()).is_ok()
    }

    /// Checks that one of the texts is the secret. Without any text, there is no proof.
    fn is_among<T: AsRef<[u8]>>(&self, shown: impl IntoIterator<Item = T>) -> Result<(), Unauthorized> {
        let mut verdict = Err(Unauthorized::NoProof);
        for text in shown {
            if self.is(text.as_ref()) {
                return Ok(());
            }
            verdict = Err(Unauthorized::Mismatch);
        }
        verdict
    }
}

/// One secret of an account, ready to check.
pub(crate) enum Credential {
    Signature(&'static SignatureScheme, Key),
    /// `user:password`.
    Basic(SharedSecret),
    Token(SharedSecret),
    MemberToken(&'static str, SharedSecret),
}

/// Checks that any of an account's credentials holds for the request.
///
/// # Errors
/// The closest match, for the log. The sender never sees it.
pub(crate) fn verify(credentials: &[Credential], request: &Request<'_>, now: Timestamp) -> Result<(), Unauthorized> {
    let mut nearest = Unauthorized::NoProof;
    for credential in credentials {
        let verdict = match credential {
            Credential::Signature(scheme, key) => scheme.verify(key, request, now),
            Credential::Basic(secret) => secret.is_among(basic(request)),
            Credential::Token(secret) => secret.is_among(tokens(request)),
            Credential::MemberToken(name, secret) => secret.is_among(body_token(request.body, name)),
        };
        match verdict {
            Ok(()) => return Ok(()),
            Err(Unauthorized::NoProof) => {}
            Err(reason) => nearest = reason,
        }
    }
    Err(nearest)
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
    // A `+` that was pasted into the URL unescaped has been decoded to a space.
    let with_plus = in_query.filter(|token| token.contains(' ')).map(|token| token.replace(' ', "+"));
    let shown = [authorization(request, "bearer"), request.headers.get("x-webhook-token"), in_query];
    let shown = shown.into_iter().flatten().map(|token| Cow::Borrowed(token.as_bytes()));
    shown.chain(with_plus.map(|token| Cow::Owned(token.into_bytes())))
}

/// The text of a member of the body. `None` if the body is not a JSON object with one such text, in which two readers
/// could disagree on the value.
fn body_token(body: &[u8], name: &str) -> Option<String> {
    /// Finds the text without storing anything else, because the body has not been proved yet.
    struct Member<'n>(&'n str);

    impl<'de> Visitor<'de> for Member<'_> {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let (mut token, mut is_again) = (None, false);
            while let Some(name) = members.next_key::<Cow<'_, str>>()? {
                if !name.eq_ignore_ascii_case(self.0) {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
                is_again |= token.is_some();
                token = Some(members.next_value::<Option<String>>()?);
            }
            Ok(token.flatten().filter(|_| !is_again))
        }
    }

    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let token = deserializer.deserialize_map(Member(name)).ok().flatten()?;
    deserializer.end().is_ok().then_some(token)
}

#[cfg(test)]
mod tests {
    use super::body_token;

    #[test]
    fn the_body_has_its_token_once_as_text() {
        for (body, token) in [
            (r#"{"a": {"token": "no"}, "token": "s3cret"}"#, Some("s3cret")),
            (r#"{"t\u006fken": "s3\u0063ret", "b": 1}"#, Some("s3cret")),
            (r#"{"token": "a", "token": "b"}"#, None),
            (r#"{"token": null, "Token": "b"}"#, None),
            (r#"{"token": null}"#, None),
            (r#"{"token": 7}"#, None),
            (r#"{"token": ["s3cret"]}"#, None),
            (r#"[{"token": "s3cret"}]"#, None),
            (r#"{"token": "s3cret""#, None),
            ("token=s3cret", None),
            ("", None),
        ] {
            assert_eq!(body_token(body.as_bytes(), "token").as_deref(), token, "{body}");
        }
    }
}
