//! The way of a batch: message by message, in order, each in effect once.

use std::collections::HashSet;
use std::fmt::{self, Display};
use std::time::Instant;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use crm_event::Event;
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;

use crate::panic::caught;
use crate::payload::{NoPayloads, PayloadError, Payloads, Pointer};
use crate::store::{Claim, Commit, Store, StoreError, Times, Transact};

/// How often a transaction is made anew from what has changed under it, before its message waits for its next turn.
const COMMIT_ATTEMPTS: usize = 3;

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

/// Why a message is left on the queue.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// No canonical event. What the JSON's error says of it may quote it, and is not repeated.
    #[error("the message is no canonical event (line {line}, column {column})")]
    Unreadable { line: usize, column: usize },
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error("the event is in progress elsewhere")]
    InProgress,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("what the effect was made from kept changing")]
    Conflict,
    #[error("{0}")]
    Function(String),
    #[error("the function panicked")]
    Panicked,
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable { line: error.line(), column: error.column() }
    }
}

/// How a message was consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// Its effect is there.
    Now,
    /// Its effect was there.
    Before,
}

/// Consumes batches, each event in effect once, as far as [`store`](crate::store) and method promise it.
pub struct Consumer<S, P = NoPayloads> {
    store: S,
    payloads: P,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl<S: fmt::Debug, P: fmt::Debug> fmt::Debug for Consumer<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, payloads, clock: _ } = self;
        f.debug_struct("Consumer").field("store", store).field("payloads", payloads).finish_non_exhaustive()
    }
}

impl<S: Store> Consumer<S> {
    /// A consumer that keeps its records in `store`.
    pub fn new(store: S) -> Self {
        Self { store, payloads: NoPayloads, clock: Box::new(crate::now) }
    }
}

impl<S: Store, P: Payloads> Consumer<S, P> {
    /// Reads events that are larger than a message from there.
    #[must_use]
    pub fn with_payloads<Q: Payloads>(self, payloads: Q) -> Consumer<S, Q> {
        Consumer { store: self.store, payloads, clock: self.clock }
    }

    /// Goes by this clock instead of the system's: for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Calls `function` with each event that has not been consumed. Its error, which is logged, leaves the message on
    /// the queue.
    ///
    /// Exactly once where the effect bears repetition, else **at least once**: a crash after the effect and before the
    /// record repeats the effect.
    pub async fn each<E: Display>(
        &self,
        batch: Batch,
        function: impl AsyncFn(&Event<'_>) -> Result<(), E>,
    ) -> SqsBatchResponse {
        self.consume(batch, async |event, deadline| self.recorded(event, deadline, &function).await).await
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
                // The effect is there: to leave the message on the queue now would repeat it for certain. Without the
                // record, only a twin of the message would.
                if let Err(error) = self.store.complete(&event.id, self.times(deadline)).await {
                    tracing::error!(event_id = %event.id, %error, "consumed, and not recorded: a twin would be consumed again");
                }
                Ok(Done::Now)
            }
            Err(failure) => {
                if let Err(error) = self.store.release(&event.id, self.times(deadline)).await {
                    tracing::warn!(event_id = %event.id, %error, "the mark stays until the invocation's deadline");
                }
                Err(failure)
            }
        }
    }

    fn times(&self, deadline: Timestamp) -> Times {
        Times { now: (self.clock)(), deadline }
    }

    async fn consume(
        &self,
        batch: Batch,
        consume: impl AsyncFn(&Event<'_>, Timestamp) -> Result<Done, Failure>,
    ) -> SqsBatchResponse {
        let mut failures = Vec::new();
        let mut stopped: HashSet<String> = HashSet::new();
        for message in batch.messages {
            let group = message.attributes.get("MessageGroupId");
            if group.is_some_and(|group| stopped.contains(group)) {
                tracing::info!(message_id = message.message_id, "left on the queue: behind one that failed");
                failures.push(failure(&message));
                continue;
            }
            let result = self.message(&message, batch.deadline, &consume).await;
            if let Err(failed) = result {
                let receives = message.attributes.get("ApproximateReceiveCount");
                tracing::error!(message_id = message.message_id, receives, error = %failed, "left on the queue");
                failures.push(failure(&message));
                stopped.extend(group.cloned());
            }
        }
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failures;
        response
    }

    async fn message(
        &self,
        message: &SqsMessage,
        deadline: Timestamp,
        consume: &impl AsyncFn(&Event<'_>, Timestamp) -> Result<Done, Failure>,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let body = message.body.as_deref().unwrap_or_default();
        let object = match Pointer::parse(body) {
            Some(pointer) => Some(self.payloads.read(&pointer).await?),
            None => None,
        };
        let event: Event<'_> = serde_json::from_slice(object.as_deref().unwrap_or(body.as_bytes()))?;
        let done = consume(&event, deadline).await;
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

impl<S: Transact, P: Payloads> Consumer<S, P> {
    /// Writes what `effect` returns for each event, and the record that it is consumed, in one transaction: **exactly
    /// once**, whatever fails.
    ///
    /// `effect` only says what to write: it is called for an event that has been consumed too, and again where a
    /// condition of its own did not hold or another transaction was in its way.
    pub async fn transact<E: Display>(
        &self,
        batch: Batch,
        effect: impl AsyncFn(&Event<'_>) -> Result<Vec<S::Write>, E>,
    ) -> SqsBatchResponse {
        self.consume(batch, async |event, deadline| self.committed(event, deadline, &effect).await).await
    }

    async fn committed<E: Display>(
        &self,
        event: &Event<'_>,
        deadline: Timestamp,
        function: &impl AsyncFn(&Event<'_>) -> Result<Vec<S::Write>, E>,
    ) -> Result<Done, Failure> {
        for _ in 0..COMMIT_ATTEMPTS {
            let writes = effect(event, function).await?;
            match self.store.commit(&event.id, writes, self.times(deadline)).await? {
                Commit::Committed => return Ok(Done::Now),
                Commit::Completed => return Ok(Done::Before),
                Commit::InProgress => return Err(Failure::InProgress),
                Commit::Conflict => {}
            }
        }
        Err(Failure::Conflict)
    }
}

/// Calls the user's function, whose panic is its own failure.
async fn effect<T, E: Display>(
    event: &Event<'_>,
    function: &impl AsyncFn(&Event<'_>) -> Result<T, E>,
) -> Result<T, Failure> {
    match caught(function(event)).await {
        Ok(result) => result.map_err(|error| Failure::Function(error.to_string())),
        Err(_) => Err(Failure::Panicked),
    }
}

/// One without an id makes Lambda take the whole batch for failed: nothing is lost.
fn failure(message: &SqsMessage) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message.message_id.clone().unwrap_or_default();
    failure
}
