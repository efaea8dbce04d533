//! Tools for the secrets setting of a function: the form of each vendor's secrets, new random secrets, and a check of a
//! setting.

use anyhow::Context;
use crm_normalize::scheme::Scheme;
use crm_normalize::scheme::signature::KeyForm;
use crm_normalize::{Secrets, SecretsError, Vendor, crm};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde::Serialize;

/// The user name of new passwords.
pub const USER_NAME: &str = "crm-events";

/// The schemes by which a vendor can prove its webhooks, the best first.
#[derive(Debug, Serialize)]
pub struct VendorForms {
    pub vendor: &'static str,
    pub schemes: Vec<Form>,
}

/// A scheme, and the form of its secret in the setting.
#[derive(Debug, Serialize)]
pub struct Form {
    /// The word before the secret.
    pub scheme: &'static str,
    /// The entry's form, such as `hmac:whsec_<base64>`.
    pub form: String,
    /// True if the CRM generates the secret. Otherwise the person who registers the webhook chooses it.
    pub made_by_crm: bool,
}

/// The forms of all vendors.
pub fn forms() -> Vec<VendorForms> {
    let form = |scheme: &Scheme| Form {
        scheme: scheme.word(),
        form: scheme.form(),
        made_by_crm: matches!(scheme, Scheme::Signature(_)),
    };
    let vendors = crm::ALL.iter().copied().chain(crm::from_files());
    vendors
        .map(|vendor| VendorForms { vendor: vendor.name, schemes: vendor.schemes.iter().map(form).collect() })
        .collect()
}

/// A random entry for the vendor's setting. If the CRM generates the secret, this entry is a placeholder, so that the
/// function can start before the CRM has generated it.
///
/// # Errors
/// If the vendor has no such scheme, or there are no random numbers.
pub fn random(vendor: &Vendor, word: &str) -> anyhow::Result<String> {
    let scheme = vendor.schemes.iter().find(|scheme| scheme.word() == word);
    let secret = match scheme.with_context(|| format!("{} has no scheme {word:?}", vendor.name))? {
        Scheme::Token | Scheme::MemberToken(_) => random_text()?,
        Scheme::Basic => format!("{USER_NAME}:{}", random_text()?),
        Scheme::Signature(scheme) => match scheme.key {
            KeyForm::Text => random_text()?,
            KeyForm::Hex => HEXLOWER.encode(&random_bytes()?),
            KeyForm::Base64After(prefix) => format!("{prefix}{}", BASE64.encode(&random_bytes()?)),
        },
    };
    Ok(format!("{word}:{secret}"))
}

/// Checks a vendor's setting as its function does when it starts.
///
/// # Errors
/// If the setting is malformed. The error says what is expected and never contains the setting.
pub fn check(vendor: &Vendor, setting: &str) -> Result<(), SecretsError> {
    Secrets::parse(setting, vendor.schemes).map(drop)
}

/// 256 random bits, in characters that need no escaping in a URL.
///
/// # Errors
/// If the system has no random numbers.
pub fn random_text() -> anyhow::Result<String> {
    Ok(BASE64URL_NOPAD.encode(&random_bytes()?))
}

fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes)
}
