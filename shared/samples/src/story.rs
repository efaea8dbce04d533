//! Stories under `tests/stories/`: several webhooks of one vendor in a row, and the ids of their events.
//!
//! A case shows one webhook. A story shows which webhooks are about the same change and which are not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use crm_normalize::crm;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::case::read;
use crate::{Answer, Webhook, answer_json};

/// Webhooks in the order of receipt.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// A sentence: what the story shows.
    pub shows: String,
    pub vendor: String,
    /// The number of changes in the webhooks. Each change has one id, even if it is delivered several times.
    pub changes: usize,
    pub webhooks: Vec<Told>,
    #[serde(skip)]
    pub file: PathBuf,
}

/// One webhook of a story.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    pub received_at: Timestamp,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    pub body: Box<RawValue>,
    /// The ids of its events: written by `make golden`.
    #[serde(default)]
    pub ids: Vec<String>,
}

impl Story {
    /// Every story in a folder, in order.
    ///
    /// # Errors
    /// If the folder or a story in it cannot be read.
    pub fn all(folder: &Path) -> anyhow::Result<Vec<Self>> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
        files.sort();
        let story = |file: PathBuf| {
            let story: Self = serde_json::from_slice(&read(&file)?).with_context(|| file.display().to_string())?;
            Ok(Self { file, ..story })
        };
        files.into_iter().map(story).collect()
    }

    /// The file's name without its ending.
    pub fn name(&self) -> String {
        self.file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The story with the ids that the current code gives.
    ///
    /// # Errors
    /// If the vendor is unknown, or a webhook does not become events.
    pub fn told_again(self) -> anyhow::Result<Self> {
        let vendor = crm::find(&self.vendor).with_context(|| format!("no vendor has the name {:?}", self.vendor))?;
        let again = |told: Told| {
            let owned = |pairs: &BTreeMap<String, String>| {
                pairs.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect()
            };
            let webhook = Webhook {
                body: told.body.get().as_bytes().to_vec(),
                headers: owned(&told.headers),
                query: owned(&told.query),
                ..Webhook::default()
            };
            let webhook = webhook.proven(vendor, told.received_at);
            let (answer, _) = webhook.answer(vendor, told.received_at)?;
            let Answer::Accepted { events } = answer else { bail!("not accepted: {}", answer_json(&answer)?) };
            Ok(Told { ids: events.iter().map(|event| event.id.to_string()).collect(), ..told })
        };
        let webhooks = self.webhooks.into_iter().map(again).collect::<anyhow::Result<_>>()?;
        Ok(Self { webhooks, ..self })
    }

    /// The number of different ids.
    pub fn ids(&self) -> usize {
        self.webhooks.iter().flat_map(|told| &told.ids).collect::<BTreeSet<_>>().len()
    }

    /// The text of its file.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| json + "\n")
    }
}
