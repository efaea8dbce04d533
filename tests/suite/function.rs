//! A function from API Gateway's event to its answer, with the real SDK and an SQS with canned responses.
//!
//! The clock for the SDK's timeouts and pauses is virtual: it advances to the next timer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::http;
use aws_smithy_http_client::test_util::NeverClient;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_types::body::SdkBody;
use crm_ingest::{Call, Config, Function, HttpRequest, Queues};
use crm_normalize::{Vendor, crm};
use crm_samples::{Case, RECEIVED_AT, Webhook, api_gateway};
use serde_json::{Value, json};
use tests::events;
use tests::function::inline_secrets;
use tests::stub::connector::connector_fn;

pub use tests::function::{QUARANTINE, QUEUE};

/// Lambda's data about an invocation.
pub const CALL: Call<'_> =
    Call { request_id: "8476a536", trace_header: Some("Root=1-5759e988-bd862e3fe1be46a994272793") };

/// The requests of the SDK: the operation's name and its JSON.
type Sent = Arc<Mutex<Vec<(String, Value)>>>;

/// An SQS that answers with `status` and the body that `answer` returns for the request's body.
fn sqs(status: u16, answer: impl Fn(&Value) -> Value + Send + Sync + 'static) -> (SharedHttpConnector, Sent) {
    let sent = Sent::default();
    let requests = sent.clone();
    let client = connector_fn(move |request: http::Request<SdkBody>| {
        let target = request.headers()["x-amz-target"].to_str().unwrap().trim_start_matches("AmazonSQS.").to_owned();
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let answer = answer(&body);
        requests.lock().unwrap().push((target, body));
        http::Response::builder().status(status).body(answer.to_string()).unwrap()
    });
    (client, sent)
}

/// An SQS that accepts everything, or answers with another status.
pub fn sqs_answering(status: u16) -> SharedHttpConnector {
    sqs(status, |_| json!({"MessageId": "m"})).0
}

/// An SQS that confirms all messages, and the requests that it got.
pub fn confirming() -> (SharedHttpConnector, Sent) {
    sqs(200, |request| match request["Entries"].as_array() {
        Some(entries) => {
            let done =
                entries.iter().map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"}));
            json!({"Successful": done.collect::<Vec<_>>(), "Failed": []})
        }
        None => json!({"MessageId": "m"}),
    })
}

fn function(vendor: &'static Vendor, client: SharedHttpConnector, include_raw: bool) -> Function {
    function_with(vendor, client, &[("INCLUDE_RAW", &include_raw.to_string())])
}

/// A vendor's function with these settings in addition to the required ones.
pub fn function_with(vendor: &'static Vendor, client: SharedHttpConnector, settings: &[(&str, &str)]) -> Function {
    tests::keep_callsites_open();
    let config = config_with(vendor, settings);
    let queues = Queues::with_connector(&config.destination, client);
    let secrets = inline_secrets(&config);
    Function::new(vendor, config, secrets, queues)
}

/// A configuration with these settings in addition to the required ones.
pub fn config_with(vendor: &'static Vendor, additional: &[(&str, &str)]) -> Config {
    Config::read(vendor, |variable| {
        let value = additional.iter().find(|(name, _)| *name == variable);
        value.map(|(_, value)| (*value).to_owned()).or_else(|| settings(vendor, variable))
    })
    .unwrap()
}

/// The settings that every function needs.
pub fn settings(vendor: &Vendor, variable: &str) -> Option<String> {
    Some(match variable {
        "QUEUE_URL" => QUEUE.to_owned(),
        "QUARANTINE_QUEUE_URL" => QUARANTINE.to_owned(),
        "WEBHOOK_SECRETS" => crm_samples::secrets(vendor),
        "AWS_REGION" => tests::stub::REGION.to_owned(),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test".to_owned(),
        _ => return None,
    })
}

/// Status, body (of a constant one the outcome), and the whole response.
pub async fn ask(function: &Function, event: Value) -> (u64, Value, Value) {
    let event: HttpRequest = serde_json::from_value(event).unwrap();
    let response = function.handle(event, CALL, RECEIVED_AT).await;
    let body = serde_json::from_str(&response.body).unwrap_or_else(|_| json!(response.outcome));
    let response = serde_json::to_value(response).unwrap();
    (response["statusCode"].as_u64().unwrap(), body, response)
}

pub fn heffl() -> &'static Vendor {
    crm::find("heffl").unwrap()
}

pub fn lead_created() -> Webhook {
    Case::find(&events(), heffl(), "lead_created").unwrap().webhook().unwrap()
}

pub fn lead_with(text: &str) -> Webhook {
    Webhook {
        body: format!(r#"{{"event":"lead.created","payload":{{"id":"1","name":"{text}"}}}}"#).into(),
        ..Webhook::default()
    }
}

pub fn event(webhook: Webhook) -> Value {
    api_gateway::event(heffl(), &webhook.proven(heffl(), RECEIVED_AT))
}

#[tokio::test]
async fn an_accepted_webhook_is_one_confirmed_fifo_message() {
    let (client, sent) = confirming();
    let (status, answer, _) = ask(&function(heffl(), client, true), event(lead_created())).await;
    let sent = sent.lock().unwrap();
    let [(operation, message)] = &sent[..] else { panic!("one request: {sent:?}") };
    assert_eq!(operation, "SendMessage");
    assert_eq!(message["QueueUrl"], QUEUE);
    let body: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(message["MessageGroupId"], body["partitionkey"]);
    assert_eq!(message["MessageDeduplicationId"], body["id"]);
    let trace = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": CALL.trace_header}});
    assert_eq!(message["MessageSystemAttributes"], trace);
    let attributes = message["MessageAttributes"].as_object().unwrap();
    let mut texts: Vec<_> = attributes
        .iter()
        .map(|(name, value)| {
            assert_eq!(value["DataType"], "String");
            format!("{name}={}", value["StringValue"].as_str().unwrap())
        })
        .collect();
    texts.sort();
    assert_eq!(
        texts,
        [
            "account=default",
            "action=created",
            "entity=lead",
            "specversion=1.0",
            "type=crm.lead.created",
            "vendor=heffl",
        ]
    );
    assert_eq!((status, answer), (200, json!({"status": "accepted", "events": [body["id"]]})));
}

#[tokio::test]
async fn the_body_may_come_as_base64_and_the_account_in_the_path() {
    let (client, sent) = confirming();
    let mut webhook = lead_created();
    webhook.account = Some("acme".to_owned());
    let mut event = event(webhook);
    let plain = event["body"].as_str().unwrap().to_owned();
    event["body"] = json!(aws_smithy_types::base64::encode(plain));
    event["isBase64Encoded"] = json!(true);
    let (status, answer, _) = ask(&function(heffl(), client, true), event).await;
    assert_eq!(status, 200);
    assert!(answer["events"][0].as_str().unwrap().starts_with("heffl:acme:lead:ld_abc123:created:"), "{answer}");
    assert_eq!(sent.lock().unwrap().len(), 1);
}

/// Only a vendor that writes local times reads the setting.
#[tokio::test]
async fn local_times_are_in_the_zone_of_the_setting() {
    let freshsales = crm::find("freshsales").unwrap();
    let webhook = Case::find(&events(), freshsales, "workflow_deal_updated_with_time").unwrap().webhook().unwrap();
    let event = api_gateway::event(freshsales, &webhook.proven(freshsales, RECEIVED_AT));
    for (zones, expected) in
        [(r#"{"default": "America/New_York"}"#, "2025-12-31T23:30:54Z"), ("", "2025-12-31T18:30:54Z")]
    {
        let (client, sent) = confirming();
        let (status, ..) = ask(&function_with(freshsales, client, &[("TIME_ZONES", zones)]), event.clone()).await;
        let (_, message) = sent.lock().unwrap().remove(0);
        let body: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!((status, &body["time"]), (200, &json!(expected)));
    }
    let read = |vendor: &Vendor| {
        let get = |variable: &str| match variable {
            "TIME_ZONES" => Some(r#"{"default": "hunter2/City"}"#.to_owned()),
            _ => settings(vendor, variable),
        };
        Config::read(vendor, get).map(drop).map_err(|error| error.to_string())
    };
    let message = read(freshsales).unwrap_err();
    assert!(message.starts_with("TIME_ZONES: ") && message.lines().count() == 1, "{message}");
    assert_eq!(read(heffl()), Ok(()));
}

#[tokio::test]
async fn a_forged_webhook_gets_401_and_leaves_no_message() {
    let (client, sent) = confirming();
    let function = function(heffl(), client, true);
    let mut forged = event(lead_created());
    forged["body"] = json!("{}");
    let mut unknown_account = event(lead_created());
    unknown_account["pathParameters"] = json!({"account": "nobody"});
    let mut stale = event(lead_created());
    stale["headers"]["webhook-timestamp"] = json!("1");
    let mut bare = event(lead_created());
    bare["headers"] = json!({});
    for wrong in [forged, unknown_account, stale, bare] {
        let (status, answer, _) = ask(&function, wrong).await;
        assert_eq!((status, answer), (401, json!({"error": "unauthorized"})));
    }
    assert!(sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_understood_is_kept_in_the_quarantine() {
    let (client, sent) = confirming();
    let webhook = Webhook { body: b"lead=1".to_vec(), ..Webhook::default() };
    let (status, answer, _) = ask(&function(heffl(), client, true), event(webhook)).await;
    let sent = sent.lock().unwrap();
    let [(_, message)] = &sent[..] else { panic!("one request: {sent:?}") };
    assert_eq!(message["QueueUrl"], QUARANTINE);
    let kept: Value = serde_json::from_str(message["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(
        kept,
        json!({
            "reason": "not_json",
            "detail": "the body is not a JSON object (line 1, column 1)",
            "vendor": "heffl",
            "account": "default",
            "received_at": "2026-01-01T00:00:00Z",
            "body_sha256": crm_normalize::key::BodyHash::of(b"lead=1").to_hex(),
            "headers": {},
            "query": {},
            "body": "lead=1",
        })
    );
    let reason = "not_json: the body is not a JSON object (line 1, column 1)";
    assert_eq!((status, answer), (200, json!({"status": "quarantined", "reason": reason})));
}

#[tokio::test]
async fn raw_can_be_left_out() {
    let (client, sent) = confirming();
    ask(&function(heffl(), client, false), event(lead_created())).await;
    let body: Value = serde_json::from_str(sent.lock().unwrap()[0].1["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["data"].get("raw"), None);
    assert_eq!(body["data"]["record"]["id"], "ld_abc123");
}

#[tokio::test]
async fn characters_that_sqs_refuses_become_escapes() {
    let (client, sent) = confirming();
    let (status, ..) = ask(&function(heffl(), client, true), event(lead_with("a\u{fffe}b\u{ffff}c\u{7f}"))).await;
    assert_eq!(status, 200);
    let sent = sent.lock().unwrap();
    let body = sent[0].1["MessageBody"].as_str().unwrap();
    assert!(!body.contains(['\u{fffe}', '\u{ffff}']) && !body.chars().any(|c| c < ' '), "{body}");
    let value: Value = serde_json::from_str(body).unwrap();
    assert_eq!(value["data"]["record"]["name"], "a\u{fffe}b\u{ffff}c\u{7f}");
}

#[tokio::test]
async fn an_event_larger_than_a_message_gets_413() {
    let (client, sent) = confirming();
    let function = function(heffl(), client, true);
    let (status, answer, _) = ask(&function, event(lead_with(&"x".repeat(1 << 20)))).await;
    assert_eq!((status, answer), (413, json!({"error": "too_large"})));
    let unread = Webhook { body: vec![b'x'; 1 << 20], ..Webhook::default() };
    let (status, answer, _) = ask(&function, event(unread)).await;
    assert_eq!((status, answer), (413, json!({"error": "too_large"})), "the quarantine has the same limit");
    assert!(sent.lock().unwrap().is_empty());
}

/// SQS counts the body, and the names, types and values of the attributes.
#[tokio::test]
async fn a_message_of_one_mebibyte_is_sent_and_a_larger_one_is_not() {
    const MEBIBYTE: usize = 1 << 20;
    let size = |message: &Value| {
        let attributes = message["MessageAttributes"].as_object().into_iter().flatten();
        let attribute = |(name, value): (&String, &Value)| {
            name.len() + "String".len() + value["StringValue"].as_str().unwrap().len()
        };
        message["MessageBody"].as_str().unwrap().len() + attributes.map(attribute).sum::<usize>()
    };
    let understood = |filler: usize| {
        format!(r#"{{"event":"lead.created","payload":{{"id":"1","other":"{}"}}}}"#, "x".repeat(filler))
    };
    let not_understood = |filler: usize| "x".repeat(filler);
    for of in [&understood as &dyn Fn(usize) -> String, &not_understood] {
        let (client, sent) = confirming();
        let function = function(heffl(), client, true);
        let webhook = |filler: usize| event(Webhook { body: of(filler).into(), ..Webhook::default() });
        ask(&function, webhook(1000)).await;
        let rest = MEBIBYTE - size(&sent.lock().unwrap()[0].1);
        let (status, ..) = ask(&function, webhook(1000 + rest)).await;
        assert_eq!((status, size(&sent.lock().unwrap()[1].1)), (200, MEBIBYTE));
        let (status, ..) = ask(&function, webhook(1001 + rest)).await;
        assert_eq!((status, sent.lock().unwrap().len()), (413, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_sqs_is_tried_three_times_and_then_503_says_when_to_come_again() {
    for (status_of_sqs, code, attempts) in [
        (500, "InternalError", 3),
        (503, "ServiceUnavailable", 3),
        (400, "RequestThrottled", 3),
        (400, "InvalidMessageContents", 1),
        (403, "AccessDeniedException", 1),
    ] {
        let refusal = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "no"});
        let (client, sent) = sqs(status_of_sqs, move |_| refusal.clone());
        let (status, answer, response) = ask(&function(heffl(), client, true), event(lead_created())).await;
        assert_eq!((status, answer), (503, json!({"error": "unavailable"})));
        assert_eq!(response["headers"]["retry-after"], "30");
        assert_eq!(sent.lock().unwrap().len(), attempts, "SQS answering {status_of_sqs} {code}");
    }
}

/// AWS sends the error code in a header or in the body, and in the body under one of two names.
#[tokio::test(start_paused = true)]
async fn a_throttled_request_is_tried_again_however_its_error_is_named() {
    for (header, body) in [
        (Some("RequestThrottled"), json!({})),
        (Some("com.amazonaws.sqs#RequestThrottled:http://internal.amazon.com/"), json!({})),
        (None, json!({"code": "RequestThrottled"})),
        (None, json!({"__type": "com.amazon.coral.availability#ThrottlingException"})),
    ] {
        let attempts = Arc::new(Mutex::new(0));
        let count = attempts.clone();
        let answer = body.to_string();
        let connector = connector_fn(move |_| {
            *count.lock().unwrap() += 1;
            let response = http::Response::builder().status(400);
            let response =
                header.into_iter().fold(response, |response, code| response.header("x-amzn-errortype", code));
            response.body(answer.clone()).unwrap()
        });
        let (status, ..) = ask(&function(heffl(), connector, true), event(lead_created())).await;
        assert_eq!((status, *attempts.lock().unwrap()), (503, 3), "{header:?} {body}");
    }
}

/// For a VPC endpoint without private DNS, the queue's URL has another host than the region's.
#[tokio::test]
async fn every_request_goes_to_the_host_of_the_queue() {
    let teamgrid = crm::find("teamgrid").unwrap();
    let hosts = Arc::<Mutex<Vec<String>>>::default();
    let seen = hosts.clone();
    let connector = connector_fn(move |request: http::Request<SdkBody>| {
        seen.lock().unwrap().push(request.uri().host().unwrap().to_owned());
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entries = body["Entries"].as_array().into_iter().flatten();
        let done: Vec<_> =
            entries.map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "x"})).collect();
        http::Response::builder().body(json!({"MessageId": "m", "Successful": done, "Failed": []}).to_string()).unwrap()
    });
    let url = |name: &str| format!("https://vpce-1.sqs.eu-central-1.vpce.amazonaws.com/123456789012/{name}");
    let settings = [("QUEUE_URL", &*url("events.fifo")), ("QUARANTINE_QUEUE_URL", &*url("quarantine"))];
    let function = function_with(teamgrid, connector, &settings);
    let users = |count: usize| {
        let users: Vec<_> = (0..count).map(|user| format!("u{user}")).collect();
        json!({"webhookId": "w", "event": "user_added", "collection": "teams", "doc": {"_id": "t", "userIds": users}})
    };
    for body in [users(1).to_string(), users(3).to_string(), "not JSON".to_owned()] {
        let webhook = Webhook { body: body.into(), ..Webhook::default() }.proven(teamgrid, RECEIVED_AT);
        let (status, ..) = ask(&function, api_gateway::event(teamgrid, &webhook)).await;
        assert_eq!(status, 200);
    }
    assert_eq!(*hosts.lock().unwrap(), ["vpce-1.sqs.eu-central-1.vpce.amazonaws.com"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_sqs_keeps_the_vendor_waiting_no_longer_than_four_seconds() {
    let client = NeverClient::new();
    let started = tokio::time::Instant::now();
    let function = function(heffl(), SharedHttpConnector::new(client.clone()), true);
    let (status, ..) = ask(&function, event(lead_created())).await;
    let waited = started.elapsed();
    assert_eq!(status, 503);
    assert!(waited <= Duration::from_millis(4100) && waited >= Duration::from_secs(3), "{waited:?}");
    assert_eq!(client.num_calls(), 3);
}

#[tokio::test]
async fn many_events_of_one_webhook_go_in_batches_of_ten_each_confirmed() {
    let teamgrid = crm::find("teamgrid").unwrap();
    let users: Vec<String> = (0..23).map(|user| format!("u{user}")).collect();
    let body =
        json!({"webhookId": "w", "event": "user_added", "collection": "teams", "doc": {"_id": "t", "userIds": users}});
    let webhook = Webhook { body: body.to_string().into(), ..Webhook::default() }.proven(teamgrid, RECEIVED_AT);
    let event = api_gateway::event(teamgrid, &webhook);

    let (client, sent) = confirming();
    let (status, answer, _) = ask(&function(teamgrid, client, true), event.clone()).await;
    assert_eq!((status, answer["events"].as_array().unwrap().len()), (200, 23));
    let sizes: Vec<_> =
        sent.lock().unwrap().iter().map(|(_, batch)| batch["Entries"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [8, 8, 7], "no more batches than there have to be");
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    let mut ids: Vec<_> = sent.iter().flat_map(|(_, batch)| batch["Entries"].as_array().unwrap()).collect();
    ids.sort_by_key(|entry| {
        answer["events"].as_array().unwrap().iter().position(|id| *id == entry["MessageDeduplicationId"])
    });
    assert_eq!(ids.len(), 23);
    for (entry, id) in ids.iter().zip(answer["events"].as_array().unwrap()) {
        assert_eq!(entry["MessageDeduplicationId"], *id);
        let body: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(entry["MessageGroupId"], body["partitionkey"]);
        let trace = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": CALL.trace_header}});
        assert_eq!(entry["MessageSystemAttributes"], trace);
        assert_eq!(entry["MessageAttributes"].as_object().unwrap().len(), 6);
        assert_eq!(entry["MessageAttributes"]["type"]["StringValue"], body["type"]);
    }

    let (client, _) = sqs(200, |request| {
        let entries = request["Entries"].as_array().unwrap();
        let failed = json!({"Id": entries[0]["Id"], "Code": "InternalError", "SenderFault": false});
        json!({"Successful": [], "Failed": [failed]})
    });
    let (status, answer, _) = ask(&function(teamgrid, client, true), event).await;
    assert_eq!((status, answer), (503, json!({"error": "unavailable"})), "one of a batch is enough to fail it");
}
