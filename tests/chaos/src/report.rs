//! The table at the end of a run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Options;
use super::ends::{self, End};
use super::ledger::{Balance, Miss, Outcome};
use super::lives::has_life;
use tests::stub::faults::Fault;

/// The result of a run.
#[derive(Debug)]
pub struct Report {
    pub options: Options,
    /// The final states of records with a life, by vendor.
    pub ends: ends::Counts,
    /// Records whose final state differs from their vendor's without an explanation, and what differs.
    pub wrong_states: Vec<String>,
    pub vendors: Vec<&'static str>,
    pub balance: Balance,
    /// Posts by vendor, first ones and redeliveries.
    pub posts: BTreeMap<&'static str, u64>,
    /// The faults by service and kind.
    pub faults: Vec<(&'static str, BTreeMap<Fault, u64>)>,
    /// Other counters.
    pub counts: Vec<(&'static str, u64)>,
    /// Functions that were killed in the middle of a webhook.
    pub kills: u64,
    /// Write request units of the consumer's table.
    pub write_units: u64,
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

    /// True if no event was lost or in effect twice, no state is wrong, no message is left, and every refused post is
    /// explained by a fault.
    pub fn is_clean(&self) -> bool {
        self.balance.is_clean()
            && self.wrong_states.is_empty()
            && self.undelivered == 0
            && self.unexplained().next().is_none()
    }

    /// The reasons for posts not answered 200 that occur more often than their causes, with the count and its maximum.
    fn unexplained(&self) -> impl Iterator<Item = (Miss, u64, u64)> {
        Miss::ALL.into_iter().filter_map(|miss| {
            let may_be = match miss {
                Miss::AnswerLost => self.faults_of("gateway", |fault| fault == Fault::CutAfter),
                Miss::Killed => self.kills,
                Miss::Unavailable => self.faults_of("S3", |fault| fault != Fault::Slow),
                Miss::Other => 0,
            };
            let all = self.balance.misses.get(&miss).into_iter().flat_map(BTreeMap::values).sum();
            (all > may_be).then_some((miss, all, may_be))
        })
    }

    fn faults_of(&self, service: &str, which: impl Fn(Fault) -> bool) -> u64 {
        let counts = self.faults.iter().filter(|(name, _)| *name == service).flat_map(|(_, counts)| counts);
        counts.filter(|(fault, _)| which(**fault)).map(|(_, count)| count).sum()
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, title: &str, of: impl Fn(&str) -> u64) -> fmt::Result {
        self.cells(f, title, |vendor| Some(of(vendor)))
    }

    /// Writes a row. A vendor without a figure has no records with a life.
    fn cells(&self, f: &mut fmt::Formatter<'_>, title: &str, of: impl Fn(&str) -> Option<u64>) -> fmt::Result {
        write!(f, "| {title:<61} |")?;
        for vendor in &self.vendors {
            let cell = of(vendor).map_or_else(|| "no life".to_owned(), |figure| figure.to_string());
            write!(f, " {cell:>10} |")?;
        }
        writeln!(f, " {:>9} |", self.vendors.iter().filter_map(|vendor| of(vendor)).sum::<u64>())
    }

    fn deliveries(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {:<61} |", "")?;
        for vendor in &self.vendors {
            write!(f, " {vendor:>10} |")?;
        }
        writeln!(f, " {:>9} |", "all")?;
        writeln!(f, "|{}|{}{}:|", "-".repeat(63), "-----------:|".repeat(self.vendors.len()), "-".repeat(10))?;
        let Balance { outcomes, misses, .. } = &self.balance;
        self.row(f, "deliveries", |vendor| outcomes.values().filter_map(|by| by.get(vendor)).sum())?;
        for outcome in Outcome::ALL {
            self.row(f, &outcome.to_string(), |vendor| of(outcomes, outcome, vendor))?;
        }
        self.row(f, "posts, with those that were sent again", |vendor| self.posts.get(vendor).copied().unwrap_or(0))?;
        for miss in Miss::ALL {
            self.row(f, &miss.to_string(), |vendor| of(misses, miss, vendor))?;
        }
        for end in End::ALL {
            self.cells(f, &end.to_string(), |vendor| has_life(vendor).then(|| of(&self.ends, end, vendor)))?;
        }
        Ok(())
    }

    fn met(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        Ok(())
    }

    /// Writes the findings to investigate.
    fn wrong(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        for state in some(&self.wrong_states) {
            writeln!(f, "a record in another state than its vendor has: {state}")?;
        }
        for (miss, all, may_be) in self.unexplained() {
            writeln!(f, "{miss}: {all}, where the faults explain {may_be}")?;
        }
        if self.undelivered > 0 {
            let all = self.undelivered;
            writeln!(f, "still on a queue after a minute without progress, and so among the lost: {all}")?;
        }
        writeln!(f, "run it again: {}", self.options)
    }
}

impl fmt::Display for Report {
    /// Formats the report as Markdown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deliveries(f)?;
        writeln!(f)?;
        self.met(f)?;
        writeln!(f)?;
        writeln!(f, "| {:<51} | {:>9} |", "processes, messages, effects", "")?;
        writeln!(f, "|{}|{}:|", "-".repeat(53), "-".repeat(10))?;
        for (what, count) in &self.counts {
            writeln!(f, "| {what:<51} | {count:>9} |")?;
        }
        let repeated = "effects repeated by redeliveries without id or time";
        writeln!(f, "| {:<51} | {:>9} |", "events in effect", self.balance.events)?;
        writeln!(f, "| {repeated:<51} | {:>9} |", self.balance.repeated)?;
        let per_event = self.write_units as f64 / self.balance.events.max(1) as f64;
        writeln!(f, "| {:<51} | {per_event:>9.2} |", "write units of DynamoDB for each of them")?;
        writeln!(f)?;
        let (deliveries, took) = (self.options.deliveries, self.took.as_secs_f64());
        let (lost, twice, wrong) = (self.lost(), self.twice(), self.wrong_states.len());
        writeln!(f, "Lost: {lost}, twice: {twice}, wrong states: {wrong}; {deliveries} deliveries in {took:.0} s.")?;
        if !self.is_clean() {
            writeln!(f)?;
            self.wrong(f)?;
        }
        Ok(())
    }
}

fn of<K: Ord>(counts: &BTreeMap<K, BTreeMap<&'static str, u64>>, key: K, vendor: &str) -> u64 {
    counts.get(&key).and_then(|by| by.get(vendor)).copied().unwrap_or(0)
}

/// The first few, which are enough to investigate.
fn some<T>(all: &[T]) -> Vec<&T> {
    all.iter().take(10).collect()
}
