//! Batches as Lambda hands them over, with the records in memory and a clock of the tests' own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex, Once};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use crm_consume::payload::{PayloadError, Payloads, Pointer};
use crm_consume::queue::{Queue, QueueError};
use crm_consume::store::{Claim, Commit, Effect, Memory, NoRecord, Records, Store, StoreError, Times, Transact};
use crm_consume::{Batch, Consumer, Event, Latest};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Value, json};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;

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

/// Time passes at once where all that is left to do is to wait.
#[tokio::test(start_paused = true)]
async fn an_effect_is_made_again_from_what_has_changed_as_long_as_there_is_time() {
    let clock = Clock::new();
    for (conflicts, left) in [(0, 0), (1, 0), (10, 0), (i32::MAX, 1)] {
        let calls = Cell::new(0);
        let consumer = consumer(memory(), &clock);
        let batch = clock.batch(&[message("1", "a")]);
        let started = tokio::time::Instant::now();
        let response = consumer
            .transact(batch, async |_: &Event<'_>| {
                calls.set(calls.get() + 1);
                let holds = calls.get() > conflicts;
                Ok::<Vec<Effect>, String>(vec![Box::new(move || holds)])
            })
            .await;
        assert_eq!(failed(&response).len(), left, "{conflicts} conflicts");
        assert!(calls.get() > conflicts.min(20), "{} calls of {conflicts} conflicts", calls.get());
        assert!(started.elapsed() < Duration::from_secs(TIMEOUT.unsigned_abs()), "{:?}", started.elapsed());
    }
}

/// A store that is throttled so often.
struct Throttled(Memory, Cell<usize>);

impl Store for Throttled {
    async fn claim(&self, event_id: &str, times: Times) -> Result<Claim, StoreError> {
        self.0.claim(event_id, times).await
    }

    async fn complete(&self, event_id: &str, times: Times) -> Result<(), StoreError> {
        self.0.complete(event_id, times).await
    }

    async fn release(&self, event_id: &str, times: Times) -> Result<(), StoreError> {
        self.0.release(event_id, times).await
    }
}

impl Transact for Throttled {
    type Write = Effect;

    async fn commit(&self, event_id: &str, effect: Vec<Effect>, times: Times) -> Result<Commit, StoreError> {
        let Some(left) = self.1.get().checked_sub(1) else { return self.0.commit(event_id, effect, times).await };
        self.1.set(left);
        Err(StoreError::Throttled("ThrottlingError".to_owned()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_transaction_is_tried_again_in_the_invocation() {
    let clock = Clock::new();
    let consumer = consumer(Throttled(memory(), Cell::new(8)), &clock);
    let effects = Arc::new(Mutex::new(0));
    let batch = clock.batch(&[message("1", "a"), message("2", "a")]);
    let response = consumer
        .transact(batch, async |_: &Event<'_>| {
            let effects = effects.clone();
            Ok::<Vec<Effect>, String>(vec![Box::new(move || {
                *effects.lock().unwrap() += 1;
                true
            })])
        })
        .await;
    assert_eq!(failed(&response), [""; 0]);
    assert_eq!(*effects.lock().unwrap(), 2);
}

/// Remembers what it was asked.
#[derive(Clone, Default)]
struct Asked {
    dead_letters: Arc<Mutex<Vec<String>>>,
    delays: Arc<Mutex<Vec<String>>>,
    is_out: bool,
}

impl Queue for Asked {
    async fn dead_letter(&self, message: &SqsMessage, reason: &str) -> Result<(), QueueError> {
        if self.is_out {
            return Err(QueueError::Unavailable("no answer".to_owned()));
        }
        let id = message.message_id.clone().unwrap();
        self.dead_letters.lock().unwrap().push(format!("{id}: {reason}"));
        Ok(())
    }

    async fn delay(&self, messages: &[(&SqsMessage, Duration)]) -> Result<(), QueueError> {
        let delays = messages
            .iter()
            .map(|(message, delay)| format!("{} {}", message.message_id.as_deref().unwrap(), delay.as_secs()));
        self.delays.lock().unwrap().extend(delays);
        Ok(())
    }
}

fn received(id: &str, group: &str, times: usize) -> Value {
    let mut message = message(id, group);
    message["attributes"]["ApproximateReceiveCount"] = json!(times.to_string());
    message
}

#[tokio::test]
async fn what_can_never_succeed_goes_to_the_dead_letters_and_its_group_moves_on() {
    let clock = Clock::new();
    let pointer = |key: &str| json!(["software.amazon.payloadoffloading.PayloadS3Pointer", { "s3BucketName": "large", "s3Key": key }]);
    let messages = [
        with_body("bad", "a", "hunter2"),
        message("2", "a"),
        with_body("gone", "b", &pointer("gone").to_string()),
        message("4", "b"),
        with_body("later", "c", &pointer("later").to_string()),
        message("6", "c"),
    ];
    let asked = Asked::default();
    let function = Function::default();
    let subject = consumer(memory(), &clock).with_payloads(Objects::default()).with_queue(asked.clone());
    let response = function.each(&subject, clock.batch(&messages)).await;
    assert_eq!(failed(&response), ["later", "6"], "an S3 that does not answer may answer later");
    assert_eq!(function.calls(), ["2", "4"]);
    let dead_letters = asked.dead_letters.lock().unwrap().clone();
    assert_eq!(
        dead_letters,
        [
            "bad: the message is no canonical event (line 1, column 1)",
            "gone: there is no object to read for the event: NoSuchKey"
        ]
    );

    // Without a dead-letter queue to reach, nothing is lost.
    let asked = Asked { is_out: true, ..Asked::default() };
    let subject = consumer(memory(), &clock).with_payloads(Objects::default()).with_queue(asked);
    let response = Function::default().each(&subject, clock.batch(&messages)).await;
    assert_eq!(failed(&response), ["bad", "2", "gone", "4", "later", "6"]);
}

#[tokio::test]
async fn a_failed_message_comes_back_soon_and_its_group_with_it() {
    let clock = Clock::new();
    let asked = Asked::default();
    let function = Function::failing_on(&["1", "3", "5", "6", "7"]);
    let messages = [
        received("1", "a", 1),
        received("2", "a", 3),
        received("3", "b", 2),
        received("4", "c", 1),
        received("5", "d", 3),
        received("6", "e", 4),
        message("7", "f"),
    ];
    let subject = consumer(memory(), &clock).with_queue(asked.clone());
    let response = function.each(&subject, clock.batch(&messages)).await;
    assert_eq!(failed(&response), ["1", "2", "3", "5", "6", "7"]);
    let delays = asked.delays.lock().unwrap().clone();
    assert_eq!(delays, ["1 1", "2 1", "3 5", "5 30"], "later, the queue's own visibility timeout");
}

#[tokio::test(start_paused = true)]
async fn no_message_is_started_that_might_not_end_in_time() {
    let clock = Clock::new();
    let asked = Asked::default();
    let calls = RefCell::new(Vec::new());
    let messages: Vec<_> = (1..=6).map(|number| received(&number.to_string(), "a", 1)).collect();
    let subject = consumer(memory(), &clock).with_queue(asked.clone());
    let response = subject
        .each(clock.batch(&messages), async |event: &Event<'_>| {
            calls.borrow_mut().push(event.id.to_string());
            tokio::time::sleep(Duration::from_secs(8)).await;
            Ok::<_, String>(())
        })
        .await;
    // 30 s: after three there are 6 s left, and one took 8.
    assert_eq!(*calls.borrow(), ["1", "2", "3"]);
    assert_eq!(failed(&response), ["4", "5", "6"], "in order");
    assert_eq!(*asked.delays.lock().unwrap(), ["4 0", "5 0", "6 0"]);
}

/// States by record, as a table keeps them; a write may meet one of another invocation, or lose its answer.
#[derive(Default)]
struct States {
    latest: RefCell<HashMap<String, Latest>>,
    /// What befalls the next writes.
    faults: RefCell<Vec<&'static str>>,
}

impl Records for States {
    async fn read(&self, event: &Event<'_>) -> Result<Latest, StoreError> {
        Ok(self.latest.borrow().get(&*event.partitionkey).cloned().unwrap_or_default())
    }

    async fn write(&self, event: &Event<'_>, latest: Latest) -> Result<bool, StoreError> {
        let fault = self.faults.borrow_mut().pop();
        match fault {
            Some("throttled") => return Err(StoreError::Throttled("no".to_owned())),
            Some("overtaken") => {
                let mut other = self.read(event).await?;
                other.apply(event).unwrap();
                self.latest.borrow_mut().insert(event.partitionkey.to_string(), other);
            }
            _ => {}
        }
        let before = self.latest.borrow().get(&*event.partitionkey).map_or(0, Latest::events);
        if before + 1 != latest.events() {
            return Ok(false);
        }
        self.latest.borrow_mut().insert(event.partitionkey.to_string(), latest);
        if fault == Some("lost") { Err(StoreError::Unavailable("no answer".to_owned())) } else { Ok(true) }
    }
}

#[tokio::test(start_paused = true)]
async fn the_latest_state_has_each_event_once_whatever_befalls_its_write() {
    let clock = Clock::new();
    for (faults, left) in [
        (vec![], 0),
        (vec!["throttled", "throttled"], 0),
        // Another invocation with the same message was faster.
        (vec!["overtaken"], 0),
        (vec!["lost"], 1),
    ] {
        let states = States { faults: RefCell::new(faults.clone()), ..States::default() };
        let subject = consumer(NoRecord, &clock);
        let response = subject.keep_latest(clock.batch(&[message("1", "a")]), &states).await;
        assert_eq!(failed(&response).len(), left, "{faults:?}");
        let response = subject.keep_latest(clock.batch(&[message("1", "a"), message("2", "a")]), &states).await;
        assert_eq!(failed(&response), [""; 0], "{faults:?}");
        assert_eq!(states.latest.borrow()["heffl:default:lead:1"].events(), 2, "{faults:?}");
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
#[derive(Default)]
struct Objects(HashMap<(String, String), String>);

impl Payloads for Objects {
    async fn read(&self, pointer: &Pointer) -> Result<Vec<u8>, PayloadError> {
        if pointer.key == "later" {
            return Err(PayloadError::Unavailable("no answer".to_owned()));
        }
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
        // Without it, a test that logs at the same time without a subscriber may switch a line off for this one too:
        // tracing decides once for each place that logs, by the subscribers it finds at that moment.
        static OPEN: Once = Once::new();
        OPEN.call_once(|| {
            let open = tracing_subscriber::registry().with(dynamic_filter_fn(|_, _| false));
            tracing::subscriber::set_global_default(open).unwrap();
        });
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
