//! What the benchmark in the process measured, where it was run: `make bench` runs it first.

use std::fs;

use anyhow::Context;
use serde::Deserialize;

use crate::prepare::folder;

/// A vendor's longest case.
#[derive(Clone, Debug, Deserialize)]
pub struct InProcess {
    /// `vendor/case`
    pub name: String,
    pub bytes: usize,
    /// The body parsed to a `serde_json::Value`, in microseconds.
    pub value: f64,
    /// Proof, translation, keys and the message's JSON, in microseconds.
    pub ours: f64,
    /// What one took of the other in turns.
    pub ratio: f64,
}

/// Nothing where it was not run.
///
/// # Errors
/// Where its figures cannot be read.
pub fn read() -> anyhow::Result<Vec<InProcess>> {
    let path = folder()?.join("in-process.json");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read(&path)?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}
