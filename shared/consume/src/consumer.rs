//! Consumes a batch, message by message and in order. Each message takes effect once.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use crm_event::Event;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::LambdaEvent;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::failure::{Failure, comes_back_after};
use crate::panic::caught;
use crate::payload::{NoPayloads, Payloads, Pointer};
use crate::queue::{NoQueue, Queue};
use crate::store::{Claim, Commit, InvocationTimes, NoRecord, States, Store, Transact};

/// Lambda's maximum timeout.
const MAX_INVOCATION: SignedDuration = SignedDuration::from_mins(15);

/// The messages of one invocation.
#[derive(Clone, Debug)]
pub struct Batch {
    pub messages: Vec<SqsMessage>,
    /// When Lambda ends the invocation.
    pub deadline: Timestamp,
}

impl From<LambdaEvent<SqsEvent>> for Batch {
    fn from(event: LambdaEvent<SqsEvent>) -> Self {
        let deadline = i64::try_from(event.context.deadline).ok();
        let deadline = deadline.and_then(|deadline| Timestamp::from_millisecond(deadline).ok());
        Self { messages: event.payload.records, deadline: deadline.unwrap_or(Timestamp::MAX) }
    }
}

/// The way in which a message was consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// It took effect now.
    Now,
    /// It had taken effect before.
    Before,
}

/// The time limits of a message.
#[derive(Clone, Copy, Debug)]
struct TimeLimits {
    /// When Lambda ends the invocation.
    deadline: Timestamp,
    /// The end of the message's share of the invocation.
    end: Instant,
}

/// Consumes batches. Each event takes effect once, with the guarantee of the [`store`](crate::store) and the method.
pub struct Consumer<S, P = NoPayloads, Q = NoQueue> {
    store: S,
    payloads: P,
    queue: Q,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl<S: fmt::Debug, P: fmt::Debug, Q: fmt::Debug> fmt::Debug for Consumer<S, P, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, payloads, queue, clock: _ } = self;
        let mut debug = f.debug_struct("Consumer");
        debug.field("store", store).field("payloads", payloads).field("queue", queue).finish_non_exhaustive()
    }
}

impl<S: Store> Consumer<S> {
    /// A consumer with its records in `store`.
    pub fn new(store: S) -> Self {
        Self { store, payloads: NoPayloads, queue: NoQueue, clock: Box::new(crate::now) }
    }
}

impl<S: Store, P: Payloads, Q: Queue> Consumer<S, P, Q> {
    /// Reads events that are larger than a message from `payloads`.
    #[must_use]
    pub fn with_payloads<T: Payloads>(self, payloads: T) -> Consumer<S, T, Q> {
        Consumer { store: self.store, payloads, queue: self.queue, clock: self.clock }
    }

    /// Tells this queue when a failed message comes back, and puts messages that can never succeed on its dead-letter
    /// queue.
    #[must_use]
    pub fn with_queue<T: Queue>(self, queue: T) -> Consumer<S, P, T> {
        Consumer { store: self.store, payloads: self.payloads, queue, clock: self.clock }
    }

    /// Uses this clock instead of the system's, for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Calls `function` with each event that has not been consumed. Its error, which is logged, leaves the message on
    /// the queue.
    ///
    /// Exactly once if the effect may be repeated; otherwise **at least once**, because a crash after the effect and
    /// before the record repeats the effect.
    pub async fn each<E: Display>(
        &self,
        batch: Batch,
        function: impl AsyncFn(&Event<'_>) -> Result<(), E>,
    ) -> SqsBatchResponse {
        self.consume(batch, async |event, time| self.recorded(event, time.deadline, &function).await).await
    }

    async fn recorded<E: Display>(
        &self,
        event: &Event<'_>,
        deadline: Timestamp,
        function: &impl AsyncFn(&Event<'_>) -> Result<(), E>,
    ) -> Result<Done, Failure> {
        match self.store.claim(&event.id, self.times(deadline)).await? {
            Claim::Completed => return Ok(Done::Before),
            Claim::InProgress => return Err(Failure::InProgress),
            Claim::Ours => {}
        }
        match effect(event, function).await {
            Ok(()) => {
                // The effect was made. Leaving the message on the queue would certainly repeat it; without the record,
                // only a duplicate of the message would.
                if let Err(error) = self.store.complete(&event.id, self.times(deadline)).await {
                    let event_id = &event.id;
                    tracing::error!(
                        %event_id,
                        %error,
                        "consumed, but the record could not be written: a duplicate would be consumed again"
                    );
                }
                Ok(Done::Now)
            }
            Err(failure) => {
                if let Err(error) = self.store.release(&event.id, self.times(deadline)).await {
                    let event_id = &event.id;
                    tracing::warn!(%event_id, %error, "the event stays marked as in progress until the deadline");
                }
                Err(failure)
            }
        }
    }

    fn times(&self, deadline: Timestamp) -> InvocationTimes {
        InvocationTimes { now: (self.clock)(), deadline }
    }

    async fn consume(
        &self,
        batch: Batch,
        consume: impl AsyncFn(&Event<'_>, TimeLimits) -> Result<Done, Failure>,
    ) -> SqsBatchResponse {
        let Batch { messages, deadline } = batch;
        let left = deadline.duration_since((self.clock)()).clamp(SignedDuration::ZERO, MAX_INVOCATION);
        let now = Instant::now();
        let end = now.checked_add(left.unsigned_abs()).unwrap_or(now);
        let mut slowest = Duration::ZERO;
        // The messages that are left on the queue, with the times after which they come back.
        let mut failed: Vec<(&SqsMessage, Option<Duration>)> = Vec::new();
        let mut stopped: HashMap<&str, Option<Duration>> = HashMap::new();
        for (number, message) in messages.iter().enumerate() {
            let group = message.attributes.get("MessageGroupId").map(String::as_str);
            if let Some(comes_back) = group.and_then(|group| stopped.get(group)) {
                tracing::info!(message_id = message.message_id, "left on the queue: behind one that failed");
                failed.push((message, *comes_back));
                continue;
            }
            let left = end.saturating_duration_since(Instant::now());
            let comes_back = if left < slowest {
                tracing::warn!(message_id = message.message_id, ?left, ?slowest, "left on the queue: too little time");
                // Immediately at first. Later after the visibility timeout: each return uses up one receive, and a slow
                // service must not send messages to the dead-letter queue that were never tried.
                comes_back_after(message).map(|_| Duration::ZERO)
            } else {
                let started = Instant::now();
                // Each message may take its share of the remaining time.
                let others = u32::try_from(messages.len().saturating_sub(number)).unwrap_or(u32::MAX).max(1);
                let share = left.checked_div(others).unwrap_or(left);
                let time = TimeLimits { deadline, end: started.checked_add(share).unwrap_or(end) };
                let result = self.message(message, time, &consume).await;
                slowest = slowest.max(started.elapsed());
                match result {
                    Ok(()) => continue,
                    Err(failure) => match self.given_up(message, &failure).await {
                        true => continue,
                        false => comes_back_after(message),
                    },
                }
            };
            failed.push((message, comes_back));
            stopped.extend(group.map(|group| (group, comes_back)));
        }
        let delays: Vec<_> = failed.iter().filter_map(|(message, delay)| Some((*message, (*delay)?))).collect();
        if !delays.is_empty()
            && let Err(error) = self.queue.delay(&delays).await
        {
            tracing::warn!(%error, "failed messages come back after the queue's visibility timeout");
        }
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed.into_iter().map(|(message, _)| failure(message)).collect();
        response
    }

    /// Logs a failure. True if the message could never succeed and is in the dead-letter queue now.
    async fn given_up(&self, message: &SqsMessage, failure: &Failure) -> bool {
        let message_id = &message.message_id;
        if failure.is_permanent() {
            match self.queue.dead_letter(message, &failure.to_string()).await {
                Ok(()) => {
                    tracing::error!(message_id, error = %failure, "moved to the dead-letter queue");
                    return true;
                }
                Err(error) => tracing::warn!(message_id, %error, "not moved to the dead-letter queue"),
            }
        }
        let receives = message.attributes.get("ApproximateReceiveCount");
        tracing::error!(message_id, receives, error = %failure, "left on the queue");
        false
    }

    async fn message(
        &self,
        message: &SqsMessage,
        time: TimeLimits,
        consume: &impl AsyncFn(&Event<'_>, TimeLimits) -> Result<Done, Failure>,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let body = message.body.as_deref().unwrap_or_default();
        let object = match Pointer::parse(body) {
            Some(pointer) => Some(self.payloads.read(&pointer).await?),
            None => None,
        };
        let event: Event<'_> = serde_json::from_slice(object.as_deref().unwrap_or(body.as_bytes()))?;
        let done = consume(&event, time).await;
        let outcome = match done {
            Ok(Done::Now) => "consumed",
            Ok(Done::Before) => "consumed before",
            Err(_) => "failed",
        };
        tracing::info!(
            message_id = message.message_id,
            event_id = %event.id,
            event_type = %event.event_type,
            outcome,
            milliseconds = started.elapsed().as_secs_f64() * 1000.0,
            "event"
        );
        done.map(drop)
    }
}

impl<P: Payloads, Q: Queue> Consumer<NoRecord, P, Q> {
    /// Stores the [latest state](crate::Latest) of each record in `states`. Each event takes effect **exactly once**.
    ///
    /// An event is recognized by the ids in its record's state, so the consumer needs no idempotency records.
    pub async fn keep_latest(&self, batch: Batch, states: &impl States) -> SqsBatchResponse {
        let attempt = async |event: &Event<'_>| {
            let mut latest = states.read(event).await?;
            if !latest.apply(event)? {
                return Ok(Done::Before);
            }
            if states.write(event, latest).await? { Ok(Done::Now) } else { Err(Failure::Conflict) }
        };
        self.consume(batch, async |event, time| again_until(time.end, async || attempt(event).await).await).await
    }
}

impl<S: Transact, P: Payloads, Q: Queue> Consumer<S, P, Q> {
    /// Writes the result of `effect` for each event, and the record that the event is consumed, in one transaction.
    /// Each event takes effect **exactly once**, for all kinds of failures.
    ///
    /// `effect` only returns the writes. It is also called for events that have been consumed, and called again if one
    /// of its own conditions did not hold, if another transaction conflicted, or if the table was throttled.
    pub async fn transact<E: Display>(
        &self,
        batch: Batch,
        effect: impl AsyncFn(&Event<'_>) -> Result<Vec<S::Write>, E>,
    ) -> SqsBatchResponse {
        let attempt = async |event: &Event<'_>, deadline| self.committed(event, deadline, &effect).await;
        self.consume(batch, async |event, time| {
            again_until(time.end, async || attempt(event, time.deadline).await).await
        })
        .await
    }

    async fn committed<E: Display>(
        &self,
        event: &Event<'_>,
        deadline: Timestamp,
        function: &impl AsyncFn(&Event<'_>) -> Result<Vec<S::Write>, E>,
    ) -> Result<Done, Failure> {
        let writes = effect(event, function).await?;
        match self.store.commit(&event.id, writes, self.times(deadline)).await? {
            Commit::Committed => Ok(Done::Now),
            Commit::Completed => Ok(Done::Before),
            Commit::InProgress => Err(Failure::InProgress),
            Commit::Conflict => Err(Failure::Conflict),
        }
    }
}

/// Retries until it succeeds, fails permanently, or the message's time is over.
async fn again_until(end: Instant, attempt: impl AsyncFn() -> Result<Done, Failure>) -> Result<Done, Failure> {
    let mut backoff = Backoff::until(end);
    loop {
        match attempt().await {
            Err(failure) if failure.is_momentary() && backoff.pause().await => {}
            result => return result,
        }
    }
}

/// Calls the user's function. A panic counts as a failure of its message only.
async fn effect<T, E: Display>(
    event: &Event<'_>,
    function: &impl AsyncFn(&Event<'_>) -> Result<T, E>,
) -> Result<T, Failure> {
    match caught(function(event)).await {
        Ok(result) => result.map_err(|error| Failure::Function(error.to_string())),
        Err(_) => Err(Failure::Panicked),
    }
}

/// The failure item of a message. If the message has no id, Lambda treats the whole batch as failed, so nothing is
/// lost.
fn failure(message: &SqsMessage) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message.message_id.clone().unwrap_or_default();
    failure
}
