//! The JSON of requests and responses.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::protocol::Refusal;
use super::queue::{Attribute, BATCH};

pub(super) fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new("SerializationException", "MalformedInput", error.to_string()))
}

/// A message to send. A single message names its queue; a message in a batch has an id.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry<'b> {
    #[serde(borrow, default)]
    pub(super) id: Cow<'b, str>,
    #[serde(borrow, default)]
    pub(super) queue_url: Cow<'b, str>,
    #[serde(borrow)]
    pub(super) message_body: Cow<'b, str>,
    #[serde(default)]
    pub(super) message_attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    pub(super) message_system_attributes: BTreeMap<String, Attribute>,
    #[serde(borrow)]
    pub(super) message_group_id: Option<Cow<'b, str>>,
    #[serde(borrow)]
    pub(super) message_deduplication_id: Option<Cow<'b, str>>,
}

impl Entry<'_> {
    /// The size as SQS counts it.
    pub(super) fn size(&self) -> usize {
        let attributes = self.message_attributes.iter().map(|(name, attribute)| {
            let value = attribute.string_value.as_ref().or(attribute.binary_value.as_ref()).map_or(0, String::len);
            name.len() + attribute.data_type.len() + value
        });
        self.message_body.len() + attributes.sum::<usize>()
    }
}

pub(super) trait HasId {
    fn id(&self) -> &str;
}

impl HasId for Entry<'_> {
    fn id(&self) -> &str {
        &self.id
    }
}

impl HasId for Handle<'_> {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch<'b, T> {
    #[serde(borrow)]
    pub(super) queue_url: Cow<'b, str>,
    pub(super) entries: Vec<T>,
}

impl<T: HasId> Batch<'_, T> {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.entries.is_empty() {
            let message = "There should be at least one SendMessageBatchRequestEntry in the request.";
            return Err(Refusal::new("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", message));
        }
        if self.entries.len() > BATCH {
            let message =
                format!("Maximum number of entries per request are 10. You have sent {}.", self.entries.len());
            let code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest";
            return Err(Refusal::new("TooManyEntriesInBatchRequest", code, message));
        }
        let mut ids: Vec<_> = self.entries.iter().map(HasId::id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() < self.entries.len() {
            let code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct";
            return Err(Refusal::new("BatchEntryIdsNotDistinct", code, "Id is repeated."));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive<'b> {
    #[serde(borrow)]
    pub(super) queue_url: Cow<'b, str>,
    pub(super) max_number_of_messages: Option<usize>,
    /// Seconds.
    pub(super) visibility_timeout: Option<u64>,
    #[serde(default)]
    pub(super) wait_time_seconds: u64,
    #[serde(default)]
    pub(super) attribute_names: Vec<Cow<'b, str>>,
    #[serde(default)]
    pub(super) message_system_attribute_names: Vec<Cow<'b, str>>,
    #[serde(default)]
    pub(super) message_attribute_names: Vec<Cow<'b, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Handle<'b> {
    #[serde(borrow, default)]
    pub(super) id: Cow<'b, str>,
    #[serde(borrow, default)]
    pub(super) queue_url: Cow<'b, str>,
    #[serde(borrow)]
    pub(super) receipt_handle: Cow<'b, str>,
    /// Seconds.
    pub(super) visibility_timeout: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfQueue<'b> {
    #[serde(borrow)]
    pub(super) queue_url: Cow<'b, str>,
    #[serde(default)]
    pub(super) attribute_names: Vec<Cow<'b, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named<'b> {
    #[serde(borrow)]
    pub(super) queue_name: Cow<'b, str>,
}

#[derive(Serialize)]
pub(super) struct Sent {
    #[serde(rename = "MessageId")]
    pub(super) message_id: String,
    #[serde(rename = "MD5OfMessageBody")]
    pub(super) md5_of_message_body: String,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    pub(super) md5_of_message_attributes: Option<String>,
    #[serde(rename = "SequenceNumber", skip_serializing_if = "Option::is_none")]
    pub(super) sequence_number: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Successful {
    #[serde(rename = "Id")]
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) sent: Sent,
}
