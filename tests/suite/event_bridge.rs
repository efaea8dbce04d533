//! Events that EventBridge passes to the function itself. AWS proves their origin, so nothing that a sender of an HTTP
//! request can write may be taken for one.

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use crm_normalize::{Vendor, crm};
use crm_samples::{Case, RECEIVED_AT, Webhook, api_gateway};
use serde_json::{Value, json};
use tests::stub::http::Server;
use tests::stub::runtime_api::{Environment, Function, InvokeError};
use tests::stub::sqs::{Settings, Sqs};
use tests::{binaries, events};

use crate::function::{CALL, QUARANTINE, QUEUE, confirming, function_with, heffl, sqs_answering};

fn salesforce() -> &'static Vendor {
    crm::find("salesforce").unwrap()
}

/// The event of a case, as EventBridge passes it on.
fn event_of(case: &str) -> String {
    String::from_utf8(Case::find(&events(), salesforce(), case).unwrap().webhook().unwrap().body).unwrap()
}

/// The status of the response, or the error of the invocation.
async fn invoke(vendor: &'static Vendor, sqs: SharedHttpConnector, payload: &str) -> Result<u16, String> {
    let function = function_with(vendor, sqs, &[]);
    let response = function.invoke(payload.into(), CALL, RECEIVED_AT).await;
    response.map(|response| response.status_code).map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_event_without_any_proof_becomes_messages_on_the_queue() {
    let (client, sent) = confirming();
    let status = invoke(salesforce(), client, &event_of("leads_deleted_in_one_transaction")).await;
    assert_eq!(status, Ok(200));
    let sent = sent.lock().unwrap();
    let [(_, batch)] = &sent[..] else { panic!("one request: {sent:?}") };
    assert_eq!(batch["QueueUrl"], QUEUE);
    let subjects = batch["Entries"].as_array().unwrap().iter().map(|entry| {
        let event: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        (event["source"].as_str().unwrap().to_owned(), event["subject"].as_str().unwrap().to_owned())
    });
    let subjects: Vec<_> = subjects.collect();
    let source = "crm://salesforce/00DKd000000Ex1aMAC".to_owned();
    let leads = ["lead/00QKd00000LeAdAMAV", "lead/00QKd00000LeAdBMAV"];
    assert_eq!(subjects, leads.map(|lead| (source.clone(), lead.to_owned())));
}

#[tokio::test]
async fn an_event_that_is_not_understood_is_quarantined() {
    let (client, sent) = confirming();
    assert_eq!(invoke(salesforce(), client, &event_of("change_event_without_type")).await, Ok(200));
    assert_eq!(sent.lock().unwrap()[0].1["QueueUrl"], QUARANTINE);
}

/// An answer of 503 would reach nobody.
#[tokio::test(start_paused = true)]
async fn an_event_that_no_queue_takes_fails_the_invocation() {
    for case in ["account_updated", "change_event_without_type"] {
        let failed = invoke(salesforce(), sqs_answering(500), &event_of(case)).await;
        assert_eq!(failed, Err("the event is stored nowhere: unavailable".to_owned()), "{case}");
    }
    let mut large: Value = serde_json::from_str(&event_of("account_updated")).unwrap();
    large["detail"]["payload"]["Description"] = json!("x".repeat(1 << 20));
    let failed = invoke(salesforce(), confirming().0, &large.to_string()).await;
    assert_eq!(failed, Err("the event is stored nowhere: too_large".to_owned()));
}

/// Everything that an HTTP request consists of, filled with an event of EventBridge.
#[tokio::test]
async fn no_http_request_is_taken_for_an_event() {
    let envelope = event_of("account_updated");
    let parsed: Value = serde_json::from_str(&envelope).unwrap();
    let webhook = |body: &str| Webhook { body: body.into(), ..Webhook::default() };
    let in_body = api_gateway::event(salesforce(), &webhook(&envelope));
    let mut in_every_text = api_gateway::event(salesforce(), &webhook(&envelope));
    for member in ["rawPath", "rawQueryString"] {
        in_every_text[member] = json!(envelope);
    }
    in_every_text["headers"] =
        json!({"source": parsed["source"], "detail-type": "AccountChangeEvent", "detail": envelope});
    // API Gateway adds no such members. A function is not taken in by them either.
    let mut in_the_root = api_gateway::event(salesforce(), &webhook("{}"));
    for (name, value) in parsed.as_object().unwrap() {
        in_the_root[name] = value.clone();
    }
    for (what, event) in [("the body", in_body), ("every text", in_every_text), ("the root", in_the_root)] {
        let (client, sent) = confirming();
        assert_eq!(invoke(salesforce(), client, &event.to_string()).await, Ok(401), "{what}");
        assert!(sent.lock().unwrap().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn only_whole_events_of_the_vendors_own_sources_are_taken() {
    let parsed: Value = serde_json::from_str(&event_of("account_updated")).unwrap();
    let with = |name: &str, value: Value| {
        let mut event = parsed.clone();
        event[name] = value;
        event.to_string()
    };
    let without = |name: &str| {
        let mut event = parsed.clone();
        event.as_object_mut().unwrap().remove(name);
        event.to_string()
    };
    let twice = parsed.to_string().replacen('{', r#"{"source":"aws.partner/salesforce.com/00D/x","#, 1);
    for (what, payload) in [
        ("an application's own event", with("source", json!("my.application"))),
        ("an event of AWS", with("source", json!("aws.s3"))),
        ("another partner's event", with("source", json!("aws.partner/zendesk.com/1/default"))),
        ("a source that only contains it", with("source", json!("x/aws.partner/salesforce.com/00D/x"))),
        ("a source that is no text", with("source", json!(["aws.partner/salesforce.com/00D/x"]))),
        ("no source", without("source")),
        ("no detail", without("detail")),
        ("no detail type", without("detail-type")),
        ("two sources", twice),
        ("a list", format!("[{parsed}]")),
    ] {
        let (client, sent) = confirming();
        let status = invoke(salesforce(), client, &payload).await;
        assert!(matches!(status, Ok(400 | 401)), "{what}: {status:?}");
        assert!(sent.lock().unwrap().is_empty(), "{what}");
    }
    for vendor in crm::ALL.iter().filter(|vendor| vendor.event_bridge_sources.is_empty()) {
        let (client, sent) = confirming();
        let status = invoke(vendor, client, &parsed.to_string()).await;
        assert!(matches!(status, Ok(400 | 401)), "{}: {status:?}", vendor.name);
        assert!(sent.lock().unwrap().is_empty(), "{}", vendor.name);
    }
    assert!(heffl().event_bridge_sources.is_empty());
}

/// The real binary, invoked by the Runtime API as Lambda does.
#[tokio::test]
async fn a_real_function_takes_an_event_once_and_reports_one_that_it_cannot_store() {
    let sqs = Sqs::default();
    sqs.create("events.fifo", Settings::of("events.fifo"));
    let server = Server::start(sqs.clone()).await.unwrap();
    let function = |queue: &str| {
        Function::new("salesforce", binaries().unwrap().join("salesforce"))
            .variable("AWS_ENDPOINT_URL", server.url())
            .variable("QUEUE_URL", Sqs::queue_url(&server.url(), queue))
            .variable("QUARANTINE_QUEUE_URL", Sqs::queue_url(&server.url(), "kept"))
            .variable("WEBHOOK_SECRETS", crm_samples::secrets(salesforce()))
    };
    let mut environment = Environment::new(function("events.fifo"));
    let event = event_of("account_updated");
    for _ in 0..2 {
        let answer: Value = serde_json::from_slice(&environment.invoke(event.clone()).await.unwrap()).unwrap();
        assert_eq!(answer["statusCode"], 200, "{answer}");
    }
    let counts = sqs.counts("events.fifo");
    assert_eq!((counts.waiting, counts.dropped), (1, 1), "the second is the same change");

    let failed = Environment::new(function("missing.fifo")).invoke(event).await;
    let Err(InvokeError::Handler(report)) = failed else { panic!("{failed:?}") };
    assert!(report.contains("the event is stored nowhere: unavailable"), "{report}");
    assert!(!report.contains("Potsdam"), "the report has nothing of the record: {report}");
}
