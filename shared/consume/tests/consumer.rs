//! Batches as Lambda hands them over, with the records in memory and a clock of the tests' own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use crm_consume::payload::{PayloadError, Payloads, Pointer};
use crm_consume::store::{Claim, Effect, Memory, NoRecord, Store, StoreError, Times};
use crm_consume::{Batch, Consumer, Event};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};

/// A function's time for a batch.
const TIMEOUT: i64 = 30;
const REMEMBER_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The time, as the test sets it.
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

    /// The messages, handed over now.
    fn batch(&self, messages: &[Value]) -> Batch {
        let event: SqsEvent = serde_json::from_value(json!({ "Records": messages })).unwrap();
        Batch { messages: event.records, deadline: self.now().checked_add(TIMEOUT.seconds()).unwrap() }
    }
}

fn consumer<S: Store>(store: S, clock: &Clock) -> Consumer<S> {
    let clock = clock.clone();
    Consumer::new(store).with_clock(move || clock.now())
}

fn memory() -> Memory {
    Memory::new(REMEMBER_FOR)
}

fn event(id: &str) -> String {
    json!({
        "specversion": "1.0", "id": id, "source": "crm://heffl/default", "type": "crm.lead.created",
        "subject": "lead/1", "time": "2025-01-15T10:30:00Z", "datacontenttype": "application/json",
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

/// Counts its calls by event, and fails on the events that it is told to.
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

    async fn each<S: Store, P: Payloads>(&self, consumer: &Consumer<S, P>, batch: Batch) -> SqsBatchResponse {
        consumer.each(batch, async |event: &Event<'_>| self.call(event).await).await
    }

    fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }
}

/// Runs a future until it waits, and drops it there: what a crash leaves behind.
fn crash(future: impl Future) {
    let mut future = pin!(future);
    let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(poll, Poll::Pending), "it came to its end before it could crash");
}

#[tokio::test]
async fn events_are_consumed_in_order_and_typed() {
    let (clock, names) = (Clock::new(), RefCell::new(Vec::new()));
    let batch = clock.batch(&[message("1", "a"), message("2", "b"), message("3", "a")]);
    let response = consumer(memory(), &clock)
        .each(batch, async |event: &Event<'_>| {
            let Some(crm_consume::Record::Lead(lead)) = &event.data.record else { return Err("not a lead") };
            names.borrow_mut().push(format!("{} {}", event.id, lead.name.as_deref().unwrap_or_default()));
            Ok(())
        })
        .await;
    assert_eq!(serde_json::to_value(&response).unwrap(), json!({ "batchItemFailures": [] }));
    assert_eq!(*names.borrow(), ["1 Jane Smith", "2 Jane Smith", "3 Jane Smith"]);
}

#[tokio::test]
async fn after_a_failure_the_rest_of_its_group_is_left_and_other_groups_go_on() {
    let clock = Clock::new();
    let function = Function::failing_on(&["2"]);
    let messages = ["1 a", "2 a", "3 b", "4 a", "5 b"].map(|text| {
        let (id, group) = text.split_once(' ').unwrap();
        message(id, group)
    });
    let consumer = consumer(memory(), &clock);
    let response = function.each(&consumer, clock.batch(&messages)).await;
    assert_eq!(failed(&response), ["2", "4"]);
    assert_eq!(function.calls(), ["1", "2", "3", "5"]);

    // They come again, in order, and nothing is done twice.
    function.fails_on.borrow_mut().clear();
    let response = function.each(&consumer, clock.batch(&messages)).await;
    assert_eq!(failed(&response), [""; 0]);
    assert_eq!(function.calls(), ["1", "2", "3", "5", "2", "4"]);
}

#[tokio::test]
async fn messages_of_a_queue_without_groups_fail_alone() {
    let clock = Clock::new();
    let messages = ["1", "2", "3"].map(|id| json!({ "messageId": id, "body": event(id) }));
    let function = Function::failing_on(&["2"]);
    let response = function.each(&consumer(memory(), &clock), clock.batch(&messages)).await;
    assert_eq!(failed(&response), ["2"]);
    assert_eq!(function.calls(), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_message_that_is_no_event_fails_and_its_body_is_not_in_the_log() {
    let clock = Clock::new();
    let secret = event("1").replace("\"lead\"", "\"hunter2\"");
    for body in ["", "hunter2", "{}", "[\"hunter2\"]", "{\"id\": \"hunter2\"}", &secret] {
        let log = Log::default();
        let guard = log.capture();
        let function = Function::default();
        let messages = [with_body("bad", "a", body), message("2", "a"), message("3", "b")];
        let response = function.each(&consumer(memory(), &clock), clock.batch(&messages)).await;
        drop(guard);
        assert_eq!(failed(&response), ["bad", "2"], "{body}");
        assert_eq!(function.calls(), ["3"], "{body}");
        let log = log.text();
        assert!(log.contains("the message is no canonical event (line "), "{log}");
        assert!(log.contains("message_id=\"bad\"") && !log.contains("hunter2"), "{log}");
    }
}

#[tokio::test]
async fn an_event_that_comes_again_is_consumed_once_until_its_record_expires() {
    let (clock, function) = (Clock::new(), Function::default());
    let consumer = consumer(memory(), &clock);
    for (wait, calls) in [(0, 1), (0, 1), (600, 1), (3000, 1), (1, 2)] {
        clock.advance(wait);
        let response = function.each(&consumer, clock.batch(&[message("1", "a")])).await;
        assert_eq!(failed(&response), [""; 0]);
        assert_eq!(function.calls().len(), calls, "at {}", clock.now());
    }
}

#[tokio::test]
async fn two_consumers_with_one_store_share_an_event() {
    let (clock, store) = (Clock::new(), memory());
    let messages = [message("1", "a")];
    let (one, other) = (Function::default(), Function::default());
    one.each(&consumer(store.clone(), &clock), clock.batch(&messages)).await;
    other.each(&consumer(store, &clock), clock.batch(&messages)).await;
    assert_eq!((one.calls().len(), other.calls().len()), (1, 0));
}

#[tokio::test]
async fn an_event_in_progress_elsewhere_fails_until_that_invocation_has_ended() {
    let (clock, function) = (Clock::new(), Function::default());
    let consumer = consumer(memory(), &clock);
    crash(
        consumer.each(clock.batch(&[message("1", "a")]), async |_: &Event<'_>| pending::<Result<(), String>>().await),
    );
    for (wait, calls) in [(0, 0), (TIMEOUT, 0), (1, 1)] {
        clock.advance(wait);
        let response = function.each(&consumer, clock.batch(&[message("1", "a"), message("2", "b")])).await;
        assert_eq!(failed(&response).len(), 1 - calls, "after {wait} s");
        assert_eq!(function.calls().iter().filter(|id| *id == "1").count(), calls, "after {wait} s");
    }
}

#[tokio::test]
async fn with_the_record_alone_a_crash_after_the_effect_repeats_it() {
    let (clock, effects) = (Clock::new(), Cell::new(0));
    let consumer = consumer(memory(), &clock);
    let once = async |_: &Event<'_>| {
        effects.set(effects.get() + 1);
        Ok::<_, String>(())
    };
    crash(consumer.each(clock.batch(&[message("1", "a")]), async |event: &Event<'_>| {
        once(event).await?;
        pending::<Result<(), String>>().await
    }));
    clock.advance(180);
    consumer.each(clock.batch(&[message("1", "a")]), once).await;
    assert_eq!(effects.get(), 2, "this is what the record alone does not promise");
}

#[tokio::test]
async fn in_a_transaction_a_crash_at_any_point_leaves_one_effect() {
    let clock = Clock::new();
    let effects = Arc::new(Mutex::new(0));
    let write = || -> Vec<Effect> {
        let effects = effects.clone();
        vec![Box::new(move || {
            *effects.lock().unwrap() += 1;
            true
        })]
    };
    let consumer = consumer(memory(), &clock);
    let transact = async || {
        let batch = clock.batch(&[message("1", "a")]);
        consumer.transact(batch, async |_: &Event<'_>| Ok::<_, String>(write())).await
    };
    // Before the transaction: nothing is there.
    crash(consumer.transact(clock.batch(&[message("1", "a")]), async |_: &Event<'_>| {
        let _made = write();
        pending::<Result<Vec<Effect>, String>>().await
    }));
    assert_eq!(*effects.lock().unwrap(), 0);
    // It comes again at once, for nothing was marked; and after that the answer is lost, twice.
    for _ in 0..3 {
        assert_eq!(failed(&transact().await), [""; 0]);
        assert_eq!(*effects.lock().unwrap(), 1);
    }
}

#[tokio::test]
async fn a_transaction_waits_for_an_event_that_is_in_progress_elsewhere() {
    let (clock, store) = (Clock::new(), memory());
    let claim = store.claim("1", Times { now: clock.now(), deadline: clock.batch(&[]).deadline }).await.unwrap();
    assert_eq!(claim, Claim::Ours);
    let consumer = consumer(store, &clock);
    for (wait, left) in [(TIMEOUT, 1), (1, 0)] {
        clock.advance(wait);
        let batch = clock.batch(&[message("1", "a")]);
        let response = consumer.transact(batch, async |_: &Event<'_>| Ok::<_, String>(Vec::new())).await;
        assert_eq!(failed(&response).len(), left);
    }
}

#[tokio::test]
async fn an_effect_is_made_anew_from_what_has_changed_three_times_at_most() {
    let clock = Clock::new();
    for (conflicts, made, left) in [(0, 1, 0), (1, 2, 0), (2, 3, 0), (3, 3, 1)] {
        let calls = Cell::new(0);
        let consumer = consumer(memory(), &clock);
        let batch = clock.batch(&[message("1", "a")]);
        let response = consumer
            .transact(batch, async |_: &Event<'_>| {
                calls.set(calls.get() + 1);
                let holds = calls.get() > conflicts;
                Ok::<Vec<Effect>, String>(vec![Box::new(move || holds)])
            })
            .await;
        assert_eq!((calls.get(), failed(&response).len()), (made, left), "{conflicts} conflicts");
    }
}

#[tokio::test]
async fn a_panic_costs_its_own_message_alone() {
    let clock = Clock::new();
    let consumer = consumer(memory(), &clock);
    let messages = [message("1", "a"), message("2", "b")];
    let response = consumer
        .each(clock.batch(&messages), async |event: &Event<'_>| {
            assert!(event.id != "1", "on purpose");
            Ok::<_, String>(())
        })
        .await;
    assert_eq!(failed(&response), ["1"]);
    let function = Function::default();
    function.each(&consumer, clock.batch(&messages)).await;
    assert_eq!(function.calls(), ["1"], "its mark is gone");
}

/// A store that works until the step that it is told to fail at.
struct Failing {
    memory: Memory,
    at: &'static str,
}

impl Failing {
    fn check(&self, step: &str) -> Result<(), StoreError> {
        if step == self.at { Err(StoreError::Unavailable("no answer".to_owned())) } else { Ok(()) }
    }
}

impl Store for Failing {
    async fn claim(&self, event_id: &str, times: Times) -> Result<Claim, StoreError> {
        self.check("claim")?;
        self.memory.claim(event_id, times).await
    }

    async fn complete(&self, event_id: &str, times: Times) -> Result<(), StoreError> {
        self.check("complete")?;
        self.memory.complete(event_id, times).await
    }

    async fn release(&self, event_id: &str, times: Times) -> Result<(), StoreError> {
        self.check("release")?;
        self.memory.release(event_id, times).await
    }
}

#[tokio::test]
async fn where_the_record_is_out_of_reach() {
    let clock = Clock::new();
    for (at, id, calls, left) in [
        ("claim", "1", 0, 1),
        // The effect is there: to have the message again would be to repeat it.
        ("complete", "1", 1, 0),
        ("release", "2", 1, 1),
    ] {
        let function = Function::failing_on(&["2"]);
        let consumer = consumer(Failing { memory: memory(), at }, &clock);
        let response = function.each(&consumer, clock.batch(&[message(id, "a")])).await;
        assert_eq!((function.calls().len(), failed(&response).len()), (calls, left), "{at} fails");
    }
}

#[tokio::test]
async fn without_a_record_every_message_is_handed_over() {
    let (clock, function) = (Clock::new(), Function::default());
    let consumer = consumer(NoRecord, &clock);
    for _ in 0..2 {
        function.each(&consumer, clock.batch(&[message("1", "a")])).await;
    }
    assert_eq!(function.calls(), ["1", "1"]);
}

/// Objects by bucket and key.
struct Objects(HashMap<(String, String), String>);

impl Payloads for Objects {
    async fn read(&self, pointer: &Pointer) -> Result<Vec<u8>, PayloadError> {
        let object = self.0.get(&(pointer.bucket.clone(), pointer.key.clone()));
        object.map(|object| object.clone().into_bytes()).ok_or_else(|| PayloadError::Missing("NoSuchKey".to_owned()))
    }
}

#[tokio::test]
async fn a_pointer_is_followed_to_its_event() {
    let pointer = |key: &str| {
        json!(["software.amazon.payloadoffloading.PayloadS3Pointer", { "s3BucketName": "large", "s3Key": key }])
            .to_string()
    };
    let clock = Clock::new();
    let objects = Objects([(("large".to_owned(), "events/1".to_owned()), event("1"))].into());
    let messages = [
        with_body("m1", "a", &pointer("events/1")),
        with_body("m2", "b", &pointer("events/2")),
        message("3", "b"),
        message("4", "c"),
    ];
    let function = Function::default();
    let response = function.each(&consumer(memory(), &clock).with_payloads(objects), clock.batch(&messages)).await;
    assert_eq!(failed(&response), ["m2", "3"], "what has no object goes to the dead-letter queue");
    assert_eq!(function.calls(), ["1", "4"]);

    let function = Function::default();
    let response = function.each(&consumer(memory(), &clock), clock.batch(&messages)).await;
    assert_eq!(failed(&response), ["m1", "m2", "3"], "a consumer without S3 loses nothing");
}

/// What is logged while its guard lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn capture(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(lines.finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
