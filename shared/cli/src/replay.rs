//! Sending again what was kept: from the quarantine, the dead letters or the overflow store, through the present
//! normalizer, to the main queue.
//!
//! An item goes from where it was kept only after SQS has confirmed its events. Whatever stops a replay in the middle,
//! the next one goes on from there, and what went twice has one key. The keys are those of a first delivery.

pub(crate) mod item;
mod report;
pub(crate) mod source;

use std::collections::HashSet;
use std::io::{self, IsTerminal};
use std::time::Duration;

use anyhow::Context;
use crm_event::Event;
use crm_ingest::{Destination, Queues};
use crm_normalize::{Vendor, key};
use jiff::Timestamp;

use crate::stack::Stack;
use item::{Item, Plan, Why};
pub use report::{Outcome, Report};
use source::Source;

/// Where what was kept is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum From {
    /// Authentic webhooks that were not understood.
    Quarantine,
    /// Events that a consumer failed on again and again.
    DeadLetter,
    /// Webhooks that came while SQS was out of reach.
    Overflow,
}

/// What to send again, and whether to.
#[derive(Clone, Debug)]
pub struct Options {
    pub from: From,
    /// Otherwise only look.
    pub confirm: bool,
    /// The most items.
    pub limit: Option<usize>,
    pub vendor: Option<&'static Vendor>,
    /// Only what was kept at or after this time.
    pub since: Option<Timestamp>,
    /// The nonce of keys for one more effect.
    pub again: Option<String>,
    /// Whether events carry the vendor's JSON.
    pub include_raw: bool,
}

/// SQS drops a message whose deduplication id it saw within
/// [five minutes](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html),
/// and says nothing: an event sent again within them would be gone from both queues.
const DEDUPLICATION: Duration = Duration::from_secs(5 * 60);

/// Goes through all that was kept, once.
///
/// # Errors
/// Where AWS cannot be reached or does not take an event. What was done until then is in `report`.
pub async fn replay(stack: &Stack, options: &Options, now: Timestamp, report: &mut Report) -> anyhow::Result<()> {
    let aws = stack.aws().await;
    let queues = Queues::new(&Destination {
        queue_url: stack.queue_url.clone(),
        quarantine_queue_url: stack.quarantine_queue_url.clone(),
        overflow_bucket: stack.overflow_bucket.clone(),
        aws: aws.for_functions().await?,
    });
    let mut source = Source::open(stack, &aws, options.from, options.vendor)?;
    report.about = source.about().await?;
    let mut seen = HashSet::new();
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    'batches: loop {
        let batch = tokio::select! {
            batch = source.next() => batch?,
            _ = &mut interrupted => break,
        };
        // A batch of nothing new: all that is left is what this replay leaves where it is.
        let fresh: Vec<_> = batch.into_iter().filter(|item| seen.insert(item.id.clone())).collect();
        if fresh.is_empty() {
            break;
        }
        for item in fresh {
            if options.limit.is_some_and(|limit| report.items >= limit) {
                break 'batches;
            }
            if let Some(outcome) = one(&item, options, now, &queues, &source).await? {
                report.count(&item, outcome, io::stderr().is_terminal());
            }
        }
    }
    source.release().await
}

/// What becomes of one item; none where it is not asked for.
async fn one(
    item: &Item,
    options: &Options,
    now: Timestamp,
    queues: &Queues,
    source: &Source,
) -> anyhow::Result<Option<Outcome>> {
    let wanted = options.vendor.is_none_or(|vendor| vendor.name == item.vendor)
        && options.since.is_none_or(|since| item.kept_at.is_some_and(|at| at >= since));
    if !wanted {
        return Ok(None);
    }
    let plan = match item.plan(options.include_raw) {
        Ok(plan) => plan,
        Err(why) => return Ok(Some(Outcome::Left(why))),
    };
    let outcome = match plan {
        Plan::Ignored => Outcome::Ignored,
        Plan::Quarantine(message) if options.from == From::Overflow => {
            if options.confirm {
                queues.quarantine(&message, None).await.context("the quarantine queue did not take a webhook")?;
            }
            Outcome::Quarantined
        }
        Plan::Quarantine(_) => return Ok(Some(Outcome::Left(Why::NotUnderstood))),
        Plan::Events(jsons) => {
            let events = jsons.iter().map(|json| serde_json::from_str::<Event<'_>>(json));
            let mut events = events.collect::<Result<Vec<_>, _>>()?;
            let young = |at: Timestamp| now.duration_since(at).unsigned_abs() < DEDUPLICATION;
            match &options.again {
                Some(nonce) => {
                    for event in &mut events {
                        let id = key::again(&event.data.vendor, &event.id, nonce).context("not a nonce")?;
                        event.id = id.into();
                    }
                }
                None if options.from == From::DeadLetter && item.kept_at.is_some_and(young) => {
                    return Ok(Some(Outcome::Left(Why::TooYoung)));
                }
                None => {}
            }
            if options.confirm {
                queues.publish(&events, None).await.context("the main queue did not take an event")?;
            }
            Outcome::Sent(events.len())
        }
    };
    if options.confirm {
        source.remove(item).await?;
    }
    Ok(Some(outcome))
}
