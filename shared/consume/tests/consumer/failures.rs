//! Messages that fail: those that can never succeed, those that come back, and pointers to large events.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use crm_consume::Event;
use crm_consume::payload::{PayloadError, Payloads, Pointer};
use crm_consume::queue::{Queue, QueueError};
use serde_json::{Value, json};

use super::{Clock, Function, consumer, event, failed, memory, message, with_body};

/// A queue that records its calls.
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

    // If the dead-letter queue cannot be reached, nothing is lost.
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
    // After three messages 6 of the 30 s are left, and one message took 8 s.
    assert_eq!(*calls.borrow(), ["1", "2", "3"]);
    assert_eq!(failed(&response), ["4", "5", "6"], "in order");
    assert_eq!(*asked.delays.lock().unwrap(), ["4 0", "5 0", "6 0"]);
}

/// A service that hangs makes each invocation skip most of its batch. Each return uses up one receive.
#[tokio::test(start_paused = true)]
async fn a_message_that_was_skipped_again_and_again_waits_for_its_next_turn() {
    let clock = Clock::new();
    for (receives, delays) in [(3, &["2 0"][..]), (4, &[])] {
        let asked = Asked::default();
        let messages = [received("1", "a", receives), received("2", "b", receives)];
        let subject = consumer(memory(), &clock).with_queue(asked.clone());
        let response = subject
            .each(clock.batch(&messages), async |_: &Event<'_>| {
                tokio::time::sleep(Duration::from_secs(20)).await;
                Ok::<_, String>(())
            })
            .await;
        assert_eq!(failed(&response), ["2"]);
        assert_eq!(*asked.delays.lock().unwrap(), delays, "received {receives} times");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_may_just_end_in_time_is_started() {
    let clock = Clock::new();
    let messages: Vec<_> = (1..=3).map(|number| received(&number.to_string(), "a", 1)).collect();
    let response = consumer(memory(), &clock)
        .each(clock.batch(&messages), async |_: &Event<'_>| {
            tokio::time::sleep(Duration::from_secs(15)).await;
            Ok::<_, String>(())
        })
        .await;
    assert_eq!(failed(&response), ["3"], "two take the 30 s");
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
