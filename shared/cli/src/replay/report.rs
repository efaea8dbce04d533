//! The result of a replay, counted for a person.

use std::collections::BTreeMap;
use std::fmt;

use super::item::{Item, LeftReason};
use crate::terminal::for_terminal;

/// The outcome of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// This many events, to the main queue.
    Sent(usize),
    /// Not sent, because its kind of event is ignored now.
    Ignored,
    /// From the overflow store to the quarantine.
    Quarantined,
    Left(LeftReason),
}

/// Counts by vendor, reason and outcome.
#[derive(Debug, Default)]
pub struct Report {
    pub(super) items: usize,
    /// The number of items, as reported by AWS.
    pub(super) approximate_count: Option<usize>,
    /// The number of messages that SQS has not handed out.
    pub(super) unread: usize,
    /// The items that are shown with their bodies.
    pub(super) shown: Vec<String>,
    confirmed: bool,
    /// By vendor, reason, outcome: items and events.
    counts: BTreeMap<(String, String, String), (usize, usize)>,
}

impl Report {
    pub fn new(confirmed: bool) -> Self {
        Self { confirmed, ..Self::default() }
    }

    /// The number of counted items, and of their events.
    pub fn totals(&self) -> (usize, usize) {
        let events = self.counts.values().map(|(_, events)| *events).fold(0, usize::saturating_add);
        (self.items, events)
    }

    pub(super) fn count(&mut self, item: &Item, outcome: Outcome, progress: bool) {
        self.items = self.items.saturating_add(1);
        let (outcome, events) = match outcome {
            Outcome::Sent(events) => ("to the main queue".to_owned(), events),
            Outcome::Ignored => ("ignored now, removed".to_owned(), 0),
            Outcome::Quarantined => ("to the quarantine".to_owned(), 0),
            Outcome::Left(reason) => (reason.to_string(), 0),
        };
        let key = (item.vendor.clone(), item.reason.clone(), outcome);
        let (items, all_events) = self.counts.entry(key).or_default();
        *items = items.saturating_add(1);
        *all_events = all_events.saturating_add(events);
        if progress && self.items.is_multiple_of(100) {
            self.print_progress();
        }
    }

    #[expect(clippy::print_stderr, reason = "progress of a command line tool")]
    fn print_progress(&self) {
        match self.approximate_count {
            Some(count) => eprintln!("{} of about {count}", self.items),
            None => eprintln!("{}", self.items),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.shown {
            writeln!(f, "{item}")?;
        }
        if self.counts.is_empty() {
            writeln!(f, "nothing to replay")?;
            return write_unread(f, "the queue", self.unread, self.confirmed, "--confirm");
        }
        writeln!(f, "{:<11} {:<18} {:>7} {:>7}  outcome", "vendor", "reason", "items", "events")?;
        for ((vendor, reason, outcome), (items, events)) in &self.counts {
            let (vendor, reason) = (for_terminal(vendor), for_terminal(reason));
            writeln!(f, "{vendor:<11} {reason:<18} {items:>7} {events:>7}  {outcome}")?;
        }
        if !self.confirmed {
            writeln!(f, "\nNothing was moved. Run this again with --confirm to move the items.")?;
        }
        write_unread(f, "the queue", self.unread, self.confirmed, "--confirm")
    }
}

/// Says how many messages SQS did not hand out. `flag` is the option that makes the changes.
pub(crate) fn write_unread(
    f: &mut fmt::Formatter<'_>,
    place: &str,
    count: usize,
    is_change: bool,
    flag: &str,
) -> fmt::Result {
    match (count, is_change) {
        (0, _) => Ok(()),
        (_, false) => writeln!(
            f,
            "\nAbout {count} more messages are on {place}: SQS hands out at most ten of one record at a time. {flag} \
             goes on to the next ones."
        ),
        (_, true) => writeln!(
            f,
            "\nAbout {count} more messages are on {place}. A message that was left holds back the others of its \
             record. Run this again."
        ),
    }
}
