//! Invariants that hold for every input, even hostile ones. The fuzzer checks them on generated inputs, the suite on
//! the stored ones (`tests/corpus`).

mod body;
mod gateway;
mod proof;
mod request;
mod settings;
mod vendor_file;

use crm_normalize::scheme::{Scheme, SignatureScheme, known};
use crm_normalize::{Vendor, crm};
use crm_samples::{Case, RECEIVED_AT, api_gateway};

use request::RequestText;

/// An entry point for input, with its invariants.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// The JSON that API Gateway passes to a vendor's function.
    Gateway(&'static Vendor),
    /// An authentic request: its body, and its headers and query without the proof.
    Body(&'static Vendor),
    /// A request that may be authentic or not.
    Proof(&'static Vendor),
    /// The same for a signature scheme, even if no vendor uses it.
    Signature(&'static SignatureScheme),
    /// A vendor file, and a body for it.
    VendorFile,
    /// The secrets setting.
    Secrets,
    /// A time as a vendor might write it.
    Time,
}

impl Target {
    pub fn all() -> Vec<Self> {
        let per_vendor = [Self::Gateway, Self::Body, Self::Proof];
        let per_vendor = per_vendor.into_iter().flat_map(|target| crate::vendors().into_iter().map(target));
        let signatures = known::ALL.iter().copied().map(Self::Signature);
        per_vendor.chain(signatures).chain([Self::VendorFile, Self::Secrets, Self::Time]).collect()
    }

    /// The name, such as `body-<vendor>`. The folder of its stored inputs has the same name.
    pub fn name(self) -> String {
        match self {
            Self::Gateway(vendor) => format!("gateway-{}", vendor.name),
            Self::Body(vendor) => format!("body-{}", vendor.name),
            Self::Proof(vendor) => format!("proof-{}", vendor.name),
            Self::Signature(scheme) => format!("signature-{}", scheme.name),
            Self::VendorFile => "vendor-file".to_owned(),
            Self::Secrets => "secrets".to_owned(),
            Self::Time => "time".to_owned(),
        }
    }

    /// # Panics
    /// If an invariant does not hold.
    pub fn check(self, input: &[u8]) {
        match self {
            Self::Gateway(vendor) => gateway::check(vendor, input),
            Self::Body(vendor) => body::check(vendor, RequestText::parse(input)),
            Self::Proof(vendor) => proof::check(vendor, &RequestText::parse(input)),
            Self::Signature(scheme) => {
                proof::check_schemes(&[Scheme::Signature(scheme)], &RequestText::parse(input));
            }
            Self::VendorFile => vendor_file::check(input),
            Self::Secrets => settings::secrets(input),
            Self::Time => settings::time(input),
        }
    }

    /// The initial inputs, made from the cases under `events/`.
    ///
    /// # Errors
    /// If those cannot be read.
    pub fn seeds(self) -> anyhow::Result<Vec<Vec<u8>>> {
        let (Self::Gateway(vendor) | Self::Body(vendor) | Self::Proof(vendor)) = self else {
            return Ok(match self {
                Self::Signature(scheme) => vec![RequestText::signed(scheme).to_bytes()],
                Self::VendorFile => vendor_file::seeds()?,
                Self::Secrets => crm::ALL.iter().map(|vendor| crm_samples::secrets(vendor).into_bytes()).collect(),
                _ => settings::TIMES.iter().map(|text| text.as_bytes().to_vec()).collect(),
            });
        };
        let mut seeds = Vec::new();
        for case in Case::all(&crate::events())?.into_iter().filter(|case| case.vendor.name == vendor.name) {
            let mut webhook = case.webhook()?;
            seeds.push(match self {
                Self::Body(_) => RequestText::from(webhook).to_bytes(),
                Self::Proof(_) => RequestText::from(webhook).proven(vendor).to_bytes(),
                _ => {
                    // A token or password stays valid if the fuzzer changes the body; a signature does not.
                    webhook.headers.clear();
                    api_gateway::event(vendor, &webhook.proven(vendor, RECEIVED_AT)).to_string().into_bytes()
                }
            });
        }
        Ok(seeds)
    }
}
