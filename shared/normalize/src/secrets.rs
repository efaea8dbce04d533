//! The secrets setting: the proofs that each account accepts.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{SecretsError, Unauthorized};
use crate::json::{Object, Value};
use crate::request::Request;
use crate::scheme::signature::KeyForm;
use crate::scheme::{self, Credential, Key, Scheme, SharedSecret, SignatureScheme};
use jiff::Timestamp;

/// The proofs of one vendor's accounts, ready to check. `Debug` shows no secret.
pub struct Secrets(BTreeMap<String, Vec<Credential>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|account| (account, "[redacted]"))).finish()
    }
}

impl Secrets {
    /// Reads `{"default": ["basic:user:password"], "acme": ["hmac:whsec_...", "token:..."]}`.
    ///
    /// Every proof of a list is accepted, so that secrets can be rotated. `hmac-text:` is `hmac:` with the secret's
    /// text itself as the key, for a vendor that does not decode it as its specification says.
    ///
    /// # Errors
    /// If the setting has another form, or a scheme that is not in `schemes`. The error never contains the setting's
    /// text.
    pub fn parse(json: &str, schemes: &[Scheme]) -> Result<Self, SecretsError> {
        let expected = || schemes.iter().map(|scheme| scheme.form()).collect::<Vec<_>>().join(" or ");
        let example = || schemes.first().map(|scheme| scheme.form()).unwrap_or_default();
        let object = Object::parse(json).map_err(|error| SecretsError::NotJson {
            expected: example(),
            line: error.line(),
            column: error.column(),
        })?;
        let mut accounts = BTreeMap::new();
        for (account, list) in object.members() {
            if account.is_empty() {
                return Err(SecretsError::EmptyAccount);
            }
            let texts = texts(list).ok_or_else(|| SecretsError::NotAList {
                account: account.clone().into_owned(),
                expected: expected(),
            })?;
            let proofs = texts
                .iter()
                .enumerate()
                .map(|(index, text)| {
                    let (account, position) = (account.clone().into_owned(), index.saturating_add(1));
                    credential(text, schemes).map_err(|error| match error {
                        Refused::Form => SecretsError::Proof { account, position, expected: expected() },
                        Refused::ShortKey => {
                            SecretsError::ShortKey { account, position, min_bytes: MIN_KEY_BYTES, expected: expected() }
                        }
                        Refused::Scheme(scheme) => {
                            SecretsError::Scheme { account, position, scheme, expected: expected() }
                        }
                    })
                })
                .collect::<Result<Vec<_>, _>>()?;
            accounts.insert(account.into_owned(), proofs);
        }
        if accounts.is_empty() {
            return Err(SecretsError::NoAccount { expected: example() });
        }
        Ok(Self(accounts))
    }

    /// Checks that the request comes from the vendor's account that it names.
    ///
    /// # Errors
    /// The reason why it does not, for the log.
    pub fn verify(&self, request: &Request<'_>, now: Timestamp) -> Result<(), Unauthorized> {
        let proofs = self.0.get(request.account_or_default()).ok_or(Unauthorized::UnknownAccount)?;
        scheme::verify(proofs, request, now)
    }
}

/// Reads a list of at least one text.
fn texts(json: Value<'_, '_>) -> Option<Vec<String>> {
    serde_json::from_str::<Vec<String>>(json.get()).ok().filter(|texts| !texts.is_empty())
}

/// Minimum length of a signature key. Standard Webhooks asks for 24 bytes, and no known vendor uses fewer. A shorter
/// key was truncated or can be guessed.
const MIN_KEY_BYTES: usize = 16;

enum Refused {
    Form,
    ShortKey,
    Scheme(&'static str),
}

fn credential(text: &str, schemes: &[Scheme]) -> Result<Credential, Refused> {
    let (word, secret) = text.split_once(':').ok_or(Refused::Form)?;
    if secret.trim() != secret || secret.is_empty() {
        return Err(Refused::Form);
    }
    let scheme_of = |word| schemes.iter().find(|scheme| scheme.word() == word);
    let (scheme, text_is_key) = match (word, scheme_of(word)) {
        (_, Some(scheme)) => (scheme, false),
        ("hmac-text", None) => (scheme_of("hmac").ok_or(Refused::Scheme("hmac-text"))?, true),
        _ => {
            let known = WORDS.iter().find(|known| **known == word);
            return Err(known.map_or(Refused::Form, |word| Refused::Scheme(word)));
        }
    };
    match scheme {
        Scheme::Signature(scheme) if text_is_key => match scheme.key {
            KeyForm::Base64After(_) => signature(scheme, secret.as_bytes()),
            KeyForm::Text | KeyForm::Hex => Err(Refused::Scheme("hmac-text")),
        },
        Scheme::Signature(scheme) => signature(scheme, &scheme.key(secret).ok_or(Refused::Form)?),
        Scheme::Basic => match secret.split_once(':') {
            Some((user, password)) if !user.is_empty() && !password.is_empty() => {
                Ok(Credential::Basic(SharedSecret::new(secret.as_bytes())))
            }
            _ => Err(Refused::Form),
        },
        Scheme::Token => Ok(Credential::Token(SharedSecret::new(secret.as_bytes()))),
        Scheme::MemberToken(name) => Ok(Credential::MemberToken(name, SharedSecret::new(secret.as_bytes()))),
    }
}

/// The words for the schemes of all vendors.
const WORDS: [&str; 5] = ["hmac", "sha256", "basic", "token", "body-token"];

fn signature(scheme: &'static SignatureScheme, key: &[u8]) -> Result<Credential, Refused> {
    if key.len() < MIN_KEY_BYTES {
        return Err(Refused::ShortKey);
    }
    Ok(Credential::Signature(scheme, Key::new(scheme.function, key)))
}

#[cfg(test)]
mod tests {
    use super::Secrets;
    use crate::scheme::{STANDARD_WEBHOOKS, Scheme, TEAMGRID_V2};

    const HEFFL: &[Scheme] = &[Scheme::Signature(&STANDARD_WEBHOOKS), Scheme::Token];

    #[test]
    fn every_scheme_of_the_vendor_and_several_secrets() {
        let json = r#"{"default": ["hmac:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "token:t"], "acme": ["hmac-text:whsec_MfKQ9r8GKY"]}"#;
        assert!(Secrets::parse(json, HEFFL).is_ok());
        for padding in ["", "=="] {
            let json = format!(r#"{{"a": ["hmac:whsec_aHVudGVyMmh1bnRlcjJodQ{padding}"]}}"#);
            assert!(Secrets::parse(&json, HEFFL).is_ok(), "{json}");
        }
        assert!(Secrets::parse(r#"{"a": ["basic:u:p:w"]}"#, &[Scheme::Basic]).is_ok());
        assert!(Secrets::parse(r#"{"a": ["hmac:whsec_v2_x23456789"]}"#, &[Scheme::Signature(&TEAMGRID_V2)]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_without_what_was_found() {
        for (json, says) in [
            ("", "a JSON object of account to list of proofs"),
            ("hunter2", "a JSON object of account to list of proofs"),
            (r#""hunter2""#, "a JSON object of account to list of proofs"),
            (r#"{"default": ["token:hunter2"]"#, "a JSON object of account to list of proofs"),
            ("{}", "at least one account"),
            (r#"{"": ["token:hunter2"]}"#, "an empty name"),
            (r#"{"acme": []}"#, r#"account "acme""#),
            (r#"{"acme": "token:hunter2"}"#, r#"account "acme""#),
            (r#"{"acme": [7]}"#, r#"account "acme""#),
            (r#"{"acme": ["hunter2"]}"#, r#"account "acme", proof 1"#),
            (r#"{"acme": ["token:ok", "hunter2:hunter2"]}"#, r#"account "acme", proof 2"#),
            (r#"{"acme": ["token:"]}"#, "proof 1"),
            (r#"{"acme": ["token: hunter2"]}"#, "proof 1"),
            (r#"{"acme": ["token:hunter2 "]}"#, "proof 1"),
            (r#"{"acme": ["hmac:whsec_"]}"#, "proof 1: the key is shorter than 16 bytes"),
            // 15 bytes: a key that was copied in part, and a text.
            (r#"{"acme": ["hmac:whsec_aHVudGVyMmh1bnRlcjJo"]}"#, "proof 1: the key is shorter than 16 bytes"),
            (r#"{"acme": ["hmac-text:hunter2hunter2h"]}"#, "proof 1: the key is shorter than 16 bytes"),
            // Base64 with too little padding, with too much, and with bits other than 0 at its end.
            (r#"{"acme": ["hmac:whsec_aHVudGVyMmh1bnRlcjJodQ="]}"#, "hmac:whsec_<base64>"),
            (r#"{"acme": ["hmac:whsec_aHVudGVyMmh1bnRlcjJodQ==="]}"#, "hmac:whsec_<base64>"),
            (r#"{"acme": ["hmac:whsec_aHVudGVyMmh1bnRlcjJodR"]}"#, "hmac:whsec_<base64>"),
            (r#"{"acme": ["hmac:whsec_hunter2!"]}"#, "hmac:whsec_<base64>"),
            (r#"{"acme": ["hmac:hunter2"]}"#, "hmac:whsec_<base64>"),
            (r#"{"acme": ["basic:user:hunter2"]}"#, r#"this vendor cannot use "basic""#),
        ] {
            let message = Secrets::parse(json, HEFFL).expect_err(json).to_string();
            assert!(message.contains(says), "{json}: {message}");
            assert!(!message.contains("hunter2") && !message.contains('\n'), "{json}: {message}");
        }
        for json in [r#"{"a": ["basic:user"]}"#, r#"{"a": ["basic:user:"]}"#, r#"{"a": ["basic::p"]}"#] {
            assert!(Secrets::parse(json, &[Scheme::Basic]).is_err(), "{json}");
        }
        let printed = format!("{:?}", Secrets::parse(r#"{"acme": ["token:hunter2"]}"#, HEFFL));
        assert!(printed.contains("acme") && !printed.contains("hunter2"), "{printed}");
    }
}
