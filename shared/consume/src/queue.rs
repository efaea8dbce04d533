//! The queue that the messages came from. It delays failed messages, and moves messages that can never succeed to the
//! dead-letter queue.

use std::future::Future;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, MessageAttributeValue};

/// The message attribute with the reason why a message is in the dead-letter queue.
pub const REASON: &str = "reason";
/// Maximum number of entries in one SQS request.
const MAX_ENTRIES: usize = 10;
/// Maximum number of attributes of an SQS message.
const MAX_ATTRIBUTES: usize = 10;

/// A failed call to the queue. The message stays on it.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("no dead-letter queue is set")]
    NoDeadLetterQueue,
    #[error("SQS: {0}")]
    Unavailable(String),
}

/// The operations that a consumer needs from its queue.
pub trait Queue {
    /// Puts a copy of a message on the dead-letter queue.
    ///
    /// # Errors
    /// If the copy could not be sent.
    fn dead_letter(&self, message: &SqsMessage, reason: &str) -> impl Future<Output = Result<(), QueueError>>;

    /// Makes each of these messages visible again after its duration.
    ///
    /// # Errors
    /// If some of them come back after the queue's own visibility timeout instead.
    fn delay(&self, messages: &[(&SqsMessage, Duration)]) -> impl Future<Output = Result<(), QueueError>>;
}

/// No queue. A failed message comes back after the queue's visibility timeout, and the queue itself moves it to the
/// dead-letter queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoQueue;

impl Queue for NoQueue {
    async fn dead_letter(&self, _: &SqsMessage, _: &str) -> Result<(), QueueError> {
        Err(QueueError::NoDeadLetterQueue)
    }

    async fn delay(&self, _: &[(&SqsMessage, Duration)]) -> Result<(), QueueError> {
        Ok(())
    }
}

/// A queue in SQS.
#[derive(Clone, Debug)]
pub struct Sqs {
    client: Client,
    url: Option<String>,
    dead_letter_url: Option<String>,
}

impl Sqs {
    /// A queue by its URL. Without `url`, messages come back after the queue's visibility timeout. Without
    /// `dead_letter_url`, messages that can never succeed do too, until the queue moves them.
    pub fn new(client: Client, url: Option<String>, dead_letter_url: Option<String>) -> Self {
        Self { client, url, dead_letter_url }
    }
}

impl Queue for Sqs {
    async fn dead_letter(&self, message: &SqsMessage, reason: &str) -> Result<(), QueueError> {
        let url = self.dead_letter_url.as_ref().ok_or(QueueError::NoDeadLetterQueue)?;
        let group = message.attributes.get("MessageGroupId").cloned();
        let send = self
            .client
            .send_message()
            .queue_url(url)
            .set_message_body(message.body.clone())
            // With this id SQS drops a second copy that is sent because a response got lost. The event's id would not
            // work: a message that was moved back and fails again within five minutes would be dropped too.
            .set_message_deduplication_id(group.is_some().then(|| message.message_id.clone()).flatten())
            .set_message_group_id(group);
        let own = message.message_attributes.iter().filter(|(name, _)| *name != REASON);
        let own = own.filter_map(|(name, attribute)| {
            let value = MessageAttributeValue::builder()
                .set_data_type(attribute.data_type.clone())
                .set_string_value(attribute.string_value.clone());
            Some((name.clone(), value.build().ok()?))
        });
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let reason = reason.map_err(|error| QueueError::Unavailable(error.to_string()))?;
        let send = own
            .take(MAX_ATTRIBUTES.saturating_sub(1))
            .fold(send.message_attributes(REASON, reason), |send, (name, value)| send.message_attributes(name, value));
        send.send().await.map_err(|error| QueueError::Unavailable(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }

    async fn delay(&self, messages: &[(&SqsMessage, Duration)]) -> Result<(), QueueError> {
        let Some(url) = &self.url else { return Ok(()) };
        for chunk in messages.chunks(MAX_ENTRIES) {
            let entries = chunk.iter().enumerate().filter_map(|(number, (message, delay))| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(number.to_string())
                    .set_receipt_handle(message.receipt_handle.clone())
                    .visibility_timeout(i32::try_from(delay.as_secs()).unwrap_or(i32::MAX));
                entry.build().ok()
            });
            let request = self.client.change_message_visibility_batch().queue_url(url);
            let response = request.set_entries(Some(entries.collect())).send().await;
            let response =
                response.map_err(|error| QueueError::Unavailable(DisplayErrorContext(&error).to_string()))?;
            if let Some(failed) = response.failed().first() {
                return Err(QueueError::Unavailable(failed.code().to_owned()));
            }
        }
        Ok(())
    }
}
