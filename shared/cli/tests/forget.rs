//! `crm-events forget` removes the data about one record from every place, and nothing else.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use crm_event::Entity;
use crm_events::forget::{Found, RecordName, Report, forget};
use crm_events::stack::Stack;
use crm_normalize::quarantine::Record;
use crm_normalize::{Quarantine, Reason, crm};
use crm_samples::{Answer as Outcome, Case, RECEIVED_AT, Webhook};
use serde_json::json;
use tests::events;
use tests::stub::REGION;
use tests::stub::aws::Aws;
use tests::stub::http::{Answer, Request, Server, Service};
use tests::stub::sqs::{Content, Settings, Sqs};
use tokio::process::Command;
use tokio::sync::mpsc;

const MAIN: &str = "main.fifo";
const DEAD: &str = "dead.fifo";
const QUARANTINE: &str = "quarantine";
const BUCKET: &str = "overflow";
const TABLE: &str = "records";
/// The queue of a further consumer.
const SALES: &str = "sales.fifo";
const SALES_DEAD: &str = "sales-dead-letter.fifo";

struct Place {
    aws: Aws,
    stack: Stack,
    _server: Server,
}

impl Place {
    async fn new() -> Self {
        let aws = Aws::default();
        for queue in [MAIN, DEAD, QUARANTINE, SALES_DEAD] {
            aws.sqs.create(queue, Settings::of(queue));
        }
        let dead_letters = Some((SALES_DEAD.to_owned(), 8));
        aws.sqs.create(SALES, Settings { dead_letters, ..Settings::of(SALES) });
        aws.s3.create(BUCKET);
        aws.dynamodb.create(TABLE, &["partitionkey"]);
        let server = Server::start(aws.clone()).await.unwrap();
        let url = |queue| Sqs::queue_url(&server.url(), queue);
        let stack = Stack {
            endpoint_url: Some(server.url()),
            region: REGION.to_owned(),
            base_url: None,
            host_header: None,
            queue_url: url(MAIN),
            dead_letter_queue_url: url(DEAD),
            quarantine_queue_url: url(QUARANTINE),
            overflow_bucket: Some(BUCKET.to_owned()),
            view_table: Some(TABLE.to_owned()),
            idempotency_table: None,
            urls: BTreeMap::new(),
        };
        Self { aws, stack, _server: server }
    }

    fn send(&self, queue: &str, group: &str, body: &str) {
        let attributes = Arc::default();
        let (group, deduplication) = (group.into(), body.chars().take(100).collect::<String>().into());
        self.aws.sqs.send(queue, Content { body: body.into(), attributes, trace_header: None, group, deduplication });
    }

    async fn store(&self, key: &str, body: &str) {
        let s3 = self.stack.aws().await.s3();
        s3.put_object().bucket(BUCKET).key(key).body(body.as_bytes().to_vec().into()).send().await.unwrap();
    }

    async fn put(&self, partition_key: &str) {
        let client = self.stack.aws().await.dynamodb();
        let key = AttributeValue::S(partition_key.to_owned());
        client.put_item().table_name(TABLE).item("partitionkey", key).send().await.unwrap();
    }

    /// Everything that is stored: items, dead letters, quarantined webhooks and the keys of the store.
    fn contents(&self) -> (usize, usize, usize, Vec<String>) {
        let keys = self.aws.s3.objects(BUCKET, "").into_iter().map(|(key, _)| key).collect();
        let waiting = |queue| self.aws.sqs.counts(queue).waiting;
        (self.aws.dynamodb.count(TABLE), waiting(DEAD), waiting(QUARANTINE), keys)
    }

    async fn forget(&self, id: &str, is_removal: bool) -> Report {
        self.forget_with(&[], id, is_removal).await
    }

    async fn forget_with(&self, consumer_queues: &[String], id: &str, is_removal: bool) -> Report {
        let heffl = crm::find("heffl").unwrap();
        let mut report = Report::new(is_removal);
        let record = RecordName { vendor: heffl, account: "default", entity: Entity::Lead, id };
        forget(&self.stack, consumer_queues, record, &mut report).await.unwrap();
        report
    }
}

/// A webhook about a lead, in the format of the quarantine and the overflow store, and its event.
fn lead(id: &str) -> (String, String) {
    let body = json!({"event": "lead.created", "payload": {"id": id, "name": "Jane Roe"}}).to_string();
    let heffl = crm::find("heffl").unwrap();
    let webhook = Webhook { body: body.into(), ..Webhook::default() }.proven(heffl, RECEIVED_AT);
    let Outcome::Accepted { events } = webhook.answer(heffl, RECEIVED_AT).unwrap().0 else { panic!("no event") };
    (kept(&webhook), serde_json::to_string(&events[0]).unwrap())
}

fn kept(webhook: &Webhook) -> String {
    let heffl = crm::find("heffl").unwrap();
    let verified = webhook.verified(heffl, RECEIVED_AT).unwrap();
    let reason = Quarantine::new(Reason::WrongEnvelope, "of a kind that was not known then");
    serde_json::to_string(&Record::new(&verified, &reason)).unwrap()
}

fn counts(report: &Report) -> Vec<(usize, usize, usize)> {
    report.places.iter().map(|Found { matching, shared, unknown, .. }| (*matching, *shared, *unknown)).collect()
}

#[tokio::test]
async fn a_record_goes_from_every_place_and_others_stay() {
    let place = Place::new().await;
    for id in ["jane", "other"] {
        let (webhook, event) = lead(id);
        place.put(&format!("heffl:default:lead:{id}")).await;
        place.send(DEAD, id, &event);
        place.send(QUARANTINE, "", &webhook);
        place.store(&format!("pending/heffl/{id}.json"), &webhook).await;
        place.store(&format!("quarantine/heffl/{id}.json"), &webhook).await;
        place.store(&format!("events/heffl/{id}.json"), &event).await;
    }
    // A record of another kind with the same id.
    place.put("heffl:default:deal:jane").await;
    // Not understood, so it may be about any record.
    let heffl = crm::find("heffl").unwrap();
    let odd = Webhook { body: b"lead=jane".to_vec(), ..Webhook::default() }.proven(heffl, RECEIVED_AT);
    place.send(QUARANTINE, "", &kept(&odd));
    let before = place.contents();
    assert_eq!((before.0, before.1, before.2, before.3.len()), (3, 2, 3, 6));

    let found = [(1, 0, 0), (1, 0, 0), (1, 0, 1), (1, 0, 0), (1, 0, 0), (1, 0, 0)];
    let report = place.forget("jane", false).await;
    assert_eq!(counts(&report), found);
    assert_eq!(place.contents(), before, "looking removes nothing, and hides nothing");
    let text = report.to_string();
    assert!(text.contains("again with --yes") && text.contains("not understood"), "{text}");

    let report = place.forget("jane", true).await;
    assert_eq!(counts(&report), found);
    assert!(!report.to_string().contains("Jane"), "{report}");
    let left = ["events/heffl/other.json", "pending/heffl/other.json", "quarantine/heffl/other.json"];
    assert_eq!(place.contents(), (2, 1, 2, left.map(str::to_owned).to_vec()));

    let none = [(0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 0, 0), (0, 0, 0), (0, 0, 0)];
    assert_eq!(counts(&place.forget("jane", true).await), none, "there is no second time");
}

#[tokio::test]
async fn a_webhook_about_other_records_too_is_left() {
    let place = Place::new().await;
    let case = Case::all(&events()).unwrap().into_iter().find_map(|case| {
        let webhook = case.webhook().ok()?.proven(case.vendor, RECEIVED_AT);
        let Outcome::Accepted { events } = webhook.answer(case.vendor, RECEIVED_AT).ok()?.0 else { return None };
        let keys: Vec<_> = events.iter().map(|event| event.partitionkey.to_string()).collect();
        let id = events.first()?.subject.as_deref()?.split_once('/')?.1.to_owned();
        let (entity, account) = (events.first()?.data.entity, events.first()?.data.account.to_string());
        keys.iter().any(|key| *key != keys[0]).then_some((case, webhook, account, entity, id))
    });
    let (case, webhook, account, entity, id) = case.unwrap();
    let verified = webhook.verified(case.vendor, RECEIVED_AT).unwrap();
    let reason = Quarantine::new(Reason::QueueUnavailable, "no answer");
    let body = serde_json::to_string(&Record::new(&verified, &reason)).unwrap();
    place.store(&format!("pending/{}/1.json", case.vendor.name), &body).await;
    let mut report = Report::new(true);
    let record = RecordName { vendor: case.vendor, account: &account, entity, id: &id };
    forget(&place.stack, &[], record, &mut report).await.unwrap();
    assert_eq!(counts(&report)[3], (0, 1, 0), "{report}");
    assert_eq!(place.contents().3.len(), 1);
}

/// `forget` itself makes such messages: it removes large events while messages on the main queue still point to them.
#[tokio::test]
async fn a_dead_letter_without_its_object_does_not_stop_the_search() {
    let place = Place::new().await;
    let object = json!({ "s3BucketName": BUCKET, "s3Key": "events/heffl/gone.json" });
    let pointer = json!(["software.amazon.payloadoffloading.PayloadS3Pointer", object]).to_string();
    place.send(DEAD, "other", &pointer);
    place.send(DEAD, "jane", &lead("jane").1);
    let report = place.forget("jane", true).await;
    assert_eq!(counts(&report)[1], (1, 0, 0), "{report}");
    assert_eq!(place.contents().1, 1);
}

/// Half of the CRMs put the id of the account into the body, and then it is in the key.
#[tokio::test]
async fn a_key_without_anything_is_shown_to_be_compared() {
    let place = Place::new().await;
    let case = Case::all(&events()).unwrap().into_iter().find(|case| case.vendor.name == "pipedrive").unwrap();
    let webhook = case.webhook().unwrap().proven(case.vendor, RECEIVED_AT);
    let Outcome::Accepted { events } = webhook.answer(case.vendor, RECEIVED_AT).unwrap().0 else { panic!("no event") };
    let (account, entity) = (events[0].data.account.to_string(), events[0].data.entity);
    let id = events[0].subject.as_deref().unwrap().split_once('/').unwrap().1;
    assert_ne!(account, "default");
    place.send(DEAD, "1", &serde_json::to_string(&events[0]).unwrap());
    for (account, matching) in [("default", 0), (&*account, 1)] {
        let record = RecordName { vendor: case.vendor, account, entity, id };
        let mut report = Report::new(false);
        forget(&place.stack, &[], record, &mut report).await.unwrap();
        assert_eq!(counts(&report)[1], (matching, 0, 0), "{report}");
        let key = format!("Nothing about pipedrive:{account}:");
        assert_eq!(report.to_string().contains(&key), matching == 0, "{report}");
    }
}

#[tokio::test]
async fn messages_on_the_main_queue_are_said() {
    let place = Place::new().await;
    assert_eq!(place.forget("jane", true).await.waiting, 0);
    place.send(MAIN, "jane", &lead("jane").1);
    let report = place.forget("jane", true).await;
    assert_eq!(report.waiting, 1);
    assert!(report.to_string().contains("wait on the main queue"), "{report}");
}

#[tokio::test]
async fn the_dead_letters_of_a_further_consumer_are_searched_too() {
    let place = Place::new().await;
    for id in ["jane", "other"] {
        place.send(SALES_DEAD, id, &lead(id).1);
    }
    place.send(SALES, "jane", &lead("jane").1);
    let sales = [place.stack.queue_url.replace(MAIN, SALES)];
    let report = place.forget_with(&sales, "jane", true).await;
    let of_sales = report.places.iter().find(|found| found.place == "dead letters of sales.fifo").unwrap();
    assert_eq!((of_sales.matching, report.waiting), (1, 1), "{report}");
    assert_eq!(place.aws.sqs.counts(SALES_DEAD).waiting, 1, "another's is left");
    let report = place.forget_with(&sales, "jane", true).await;
    assert_eq!(report.places.iter().map(|found| found.matching).sum::<usize>(), 0, "{report}");

    let without = [place.stack.queue_url.clone()];
    let (record, mut report) = (
        RecordName { vendor: crm::find("heffl").unwrap(), account: "default", entity: Entity::Lead, id: "jane" },
        Report::new(false),
    );
    let error = forget(&place.stack, &without, record, &mut report).await.unwrap_err().to_string();
    assert!(error.ends_with("main.fifo has no dead-letter queue"), "{error}");
}

/// A command that was killed leaves its messages invisible.
#[tokio::test]
async fn messages_that_another_reader_holds_are_said() {
    let place = Place::new().await;
    place.send(DEAD, "jane", &lead("jane").1);
    let held = place.aws.sqs.receive(DEAD, 10);
    let text = place.forget("jane", true).await.to_string();
    assert!(text.contains("dead letters: another reader holds about 1 messages"), "{text}");
    assert!(!text.contains("Nothing about"), "it was not searched: {text}");
    place.aws.sqs.delete(DEAD, &held[0].receipt_handle);
    let text = place.forget("jane", true).await.to_string();
    assert!(!text.contains("another reader") && text.contains("Nothing about"), "{text}");
}

#[tokio::test]
async fn nothing_is_said_to_be_missing_after_half_a_search() {
    let mut place = Place::new().await;
    place.stack.overflow_bucket = Some("gone".to_owned());
    let mut report = Report::new(false);
    let heffl = crm::find("heffl").unwrap();
    let record = RecordName { vendor: heffl, account: "default", entity: Entity::Lead, id: "jane" };
    assert!(forget(&place.stack, &[], record, &mut report).await.is_err());
    assert!(!report.to_string().contains("Nothing about"), "{report}");
}

/// AWS that never answers some operations of SQS, and tells when one is called.
struct Silent {
    aws: Aws,
    operations: &'static [&'static str],
    called: mpsc::UnboundedSender<()>,
}

impl Service for Silent {
    async fn answer(&self, request: Request) -> Answer {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        if self.operations.iter().any(|operation| target == format!("AmazonSQS.{operation}")) {
            let _ = self.called.send(());
            return std::future::pending().await;
        }
        self.aws.answer(request).await
    }
}

#[tokio::test]
async fn ctrl_c_ends_a_removal_and_releases_its_messages_and_a_second_one_does_not_wait_for_that() {
    const CASES: [(&[&str], usize); 2] =
        [(&["DeleteMessage"], 1), (&["DeleteMessage", "ChangeMessageVisibilityBatch"], 0)];
    for (operations, waiting) in CASES {
        let place = Place::new().await;
        place.send(DEAD, "jane", &lead("jane").1);
        let (called, mut calls) = mpsc::unbounded_channel();
        let server = Server::start(Silent { aws: place.aws.clone(), operations, called }).await.unwrap();
        let url = |queue| Sqs::queue_url(&server.url(), queue);
        let stack = json!({
            "endpoint_url": server.url(), "region": REGION, "queue_url": url(MAIN), "urls": {},
            "dead_letter_queue_url": url(DEAD), "quarantine_queue_url": url(QUARANTINE),
        });
        let name = format!("crm-events-forget-{}-{}.json", std::process::id(), operations.len());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, stack.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_crm-events"));
        command.args(["forget", "heffl", "default", "lead", "jane", "--yes", "--stack"]).arg(&file);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let process = command.spawn().unwrap();
        let id = process.id().unwrap().to_string();
        for _ in operations {
            calls.recv().await.unwrap();
            assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
        }
        let output = tokio::time::timeout(Duration::from_secs(20), process.wait_with_output()).await;
        std::fs::remove_file(&file).unwrap();
        let output = output.unwrap().unwrap();
        let [said, error] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(!output.status.success() && error.contains("interrupted"), "{operations:?}: {error}");
        assert!(!said.contains("Nothing about"), "{operations:?}: {said}");
        assert_eq!(place.aws.sqs.counts(DEAD).waiting, waiting, "{operations:?}: {error}");
    }
}
