//! Compares each record with a life in the consumer's table with its vendor's own. Another state is excused only by
//! events of the same record that the consumer could not have ordered better.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crm_consume::event::{Action, TimeSource};
use crm_consume::{Event, Latest};
use jiff::Timestamp;
use serde_json::Value;

use super::ledger::{self, Entry, Told};
use super::lives::{Kind, Life, trace_parent};
use ::tests::stub::dynamodb::DynamoDb;

/// The final state of a record in the consumer's table, compared with the vendor's. The worst comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The same state as the vendor's.
    Right,
    /// Another state, because the vendor gave up on the latest webhooks about it. The webhooks that arrived give the
    /// consumer's state.
    GaveUp,
    /// The state of an older webhook. It was received after the last one, and one of the two has no time of the change,
    /// so they can only be ordered by receipt.
    ReceivedLater,
    /// Another state without an explanation.
    Wrong,
}

impl End {
    pub const ALL: [Self; 4] = [Self::Right, Self::GaveUp, Self::ReceivedLater, Self::Wrong];
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Right => "records that end as the vendor has them",
            Self::GaveUp => "records that do not: the vendor gave up on the latest webhook",
            Self::ReceivedLater => "records that do not: an older state came last, no time",
            Self::Wrong => "records that do not: wrong states",
        })
    }
}

/// A part of a record with its own state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aspect {
    Existence,
    Name,
    Amount,
}

impl Aspect {
    /// The canonical name of the field.
    fn field(self, kind: &Kind) -> Option<&'static str> {
        match self {
            Self::Existence => None,
            Self::Name => kind.fields.name,
            Self::Amount => kind.fields.amount,
        }
    }
}

/// The value of an aspect in one event or webhook.
#[derive(Clone, Debug)]
struct Word {
    /// The number of the webhook.
    webhook: u64,
    value: Value,
    /// The vendor's time of the change.
    time: Option<Timestamp>,
    received: Timestamp,
    /// True for an update, whose time implies that the record exists.
    is_update: bool,
}

impl Word {
    fn of(webhook: u64, event: &Event<'_>, aspect: Aspect, kind: &Kind) -> Option<Self> {
        let time = (event.timesource == TimeSource::Vendor).then_some(event.time);
        let action = event.data.action;
        let is_update = !matches!(action, Action::Created | Action::Restored | Action::Deleted);
        let value = match aspect {
            Aspect::Existence if is_update && time.is_none() => return None,
            Aspect::Existence => (action != Action::Deleted).into(),
            Aspect::Name | Aspect::Amount => {
                let record = serde_json::to_value(event.data.record.as_ref()?).ok()?;
                record.get(aspect.field(kind)?)?.clone()
            }
        };
        let is_update = is_update && aspect == Aspect::Existence;
        Some(Self { webhook, value, time, received: event.recordedtime, is_update })
    }

    /// True if the consumer may prefer this to the other: by the vendor's times if both have one, or else by receipt.
    fn may_replace(&self, other: &Self) -> bool {
        match (self.time, other.time) {
            (Some(time), Some(other_time)) => (time, self.received) >= (other_time, other.received),
            // The time of an update must also be later than the receipt of the deletion.
            (Some(time), None) if self.is_update => self.received >= other.received && time > other.received,
            _ => self.received >= other.received,
        }
    }
}

/// A record's life and its results.
struct Ended<'a> {
    life: &'a Life,
    /// All deliveries, by the number of the webhook.
    entries: &'a HashMap<u64, &'a Entry>,
    /// The events that the code here gives for its webhooks, with the webhook's number.
    told: Vec<(u64, Event<'a>)>,
    /// The events in effect, as received by the consumer.
    came: Vec<(u64, Event<'a>)>,
    latest: Option<&'a Latest>,
}

impl Ended<'_> {
    fn end(&self) -> End {
        let ends = self.own().into_iter().map(|(aspect, own)| self.end_of(aspect, &own));
        ends.max().unwrap_or(End::Right)
    }

    /// The vendor's own state. A record that is deleted on either side has no values to compare.
    fn own(&self) -> Vec<(Aspect, Value)> {
        let own = &self.life.own;
        let mut aspects = vec![(Aspect::Existence, (!own.is_deleted).into())];
        if !own.is_deleted && !self.latest.is_none_or(Latest::is_deleted) {
            aspects.push((Aspect::Name, own.name.into()));
            aspects.push((Aspect::Amount, own.amount.map(|amount| amount.to_string()).into()));
        }
        aspects
    }

    /// What differs, for a person: the consumer's value and the vendor's.
    fn difference(&self) -> String {
        let differing = self.own().into_iter().map(|(aspect, own)| (aspect, self.kept(aspect), own));
        let differing = differing.filter(|(_, kept, own)| kept != own).map(|(aspect, kept, own)| {
            let field = aspect.field(self.life.kind).unwrap_or("exists");
            format!("{field} is {kept}, at the vendor {own}")
        });
        differing.collect::<Vec<_>>().join("; ")
    }

    /// The consumer's value of an aspect.
    fn kept(&self, aspect: Aspect) -> Value {
        let Some(latest) = self.latest else { return Value::Null };
        if aspect == Aspect::Existence {
            return (!latest.is_deleted()).into();
        }
        let Some(name) = aspect.field(self.life.kind) else { return Value::Null };
        let record = latest.to_stored().map(|stored| stored.record).unwrap_or_default();
        let record: Value = serde_json::from_str(&record).unwrap_or_default();
        record.get(name).cloned().unwrap_or_default()
    }

    fn end_of(&self, aspect: Aspect, own: &Value) -> End {
        let kept = self.kept(aspect);
        if kept == *own {
            return End::Right;
        }
        let words = |events: &[(u64, Event<'_>)]| -> Vec<Word> {
            let word = |(webhook, event): &(u64, Event<'_>)| Word::of(*webhook, event, aspect, self.life.kind);
            events.iter().filter_map(word).collect()
        };
        let (told, came) = (words(&self.told), words(&self.came));
        let has_come = |told: &&Word| came.iter().any(|word| word.webhook == told.webhook);
        // The latest webhooks about it that did not arrive.
        let mut told = told.iter().rev().filter(|word| !word.is_update).peekable();
        let mut gave_up = false;
        while let Some(word) = told.next_if(|word| !has_come(word)) {
            gave_up = true;
            if self.entries.get(&word.webhook).is_none_or(|entry| entry.told != Told::GaveUp) {
                return End::Wrong;
            }
        }
        let last = told
            .next()
            .and_then(|last| came.iter().filter(|word| word.webhook == last.webhook).max_by_key(|word| word.received));
        match last {
            None if gave_up && kept.is_null() => End::GaveUp,
            Some(last) if gave_up && last.value == kept => End::GaveUp,
            Some(last) if (gave_up || last.value == *own) && leads_to(last, &came, &kept) => End::ReceivedLater,
            _ => End::Wrong,
        }
    }
}

/// True if a word with this value may have replaced that one, directly or through other words.
fn leads_to(word: &Word, words: &[Word], value: &Value) -> bool {
    let mut reached = vec![false; words.len()];
    let mut standing = vec![word];
    while let Some(word) = standing.pop() {
        for (other, reached) in words.iter().zip(&mut reached) {
            if !*reached && other.may_replace(word) {
                if other.value == *value {
                    return true;
                }
                *reached = true;
                // An update only implies that the record exists; later words cannot build on that.
                standing.extend((!other.is_update).then_some(other));
            }
        }
    }
    false
}

/// The number of records with each final state, by vendor.
pub type Counts = BTreeMap<End, BTreeMap<&'static str, u64>>;

/// The final states by vendor, and the wrong records with what differs. `received` has the received events by their trace
/// context.
///
/// # Errors
/// If a received message is not an event.
pub fn ends(
    lives: &[Life],
    entries: &[Entry],
    received: &HashMap<String, Vec<Arc<str>>>,
    tables: &DynamoDb,
) -> anyhow::Result<(Counts, Vec<String>)> {
    let entries: HashMap<u64, &Entry> = entries.iter().map(|entry| (entry.number, entry)).collect();
    let mut ends = Counts::new();
    let mut wrong = Vec::new();
    for life in lives {
        let latest = ledger::latest(tables, &life.record);
        let is_in_effect = |id: &str| latest.as_ref().is_some_and(|latest| latest.has_seen(id));
        let (mut told, mut came) = (Vec::new(), Vec::new());
        for (webhook, json) in &life.told {
            told.push((*webhook, serde_json::from_str(json)?));
            for json in received.get(&trace_parent(*webhook)).into_iter().flatten() {
                let event: Event<'_> = serde_json::from_str(json)?;
                // Only the first of an event's deliveries takes effect.
                let is_again = came.iter().any(|(_, other): &(u64, Event<'_>)| other.id == event.id);
                if is_in_effect(&event.id) && !is_again {
                    came.push((*webhook, event));
                }
            }
        }
        let ended = Ended { life, entries: &entries, told, came, latest: latest.as_ref() };
        let end = ended.end();
        if end == End::Wrong {
            wrong.push(format!("{}: {}", life.record, ended.difference()));
        }
        *ends.entry(end).or_default().entry(life.kind.vendor).or_default() += 1;
    }
    Ok((ends, wrong))
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, Word, leads_to};

    /// True if the state of the webhook `new` may be replaced by that of `old`, an earlier change.
    fn is_excused(new: Word, old: Word, others: &[Word]) -> bool {
        let words: Vec<_> = [&new, &old].into_iter().chain(others).cloned().collect();
        leads_to(&new, &words, &old.value)
    }

    fn word(value: &str, time: Option<i64>, received: i64) -> Word {
        let at = |second| Timestamp::from_second(second).unwrap();
        Word { webhook: 0, value: value.into(), time: time.map(at), received: at(received), is_update: false }
    }

    #[test]
    fn an_older_state_is_excused_only_where_it_was_received_later_and_the_times_do_not_tell() {
        assert!(is_excused(word("new", None, 3), word("old", None, 4), &[]));
        assert!(is_excused(word("new", Some(9), 3), word("old", None, 4), &[]));
        assert!(is_excused(word("new", None, 3), word("old", Some(1), 4), &[]));
        assert!(!is_excused(word("new", None, 3), word("old", None, 2), &[]), "received before");
        assert!(!is_excused(word("new", None, 3), word("old", Some(300), 2), &[]), "by a clock that is ahead");
        assert!(!is_excused(word("new", Some(9), 3), word("old", Some(1), 4), &[]), "the times tell");
    }

    #[test]
    fn what_stands_between_two_states_counts_too() {
        // A deletion without a time replaced the new state, and the old one arrived after it.
        let between = word("between", None, 4);
        assert!(is_excused(word("new", Some(9), 3), word("old", Some(1), 5), std::slice::from_ref(&between)));
        assert!(!is_excused(word("new", Some(9), 6), word("old", Some(1), 5), &[between]));
    }

    #[test]
    fn an_update_ends_a_deletion_only_by_a_time_after_its_receipt() {
        let update = |time, received| Word { is_update: true, ..word("exists", Some(time), received) };
        assert!(is_excused(word("deleted", None, 3), update(300, 4), &[]));
        assert!(!is_excused(word("deleted", None, 3), update(2, 4), &[]));
        assert!(!is_excused(word("deleted", None, 3), update(300, 2), &[]));
    }
}
