//! `crm-events replay` against stubs of SQS and S3: stored items are sent once, and none is lost.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crm_event::Event;
use crm_events::replay::{Options, Report, StoredIn, replay};
use crm_events::stack::Stack;
use crm_normalize::quarantine::Record;
use crm_normalize::{Quarantine, Reason, Vendor, crm};
use crm_samples::{Answer, Case, RECEIVED_AT, Webhook};
use jiff::Timestamp;
use tests::events;
use tests::stub::REGION;
use tests::stub::aws::Aws;
use tests::stub::http::Server;
use tests::stub::sqs::{Content, Settings, Sqs};

const MAIN: &str = "main.fifo";
const DEAD: &str = "dead.fifo";
const QUARANTINE: &str = "quarantine";
const BUCKET: &str = "overflow";

struct Place {
    aws: Aws,
    stack: Stack,
    _server: Server,
}

impl Place {
    async fn new() -> Self {
        let aws = Aws::default();
        for queue in [MAIN, DEAD, QUARANTINE] {
            aws.sqs.create(queue, Settings::of(queue));
        }
        aws.s3.create(BUCKET);
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
            view_table: None,
            idempotency_table: None,
            urls: BTreeMap::new(),
        };
        Self { aws, stack, _server: server }
    }

    /// Quarantines a webhook, as an older version did that did not understand it.
    fn keep(&self, vendor: &'static Vendor, webhook: &Webhook) {
        self.aws.sqs.send(QUARANTINE, content(&record(vendor, webhook)));
    }

    async fn store(&self, key: &str, body: &str) {
        let s3 = self.stack.aws().await.s3();
        s3.put_object().bucket(BUCKET).key(key).body(body.as_bytes().to_vec().into()).send().await.unwrap();
    }

    /// The number of objects in the overflow store.
    fn stored(&self) -> usize {
        self.aws.s3.objects(BUCKET, "").len()
    }

    fn bury(&self, id: &str, body: &str) {
        self.aws.sqs.send(DEAD, Content { group: "group".into(), deduplication: id.into(), ..content(body) });
    }

    async fn replay(&self, options: Options) -> (usize, usize) {
        self.report(options).await.totals()
    }

    async fn report(&self, options: Options) -> Report {
        let mut report = Report::new(options.confirm);
        replay(&self.stack, &options, much_later(), &mut report).await.unwrap();
        report
    }

    fn waiting(&self, queue: &str) -> usize {
        self.aws.sqs.counts(queue).waiting
    }

    fn on_the_main_queue(&self) -> Vec<String> {
        self.aws.sqs.receive(MAIN, 10).into_iter().map(|message| message.content.body.to_string()).collect()
    }
}

/// A webhook in the format of the quarantine and the overflow store.
fn record(vendor: &'static Vendor, webhook: &Webhook) -> String {
    let webhook = webhook.clone().proven(vendor, RECEIVED_AT);
    let verified = webhook.verified(vendor, RECEIVED_AT).unwrap();
    let reason = Quarantine::new(Reason::WrongEnvelope, "of a kind that was not known then");
    serde_json::to_string(&Record::new(&verified, &reason)).unwrap()
}

/// A time late enough that SQS no longer drops duplicates. The stub's messages have the real time.
#[expect(clippy::disallowed_methods, reason = "the stub goes by the real clock")]
fn much_later() -> Timestamp {
    Timestamp::now() + Duration::from_secs(600)
}

fn content(body: &str) -> Content {
    let attributes = Arc::default();
    Content { body: body.into(), attributes, trace_header: None, group: "".into(), deduplication: "".into() }
}

fn options(from: StoredIn) -> Options {
    Options { from, confirm: true, limit: None, show: 0, vendor: None, since: None, again: None, include_raw: true }
}

fn case(vendor: &str, name: &str) -> Case {
    Case::find(&events(), crm::find(vendor).unwrap(), name).unwrap()
}

/// The messages that a first delivery of the case puts on the queue.
fn first_delivery(case: &Case) -> Vec<String> {
    let webhook = case.webhook().unwrap().proven(case.vendor, RECEIVED_AT);
    let Answer::Accepted { events } = webhook.answer(case.vendor, RECEIVED_AT).unwrap().0 else { panic!("no event") };
    events.iter().map(|event| serde_json::to_string(event).unwrap()).collect()
}

#[tokio::test]
async fn a_quarantined_webhook_that_is_understood_now_lands_once_as_it_would_have_at_first() {
    let place = Place::new().await;
    let lead = case("heffl", "lead_created");
    place.keep(lead.vendor, &lead.webhook().unwrap());
    let look = Options { confirm: false, ..options(StoredIn::Quarantine) };
    assert_eq!(place.replay(look).await, (1, 1));
    assert_eq!((place.waiting(QUARANTINE), place.waiting(MAIN)), (1, 0), "looking moves nothing");

    assert_eq!(place.replay(options(StoredIn::Quarantine)).await, (1, 1));
    assert_eq!(place.waiting(QUARANTINE), 0);
    assert_eq!(place.on_the_main_queue(), first_delivery(&lead));
    assert_eq!(place.replay(options(StoredIn::Quarantine)).await, (0, 0), "there is no second time");
}

#[tokio::test]
async fn what_is_still_not_understood_stays() {
    let place = Place::new().await;
    let heffl = crm::find("heffl").unwrap();
    place.keep(heffl, &Webhook { body: b"lead=1".to_vec(), ..Webhook::default() });
    place.aws.sqs.send(QUARANTINE, content("not ours"));
    assert_eq!(place.replay(options(StoredIn::Quarantine)).await, (2, 0));
    assert_eq!((place.waiting(QUARANTINE), place.waiting(MAIN)), (2, 0), "and is there for the next at once");
}

#[tokio::test]
async fn only_what_is_asked_for_goes() {
    let place = Place::new().await;
    let (lead, task) = (case("heffl", "lead_created"), case("teamgrid", "task_created"));
    for case in [&lead, &task, &lead] {
        place.keep(case.vendor, &case.webhook().unwrap());
    }
    let none = Options { since: Some(much_later()), ..options(StoredIn::Quarantine) };
    assert_eq!(place.replay(none).await, (0, 0));
    let teamgrid = Options { vendor: Some(task.vendor), ..options(StoredIn::Quarantine) };
    assert_eq!(place.replay(teamgrid).await, (1, 1));
    assert_eq!(place.on_the_main_queue(), first_delivery(&task));
    let one = Options { limit: Some(1), ..options(StoredIn::Quarantine) };
    assert_eq!(place.replay(one).await, (1, 1));
    assert_eq!(place.waiting(QUARANTINE), 1);
}

#[tokio::test]
async fn a_dead_letter_goes_back_under_its_key_once_sqs_would_not_drop_it() {
    let place = Place::new().await;
    let lead = case("heffl", "lead_created");
    let bodies = first_delivery(&lead);
    let event: Event<'_> = serde_json::from_str(&bodies[0]).unwrap();
    place.bury(&event.id, &bodies[0]);
    let mut report = Report::new(true);
    let now = much_later() - Duration::from_secs(590);
    replay(&place.stack, &options(StoredIn::DeadLetter), now, &mut report).await.unwrap();
    assert!(report.to_string().contains("younger than 5 minutes"), "{report}");
    assert_eq!((place.waiting(DEAD), place.waiting(MAIN)), (1, 0));

    assert_eq!(place.replay(options(StoredIn::DeadLetter)).await, (1, 1));
    assert_eq!(place.waiting(DEAD), 0);
    assert_eq!(place.on_the_main_queue(), bodies);
}

/// The vendor's JSON is translated again, under the original key. An event that cannot be translated again is sent
/// unchanged.
#[tokio::test]
async fn a_dead_letter_is_normalized_anew() {
    for case in Case::all(&events()).unwrap() {
        if !matches!(case.name.as_str(), "lead_created" | "user_added" | "deal_won" | "workflow_deal_updated") {
            continue;
        }
        let place = Place::new().await;
        let bodies = first_delivery(&case);
        for (index, body) in bodies.iter().enumerate() {
            let mut old: Event<'_> = serde_json::from_str(body).unwrap();
            old.data.changes.clear();
            place.bury(&index.to_string(), &serde_json::to_string(&old).unwrap());
        }
        assert_eq!(place.replay(options(StoredIn::DeadLetter)).await, (bodies.len(), bodies.len()));
        let mut arrived = place.on_the_main_queue();
        loop {
            let rest = place.on_the_main_queue();
            if rest.is_empty() {
                break;
            }
            arrived.extend(rest);
        }
        assert_eq!(arrived, bodies, "{}: {}", case.vendor.name, case.name);
    }
    let place = Place::new().await;
    let without_raw = first_delivery(&case("heffl", "lead_created")).remove(0);
    let mut event: Event<'_> = serde_json::from_str(&without_raw).unwrap();
    event.data.raw = None;
    let body = serde_json::to_string(&event).unwrap();
    place.bury("1", &body);
    place.replay(options(StoredIn::DeadLetter)).await;
    assert_eq!(place.on_the_main_queue(), [body]);
}

#[tokio::test]
async fn again_makes_one_more_effect_with_a_key_that_says_so() {
    let place = Place::new().await;
    let lead = case("heffl", "lead_created");
    let bodies = first_delivery(&lead);
    let event: Event<'_> = serde_json::from_str(&bodies[0]).unwrap();
    place.bury("1", &bodies[0]);
    let again = Options { again: Some("2026-1".to_owned()), ..options(StoredIn::DeadLetter) };
    assert_eq!(place.replay(again).await, (1, 1));
    let sent = place.on_the_main_queue();
    let sent: Event<'_> = serde_json::from_str(&sent[0]).unwrap();
    assert_eq!(*sent.id, format!("{}:again-2026-1", event.id));
    assert_eq!(sent.data.record, event.data.record);
}

/// If the main queue refuses, the item must stay.
#[tokio::test]
async fn what_the_queue_does_not_take_stays_where_it_was() {
    let mut place = Place::new().await;
    let lead = case("heffl", "lead_created");
    place.keep(lead.vendor, &lead.webhook().unwrap());
    place.stack.queue_url = place.stack.queue_url.replace(MAIN, "missing.fifo");
    let mut report = Report::new(true);
    let error = replay(&place.stack, &options(StoredIn::Quarantine), much_later(), &mut report).await.unwrap_err();
    assert!(format!("{error:#}").contains("main queue did not accept"), "{error:#}");
    assert_eq!(place.waiting(QUARANTINE), 1, "and the next run finds it");
}

#[tokio::test]
async fn a_stored_webhook_goes_to_its_queue_and_leaves_the_store() {
    let place = Place::new().await;
    let lead = case("heffl", "lead_created");
    let odd = Webhook { body: b"lead=1".to_vec(), ..Webhook::default() };
    let ignored = case("attio", "empty_list");
    place.store("pending/heffl/1.json", &record(lead.vendor, &lead.webhook().unwrap())).await;
    place.store("pending/heffl/2.json", &record(lead.vendor, &odd)).await;
    place.store("pending/attio/3.json", &record(ignored.vendor, &ignored.webhook().unwrap())).await;

    let report = place.report(Options { confirm: false, ..options(StoredIn::Overflow) }).await;
    assert_eq!(report.totals(), (3, 1));
    assert_eq!((place.stored(), place.waiting(MAIN), place.waiting(QUARANTINE)), (3, 0, 0), "looking moves nothing");

    let report = place.report(options(StoredIn::Overflow)).await;
    assert_eq!(report.totals(), (3, 1));
    let text = report.to_string();
    for outcome in ["to the main queue", "to the quarantine", "ignored now, removed"] {
        assert!(text.contains(outcome), "{outcome}: {text}");
    }
    assert_eq!((place.stored(), place.waiting(QUARANTINE)), (0, 1));
    assert_eq!(place.on_the_main_queue(), first_delivery(&lead));
}

/// The consumer moves a message to the dead-letter queue if its object is gone.
#[tokio::test]
async fn a_dead_letter_without_its_object_is_left_and_the_others_go() {
    let place = Place::new().await;
    let bodies = first_delivery(&case("heffl", "lead_created"));
    let pointer = |key: &str| {
        let object = serde_json::json!({ "s3BucketName": BUCKET, "s3Key": key });
        serde_json::json!(["software.amazon.payloadoffloading.PayloadS3Pointer", object]).to_string()
    };
    place.store("events/heffl/large.json", &bodies[0]).await;
    place.bury("gone", &pointer("events/heffl/gone.json"));
    place.bury("large", &pointer("events/heffl/large.json"));
    let report = place.report(options(StoredIn::DeadLetter)).await;
    assert_eq!(report.totals(), (2, 1), "{report}");
    assert!(report.to_string().contains("left: its object in S3 is gone"), "{report}");
    assert_eq!(place.on_the_main_queue(), bodies);
    assert_eq!(place.waiting(DEAD), 1);
}

/// SQS gives no further message of a group while some of it are held.
#[tokio::test]
async fn a_look_says_how_many_messages_it_did_not_see() {
    let place = Place::new().await;
    let body = first_delivery(&case("heffl", "lead_created")).remove(0);
    for id in 0..25 {
        place.bury(&id.to_string(), &body);
    }
    let report = place.report(Options { confirm: false, ..options(StoredIn::DeadLetter) }).await;
    assert_eq!(report.totals(), (10, 10));
    assert!(report.to_string().contains("About 15 more messages"), "{report}");
    let report = place.report(options(StoredIn::DeadLetter)).await;
    assert_eq!(report.totals(), (25, 25));
    assert!(!report.to_string().contains("more messages"), "{report}");
}

#[tokio::test]
async fn messages_that_another_reader_holds_are_said() {
    let place = Place::new().await;
    let body = first_delivery(&case("heffl", "lead_created")).remove(0);
    place.bury("1", &body);
    let held = place.aws.sqs.receive(DEAD, 10);
    let report = place.report(options(StoredIn::DeadLetter)).await;
    assert!(report.to_string().contains("the queue: another reader holds about 1 messages"), "{report}");
    for message in held {
        place.aws.sqs.delete(DEAD, &message.receipt_handle);
    }
    let report = place.report(options(StoredIn::DeadLetter)).await;
    assert_eq!(report.to_string(), "nothing to replay\n");
}

/// The queue takes messages of anybody who may write to it.
#[tokio::test]
async fn no_text_of_an_item_controls_the_terminal() {
    let place = Place::new().await;
    let lead = case("heffl", "lead_created");
    let mut item: serde_json::Value = serde_json::from_str(&record(lead.vendor, &lead.webhook().unwrap())).unwrap();
    for field in ["vendor", "account", "detail", "body"] {
        item[field] = "text\u{1b}]0;title\u{7}\u{9b}2J".into();
    }
    place.aws.sqs.send(QUARANTINE, content(&item.to_string()));
    let look = Options { confirm: false, show: 1, ..options(StoredIn::Quarantine) };
    let text = place.report(look).await.to_string();
    assert_eq!(text.matches("text\\u{1b}]0;title\\u{7}\\u{9b}2J").count(), 5, "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}

#[tokio::test]
async fn the_first_items_are_shown_with_their_bodies() {
    let place = Place::new().await;
    let heffl = crm::find("heffl").unwrap();
    for body in ["first\u{1b}[2J", "second"] {
        place.keep(heffl, &Webhook { body: body.as_bytes().to_vec(), ..Webhook::default() });
    }
    let look = Options { confirm: false, ..options(StoredIn::Quarantine) };
    for show in [0, 1, 2] {
        let text = place.report(Options { show, ..look.clone() }).await.to_string();
        assert_eq!(text.matches("wrong_envelope: of a kind that was not known then, account default").count(), show);
        assert!(!text.contains('\u{1b}') && (show < 2 || text.contains("first\\u{1b}[2J")), "{text}");
    }
}

#[tokio::test]
async fn a_vendor_that_is_not_known_here_is_named_as_the_reason() {
    let place = Place::new().await;
    let lead = case("heffl", "lead_created");
    let body = record(lead.vendor, &lead.webhook().unwrap()).replace("\"vendor\":\"heffl\"", "\"vendor\":\"nocrm\"");
    place.aws.sqs.send(QUARANTINE, content(&body));
    let report = place.report(options(StoredIn::Quarantine)).await;
    assert!(report.to_string().contains("left: no such vendor here"), "{report}");
    assert_eq!(place.waiting(QUARANTINE), 1);
}

#[test]
fn a_nonce_is_checked_before_anything_is_read() {
    for (arguments, says) in [
        (&["replay", "dead-letter", "--again", "a b"][..], "expected 1 to 32 letters, digits or hyphens"),
        (&["replay", "dead-letter", "--stack", "no-such.json"], "`make outputs` writes the one of a deployed stack"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_crm-events")).args(arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(says), "{error}");
    }
}
