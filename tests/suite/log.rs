//! The log line of a webhook, and the metrics that CloudWatch extracts from it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::http;
use aws_sdk_sqs::config::http::HttpRequest;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use crm_normalize::{Vendor, VendorFile, crm};
use crm_samples::{Case, RECEIVED_AT, Webhook, api_gateway};
use serde_json::{Value, json};
use tests::stub::connector::connector_fn;
use tests::{events, vendors};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use crate::function::{
    CALL, ask, config_with, confirming, event, function_with, heffl, lead_created, lead_with, sqs_answering,
};

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

impl Written {
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The function's own log lines for a webhook.
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
    tests::keep_callsites_open();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(own).with(layer));
    ask(&function_with(vendor, sqs, settings), webhook).await;
    written.lines()
}

/// The function's own log lines at the `LOG_LEVEL` of its settings.
async fn lines_at_its_level(
    vendor: &'static Vendor,
    webhook: Value,
    sqs: SharedHttpConnector,
    settings: &[(&str, &str)],
) -> Vec<Value> {
    let config = config_with(vendor, settings);
    let written = Written::default();
    let writer = written.clone();
    let _guard = tracing::subscriber::set_default(crm_ingest::subscriber(config.log_level, move || writer.clone()));
    ask(&function_with(vendor, sqs, settings), webhook).await;
    written.lines().into_iter().filter(|line| line["message"] == "webhook").collect()
}

const NAMESPACE: &[(&str, &str)] = &[("METRICS_NAMESPACE", "crm-events/test")];

async fn line_of(vendor: &'static Vendor, webhook: Value, sqs: u16) -> Value {
    let mut lines = lines(vendor, webhook, sqs_answering(sqs), NAMESPACE).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

async fn line(webhook: Value, sqs: u16) -> Value {
    line_of(heffl(), webhook, sqs).await
}

/// The metrics that CloudWatch extracts from a line. Each is a number in it, without dimensions.
fn metrics(line: &Value) -> Vec<(String, u64)> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten();
    let mut all = Vec::new();
    for directive in directives {
        assert!(line["_aws"]["Timestamp"].is_i64(), "{line}");
        assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("crm-events/test"), &json!([[]])));
        for metric in directive["Metrics"].as_array().unwrap() {
            assert_eq!(metric["Unit"], "Count");
            let name = metric["Name"].as_str().unwrap();
            all.push((name.to_owned(), line[name].as_u64().unwrap()));
        }
    }
    all
}

#[tokio::test]
async fn an_accepted_webhook_leaves_a_short_line_without_metrics() {
    let line = line(event(lead_created()), 200).await;
    for (member, value) in [
        ("level", json!("INFO")),
        ("message", json!("webhook")),
        ("requestId", json!(CALL.request_id)),
        ("vendor", json!("heffl")),
        ("account", json!("default")),
        ("vendor_event", json!("lead.created")),
        ("type", json!("crm.lead.created")),
        ("outcome", json!("accepted")),
        ("cold_start", json!(true)),
    ] {
        assert_eq!(line[member], value, "{member} of {line}");
    }
    assert!(line["event_ids"][0].as_str().unwrap().starts_with("heffl:default:lead:ld_abc123:created:"), "{line}");
    assert!(line["body_bytes"].as_u64().unwrap() > 0, "{line}");
    assert!(line.get("_aws").is_none() && line.get("traceId").is_none(), "{line}");
    assert!(line.to_string().len() < 480, "{} bytes: {line}", line.to_string().len());
}

/// Each stage has its own duration, and together they are not longer than the whole.
#[tokio::test]
async fn how_long_each_stage_took() {
    let slow = |delay: Duration| {
        connector_fn(move |_| {
            let started = std::time::Instant::now();
            while started.elapsed() < delay {
                std::hint::spin_loop();
            }
            http::Response::builder().body(r#"{"MessageId": "m"}"#).unwrap()
        })
    };
    let delay = Duration::from_millis(20);
    let line = lines(heffl(), event(lead_created()), slow(delay), &[]).await.remove(0);
    let [proof, normalize, publish, all] =
        ["proof_ms", "normalize_ms", "publish_ms", "duration_ms"].map(|stage| line[stage].as_f64().unwrap());
    assert!(proof > 0.0 && normalize > 0.0 && publish >= 20.0, "{line}");
    assert!(proof + normalize + publish <= all + 0.01, "{line}");
    let mut forged = event(lead_created());
    forged["headers"]["webhook-signature"] = "v1,AAAA".into();
    let line = lines(heffl(), forged, slow(delay), &[]).await.remove(0);
    assert!(line["proof_ms"].as_f64().unwrap() > 0.0 && line.get("publish_ms").is_none(), "{line}");
}

#[tokio::test]
async fn an_event_of_event_bridge_leaves_the_same_line() {
    let salesforce = crm::find("salesforce").unwrap();
    let payload = Case::find(&events(), salesforce, "account_updated").unwrap().webhook().unwrap().body;
    let written = Written::default();
    let writer = written.clone();
    let _guard = tracing::subscriber::set_default(crm_ingest::subscriber(LevelFilter::INFO, move || writer.clone()));
    let function = function_with(salesforce, sqs_answering(200), &[]);
    let response = function.invoke(std::str::from_utf8(&payload).unwrap().into(), CALL, RECEIVED_AT).await.unwrap();
    assert_eq!(response.status_code, 200);
    let [line] = &written.lines()[..] else { panic!("one line: {:?}", written.lines()) };
    for (member, value) in [
        ("message", json!("webhook")),
        ("vendor", json!("salesforce")),
        ("outcome", json!("accepted")),
        ("cold_start", json!(true)),
        ("body_bytes", json!(payload.len())),
    ] {
        assert_eq!(line[member], value, "{member} of {line}");
    }
    let [proof, normalize, publish, all] =
        ["proof_ms", "normalize_ms", "publish_ms", "duration_ms"].map(|stage| line[stage].as_f64().unwrap());
    assert!(proof > 0.0 && normalize > 0.0 && publish > 0.0, "{line}");
    assert!(proof + normalize + publish <= all + 0.01, "{line}");
}

#[tokio::test]
async fn only_the_first_webhook_of_a_process_is_a_cold_start() {
    let written = Written::default();
    let writer = written.clone();
    let _guard = tracing::subscriber::set_default(crm_ingest::subscriber(LevelFilter::INFO, move || writer.clone()));
    let function = function_with(heffl(), sqs_answering(200), &[]);
    for _ in 0..3 {
        ask(&function, event(lead_created())).await;
    }
    let cold: Vec<_> = written.lines().iter().map(|line| line.get("cold_start").is_some()).collect();
    assert_eq!(cold, [true, false, false]);
}

/// Lambda's own filter for functions with JSON logs. It passes a line if its `level` is at or above the configured one;
/// a line without a level counts as INFO.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
fn lambda_sends_on(line: &Value, configured: &str) -> bool {
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level);
    let own = line["level"].as_str().and_then(rank).or(rank("INFO"));
    own >= rank(configured)
}

/// An outcome with a metric: the webhook, the statuses of SQS and S3, the settings, and the expected line.
struct Counted {
    webhook: Value,
    sqs: u16,
    s3: u16,
    bucket: bool,
    level: &'static str,
    outcome: &'static str,
    metrics: Vec<(&'static str, u64)>,
    reason: Option<&'static str>,
}

fn counted() -> Vec<Counted> {
    let of = |body: &str| event(Webhook { body: body.into(), ..Webhook::default() });
    let mut forged = event(lead_created());
    forged["headers"]["webhook-signature"] = "v1,AAAA".into();
    let large = || event(lead_with(&"x".repeat(1 << 20)));
    let unreadable = r#"{"event":"lead.created","payload":{"id":"1","value":["a"],"name":["b"]}}"#;
    let case = |webhook, sqs, level, outcome, metrics| Counted {
        webhook,
        sqs,
        s3: 200,
        bucket: false,
        level,
        outcome,
        metrics,
        reason: None,
    };
    let with_store = |case: Counted| Counted { bucket: true, ..case };
    vec![
        Counted { reason: Some("mismatch"), ..case(forged, 200, "WARN", "unauthorized", vec![("Unauthorized", 1)]) },
        Counted {
            reason: Some("not_json: "),
            ..case(of("lead=1"), 200, "WARN", "quarantined", vec![("Quarantined", 1)])
        },
        case(of(r#"{"event":"ghost.seen","payload":{"id":"1"}}"#), 200, "WARN", "accepted", vec![("Unknown", 1)]),
        case(of(unreadable), 200, "WARN", "accepted", vec![("Unreadable", 2)]),
        case(large(), 200, "ERROR", "too_large", vec![("TooLarge", 1)]),
        case(event(lead_created()), 500, "ERROR", "unavailable", vec![("Unavailable", 1)]),
        with_store(case(large(), 200, "WARN", "accepted", vec![("Overflowed", 1)])),
        with_store(case(event(lead_created()), 500, "ERROR", "stored", vec![("Stored", 1)])),
        Counted {
            reason: Some("not_json: "),
            ..with_store(case(of("lead=1"), 500, "ERROR", "quarantined", vec![("Quarantined", 1), ("Stored", 1)]))
        },
        Counted {
            s3: 500,
            ..with_store(case(event(lead_created()), 500, "ERROR", "unavailable", vec![("Unavailable", 1)]))
        },
    ]
}

impl Counted {
    fn aws(&self) -> SharedHttpConnector {
        let (sqs, s3) = (self.sqs, self.s3);
        connector_fn(move |request: http::Request<SdkBody>| {
            let status = if request.headers().contains_key("x-amz-target") { sqs } else { s3 };
            http::Response::builder().status(status).body(r#"{"MessageId": "m"}"#).unwrap()
        })
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let bucket = self.bucket.then_some(("OVERFLOW_BUCKET", "crm-overflow"));
        NAMESPACE.iter().copied().chain(bucket).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_must_act_gets_a_metric() {
    for case in counted() {
        let mut lines = lines(heffl(), case.webhook.clone(), case.aws(), &case.settings()).await;
        let line = lines.remove(0);
        assert!(lines.is_empty(), "one line: {line} {lines:?}");
        assert_eq!((&line["level"], &line["outcome"]), (&json!(case.level), &json!(case.outcome)), "{line}");
        let expected: Vec<_> = case.metrics.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        assert_eq!(metrics(&line), expected, "{line}");
        let reason = line["reason"].as_str().unwrap_or_default();
        assert!(case.reason.map_or(reason.is_empty(), |expected| reason.starts_with(expected)), "{line}");
        assert_eq!(line.get("errors").is_some(), case.level == "ERROR", "{line}");
        assert_eq!(line["traceId"], json!(CALL.trace_header), "{line}");
    }
}

/// The template leaves Lambda's filter at INFO and passes `LOG_LEVEL` to the function.
#[tokio::test(start_paused = true)]
async fn no_metric_goes_quiet_at_any_log_level() {
    for word in ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] {
        for case in counted() {
            let settings: Vec<_> = case.settings().into_iter().chain([("LOG_LEVEL", word)]).collect();
            let lines = lines_at_its_level(heffl(), case.webhook.clone(), case.aws(), &settings).await;
            let sent: Vec<_> = lines.iter().filter(|line| lambda_sends_on(line, "INFO")).flat_map(metrics).collect();
            let expected: Vec<_> = case.metrics.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
            assert_eq!(sent, expected, "LOG_LEVEL={word}: {lines:?}");
        }
        let settings = [NAMESPACE[0], ("LOG_LEVEL", word)];
        let lines = lines_at_its_level(heffl(), event(lead_created()), sqs_answering(200), &settings).await;
        let sent = lines.iter().filter(|line| lambda_sends_on(line, "INFO")).count();
        assert_eq!(sent == 0, ["WARN", "ERROR", "FATAL"].contains(&word), "an accepted webhook at LOG_LEVEL={word}");
    }
}

/// Any event that is not from API Gateway gets an answer, and a line without its contents.
#[tokio::test]
async fn nothing_of_a_malformed_event_is_logged() {
    for payload in [
        r#"{"body": 7, "x": "jane@acme.example"}"#,
        r#""jane@acme.example""#,
        r#"{"headers": {"a": ["jane@acme.example"]}}"#,
    ] {
        let written = Written::default();
        let writer = written.clone();
        let _guard =
            tracing::subscriber::set_default(crm_ingest::subscriber(LevelFilter::TRACE, move || writer.clone()));
        let function = function_with(heffl(), sqs_answering(200), NAMESPACE);
        let response = function.answer(payload.into(), CALL, RECEIVED_AT).await;
        assert_eq!((response.status_code, &*response.body), (400, r#"{"error":"bad_request"}"#));
        let lines = written.lines();
        assert_eq!(lines.iter().flat_map(metrics).collect::<Vec<_>>(), [("BadRequest".to_owned(), 1)]);
        assert!(!format!("{lines:?}").contains("jane"), "{lines:?}");
        let reason = lines[0]["reason"].as_str().unwrap();
        assert!(reason.starts_with("not an event of an HTTP API, format 2.0 (line 1, column "), "{reason}");
    }
}

/// The person on call must see the cause, such as a missing permission or queue.
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

/// A connection that cannot be opened.
#[derive(Debug)]
struct Unreachable;

impl HttpConnector for Unreachable {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::io(io::Error::other("no route to host").into())))
    }
}

#[tokio::test(start_paused = true)]
async fn why_aws_is_out_of_reach_is_said_with_its_causes() {
    let unreachable = SharedHttpConnector::new(Unreachable);
    let lines = lines(heffl(), event(lead_created()), unreachable, &[("OVERFLOW_BUCKET", "crm-overflow")]).await;
    let errors = lines[0]["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "SQS and S3: {errors:?}");
    assert!(errors.iter().all(|error| error.as_str().unwrap().ends_with(": no route to host")), "{errors:?}");
}

#[tokio::test]
async fn what_could_not_be_read_is_named_by_its_path() {
    let body = r#"{"event":"lead.created","payload":{"id":"1","name":"Jane Roe","value":["secret"]}}"#;
    let line = line(event(Webhook { body: body.into(), ..Webhook::default() }), 200).await;
    assert_eq!((&line["level"], &line["unreadable"]), (&json!("WARN"), &json!(["payload.value"])), "{line}");
    assert_eq!(line["Unreadable"], 1);
    assert!(!line.to_string().contains("Jane") && !line.to_string().contains("secret"), "{line}");
}

/// The names of a body's members are the sender's: one may be an e-mail address, or a megabyte long.
#[tokio::test]
async fn a_path_with_a_customers_data_or_without_end_is_not_logged() {
    const FILE: &str = r#"
version = 1
name = "loggable"
title = "Loggable CRM"
event = "event"
id = "c.id"
token = true
[events]
"changed" = "contact.updated"
[fields.contact]
title = "c.job"
emails = { members = "c.mails", email = "address" }
"#;
    let vendor = VendorFile::parse(FILE).unwrap().into_vendor();
    let long = "x".repeat(1_000_000);
    let mails =
        json!({ "jane@example.com": { "address": [] }, "Jane Roe": { "address": [] }, long: { "address": [] } });
    let body = json!({ "event": "changed", "c": { "id": 1, "job": [], "mails": mails } });
    let webhook = Webhook { body: body.to_string().into(), ..Webhook::default() }.proven(vendor, RECEIVED_AT);
    let line = line_of(vendor, api_gateway::event(vendor, &webhook), 200).await;
    assert_eq!((&line["unreadable"], &line["Unreadable"]), (&json!(["c.job"]), &json!(4)), "{line}");
    assert!(!line.to_string().contains("ane"), "{line}");
}

/// HubSpot's workflows name events that are modelled but not in its list, and Capsule sends listed ones about something that
/// is not modelled.
#[tokio::test]
async fn an_event_that_is_modelled_or_listed_does_not_count_as_unknown() {
    for (name, case, event_type) in [
        ("hubspot", "workflow_note", "crm.note.updated"),
        ("capsule", "party_of_an_unknown_type", "crm.unknown.received"),
    ] {
        let vendor = vendors().into_iter().find(|vendor| vendor.name == name).unwrap();
        let webhook = Case::find(&events(), vendor, case).unwrap().webhook().unwrap().proven(vendor, RECEIVED_AT);
        let line = line_of(vendor, api_gateway::event(vendor, &webhook), 200).await;
        assert_eq!((&line["type"], line.get("Unknown")), (&json!(event_type), None), "{line}");
    }
}

/// The line of HubSpot's webhook of these events.
async fn hubspot(kinds: &[&str]) -> Value {
    let hubspot = crm::find("hubspot").unwrap();
    let element = |(id, kind): (usize, &&str)| {
        json!({"eventId": id, "subscriptionId": 7, "portalId": 44, "subscriptionType": kind, "attemptNumber": 0,
            "occurredAt": 1_767_225_600_000_u64, "objectId": id, "propertyName": "name", "propertyValue": "x"})
    };
    let body: Vec<_> = kinds.iter().enumerate().map(element).collect();
    let webhook = Webhook { body: serde_json::to_vec(&body).unwrap(), ..Webhook::default() };
    let webhook = api_gateway::event(hubspot, &webhook.proven(hubspot, RECEIVED_AT));
    lines(hubspot, webhook, confirming().0, &[]).await.remove(0)
}

#[tokio::test]
async fn of_many_events_the_line_has_what_they_share() {
    let (contact, deal) = ("contact.propertyChange", "deal.propertyChange");
    let line = hubspot(&[contact, contact]).await;
    let found = ["account", "vendor_event", "type"].map(|member| line[member].clone());
    assert_eq!(found, [json!("44"), json!(contact), json!("crm.contact.updated")], "{line}");
    let line = hubspot(&[contact, deal, contact]).await;
    let found = ["account", "vendor_event", "type"].map(|member| line[member].clone());
    assert_eq!(found, [json!("44"), Value::Null, Value::Null], "{line}");
}

#[tokio::test]
async fn of_many_webhooks_the_members_of_twenty_are_logged() {
    for (count, logged) in [(2, 2), (20, 20), (21, 20), (30, 20)] {
        let line = hubspot(&vec!["contact.propertyChange"; count]).await;
        assert_eq!(line["vendor_fields"].as_array().unwrap().len(), logged, "{line}");
    }
}

#[tokio::test]
async fn without_a_namespace_there_are_no_metrics() {
    let lines = lines(heffl(), event(lead_created()), sqs_answering(200), &[]).await;
    assert_eq!((lines.len(), lines[0].get("_aws")), (1, None));
}

/// The line of an authentic TeamGrid webhook.
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
