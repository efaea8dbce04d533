//! The table at the end of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Options;
use super::ledger::{Balance, Outcome};
use crate::stub::faults::Fault;

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    pub options: Options,
    pub vendors: Vec<&'static str>,
    pub balance: Balance,
    /// Posts by vendor, first ones and redeliveries.
    pub posts: BTreeMap<&'static str, u64>,
    /// By service and kind.
    pub faults: Vec<(&'static str, BTreeMap<Fault, u64>)>,
    /// What else there was to count.
    pub counts: Vec<(&'static str, u64)>,
    /// Messages that were still on a queue at the end.
    pub undelivered: u64,
    pub took: Duration,
}

impl Report {
    pub fn lost(&self) -> usize {
        self.balance.lost.len() + self.balance.without_effect.len()
    }

    pub fn twice(&self) -> u64 {
        self.balance.twice.iter().map(|(_, times)| times).sum()
    }

    /// Nothing lost, nothing twice, and nothing left on a queue.
    pub fn is_clean(&self) -> bool {
        self.balance.is_clean() && self.undelivered == 0
    }

    fn columns(&self, f: &mut fmt::Formatter<'_>, title: &str, of: impl Fn(&str) -> u64) -> fmt::Result {
        write!(f, "| {title:<64} |")?;
        for vendor in &self.vendors {
            write!(f, " {:>10} |", of(vendor))?;
        }
        writeln!(f, " {:>9} |", self.vendors.iter().map(|vendor| of(vendor)).sum::<u64>())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {:<64} |", "")?;
        for vendor in &self.vendors {
            write!(f, " {vendor:>10} |")?;
        }
        writeln!(f, " {:>9} |", "all")?;
        write!(f, "|{}|", "-".repeat(66))?;
        for _ in &self.vendors {
            write!(f, "{}:|", "-".repeat(11))?;
        }
        writeln!(f, "{}:|", "-".repeat(10))?;
        let outcomes = &self.balance.outcomes;
        let of =
            |outcome: &Outcome, vendor: &str| outcomes.get(outcome).and_then(|by| by.get(vendor)).copied().unwrap_or(0);
        self.columns(f, "deliveries", |vendor| outcomes.keys().map(|outcome| of(outcome, vendor)).sum())?;
        self.columns(f, "posts", |vendor| self.posts.get(vendor).copied().unwrap_or(0))?;
        for outcome in Outcome::ALL {
            self.columns(f, &outcome.to_string(), |vendor| of(&outcome, vendor))?;
        }
        writeln!(f)?;
        write!(f, "| {:<26} |", "fault")?;
        for (service, _) in &self.faults {
            write!(f, " {service:>10} |")?;
        }
        writeln!(f)?;
        writeln!(f, "|{}|{}", "-".repeat(28), "-----------:|".repeat(self.faults.len()))?;
        for fault in Fault::ALL {
            write!(f, "| {fault:<26} |")?;
            for (_, counts) in &self.faults {
                write!(f, " {:>10} |", counts.get(&fault).copied().unwrap_or(0))?;
            }
            writeln!(f)?;
        }
        writeln!(f)?;
        for (what, count) in &self.counts {
            writeln!(f, "{what}: {count}")?;
        }
        writeln!(f, "events in effect: {}", self.balance.events)?;
        writeln!(f, "lost: {}, twice: {}, in {:.0} s", self.lost(), self.twice(), self.took.as_secs_f64())?;
        if self.is_clean() {
            return Ok(());
        }
        writeln!(f)?;
        let Balance { lost, twice, without_effect, wrong_answers, .. } = &self.balance;
        if !lost.is_empty() {
            writeln!(f, "answered 200 and lost, by number of the delivery: {:?}", some(lost))?;
        }
        if !twice.is_empty() {
            writeln!(f, "records with more effects than events: {:?}", some(twice))?;
        }
        if !without_effect.is_empty() {
            writeln!(f, "records with fewer effects than events: {:?}", some(without_effect))?;
        }
        if !wrong_answers.is_empty() {
            writeln!(f, "answered with the ids of other events: {:?}", some(wrong_answers))?;
        }
        if self.undelivered > 0 {
            writeln!(f, "still on a queue: {}", self.undelivered)?;
        }
        writeln!(f, "run it again: {}", self.options)
    }
}

/// Enough to look into.
fn some<T>(all: &[T]) -> Vec<&T> {
    all.iter().take(10).collect()
}
