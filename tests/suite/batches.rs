//! Many webhooks in one request: each element of the array comes out by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::http;
use aws_sdk_sqs::config::http::{HttpRequest, HttpResponse};
use aws_smithy_http_client::test_util::NeverClient;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use crm_event::Event;
use crm_ingest::Function;
use crm_normalize::quarantine::Record;
use crm_normalize::{Accepted, BodyTexts, Options, Vendor, VendorFile, crm};
use crm_samples::{RECEIVED_AT, Webhook, api_gateway};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::function::{CALL, QUARANTINE, ask, function_with};

const BUCKET: (&str, &str) = ("OVERFLOW_BUCKET", "crm-overflow");

fn hubspot() -> &'static Vendor {
    crm::find("hubspot").unwrap()
}

/// An SQS and an S3 that answer after a delay.
#[derive(Clone, Debug)]
struct Aws {
    /// The delay of the request with this number.
    delay: fn(usize) -> Duration,
    /// The status that SQS answers with for this queue.
    sqs: fn(&str) -> u16,
    s3: u16,
    requests: Arc<Mutex<usize>>,
    /// With their queue, in the order in which they were confirmed.
    messages: Arc<Mutex<Vec<(String, Value)>>>,
    objects: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Aws {
    fn new(delay: fn(usize) -> Duration, sqs: fn(&str) -> u16) -> Self {
        let (requests, messages, objects) = Default::default();
        Self { delay, sqs, s3: 200, requests, messages, objects }
    }

    fn taking_all() -> Self {
        Self::new(|_| Duration::ZERO, |_| 200)
    }

    fn function(&self) -> Function {
        function_with(hubspot(), SharedHttpConnector::new(self.clone()), &[BUCKET])
    }

    fn answer(&self, request: &http::Request<SdkBody>) -> (u16, String) {
        let body = std::str::from_utf8(request.body().bytes().unwrap()).unwrap().to_owned();
        if !request.headers().contains_key("x-amz-target") {
            self.objects.lock().unwrap().insert(request.uri().path().to_owned(), body);
            return (self.s3, String::new());
        }
        let body: Value = serde_json::from_str(&body).unwrap();
        let queue = body["QueueUrl"].as_str().unwrap().to_owned();
        let status = (self.sqs)(&queue);
        if status != 200 {
            return (status, json!({"__type": "com.amazonaws.sqs#Whatever"}).to_string());
        }
        let entries = body["Entries"].as_array().cloned();
        let sent = entries.clone().unwrap_or_else(|| vec![body.clone()]);
        assert!(sent.len() <= 10);
        self.messages.lock().unwrap().extend(sent.into_iter().map(|message| (queue.clone(), message)));
        let done = entries.into_iter().flatten();
        let done: Vec<_> =
            done.map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"})).collect();
        (200, json!({"Successful": done, "Failed": [], "MessageId": "m"}).to_string())
    }

    fn events(&self) -> Vec<Value> {
        self.bodies(|queue| queue != QUARANTINE)
    }

    fn quarantined(&self) -> Vec<Value> {
        self.bodies(|queue| queue == QUARANTINE)
    }

    fn bodies(&self, is_queue: impl Fn(&str) -> bool) -> Vec<Value> {
        let messages = self.messages.lock().unwrap();
        let bodies = messages.iter().filter(|(queue, _)| is_queue(queue));
        bodies.map(|(_, message)| serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap()).collect()
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let number = {
                let mut requests = this.requests.lock().unwrap();
                *requests += 1;
                *requests - 1
            };
            tokio::time::sleep((this.delay)(number)).await;
            let (status, body) = this.answer(&request.try_into_http1x().unwrap());
            let response = http::Response::builder().status(status).body(SdkBody::from(body)).unwrap();
            Ok(HttpResponse::try_from(response).unwrap())
        })
    }
}

/// A change of one of `records` contacts.
fn element(index: usize, records: usize) -> Value {
    json!({
        "eventId": 1000 + index, "subscriptionId": 7, "portalId": 44, "appId": 9, "occurredAt": 1_767_225_600_000_u64,
        "subscriptionType": "contact.propertyChange", "attemptNumber": 0, "objectId": 500 + index % records,
        "propertyName": "firstname", "propertyValue": format!("name {index}"), "changeSource": "CRM_UI",
    })
}

fn request(elements: &[Value]) -> Value {
    let webhook = Webhook { body: serde_json::to_vec(elements).unwrap(), ..Webhook::default() };
    api_gateway::event(hubspot(), &webhook.proven(hubspot(), RECEIVED_AT))
}

/// A hundred events, as many as HubSpot sends at once. Three of them are not what HubSpot documents.
fn hundred() -> Vec<Value> {
    let mut elements: Vec<_> = (0..100).map(|index| element(index, 40)).collect();
    elements[7] = json!("no object");
    elements[50].as_object_mut().unwrap().remove("objectId");
    elements[99].as_object_mut().unwrap().remove("subscriptionType");
    elements
}

fn ids(events: &Value) -> BTreeSet<String> {
    events.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_elements_three_bad_ones_cost_themselves_alone() {
    let aws = Aws::taking_all();
    let elements = hundred();
    let (status, answer, _) = ask(&aws.function(), request(&elements)).await;
    assert_eq!((status, &answer["status"]), (200, &json!("mixed")), "{answer}");
    let events = aws.events();
    assert_eq!(
        (events.len(), ids(&answer["events"]).len(), answer["quarantined"].as_array().unwrap().len()),
        (97, 97, 3)
    );
    for event in &events {
        let raw = &event["data"]["raw"];
        assert!(elements.contains(raw), "the element alone: {raw}");
        assert_eq!(event["data"]["account"], "44");
    }
    let mut kept: Vec<_> = aws.quarantined();
    kept.sort_by_key(|record| record["element"].as_u64());
    let kept: Vec<_> =
        kept.iter().map(|record| (record["element"].as_u64().unwrap(), record["reason"].as_str().unwrap())).collect();
    assert_eq!(kept, [(7, "not_json"), (50, "no_record_id"), (99, "no_event_name")]);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_events_are_on_a_queue_that_takes_20_ms_within_100_ms() {
    let aws = Aws::new(|_| Duration::from_millis(20), |_| 200);
    let elements: Vec<_> = (0..100).map(|index| element(index, 100)).collect();
    let started = tokio::time::Instant::now();
    let (status, answer, _) = ask(&aws.function(), request(&elements)).await;
    let waited = started.elapsed();
    assert_eq!((status, ids(&answer["events"]).len(), *aws.requests.lock().unwrap()), (200, 100, 10));
    assert!(waited <= Duration::from_millis(50), "{waited:?}");
}

/// The earlier a request, the longer it takes, so concurrent requests arrive in the wrong order.
#[tokio::test(start_paused = true)]
async fn the_events_of_a_record_stay_in_order() {
    for records in [1, 3, 40] {
        let aws = Aws::new(|number| Duration::from_millis(300_u64.saturating_sub(20 * number as u64)), |_| 200);
        let elements: Vec<_> = (0..100).map(|index| element(index, records)).collect();
        let (status, ..) = ask(&aws.function(), request(&elements)).await;
        assert_eq!(status, 200);
        let mut last = BTreeMap::new();
        for event in aws.events() {
            let id = event["data"]["raw"]["eventId"].as_u64().unwrap();
            let before = last.insert(event["partitionkey"].to_string(), id);
            assert!(before.is_none_or(|before| before < id), "{records} records: {id} after {before:?}");
        }
        assert_eq!(last.len(), records);
    }
}

/// HubSpot counts its attempts in the body.
#[tokio::test(start_paused = true)]
async fn another_attempt_in_other_company_has_the_same_ids() {
    let (first, again) = (Aws::taking_all(), Aws::taking_all());
    let elements: Vec<_> = (0..10).map(|index| element(index, 4)).collect();
    let (_, answer, _) = ask(&first.function(), request(&elements)).await;
    let mut retried: Vec<_> = elements.into_iter().rev().take(5).collect();
    for element in &mut retried {
        element["attemptNumber"] = json!(3);
    }
    let (_, later, _) = ask(&again.function(), request(&retried)).await;
    assert!(ids(&later["events"]).is_subset(&ids(&answer["events"])) && ids(&later["events"]).len() == 5, "{later}");
}

/// The result of replaying a stored record: the ids, and the number that are not understood.
fn replayed(record: &str) -> (BTreeSet<String>, usize) {
    let restored = serde_json::from_str::<Record<'_>>(record).unwrap().restore().unwrap();
    let (verified, texts) = (restored.verified(), BodyTexts::default());
    let (mut ids, mut bad) = (BTreeSet::new(), 0);
    for normalized in verified.normalize(Options { include_raw: true }, &texts) {
        match normalized.result {
            Ok(Accepted::Events(events)) => ids.extend(events.iter().map(|event: &Event<'_>| event.id.to_string())),
            Ok(Accepted::Ignored(_)) => {}
            Err(_) => bad += 1,
        }
    }
    (ids, bad)
}

#[tokio::test(start_paused = true)]
async fn what_a_queue_does_not_take_is_stored_whole_and_replayed_with_the_same_ids() {
    let expected = {
        let (_, answer, _) = ask(&Aws::taking_all().function(), request(&hundred())).await;
        ids(&answer["events"])
    };
    type Status = fn(&str) -> u16;
    let failures: [(Status, &str); 2] = [
        (|queue| if queue == QUARANTINE { 200 } else { 500 }, "stored"),
        (|queue| if queue == QUARANTINE { 500 } else { 200 }, "mixed"),
    ];
    for (sqs, word) in failures {
        let aws = Aws::new(|_| Duration::ZERO, sqs);
        let (status, answer, _) = ask(&aws.function(), request(&hundred())).await;
        assert_eq!((status, &answer["status"]), (200, &json!(word)), "{answer}");
        assert_eq!(ids(&answer["events"]), expected);
        let records: Vec<_> = aws.objects.lock().unwrap().values().cloned().collect();
        let [record] = &records[..] else { panic!("{} objects", records.len()) };
        assert_eq!(replayed(record), (expected.clone(), 3));
        let neither = Aws { s3: 500, ..Aws::new(|_| Duration::ZERO, sqs) };
        let (status, ..) = ask(&neither.function(), request(&hundred())).await;
        assert_eq!(status, 503, "nothing that is not kept is answered 200");
    }
}

/// Without the time of the change, an element is identified by its own text, its place and the time of receipt.
#[tokio::test(start_paused = true)]
async fn elements_without_an_id_are_replayed_with_the_same_ids() {
    let mut elements: Vec<_> = (0..3).map(|index| element(index, 1)).collect();
    for element in &mut elements {
        element.as_object_mut().unwrap().remove("occurredAt");
    }
    let aws = Aws::new(|_| Duration::ZERO, |_| 500);
    let (status, answer, _) = ask(&aws.function(), request(&elements)).await;
    assert_eq!((status, ids(&answer["events"]).len()), (200, 3), "{answer}");
    let records: Vec<_> = aws.objects.lock().unwrap().values().cloned().collect();
    assert_eq!(replayed(&records[0]), (ids(&answer["events"]), 0));
}

/// A stored webhook lacks the vendor's secrets. With them, an element would have another hash than on receipt.
#[test]
fn elements_with_a_secret_are_replayed_with_the_same_ids() {
    const FILE: &str = r#"
version = 1
name = "secretive"
title = "Secretive CRM"
event = "event"
time = "at"
records = "items"
id = "id"
token = true
secret_members = ["secret"]
[events]
"changed" = "contact.updated"
"#;
    let vendor = VendorFile::parse(FILE).unwrap().into_vendor();
    let ids = |secret: &str| {
        let item = |id: u32| format!(r#"{{"id":{id}{secret}}}"#);
        let (one, two) = (item(1), item(2));
        let body = format!(r#"{{"event":"changed","at":"2026-01-01T00:00:00Z","items":[{one},{two}]{secret}}}"#);
        let webhook = Webhook { body: body.into(), ..Webhook::default() }.proven(vendor, RECEIVED_AT);
        let (answer, _) = webhook.answer(vendor, RECEIVED_AT).unwrap();
        answer.events().iter().map(|event| event.id.to_string()).collect::<Vec<_>>()
    };
    let received = ids(r#","secret":"s3cret""#);
    assert_eq!((received.len(), ids("")), (2, received));
}

#[test]
fn a_bad_element_is_restored_as_it_was() {
    // The second would become an event if it were read as the body of a request.
    for element in [json!("no object"), json!([element(0, 1)]), json!({"occurredAt": 1})] {
        let body = serde_json::to_vec(&[json!({}), element.clone()]).unwrap();
        let webhook = Webhook { body, ..Webhook::default() }.proven(hubspot(), RECEIVED_AT);
        let verified = webhook.verified(hubspot(), RECEIVED_AT).unwrap();
        let texts = BodyTexts::default();
        let normalized = verified.normalize(Options { include_raw: true }, &texts).remove(1);
        assert_eq!((verified.element(), normalized.webhook.element()), (None, Some(1)));
        let Err(why) = &normalized.result else { panic!("{element} is understood") };
        let record = serde_json::to_string(&Record::new(&normalized.webhook, why)).unwrap();
        assert!(serde_json::from_str::<Value>(&record).unwrap()["body"] == *element.to_string(), "{record}");
        assert_eq!(replayed(&record), (BTreeSet::new(), 1), "{record}");
    }
}

/// The message that is too large is refused each time, so the vendor must not lose the others with it.
#[tokio::test(start_paused = true)]
async fn a_message_that_is_too_large_does_not_hold_up_the_others() {
    let mut elements: Vec<_> = (0..5).map(|index| element(index, 1)).collect();
    elements[2]["propertyValue"] = json!("x".repeat(1_100_000));
    let mut first = Vec::new();
    for _redelivery in 0..2 {
        let aws = Aws::taking_all();
        let function = function_with(hubspot(), SharedHttpConnector::new(aws.clone()), &[]);
        let (status, answer, _) = ask(&function, request(&elements)).await;
        assert_eq!((status, answer), (413, json!({"error": "too_large"})));
        let events = aws.events();
        let changes: Vec<_> = events.iter().map(|event| event["data"]["raw"]["eventId"].as_u64().unwrap()).collect();
        assert_eq!(changes, [1000, 1001, 1003, 1004]);
        let ids: Vec<_> = events.iter().map(|event| event["id"].clone()).collect();
        assert!(first.is_empty() || first == ids, "{first:?} {ids:?}");
        first = ids;
    }
}

#[tokio::test(start_paused = true)]
async fn odd_arrays_are_answered() {
    let many = |count: usize| (0..count).map(|index| element(index, count)).collect::<Vec<_>>();
    let text = |body: &str| {
        let webhook = Webhook { body: body.into(), ..Webhook::default() };
        api_gateway::event(hubspot(), &webhook.proven(hubspot(), RECEIVED_AT))
    };
    for (what, request, expected) in [
        ("an empty list", text(" [ ] "), "ignored: an empty list"),
        (
            "a nested list",
            text("[[]]"),
            "quarantined: not_json: element 0 of the body is not a JSON object (line 1, column 0)",
        ),
        ("a list of numbers", text("[1, 2]"), "mixed: "),
        ("one object", text(&element(1, 1).to_string()), "accepted: "),
        ("the most", request(&many(1000)), "accepted: "),
        ("more", request(&many(1001)), "quarantined: too_many_events: 1001 records"),
        ("ten thousand", request(&many(10_000)), "quarantined: too_many_events: 10000 records"),
        ("brackets", text(&"[".repeat(900_000)), "quarantined: not_json: the body is not a JSON array"),
        ("a list without an end", text("[{}"), "quarantined: not_json: the body is not a JSON array"),
        ("two lists", text("[{}][{}]"), "quarantined: not_json: the body is not a JSON array"),
        ("a text", text("\"a\""), "quarantined: not_json: the body is not a JSON object"),
    ] {
        let aws = Aws::taking_all();
        let (status, answer, _) = ask(&aws.function(), request).await;
        let found =
            format!("{}: {}", answer["status"].as_str().unwrap(), answer["reason"].as_str().unwrap_or_default());
        assert_eq!(status, 200, "{what}");
        assert!(found.starts_with(expected), "{what}: {found}");
        let kept = aws.quarantined().len() + aws.events().len();
        assert!(kept > 0 || found.starts_with("ignored"), "{what} is kept");
    }
}

/// HubSpot gives up after 5 seconds, and sends again.
#[tokio::test(start_paused = true)]
async fn a_silent_aws_is_answered_before_the_vendor_gives_up() {
    for vendor in crm::ALL {
        let client = NeverClient::new();
        let function = function_with(vendor, SharedHttpConnector::new(client.clone()), &[BUCKET]);
        let body = vendor.test_body.replace("\"NEW\"", "\"CREATED\"");
        let webhook = Webhook { body: body.into(), ..Webhook::default() }.proven(vendor, RECEIVED_AT);
        let request = serde_json::from_value(api_gateway::event(vendor, &webhook)).unwrap();
        let started = tokio::time::Instant::now();
        let response = function.handle(request, CALL, RECEIVED_AT).await;
        let waited = started.elapsed();
        let is_ignored = response.status_code == 200;
        assert!(is_ignored || response.status_code == 503, "{}", vendor.name);
        let rest = Duration::from_millis(700);
        assert!(waited + rest <= vendor.answer_within.min(Duration::from_millis(6500)), "{}: {waited:?}", vendor.name);
        assert!(is_ignored || waited > Duration::from_secs(3), "{}: {waited:?}", vendor.name);
    }
    assert_eq!(SignedDuration::try_from(hubspot().answer_within).unwrap(), SignedDuration::from_secs(5));
}
