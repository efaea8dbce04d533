//! The ledger: compares the responses to each delivery with the events in effect.

use std::collections::{BTreeMap, HashMap, HashSet};

use crm_consume::{Latest, StoredLatest};

use super::VIEW;
use super::webhooks::Expected;
use tests::stub::dynamodb::DynamoDb;

/// The final response to a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// 200: on the queue.
    Accepted,
    /// 200: in the overflow store.
    Stored,
    /// Never 200, and the vendor gave up.
    GaveUp,
}

/// The reason why an attempt was not answered 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Miss {
    /// The connection was cut on the way back.
    AnswerLost,
    /// 500: the function ended in the middle.
    Killed,
    /// 503: neither SQS nor S3 accepted it.
    Unavailable,
    /// Any other response, which must not happen.
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

/// One completed delivery.
#[derive(Debug)]
pub struct Entry {
    pub number: u64,
    pub vendor: &'static str,
    pub events: Vec<Expected>,
    pub told: Told,
    pub attempts: usize,
    /// The event ids in each 200 response.
    pub answers: Vec<Vec<String>>,
    /// The reasons why some attempts were not answered 200.
    pub misses: Vec<Miss>,
    /// True if the function's answer named other events.
    pub wrong_answer: bool,
}

/// The outcome of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Answered 200 at the first attempt, in effect once.
    AtOnce,
    /// Answered 200 at the first attempt and sent again anyway, in effect once.
    SentAgain,
    /// Refused or not answered, redelivered until 200, in effect once.
    Redelivered,
    /// Answered 200 from the overflow store, in effect once after the replay.
    Replayed,
    /// Never answered 200 and the vendor gave up, but in effect once.
    GaveUpInEffect,
    /// Never answered 200 and the vendor gave up, not in effect.
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

impl Entry {
    /// The known ids of an event of this webhook.
    fn ids(&self, number: usize) -> HashSet<&str> {
        let of_answers = self.answers.iter().filter_map(|ids| ids.get(number).map(String::as_str));
        let own = self.events.get(number).and_then(|event| event.event_id.as_deref());
        of_answers.chain(own).collect()
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::AtOnce => "answered 200 to the first post, in effect once",
            Self::SentAgain => "answered 200 and sent again, in effect once",
            Self::Redelivered => "redelivered until answered 200, in effect once",
            Self::Replayed => "stored in the overflow store, answered 200, in effect once",
            Self::GaveUpInEffect => "never answered 200, the vendor gave up; in effect once",
            Self::GaveUp => "never answered 200, the vendor gave up; no effect",
            Self::Lost => "lost: answered 200, no effect",
        })
    }
}

/// The result of the comparison.
#[derive(Debug, Default)]
pub struct Balance {
    /// By outcome and vendor.
    pub outcomes: BTreeMap<Outcome, BTreeMap<&'static str, u64>>,
    /// Deliveries that were answered 200, but whose events are not in effect.
    pub lost: Vec<u64>,
    /// Records with more effects than events, and the difference.
    pub twice: Vec<(String, u64)>,
    /// Further effects of a webhook that has neither an id nor a time of the change. Its redelivery is a new event,
    /// because it may be another change.
    pub repeated: u64,
    /// Records that have fewer effects than events are known to their state.
    pub without_effect: Vec<(String, u64)>,
    /// Deliveries that were answered with the ids of other events.
    pub wrong_answers: Vec<u64>,
    /// By cause and vendor.
    pub misses: BTreeMap<Miss, BTreeMap<&'static str, u64>>,
    /// Events in effect.
    pub events: u64,
}

impl Balance {
    /// True if no event was lost or in effect twice, and no answer was wrong.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.without_effect.is_empty() && self.wrong_answers.is_empty()
    }
}

/// The known effects on one record.
#[derive(Default)]
struct OfRecord {
    /// Events that the record's state knows.
    seen: u64,
    /// Events whose id is not known, because it depends on the time of receipt and no answer named it. They may be in
    /// effect for the first time.
    unknown: u64,
    /// Posts of such events that were not answered 200: each may be in effect.
    unanswered: u64,
}

/// Compares the responses to the vendors with the consumer's table.
pub fn balance(entries: &[Entry], tables: &DynamoDb) -> Balance {
    let mut balance = Balance::default();
    let mut records: HashMap<&str, (Latest, OfRecord)> = HashMap::new();
    for entry in entries {
        let mut all = true;
        let mut any = false;
        for (number, event) in entry.events.iter().enumerate() {
            let (latest, of_record) = records
                .entry(&event.record)
                .or_insert_with(|| (latest(tables, &event.record).unwrap_or_default(), OfRecord::default()));
            let seen = entry.ids(number).into_iter().filter(|id| latest.has_seen(id)).count();
            let seen = u64::try_from(seen).unwrap_or(u64::MAX);
            of_record.seen += seen;
            balance.repeated += seen.saturating_sub(1);
            all &= seen > 0;
            any |= seen > 0;
            if event.event_id.is_none() {
                of_record.unknown += u64::from(seen == 0);
                of_record.unanswered += u64::try_from(entry.misses.len()).unwrap_or(u64::MAX);
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
    for (record, (latest, OfRecord { seen, unknown, unanswered })) in records {
        let effects = latest.events();
        balance.events += effects;
        if effects < seen {
            balance.without_effect.push((record.to_owned(), seen - effects));
        }
        let more = effects.saturating_sub(seen);
        balance.repeated += more.min(unanswered).saturating_sub(unknown);
        if more > unanswered {
            balance.twice.push((record.to_owned(), more - unanswered));
        }
    }
    balance
}

/// The state of a record in the consumer's table.
pub fn latest(tables: &DynamoDb, record: &str) -> Option<Latest> {
    let text = |name: &str| Some(tables.attribute(VIEW, &[record], name)?.get("S")?.as_str()?.to_owned());
    let stored = StoredLatest {
        record: text("record")?,
        order: text("order")?,
        event_id: text("event_id")?,
        event_type: text("type")?,
    };
    Latest::from_stored(&stored).ok()
}
