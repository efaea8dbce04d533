//! Prints events as they arrive, for a person to read.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Context, ensure};
use crm_event::Event;
use serde_json::{Value, json};

use crate::stack::Stack;

/// Pause between two reads of the sample consumer's table.
const EVERY: Duration = Duration::from_secs(1);

/// Prints each event until the process is stopped. If the sample consumer is deployed, it takes the events off the main
/// queue; then this prints each record of its table that an event changes from now on.
///
/// # Errors
/// If the queue or the table cannot be read.
pub async fn tail(stack: &Stack) -> anyhow::Result<()> {
    match &stack.view_table {
        Some(table) => tail_view(stack, table).await,
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
            writeln!(io::stdout(), "{}", readable(message.body().unwrap_or_default()))?;
            let handle = message.receipt_handle().unwrap_or_default();
            sqs.delete_message().queue_url(&stack.queue_url).receipt_handle(handle).send().await?;
        }
    }
}

/// Prints each record that an event changes from now on. Earlier records are not printed: the samples of `make run`
/// alone are hundreds.
async fn tail_view(stack: &Stack, table: &str) -> anyhow::Result<()> {
    let key = |item: &Value| format!("{} {}", text(item, "source"), text(item, "subject"));
    let effects = |item: &Value| text(item, "effects").to_owned();
    let mut known: BTreeMap<String, String> =
        scan(stack, table)?.iter().map(|item| (key(item), effects(item))).collect();
    writeln!(io::stderr(), "waiting for events; the console shows what has arrived so far")?;
    loop {
        tokio::time::sleep(EVERY).await;
        let mut changed: Vec<_> = scan(stack, table)?
            .into_iter()
            .filter(|item| known.insert(key(item), effects(item)) != Some(effects(item)))
            .collect();
        changed.sort_by(|one, other| text(one, "time").cmp(text(other, "time")));
        for item in &changed {
            let record: Value = serde_json::from_str(text(item, "record")).unwrap_or_default();
            let record = serde_json::to_string_pretty(&record)?;
            let [time, event_type, id] = ["time", "type", "event_id"].map(|name| text(item, name));
            writeln!(io::stdout(), "{time} {event_type} {id}\n{record}")?;
        }
    }
}

/// A text or a number of an item.
fn text<'i>(item: &'i Value, name: &str) -> &'i str {
    let types = item.get(name).and_then(Value::as_object).into_iter().flat_map(|types| types.values());
    types.filter_map(Value::as_str).next().unwrap_or_default()
}

/// All items of a table of the local stack, whose emulator accepts unsigned requests.
fn scan(stack: &Stack, table: &str) -> anyhow::Result<Vec<Value>> {
    let endpoint = stack.endpoint_url.as_deref().context("only a local stack can be watched this way")?;
    let mut items = Vec::new();
    let mut request = json!({ "TableName": table });
    loop {
        let mut response = ureq::post(endpoint)
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header("content-type", "application/x-amz-json-1.0")
            .send(request.to_string())
            .context("cannot read the table")?;
        let mut page: Value = serde_json::from_str(&response.body_mut().read_to_string()?)?;
        let found = page.get_mut("Items").and_then(Value::as_array_mut);
        items.append(found.context("the response of the table has no items")?);
        let Some(last) = page.get("LastEvaluatedKey") else { return Ok(items) };
        ensure!(last.is_object(), "the response of the table has no next page");
        request = json!({ "TableName": table, "ExclusiveStartKey": last });
    }
}

/// An event's envelope in one line, its record below.
fn readable(body: &str) -> String {
    let event: Event<'_> = match serde_json::from_str(body) {
        Ok(event) => event,
        Err(error) => return format!("not a canonical event ({error}): {body}"),
    };
    let record = serde_json::to_string_pretty(&event.data.record).unwrap_or_default();
    let changed: Vec<_> = event.data.changes.iter().map(|change| &*change.field).collect();
    let changes = if changed.is_empty() { String::new() } else { format!("\nchanged: {}", changed.join(", ")) };
    format!("{} {} {}\n{record}{changes}", event.time, event.event_type, event.id)
}
