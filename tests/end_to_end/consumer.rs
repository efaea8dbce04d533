//! The consumer's side, on a local stack of its own. Its queue drops no duplicates, so that redeliveries behave as
//! after SQS's five minutes. The sample consumer consumes the events; crm-consume and Powertools share its table.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use aws_lambda_events::sqs::SqsBatchResponse;
use crm_consume::aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use crm_consume::store::DynamoDb;
use crm_consume::{Batch, Consumer, Event, Settings};
use crm_events::send;
use crm_events::stack::Stack;
use crm_normalize::crm;
use crm_samples::{Case, Webhook};
use jiff::ToSpan;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use tests::{events, root};

use crate::forget::Forgotten;
use crate::local_stack::{LocalStack, python};
use crate::now;

/// The consumer's name in the README's Python.
const PREFIX: &str = "sales";

pub fn trials() -> Vec<Trial> {
    let stack = Arc::new(LazyStack::default());
    let test = |name: &str, check: fn(&Shared) -> anyhow::Result<()>| {
        let stack = stack.clone();
        Trial::test(format!("consumer::{name}"), move || {
            check(stack.get()?).map_err(|error| Failed::from(format!("{error:#}")))
        })
    };
    vec![
        test("a_webhook_posted_three_times_has_one_effect", a_webhook_posted_three_times_has_one_effect),
        test("the_view_has_the_latest_state_and_counts_what_made_it", the_view_has_the_latest_state),
        test("a_user_who_comes_back_online_is_online", a_user_who_comes_back_online_is_online),
        test("an_event_larger_than_a_message_is_read_from_s3", an_event_larger_than_a_message_is_read_from_s3),
        test("what_is_no_event_goes_to_the_dead_letters_with_its_reason", what_is_no_event_goes_to_the_dead_letters),
        test("forget_removes_a_record_from_every_place_and_no_other", forget_removes_a_record),
        test("what_python_has_consumed_rust_skips", what_python_has_consumed_rust_skips),
        test("what_rust_has_consumed_python_skips", what_rust_has_consumed_python_skips),
        test("what_python_has_in_progress_rust_leaves_until_it_expires", in_progress_in_python),
        test("what_rust_has_in_progress_python_leaves_and_takes_once_it_failed", in_progress_in_rust),
        test("an_effect_whose_condition_fails_is_made_anew", an_effect_whose_condition_fails_is_made_anew),
        test("an_effect_that_dynamodb_refuses_leaves_no_record", an_effect_that_dynamodb_refuses_leaves_no_record),
    ]
}

struct Shared {
    local: LocalStack,
    settings: Settings,
    forgotten: Option<Forgotten>,
}

#[derive(Default)]
struct LazyStack(OnceLock<Result<Shared, String>>);

impl LazyStack {
    fn get(&self) -> Result<&Shared, Failed> {
        let shared = self.0.get_or_init(|| Shared::start().map_err(|error| format!("{error:#}")));
        shared.as_ref().map_err(Failed::from)
    }
}

impl Shared {
    fn start() -> anyhow::Result<Self> {
        let local = LocalStack::start("end-to-end-consumer", &["--dedup-window", "0"])?;
        let settings = Settings::new(environment(&local.stack)?)?;
        let mut shared = Self { local, settings, forgotten: None };
        // Before the tests, which look at the same dead letters.
        shared.forgotten = Some(shared.forget()?);
        Ok(shared)
    }

    /// Has the consumer write an item, and forgets its record.
    fn forget(&self) -> anyhow::Result<Forgotten> {
        for lead in ["ld_forget", "ld_remember"] {
            let id = self.post(&about("lead_created", "ld_abc123", lead)?)?.pop().context("no event")?;
            self.outcomes(&id, 1)?;
        }
        block_on(Forgotten::run(self.stack(), &self.local.state.join("stack.json"), "ld_forget"))
    }

    fn stack(&self) -> &Stack {
        &self.local.stack
    }

    /// A Rust consumer with the name of the README's Python consumer.
    fn consumer(&self) -> anyhow::Result<Consumer<DynamoDb>> {
        let table = self.settings.get("IDEMPOTENCY_TABLE", "")?;
        Ok(Consumer::new(DynamoDb::new(self.settings.dynamodb(), table, PREFIX)))
    }

    /// The log lines of the sample consumer, once `enough` accepts them.
    fn log(&self, enough: impl Fn(&[Value]) -> bool) -> anyhow::Result<Vec<Value>> {
        let deadline = Instant::now().checked_add(Duration::from_secs(60));
        loop {
            let logs = self.local.logs()?;
            let lines = logs.lines().filter_map(|line| line.strip_prefix("crm-events-consumer  "));
            let lines: Vec<Value> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
            if enough(&lines) {
                return Ok(lines);
            }
            ensure!(deadline.is_some_and(|deadline| Instant::now() < deadline), "not in the consumer's log: {lines:?}");
        }
    }

    /// The sample consumer's outcomes for an event, of which there must be `times`.
    fn outcomes(&self, event_id: &str, times: usize) -> anyhow::Result<Vec<String>> {
        let of = |lines: &[Value]| -> Vec<String> {
            let lines = lines.iter().filter(|line| line["event_id"] == event_id);
            lines.filter_map(|line| Some(line["outcome"].as_str()?.to_owned())).collect()
        };
        Ok(of(&self.log(|lines| of(lines).len() >= times)?))
    }

    /// The view's item of a record.
    async fn item(&self, partitionkey: &str) -> anyhow::Result<BTreeMap<String, String>> {
        let table = self.stack().view_table.clone().context("no view")?;
        let request = self.settings.dynamodb().get_item().table_name(table).consistent_read(true);
        let found = request.key("partitionkey", AttributeValue::S(partitionkey.to_owned())).send().await?;
        let item = found.item.context("no item")?.into_iter();
        let shown = |value: AttributeValue| match value {
            AttributeValue::S(text) | AttributeValue::N(text) => text,
            AttributeValue::Bool(value) => value.to_string(),
            other => format!("{other:?}"),
        };
        Ok(item.map(|(name, value)| (name, shown(value))).collect())
    }

    /// Posts a webhook of Heffl's and returns the ids of its events.
    fn post(&self, case: &Webhook) -> anyhow::Result<Vec<String>> {
        self.post_of("heffl", case)
    }

    fn post_of(&self, vendor: &str, case: &Webhook) -> anyhow::Result<Vec<String>> {
        let vendor = crm::find(vendor).context("no such vendor")?;
        let reply = send::post(self.stack(), vendor, &case.clone().proven(vendor, now()))?;
        ensure!(reply.status == 200, "{reply:?}");
        let answer: Value = serde_json::from_str(&reply.body)?;
        Ok(serde_json::from_value(answer["events"].clone())?)
    }
}

/// The environment that Lambda provides to a function of the stack.
fn environment(stack: &Stack) -> anyhow::Result<HashMap<String, String>> {
    let endpoint = stack.endpoint_url.as_deref().context("no endpoint")?;
    let table = stack.idempotency_table.as_deref().context("no table of records")?;
    let variables = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", &stack.region),
        ("AWS_DEFAULT_REGION", &stack.region),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("IDEMPOTENCY_TABLE", table),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

fn webhook(case: &str) -> anyhow::Result<Webhook> {
    Case::find(&events(), crm::find("heffl").context("heffl")?, case)?.webhook()
}

/// A webhook of the case, about another record.
fn about(case: &str, from: &str, to: &str) -> anyhow::Result<Webhook> {
    let webhook = webhook(case)?;
    let body = String::from_utf8(webhook.body)?.replace(from, to);
    ensure!(body.contains(to), "{case} has no {from}");
    Ok(Webhook { body: body.into_bytes(), ..webhook })
}

fn a_webhook_posted_three_times_has_one_effect(shared: &Shared) -> anyhow::Result<()> {
    let webhook = about("lead_created", "ld_abc123", "ld_thrice")?;
    let ids = [shared.post(&webhook)?, shared.post(&webhook)?, shared.post(&webhook)?];
    let [first, second, third] = &ids;
    ensure!(first == second && second == third, "{ids:?}");
    let id = first.first().context("no event")?;
    let mut outcomes = shared.outcomes(id, 3)?;
    outcomes.sort();
    ensure!(outcomes == ["consumed", "consumed before", "consumed before"], "{outcomes:?}");
    let item = block_on(shared.item("heffl:default:lead:ld_thrice"))?;
    ensure!(item.get("effects").map(String::as_str) == Some("1") && item.get("event_id") == Some(id), "{item:?}");
    Ok(())
}

fn the_view_has_the_latest_state(shared: &Shared) -> anyhow::Result<()> {
    let mut last = String::new();
    for case in ["lead_created", "lead_updated", "lead_deleted"] {
        last = shared.post(&about(case, "ld_abc123", "ld_story")?)?.pop().context("no event")?;
    }
    shared.outcomes(&last, 1)?;
    // A change that happened first and arrives last. Without a delivery id it is a new event.
    let late = Webhook { headers: Vec::new(), ..about("lead_created", "ld_abc123", "ld_story")? };
    let late = shared.post(&late)?.pop().context("no event")?;
    shared.outcomes(&late, 1)?;
    let item = block_on(shared.item("heffl:default:lead:ld_story"))?;
    let text = |name: &str| item.get(name).map(String::as_str);
    ensure!(text("effects") == Some("4") && text("event_id") == Some(&last), "{item:?}");
    ensure!(text("type") == Some("crm.lead.deleted") && text("deleted") == Some("true"), "{item:?}");
    Ok(())
}

/// The third webhook is the first byte for byte, and nothing in it says when. It is another change all the same.
fn a_user_who_comes_back_online_is_online(shared: &Shared) -> anyhow::Result<()> {
    let user = |event: &str| Webhook {
        body: json!({
            "webhookId": "wh_1", "event": event, "collection": "users", "userId": "u_back",
            "doc": {"_id": "u_back", "teamId": "t_back", "name": "Jörg Weiß"},
        })
        .to_string()
        .into_bytes(),
        ..Webhook::default()
    };
    let item = || block_on(shared.item("teamgrid:t_back:user:u_back"));
    let mut ids = Vec::new();
    for (event, status) in [("user_online", "online"), ("user_offline", "offline"), ("user_online", "online")] {
        let id = shared.post_of("teamgrid", &user(event))?.pop().context("no event")?;
        shared.outcomes(&id, 1)?;
        let record = item()?.remove("record").context("no record")?;
        let record: Value = serde_json::from_str(&record)?;
        ensure!(record["status"] == status, "after {event}: {record}");
        ids.push(id);
    }
    let effects = item()?.remove("effects");
    ensure!(effects.as_deref() == Some("3") && ids[0] != ids[2], "{effects:?} effects of {ids:?}");
    Ok(())
}

fn an_event_larger_than_a_message_is_read_from_s3(shared: &Shared) -> anyhow::Result<()> {
    let padding = format!("\"ld_large\", \"padding\": \"{}\"", "x".repeat(1 << 20));
    let id = shared.post(&about("lead_created", "\"ld_abc123\"", &padding)?)?.pop().context("no event")?;
    let outcomes = shared.outcomes(&id, 1)?;
    ensure!(outcomes == ["consumed"], "{outcomes:?}");
    let item = block_on(shared.item("heffl:default:lead:ld_large"))?;
    ensure!(item.get("record").is_some_and(|record| record.contains("Jane Smith")), "{item:?}");
    Ok(())
}

fn what_is_no_event_goes_to_the_dead_letters(shared: &Shared) -> anyhow::Result<()> {
    let stack = shared.stack();
    let send = async {
        let request = stack.aws().await.sqs().send_message().queue_url(&stack.queue_url);
        let request = request.message_group_id("broken").message_deduplication_id("broken").message_body("hunter2");
        request.send().await?.message_id.context("no id")
    };
    let id = block_on(send)?;
    let lines = shared.log(|lines| lines.iter().any(|line| line["message_id"] == id.as_str()))?;
    let line = lines.iter().find(|line| line["message_id"] == id.as_str()).context("no line")?;
    ensure!(line["message"] == "moved to the dead-letter queue" && !line.to_string().contains("hunter2"), "{line}");
    let receive = async {
        let request = stack.aws().await.sqs().receive_message().queue_url(&stack.dead_letter_queue_url);
        let received = request.message_attribute_names("reason").wait_time_seconds(5).send().await?;
        received.messages.unwrap_or_default().pop().context("no dead letter")
    };
    let message = block_on(receive)?;
    let reason = message.message_attributes().and_then(|attributes| attributes.get("reason")?.string_value());
    ensure!(message.body() == Some("hunter2"), "{message:?}");
    ensure!(reason == Some("the message is no canonical event (line 1, column 1)"), "{message:?}");
    Ok(())
}

fn forget_removes_a_record(shared: &Shared) -> anyhow::Result<()> {
    shared.forgotten.as_ref().context("not forgotten")?.check()?;
    ensure!(block_on(shared.item("heffl:default:lead:ld_forget")).is_err(), "its item is still there");
    block_on(shared.item("heffl:default:lead:ld_remember"))?;
    Ok(())
}

/// A batch of one event: a Heffl deal under an id that no other test uses.
fn batch(event_id: &str) -> anyhow::Result<Value> {
    let path = events().join("heffl/deal_updated/expected.json");
    let expected: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut event = expected["events"][0].clone();
    event["id"] = json!(event_id);
    Ok(json!({ "Records": [{
        "messageId": "m1", "receiptHandle": "r1", "body": event.to_string(),
        "attributes": { "MessageGroupId": "g" }, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:0:crm-events.fifo", "awsRegion": "us-east-1",
    }] }))
}

/// The README's consumer in Python.
fn readme_python() -> anyhow::Result<String> {
    let readme = std::fs::read_to_string(root().join("shared/consume/README.md"))?;
    let blocks = readme.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut found = blocks.filter(|code| code.contains("aws_lambda_powertools"));
    found.next().map(str::to_owned).context("shared/consume/README.md shows no consumer in Python")
}

#[derive(Debug, PartialEq)]
struct Outcome {
    /// True if not all messages were consumed.
    failed: bool,
    effects: usize,
}

const CONSUMED: Outcome = Outcome { failed: false, effects: 1 };
const SKIPPED: Outcome = Outcome { failed: false, effects: 0 };
const LEFT: Outcome = Outcome { failed: true, effects: 0 };

/// Passes an event to the README's consumer in Python, with the real Powertools.
fn in_python(shared: &Shared, event_id: &str, remaining_ms: i64, crash: bool) -> anyhow::Result<Outcome> {
    let task = json!({
        "source": readme_python()?, "batch": batch(event_id)?, "remaining_ms": remaining_ms, "crash": crash,
    });
    let mut child = python("tests/end_to_end/powertools.py")?
        .envs(environment(shared.stack())?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no standard input")?.write_all(task.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout)?;
    let failures = result["response"]["batchItemFailures"].as_array().map(Vec::len);
    let effects = result["printed"].as_array().context("nothing on what was printed")?.len();
    Ok(Outcome { failed: failures != Some(0), effects })
}

fn rust_batch(event_id: &str) -> anyhow::Result<Batch> {
    let event: aws_lambda_events::sqs::SqsEvent = serde_json::from_value(batch(event_id)?)?;
    Ok(Batch { messages: event.records, deadline: now().checked_add(30.seconds())? })
}

/// Passes an event to a Rust consumer whose effect has this result.
async fn in_rust(shared: &Shared, event_id: &str, result: Result<(), &str>) -> anyhow::Result<Outcome> {
    let effects = Cell::new(0);
    let function = async |_: &Event<'_>| {
        effects.set(effects.get() + usize::from(result.is_ok()));
        result
    };
    let response = shared.consumer()?.each(rust_batch(event_id)?, function).await;
    Ok(Outcome { failed: failed(&response), effects: effects.get() })
}

fn failed(response: &SqsBatchResponse) -> bool {
    !response.batch_item_failures.is_empty()
}

#[track_caller]
fn same(actual: Outcome, expected: Outcome) -> anyhow::Result<()> {
    let at = std::panic::Location::caller();
    ensure!(actual == expected, "line {}: {actual:?}, not {expected:?}", at.line());
    Ok(())
}

fn what_python_has_consumed_rust_skips(shared: &Shared) -> anyhow::Result<()> {
    same(in_python(shared, "python:1", 30_000, false)?, CONSUMED)?;
    same(in_python(shared, "python:1", 30_000, false)?, SKIPPED)?;
    same(block_on(in_rust(shared, "python:1", Ok(())))?, SKIPPED)
}

fn what_rust_has_consumed_python_skips(shared: &Shared) -> anyhow::Result<()> {
    same(block_on(in_rust(shared, "rust:1", Ok(())))?, CONSUMED)?;
    same(block_on(in_rust(shared, "rust:1", Ok(())))?, SKIPPED)?;
    same(in_python(shared, "rust:1", 30_000, false)?, SKIPPED)
}

fn in_progress_in_python(shared: &Shared) -> anyhow::Result<()> {
    in_python(shared, "python:2", 600_000, true)?;
    same(block_on(in_rust(shared, "python:2", Ok(())))?, LEFT)?;
    // The invocation has no time left.
    in_python(shared, "python:3", 0, true)?;
    same(block_on(in_rust(shared, "python:3", Ok(())))?, CONSUMED)
}

fn in_progress_in_rust(shared: &Shared) -> anyhow::Result<()> {
    let during = RefCell::new(None);
    let response = block_on(async {
        let function = async |_: &Event<'_>| {
            *during.borrow_mut() = Some(in_python(shared, "rust:2", 30_000, false));
            Err("no")
        };
        Ok(shared.consumer()?.each(rust_batch("rust:2")?, function).await)
    })?;
    same(during.take().context("it was not called")??, LEFT)?;
    ensure!(failed(&response));
    same(in_python(shared, "rust:2", 30_000, false)?, CONSUMED)
}

/// A write of an item in the view table that belongs to no event.
fn put(shared: &Shared, key: &str, condition: &str) -> anyhow::Result<TransactWriteItem> {
    let put = Put::builder()
        .table_name(shared.stack().view_table.as_deref().context("no view")?)
        .item("partitionkey", AttributeValue::S(key.to_owned()))
        .condition_expression(condition)
        .build()?;
    Ok(TransactWriteItem::builder().put(put).build())
}

async fn transact(
    shared: &Shared,
    event_id: &str,
    effect: impl AsyncFn(&Event<'_>) -> anyhow::Result<Vec<TransactWriteItem>>,
) -> anyhow::Result<bool> {
    let effect = async |event: &Event<'_>| effect(event).await.map_err(|error| format!("{error:#}"));
    // A conflicting effect is retried until this deadline.
    let batch = Batch { deadline: now().checked_add(3.seconds())?, ..rust_batch(event_id)? };
    Ok(failed(&shared.consumer()?.transact(batch, effect).await))
}

fn an_effect_whose_condition_fails_is_made_anew(shared: &Shared) -> anyhow::Result<()> {
    let (holds, fails) = ("attribute_not_exists(partitionkey)", "attribute_exists(partitionkey)");
    let made = Cell::new(0);
    block_on(async {
        let effect = async |_: &Event<'_>| {
            made.set(made.get() + 1);
            Ok(vec![put(shared, "anew", if made.get() == 1 { fails } else { holds })?])
        };
        ensure!(!transact(shared, "transact:1", effect).await?, "it failed");
        ensure!(made.get() == 2, "made {} times", made.get());
        shared.item("anew").await?;
        // The event is recorded, so its condition, which would fail now, is not evaluated.
        let again = transact(shared, "transact:1", async |_: &Event<'_>| Ok(vec![put(shared, "anew", holds)?]));
        ensure!(!again.await?, "it failed");
        // A condition that never holds.
        let never = transact(shared, "transact:2", async |_: &Event<'_>| Ok(vec![put(shared, "never", fails)?]));
        ensure!(never.await?, "it did not fail");
        ensure!(shared.item("never").await.is_err(), "it was written");
        Ok(())
    })
}

fn an_effect_that_dynamodb_refuses_leaves_no_record(shared: &Shared) -> anyhow::Result<()> {
    let nowhere = async |_: &Event<'_>| {
        let put = Put::builder().table_name("no-such-table").item("id", AttributeValue::S("1".to_owned())).build()?;
        Ok(vec![TransactWriteItem::builder().put(put).build()])
    };
    block_on(async {
        ensure!(transact(shared, "refused:1", nowhere).await?, "it did not fail");
        Ok(())
    })?;
    same(in_python(shared, "refused:1", 30_000, false)?, CONSUMED)
}
