//! What the benchmark in the process measured, where it was run: `make bench` runs it first.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;
use tests::{events, names, root};

/// A vendor's longest case, in microseconds.
#[derive(Clone, Debug)]
pub struct InProcess {
    /// `vendor/case`
    pub name: String,
    pub bytes: usize,
    /// The body parsed to a `serde_json::Value`.
    pub value: f64,
    /// Proof, translation, keys and the message's JSON.
    pub ours: f64,
}

/// The longest case of every vendor that was measured.
///
/// # Errors
/// Where a result is not what criterion writes.
pub fn read() -> anyhow::Result<Vec<InProcess>> {
    let mut found = Vec::new();
    for vendor in names(&events())?.into_iter().filter(|name| events().join(name).is_dir()) {
        let mut longest: Option<InProcess> = None;
        for case in names(&events().join(&vendor))? {
            let folder = root().join("target/criterion").join(format!("{vendor}_{case}"));
            let bytes = fs::metadata(events().join(&vendor).join(&case).join("body.json"))?.len();
            let bytes = usize::try_from(bytes)?;
            if folder.exists() && longest.as_ref().is_none_or(|longest| longest.bytes < bytes) {
                let (value, ours) = (median(&folder, "value")?, median(&folder, "ours")?);
                longest = Some(InProcess { name: format!("{vendor}/{case}"), bytes, value, ours });
            }
        }
        found.extend(longest);
    }
    Ok(found)
}

/// In microseconds.
fn median(folder: &Path, what: &str) -> anyhow::Result<f64> {
    let path = folder.join(what).join("new/estimates.json");
    let text = fs::read(&path).with_context(|| path.display().to_string())?;
    let estimates: Value = serde_json::from_slice(&text)?;
    let nanoseconds = estimates["median"]["point_estimate"].as_f64();
    Ok(nanoseconds.with_context(|| format!("{} has no median", path.display()))? / 1e3)
}
