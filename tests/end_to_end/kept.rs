//! Messages that are quarantined or stored, and their replay to the queue.

use std::process::Command;

use anyhow::{Context, ensure};
use aws_sdk_sqs::types::Message as SqsMessage;
use crm_event::Event;
use crm_events::send::{self, Reply};
use crm_events::stack::Stack;
use crm_normalize::quarantine::Record;
use crm_normalize::{Quarantine, Reason, crm};
use crm_samples::{Answer, Webhook};
use serde_json::Value;
use tests::{binaries, root};

use crate::{Run, drain, now};

/// The results on the local stack, whose queues are empty before and after.
pub struct Kept {
    large: Reply,
    /// The message of the large event, and the object that it points to.
    pointer: SqsMessage,
    object: String,
    quarantine: Replayed,
    overflow: Replayed,
}

/// A replay of one quarantined or stored webhook.
struct Replayed {
    /// The id of the event that a first delivery would have put on the queue.
    id: String,
    looked: String,
    went: String,
    went_again: String,
    /// The messages on the main queue afterwards.
    messages: Vec<SqsMessage>,
}

impl Kept {
    pub fn run(stack: &Stack) -> anyhow::Result<Self> {
        let heffl = crm::find("heffl").context("heffl")?;
        let body = format!(r#"{{"event":"lead.created","payload":{{"id":"large","name":"{}"}}}}"#, "x".repeat(1 << 20));
        let large = Webhook { body: body.into(), ..Webhook::default() };
        let large = send::post(stack, heffl, &large.proven(heffl, now()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let aws = stack.aws().await;
            let pointer = drain(stack, &stack.queue_url, 1).await?.pop().context("no message of the large event")?;
            let place: Value = serde_json::from_str(pointer.body().context("no body")?)?;
            let text = |name: &str| place[1][name].as_str().context("no pointer").map(str::to_owned);
            let object = aws.s3().get_object().bucket(text("s3BucketName")?).key(text("s3Key")?).send().await?;
            let object = String::from_utf8(object.body.collect().await?.to_vec())?;

            // As quarantined by a version that did not know the event yet.
            let KeptWebhook { record, id, .. } = KeptWebhook::of_lead("quarantined", Reason::WrongEnvelope)?;
            aws.sqs().send_message().queue_url(&stack.quarantine_queue_url).message_body(record).send().await?;
            let quarantine = Replayed::run(stack, "quarantine", id).await?;

            let bucket = stack.overflow_bucket.as_deref().context("no overflow store")?;
            let KeptWebhook { record, id, .. } = KeptWebhook::of_lead("stored", Reason::QueueUnavailable)?;
            let put = aws.s3().put_object().bucket(bucket).key("pending/heffl/1.json");
            put.body(record.into_bytes().into()).send().await?;
            let overflow = Replayed::run(stack, "overflow", id).await?;
            Ok(Self { large, pointer, object, quarantine, overflow })
        })
    }
}

impl Replayed {
    async fn run(stack: &Stack, from: &str, id: String) -> anyhow::Result<Self> {
        let replay = |flag: &str| -> anyhow::Result<String> {
            let mut command = Command::new(binaries()?.join("crm-events"));
            command.args(["replay", from, flag, "--stack"]).arg(root().join("target/end-to-end/stack.json"));
            let output = command.output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Ok(String::from_utf8(output.stdout)?)
        };
        let (looked, went, went_again) = (replay("--dry-run")?, replay("--confirm")?, replay("--confirm")?);
        Ok(Self { id, looked, went, went_again, messages: drain(stack, &stack.queue_url, 1).await? })
    }

    /// Checks that it was shown, was sent once, and equals the event of a first delivery.
    fn check(&self) -> anyhow::Result<()> {
        ensure!(self.looked.contains("Nothing was moved"), "{}", self.looked);
        ensure!(self.went.contains("to the main queue"), "{}", self.went);
        ensure!(self.went_again.contains("nothing to replay"), "{}", self.went_again);
        let [message] = &self.messages[..] else { anyhow::bail!("{} messages", self.messages.len()) };
        let event: Event<'_> = serde_json::from_str(message.body().context("no body")?)?;
        ensure!(self.id == *event.id, "{}", event.id);
        Ok(())
    }
}

/// A webhook about a lead, as it is in the quarantine and the overflow store.
pub struct KeptWebhook {
    /// Its record.
    pub record: String,
    /// The event that a first delivery would have put on the queue.
    pub event: String,
    /// The id of the event.
    pub id: String,
}

impl KeptWebhook {
    pub fn of_lead(lead: &str, reason: Reason) -> anyhow::Result<Self> {
        let heffl = crm::find("heffl").context("heffl")?;
        let body = format!(r#"{{"event":"lead.created","payload":{{"id":"{lead}"}}}}"#);
        // The time of receipt is in the event's id, because the body has none.
        let received_at = now();
        let webhook = Webhook { body: body.into(), ..Webhook::default() }.proven(heffl, received_at);
        let verified = webhook.verified(heffl, received_at)?;
        let record = Record::new(&verified, &Quarantine::new(reason, "kept for a test"));
        let (answer, _) = webhook.answer(heffl, received_at)?;
        let Answer::Accepted { events } = answer else { anyhow::bail!("no event") };
        let event = events.first().context("no event")?;
        Ok(Self {
            record: serde_json::to_string(&record)?,
            event: serde_json::to_string(event)?,
            id: event.id.to_string(),
        })
    }
}

pub fn an_event_larger_than_a_message_is_a_pointer_to_the_overflow_store(run: &Run) -> anyhow::Result<()> {
    let Kept { large, pointer, object, .. } = &run.kept;
    ensure!(large.status == 200, "{large:?}");
    let answer: Value = serde_json::from_str(&large.body)?;
    let event: Event<'_> = serde_json::from_str(object)?;
    ensure!(answer["events"][0] == *event.id, "{answer}");
    let size = pointer.message_attributes().and_then(|all| all.get("ExtendedPayloadSize")?.string_value());
    ensure!(size == Some(object.len().to_string().as_str()), "{size:?}");
    Ok(())
}

pub fn what_was_quarantined_and_is_understood_now_is_replayed_once(run: &Run) -> anyhow::Result<()> {
    run.kept.quarantine.check()
}

pub fn what_was_stored_while_sqs_was_away_is_replayed_once(run: &Run) -> anyhow::Result<()> {
    run.kept.overflow.check()
}
