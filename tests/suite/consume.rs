//! What a consumer asks of SQS, S3 and DynamoDB, with the real SDKs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::http;
use aws_lambda_events::sqs::SqsMessage;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::http::http_client_fn;
use aws_smithy_types::body::SdkBody;
use crm_consume::Settings as ConsumerSettings;
use crm_consume::payload::{MAX_PAYLOAD_BYTES, NoPayloads, PayloadError, Payloads, Pointer, S3};
use crm_consume::queue::{Queue, QueueError, Sqs};
use crm_consume::store::{Claim, InvocationTimes, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::stub::REGION;
use tests::stub::connector::connector_fn;
use tests::stub::dynamodb::DynamoDb;
use tests::stub::http::{Answer, Request, Server, Service};
use tests::stub::sqs::{self, Settings};

use crate::stubs::client;

const EVENTS: &str = "events.fifo";
const DEAD: &str = "dead.fifo";

/// A queue of a consumer, and its SQS.
struct Stub {
    server: Server,
    client: aws_sdk_sqs::Client,
}

impl Stub {
    async fn start() -> Self {
        let sqs = sqs::Sqs::default();
        sqs.create(EVENTS, Settings::of(EVENTS));
        sqs.create(DEAD, Settings::of(DEAD));
        let server = Server::start(sqs).await.unwrap();
        let client = client(&server.url(), None);
        Self { server, client }
    }

    fn url(&self, queue: &str) -> String {
        sqs::Sqs::queue_url(&self.server.url(), queue)
    }

    fn queue(&self) -> Sqs {
        Sqs::new(self.client.clone(), Some(self.url(EVENTS)), Some(self.url(DEAD)))
    }

    async fn receive(&self, queue: &str) -> Vec<aws_sdk_sqs::types::Message> {
        let request = self.client.receive_message().queue_url(self.url(queue)).max_number_of_messages(10);
        let request = request.message_attribute_names("All").message_system_attribute_names("All".into());
        request.send().await.unwrap().messages.unwrap_or_default()
    }
}

/// A message as Lambda passes it to a consumer.
fn message(id: &str, receipt_handle: &str, attributes: &Value) -> SqsMessage {
    serde_json::from_value(json!({
        "messageId": id, "receiptHandle": receipt_handle, "body": "not an event",
        "attributes": {"MessageGroupId": id}, "messageAttributes": attributes,
    }))
    .unwrap()
}

fn attribute(value: &str) -> Value {
    json!({"dataType": "String", "stringValue": value, "stringListValues": [], "binaryListValues": []})
}

#[tokio::test]
async fn a_message_goes_to_the_dead_letter_queue_once_as_it_was_with_the_reason() {
    let stub = Stub::start().await;
    let mut attributes = json!({"type": attribute("crm.lead.created"), "reason": attribute("an earlier one")});
    let bad = message("m1", "r1", &attributes);
    for _ in 0..2 {
        stub.queue().dead_letter(&bad, "no event").await.unwrap();
    }
    let dead = stub.receive(DEAD).await;
    let [copy] = &dead[..] else { panic!("one copy: {dead:?}") };
    assert_eq!(copy.body.as_deref(), Some("not an event"));
    let system = |name: &str| copy.attributes.as_ref().unwrap().get(&name.into()).cloned();
    assert_eq!(system("MessageGroupId").as_deref(), Some("m1"));
    let text = |name: &str| {
        let own = copy.message_attributes.as_ref().unwrap();
        own.get(name).and_then(MessageAttributeValue::string_value).map(str::to_owned)
    };
    assert_eq!((text("type").as_deref(), text("reason").as_deref()), (Some("crm.lead.created"), Some("no event")));

    // SQS takes ten attributes.
    for number in 0..10 {
        attributes[format!("a{number}")] = attribute("x");
    }
    stub.queue().dead_letter(&message("m2", "r2", &attributes), "no event").await.unwrap();
    let dead = stub.receive(DEAD).await;
    let own = dead[0].message_attributes.as_ref().unwrap();
    assert!(own.len() == 10 && own.contains_key("reason"), "{own:?}");

    let without = Sqs::new(stub.client.clone(), Some(stub.url(EVENTS)), None);
    assert!(matches!(without.dead_letter(&bad, "no event").await, Err(QueueError::NoDeadLetterQueue)));
    let missing = Sqs::new(stub.client.clone(), None, Some(stub.url("missing.fifo")));
    assert!(matches!(missing.dead_letter(&bad, "no event").await, Err(QueueError::Unavailable(_))));
}

#[tokio::test]
async fn what_failed_comes_back_when_the_consumer_says() {
    let stub = Stub::start().await;
    for number in 0..12 {
        let (request, id) = (stub.client.send_message().queue_url(stub.url(EVENTS)), number.to_string());
        request.message_body("x").message_group_id(&id).message_deduplication_id(&id).send().await.unwrap();
    }
    let mut messages = Vec::new();
    while messages.len() < 12 {
        let received = stub.receive(EVENTS).await.into_iter();
        messages
            .extend(received.map(|one| message(&one.message_id.unwrap(), &one.receipt_handle.unwrap(), &json!({}))));
    }
    assert_eq!(stub.receive(EVENTS).await.len(), 0);
    let at_once = |messages: &[SqsMessage]| {
        let delays: Vec<_> = messages.iter().cloned().map(|message| (message, Duration::ZERO)).collect();
        let (queue, nowhere) = (stub.queue(), Sqs::new(stub.client.clone(), None, None));
        async move {
            let delays: Vec<_> = delays.iter().map(|(message, delay)| (message, *delay)).collect();
            nowhere.delay(&delays).await.unwrap();
            queue.delay(&delays).await
        }
    };
    at_once(&messages).await.unwrap();
    let mut again = stub.receive(EVENTS).await.len();
    again += stub.receive(EVENTS).await.len();
    assert_eq!(again, 12, "more than one request of SQS takes");
    let unknown = message("m", "unknown", &json!({}));
    assert!(matches!(at_once(&[unknown]).await, Err(QueueError::Unavailable(_))));
}

/// A client of an S3 that gives this answer.
fn s3(status: u16, size: Option<u64>, body: &'static str) -> S3 {
    let connector = connector_fn(move |_: http::Request<SdkBody>| {
        let response = http::Response::builder().status(status);
        let response = size.iter().fold(response, |response, size| response.header("content-length", *size));
        response.body(body).unwrap()
    });
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()));
    S3::new(aws_sdk_s3::Client::from_conf(config.build()))
}

#[tokio::test]
async fn an_events_object_is_read_or_it_is_known_why_not() {
    let pointer = Pointer { bucket: "large".to_owned(), key: "events/1".to_owned() };
    for size in [None, Some(2)] {
        assert_eq!(s3(200, size, "{}").read(&pointer).await.unwrap(), b"{}", "{size:?}");
    }
    for (status, size, body, expected) in [
        (404, None, "<Error><Code>NoSuchKey</Code></Error>", "there is no object to read for the event: NoSuchKey"),
        (
            404,
            None,
            "<Error><Code>NoSuchBucket</Code></Error>",
            "there is no object to read for the event: NoSuchBucket",
        ),
        (
            403,
            None,
            "<Error><Code>AccessDenied</Code></Error>",
            "there is no object to read for the event: AccessDenied",
        ),
        (403, None, "<Error><Code>RequestTimeTooSkewed</Code></Error>", "the event's object is unreachable: "),
        (503, None, "<Error><Code>SlowDown</Code></Error>", "the event's object is unreachable: "),
        // It is read, and breaks off.
        (200, Some(MAX_PAYLOAD_BYTES), "{}", "the event's object is unreachable: "),
        (
            200,
            Some((64 << 20) + 1),
            "{}",
            "the event's object has 67108865 bytes, more than the 67108864 that are read",
        ),
    ] {
        let error = s3(status, size, body).read(&pointer).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{body}: {error}");
    }
    assert!(matches!(NoPayloads.read(&pointer).await, Err(PayloadError::Unsupported)));
}

/// A DynamoDB that applies its first write, and cuts the connection before the answer.
struct CutsOnce(DynamoDb, AtomicBool);

impl Service for CutsOnce {
    async fn answer(&self, request: Request) -> Answer {
        let answer = self.0.answer(request).await;
        if self.1.swap(true, Ordering::Relaxed) { answer } else { Answer::Cut }
    }
}

/// The SDK repeats a claim whose answer was lost. The mark that it finds is its own.
#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_still_ours() {
    let tables = DynamoDb::default();
    tables.create("records", &["id"]);
    let server = Server::start(CutsOnce(tables, AtomicBool::default())).await.unwrap();
    let variables = [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_LAMBDA_FUNCTION_NAME", "sales"),
        ("IDEMPOTENCY_TABLE", "records"),
        ("AWS_ENDPOINT_URL", &server.url()),
    ];
    let settings = ConsumerSettings::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
    let records = settings.idempotency_records().unwrap();
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let until = |seconds| InvocationTimes { now, deadline: now + SignedDuration::from_secs(seconds) };
    assert_eq!(records.claim("1", until(30)).await.unwrap(), Claim::Ours);
    assert_eq!(records.claim("1", until(31)).await.unwrap(), Claim::InProgress, "another invocation's");
}
