//! Lambda's event source mapping: receives batches from the queue, passes them to the consumer, and deletes the
//! messages that it does not report as failed. The others come again after their visibility timeout.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::gateway::Pool;
use tests::stub::faults::number;
use tests::stub::sqs::{BATCH, Message, Sqs};
use tests::stub::{ACCOUNT, REGION};

/// The counters of the mapping.
#[derive(Debug, Default)]
pub struct Counts {
    pub batches: AtomicU64,
    /// Batches that were passed to two consumers at the same time.
    pub twice: AtomicU64,
    /// Batches without a response from the consumer.
    pub failed: AtomicU64,
    /// Messages of an answered batch that were reported failed.
    pub reported: AtomicU64,
}

/// The mapping of a queue to a function.
#[derive(Debug)]
pub struct Mapping {
    pub sqs: Sqs,
    pub queue: &'static str,
    pub consumers: Arc<Pool>,
    pub seed: u64,
    /// Number of batches per 10,000 that are delivered twice at the same time.
    pub twice: u64,
    pub counts: Counts,
    /// The events with a trace context that were passed to the consumer, by trace context.
    pub traced: Mutex<HashMap<String, Vec<Arc<str>>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(default)]
    batch_item_failures: Vec<Failure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl Mapping {
    /// Receives batches forever, one at a time.
    pub async fn poll(self: Arc<Self>) {
        loop {
            let messages = self.sqs.receive_within(self.queue, BATCH, Duration::from_secs(20)).await;
            if let Some(first) = messages.first() {
                let twice = number(&(self.seed, &*first.content.deduplication, first.receives)) % 10_000 < self.twice;
                self.deliver(&messages, twice).await;
            }
        }
    }

    /// Records the events of records with a life.
    fn trace(&self, messages: &[Message]) {
        let mut traced = self.traced.lock().unwrap_or_else(PoisonError::into_inner);
        for Message { content, .. } in messages {
            let trace_parent = content.attributes.get("traceparent").and_then(|trace| trace.string_value.clone());
            let Some(trace_parent) = trace_parent else { continue };
            let events = traced.entry(trace_parent).or_default();
            if !events.contains(&content.body) {
                events.push(content.body.clone());
            }
        }
    }

    async fn deliver(&self, messages: &[Message], twice: bool) {
        self.trace(messages);
        let event = event(self.queue, messages).to_string().into_bytes();
        self.counts.batches.fetch_add(1, Ordering::Relaxed);
        let result = if twice {
            self.counts.twice.fetch_add(1, Ordering::Relaxed);
            let (one, other) = (self.consumers.clone().invoke(event.clone()), self.consumers.clone().invoke(event));
            tokio::join!(one, other).0
        } else {
            self.consumers.clone().invoke(event).await
        };
        let response = result.ok().and_then(|answer| serde_json::from_slice::<Response>(&answer).ok());
        let Some(response) = response else {
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let failed =
            |message: &Message| response.batch_item_failures.iter().any(|one| one.item_identifier == message.id);
        for message in messages {
            if failed(message) {
                self.counts.reported.fetch_add(1, Ordering::Relaxed);
            } else {
                self.sqs.delete(self.queue, &message.receipt_handle);
            }
        }
    }
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#sample-fifo-queues-message-event>
fn event(queue: &str, messages: &[Message]) -> Value {
    let records = messages.iter().map(|message| {
        let attributes = message.content.attributes.iter().map(|(name, attribute)| {
            let value = json!({ "stringValue": attribute.string_value, "dataType": attribute.data_type });
            (name.clone(), value)
        });
        json!({
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": &*message.content.body,
            "attributes": message.system_attributes(),
            "messageAttributes": attributes.collect::<Map<_, _>>(),
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
            "awsRegion": REGION,
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}
