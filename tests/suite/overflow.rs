//! The overflow store: messages that are too large for SQS, and webhooks while SQS is unreachable, are stored in S3.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_lambda_events::http;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::config::http::HttpRequest;
use aws_smithy_http_client::test_util::NeverClient;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use crm_event::Event;
use crm_ingest::Function;
use crm_normalize::quarantine::Record;
use crm_normalize::{Accepted, BodyTexts, Options};
use crm_samples::{Case, RECEIVED_AT, Webhook, api_gateway};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::events;
use tests::stub::connector::connector_fn;

use crate::function::{CALL, QUARANTINE, ask, event, function_with, heffl, lead_created, lead_with};
use crate::{log, signature};

const BUCKET: &str = "crm-overflow";

/// An SQS and an S3 that answer with these statuses and record their requests.
#[derive(Clone, Default)]
struct Aws {
    messages: Arc<Mutex<Vec<Value>>>,
    /// The stored objects by path.
    objects: Arc<Mutex<BTreeMap<String, Put>>>,
}

struct Put {
    host: String,
    headers: http::HeaderMap,
    body: String,
}

impl Aws {
    fn client(&self, sqs: u16, s3: u16) -> SharedHttpConnector {
        let aws = self.clone();
        connector_fn(move |request: http::Request<SdkBody>| {
            let body = std::str::from_utf8(request.body().bytes().unwrap()).unwrap().to_owned();
            let (status, answer) = if request.headers().contains_key("x-amz-target") {
                aws.messages.lock().unwrap().push(serde_json::from_str(&body).unwrap());
                (sqs, r#"{"MessageId": "m", "__type": "com.amazonaws.sqs#Whatever"}"#)
            } else {
                assert_eq!(request.method(), "PUT");
                let host = request.uri().host().unwrap().to_owned();
                let put = Put { host, headers: request.headers().clone(), body };
                aws.objects.lock().unwrap().insert(request.uri().path().to_owned(), put);
                (s3, "")
            };
            http::Response::builder().status(status).body(answer).unwrap()
        })
    }

    fn function(&self, sqs: u16, s3: u16) -> Function {
        function_with(heffl(), self.client(sqs, s3), &[("OVERFLOW_BUCKET", BUCKET)])
    }

    fn bodies(&self) -> Vec<String> {
        self.objects.lock().unwrap().values().map(|put| put.body.clone()).collect()
    }

    fn paths(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }
}

fn large() -> Webhook {
    lead_with(&"x".repeat(1 << 20))
}

#[tokio::test]
async fn an_event_larger_than_a_message_is_stored_and_its_message_points_there() {
    let aws = Aws::default();
    let (status, answer, _) = ask(&aws.function(200, 200), event(large())).await;
    assert_eq!((status, &answer["status"]), (200, &json!("accepted")));
    let messages = aws.messages.lock().unwrap();
    let [message] = &messages[..] else { panic!("one message: {messages:?}") };
    let (class, pointer): (String, Value) = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(class, "software.amazon.payloadoffloading.PayloadS3Pointer");
    assert_eq!(pointer["s3BucketName"], BUCKET);
    let path = format!("/{}", pointer["s3Key"].as_str().unwrap());
    assert!(path.starts_with("/events/heffl/"), "{path}");
    assert_eq!(aws.paths(), [path]);
    let stored = aws.bodies().remove(0);
    let stored_event: Event<'_> = serde_json::from_str(&stored).unwrap();
    assert_eq!(answer["events"], json!([stored_event.id]));
    assert_eq!(message["MessageDeduplicationId"], *stored_event.id);
    assert_eq!(message["MessageGroupId"], *stored_event.partitionkey);
    let attributes = message["MessageAttributes"].as_object().unwrap();
    let size = json!({"DataType": "Number", "StringValue": stored.len().to_string()});
    assert_eq!(attributes["ExtendedPayloadSize"], size);
    assert_eq!(attributes["type"]["StringValue"], "crm.lead.created");
    assert_eq!(attributes.len(), 7, "SQS takes ten at most");
}

#[tokio::test]
async fn a_large_webhook_that_is_not_understood_is_kept_the_same_way() {
    let aws = Aws::default();
    let unread = Webhook { body: vec![b'x'; 1 << 20], ..Webhook::default() };
    let (status, answer, _) = ask(&aws.function(200, 200), event(unread)).await;
    assert_eq!((status, &answer["status"]), (200, &json!("quarantined")));
    let messages = aws.messages.lock().unwrap();
    assert_eq!(messages[0]["QueueUrl"], QUARANTINE);
    let key = serde_json::from_str::<Value>(messages[0]["MessageBody"].as_str().unwrap()).unwrap()[1]["s3Key"].clone();
    assert_eq!(aws.paths(), [format!("/{}", key.as_str().unwrap())]);
    assert!(aws.paths()[0].starts_with("/quarantine/heffl/"));
    assert_eq!(serde_json::from_str::<Record<'_>>(&aws.bodies()[0]).unwrap().reason, "not_json");
}

#[tokio::test(start_paused = true)]
async fn while_sqs_is_out_of_reach_webhooks_are_stored_for_a_replay() {
    for (webhook, status, reason) in [
        (lead_created(), "stored", "queue_unavailable"),
        (Webhook { body: b"lead=1".to_vec(), ..Webhook::default() }, "quarantined", "not_json"),
    ] {
        let aws = Aws::default();
        let function = aws.function(500, 200);
        for _redelivery in 0..2 {
            let (code, answer, _) = ask(&function, event(webhook.clone())).await;
            assert_eq!((code, &answer["status"]), (200, &json!(status)));
        }
        let paths = aws.paths();
        assert!(paths.len() == 1 && paths[0].starts_with("/pending/heffl/"), "one object of two deliveries: {paths:?}");
        let bodies = aws.bodies();
        let record: Record<'_> = serde_json::from_str(&bodies[0]).unwrap();
        assert_eq!(record.reason, reason);
    }
}

/// Online, offline, online: the third body equals the first one, but is another change.
#[tokio::test(start_paused = true)]
async fn while_sqs_is_out_of_reach_a_state_that_comes_back_is_stored_again() {
    let teamgrid = crm_normalize::crm::find("teamgrid").unwrap();
    let aws = Aws::default();
    let function = function_with(teamgrid, aws.client(500, 200), &[("OVERFLOW_BUCKET", BUCKET)]);
    let mut ids = Vec::new();
    for (second, name) in [(0, "user_online"), (1, "user_offline"), (2, "user_online")] {
        let webhook = Case::find(&events(), teamgrid, name).unwrap().webhook().unwrap();
        let now = RECEIVED_AT.checked_add(SignedDuration::from_secs(second)).unwrap();
        let request = api_gateway::event(teamgrid, &webhook.proven(teamgrid, now));
        let response = function.handle(serde_json::from_value(request).unwrap(), CALL, now).await;
        let answer: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(answer["status"], "stored");
        ids.push(answer["events"][0].as_str().unwrap().to_owned());
    }
    assert_eq!(aws.paths().len(), 3, "an object each: {:?}", aws.paths());
    let replayed = aws.bodies().into_iter().flat_map(|body| {
        let restored = serde_json::from_str::<Record<'_>>(&body).unwrap().restore().unwrap();
        let texts = BodyTexts::default();
        let normalized = restored.verified().normalize(Options { include_raw: false }, &texts).remove(0);
        let Ok(Accepted::Events(events)) = normalized.result else { panic!("{:?}", normalized.result) };
        events.into_iter().map(|event| event.id.to_string()).collect::<Vec<_>>()
    });
    assert_eq!(replayed.collect::<Vec<_>>(), ids, "a listing has the webhooks in the order of arrival");
    assert_eq!(BTreeSet::from_iter(&ids).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn with_both_out_of_reach_the_vendor_must_send_again() {
    for s3 in [403, 500] {
        let aws = Aws::default();
        let (status, answer, response) = ask(&aws.function(500, s3), event(lead_created())).await;
        assert_eq!((status, answer), (503, json!({"error": "unavailable"})));
        assert!(response["headers"].get("retry-after").is_some());
        let (status, ..) = ask(&aws.function(200, s3), event(large())).await;
        assert_eq!(status, 503, "a large event whose store is out of reach");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_never_waits_longer_than_six_seconds() {
    let started = tokio::time::Instant::now();
    let client = SharedHttpConnector::new(NeverClient::new());
    let function = function_with(heffl(), client, &[("OVERFLOW_BUCKET", BUCKET)]);
    let (status, ..) = ask(&function, event(lead_created())).await;
    assert_eq!(status, 503);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

/// An SQS and an S3 whose clock is ahead of ours by some seconds. Like AWS, they refuse a signature whose time is more
/// than five minutes off. Returns the number of requests to each.
fn ahead(seconds: i64, sqs_is_down: bool) -> (SharedHttpConnector, Arc<Mutex<[usize; 2]>>) {
    let counts = Arc::<Mutex<[usize; 2]>>::default();
    let count = counts.clone();
    let connector = connector_fn(move |request: http::Request<SdkBody>| {
        let is_sqs = request.headers().contains_key("x-amz-target");
        count.lock().unwrap()[usize::from(!is_sqs)] += 1;
        let aws_now = DateTime::from_secs(DateTime::from(SystemTime::now()).secs() + seconds);
        let signed = request.headers()["x-amz-date"].to_str().unwrap();
        let signed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", signed).unwrap();
        let signed = signed.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
        let (status, body) = match (is_sqs, signed.abs_diff(aws_now.secs()) > 300) {
            (true, _) if sqs_is_down => (500, "{}"),
            (true, true) => (403, r#"{"__type": "com.amazon.coral.service#InvalidSignatureException"}"#),
            (false, true) => (403, "<Error><Code>RequestTimeTooSkewed</Code></Error>"),
            (_, false) => (200, r#"{"MessageId": "m"}"#),
        };
        let response = http::Response::builder().status(status).header("date", aws_now.fmt(Format::HttpDate).unwrap());
        response.body(body).unwrap()
    });
    (connector, counts)
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_is_corrected_by_that_of_aws() {
    for seconds in [600, -600, 1200, -86_400] {
        for (sqs_is_down, status) in [(false, "accepted"), (true, "stored")] {
            let (connector, counts) = ahead(seconds, sqs_is_down);
            let function = function_with(heffl(), connector, &[("OVERFLOW_BUCKET", BUCKET)]);
            for expected in [if sqs_is_down { [3, 2] } else { [2, 0] }, if sqs_is_down { [6, 3] } else { [3, 0] }] {
                let (code, answer, _) = ask(&function, event(lead_created())).await;
                assert_eq!((code, &answer["status"]), (200, &json!(status)), "{seconds} s ahead");
                assert_eq!(*counts.lock().unwrap(), expected, "{seconds} s ahead: only the first is refused");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn why_s3_refused_is_logged_with_its_code() {
    let denied = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    // A clock that is off by less than four minutes is not the reason, so it is not tried again by another clock.
    for seconds in [0, 200, -200] {
        let puts = Arc::<Mutex<usize>>::default();
        let count = puts.clone();
        let connector = connector_fn(move |request: http::Request<SdkBody>| {
            let is_sqs = request.headers().contains_key("x-amz-target");
            *count.lock().unwrap() += usize::from(!is_sqs);
            let aws_now = DateTime::from_secs(DateTime::from(SystemTime::now()).secs() + seconds);
            http::Response::builder()
                .status(if is_sqs { 500 } else { 403 })
                .header("date", aws_now.fmt(Format::HttpDate).unwrap())
                .body(if is_sqs { "{}" } else { denied })
                .unwrap()
        });
        let lines = log::lines(heffl(), event(lead_created()), connector, &[("OVERFLOW_BUCKET", BUCKET)]).await;
        assert_eq!(lines[0]["errors"][1], "the overflow store did not accept the object: 403 AccessDenied");
        assert_eq!(*puts.lock().unwrap(), 1, "{seconds} s");
    }
}

/// The connection breaks in the middle of S3's response.
#[tokio::test(start_paused = true)]
async fn a_confirmation_that_breaks_off_is_asked_for_again_and_a_refusal_is_not() {
    for (s3, attempts, expected) in [(200, 2, 200), (403, 1, 503)] {
        let puts = Arc::<Mutex<usize>>::default();
        let count = puts.clone();
        let connector = connector_fn(move |request: http::Request<SdkBody>| {
            if request.headers().contains_key("x-amz-target") {
                return http::Response::builder().status(500).body(SdkBody::from("{}")).unwrap();
            }
            let mut puts = count.lock().unwrap();
            *puts += 1;
            let body = if *puts == 1 { SdkBody::taken() } else { SdkBody::empty() };
            http::Response::builder().status(s3).body(body).unwrap()
        });
        let function = function_with(heffl(), connector, &[("OVERFLOW_BUCKET", BUCKET)]);
        let (status, ..) = ask(&function, event(lead_created())).await;
        assert_eq!((status, *puts.lock().unwrap()), (expected, attempts), "S3 answers {s3}");
    }
}

/// The id of the change is in a header, so the bodies of two changes may be the same.
#[tokio::test(start_paused = true)]
async fn the_same_body_of_two_changes_is_stored_for_each() {
    let aws = Aws::default();
    let function = aws.function(500, 200);
    for id in ["msg_1", "msg_2"] {
        let webhook = Webhook { headers: vec![("webhook-id".into(), id.into())], ..lead_created() };
        let (_, answer, _) = ask(&function, event(webhook)).await;
        assert_eq!(answer["status"], "stored");
    }
    assert_eq!(aws.paths().len(), 2, "{:?}", aws.paths());
}

#[tokio::test(start_paused = true)]
async fn the_same_body_of_two_accounts_is_stored_for_each() {
    let aws = Aws::default();
    let function = aws.function(500, 200);
    for account in [None, Some("acme".to_owned())] {
        let (_, answer, _) = ask(&function, event(Webhook { account, ..lead_created() })).await;
        assert_eq!(answer["status"], "stored");
    }
    assert_eq!(aws.paths().len(), 2, "{:?}", aws.paths());
}

/// An AWS that never answers, except for S3's response to the second request.
#[derive(Clone, Debug, Default)]
struct AlmostSilent(Arc<Mutex<usize>>);

impl HttpConnector for AlmostSilent {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut puts = self.0.lock().unwrap();
        *puts += usize::from(request.method() == "PUT");
        if request.method() == "PUT" && *puts == 2 {
            let response = http::Response::builder().body(SdkBody::empty()).unwrap();
            return HttpConnectorFuture::ready(Ok(response.try_into().unwrap()));
        }
        HttpConnectorFuture::new(std::future::pending())
    }
}

/// An event that is too large for a message needs S3 first, then SQS, then S3 again.
#[tokio::test(start_paused = true)]
async fn a_vendor_never_waits_longer_than_six_seconds_for_what_is_larger_than_a_message() {
    for webhook in [large(), Webhook { body: vec![b'x'; 1 << 20], ..Webhook::default() }] {
        let started = tokio::time::Instant::now();
        let connector = SharedHttpConnector::new(AlmostSilent::default());
        let function = function_with(heffl(), connector, &[("OVERFLOW_BUCKET", BUCKET)]);
        let (status, ..) = ask(&function, event(webhook)).await;
        assert_eq!(status, 503);
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    }
}

/// Compares the request with the one that AWS's own client makes for the same object.
#[tokio::test(start_paused = true)]
async fn the_store_is_written_as_the_sdk_writes_it() {
    let (ours, sdk) = (Aws::default(), Aws::default());
    ask(&ours.function(500, 200), event(lead_created())).await;
    let key = ours.paths()[0].trim_start_matches('/').to_owned();
    let client = sdk.client(200, 200);
    let credentials = aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new("eu-central-1"))
        .credentials_provider(credentials)
        .request_checksum_calculation(aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired)
        .http_client(http_client_fn(move |_, _| client.clone()));
    let put = aws_sdk_s3::Client::from_conf(config.build()).put_object().bucket(BUCKET).key(key);
    let body = ByteStream::from(ours.bodies().remove(0).into_bytes());
    put.content_type("application/json").body(body).send().await.unwrap();

    let paths = ours.paths();
    assert_eq!(paths, sdk.paths());
    let (ours, sdk) = (ours.objects.lock().unwrap(), sdk.objects.lock().unwrap());
    let (ours, sdk) = (ours.values().next().unwrap(), sdk.values().next().unwrap());
    assert_eq!((&ours.host, &ours.body), (&sdk.host, &sdk.body));
    for header in ["x-amz-content-sha256", "content-type"] {
        assert_eq!(ours.headers[header], sdk.headers[header], "{header}");
    }
    assert!(signature::holds("PUT", &ours.host, &paths[0], &ours.headers, ours.body.as_bytes()), "{:?}", ours.headers);
    let scope = |put: &Put| {
        let authorization = put.headers["authorization"].to_str().unwrap();
        let (algorithm_and_credential, rest) = authorization.split_once(", ").unwrap();
        assert!(rest.starts_with("SignedHeaders=") && rest.contains("host;x-amz-content-sha256;x-amz-date"), "{rest}");
        algorithm_and_credential.to_owned()
    };
    assert_eq!(scope(ours), scope(sdk));
}
