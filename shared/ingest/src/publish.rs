//! SQS: the main queue and the quarantine queue, with the overflow store behind them.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};
use crm_event::Event;
use crm_normalize::quarantine::Message;

use crate::config::Destination;
use crate::connection;
use crate::overflow::{Key, Store, StoreError};

/// The most that SQS takes in one message, and in all messages of one batch: body and attributes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const LARGEST: usize = 1_048_576;
/// The most messages that SQS takes in one batch.
const BATCH: usize = 10;

/// Why a message is not on its queue.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("the message has {size} bytes, SQS takes {LARGEST}, and no OVERFLOW_BUCKET is set")]
    TooLarge { size: usize },
    #[error("no OVERFLOW_BUCKET is set")]
    NoStore,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("SQS did not take all messages within {} s", PUBLISH.as_secs())]
    TimedOut,
    #[error("SQS did not take the message: {0}")]
    Unavailable(String),
    #[error("SQS did not take {failed} of {of} messages: {code}")]
    Partly { failed: usize, of: usize, code: String },
    #[error("the message cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The longest that all messages of a webhook may take. With the 1.7 s of the overflow store after it, no vendor waits
/// longer than 6 s.
const PUBLISH: Duration = Duration::from_secs(4);

/// Where a function's messages go.
#[derive(Clone, Debug)]
pub struct Queues {
    client: Client,
    events: String,
    quarantine: String,
    store: Option<Store>,
}

impl Queues {
    /// Queues behind a connection of their own.
    pub fn new(destination: &Destination) -> Self {
        Self::with_http_client(destination, connection::http_client())
    }

    /// Queues behind an HTTP client of the caller's.
    pub fn with_http_client(destination: &Destination, http_client: SharedHttpClient) -> Self {
        // Three attempts and the pauses between them. One throttled attempt costs a pause of at most 100 ms. The SDK
        // alone sets no bound at all.
        let retries = RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(Duration::from_millis(100))
            .with_max_backoff(Duration::from_millis(200));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_millis(1200))
            .operation_timeout(PUBLISH)
            .build();
        let mut sdk = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(destination.aws.region.clone()))
            .credentials_provider(destination.aws.credentials.clone())
            .retry_config(retries)
            .timeout_config(timeouts)
            .http_client(http_client.clone());
        sdk.set_endpoint_url(destination.aws.sqs_endpoint_url.clone());
        Self {
            client: Client::from_conf(sdk.build()),
            events: destination.queue_url.clone(),
            quarantine: destination.quarantine_queue_url.clone(),
            store: Store::new(destination, http_client),
        }
    }

    /// Opens the connection while the function starts, when it has a full processor: the first webhook finds it open.
    /// A failure is only logged, for the first webhook tries again.
    pub async fn prime(&self) {
        if let Err(error) = self.client.get_queue_attributes().queue_url(&self.events).send().await {
            tracing::warn!(error = %DisplayErrorContext(&error), "the queue could not be reached at start");
        }
    }

    /// Puts the events on the main queue, those that are larger than a message by way of the overflow store; returns
    /// once SQS has confirmed them all, with the number of those. An X-Ray trace goes on with each message.
    ///
    /// # Errors
    /// Where SQS did not confirm each of them: some may be on the queue nevertheless, and are dropped there as twins
    /// when the vendor sends again.
    pub async fn publish(&self, events: &[Event<'_>], trace_header: Option<&str>) -> Result<usize, PublishError> {
        tokio::time::timeout(PUBLISH, self.publish_all(events, trace_header))
            .await
            .unwrap_or(Err(PublishError::TimedOut))
    }

    async fn publish_all(&self, events: &[Event<'_>], trace_header: Option<&str>) -> Result<usize, PublishError> {
        let mut outgoing = Vec::with_capacity(events.len());
        let mut overflowed = 0_usize;
        for event in events {
            let message = Outgoing::new(event, trace_header)?;
            outgoing.push(if message.size() > LARGEST {
                overflowed = overflowed.saturating_add(1);
                self.offload(message).await?
            } else {
                message
            });
        }
        let mut rest = outgoing.into_iter().peekable();
        while let Some(message) = rest.next() {
            let mut size = message.size();
            let mut batch = vec![message];
            while let Some(next) =
                rest.next_if(|next| batch.len() < BATCH && size.saturating_add(next.size()) <= LARGEST)
            {
                size = size.saturating_add(next.size());
                batch.push(next);
            }
            self.send(batch).await?;
        }
        Ok(overflowed)
    }

    /// Stores a message's body, and points to it instead.
    async fn offload<'e>(&self, message: Outgoing<'e>) -> Result<Outgoing<'e>, PublishError> {
        let size = message.size();
        let store = self.store.as_ref().ok_or(PublishError::TooLarge { size })?;
        let (key, stored_size) = (Key::event(&message.event.data.vendor, &message.event.id), message.body.len());
        store.put(&key, message.body).await?;
        Ok(Outgoing { body: store.pointer(&key)?, stored_size: Some(stored_size), ..message })
    }

    async fn send(&self, batch: Vec<Outgoing<'_>>) -> Result<(), PublishError> {
        if let [_] = batch.as_slice() {
            for message in batch {
                self.send_one(message).await?;
            }
            return Ok(());
        }
        let of = batch.len();
        let entries = batch.into_iter().enumerate().map(|(index, message)| message.entry(index));
        let entries =
            entries.collect::<Result<Vec<_>, _>>().map_err(|error| PublishError::Unavailable(error.to_string()))?;
        let request = self.client.send_message_batch().queue_url(&self.events).set_entries(Some(entries));
        let sent = request.send().await.map_err(|error| unavailable(&error))?;
        match sent.failed() {
            [] => Ok(()),
            failed @ [first, ..] => {
                Err(PublishError::Partly { failed: failed.len(), of, code: first.code().to_owned() })
            }
        }
    }

    async fn send_one(&self, message: Outgoing<'_>) -> Result<(), PublishError> {
        let request = self.client.send_message().queue_url(&self.events);
        let request = request
            .message_group_id(message.event.partitionkey.as_ref())
            .message_deduplication_id(message.event.id.as_ref())
            .set_message_attributes(Some(message.attributes()))
            .set_message_system_attributes(message.system_attributes())
            .message_body(message.body);
        request.send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Keeps an authentic webhook that did not become an event; returns once SQS has confirmed it.
    ///
    /// # Errors
    /// Where SQS did not.
    pub async fn quarantine(&self, message: &Message<'_>) -> Result<(), PublishError> {
        let kept = self.quarantine_message(message);
        tokio::time::timeout(PUBLISH, kept).await.unwrap_or(Err(PublishError::TimedOut))
    }

    async fn quarantine_message(&self, message: &Message<'_>) -> Result<(), PublishError> {
        let mut request = self.client.send_message().queue_url(&self.quarantine);
        let mut body = accepted_by_sqs(serde_json::to_string(message)?);
        let size = body.len();
        if size > LARGEST {
            let store = self.store.as_ref().ok_or(PublishError::TooLarge { size })?;
            let key = Key::quarantine(&message.vendor, &message.account, &message.digest);
            store.put(&key, body).await?;
            body = store.pointer(&key)?;
            request = request.set_message_attributes(Some(extended_payload_size(size).into_iter().collect()));
        }
        request.message_body(body).send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Keeps an authentic webhook in the overflow store for a replay, as SQS did not take it.
    ///
    /// # Errors
    /// Where there is no store, or it did not take it either.
    pub async fn store(&self, message: &Message<'_>) -> Result<(), PublishError> {
        let store = self.store.as_ref().ok_or(PublishError::NoStore)?;
        let key = Key::pending(&message.vendor, &message.account, &message.digest);
        Ok(store.put(&key, serde_json::to_string(message)?).await?)
    }
}

type SystemAttributes = HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>;

/// An event as a message of the main queue.
struct Outgoing<'e> {
    event: &'e Event<'e>,
    trace_header: Option<&'e str>,
    body: String,
    /// The bytes of the event, where it is in the overflow store and the body points there.
    stored_size: Option<usize>,
}

impl<'e> Outgoing<'e> {
    fn new(event: &'e Event<'e>, trace_header: Option<&'e str>) -> Result<Self, PublishError> {
        Ok(Self { event, trace_header, body: accepted_by_sqs(event.to_json()?), stored_size: None })
    }

    /// As SQS counts it: body, and the names, types and values of the attributes.
    fn size(&self) -> usize {
        let parts = attributes(self.event).flat_map(|(name, value)| [name.len(), value.len(), STRING.len()]);
        parts.fold(self.body.len(), usize::saturating_add)
    }

    fn attributes(&self) -> HashMap<String, MessageAttributeValue> {
        let text = |(name, value): (&str, String)| Some((name.to_owned(), attribute(STRING, value)?));
        let stored = self.stored_size.and_then(extended_payload_size);
        attributes(self.event).filter_map(text).chain(stored).collect()
    }

    /// `AWSTraceHeader`: the consumer's trace joins the request's. SQS does not count it toward the size.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
    fn system_attributes(&self) -> Option<SystemAttributes> {
        let value = MessageSystemAttributeValue::builder().data_type(STRING).string_value(self.trace_header?).build();
        Some(HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value.ok()?)]))
    }

    fn entry(self, index: usize) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_group_id(self.event.partitionkey.as_ref())
            .message_deduplication_id(self.event.id.as_ref())
            .set_message_attributes(Some(self.attributes()))
            .set_message_system_attributes(self.system_attributes())
            .message_body(self.body)
            .build()
    }
}

/// The SQS type of every attribute.
const STRING: &str = "String";

fn attribute(data_type: &str, value: String) -> Option<MessageAttributeValue> {
    MessageAttributeValue::builder().data_type(data_type).string_value(value).build().ok()
}

/// The attribute by which the SQS Extended Client knows a pointer: the bytes that it points to.
fn extended_payload_size(size: usize) -> Option<(String, MessageAttributeValue)> {
    Some(("ExtendedPayloadSize".to_owned(), attribute("Number", size.to_string())?))
}

/// The characters that are none of XML 1.0: SQS refuses a message that has one in its body or in an attribute.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn is_refused(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// What a consumer may filter and route by without parsing the body, and what it joins traces by.
fn attributes(event: &Event<'_>) -> impl Iterator<Item = (&'static str, String)> {
    let of_all = [
        ("type", event.event_type.to_string()),
        ("vendor", event.data.vendor.to_string()),
        ("account", event.data.account.replace(is_refused, "\u{fffd}")),
        ("entity", event.data.entity.to_string()),
        ("action", event.data.action.to_string()),
        ("specversion", event.specversion.to_string()),
    ];
    of_all.into_iter().chain(event.traceparent.iter().map(|trace| ("traceparent", trace.to_string())))
}

/// The JSON of a message. SQS refuses U+FFFE and U+FFFF, which JSON text may hold within strings: they become escapes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn accepted_by_sqs(json: String) -> String {
    // In UTF-8 both begin with these two bytes, and little else does.
    if memchr::memmem::find(json.as_bytes(), &[0xef, 0xbf]).is_some() {
        return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    json
}

/// The error's chain and SQS's own code for it: neither holds the message.
fn unavailable<E, R>(error: &aws_sdk_sqs::error::SdkError<E, R>) -> PublishError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    let code = error.code().unwrap_or("no answer");
    PublishError::Unavailable(format!("{code}: {}", DisplayErrorContext(error)))
}
