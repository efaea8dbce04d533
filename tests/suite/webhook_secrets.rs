//! Webhook secrets in SSM and Secrets Manager: read at start, and read again without a deployment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::http;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use crm_ingest::{Config, Function, HttpRequest, Queues, WebhookSecrets};
use crm_normalize::crm;
use crm_samples::{RECEIVED_AT, Webhook, api_gateway};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tests::binaries;
use tests::stub::aws::Aws;
use tests::stub::connector::connector_fn;
use tests::stub::http::Server;
use tests::stub::runtime_api::{self, Environment, InvokeError, Log};
use tests::stub::secret_store::SecretStore;
use tests::stub::sqs::{Settings, Sqs};

use crate::function::{CALL, config_with, heffl, lead_created};

const SSM: &str = "ssm:/crm-events/heffl";
const SECRETS_MANAGER: &str = "secretsmanager:crm-events/heffl";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn secrets(token: &str) -> String {
    json!({"default": [format!("token:{token}")]}).to_string()
}

fn config(setting: &str) -> Config {
    config_with(heffl(), &[("WEBHOOK_SECRETS", setting), ("OVERFLOW_BUCKET", "overflow")])
}

/// An SQS and an S3 that accept everything, and this secret store. Counts the requests to SQS and S3.
fn connector(store: &SecretStore, others: Arc<AtomicUsize>) -> SharedHttpConnector {
    let store = store.clone();
    connector_fn(move |request: http::Request<SdkBody>| {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let target = header("x-amz-target");
        let (status, body) = if target.starts_with("AmazonSSM.") || target.starts_with("secretsmanager.") {
            store.act(header, request.body().bytes().unwrap())
        } else {
            others.fetch_add(1, Ordering::Relaxed);
            (200, r#"{"MessageId": "m"}"#.to_owned())
        };
        http::Response::builder().status(status).body(body).unwrap()
    })
}

async fn start(setting: &str, store: &SecretStore) -> Result<Function, String> {
    start_counting(setting, store, Arc::default()).await
}

async fn start_counting(setting: &str, store: &SecretStore, others: Arc<AtomicUsize>) -> Result<Function, String> {
    tests::keep_callsites_open();
    let (config, connector) = (config(setting), connector(store, others));
    let aws = &config.destination.aws;
    let secrets = WebhookSecrets::open(heffl(), &config.secrets, aws, connector.clone(), RECEIVED_AT).await;
    let secrets = secrets.map_err(|error| error.to_string())?;
    let queues = Queues::with_connector(&config.destination, connector);
    Ok(Function::new(heffl(), config, secrets, queues))
}

fn with_token(token: &str) -> serde_json::Value {
    api_gateway::event(heffl(), &Webhook { query: vec![("token".into(), token.to_owned().into())], ..lead_created() })
}

async fn status(function: &Function, token: &str, now: Timestamp) -> i64 {
    let event: HttpRequest = serde_json::from_value(with_token(token)).unwrap();
    let response = serde_json::to_value(function.handle(event, CALL, now).await).unwrap();
    response["statusCode"].as_i64().unwrap()
}

#[tokio::test]
async fn a_changed_secret_counts_without_a_new_start() {
    for setting in [SSM, SECRETS_MANAGER] {
        let store = SecretStore::default();
        store.put(setting, &secrets("old"));
        let function = start(setting, &store).await.unwrap();
        assert_eq!(status(&function, "old", RECEIVED_AT).await, 200, "{setting}");
        assert_eq!(store.requests(), 1);

        store.put(setting, &secrets("new"));
        let later = RECEIVED_AT + MINUTE;
        assert_eq!(status(&function, "new", later).await, 200, "{setting}: checked against the new secret");
        assert_eq!(status(&function, "old", later).await, 401, "{setting}: the old secret is gone");
        assert_eq!(store.requests(), 2);
    }
}

#[tokio::test]
async fn a_removed_secret_is_refused_after_ten_minutes_though_only_its_holder_sends() {
    let store = SecretStore::default();
    store.put(SSM, &secrets("leaked"));
    let function = start(SSM, &store).await.unwrap();
    store.put(SSM, &secrets("new"));
    assert_eq!(status(&function, "leaked", RECEIVED_AT + MINUTE * 9).await, 200);
    assert_eq!(store.requests(), 1, "a valid proof causes no read");
    assert_eq!(status(&function, "leaked", RECEIVED_AT + MINUTE * 10).await, 401);
    assert_eq!(store.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_removed_secret_is_refused_as_soon_as_the_store_answers_again() {
    let store = SecretStore::default();
    store.put(SSM, &secrets("leaked"));
    let function = start(SSM, &store).await.unwrap();
    store.put(SSM, &secrets("new"));
    store.fail(&[(400, r#"{"__type": "AccessDeniedException"}"#)]);
    assert_eq!(status(&function, "leaked", RECEIVED_AT + MINUTE * 10).await, 200, "the read fails");
    assert_eq!(store.requests(), 2);
    let second = SignedDuration::from_secs(1);
    assert_eq!(
        status(&function, "leaked", RECEIVED_AT + MINUTE * 11 - second).await,
        200,
        "no second read in a minute"
    );
    assert_eq!(store.requests(), 2);
    assert_eq!(status(&function, "leaked", RECEIVED_AT + MINUTE * 11).await, 401);
    assert_eq!(store.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn forged_webhooks_cause_one_read_a_minute_at_most() {
    let store = SecretStore::default();
    store.put(SSM, &secrets("t"));
    let function = start(SSM, &store).await.unwrap();
    let second = SignedDuration::from_secs(1);
    for number in 0..180 {
        assert_eq!(status(&function, "forged", RECEIVED_AT + second * number).await, 401);
    }
    assert_eq!(store.requests(), 3, "at the start, after one minute and after two");
    // Failed reads count too.
    let failures = vec![(500, ""); 1000];
    store.fail(&failures);
    let before = store.requests();
    for number in 180..239 {
        assert_eq!(status(&function, "forged", RECEIVED_AT + second * number).await, 401);
    }
    assert_eq!(store.requests() - before, 3, "one read of three attempts");
}

/// A stranger without a proof can cost a request, an invocation and a log line each, and one read of the secrets a minute.
#[tokio::test]
async fn a_flood_without_proofs_asks_aws_for_nothing_but_the_secrets() {
    let (store, others) = (SecretStore::default(), Arc::<AtomicUsize>::default());
    store.put(SSM, &secrets("t"));
    let function = start_counting(SSM, &store, others.clone()).await.unwrap();
    let large = Webhook { body: vec![b'x'; 1 << 20], ..Webhook::default() };
    let elsewhere = Webhook { account: Some("nobody".to_owned()), ..lead_created() };
    let kinds = [
        with_token("forged"),
        api_gateway::event(heffl(), &Webhook { headers: Vec::new(), ..lead_created() }),
        api_gateway::event(heffl(), &elsewhere),
        json!({}),
        api_gateway::event(heffl(), &large),
    ];
    let minutes = 5;
    for (number, kind) in (0..).zip(kinds[..4].iter().cycle().take(600).chain(&kinds[4..])) {
        let now = RECEIVED_AT + MINUTE * minutes * number / 600;
        let event: HttpRequest = serde_json::from_value(kind.clone()).unwrap();
        let response = serde_json::to_value(function.handle(event, CALL, now).await).unwrap();
        assert_eq!(response["statusCode"], 401);
    }
    assert_eq!(others.load(Ordering::Relaxed), 0, "requests to SQS and S3");
    assert_eq!(store.requests(), 1 + usize::try_from(minutes).unwrap(), "one at the start, then one a minute");
    // The same function does send what has a proof.
    assert_eq!(status(&function, "t", RECEIVED_AT).await, 200);
    assert_eq!(others.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn when_they_cannot_be_read_again_those_in_use_stay() {
    let unreadable: [&[(u16, &str)]; 5] = [
        &[(500, ""), (500, ""), (500, "")],
        &[(400, r#"{"__type": "AccessDeniedException", "Message": "not authorized"}"#)],
        &[(200, "{}")],
        &[(200, r#"{"Parameter": {"Value": "hunter2"}}"#)],
        &[(200, r#"{"Parameter": {"Value": "{\"default\": [\"basic:user:hunter2\"]}"}}"#)],
    ];
    for failures in unreadable {
        let store = SecretStore::default();
        store.put(SSM, &secrets("t"));
        let function = start(SSM, &store).await.unwrap();
        store.fail(failures);
        let later = RECEIVED_AT + MINUTE;
        assert_eq!(status(&function, "forged", later).await, 401, "{failures:?}");
        assert_eq!(store.requests(), 1 + failures.len(), "{failures:?}");
        assert_eq!(status(&function, "t", later).await, 200, "{failures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_tries_three_times() {
    for failures in
        [[(500, ""), (503, "")], [(429, ""), (400, r#"{"__type": "com.amazonaws.ssm#ThrottlingException"}"#)]]
    {
        let store = SecretStore::default();
        store.put(SSM, &secrets("t"));
        store.fail(&failures);
        let function = start(SSM, &store).await.unwrap();
        assert_eq!(store.requests(), 3);
        assert_eq!(status(&function, "t", RECEIVED_AT).await, 200);
    }
    let store = SecretStore::default();
    store.fail(&[(500, ""), (500, ""), (500, ""), (500, "")]);
    assert_eq!(
        start(SSM, &store).await.unwrap_err(),
        "WEBHOOK_SECRETS: ssm:/crm-events/heffl cannot be read: 500 without a code"
    );
    assert_eq!(store.requests(), 3);
}

/// An AWS that answers the first request with a secret, and nothing after it.
#[derive(Clone, Debug)]
struct SilentAfterStart(Arc<Mutex<Option<String>>>);

impl HttpConnector for SilentAfterStart {
    fn call(&self, _: aws_sdk_sqs::config::http::HttpRequest) -> HttpConnectorFuture {
        match self.0.lock().unwrap().take() {
            Some(secret) => {
                let body = json!({"Parameter": {"Value": secret}}).to_string();
                let response = http::Response::builder().body(SdkBody::from(body)).unwrap();
                HttpConnectorFuture::ready(Ok(response.try_into().unwrap()))
            }
            None => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_aws_is_answered_before_the_vendor_gives_up_even_if_the_secrets_are_read_first() {
    let later = RECEIVED_AT + MINUTE * 10;
    for vendor in crm::ALL {
        let config = config_with(vendor, &[("WEBHOOK_SECRETS", SSM), ("OVERFLOW_BUCKET", "overflow")]);
        let connector = SilentAfterStart(Arc::new(Mutex::new(Some(crm_samples::secrets(vendor)))));
        let connector = SharedHttpConnector::new(connector);
        let aws = &config.destination.aws;
        let secrets = WebhookSecrets::open(vendor, &config.secrets, aws, connector.clone(), RECEIVED_AT).await.unwrap();
        let queues = Queues::with_connector(&config.destination, connector);
        let function = Function::new(vendor, config, secrets, queues);
        let webhook = Webhook { body: b"not understood".to_vec(), ..Webhook::default() }.proven(vendor, later);
        let request = serde_json::from_value(api_gateway::event(vendor, &webhook)).unwrap();
        let started = tokio::time::Instant::now();
        let response = function.handle(request, CALL, later).await;
        let waited = started.elapsed();
        assert_eq!(response.status_code, 503, "{}", vendor.name);
        let rest = Duration::from_millis(700);
        assert!(waited + rest <= vendor.answer_within.min(Duration::from_millis(6500)), "{}: {waited:?}", vendor.name);
        assert!(waited > Duration::from_secs(3), "{}: {waited:?}", vendor.name);
    }
}

#[tokio::test]
async fn a_start_without_secrets_says_why_in_one_line_without_a_secret() {
    let denied = r#"{"__type": "AccessDeniedException", "Message": "not authorized to perform: ssm:GetParameter"}"#;
    for (setting, answer, says) in [
        (SSM, None, "ssm:/crm-events/heffl cannot be read: 400 ParameterNotFound"),
        (SECRETS_MANAGER, None, "secretsmanager:crm-events/heffl cannot be read: 400 ResourceNotFoundException"),
        (SSM, Some((400, denied)), "400 AccessDeniedException: not authorized to perform: ssm:GetParameter"),
        (SSM, Some((403, "<html>")), "cannot be read: 403 without a code"),
        (SECRETS_MANAGER, Some((200, r#"{"SecretBinary": "aHVudGVyMg=="}"#)), "contains no text"),
        (SECRETS_MANAGER, Some((200, r#"{"SecretString": {"default": "hunter2"}}"#)), "contains no text"),
        (SECRETS_MANAGER, Some((200, r#"{"SecretString": "hunter2"}"#)), "expected a JSON object"),
        (SSM, Some((200, r#"{"Parameter": {"Value": "{\"a\": [\"basic:u:hunter2\"]}"}}"#)), r#"cannot use "basic""#),
    ] {
        let store = SecretStore::default();
        store.fail(&answer.into_iter().collect::<Vec<_>>());
        let message = start(setting, &store).await.unwrap_err();
        assert!(message.starts_with(&format!("WEBHOOK_SECRETS: {setting} ")) && message.contains(says), "{message}");
        assert!(!message.contains("hunter2") && !message.contains("aHVu") && !message.contains('\n'), "{message}");
        assert_eq!(store.requests(), 1, "{message}");
    }
}

#[tokio::test]
async fn a_real_function_reads_them_before_it_takes_a_webhook_and_stops_without() {
    let aws = Aws::default();
    aws.sqs.create("main.fifo", Settings::of("main.fifo"));
    let server = Server::start(aws.clone()).await.unwrap();
    let log = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("webhook_secrets.log");
    let _ = std::fs::remove_file(&log);
    let mut function = runtime_api::Function::new("heffl", binaries().unwrap().join("heffl"))
        .variable("AWS_ENDPOINT_URL", server.url())
        .variable("QUEUE_URL", Sqs::queue_url(&server.url(), "main.fifo"))
        .variable("QUARANTINE_QUEUE_URL", Sqs::queue_url(&server.url(), "quarantine"))
        .variable("WEBHOOK_SECRETS", SSM);
    function.log = Log::File(log.clone());
    let mut environment = Environment::new(function);
    let event = with_token("t").to_string();

    assert!(matches!(environment.invoke(event.clone()).await, Err(InvokeError::Exited(_))));
    let line = std::fs::read_to_string(&log).unwrap();
    assert!(
        line.starts_with("heffl: WEBHOOK_SECRETS: ssm:/crm-events/heffl cannot be read: 400 ParameterNotFound"),
        "{line}"
    );

    aws.secrets.put(SSM, &secrets("t"));
    let answer: serde_json::Value = serde_json::from_slice(&environment.invoke(event).await.unwrap()).unwrap();
    assert_eq!((&answer["statusCode"], environment.starts()), (&json!(200), 2), "{answer}");
    assert_eq!(aws.sqs.counts("main.fifo").waiting, 1);
}
