//! Batches in Lambda's format, with records in memory and a test clock.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod batch;

mod effect_once;
mod failures;
mod latest_state;

use std::cell::RefCell;
use std::sync::{Arc, Mutex, Once};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use crm_consume::payload::Payloads;
use crm_consume::queue::Queue;
use crm_consume::store::{Memory, Store};
use crm_consume::{Batch, Consumer, Event};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;

/// A function's time for a batch.
const TIMEOUT: i64 = 30;
const REMEMBER_FOR: SignedDuration = SignedDuration::from_hours(1);

/// A clock that the test sets.
#[derive(Clone)]
struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-01-01T00:00:00Z".parse().unwrap())))
    }

    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn advance(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(seconds.seconds()).unwrap();
    }

    /// A batch of the messages, received now.
    fn batch(&self, messages: &[Value]) -> Batch {
        let event: SqsEvent = serde_json::from_value(json!({ "Records": messages })).unwrap();
        Batch { messages: event.records, deadline: self.now().checked_add(TIMEOUT.seconds()).unwrap() }
    }
}

fn consumer<S: Store>(store: S, clock: &Clock) -> Consumer<S> {
    keep_callsites_open();
    let clock = clock.clone();
    Consumer::new(store).with_clock(move || clock.now())
}

/// Keeps all log call sites enabled for the test that reads the log. `tracing` decides once for each call site, by the
/// subscribers at that moment. A concurrent test without a subscriber could decide last, so there is one before the
/// first consumer is made.
fn keep_callsites_open() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let open = tracing_subscriber::registry().with(dynamic_filter_fn(|_, _| false));
        tracing::subscriber::set_global_default(open).unwrap();
    });
}

fn memory() -> Memory {
    Memory::new(REMEMBER_FOR)
}

fn event(id: &str) -> String {
    json!({
        "specversion": "1.0", "id": id, "source": "crm://heffl/default", "type": "crm.lead.created",
        "subject": "lead/1", "time": "2025-01-15T10:30:00Z", "timesource": "vendor", "datacontenttype": "application/json",
        "dataschema": "urn:crm-event:1:lead", "partitionkey": "heffl:default:lead:1",
        "recordedtime": "2025-01-15T10:30:01Z",
        "data": {
            "vendor": "heffl", "account": "default", "vendor_event": "lead.created",
            "entity": "lead", "action": "created", "partial": false,
            "record": { "id": "1", "name": "Jane Smith" },
        },
    })
    .to_string()
}

fn with_body(message_id: &str, group: &str, body: &str) -> Value {
    json!({ "messageId": message_id, "body": body, "attributes": { "MessageGroupId": group } })
}

/// An event's message; the message's id is the event's.
fn message(id: &str, group: &str) -> Value {
    with_body(id, group, &event(id))
}

fn failed(response: &SqsBatchResponse) -> Vec<&str> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

/// A function that counts its calls by event, and fails for selected events.
#[derive(Default)]
struct Function {
    calls: RefCell<Vec<String>>,
    fails_on: RefCell<Vec<&'static str>>,
}

impl Function {
    fn failing_on(ids: &[&'static str]) -> Self {
        Self { fails_on: RefCell::new(ids.to_vec()), ..Self::default() }
    }

    async fn call(&self, event: &Event<'_>) -> Result<(), String> {
        self.calls.borrow_mut().push(event.id.to_string());
        let fails = self.fails_on.borrow().iter().any(|id| *id == event.id);
        if fails { Err("no".to_owned()) } else { Ok(()) }
    }

    async fn each<S: Store, P: Payloads, Q: Queue>(
        &self,
        consumer: &Consumer<S, P, Q>,
        batch: Batch,
    ) -> SqsBatchResponse {
        consumer.each(batch, async |event: &Event<'_>| self.call(event).await).await
    }

    fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }
}
