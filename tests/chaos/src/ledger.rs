//! Accounts for every delivery: what its vendor was told, against what is in effect.

use std::collections::{BTreeMap, HashMap, HashSet};

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use serde_json::json;

use super::webhooks::Expected;
use super::{RECORDS, VIEW};
use tests::stub::dynamodb::DynamoDb;

/// What a vendor was told in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// 200: on the queue.
    Accepted,
    /// 200: in the overflow store.
    Stored,
    /// Never 200, and the vendor has given up.
    GaveUp,
}

/// Why an attempt was not answered 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Miss {
    /// The connection was cut on the way back.
    AnswerLost,
    /// 500: the function ended in the middle.
    Killed,
    /// 503: neither SQS nor S3 took it.
    Unavailable,
    /// Nothing that may happen.
    Other,
}

impl Miss {
    pub const ALL: [Self; 4] = [Self::AnswerLost, Self::Killed, Self::Unavailable, Self::Other];
}

impl std::fmt::Display for Miss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::AnswerLost => "posts not answered 200: the answer got lost",
            Self::Killed => "posts not answered 200: the function was killed",
            Self::Unavailable => "posts not answered 200: SQS and S3 failed together",
            Self::Other => "posts not answered 200: anything else",
        })
    }
}

/// One delivery, done.
#[derive(Debug)]
pub struct Entry {
    pub number: u64,
    pub vendor: &'static str,
    pub events: Vec<Expected>,
    pub told: Told,
    pub attempts: usize,
    /// Why some of them were not answered 200.
    pub misses: Vec<Miss>,
    /// The function's answer named other events.
    pub wrong_answer: bool,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Answered 200 at the first attempt, in effect once.
    AtOnce,
    /// Answered 200 at the first attempt and sent again all the same, in effect once.
    SentAgain,
    /// Refused or not answered, redelivered until 200, in effect once.
    Redelivered,
    /// Answered 200 from the overflow store, in effect once after the replay.
    Replayed,
    /// Never answered 200, the vendor gave up; in effect once all the same.
    GaveUpInEffect,
    /// Never answered 200, the vendor gave up; not in effect.
    GaveUp,
    /// Answered 200 and not in effect.
    Lost,
}

impl Outcome {
    pub const ALL: [Self; 7] = [
        Self::AtOnce,
        Self::SentAgain,
        Self::Redelivered,
        Self::Replayed,
        Self::GaveUpInEffect,
        Self::GaveUp,
        Self::Lost,
    ];
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::AtOnce => "answered 200 at once, in effect once",
            Self::SentAgain => "answered 200 and sent again, in effect once",
            Self::Redelivered => "redelivered until answered 200, in effect once",
            Self::Replayed => "kept in the overflow store, answered 200, in effect once",
            Self::GaveUpInEffect => "never answered 200, the vendor gave up; in effect once",
            Self::GaveUp => "never answered 200, the vendor gave up; no effect",
            Self::Lost => "lost: answered 200, no effect",
        })
    }
}

/// The accounts.
#[derive(Debug, Default)]
pub struct Balance {
    /// By outcome and vendor.
    pub outcomes: BTreeMap<Outcome, BTreeMap<&'static str, u64>>,
    /// Deliveries whose events are not in effect though they were answered 200.
    pub lost: Vec<u64>,
    /// Records that have more effects than events, and by how many.
    pub twice: Vec<((String, String), u64)>,
    /// Records that have fewer effects than events are recorded as consumed.
    pub without_effect: Vec<((String, String), u64)>,
    /// Deliveries that were answered with the ids of other events.
    pub wrong_answers: Vec<u64>,
    /// By cause and vendor.
    pub misses: BTreeMap<Miss, BTreeMap<&'static str, u64>>,
    /// Events in effect.
    pub events: u64,
}

impl Balance {
    /// Nothing lost, nothing twice, no wrong answer.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.without_effect.is_empty() && self.wrong_answers.is_empty()
    }
}

/// Compares what the vendors were told with what the consumer's tables hold.
pub fn balance(entries: &[Entry], tables: &DynamoDb) -> Balance {
    let mut balance = Balance::default();
    let mut consumed: HashMap<&(String, String), HashSet<&str>> = HashMap::new();
    for entry in entries {
        let mut all = true;
        let mut any = false;
        for event in &entry.events {
            let of_record = consumed.entry(&event.record).or_default();
            if is_consumed(tables, &event.event_id) {
                of_record.insert(&event.event_id);
                any = true;
            } else {
                all = false;
            }
        }
        let outcome = match entry.told {
            Told::Accepted | Told::Stored if !all => Outcome::Lost,
            Told::Stored => Outcome::Replayed,
            Told::Accepted if entry.attempts == 1 => Outcome::AtOnce,
            Told::Accepted if entry.misses.is_empty() => Outcome::SentAgain,
            Told::Accepted => Outcome::Redelivered,
            Told::GaveUp if any => Outcome::GaveUpInEffect,
            Told::GaveUp => Outcome::GaveUp,
        };
        *balance.outcomes.entry(outcome).or_default().entry(entry.vendor).or_default() += 1;
        if outcome == Outcome::Lost {
            balance.lost.push(entry.number);
        }
        for miss in &entry.misses {
            *balance.misses.entry(*miss).or_default().entry(entry.vendor).or_default() += 1;
        }
        if entry.wrong_answer {
            balance.wrong_answers.push(entry.number);
        }
    }
    for (record, events) in consumed {
        let events = u64::try_from(events.len()).unwrap_or(u64::MAX);
        let effects = effects(tables, record);
        balance.events += effects;
        if effects > events {
            balance.twice.push((record.clone(), effects - events));
        } else if effects < events {
            balance.without_effect.push((record.clone(), events - effects));
        }
    }
    balance
}

/// The consumer's idempotency record of an event: the key that Powertools for AWS Lambda gives it.
fn is_consumed(tables: &DynamoDb, event_id: &str) -> bool {
    let key = format!("{}#{}", super::CONSUMER, HEXLOWER.encode(&Md5::digest(format!("\"{event_id}\""))));
    tables.attribute(RECORDS, &[&key], "status").is_some_and(|status| status == json!({ "S": "COMPLETED" }))
}

/// How many events had an effect on a record.
fn effects(tables: &DynamoDb, (source, subject): &(String, String)) -> u64 {
    let effects = tables.attribute(VIEW, &[source, subject], "effects");
    effects.and_then(|effects| effects.get("N")?.as_str()?.parse().ok()).unwrap_or_default()
}
