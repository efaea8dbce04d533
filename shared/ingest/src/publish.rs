//! Sends messages to the main queue and the quarantine queue in SQS, with the overflow store as the fallback.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{AppName, BehaviorVersion, IdentityCache, Region, StalledStreamProtectionConfig};
use aws_sdk_sqs::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use crm_event::Event;
use crm_normalize::quarantine::Record;
use futures_util::future::join_all;

use crate::config::Destination;
use crate::connection::{self, Reconnect, error_chain};
use crate::message::{MAX_MESSAGE_BYTES, Outgoing, system_attributes};
use crate::overflow::{ObjectName, OverflowStore, StoreError};

/// Maximum number of messages in an SQS batch.
const MAX_BATCH: usize = 10;
/// Maximum number of concurrent batches. Each needs its own connection.
const MAX_LANES: usize = 5;

/// The reason why a message is not on its queue.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("the message has {size} bytes, SQS takes {MAX_MESSAGE_BYTES}, and no OVERFLOW_BUCKET is set")]
    TooLarge { size: usize },
    #[error("no OVERFLOW_BUCKET is set")]
    NoStore,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("SQS did not take all messages within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("SQS did not take the message: {0}")]
    Unavailable(String),
    #[error("SQS did not take {failed} of {of} messages: {code}")]
    Partly { failed: usize, of: usize, code: String },
    #[error("the message cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the message cannot be built: {0}")]
    Build(#[from] BuildError),
}

/// The queues and the store for a function's messages.
#[derive(Clone, Debug)]
pub struct Queues {
    sqs: Client,
    events: String,
    quarantine: String,
    store: Option<OverflowStore>,
    /// Timeout for sending all messages of a request.
    max_wait: Duration,
}

impl Queues {
    /// Queues with their own connections.
    pub fn new(destination: &Destination) -> Self {
        Self::with_connector(destination, connection::connector())
    }

    /// Queues with the caller's connector.
    pub fn with_connector(destination: &Destination, connector: SharedHttpConnector) -> Self {
        Self {
            sqs: client(destination, Reconnect::new(connector.clone())),
            max_wait: destination.time_limit.queue(),
            events: destination.queue_url.clone(),
            quarantine: destination.quarantine_queue_url.clone(),
            store: OverflowStore::new(destination, Reconnect::new(connector)),
        }
    }

    /// Opens the connection while the function starts and has a full processor, so that it is open for the first
    /// webhook. A failure is only logged, because the first webhook tries again.
    pub async fn prime(&self) {
        if let Err(error) = self.sqs.get_queue_attributes().queue_url(&self.events).send().await {
            tracing::warn!(error = reason(&error), "the queue could not be reached at start");
        }
    }

    /// Puts the events on the main queue. Events larger than a message go to the overflow store, with a pointer on the
    /// queue. Returns the number of these once SQS has confirmed all messages. Each message continues the X-Ray trace.
    ///
    /// # Errors
    /// If SQS did not confirm all of them. Some may be on the queue nevertheless; SQS drops them as duplicates when the
    /// vendor sends again.
    pub async fn publish(&self, events: &[Event<'_>], trace_header: Option<&str>) -> Result<usize, PublishError> {
        let messages = events.iter().map(|event| {
            let message = Outgoing::event(event)?;
            let is_large = message.size() > MAX_MESSAGE_BYTES;
            let object = is_large.then(|| ObjectName::event(&event.data.vendor, &event.id));
            Ok((message, object))
        });
        self.in_time(self.send_all(&self.events, messages, trace_header)).await
    }

    /// Puts authentic webhooks that did not become events on the quarantine queue. Returns once SQS has confirmed all.
    /// The messages continue the X-Ray trace.
    ///
    /// # Errors
    /// If SQS did not confirm all of them.
    pub async fn quarantine(&self, records: &[Record<'_>], trace_header: Option<&str>) -> Result<(), PublishError> {
        let messages = records.iter().map(|record| {
            let message = Outgoing::quarantine(serde_json::to_string(record)?);
            let object = (message.size() > MAX_MESSAGE_BYTES).then(|| ObjectName::quarantine(record, &message.body));
            Ok((message, object))
        });
        self.in_time(self.send_all(&self.quarantine, messages, trace_header)).await.map(drop)
    }

    async fn in_time<T>(&self, sent: impl Future<Output = Result<T, PublishError>>) -> Result<T, PublishError> {
        tokio::time::timeout(self.max_wait, sent).await.unwrap_or(Err(PublishError::TimedOut(self.max_wait)))
    }

    /// Sends messages. One that is too large for SQS has the name of its object in the overflow store. Returns the
    /// number of these.
    async fn send_all(
        &self,
        queue_url: &str,
        messages: impl Iterator<Item = Result<(Outgoing, Option<ObjectName>), PublishError>>,
        trace_header: Option<&str>,
    ) -> Result<usize, PublishError> {
        let mut fitting = Vec::with_capacity(messages.size_hint().0);
        let mut overflowed = 0_usize;
        // Without a store, a message that is too large does not hold up the others.
        let mut too_large = None;
        for message in messages {
            match message? {
                (message, None) => fitting.push(message),
                (message, Some(object)) => match self.offload(message, &object).await {
                    Ok(message) => {
                        fitting.push(message);
                        overflowed = overflowed.saturating_add(1);
                    }
                    Err(error @ PublishError::TooLarge { .. }) => too_large = Some(error),
                    Err(error) => return Err(error),
                },
            }
        }
        let lanes = lanes(fitting).into_iter().map(|lane| self.send_lane(queue_url, lane, trace_header));
        // Run all lanes to their end, so that as many messages as possible need no replay.
        join_all(lanes).await.into_iter().collect::<Result<(), _>>()?;
        too_large.map_or(Ok(overflowed), Err)
    }

    /// Sends messages in order, one batch after the other.
    async fn send_lane(
        &self,
        queue_url: &str,
        lane: Vec<Outgoing>,
        trace_header: Option<&str>,
    ) -> Result<(), PublishError> {
        let mut rest = lane.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut size = first.size();
            let mut batch = vec![first];
            while let Some(next) =
                rest.next_if(|next| batch.len() < MAX_BATCH && size.saturating_add(next.size()) <= MAX_MESSAGE_BYTES)
            {
                size = size.saturating_add(next.size());
                batch.push(next);
            }
            self.send_batch(queue_url, batch, trace_header).await?;
        }
        Ok(())
    }

    /// Stores a message's body, and points to it instead.
    async fn offload(&self, mut message: Outgoing, object: &ObjectName) -> Result<Outgoing, PublishError> {
        let store = self.store.as_ref().ok_or(PublishError::TooLarge { size: message.size() })?;
        let size = message.body.len();
        store.put(object, std::mem::take(&mut message.body)).await?;
        Ok(message.pointing(store.pointer(object).to_json()?, size))
    }

    async fn send_batch(
        &self,
        queue_url: &str,
        mut batch: Vec<Outgoing>,
        trace_header: Option<&str>,
    ) -> Result<(), PublishError> {
        if batch.len() == 1
            && let Some(message) = batch.pop()
        {
            return self.send(queue_url, message, trace_header).await;
        }
        let of = batch.len();
        let entries = batch.into_iter().enumerate().map(|(index, message)| message.into_entry(index, trace_header));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let request = self.sqs.send_message_batch().queue_url(queue_url).set_entries(Some(entries));
        let sent = request.send().await.map_err(|error| PublishError::Unavailable(reason(&error)))?;
        match sent.failed() {
            [] => Ok(()),
            failed @ [first, ..] => {
                Err(PublishError::Partly { failed: failed.len(), of, code: first.code().to_owned() })
            }
        }
    }

    async fn send(&self, queue_url: &str, message: Outgoing, trace_header: Option<&str>) -> Result<(), PublishError> {
        let request = self
            .sqs
            .send_message()
            .queue_url(queue_url)
            .message_body(message.body)
            .set_message_attributes((!message.attributes.is_empty()).then_some(message.attributes))
            .set_message_system_attributes(system_attributes(trace_header))
            .set_message_group_id(message.group_id)
            .set_message_deduplication_id(message.deduplication_id);
        request.send().await.map(drop).map_err(|error| PublishError::Unavailable(reason(&error)))
    }

    /// Stores an authentic request that SQS did not fully accept in the overflow store, for a replay.
    ///
    /// # Errors
    /// If there is no store, or it failed too.
    pub async fn store(&self, record: &Record<'_>) -> Result<(), PublishError> {
        let store = self.store.as_ref().ok_or(PublishError::NoStore)?;
        let json = serde_json::to_string(record)?;
        Ok(store.put(&ObjectName::pending(record, &json), json).await?)
    }
}

/// Splits messages into lanes that may be sent concurrently. All messages of a group are in one lane, in order, because
/// two batches with messages of one group could overtake each other.
fn lanes(messages: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let count = messages.len().div_ceil(MAX_BATCH).min(MAX_LANES);
    let mut lanes: Vec<Vec<Outgoing>> = std::iter::repeat_with(Vec::new).take(count).collect();
    let mut lane_of = HashMap::new();
    for message in messages {
        let shortest = || lanes.iter().enumerate().min_by_key(|(_, lane)| lane.len()).map_or(0, |(index, _)| index);
        let index = match &message.group_id {
            Some(group) => *lane_of.entry(group.clone()).or_insert_with(shortest),
            None => shortest(),
        };
        if let Some(lane) = lanes.get_mut(index) {
            lane.push(message);
        }
    }
    lanes
}

fn client(destination: &Destination, connection: Reconnect) -> Client {
    let connection = SharedHttpConnector::new(connection);
    let endpoint = Endpoint::builder().url(destination.aws.sqs_url(&destination.queue_url)).build();
    let mut config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(destination.aws.region.clone()))
        .credentials_provider(destination.aws.credentials.clone())
        // The credentials of a function do not change while its process lives.
        .identity_cache(IdentityCache::no_cache())
        .endpoint_resolver(QueueHost(endpoint))
        // Three attempts, with pauses of at most 100 and 200 ms between them.
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(100))
                .with_max_backoff(Duration::from_millis(200)),
        )
        // The SDK sets no timeout by default. The attempt timeout covers connecting too.
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(destination.time_limit.attempt()).build())
        // The attempt timeout ends a stalled response as well.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client_fn(move |_, _| connection.clone()));
    config.set_app_name(AppName::new("crm-events").ok());
    Client::from_conf(config.build())
}

/// Sends every request to the host of the queues' URLs, even if it is not that of the region, as with a VPC endpoint.
#[derive(Debug)]
struct QueueHost(Endpoint);

impl ResolveEndpoint for QueueHost {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(self.0.clone()))
    }
}

/// The reason why SQS did not confirm: its own code and message, or the connection error. Neither contains the message.
fn reason<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ServiceError(refused) => {
            let (status, error) = (refused.raw().status(), refused.err());
            let message = error.message().unwrap_or("without a message");
            format!("{status} {}: {message}", error.code().unwrap_or("without a code"))
        }
        _ => error_chain(error),
    }
}
