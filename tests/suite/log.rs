//! The one log line of a webhook, and the metrics that CloudWatch makes of it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use aws_lambda_events::http;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_types::body::SdkBody;
use crm_normalize::{Vendor, crm};
use crm_samples::{RECEIVED_AT, Webhook, api_gateway};
use serde_json::{Value, json};
use tests::stub::connector::connector_fn;
use tracing_subscriber::layer::SubscriberExt;

use crate::function::{CALL, ask, event, function_with, heffl, lead_created, lead_with, sqs_answering};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines of the function's own that a webhook leaves.
pub async fn lines(
    vendor: &'static Vendor,
    webhook: Value,
    sqs: SharedHttpConnector,
    settings: &[(&str, &str)],
) -> Vec<Value> {
    let written = Written::default();
    let writer = written.clone();
    let layer = tracing_subscriber::fmt::layer().event_format(crm_ingest::Lines).with_writer(move || writer.clone());
    let own = tracing_subscriber::filter::Targets::new().with_target("crm_ingest", tracing::Level::TRACE);
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(own).with(layer));
    ask(&function_with(vendor, sqs, settings), webhook).await;
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn line_of(vendor: &'static Vendor, webhook: Value, sqs: u16) -> Value {
    let mut lines = lines(vendor, webhook, sqs_answering(sqs), &[("METRICS_NAMESPACE", "crm-events/test")]).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

async fn line(webhook: Value, sqs: u16) -> Value {
    line_of(heffl(), webhook, sqs).await
}

/// Each metric of the directives is a number in the line, each dimension a text.
fn metrics(line: &Value) -> Vec<(String, Vec<Vec<String>>)> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let mut all = Vec::new();
    for directive in directives {
        assert_eq!(directive["Namespace"], "crm-events/test");
        let dimensions: Vec<Vec<String>> = serde_json::from_value(directive["Dimensions"].clone()).unwrap();
        for dimension in dimensions.iter().flatten() {
            assert!(line[dimension].is_string(), "{dimension} of {line}");
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_number(), "{name} of {line}");
            let unit = metric["Unit"].as_str().unwrap();
            assert_eq!(name.ends_with("Time") || name == "Duration", unit == "Milliseconds", "{name} is in {unit}");
            all.push((name.to_owned(), dimensions.clone()));
        }
    }
    all
}

fn names(line: &Value) -> Vec<String> {
    let mut names: Vec<_> = metrics(line).into_iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    names
}

#[tokio::test]
async fn an_accepted_webhook() {
    let line = line(event(lead_created()), 200).await;
    for (member, value) in [
        ("level", json!("INFO")),
        ("message", json!("webhook")),
        ("requestId", json!(CALL.request_id)),
        ("traceId", json!(CALL.trace_header)),
        ("vendor", json!("heffl")),
        ("account", json!("default")),
        ("vendor_event", json!("lead.created")),
        ("type", json!("crm.lead.created")),
        ("entity", json!("lead")),
        ("action", json!("created")),
        ("outcome", json!("accepted")),
        ("Received", json!(1)),
        ("Accepted", json!(1)),
        ("ColdStart", json!(1)),
    ] {
        assert_eq!(line[member], value, "{member} of {line}");
    }
    assert!(line["event_ids"][0].as_str().unwrap().starts_with("heffl:default:lead:ld_abc123:created:"), "{line}");
    let [proof, normalize, publish, all] =
        ["ProofTime", "NormalizeTime", "PublishTime", "Duration"].map(|stage| line[stage].as_f64().unwrap());
    assert!(proof + normalize + publish <= all + 0.01, "{line}");
    let accepted: Vec<_> = metrics(&line).into_iter().filter(|(name, _)| name == "Accepted").collect();
    let by = |dimensions: &[&str]| dimensions.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let all = vec![by(&["vendor"]), by(&[])];
    let kinds = vec![by(&["vendor", "entity", "action"])];
    assert_eq!(accepted, [("Accepted".to_owned(), all), ("Accepted".to_owned(), kinds)]);
}

#[tokio::test(start_paused = true)]
async fn every_other_outcome() {
    let of = |body: &str| event(Webhook { body: body.into(), ..Webhook::default() });
    let mut forged = event(lead_created());
    forged["headers"]["webhook-signature"] = "v1,AAAA".into();
    for (webhook, sqs, level, outcome, metric, reason) in [
        (forged, 200, "WARN", "unauthorized", "Unauthorized", Some("mismatch")),
        (of("lead=1"), 200, "WARN", "quarantined", "Quarantined", Some("not_json")),
        (of(r#"{"event":"ghost.seen","payload":{"id":"1"}}"#), 200, "INFO", "accepted", "Unknown", None),
        (event(lead_with(&"x".repeat(1 << 20))), 200, "ERROR", "too_large", "TooLarge", None),
        (event(lead_created()), 500, "ERROR", "unavailable", "Unavailable", None),
    ] {
        let line = line(webhook, sqs).await;
        assert_eq!((&line["level"], &line["outcome"]), (&json!(level), &json!(outcome)), "{line}");
        assert_eq!(line[metric], 1, "{metric} of {line}");
        assert!(names(&line).contains(&metric.to_owned()), "{line}");
        assert!(line["reason"].as_str().map_or(reason.is_none(), |said| said.starts_with(reason.unwrap())), "{line}");
        assert_eq!(line.get("errors").is_some(), level == "ERROR", "{line}");
    }
}

/// Who is on call is to read what is missing: a permission, a queue.
#[tokio::test(start_paused = true)]
async fn why_sqs_refused_is_said_in_its_own_words() {
    let denied = r#"{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not authorized to perform: sqs:SendMessage"}"#;
    for (answer, says) in [
        (r#"{"__type": "x#Both", "message": "no", "Message": "no"}"#, "403 Both: no"),
        (denied, "403 AccessDeniedException: not authorized to perform: sqs:SendMessage"),
        ("<html>", "403 without a code: without a message"),
    ] {
        let client =
            connector_fn(move |_: http::Request<SdkBody>| http::Response::builder().status(403).body(answer).unwrap());
        let mut lines = lines(heffl(), event(lead_created()), client, &[]).await;
        let line = lines.remove(0);
        let error = line["errors"][0].as_str().unwrap();
        assert!(error.starts_with(&format!("SQS did not take the message: {says}")), "{error}");
    }
}

#[tokio::test]
async fn what_could_not_be_read_is_named_by_its_path() {
    let body = r#"{"event":"lead.created","payload":{"id":"1","name":"Jane Roe","value":["secret"]}}"#;
    let line = line(event(Webhook { body: body.into(), ..Webhook::default() }), 200).await;
    assert_eq!((&line["level"], &line["unreadable"]), (&json!("WARN"), &json!(["payload.value"])), "{line}");
    assert_eq!(line["FieldWarnings"], 1);
    assert!(!line.to_string().contains("Jane") && !line.to_string().contains("secret"), "{line}");
}

#[tokio::test]
async fn without_a_namespace_there_are_no_metrics() {
    let lines = lines(heffl(), event(lead_created()), sqs_answering(200), &[]).await;
    assert_eq!((lines.len(), lines[0].get("_aws")), (1, None));
}

/// The line of a webhook of TeamGrid's, which proves its origin.
async fn teamgrid(body: &Value) -> Value {
    let teamgrid = crm::find("teamgrid").unwrap();
    let webhook = Webhook { body: body.to_string().into(), ..Webhook::default() };
    line_of(teamgrid, api_gateway::event(teamgrid, &webhook.proven(teamgrid, RECEIVED_AT)), 200).await
}

#[tokio::test]
async fn what_teamgrid_asks_receivers_to_log_is_in_the_line_whatever_becomes_of_it() {
    let fields = json!(["completed", "billing.budget.hours"]);
    for (event, document, outcome) in [
        ("task_completed", "doc", "accepted"),
        ("task_completed", "item", "accepted"),
        ("task_recurrence_created", "doc", "accepted"),
        ("webhook.test", "doc", "ignored"),
    ] {
        let body = json!({"webhookId": "k3Jq", "event": event, "collection": "cards", "userId": "JANE", "fieldNames": fields,
            document: {"_id": "TASK-1", "name": "Call Jane Roe", "email": "jane@acme.example"}});
        let line = teamgrid(&body).await;
        let id = format!("{document}._id");
        let wanted =
            json!({"webhookId": "k3Jq", "event": event, "collection": "cards", id: "TASK-1", "fieldNames": fields});
        assert_eq!((&line["vendor_fields"], &line["outcome"]), (&wanted, &json!(outcome)), "{line}");
        assert!(!line.to_string().contains("Jane") && !line.to_string().contains("jane@"), "{line}");
    }
    let line = teamgrid(&json!({"webhookId": "k3Jq", "event": "task_completed", "collection": "cards"})).await;
    let wanted = json!({"webhookId": "k3Jq", "event": "task_completed", "collection": "cards"});
    assert_eq!((&line["vendor_fields"], &line["outcome"]), (&wanted, &json!("quarantined")), "{line}");
}

#[tokio::test]
async fn what_is_no_id_and_no_word_is_not_logged_and_no_more_than_a_line_takes() {
    let names: Vec<_> = (0..10_000).map(|number| format!("field{number}")).collect();
    let line =
        teamgrid(&json!({"webhookId": "jane@acme.example", "event": "task_updated", "collection": "x".repeat(1 << 20),
        "fieldNames": names, "doc": {"_id": "TASK-1"}}))
        .await;
    assert_eq!(
        line["vendor_fields"],
        json!({"event": "task_updated", "doc._id": "TASK-1", "fieldNames": names[..20]}),
        "{line}"
    );
    assert!(line.to_string().len() < 3000, "{line}");
    let hostile = json!([{"a": 1}, ["b c"], true, "", "a b", "a\nb", "+49 30 1", "Jürgen", "x".repeat(129)]);
    for value in hostile.as_array().unwrap().iter().chain([&hostile]) {
        let body = json!({"webhookId": value, "event": value, "collection": value, "fieldNames": value, "doc": {"_id": value}});
        let line = teamgrid(&body).await;
        assert_eq!(line.get("vendor_fields"), None, "{line}");
    }
}

#[tokio::test]
async fn nothing_of_a_forged_webhook_is_logged() {
    let teamgrid = crm::find("teamgrid").unwrap();
    let body = json!({"webhookId": "k3Jq", "event": "task_updated", "collection": "cards", "doc": {"_id": "TASK-1"}});
    let forged = Webhook { body: body.to_string().into(), ..Webhook::default() };
    let line = line_of(teamgrid, api_gateway::event(teamgrid, &forged), 200).await;
    assert_eq!((line.get("vendor_fields"), &line["outcome"]), (None, &json!("unauthorized")), "{line}");
}
