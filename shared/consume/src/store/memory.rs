//! Records in memory, for tests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Claim, Commit, InvocationTimes, Store, StoreError, Transact};

/// A write of an effect in memory. False means that its condition does not hold, as in DynamoDB: it has written
/// nothing, the later writes are not made, and there is no record.
pub type Effect = Box<dyn FnOnce() -> bool + Send>;

/// Records in memory, for tests, with the rules of [`DynamoDb`](super::DynamoDb). Clones share the records.
#[derive(Clone)]
pub struct Memory {
    records: Arc<Mutex<HashMap<String, Record>>>,
    remember_for: SignedDuration,
}

#[derive(Clone, Copy)]
struct Record {
    /// The deadline of the invocation that has the event in progress; `None` once it is completed.
    in_progress_until: Option<Timestamp>,
    expires: Timestamp,
}

impl Record {
    /// The state by the condition of [`DynamoDb`](super::DynamoDb).
    fn claim(self, now: Timestamp) -> Claim {
        match self.in_progress_until {
            _ if self.expires < now => Claim::Ours,
            Some(deadline) if deadline < now => Claim::Ours,
            Some(_) => Claim::InProgress,
            None => Claim::Completed,
        }
    }
}

impl Memory {
    /// Remembers an event for this long.
    pub fn new(remember_for: SignedDuration) -> Self {
        Self { records: Arc::default(), remember_for }
    }

    fn with<R>(&self, event_id: &str, step: impl FnOnce(&mut Option<Record>) -> R) -> R {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let mut record = records.remove(event_id);
        let result = step(&mut record);
        records.extend(record.map(|record| (event_id.to_owned(), record)));
        result
    }

    fn record(&self, times: InvocationTimes, in_progress_until: Option<Timestamp>) -> Record {
        Record { in_progress_until, expires: times.now.saturating_add(self.remember_for).unwrap_or(Timestamp::MAX) }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("remember_for", &self.remember_for).finish_non_exhaustive()
    }
}

impl Store for Memory {
    async fn claim(&self, event_id: &str, times: InvocationTimes) -> Result<Claim, StoreError> {
        Ok(self.with(event_id, |record| {
            let claim = record.map_or(Claim::Ours, |record| record.claim(times.now));
            if claim == Claim::Ours {
                *record = Some(self.record(times, Some(times.deadline)));
            }
            claim
        }))
    }

    async fn complete(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        self.with(event_id, |record| *record = Some(self.record(times, None)));
        Ok(())
    }

    async fn release(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        self.with(event_id, |record| {
            if record.is_some_and(|record| record.in_progress_until == Some(times.deadline)) {
                *record = None;
            }
        });
        Ok(())
    }
}

impl Transact for Memory {
    type Write = Effect;

    async fn commit(&self, event_id: &str, effect: Vec<Effect>, times: InvocationTimes) -> Result<Commit, StoreError> {
        Ok(self.with(event_id, |record| match record.map_or(Claim::Ours, |record| record.claim(times.now)) {
            Claim::Completed => Commit::Completed,
            Claim::InProgress => Commit::InProgress,
            Claim::Ours if effect.into_iter().all(|write| write()) => {
                *record = Some(self.record(times, None));
                Commit::Committed
            }
            Claim::Ours => Commit::Conflict,
        }))
    }
}
