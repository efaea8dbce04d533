//! Each event takes effect once, with only its record and in a transaction.

use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crm_consume::Event;
use crm_consume::store::{Claim, Commit, Effect, InvocationTimes, Memory, Store, StoreError, Transact};

use super::{Clock, Function, TIMEOUT, consumer, failed, memory, message};

/// Runs a future until it waits and drops it there, like a crash.
fn crash(future: impl Future) {
    let mut future = pin!(future);
    let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(poll, Poll::Pending), "it came to its end before it could crash");
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
    // A crash before the transaction writes nothing.
    crash(consumer.transact(clock.batch(&[message("1", "a")]), async |_: &Event<'_>| {
        let _made = write();
        pending::<Result<Vec<Effect>, String>>().await
    }));
    assert_eq!(*effects.lock().unwrap(), 0);
    // It comes again immediately, because nothing was marked. After that the response is lost twice.
    for _ in 0..3 {
        assert_eq!(failed(&transact().await), [""; 0]);
        assert_eq!(*effects.lock().unwrap(), 1);
    }
}

#[tokio::test]
async fn a_transaction_waits_for_an_event_that_is_in_progress_elsewhere() {
    let (clock, store) = (Clock::new(), memory());
    let claim =
        store.claim("1", InvocationTimes { now: clock.now(), deadline: clock.batch(&[]).deadline }).await.unwrap();
    assert_eq!(claim, Claim::Ours);
    let consumer = consumer(store, &clock);
    for (wait, left) in [(TIMEOUT, 1), (1, 0)] {
        clock.advance(wait);
        let batch = clock.batch(&[message("1", "a")]);
        let response = consumer.transact(batch, async |_: &Event<'_>| Ok::<_, String>(Vec::new())).await;
        assert_eq!(failed(&response).len(), left);
    }
}

/// The paused clock advances while everything waits.
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

/// A store that is throttled this number of times.
struct Throttled(Memory, Cell<usize>);

impl Store for Throttled {
    async fn claim(&self, event_id: &str, times: InvocationTimes) -> Result<Claim, StoreError> {
        self.0.claim(event_id, times).await
    }

    async fn complete(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        self.0.complete(event_id, times).await
    }

    async fn release(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        self.0.release(event_id, times).await
    }
}

impl Transact for Throttled {
    type Write = Effect;

    async fn commit(&self, event_id: &str, effect: Vec<Effect>, times: InvocationTimes) -> Result<Commit, StoreError> {
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

/// A store that fails at a selected step.
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
    async fn claim(&self, event_id: &str, times: InvocationTimes) -> Result<Claim, StoreError> {
        self.check("claim")?;
        self.memory.claim(event_id, times).await
    }

    async fn complete(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        self.check("complete")?;
        self.memory.complete(event_id, times).await
    }

    async fn release(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        self.check("release")?;
        self.memory.release(event_id, times).await
    }
}

#[tokio::test]
async fn a_record_that_is_unreachable() {
    let clock = Clock::new();
    for (at, id, calls, left) in [
        ("claim", "1", 0, 1),
        // The effect was made, so receiving the message again would repeat it.
        ("complete", "1", 1, 0),
        ("release", "2", 1, 1),
    ] {
        let function = Function::failing_on(&["2"]);
        let consumer = consumer(Failing { memory: memory(), at }, &clock);
        let response = function.each(&consumer, clock.batch(&[message(id, "a")])).await;
        assert_eq!((function.calls().len(), failed(&response).len()), (calls, left), "{at} fails");
    }
}
