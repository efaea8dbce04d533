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

/// Messages of a queue that a command did not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// Messages that SQS did not hand out.
    pub waiting: usize,
    /// Messages that another reader held.
    pub held: usize,
}

/// Counts by vendor, reason and outcome.
#[derive(Debug, Default)]
pub struct Report {
    pub(super) items: usize,
    /// The number of items, as reported by AWS.
    pub(super) approximate_count: Option<usize>,
    pub(super) unseen: Unseen,
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
            return self.unseen.write(f, "the queue", self.confirmed, "--confirm");
        }
        writeln!(f, "{:<11} {:<18} {:>7} {:>7}  outcome", "vendor", "reason", "items", "events")?;
        for ((vendor, reason, outcome), (items, events)) in &self.counts {
            let (vendor, reason) = (for_terminal(vendor), for_terminal(reason));
            writeln!(f, "{vendor:<11} {reason:<18} {items:>7} {events:>7}  {outcome}")?;
        }
        if !self.confirmed {
            writeln!(f, "\nNothing was moved. Run this again with --confirm to move the items.")?;
        }
        self.unseen.write(f, "the queue", self.confirmed, "--confirm")
    }
}

impl Unseen {
    /// Says how many messages were not seen. `flag` is the option that makes the changes.
    pub(crate) fn write(self, f: &mut fmt::Formatter<'_>, place: &str, is_change: bool, flag: &str) -> fmt::Result {
        let Self { waiting, held } = self;
        if held > 0 {
            writeln!(
                f,
                "\n{place}: another reader holds about {held} messages. A command that was killed holds its messages \
                 too. Run this again in 15 minutes."
            )?;
        }
        match (waiting, is_change) {
            (0, _) => Ok(()),
            (_, false) => writeln!(
                f,
                "\nAbout {waiting} more messages are on {place}: SQS hands out at most ten of one record at a time. \
                 {flag} goes on to the next ones."
            ),
            (_, true) => writeln!(
                f,
                "\nAbout {waiting} more messages are on {place}. A message that was left holds back the others of its \
                 record. Run this again."
            ),
        }
    }
}
