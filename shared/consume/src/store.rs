//! The idempotency record: which events have been consumed.

mod dynamodb;
mod memory;

use std::future::Future;

use crm_event::Event;
use jiff::Timestamp;

use crate::Latest;

pub use dynamodb::{DynamoDb, KeyFormat};
pub use memory::{Effect, Memory};

/// The clock of one step of one invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub now: Timestamp,
    /// When Lambda ends the invocation: until then an event that is in progress is left to it.
    pub deadline: Timestamp,
}

/// What the record says of an event that is about to be consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing, or something that has expired: it is marked as in progress now, and is ours.
    Ours,
    /// It has been consumed.
    Completed,
    /// Another invocation has it, and its time has not run out.
    InProgress,
}

/// What became of a transaction of effect and record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Effect and record are written, both.
    Committed,
    /// The event had been consumed before; nothing was written.
    Completed,
    /// Another invocation has it, and its time has not run out; nothing was written.
    InProgress,
    /// A condition of the effect did not hold, or another transaction was writing the same items; nothing was written.
    /// What the effect was made from has changed.
    Conflict,
}

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer, or one that says to come again.
    #[error("the record is out of reach: {0}")]
    Unavailable(String),
    /// Too many writes, or another write of the same items at this moment.
    #[error("the store throttled it: {0}")]
    Throttled(String),
    /// Asking again will not help: a missing table or permission, or an effect that DynamoDB does not take.
    #[error("the record was refused: {0}")]
    Refused(String),
}

/// Keeps the records. An event is known by its `id`.
pub trait Store {
    /// Marks an event as in progress until the deadline, unless it is completed or in progress elsewhere.
    ///
    /// # Errors
    /// Where the store cannot say.
    fn claim(&self, event_id: &str, times: Times) -> impl Future<Output = Result<Claim, StoreError>>;

    /// Marks a claimed event as consumed.
    ///
    /// # Errors
    /// Where the store did not take it.
    fn complete(&self, event_id: &str, times: Times) -> impl Future<Output = Result<(), StoreError>>;

    /// Takes the mark of a claimed event away: its effect failed, and is to be tried again.
    ///
    /// # Errors
    /// Where the store did not take it.
    fn release(&self, event_id: &str, times: Times) -> impl Future<Output = Result<(), StoreError>>;
}

/// A store that writes an effect and the event's record in one: both or neither.
pub trait Transact: Store {
    /// One write of an effect.
    type Write;

    /// Writes the effect and the record that the event is consumed, unless there is a record.
    ///
    /// # Errors
    /// Where the store did not take them.
    fn commit(
        &self,
        event_id: &str,
        effect: Vec<Self::Write>,
        times: Times,
    ) -> impl Future<Output = Result<Commit, StoreError>>;
}

/// Keeps the latest state of each record.
pub trait Records {
    /// The state of the record that an event is about; the default if there is none.
    ///
    /// # Errors
    /// If the store cannot say.
    fn read(&self, event: &Event<'_>) -> impl Future<Output = Result<Latest, StoreError>>;

    /// Writes the state after an event. False if the state in the store is not the one before it any more: then nothing
    /// was written. [`Latest::events`] is the version: it was one less.
    ///
    /// # Errors
    /// If the store did not take it.
    fn write(&self, event: &Event<'_>, latest: Latest) -> impl Future<Output = Result<bool, StoreError>>;
}

/// Remembers nothing: for a function whose effect bears repetition by itself, such as one that hands the event's id on
/// as its own idempotency key.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecord;

impl Store for NoRecord {
    async fn claim(&self, _: &str, _: Times) -> Result<Claim, StoreError> {
        Ok(Claim::Ours)
    }

    async fn complete(&self, _: &str, _: Times) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: &str, _: Times) -> Result<(), StoreError> {
        Ok(())
    }
}
