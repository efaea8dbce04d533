//! `crm-events forget` on the local stack: a record in every place that a stack keeps records in.

use std::process::Command;

use anyhow::{Context, ensure};
use crm_events::stack::Stack;
use crm_normalize::Reason;
use tests::binaries;

use crate::kept::KeptWebhook;

/// The places, as `forget` names them.
const PLACES: [&str; 6] = [
    "table of records",
    "dead letters",
    "quarantine",
    "overflow store, pending/",
    "overflow store, quarantine/",
    "overflow store, events/",
];

/// The output of `forget`: of the dry run, of the removal, and of a dry run afterwards.
pub struct Forgotten {
    looked: String,
    removed: String,
    looked_again: String,
}

impl Forgotten {
    /// Puts a lead, whose item is in the table already, into the other places, and forgets it.
    pub async fn run(stack: &Stack, stack_file: &std::path::Path, lead: &str) -> anyhow::Result<Self> {
        let aws = stack.aws().await;
        let KeptWebhook { record, event, id } = KeptWebhook::of_lead(lead, Reason::WrongEnvelope)?;
        let sqs = aws.sqs();
        let send = sqs.send_message().queue_url(&stack.dead_letter_queue_url).message_body(&event);
        send.message_group_id(lead).message_deduplication_id(id).send().await?;
        sqs.send_message().queue_url(&stack.quarantine_queue_url).message_body(&record).send().await?;
        let bucket = stack.overflow_bucket.as_deref().context("no overflow store")?;
        for (folder, body) in [("pending", &record), ("quarantine", &record), ("events", &event)] {
            let put = aws.s3().put_object().bucket(bucket).key(format!("{folder}/heffl/forget.json"));
            put.body(body.clone().into_bytes().into()).send().await?;
        }
        let forget = |flag: &str| -> anyhow::Result<String> {
            let mut command = Command::new(binaries()?.join("crm-events"));
            command.args(["forget", "heffl", "default", "lead", lead, flag, "--stack"]).arg(stack_file);
            let output = command.output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Ok(String::from_utf8(output.stdout)?)
        };
        Ok(Self { looked: forget("--dry-run")?, removed: forget("--yes")?, looked_again: forget("--dry-run")? })
    }

    /// It was found once in each place, removed from each, and then in none.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.looked.contains("--yes"), "{}", self.looked);
        ensure!(!self.removed.contains("--yes"), "{}", self.removed);
        for (text, expected) in [(&self.looked, "1"), (&self.removed, "1"), (&self.looked_again, "0")] {
            for place in PLACES {
                let line = text.lines().find_map(|line| line.strip_prefix(place));
                let found = line.and_then(|rest| rest.split_whitespace().next());
                ensure!(found == Some(expected), "{place}: {found:?}, not {expected}: {text}");
            }
        }
        Ok(())
    }
}
