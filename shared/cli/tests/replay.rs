//! `crm-events replay` against an SQS stub: stored items are sent once, and none is lost.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crm_event::Event;
use crm_events::replay::{From, Options, Report, replay};
use crm_events::stack::Stack;
use crm_normalize::quarantine::Record;
use crm_normalize::{Quarantine, Reason, Vendor, crm};
use crm_samples::{Answer, Case, RECEIVED_AT, Webhook};
use jiff::Timestamp;
use tests::events;
use tests::stub::REGION;
use tests::stub::http::Server;
use tests::stub::sqs::{Content, Settings, Sqs};

const MAIN: &str = "main.fifo";
const DEAD: &str = "dead.fifo";
const QUARANTINE: &str = "quarantine";

struct Place {
    sqs: Sqs,
    stack: Stack,
    _server: Server,
}

impl Place {
    async fn new() -> Self {
        let sqs = Sqs::default();
        for queue in [MAIN, DEAD, QUARANTINE] {
            sqs.create(queue, Settings::of(queue));
        }
        let server = Server::start(sqs.clone()).await.unwrap();
        let url = |queue| Sqs::queue_url(&server.url(), queue);
        let stack = Stack {
            endpoint_url: Some(server.url()),
            region: REGION.to_owned(),
            base_url: None,
            host_header: None,
            queue_url: url(MAIN),
            dead_letter_queue_url: url(DEAD),
            quarantine_queue_url: url(QUARANTINE),
            overflow_bucket: None,
            view_table: None,
            idempotency_table: None,
            urls: BTreeMap::new(),
        };
        Self { sqs, stack, _server: server }
    }

    /// Quarantines a webhook, as an older version did that did not understand it.
    fn keep(&self, vendor: &'static Vendor, webhook: &Webhook) {
        let webhook = webhook.clone().proven(vendor, RECEIVED_AT);
        let verified = webhook.verified(vendor, RECEIVED_AT).unwrap();
        let reason = Quarantine::new(Reason::WrongEnvelope, "of a kind that was not known then");
        let body = serde_json::to_string(&Record::new(&verified, &reason)).unwrap();
        self.sqs.send(QUARANTINE, content(&body));
    }

    fn bury(&self, id: &str, body: &str) {
        self.sqs.send(DEAD, Content { group: "group".into(), deduplication: id.into(), ..content(body) });
    }

    async fn replay(&self, options: Options) -> (usize, usize) {
        let mut report = Report::new(options.confirm);
        replay(&self.stack, &options, much_later(), &mut report).await.unwrap();
        report.totals()
    }

    fn waiting(&self, queue: &str) -> usize {
        self.sqs.counts(queue).waiting
    }

    fn on_the_main_queue(&self) -> Vec<String> {
        self.sqs.receive(MAIN, 10).into_iter().map(|message| message.content.body.to_string()).collect()
    }
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

fn options(from: From) -> Options {
    Options { from, confirm: true, limit: None, vendor: None, since: None, again: None, include_raw: true }
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
    let look = Options { confirm: false, ..options(From::Quarantine) };
    assert_eq!(place.replay(look).await, (1, 1));
    assert_eq!((place.waiting(QUARANTINE), place.waiting(MAIN)), (1, 0), "looking moves nothing");

    assert_eq!(place.replay(options(From::Quarantine)).await, (1, 1));
    assert_eq!(place.waiting(QUARANTINE), 0);
    assert_eq!(place.on_the_main_queue(), first_delivery(&lead));
    assert_eq!(place.replay(options(From::Quarantine)).await, (0, 0), "there is no second time");
}

#[tokio::test]
async fn what_is_still_not_understood_stays() {
    let place = Place::new().await;
    let heffl = crm::find("heffl").unwrap();
    place.keep(heffl, &Webhook { body: b"lead=1".to_vec(), ..Webhook::default() });
    place.sqs.send(QUARANTINE, content("not ours"));
    assert_eq!(place.replay(options(From::Quarantine)).await, (2, 0));
    assert_eq!((place.waiting(QUARANTINE), place.waiting(MAIN)), (2, 0), "and is there for the next at once");
}

#[tokio::test]
async fn only_what_is_asked_for_goes() {
    let place = Place::new().await;
    let (lead, task) = (case("heffl", "lead_created"), case("teamgrid", "task_created"));
    for case in [&lead, &task, &lead] {
        place.keep(case.vendor, &case.webhook().unwrap());
    }
    let none = Options { since: Some(much_later()), ..options(From::Quarantine) };
    assert_eq!(place.replay(none).await, (0, 0));
    let teamgrid = Options { vendor: Some(task.vendor), ..options(From::Quarantine) };
    assert_eq!(place.replay(teamgrid).await, (1, 1));
    assert_eq!(place.on_the_main_queue(), first_delivery(&task));
    let one = Options { limit: Some(1), ..options(From::Quarantine) };
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
    replay(&place.stack, &options(From::DeadLetter), now, &mut report).await.unwrap();
    assert!(report.to_string().contains("younger than 5 minutes"), "{report}");
    assert_eq!((place.waiting(DEAD), place.waiting(MAIN)), (1, 0));

    assert_eq!(place.replay(options(From::DeadLetter)).await, (1, 1));
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
        assert_eq!(place.replay(options(From::DeadLetter)).await, (bodies.len(), bodies.len()));
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
    place.replay(options(From::DeadLetter)).await;
    assert_eq!(place.on_the_main_queue(), [body]);
}

#[tokio::test]
async fn again_makes_one_more_effect_with_a_key_that_says_so() {
    let place = Place::new().await;
    let lead = case("heffl", "lead_created");
    let bodies = first_delivery(&lead);
    let event: Event<'_> = serde_json::from_str(&bodies[0]).unwrap();
    place.bury("1", &bodies[0]);
    let again = Options { again: Some("2026-1".to_owned()), ..options(From::DeadLetter) };
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
    let error = replay(&place.stack, &options(From::Quarantine), much_later(), &mut report).await.unwrap_err();
    assert!(format!("{error:#}").contains("main queue did not accept"), "{error:#}");
    let counts = place.sqs.counts(QUARANTINE);
    assert_eq!(counts.waiting + counts.in_flight, 1);
}
