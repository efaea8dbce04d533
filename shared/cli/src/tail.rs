//! Watching a queue: events as they come, for a person to read.

use std::io::{self, Write};

use anyhow::Context;
use crm_event::Event;

use crate::stack::Stack;

/// Takes events off the main queue and prints each, until the process is stopped.
///
/// # Errors
/// Where the queue cannot be read.
pub async fn tail(stack: &Stack) -> anyhow::Result<()> {
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
