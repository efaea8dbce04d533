//! Prints events as they arrive, for a person to read.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use crm_event::Event;
use serde_json::Value;

use crate::stack::Stack;
use crate::terminal::for_terminal;

/// Pause between two reads of the sample consumer's table.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

type Item = HashMap<String, AttributeValue>;

/// Prints each event of the local stack until the process is stopped. If the sample consumer is deployed, it takes the
/// events off the main queue; then this prints each record of its table that an event changes from now on.
///
/// # Errors
/// If the stack is on AWS, or the queue or the table cannot be read.
pub async fn tail(stack: &Stack) -> anyhow::Result<()> {
    ensure!(
        stack.endpoint_url.is_some(),
        "tail is for the local stack only: on AWS it would take the events off the main queue before your consumer \
         gets them"
    );
    match &stack.view_table {
        Some(table) => tail_table(stack, table).await,
        None => tail_queue(stack).await,
    }
}

/// Takes events off the main queue and prints each.
async fn tail_queue(stack: &Stack) -> anyhow::Result<()> {
    let sqs = stack.aws().await.sqs();
    loop {
        let batch = sqs
            .receive_message()
            .queue_url(&stack.queue_url)
            .max_number_of_messages(10)
            .wait_time_seconds(20)
            .send()
            .await
            .context("cannot read the queue")?;
        for message in batch.messages() {
            writeln!(io::stdout(), "{}", for_terminal(&readable_event(message.body().unwrap_or_default())))?;
            let handle = message.receipt_handle().unwrap_or_default();
            sqs.delete_message().queue_url(&stack.queue_url).receipt_handle(handle).send().await?;
        }
    }
}

/// Prints each record that an event changes from now on. Earlier records are not printed: the samples of `make run`
/// alone are hundreds.
async fn tail_table(stack: &Stack, table: &str) -> anyhow::Result<()> {
    let client = stack.aws().await.dynamodb();
    let key = |item: &Item| text(item, "partitionkey").to_owned();
    let effects = |item: &Item| text(item, "effects").to_owned();
    let items = scan(&client, table).await?;
    let mut known: BTreeMap<String, String> = items.iter().map(|item| (key(item), effects(item))).collect();
    writeln!(io::stderr(), "waiting for events; the console shows what has arrived so far")?;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let mut changed: Vec<_> = scan(&client, table)
            .await?
            .into_iter()
            .filter(|item| known.insert(key(item), effects(item)) != Some(effects(item)))
            .collect();
        changed.sort_by(|one, other| text(one, "time").cmp(text(other, "time")));
        for item in &changed {
            writeln!(io::stdout(), "{}", for_terminal(&readable_item(item)))?;
        }
    }
}

/// A text or a number of an item.
fn text<'i>(item: &'i Item, name: &str) -> &'i str {
    let value = item.get(name).and_then(|value| value.as_s().or_else(|_| value.as_n()).ok());
    value.map(String::as_str).unwrap_or_default()
}

async fn scan(client: &aws_sdk_dynamodb::Client, table: &str) -> anyhow::Result<Vec<Item>> {
    let items = client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    items.collect::<Result<Vec<_>, _>>().await.with_context(|| format!("cannot read the table {table}"))
}

/// The latest event of a record in one line, the record below.
fn readable_item(item: &Item) -> String {
    let record: Value = serde_json::from_str(text(item, "record")).unwrap_or_default();
    let [time, event_type, id] = ["time", "type", "event_id"].map(|name| text(item, name));
    format!("{time} {event_type} {id}\n{record:#}")
}

/// An event's envelope in one line, its record below.
fn readable_event(body: &str) -> String {
    let event: Event<'_> = match serde_json::from_str(body) {
        Ok(event) => event,
        Err(error) => return format!("not a canonical event ({error}): {body}"),
    };
    let record = serde_json::to_string_pretty(&event.data.record).unwrap_or_default();
    let changed: Vec<_> = event.data.changes.iter().map(|change| &*change.field).collect();
    let changes = if changed.is_empty() { String::new() } else { format!("\nchanged: {}", changed.join(", ")) };
    format!("{} {} {}\n{record}{changes}", event.time, event.event_type, event.id)
}
