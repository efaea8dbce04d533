//! The sample cases under `events/`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use crm_normalize::{Vendor, crm};
use jiff::Timestamp;

use crate::{OwnedPairs, Webhook, answer_json, vendor_files};

/// The time of receipt of the golden files' webhooks.
pub const RECEIVED_AT: Timestamp = Timestamp::constant(1_767_225_600, 0); // 2026-01-01T00:00:00Z

/// A webhook as a vendor sends it, and its expected result: `events/{vendor}/{name}/`.
#[derive(Clone, Debug)]
pub struct Case {
    pub vendor: &'static Vendor,
    /// The name, which says what the case shows.
    pub name: String,
    pub folder: PathBuf,
}

impl Case {
    /// Every case of every vendor, in order. The vendors are the built-in ones, and those of the files in the folder
    /// `vendors` beside the folder of the cases.
    ///
    /// # Errors
    /// If a folder or a vendor file cannot be read, or if there is a folder that does not belong to a vendor.
    pub fn all(events: &Path) -> anyhow::Result<Vec<Self>> {
        vendor_files::load(&vendor_files::beside(events))?;
        let mut cases = Vec::new();
        for folder in folders(events)? {
            let name = file_name(&folder);
            let vendor = crm::find(&name).with_context(|| format!("{}: no vendor of that name", folder.display()))?;
            cases.extend(folders(&folder)?.into_iter().map(|folder| Self { vendor, name: file_name(&folder), folder }));
        }
        Ok(cases)
    }

    /// One case by its vendor's and its own name.
    ///
    /// # Errors
    /// If the vendor has no such case. The message lists the cases it has.
    pub fn find(events: &Path, vendor: &'static Vendor, name: &str) -> anyhow::Result<Self> {
        let folder = events.join(vendor.name);
        let cases: Vec<_> = folders(&folder)?.iter().map(|folder| file_name(folder)).collect();
        ensure!(
            cases.iter().any(|case| case == name),
            "{} has no case {name:?}; its cases are: {}",
            vendor.name,
            cases.join(", ")
        );
        Ok(Self { vendor, name: name.to_owned(), folder: folder.join(name) })
    }

    /// The vendor's bytes, with the headers and query that the vendor sends in addition to its proof.
    ///
    /// # Errors
    /// If a file is missing or malformed.
    pub fn webhook(&self) -> anyhow::Result<Webhook> {
        let body_file = self.body_file()?;
        let mut headers = pairs_if_any(&self.folder.join("headers.json"))?;
        headers.extend(content_type_of_file(&body_file));
        Ok(Webhook {
            body: read(&body_file)?,
            headers,
            query: pairs_if_any(&self.folder.join("query.json"))?,
            ..Webhook::default()
        })
    }

    /// The file with the vendor's bytes, whose name ends with their syntax.
    ///
    /// # Errors
    /// If there is none.
    pub fn body_file(&self) -> anyhow::Result<PathBuf> {
        let mut files = BODY_FILES.iter().map(|name| self.folder.join(name));
        files.find(|file| file.exists()).with_context(|| format!("{} has no body.json", self.folder.display()))
    }

    /// The actual result of the case, as JSON text.
    ///
    /// # Errors
    /// If the case cannot be read, or its proof is not accepted.
    pub fn output(&self) -> anyhow::Result<String> {
        let webhook = self.webhook()?.proven(self.vendor, RECEIVED_AT);
        let (answer, _) = webhook.answer(self.vendor, RECEIVED_AT)?;
        Ok(answer_json(&answer)?)
    }

    /// The file with the expected result.
    pub fn expected(&self) -> PathBuf {
        self.folder.join("expected.json")
    }
}

/// The possible names of the file with a case's body.
pub const BODY_FILES: [&str; 3] = ["body.json", "body.xml", "body.form"];

/// The `Content-Type` of a body in a file, if its name tells that it is not JSON.
pub fn content_type_of_file(file: &Path) -> Option<(Cow<'static, str>, Cow<'static, str>)> {
    let media_type = match file.extension()?.to_str()? {
        "xml" => "text/xml; charset=utf-8",
        "form" => "application/x-www-form-urlencoded",
        _ => return None,
    };
    Some(("content-type".into(), media_type.into()))
}

fn pairs_if_any(path: &Path) -> anyhow::Result<OwnedPairs> {
    if path.exists() { pairs(path) } else { Ok(Vec::new()) }
}

/// Reads a JSON object of texts.
///
/// # Errors
/// If the file cannot be read or contains something else.
pub fn pairs(path: &Path) -> anyhow::Result<OwnedPairs> {
    let pairs: BTreeMap<String, String> = serde_json::from_slice(&read(path)?)
        .with_context(|| format!("{}: expected a JSON object of name to text", path.display()))?;
    Ok(pairs.into_iter().map(|(name, value)| (Cow::Owned(name), Cow::Owned(value))).collect())
}

/// # Errors
/// If the file cannot be read. The message names it.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
