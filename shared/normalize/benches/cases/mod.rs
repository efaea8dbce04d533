//! The webhooks under `events/`, and the measurements of each. They are not read with the command line tool, because
//! its dependencies change how `serde_json::Value` stores an object's members.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use anyhow::Context;
use crm_normalize::{Accepted, BodyTexts, Normalized, Options, Pairs, Request, Secrets, Vendor, VendorFile, crm};
use crm_samples::{Case, OwnedPairs, RECEIVED_AT, Webhook};
use serde::de::IgnoredAny;
use serde_json::Value;

/// A webhook and the secrets that prove it.
pub struct Subject {
    pub vendor: &'static Vendor,
    /// `vendor/case`, or `heffl-by-file/case` for the vendor file that the tests compare with Heffl's module.
    pub name: String,
    pub body: Vec<u8>,
    headers: OwnedPairs,
    query: OwnedPairs,
    secrets: Secrets,
}

/// The URL that all of them are posted to.
const URL: &str = "https://hooks.example.com/webhooks/crm";

impl Subject {
    pub fn all() -> anyhow::Result<Vec<Self>> {
        let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
        let mut subjects = Vec::new();
        let file = fs::read_to_string(events.join("../tests/vendors/heffl.toml"))?;
        let by_file = VendorFile::parse_like_built_in(&file)?.into_vendor();
        let built_in = crm::ALL.iter().map(|vendor| (*vendor, vendor.name.to_owned()));
        for (vendor, label) in built_in.chain([(by_file, format!("{}-by-file", by_file.name))]) {
            let mut folders: Vec<_> = fs::read_dir(events.join(vendor.name))?.collect::<Result<_, _>>()?;
            folders.retain(|folder| folder.path().is_dir());
            folders.sort_by_key(fs::DirEntry::path);
            for folder in folders {
                let name = format!("{label}/{}", folder.file_name().display());
                subjects.push(
                    Self::new(vendor, name, &folder.path()).with_context(|| folder.path().display().to_string())?,
                );
            }
        }
        Ok(subjects)
    }

    fn new(vendor: &'static Vendor, name: String, folder: &Path) -> anyhow::Result<Self> {
        let case = Case { vendor, name: String::new(), folder: folder.to_owned() };
        let Webhook { body, headers, query, .. } = case.webhook()?;
        let secrets = Secrets::parse(&crm_samples::secrets(vendor), vendor.schemes)?;
        let subject = Self { vendor, name, body: Vec::new(), headers, query, secrets };
        Ok(subject.with_body(body))
    }

    /// The same webhook with another body and its proof.
    pub fn with_body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        crm_samples::prove(self.vendor, URL, &self.body, &mut self.headers, &mut self.query, RECEIVED_AT);
        self
    }

    /// Runs all steps of a function between the request and the messages.
    pub fn ours(&self) {
        black_box(self.messages());
    }

    /// The number of resulting messages.
    pub fn messages(&self) -> usize {
        let request = Request {
            method: "POST",
            url: URL,
            body: black_box(&self.body),
            headers: Pairs(&self.headers),
            query: Pairs(&self.query),
            account: None,
        };
        let Ok(verified) = self.vendor.verify(request, &self.secrets, RECEIVED_AT) else { return 0 };
        let of_one = |normalized: &Normalized<'_>| match &normalized.result {
            Ok(Accepted::Events(events)) => events.iter().filter(|event| black_box(event.to_json()).is_ok()).count(),
            Ok(Accepted::Ignored(_)) | Err(_) => 0,
        };
        let texts = BodyTexts::default();
        verified.normalize(Options { include_raw: true }, &texts).iter().map(of_one).sum()
    }

    /// Parses the body to a tree, as a function without a model would.
    pub fn value(&self) {
        drop(black_box(serde_json::from_slice::<Value>(black_box(&self.body))));
    }

    /// Parses the body without building anything, the lower bound for any parser.
    pub fn scan(&self) {
        drop(black_box(serde_json::from_slice::<IgnoredAny>(black_box(&self.body))));
    }
}
