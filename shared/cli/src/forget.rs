//! Removes a stack's data about one record of a CRM: its item in the table of the sample consumer, dead letters,
//! quarantined webhooks and objects of the overflow store.
//!
//! The main queue is left to its consumer. The output contains no data of a record except its vendor, account, entity
//! and id.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal};

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use crm_event::{Entity, Event};
use crm_normalize::Vendor;
use crm_normalize::key::Subject;
use serde::Deserialize;

use crate::replay::item::{Content, Item};
use crate::replay::source::{Counts, Source, interruptible};
use crate::replay::{StoredIn, Unseen};
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
        let account = vendor.canonical_account.map_or(Cow::Borrowed(account), |canonical| canonical(account));
        Subject { vendor: vendor.name, account: &account, entity, record_id: id }.order_key()
    }
}

/// The result, by place. Other items that may be about the record are counted too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    is_removal: bool,
    /// True if every place was searched.
    is_complete: bool,
    /// The `partitionkey` of the record's events.
    key: String,
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
    /// Messages that were not looked at.
    pub unseen: Unseen,
}

impl Report {
    pub fn new(is_removal: bool) -> Self {
        Self { is_removal, ..Self::default() }
    }
}

impl Found {
    fn new(place: &str) -> Self {
        Self { place: place.to_owned(), matching: 0, shared: 0, unknown: 0, unseen: Unseen::default() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.is_removal { "removed" } else { "found" };
        writeln!(f, "{:<28} {verb:>8} {:>8} {:>8}", "place", "shared", "unknown")?;
        for Found { place, matching, shared, unknown, .. } in &self.places {
            writeln!(f, "{place:<28} {matching:>8} {shared:>8} {unknown:>8}")?;
        }
        let sum = |count: fn(&Found) -> usize| self.places.iter().map(count).fold(0, usize::saturating_add);
        let matching = sum(|found| found.matching);
        let shared = sum(|found| found.shared);
        let all_seen = self.is_complete && self.places.iter().all(|found| found.unseen == Unseen::default());
        if all_seen && matching == 0 && shared == 0 {
            writeln!(
                f,
                "\nNothing about {} was found. Compare it with the partitionkey of one of the record's events: the \
                 account, the entity or the id may differ.",
                self.key
            )?;
        }
        if shared > 0 {
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
        if !self.is_removal && matching > 0 {
            writeln!(f, "\nNothing was removed. Run this again with --yes to remove the items found.")?;
        }
        for Found { place, unseen, .. } in &self.places {
            unseen.write(f, place, self.is_removal, "--yes")?;
        }
        Ok(())
    }
}

/// Searches all places once, with the dead letters of the further consumers whose queues are given. Removes the items
/// about the record if the report is for a removal.
///
/// # Errors
/// If AWS cannot be reached or refuses, or after Ctrl-C. `report` has the work done until then.
pub async fn forget(
    stack: &Stack,
    consumer_queues: &[String],
    record: RecordName<'_>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let aws = stack.aws().await;
    let key = record.key();
    report.key.clone_from(&key);
    report.waiting = interruptible(Counts::of(&aws.sqs(), &stack.queue_url)).await?.sum();
    if let Some(table) = &stack.view_table {
        let matching = usize::from(interruptible(in_table(&aws, table, &key, report.is_removal)).await?);
        report.places.push(Found { matching, ..Found::new("table of records") });
    }
    let vendor = Some(record.vendor);
    for (place, stored_in) in [("dead letters", StoredIn::DeadLetter), ("quarantine", StoredIn::Quarantine)] {
        in_source(Source::open(stack, &aws, stored_in, vendor)?, place, record, &key, report).await?;
    }
    for queue_url in consumer_queues {
        let waiting = interruptible(Counts::of(&aws.sqs(), queue_url)).await?.sum();
        report.waiting = report.waiting.saturating_add(waiting);
        let dead_letters = interruptible(dead_letter_queue(&aws, queue_url)).await?;
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
    report.is_complete = true;
    Ok(())
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
    let mut found = Found::new(place);
    let result = interruptible(look_through(&mut source, record, key, report.is_removal, &mut found)).await;
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
    let at_start = source.counts().await?;
    let mut looked_at = 0_usize;
    loop {
        let batch = source.next().await?;
        if batch.is_empty() {
            found.unseen = source.unseen(at_start).await?;
            return Ok(());
        }
        looked_at = looked_at.saturating_add(batch.len());
        for item in batch {
            let count = match relation(&item, record, key) {
                Relation::Only => {
                    if is_removal {
                        source.remove(&item).await?;
                    }
                    &mut found.matching
                }
                Relation::Shared => &mut found.shared,
                Relation::Unknown => &mut found.unknown,
                Relation::None => continue,
            };
            *count = count.saturating_add(1);
        }
        print_progress(&found.place, looked_at);
    }
}

#[expect(clippy::print_stderr, reason = "progress of a command line tool")]
fn print_progress(place: &str, items: usize) {
    if io::stderr().is_terminal() {
        eprintln!("{place}: {items} looked at");
    }
}

/// The relation of an item to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// About the record only.
    Only,
    /// About the record and others.
    Shared,
    /// About others, or without data.
    None,
    Unknown,
}

fn relation(item: &Item, record: RecordName<'_>, key: &str) -> Relation {
    let is_about = |json: &String| serde_json::from_str::<Event<'_>>(json).map(|event| event.partitionkey == key);
    let events = match &item.content {
        Content::Unreadable => return Relation::Unknown,
        // The data was in the object.
        Content::Gone => return Relation::None,
        Content::Webhook(webhook) if webhook.vendor != record.vendor.name => return Relation::None,
        // Unchanged, because the current translation may give it another key.
        Content::Event(json) => vec![json.clone()],
        Content::Webhook(_) => match item.plan(false) {
            // Some of many webhooks may be about the record and not be understood.
            Ok(plan) if plan.quarantined.is_empty() => plan.events,
            Ok(_) | Err(_) => return Relation::Unknown,
        },
    };
    let Ok(matches) = events.iter().map(is_about).collect::<Result<Vec<_>, _>>() else { return Relation::Unknown };
    match matches.iter().filter(|&&matches| matches).count() {
        0 => Relation::None,
        number if number == matches.len() => Relation::Only,
        _ => Relation::Shared,
    }
}
