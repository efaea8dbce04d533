//! SQS: the main queue and the quarantine queue, with the overflow store behind them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{AppName, BehaviorVersion, Region, SharedHttpClient, StalledStreamProtectionConfig};
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};
use aws_sigv4::http_request::PayloadChecksumKind;
use bytes::Bytes;
use crm_event::{Event, push_escaped, to_json};
use crm_normalize::quarantine::Record;
use serde::Serialize;

use crate::config::Destination;
use crate::connection;
use crate::overflow::{Key, Store, StoreError};
use crate::service::{CallError, Parts, Service, Settings};

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
    /// For batches.
    client: Client,
    /// For all else.
    sqs: Service,
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
            .build();
        let mut sdk = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(destination.aws.region.clone()))
            .credentials_provider(destination.aws.credentials.clone())
            .retry_config(retries.clone())
            .timeout_config(timeouts.clone())
            // An attempt has its time-out, whatever it waits for.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http_client.clone());
        sdk.set_app_name(AppName::new("crm-events").ok());
        sdk.set_endpoint_url(destination.aws.sqs_endpoint_url.clone());
        let sqs = Settings {
            name: "sqs",
            url: destination.aws.sqs_url(&destination.queue_url),
            checksum: PayloadChecksumKind::NoHeader,
            retries,
            timeouts,
        };
        Self {
            client: Client::from_conf(sdk.build()),
            sqs: Service::new(sqs, &destination.aws, http_client.clone()),
            events: destination.queue_url.clone(),
            quarantine: destination.quarantine_queue_url.clone(),
            store: Store::new(destination, http_client),
        }
    }

    /// Opens the connection while the function starts, when it has a full processor: the first webhook finds it open.
    /// A failure is only logged, for the first webhook tries again.
    pub async fn prime(&self) {
        let request = serde_json::json!({ "QueueUrl": self.events }).to_string();
        if let Err(error) = self.call(GET_QUEUE_ATTRIBUTES, request.into(), None).await {
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
        if let [message] = batch.as_slice() {
            return self.send_one(message).await;
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

    async fn send_one(&self, message: &Outgoing<'_>) -> Result<(), PublishError> {
        let sent = self.call(SEND_MESSAGE, message.request(&self.events)?, message.trace_header);
        sent.await.map_err(|error| unavailable(&error))
    }

    /// Asks SQS for what has no answer but that it is done.
    async fn call(&self, headers: Headers, json: Bytes, trace_header: Option<&str>) -> Result<(), CallError> {
        self.sqs.send(Parts { method: "POST", path: "/", headers, trace_header }, json).await
    }

    /// Keeps an authentic webhook that did not become an event; returns once SQS has confirmed it. An X-Ray trace goes
    /// on with it.
    ///
    /// # Errors
    /// Where SQS did not.
    pub async fn quarantine(&self, record: &Record<'_>, trace_header: Option<&str>) -> Result<(), PublishError> {
        let kept = self.send_to_quarantine(record, trace_header);
        tokio::time::timeout(PUBLISH, kept).await.unwrap_or(Err(PublishError::TimedOut))
    }

    async fn send_to_quarantine(&self, record: &Record<'_>, trace_header: Option<&str>) -> Result<(), PublishError> {
        let mut body = accepted_by_sqs(serde_json::to_string(record)?);
        let size = body.len();
        let mut stored_size = None;
        if size > LARGEST {
            let store = self.store.as_ref().ok_or(PublishError::TooLarge { size })?;
            let key = Key::quarantine(record);
            store.put(&key, body).await?;
            body = store.pointer(&key)?;
            stored_size = Some(extended_payload_size(size));
        }
        let request = SendMessage {
            queue_url: &self.quarantine,
            message_attributes: stored_size.map(Attribute::into_json).into_iter().collect(),
            message_system_attributes: None,
            message_deduplication_id: None,
            message_group_id: None,
        };
        let sent = self.call(SEND_MESSAGE, request.with_body(&body)?, trace_header);
        sent.await.map_err(|error| unavailable(&error))
    }

    /// Keeps an authentic webhook in the overflow store for a replay, as SQS did not take it.
    ///
    /// # Errors
    /// Where there is no store, or it did not take it either.
    pub async fn store(&self, record: &Record<'_>) -> Result<(), PublishError> {
        let store = self.store.as_ref().ok_or(PublishError::NoStore)?;
        let key = Key::pending(record);
        Ok(store.put(&key, serde_json::to_string(record)?).await?)
    }
}

/// The headers of a request to SQS.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>
type Headers = &'static [(&'static str, &'static str)];

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.0");
const SEND_MESSAGE: Headers = &[JSON, ("x-amz-target", "AmazonSQS.SendMessage")];
const GET_QUEUE_ATTRIBUTES: Headers = &[JSON, ("x-amz-target", "AmazonSQS.GetQueueAttributes")];

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
        let parts = self.attributes().flat_map(|each| [each.name.len(), each.data_type.len(), each.value.len()]);
        parts.fold(self.body.len(), usize::saturating_add)
    }

    /// What a consumer may filter and route by without parsing the body, and what it joins traces by.
    fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        let (event, data) = (self.event, &self.event.data);
        let account = match data.account.contains(is_refused) {
            true => Cow::Owned(data.account.replace(is_refused, "\u{fffd}")),
            false => Cow::Borrowed(data.account.as_ref()),
        };
        let of_all = [
            ("type", Cow::Owned(event.event_type.to_string())),
            ("vendor", Cow::Borrowed(data.vendor.as_ref())),
            ("account", account),
            ("entity", Cow::Borrowed(data.entity.as_str())),
            ("action", Cow::Borrowed(data.action.as_str())),
            ("specversion", Cow::Borrowed(event.specversion.as_ref())),
        ];
        let trace = event.traceparent.as_ref().map(|trace| ("traceparent", Cow::Borrowed(trace.as_ref())));
        let texts = of_all.into_iter().chain(trace);
        let texts = texts.map(|(name, value)| Attribute { name, data_type: STRING, value });
        texts.chain(self.stored_size.map(extended_payload_size))
    }

    /// `AWSTraceHeader`: the consumer's trace joins the request's. SQS does not count it toward the size.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
    fn system_attributes(&self) -> Option<SystemAttributes> {
        let value = MessageSystemAttributeValue::builder().data_type(STRING).string_value(self.trace_header?).build();
        Some(HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value.ok()?)]))
    }

    /// The request that sends it alone.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
    fn request(&self, queue_url: &str) -> Result<Bytes, serde_json::Error> {
        let request = SendMessage {
            queue_url,
            message_attributes: self.attributes().map(Attribute::into_json).collect(),
            message_system_attributes: self.trace_header.map(|trace| {
                let trace = Attribute { name: "AWSTraceHeader", data_type: STRING, value: Cow::Borrowed(trace) };
                [trace.into_json()].into()
            }),
            message_deduplication_id: Some(&self.event.id),
            message_group_id: Some(&self.event.partitionkey),
        };
        request.with_body(&self.body)
    }

    /// The same as one of a batch.
    fn entry(self, index: usize) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_group_id(self.event.partitionkey.as_ref())
            .message_deduplication_id(self.event.id.as_ref())
            .set_message_attributes(Some(self.attributes().filter_map(Attribute::into_sdk).collect()))
            .set_message_system_attributes(self.system_attributes())
            .message_body(self.body)
            .build()
    }
}

/// `SendMessage`, less its body.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage<'m> {
    queue_url: &'m str,
    message_attributes: BTreeMap<&'static str, AttributeValue<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_system_attributes: Option<BTreeMap<&'static str, AttributeValue<'m>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deduplication_id: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<&'m str>,
}

impl SendMessage<'_> {
    /// The whole request: as the SDK writes it, at a third of the cost.
    fn with_body(&self, body: &str) -> Result<Bytes, serde_json::Error> {
        // About one byte in six of JSON is a quote.
        let capacity = body.len().saturating_add(body.len() / 4).saturating_add(1024);
        let mut json = to_json(self, capacity)?.into_bytes();
        let _ = json.pop();
        json.extend_from_slice(b",\"MessageBody\":\"");
        push_escaped(&mut json, body);
        json.extend_from_slice(b"\"}");
        Ok(json.into())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeValue<'m> {
    data_type: &'static str,
    string_value: Cow<'m, str>,
}

struct Attribute<'m> {
    name: &'static str,
    data_type: &'static str,
    value: Cow<'m, str>,
}

impl<'m> Attribute<'m> {
    fn into_json(self) -> (&'static str, AttributeValue<'m>) {
        (self.name, AttributeValue { data_type: self.data_type, string_value: self.value })
    }

    fn into_sdk(self) -> Option<(String, MessageAttributeValue)> {
        let value = MessageAttributeValue::builder().data_type(self.data_type).string_value(self.value);
        Some((self.name.to_owned(), value.build().ok()?))
    }
}

/// The SQS type of most attributes.
const STRING: &str = "String";

/// The attribute by which the SQS Extended Client knows a pointer: the bytes that it points to.
fn extended_payload_size(size: usize) -> Attribute<'static> {
    Attribute { name: "ExtendedPayloadSize", data_type: "Number", value: Cow::Owned(size.to_string()) }
}

/// The characters that are none of XML 1.0: SQS refuses a message that has one in its body or in an attribute.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn is_refused(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
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
    let code = error.code().unwrap_or("no code");
    PublishError::Unavailable(format!("{code}: {}", DisplayErrorContext(error)))
}
