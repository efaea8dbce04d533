//! The idempotency records of consumed events.

mod dynamodb;
mod memory;

use std::future::Future;

use crm_event::Event;
use jiff::Timestamp;

use crate::Latest;

pub use dynamodb::{DynamoDb, KeyFormat, REMEMBER_FOR};
pub use memory::{Effect, Memory};

/// The current time, and the end of the invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvocationTimes {
    pub now: Timestamp,
    /// The end of the invocation. Until then, other invocations leave an event in progress to it.
    pub deadline: Timestamp,
}

/// The state of the record of an event that is about to be consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No record, or an expired one. The event is now marked as in progress by us.
    Ours,
    /// The event has been consumed.
    Completed,
    /// Another invocation has it, and its time has not run out.
    InProgress,
}

/// The outcome of a transaction of effect and record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Both effect and record are written.
    Committed,
    /// The event had been consumed before; nothing was written.
    Completed,
    /// Another invocation has it, and its time has not run out; nothing was written.
    InProgress,
    /// A condition of the effect did not hold, or another transaction was writing the same items; nothing was written.
    /// The data that the effect is based on has changed.
    Conflict,
}

/// The reason why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No response, or a retryable error.
    #[error("the record is unreachable: {0}")]
    Unavailable(String),
    /// Too many writes, or a concurrent write of the same items.
    #[error("the store throttled it: {0}")]
    Throttled(String),
    /// A permanent error: a missing table or permission, or an effect that DynamoDB refuses.
    #[error("the record was refused: {0}")]
    Refused(String),
}

/// A store of idempotency records. An event is identified by its `id`.
pub trait Store {
    /// Marks an event as in progress until the deadline, unless it is completed or in progress elsewhere.
    ///
    /// # Errors
    /// If the store fails.
    fn claim(&self, event_id: &str, times: InvocationTimes) -> impl Future<Output = Result<Claim, StoreError>>;

    /// Marks a claimed event as consumed.
    ///
    /// # Errors
    /// If the store did not take it.
    fn complete(&self, event_id: &str, times: InvocationTimes) -> impl Future<Output = Result<(), StoreError>>;

    /// Removes the mark of a claimed event whose effect failed, so that it can be tried again.
    ///
    /// # Errors
    /// If the store did not take it.
    fn release(&self, event_id: &str, times: InvocationTimes) -> impl Future<Output = Result<(), StoreError>>;
}

/// A store that writes an effect and the event's record in one transaction.
pub trait Transact: Store {
    /// One write of an effect.
    type Write;

    /// Writes the effect and the record that the event is consumed, unless there is a record.
    ///
    /// # Errors
    /// If the store fails.
    fn commit(
        &self,
        event_id: &str,
        effect: Vec<Self::Write>,
        times: InvocationTimes,
    ) -> impl Future<Output = Result<Commit, StoreError>>;
}

/// A store of the latest state of each CRM record.
pub trait States {
    /// The state of the record that an event is about; the default if there is none.
    ///
    /// # Errors
    /// If the store fails.
    fn read(&self, event: &Event<'_>) -> impl Future<Output = Result<Latest, StoreError>>;

    /// Writes the state after an event. Returns false and writes nothing if the state in the store has changed.
    /// [`Latest::events`] is the version; the stored one must be one less.
    ///
    /// # Errors
    /// If the store fails.
    fn write(&self, event: &Event<'_>, latest: Latest) -> impl Future<Output = Result<bool, StoreError>>;
}

/// A store without idempotency records, for a function whose effect may be repeated, such as one that passes the
/// event's id on as its own idempotency key.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecord;

impl Store for NoRecord {
    async fn claim(&self, _: &str, _: InvocationTimes) -> Result<Claim, StoreError> {
        Ok(Claim::Ours)
    }

    async fn complete(&self, _: &str, _: InvocationTimes) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: &str, _: InvocationTimes) -> Result<(), StoreError> {
        Ok(())
    }
}
