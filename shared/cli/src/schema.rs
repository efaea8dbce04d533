//! The contract as machine-readable files: JSON Schema for the events, AsyncAPI for the queue.

mod asyncapi;

use std::collections::BTreeMap;
use std::path::Path;

use crm_event::{Entity, schema};

pub use asyncapi::NAME as ASYNCAPI;

/// The folder of the files, from the workspace's root.
pub const FOLDER: &str = "shared/event/schema";
/// The file of the schema of a whole event.
pub const EVENT: &str = "event.schema.json";

/// Every file by its name, as text.
///
/// # Errors
/// If the cases cannot be read, from which the document's examples are taken.
pub fn files(events: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut documents =
        BTreeMap::from([(EVENT.to_owned(), schema::event()), (ASYNCAPI.to_owned(), asyncapi::document(events)?)]);
    documents.extend(Entity::ALL.iter().map(|entity| (format!("{entity}.schema.json"), schema::data(*entity))));
    documents.into_iter().map(|(name, document)| Ok((name, serde_json::to_string_pretty(&document)? + "\n"))).collect()
}
