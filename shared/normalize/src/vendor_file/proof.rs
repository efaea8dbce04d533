//! The proofs of origin of a vendor file, as the schemes that the built-in vendors use.

use jiff::SignedDuration;

use super::file::{Algorithm, Encoding, File, KeyForm, Signature, Unit};
use super::problem::Problem;
use crate::scheme::signature::{self, Function, Part, SignatureScheme, SignedTime};
use crate::scheme::{Scheme, signature::KeyForm as Key};

/// The placeholders in `signed`, each for a part of the request.
const PLACEHOLDERS: [&str; 5] = ["{body}", "{timestamp}", "{id}", "{method}", "{url}"];

/// The parts of the request that `signed` names.
///
/// # Errors
/// The first placeholder that is not known.
fn parts(signature: &Signature) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = signature.signed.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(leaked(before)));
        }
        let Some((name, others)) = after.split_once('}') else { return Err(format!("{{{after}")) };
        parts.push(match name {
            "body" => Part::Body,
            "timestamp" => Part::Timestamp,
            "id" => Part::Id,
            "method" => Part::Method,
            "url" => Part::Url { decoded: leaked(&signature.decoded_in_url) },
            other => return Err(format!("{{{other}}}")),
        });
        rest = others;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(leaked(rest)));
    }
    Ok(parts)
}

/// Adds the faults of the proofs.
pub(super) fn check(file: &File, problems: &mut Vec<Problem>) {
    if file.signatures.is_empty() && !file.basic && !file.token && file.token_member.is_none() {
        problems.push(Problem::NoProof);
    }
    let mut words = vec!["basic", "token", "body-token"];
    for (index, signature) in file.signatures.iter().enumerate() {
        let at = format!("signatures[{index}]");
        check_signature(signature, &at, problems);
        let word = word(signature);
        if words.contains(&word) {
            problems.push(Problem::wrong(&format!("{at}.word"), format!("{word:?} is the word of another proof")));
        }
        words.push(word);
    }
}

fn check_signature(signature: &Signature, at: &str, problems: &mut Vec<Problem>) {
    let signed_at = format!("{at}.signed");
    let parts = match parts(signature) {
        Ok(parts) => parts,
        Err(other) => return problems.push(Problem::unknown(&signed_at, "part", &other, PLACEHOLDERS)),
    };
    let max_age = match signature.timestamp.as_ref().map(|time| duration(&time.max_age)) {
        Some(None) => {
            let message = "expected a duration, such as \"5m\"";
            return problems.push(Problem::wrong(&format!("{at}.timestamp.max_age"), message));
        }
        Some(Some(max_age)) => Some(max_age),
        None => None,
    };
    let is_list = !signature.separators.is_empty();
    let has_id = signature.id_header.is_some();
    if let Some(fault) = signature::fault(&parts, max_age, has_id, is_list, !signature.prefix.is_empty()) {
        problems.push(Problem::wrong(at, fault));
    }
    if !signature.key_prefix.is_empty() && !matches!(signature.key, KeyForm::Base64) {
        problems.push(Problem::wrong(&format!("{at}.key_prefix"), "only a base64 key has a prefix"));
    }
    for (name, header) in [
        ("header", Some(&signature.header)),
        ("id_header", signature.id_header.as_ref()),
        ("timestamp.header", signature.timestamp.as_ref().map(|time| &time.header)),
        ("version.header", signature.version.as_ref().map(|version| &version.header)),
    ] {
        if header.is_some_and(|header| !is_header_name(header)) {
            problems.push(Problem::wrong(&format!("{at}.{name}"), "expected the name of a header"));
        }
    }
}

/// A token of [RFC 9110, section 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
fn is_header_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain)
}

pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    text.parse().ok().filter(SignedDuration::is_positive)
}

fn word(signature: &Signature) -> &str {
    signature.word.as_deref().unwrap_or("hmac")
}

/// The weaknesses of the proofs, each in one sentence.
pub(super) fn weaknesses(file: &File) -> Vec<String> {
    let mut all = Vec::new();
    for signature in &file.signatures {
        let header = &signature.header;
        if signature.timestamp.is_none() {
            all.push(format!(
                "the signature in {header} has no time: whoever has one signed request can send it again at any time"
            ));
        }
        match signature.algorithm {
            Algorithm::HmacSha1 => all.push(format!("the signature in {header} uses SHA-1, which is outdated")),
            Algorithm::Sha256AfterKey => all.push(format!(
                "the signature in {header} is a plain hash, not an HMAC: bytes can be appended to a signed body"
            )),
            Algorithm::HmacSha256 | Algorithm::HmacSha512 => {}
        }
    }
    if file.token || file.basic || file.token_member.is_some() {
        let proof = if file.basic && !file.token { "HTTP Basic" } else { "a token" };
        all.push(format!(
            "{proof} does not sign the body: whoever sees one request can send any other in the vendor's name"
        ));
    }
    all
}

/// The schemes, best first. They live as long as the process.
pub(super) fn schemes(file: &File) -> &'static [Scheme] {
    let signatures = file.signatures.iter().map(|signature| Scheme::Signature(Box::leak(Box::new(scheme(signature)))));
    let mut schemes: Vec<Scheme> = signatures.collect();
    schemes.extend(file.basic.then_some(Scheme::Basic));
    schemes.extend(file.token.then_some(Scheme::Token));
    schemes.extend(file.token_member.as_deref().map(|name| Scheme::MemberToken(leaked(name))));
    schemes.leak()
}

pub(super) fn leaked(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn scheme(signature: &Signature) -> SignatureScheme {
    // The file was checked, so all of its parts are known.
    let signed = parts(signature).unwrap_or_default();
    let separators: Vec<char> = signature.separators.chars().collect();
    let (key, secret_form) = match signature.key {
        KeyForm::Text => (Key::Text, "<secret>"),
        KeyForm::Hex => (Key::Hex, "<hex digits>"),
        KeyForm::Base64 => {
            let prefix = leaked(&signature.key_prefix);
            (Key::Base64After(prefix), &*format!("{prefix}<base64>").leak())
        }
    };
    SignatureScheme {
        name: leaked(&signature.header),
        word: leaked(word(signature)),
        secret_form,
        key,
        function: match signature.algorithm {
            Algorithm::HmacSha256 => Function::HmacSha256,
            Algorithm::HmacSha512 => Function::HmacSha512,
            Algorithm::HmacSha1 => Function::HmacSha1,
            Algorithm::Sha256AfterKey => Function::Sha256AfterKey,
        },
        signed: signed.leak(),
        header: leaked(&signature.header),
        prefix: leaked(&signature.prefix),
        separators: separators.leak(),
        encoding: match signature.encoding {
            Encoding::Hex => signature::Encoding::LowerHex,
            Encoding::Base64 => signature::Encoding::Base64,
        },
        timestamp: signature.timestamp.as_ref().map(|time| SignedTime {
            header: leaked(&time.header),
            prefix: leaked(&time.prefix),
            unit: match time.unit {
                Unit::Seconds => signature::Unit::Seconds,
                Unit::Milliseconds => signature::Unit::Milliseconds,
            },
            max_age: duration(&time.max_age).unwrap_or(signature::MAX_AHEAD),
        }),
        id_header: signature.id_header.as_deref().map(leaked),
        version: signature.version.as_ref().map(|version| (leaked(&version.header), leaked(&version.value))),
        yields_to: signature.yields_to.as_deref().map(leaked),
    }
}
