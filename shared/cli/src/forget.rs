//! Removes a stack's data about one record of a CRM: its item in the table of the sample consumer, dead letters,
//! quarantined webhooks and objects of the overflow store.
//!
//! The main queue is left to its consumer. The output contains no data of a record except its vendor, account, entity
//! and id.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, IsTerminal};

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use crm_event::{Entity, Event};
use crm_normalize::Vendor;
use crm_normalize::key::Subject;
use serde::Deserialize;

use crate::replay::From;
use crate::replay::item::{Content, Item};
use crate::replay::source::Source;
use crate::stack::{Aws, Stack};

/// The attribute of the consumer's table that identifies a record.
const TABLE_KEY: &str = "partitionkey";

/// One record of a CRM.
#[derive(Clone, Copy, Debug)]
pub struct RecordName<'a> {
    pub vendor: &'static Vendor,
    pub account: &'a str,
    pub entity: Entity,
    pub id: &'a str,
}

impl RecordName<'_> {
    /// The `partitionkey` of all its events.
    fn key(&self) -> String {
        let Self { vendor, account, entity, id } = *self;
        Subject { vendor: vendor.name, account, entity, record_id: id }.order_key()
    }
}

/// The result, by place. Other items that may be about the record are counted too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    is_removal: bool,
    pub places: Vec<Found>,
    /// Messages waiting on the main queue and on those of further consumers, as reported by SQS.
    pub waiting: usize,
}

/// Counts for one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub place: String,
    /// Items about this record only. They are removed.
    pub matching: usize,
    /// Items about this record and others. They are left.
    pub shared: usize,
    /// Items that are not understood, so they may be about the record. They are left.
    pub unknown: usize,
}

impl Report {
    pub fn new(is_removal: bool) -> Self {
        Self { is_removal, ..Self::default() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.is_removal { "removed" } else { "found" };
        writeln!(f, "{:<28} {verb:>8} {:>8} {:>8}", "place", "shared", "unknown")?;
        for Found { place, matching, shared, unknown } in &self.places {
            writeln!(f, "{place:<28} {matching:>8} {shared:>8} {unknown:>8}")?;
        }
        let sum = |count: fn(&Found) -> usize| self.places.iter().map(count).fold(0, usize::saturating_add);
        if sum(|found| found.shared) > 0 {
            writeln!(
                f,
                "\nshared: webhooks about other records too, left where they are. Replay them, then run this again."
            )?;
        }
        if sum(|found| found.unknown) > 0 {
            writeln!(f, "\nunknown: not understood, left where they are. Read them; they may be about the record.")?;
        }
        if self.waiting > 0 {
            writeln!(
                f,
                "\nAbout {} messages wait on the main queue or a consumer's. Run this again once they are consumed.",
                self.waiting
            )?;
        }
        if !self.is_removal {
            writeln!(f, "\nThis is what would be removed; nothing was. --yes does it.")?;
        }
        Ok(())
    }
}

/// Searches all places once, with the dead letters of the further consumers whose queues are given. Removes the items
/// about the record if the report is for a removal.
///
/// # Errors
/// If AWS cannot be reached or refuses. `report` has the work done until then.
pub async fn forget(
    stack: &Stack,
    consumer_queues: &[String],
    record: RecordName<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let aws = stack.aws().await;
    let key = record.key();
    report.waiting = waiting(&aws, &stack.queue_url).await?;
    if let Some(table) = &stack.view_table {
        let matching = usize::from(in_table(&aws, table, &key, report.is_removal).await?);
        report.places.push(Found { place: "table of records".to_owned(), matching, shared: 0, unknown: 0 });
    }
    let vendor = Some(record.vendor);
    for (place, from) in [("dead letters", From::DeadLetter), ("quarantine", From::Quarantine)] {
        in_source(Source::open(stack, &aws, from, vendor)?, place, record, &key, report).await?;
    }
    for queue_url in consumer_queues {
        report.waiting = report.waiting.saturating_add(waiting(&aws, queue_url).await?);
        let dead_letters = dead_letter_queue(&aws, queue_url).await?;
        let place = format!("dead letters of {}", queue_name(queue_url));
        in_source(Source::dead_letters(&aws, dead_letters), &place, record, &key, report).await?;
    }
    for (place, folder) in [
        ("overflow store, pending/", "pending"),
        ("overflow store, quarantine/", "quarantine"),
        ("overflow store, events/", "events"),
    ] {
        if let Some(source) = Source::folder(stack, &aws, folder, record.vendor) {
            in_source(source, place, record, &key, report).await?;
        }
    }
    Ok(())
}

async fn waiting(aws: &Aws, queue_url: &str) -> anyhow::Result<usize> {
    let names =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let request = aws.sqs().get_queue_attributes().queue_url(queue_url).set_attribute_names(Some(names.to_vec()));
    let answer = request.send().await.with_context(|| format!("cannot look at {queue_url}"))?;
    let number = |name| answer.attributes().and_then(|all| all.get(name)?.parse::<usize>().ok()).unwrap_or_default();
    Ok(names.iter().map(number).fold(0, usize::saturating_add))
}

/// The URL of the dead-letter queue that a queue's redrive policy names.
async fn dead_letter_queue(aws: &Aws, queue_url: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct RedrivePolicy {
        dead_letter_target_arn: String,
    }
    let name = QueueAttributeName::RedrivePolicy;
    let request = aws.sqs().get_queue_attributes().queue_url(queue_url).attribute_names(name.clone());
    let answer = request.send().await.with_context(|| format!("cannot look at {queue_url}"))?;
    let policy = answer.attributes().and_then(|all| all.get(&name)).map(|policy| serde_json::from_str(policy));
    let policy: RedrivePolicy = policy.with_context(|| format!("{queue_url} has no dead-letter queue"))??;
    // A queue and its dead-letter queue are of one account and region.
    let (place, _) = queue_url.rsplit_once('/').with_context(|| format!("{queue_url} is no queue's URL"))?;
    let arn = &policy.dead_letter_target_arn;
    let (_, name) = arn.rsplit_once(':').with_context(|| format!("{arn} is no queue's ARN"))?;
    Ok(format!("{place}/{name}"))
}

fn queue_name(queue_url: &str) -> &str {
    queue_url.rsplit_once('/').map_or(queue_url, |(_, name)| name)
}

/// True if the table has an item of the record.
async fn in_table(aws: &Aws, table: &str, key: &str, is_removal: bool) -> anyhow::Result<bool> {
    let table_key = || AttributeValue::S(key.to_owned());
    let client = aws.dynamodb();
    let request = client.get_item().table_name(table).key(TABLE_KEY, table_key()).consistent_read(true);
    let found = request.send().await.with_context(|| format!("cannot read the table {table}"))?.item.is_some();
    if found && is_removal {
        let request = client.delete_item().table_name(table).key(TABLE_KEY, table_key());
        request.send().await.with_context(|| format!("cannot delete from the table {table}"))?;
    }
    Ok(found)
}

async fn in_source(
    mut source: Source,
    place: &str,
    record: RecordName<'_>,
    key: &str,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut found = Found { place: place.to_owned(), matching: 0, shared: 0, unknown: 0 };
    let result = look_through(&mut source, record, key, report.is_removal, &mut found).await;
    report.places.push(found);
    // Make unchanged messages visible to other consumers again, also after a failure.
    source.release().await?;
    result
}

async fn look_through(
    source: &mut Source,
    record: RecordName<'_>,
    key: &str,
    is_removal: bool,
    found: &mut Found,
) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    loop {
        let batch = source.next().await?;
        // A batch without new items: only items that are left are still there.
        let fresh: Vec<_> = batch.into_iter().filter(|item| seen.insert(item.id.clone())).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        for item in fresh {
            let count = match about(&item, record, key) {
                About::Record => {
                    if is_removal {
                        source.remove(&item).await?;
                    }
                    &mut found.matching
                }
                About::Shared => &mut found.shared,
                About::Unknown => &mut found.unknown,
                About::Others => continue,
            };
            *count = count.saturating_add(1);
        }
        print_progress(&found.place, seen.len());
    }
}

#[expect(clippy::print_stderr, reason = "progress of a command line tool")]
fn print_progress(place: &str, items: usize) {
    if io::stderr().is_terminal() {
        eprintln!("{place}: {items} looked at");
    }
}

/// The records that an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Record,
    /// The record and others.
    Shared,
    Others,
    Unknown,
}

fn about(item: &Item, record: RecordName<'_>, key: &str) -> About {
    let is_about = |json: &String| serde_json::from_str::<Event<'_>>(json).map(|event| event.partitionkey == key);
    let events = match &item.content {
        Content::Unreadable => return About::Unknown,
        Content::Webhook(webhook) if webhook.vendor != record.vendor.name => return About::Others,
        // Unchanged, because the current translation may give it another key.
        Content::Event(json) => vec![json.clone()],
        Content::Webhook(_) => match item.plan(false) {
            // Some of many webhooks may be about the record and not be understood.
            Ok(plan) if plan.quarantined.is_empty() => plan.events,
            Ok(_) | Err(_) => return About::Unknown,
        },
    };
    let Ok(matches) = events.iter().map(is_about).collect::<Result<Vec<_>, _>>() else { return About::Unknown };
    match matches.iter().filter(|&&matches| matches).count() {
        0 => About::Others,
        number if number == matches.len() => About::Record,
        _ => About::Shared,
    }
}
