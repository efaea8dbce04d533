//! Replays stored items: translates webhooks from the quarantine or the overflow store, or dead letters, again and
//! sends their events to the main queue.
//!
//! An item is removed only after SQS has confirmed its events. If a replay is interrupted, the next one continues, and
//! events that were sent twice have one key. The keys are those of the first delivery.

pub(crate) mod item;
mod report;
pub(crate) mod source;

use std::io::{self, IsTerminal};
use std::time::Duration;

use anyhow::Context;
use crm_event::Event;
use crm_ingest::{Destination, Queues, TimeLimit};
use crm_normalize::{Vendor, key};
use jiff::Timestamp;

use crate::stack::Stack;
use item::{Item, LeftReason};
pub use report::{Outcome, Report, Unseen};
use source::{Source, interruptible};

/// The place of the stored items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum StoredIn {
    /// Authentic webhooks that were not understood.
    Quarantine,
    /// Events that a consumer failed on again and again.
    DeadLetter,
    /// Webhooks that arrived while SQS was unreachable.
    Overflow,
}

/// Options of a replay.
#[derive(Clone, Debug)]
pub struct Options {
    pub from: StoredIn,
    /// False only shows the items.
    pub confirm: bool,
    /// Maximum number of items.
    pub limit: Option<usize>,
    /// The number of items whose body is shown.
    pub show: usize,
    pub vendor: Option<&'static Vendor>,
    /// Only items stored at or after this time.
    pub since: Option<Timestamp>,
    /// The nonce of the new keys, to let events take effect once more.
    pub again: Option<String>,
    /// True if events carry the vendor's JSON.
    pub include_raw: bool,
}

/// The form of the nonce of `--again`.
const NONCE: &str = "--again: expected 1 to 32 letters, digits or hyphens";

/// Checks a nonce before anything is read.
///
/// # Errors
/// If it cannot end an event's key. The empty one stands for the time.
pub fn nonce(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || key::again("", "", text).is_some() { Ok(text.to_owned()) } else { Err(NONCE) }
}

/// SQS drops a message whose deduplication id it saw within [five
/// minutes](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html),
/// without an error. An event sent again within that time would be lost from both queues.
const DEDUPLICATION: Duration = Duration::from_secs(5 * 60);

/// Replays all items once.
///
/// # Errors
/// If AWS cannot be reached or refuses an event. `report` has the work done until then.
pub async fn replay(stack: &Stack, options: &Options, now: Timestamp, report: &mut Report) -> anyhow::Result<()> {
    let aws = stack.aws().await;
    let queues = Queues::new(&Destination {
        queue_url: stack.queue_url.clone(),
        quarantine_queue_url: stack.quarantine_queue_url.clone(),
        overflow_bucket: stack.overflow_bucket.clone(),
        time_limit: TimeLimit::MAX,
        aws: aws.for_functions().await?,
    });
    let mut source = Source::open(stack, &aws, options.from, options.vendor)?;
    let result = interruptible(all(&mut source, options, now, &queues, report)).await;
    // Also after a failure. Otherwise the next run would not find the messages.
    source.release().await?;
    result
}

async fn all(
    source: &mut Source,
    options: &Options,
    now: Timestamp,
    queues: &Queues,
    report: &mut Report,
) -> anyhow::Result<()> {
    let at_start = source.counts().await?;
    report.approximate_count = at_start.map(|counts| counts.waiting);
    loop {
        let batch = source.next().await?;
        if batch.is_empty() {
            report.unseen = source.unseen(at_start).await?;
            return Ok(());
        }
        for item in batch {
            if options.limit.is_some_and(|limit| report.items >= limit) {
                return Ok(());
            }
            if let Some(outcome) = one(&item, options, now, queues, source).await? {
                if report.items < options.show {
                    report.shown.push(item.shown());
                }
                report.count(&item, outcome, io::stderr().is_terminal());
            }
        }
    }
}

/// Replays one item. Returns its outcome; `None` if it is not selected.
async fn one(
    item: &Item,
    options: &Options,
    now: Timestamp,
    queues: &Queues,
    source: &Source,
) -> anyhow::Result<Option<Outcome>> {
    let wanted = options.vendor.is_none_or(|vendor| vendor.name == item.vendor)
        && options.since.is_none_or(|since| item.stored_at.is_some_and(|at| at >= since));
    if !wanted {
        return Ok(None);
    }
    let plan = match item.plan(options.include_raw) {
        Ok(plan) => plan,
        Err(reason) => return Ok(Some(Outcome::Left(reason))),
    };
    let events = plan.events.iter().map(|json| serde_json::from_str::<Event<'_>>(json));
    let mut events = events.collect::<Result<Vec<_>, _>>()?;
    let is_understood = !events.is_empty() || plan.ignored > 0;
    if !is_understood && options.from != StoredIn::Overflow {
        return Ok(Some(Outcome::Left(LeftReason::NotUnderstood)));
    }
    let young = |at: Timestamp| now.duration_since(at).unsigned_abs() < DEDUPLICATION;
    match &options.again {
        Some(nonce) => {
            for event in &mut events {
                let id = key::again(&event.data.vendor, &event.id, nonce).context(NONCE)?;
                event.id = id.into();
            }
        }
        None if options.from == StoredIn::DeadLetter && item.stored_at.is_some_and(young) => {
            return Ok(Some(Outcome::Left(LeftReason::TooYoung)));
        }
        None => {}
    }
    if options.confirm {
        queues.publish(&events, None).await.context("the main queue did not accept an event")?;
        queues.quarantine(&plan.quarantined, None).await.context("the quarantine queue did not accept a webhook")?;
    }
    let outcome = match (events.len(), plan.quarantined.len()) {
        (0, 0) => Outcome::Ignored,
        (0, _) => Outcome::Quarantined,
        (events, _) => Outcome::Sent(events),
    };
    if options.confirm {
        source.remove(item).await?;
    }
    Ok(Some(outcome))
}
