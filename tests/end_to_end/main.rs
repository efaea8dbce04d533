//! The whole system: the template deployed on the local stack, every case posted over HTTP, the messages read from SQS.
//!
//! The stack is started once, and everything is posted and collected once. Each property is then a test of its own.
#![expect(clippy::indexing_slicing, reason = "an index of a JSON value cannot panic")]
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
#![expect(clippy::print_stderr, reason = "a long run says what it does")]

mod consumer;
mod forget;
mod kept;
mod local_stack;
mod rotation;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use crm_event::{Event, TimeSource};
use crm_events::check::Route;
use crm_events::send::{self, Reply, Sent};
use crm_events::stack::Stack;
use crm_normalize::crm::{self, AnswerForm};
use crm_samples::{Answer, Case, Webhook};
use jiff::Timestamp;
use kept::Kept;
use libtest_mimic::{Arguments, Failed, Trial};
use local_stack::LocalStack;
use rotation::Rotation;
use serde_json::Value;
use tests::events;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let run = Arc::new(LazyRun::default());
    let test = |name: &str, check: fn(&Run) -> anyhow::Result<()>| {
        let run = run.clone();
        Trial::test(name, move || check(run.get()?).map_err(|error| Failed::from(format!("{error:#}"))))
    };
    let mut trials = vec![
        test("a_redelivery_is_dropped_by_sqs", a_redelivery_is_dropped_by_sqs),
        test("a_forged_webhook_gets_401_and_leaves_no_message", a_forged_webhook_gets_401_and_leaves_no_message),
        test("an_account_in_the_path_has_its_own_secrets_and_ids", an_account_in_the_path_has_its_own_secrets_and_ids),
        test("bytes_that_are_no_text_are_kept_as_they_are", bytes_that_are_no_text_are_kept_as_they_are),
        test("nothing_else_is_on_the_queues", nothing_else_is_on_the_queues),
        test(
            "an_event_larger_than_a_message_is_a_pointer_to_the_overflow_store",
            kept::an_event_larger_than_a_message_is_a_pointer_to_the_overflow_store,
        ),
        test(
            "what_was_quarantined_and_is_understood_now_is_replayed_once",
            kept::what_was_quarantined_and_is_understood_now_is_replayed_once,
        ),
        test(
            "what_was_stored_while_sqs_was_away_is_replayed_once",
            kept::what_was_stored_while_sqs_was_away_is_replayed_once,
        ),
        test("no_route_answers_404", no_route_answers_404),
        test("a_slash_at_the_end_of_the_url_does_not_count", a_slash_at_the_end_of_the_url_does_not_count),
        test("a_secret_is_rotated_without_a_deployment", |run| run.rotation.check()),
        test("the_consumer_in_typescript_understands_an_event", |run| understands(&run.typescript)),
        test("the_consumer_in_python_understands_an_event", |run| understands(&run.python)),
        test("check_finds_every_route_working_with_every_proof", check_finds_every_route_working_with_every_proof),
        test("check_says_which_secret_is_wrong", check_says_which_secret_is_wrong),
        test("no_secret_and_nothing_of_a_body_is_in_the_logs", no_secret_and_nothing_of_a_body_is_in_the_logs),
    ];
    for case in Case::all(&events())? {
        let run = run.clone();
        let name = format!("{}::{}", case.vendor.name, case.name);
        trials.push(Trial::test(name, move || {
            check_case(run.get()?, &case).map_err(|error| Failed::from(format!("{error:#}")))
        }));
    }
    // The first test makes one thread wait for the run. These have a stack of their own, for the other thread meanwhile.
    trials.splice(1..1, consumer::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(run);
    conclusion.exit()
}

/// All requests and all results.
struct Run {
    /// The requests by vendor and name of the case.
    sent: BTreeMap<(String, String), Sent>,
    forged: Vec<Reply>,
    no_route: Reply,
    account: Reply,
    /// To `/webhooks/heffl/acme/` and to `/webhooks/heffl/`.
    slashes: (Reply, Reply),
    binary: Reply,
    redelivered: (Reply, Reply),
    /// Messages of the main queue by deduplication id.
    events: BTreeMap<String, Vec<Message>>,
    quarantined: Vec<Message>,
    kept: Kept,
    rotation: Rotation,
    /// The results of the consumers in other languages.
    typescript: anyhow::Result<types::Consumed>,
    python: anyhow::Result<types::Consumed>,
    /// The logs of the functions.
    logs: String,
    local: LocalStack,
}

#[derive(Default)]
struct LazyRun(OnceLock<Result<Run, String>>);

impl LazyRun {
    fn get(&self) -> Result<&Run, Failed> {
        let run = self.0.get_or_init(|| Run::new().map_err(|error| format!("{error:#}")));
        run.as_ref().map_err(Failed::from)
    }
}

#[expect(clippy::disallowed_methods, reason = "the functions go by the real clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

impl Run {
    fn new() -> anyhow::Result<Self> {
        let local = LocalStack::start("end-to-end", &["--no-consumer"])?;
        let stack = &local.stack;
        // Before the function starts, so that it reads this secret at once.
        Rotation::prepare(stack)?;
        let rotation = std::thread::spawn({
            let stack = stack.clone();
            move || Rotation::run(&stack)
        });
        let cases = Case::all(&events())?;
        eprintln!("posting {} cases", cases.len());
        let mut sent = BTreeMap::new();
        send::send_all(stack, &cases, now, |one| {
            sent.insert((one.case.vendor.name.to_owned(), one.case.name.clone()), one);
            Ok(())
        })?;

        let heffl = crm::find("heffl").context("heffl")?;
        let lead = Case::find(&events(), heffl, "lead_created")?.webhook()?;
        let proven = lead.clone().proven(heffl, now());
        let mut forged_body = proven.clone();
        forged_body.body.push(b' ');
        let mut unknown_account = proven.clone();
        unknown_account.account = Some("nobody".to_owned());
        let wrong = [lead.clone(), forged_body, unknown_account, Webhook { headers: Vec::new(), ..proven.clone() }];
        let forged = wrong.iter().map(|webhook| send::post(stack, heffl, webhook)).collect::<Result<_, _>>()?;

        let elsewhere = Stack {
            urls: [("heffl".to_owned(), format!("{}-no-such-route", stack.url("heffl")?))].into(),
            ..stack.clone()
        };
        let no_route = send::post(&elsewhere, heffl, &proven)?;

        let for_acme = Webhook { account: Some("acme".to_owned()), ..lead.clone() };
        let account = send::post(stack, heffl, &for_acme.clone().proven(heffl, now()))?;
        let slash = |account: &str| {
            let webhook = Webhook { account: Some(account.to_owned()), ..for_acme.clone() };
            send::post(stack, heffl, &webhook.proven(heffl, now()))
        };
        let slashes = (slash("acme/")?, slash("")?);
        let binary = Webhook { body: b"\xff\x00\xfe".to_vec(), ..Webhook::default() };
        let binary = send::post(stack, heffl, &binary.proven(heffl, now()))?;

        // The same webhook with a new signature, like a vendor's redelivery.
        let redelivered = (send::post(stack, heffl, &proven)?, send::post(stack, heffl, &lead.proven(heffl, now()))?);

        let expected = sent.values().map(|sent| sent.events.len()).sum::<usize>().saturating_add(1);
        let quarantined = sent.values().filter(|sent| sent.reply.body.contains("\"quarantined\"")).count();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let messages = drain(stack, &stack.queue_url, expected);
        let quarantined = drain(stack, &stack.quarantine_queue_url, quarantined.saturating_add(1));
        let (messages, quarantined) = runtime.block_on(async { tokio::try_join!(messages, quarantined) })?;
        let mut events: BTreeMap<String, Vec<Message>> = BTreeMap::new();
        for message in messages {
            events
                .entry(system(&message, &MessageSystemAttributeName::MessageDeduplicationId)?)
                .or_default()
                .push(message);
        }
        sent.values_mut().try_for_each(|sent| find_ids(sent, &events))?;
        // After the events of the cases, because the same ids would be dropped as duplicates.
        let kept = Kept::run(stack)?;
        let (typescript, python) = (types::typescript(stack), types::python(stack));
        let rotation = rotation.join().map_err(|_| anyhow::anyhow!("the rotation panicked"))??;
        let logs = local.logs()?;
        Ok(Self {
            sent,
            forged,
            no_route,
            account,
            slashes,
            binary,
            redelivered,
            events,
            quarantined,
            kept,
            rotation,
            typescript,
            python,
            logs,
            local,
        })
    }
}

/// Finds the ids that depend on the time of receipt, for a vendor whose answer is a constant and does not have them: the
/// message has the webhook's own `raw`.
fn find_ids(sent: &mut Sent, events: &BTreeMap<String, Vec<Message>>) -> anyhow::Result<()> {
    if sent.case.vendor.answer == AnswerForm::Json {
        return Ok(());
    }
    let webhook = sent.case.webhook()?.proven(sent.case.vendor, crm_samples::RECEIVED_AT);
    let (answer, _) = webhook.answer(sent.case.vendor, crm_samples::RECEIVED_AT)?;
    let without_digest = |id: &str| id.rsplit_once(':').map(|(start, _)| start.to_owned());
    for (event, (_, id)) in answer.events().iter().zip(&mut sent.events) {
        if event.timesource == TimeSource::Vendor || events.contains_key(id) {
            continue;
        }
        let is_own = |message: &Message| {
            let actual = message.body().and_then(|body| serde_json::from_str::<Event<'_>>(body).ok());
            actual.is_some_and(|actual| actual.data.raw == event.data.raw)
        };
        let named = events.iter().filter(|(other, _)| without_digest(other) == without_digest(id));
        if let Some((own, _)) = named.into_iter().find(|(_, messages)| messages.iter().any(is_own)) {
            id.clone_from(own);
        }
    }
    Ok(())
}

/// Takes messages off a queue until there are `expected` and no more arrive, or half a minute has passed.
async fn drain(stack: &Stack, queue_url: &str, expected: usize) -> anyhow::Result<Vec<Message>> {
    let sqs = stack.aws().await.sqs();
    let deadline = Instant::now().checked_add(Duration::from_secs(30));
    let mut messages = Vec::new();
    while deadline.is_some_and(|deadline| Instant::now() < deadline) {
        let batch = sqs
            .receive_message()
            .queue_url(queue_url)
            .max_number_of_messages(10)
            .wait_time_seconds(2)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await?;
        let batch = batch.messages.unwrap_or_default();
        if batch.is_empty() && messages.len() >= expected {
            break;
        }
        let entry = |(number, message): (usize, &Message)| {
            let handle = message.receipt_handle().unwrap_or_default();
            DeleteMessageBatchRequestEntry::builder().id(number.to_string()).receipt_handle(handle).build()
        };
        let entries = batch.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        if !entries.is_empty() {
            sqs.delete_message_batch().queue_url(queue_url).set_entries(Some(entries)).send().await?;
        }
        messages.extend(batch);
    }
    Ok(messages)
}

fn system(message: &Message, name: &MessageSystemAttributeName) -> anyhow::Result<String> {
    let attributes = message.attributes().context("no system attributes")?;
    attributes.get(name).cloned().with_context(|| format!("no {name}"))
}

/// Checks the answer and each message: body, group, deduplication id and attributes.
fn check_case(run: &Run, case: &Case) -> anyhow::Result<()> {
    let sent = run.sent.get(&(case.vendor.name.to_owned(), case.name.clone())).context("the case was not posted")?;
    ensure!(sent.as_expected, "answered {}: {}", sent.reply.status, sent.reply.body);
    let (webhook, received_at) = (case.webhook()?, crm_samples::RECEIVED_AT);
    let proven = webhook.proven(case.vendor, received_at);
    let (answer, _) = proven.answer(case.vendor, received_at)?;
    for (event, (_, id)) in answer.events().iter().zip(&sent.events) {
        let checked = check_message(run, Event { id: id.into(), ..event.clone() });
        if checked.is_err() && is_on_the_queue_by_another_case(run, case, id) {
            continue;
        }
        checked?;
    }
    for reason in answer.quarantined() {
        let kept = run.quarantined.iter().filter_map(|message| message.body()).any(|body| {
            let kept: Value = serde_json::from_str(body).unwrap_or_default();
            let word = kept["reason"].as_str().unwrap_or_default();
            let text = kept["body"].as_str().map(|text| text.as_bytes().to_vec());
            let bytes = || aws_smithy_types::base64::decode(kept["body_base64"].as_str()?).ok();
            let same_body = text.or_else(bytes).as_ref() == Some(&proven.body);
            let same_reason = *reason == format!("{word}: {}", kept["detail"].as_str().unwrap_or_default());
            // An element of an array is kept by itself, a secret is not kept.
            let is_part = kept["element"].is_u64() || !case.vendor.secret_members.is_none();
            kept["vendor"] == case.vendor.name && same_reason && (same_body || is_part)
        });
        ensure!(kept, "no message of the quarantine queue has the body and the reason {reason:?}");
    }
    Ok(())
}

/// True if another case is a delivery of the same change, such as a retry, and its event is the message. SQS keeps the
/// first of the two.
fn is_on_the_queue_by_another_case(run: &Run, case: &Case, id: &str) -> bool {
    let others = run.sent.values().filter(|sent| sent.case.vendor.name == case.vendor.name);
    let mut others = others.filter(|sent| sent.case.name != case.name);
    others.any(|sent| {
        let Some(place) = sent.events.iter().position(|(_, other)| other == id) else { return false };
        let Ok(webhook) = sent.case.webhook() else { return false };
        let proven = webhook.proven(case.vendor, crm_samples::RECEIVED_AT);
        let Ok((answer, _)) = proven.answer(case.vendor, crm_samples::RECEIVED_AT) else { return false };
        let event = answer.events().get(place).map(|event| Event { id: id.into(), ..event.clone() });
        event.is_some_and(|event| check_message(run, event).is_ok())
    })
}

fn check_message(run: &Run, mut expected: Event<'_>) -> anyhow::Result<()> {
    let messages = run.events.get(&*expected.id).map(Vec::as_slice).unwrap_or_default();
    let [message] = messages else { anyhow::bail!("{} messages for {}", messages.len(), expected.id) };
    let body = message.body().context("no body")?;
    let actual: Event<'_> = serde_json::from_str(body)?;
    ensure!(system(message, &MessageSystemAttributeName::MessageGroupId)? == expected.partitionkey, "another group");
    // Times are compared with the clock, everything else byte for byte.
    let age = now().duration_since(actual.recordedtime);
    ensure!(!age.is_negative() && age.as_secs() < 600, "recorded {age:?} ago");
    if expected.timesource == TimeSource::Received {
        expected.time = actual.recordedtime;
    }
    expected.recordedtime = actual.recordedtime;
    ensure!(serde_json::to_string(&expected)? == body, "another body: {body}");
    let attributes: BTreeMap<&str, &str> = message
        .message_attributes()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.string_value()?)))
        .collect();
    let event_type = expected.event_type.to_string();
    let wanted: BTreeMap<&str, &str> = [
        ("type", event_type.as_str()),
        ("vendor", &expected.data.vendor),
        ("account", &expected.data.account),
        ("entity", expected.data.entity.as_str()),
        ("action", expected.data.action.as_str()),
        ("specversion", "1.0"),
    ]
    .into();
    ensure!(attributes == wanted, "other attributes: {attributes:?}");
    Ok(())
}

fn a_redelivery_is_dropped_by_sqs(run: &Run) -> anyhow::Result<()> {
    let (first, second) = &run.redelivered;
    ensure!(first.status == 200 && second.status == 200 && first.body == second.body, "{first:?} {second:?}");
    let answer: Value = serde_json::from_str(&first.body)?;
    let id = answer["events"][0].as_str().context("no id")?;
    let messages = run.events.get(id).map(Vec::len);
    ensure!(messages == Some(1), "sent three times, {messages:?} messages");
    Ok(())
}

fn a_forged_webhook_gets_401_and_leaves_no_message(run: &Run) -> anyhow::Result<()> {
    for reply in &run.forged {
        ensure!(reply.status == 401 && reply.body == r#"{"error":"unauthorized"}"#, "{reply:?}");
    }
    nothing_else_is_on_the_queues(run)
}

fn an_account_in_the_path_has_its_own_secrets_and_ids(run: &Run) -> anyhow::Result<()> {
    ensure!(run.account.status == 200, "{:?}", run.account);
    let answer: Value = serde_json::from_str(&run.account.body)?;
    let id = answer["events"][0].as_str().context("no id")?;
    ensure!(id.starts_with("heffl:acme:lead:ld_abc123:created:"), "{id}");
    ensure!(run.events.contains_key(id), "no message {id}");
    Ok(())
}

/// AWS gives `/webhooks/heffl/` to the route of `{account+}` with an empty account; the emulator has no route for it. The
/// function takes an empty account for none, as tests of crm-ingest show.
fn a_slash_at_the_end_of_the_url_does_not_count(run: &Run) -> anyhow::Result<()> {
    let (account, none) = &run.slashes;
    ensure!(account.status == 200 && account.body == run.account.body, "{account:?}");
    ensure!(none.status == 404, "the emulator has learned it: mend tests/README.md and this test: {none:?}");
    Ok(())
}

fn bytes_that_are_no_text_are_kept_as_they_are(run: &Run) -> anyhow::Result<()> {
    ensure!(run.binary.status == 200 && run.binary.body.contains("not_text"), "{:?}", run.binary);
    let kept = run
        .quarantined
        .iter()
        .filter_map(|message| message.body())
        .any(|body| body.contains(r#""body_base64":"/wD+""#));
    ensure!(kept, "no message of the quarantine queue has the bytes");
    Ok(())
}

fn nothing_else_is_on_the_queues(run: &Run) -> anyhow::Result<()> {
    let mut expected: Vec<&str> = run.sent.values().flat_map(|sent| &sent.events).map(|(_, id)| id.as_str()).collect();
    let account: Value = serde_json::from_str(&run.account.body)?;
    expected.extend(account["events"][0].as_str());
    expected.sort_unstable();
    expected.dedup();
    let found: Vec<&str> = run.events.keys().map(String::as_str).collect();
    ensure!(found == expected, "expected {} messages, found {}", expected.len(), found.len());
    for (id, messages) in &run.events {
        ensure!(messages.len() == 1, "{} messages of {id}", messages.len());
    }
    Ok(())
}

fn no_route_answers_404(run: &Run) -> anyhow::Result<()> {
    ensure!(run.no_route.status == 404, "{:?}", run.no_route);
    Ok(())
}

fn understands(consumed: &anyhow::Result<types::Consumed>) -> anyhow::Result<()> {
    let consumed = consumed.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
    ensure!(consumed.printed == consumed.expected, "printed {:?}, not {:?}", consumed.printed, consumed.expected);
    Ok(())
}

/// Runs `crm-events check` with a secret of each of the vendor's schemes.
fn check_finds_every_route_working_with_every_proof(run: &Run) -> anyhow::Result<()> {
    for vendor in crm::ALL {
        let setting: Value = serde_json::from_str(&crm_samples::secrets(vendor))?;
        let url = run.local.stack.url(vendor.name)?;
        for (account, path) in [("default", ""), ("acme", "/acme")] {
            for secret in setting[account].as_array().context("no list")?.iter().filter_map(Value::as_str) {
                let mut said = Vec::new();
                let checked = Route::new(&format!("{url}{path}"), secret)?.check(now(), |step| {
                    said.push(step.to_string());
                    Ok(())
                });
                ensure!(checked.is_ok() && said.len() == 3, "{} {secret}: {said:#?}", vendor.name);
                let test = Webhook { body: vendor.test_body.into(), ..Webhook::default() }.proven(vendor, now());
                let is_ignored = matches!(test.answer(vendor, now())?.0, Answer::Ignored { .. });
                ensure!(said[2].contains("200, ignored") == is_ignored, "{}: {}", vendor.name, said[2]);
            }
        }
    }
    Ok(())
}

fn check_says_which_secret_is_wrong(run: &Run) -> anyhow::Result<()> {
    let mut last = String::new();
    let route = Route::new(&format!("{}/acme", run.local.stack.url("agilecrm")?), "token:another")?;
    let checked = route.check(now(), |step| {
        last = step.to_string();
        Ok(())
    });
    ensure!(checked.is_err() && last.contains("another secret for account \"acme\""), "{last}");
    Ok(())
}

/// Searches the logs for secrets, and for texts of the bodies such as an address, a name or a note.
fn no_secret_and_nothing_of_a_body_is_in_the_logs(run: &Run) -> anyhow::Result<()> {
    ensure!(run.logs.contains("\"outcome\":\"accepted\""), "the logs do not show the webhooks: {}", run.logs);
    let mut private: BTreeSet<String> = ["sample-", "whsec_", "Basic ", "signature\""].map(str::to_owned).into();
    let bodies = run.events.values().flatten().filter_map(|message| message.body());
    let names: BTreeSet<String> = bodies
        .filter_map(|body| Some(serde_json::from_str::<Event<'_>>(body).ok()?.data.vendor_event.into_owned()))
        .collect();
    for sent in run.sent.values() {
        if let Ok(body) = serde_json::from_slice(&sent.case.webhook()?.body) {
            texts(&body, &mut |text| {
                let is_private = text.len() >= 6 && text.contains(['@', ' ']) && !names.contains(text);
                private.extend(is_private.then(|| text.to_owned()));
            });
        }
    }
    ensure!(private.len() > 500, "only {} texts to look for", private.len());
    for text in private {
        ensure!(!run.logs.contains(&text), "the logs hold {text:?}");
    }
    Ok(())
}

fn texts(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(entries) => entries.iter().for_each(|entry| texts(entry, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}
