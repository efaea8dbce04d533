//! A batch: order, groups, time, panics and the log.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use crm_consume::store::NoRecord;
use crm_consume::{Event, Record};
use serde_json::json;

use super::{Clock, Function, consumer, event, failed, memory, message, with_body};

#[tokio::test]
async fn events_are_consumed_in_order_and_typed() {
    let (clock, names) = (Clock::new(), RefCell::new(Vec::new()));
    let batch = clock.batch(&[message("1", "a"), message("2", "b"), message("3", "a")]);
    let response = consumer(memory(), &clock)
        .each(batch, async |event: &Event<'_>| {
            let Some(Record::Lead(lead)) = &event.data.record else { return Err("not a lead") };
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

    // They come again in order, and nothing is done twice.
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

#[tokio::test]
async fn without_a_record_every_message_is_handed_over() {
    let (clock, function) = (Clock::new(), Function::default());
    let consumer = consumer(NoRecord, &clock);
    for _ in 0..2 {
        function.each(&consumer, clock.batch(&[message("1", "a")])).await;
    }
    assert_eq!(function.calls(), ["1", "1"]);
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

/// Captures the log while its guard lives.
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
