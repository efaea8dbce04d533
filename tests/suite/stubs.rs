//! The stubs of the fault tests and the benchmark, tested with the real SDK and a real function.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, QueueAttributeName};
use aws_smithy_http_client::Builder as HttpClient;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use crm_normalize::crm;
use crm_samples::{Case, Webhook, api_gateway};
use jiff::Timestamp;
use serde_json::Value;
use tests::stub::http::Server;
use tests::stub::runtime_api::{Environment, Function, InvokeError};
use tests::stub::sqs::{Settings, Sqs};
use tests::stub::{REGION, tls};
use tests::{binaries, events, root};

const EVENTS: &str = "events.fifo";
const DEAD: &str = "dead.fifo";

pub fn client(endpoint: &str, authority: Option<&str>) -> Client {
    let tls = Provider::Rustls(CryptoMode::Ring);
    let mut http = HttpClient::new().tls_provider(tls);
    if let Some(authority) = authority {
        let trust = TrustStore::empty().with_pem_certificate(authority);
        http = http.tls_context(TlsContext::builder().with_trust_store(trust).build().unwrap());
    }
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(http.build_https())
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// An SQS with a FIFO queue, its dead-letter queue and a standard queue, and an SDK client for it.
struct Stub {
    sqs: Sqs,
    server: Server,
    client: Client,
}

impl Stub {
    async fn start() -> Self {
        let sqs = Sqs::default();
        let settings = Settings { dead_letters: Some((DEAD.to_owned(), 2)), ..Settings::of(EVENTS) };
        sqs.create(EVENTS, settings);
        sqs.create(DEAD, Settings::of(DEAD));
        sqs.create("kept", Settings::of("kept"));
        let server = Server::start(sqs.clone()).await.unwrap();
        let client = client(&server.url(), None);
        Self { sqs, server, client }
    }

    fn url(&self, queue: &str) -> String {
        Sqs::queue_url(&self.server.url(), queue)
    }

    async fn send(&self, group: &str, deduplication: &str) -> String {
        let request = self.client.send_message().queue_url(self.url(EVENTS)).message_body(deduplication);
        let request = request.message_group_id(group).message_deduplication_id(deduplication);
        request.send().await.unwrap().message_id.unwrap()
    }

    /// Receives messages. Returns their bodies, and the messages.
    async fn receive(&self, queue: &str) -> (Vec<String>, Vec<Message>) {
        let request = self.client.receive_message().queue_url(self.url(queue)).max_number_of_messages(10);
        let messages = request.message_system_attribute_names("All".into()).send().await.unwrap().messages.unwrap();
        (messages.iter().map(|message| message.body.clone().unwrap()).collect(), messages)
    }

    async fn delete(&self, message: &Message) -> Result<(), String> {
        let handle = message.receipt_handle.as_deref().unwrap();
        let request = self.client.delete_message().queue_url(self.url(EVENTS)).receipt_handle(handle);
        request.send().await.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
    }

    /// Advances the stub's clock without waiting.
    async fn pass(seconds: u64) {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    }
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html>
#[tokio::test]
async fn sqs_keeps_a_group_in_order_and_hands_out_nothing_more_of_it_before_a_deletion() {
    let stub = Stub::start().await;
    for (group, id) in [("a", "a1"), ("a", "a2"), ("b", "b1")] {
        stub.send(group, id).await;
    }
    let (bodies, messages) = stub.receive(EVENTS).await;
    assert_eq!(bodies, ["a1", "a2", "b1"]);
    stub.send("a", "a3").await;
    stub.send("c", "c1").await;
    assert_eq!(stub.receive(EVENTS).await.0, ["c1"], "a3 waits for a1 and a2");
    let entries = messages.iter().enumerate().map(|(index, message)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
        entry.receipt_handle(message.receipt_handle.as_deref().unwrap()).build().unwrap()
    });
    let request = stub.client.delete_message_batch().queue_url(stub.url(EVENTS));
    let deleted = request.set_entries(Some(entries.collect())).send().await.unwrap();
    assert_eq!((deleted.successful.len(), deleted.failed.len()), (3, 0));
    assert_eq!(stub.receive(EVENTS).await.0, ["a3"]);
    let counts = stub.sqs.counts(EVENTS);
    assert_eq!((counts.waiting, counts.in_flight, counts.sent), (0, 2, 5));
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html>
#[tokio::test]
async fn sqs_drops_a_duplicate_for_five_minutes_even_of_a_deleted_message() {
    let stub = Stub::start().await;
    let first = stub.send("a", "duplicate").await;
    let (_, messages) = stub.receive(EVENTS).await;
    stub.delete(&messages[0]).await.unwrap();
    assert_eq!(stub.send("a", "duplicate").await, first);
    assert!(stub.receive(EVENTS).await.0.is_empty());
    Stub::pass(301).await;
    stub.send("a", "duplicate").await;
    assert_eq!(stub.receive(EVENTS).await.0, ["duplicate"]);
    assert_eq!(stub.sqs.counts(EVENTS).dropped, 1);
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html> and
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>
#[tokio::test]
async fn sqs_hands_out_again_what_is_not_deleted_in_time_and_gives_up_in_the_end() {
    let stub = Stub::start().await;
    stub.send("a", "a1").await;
    stub.send("a", "a2").await;
    let (_, first) = stub.receive(EVENTS).await;
    stub.delete(&first[1]).await.unwrap();
    assert!(stub.receive(EVENTS).await.0.is_empty());
    Stub::pass(31).await;
    let (bodies, second) = stub.receive(EVENTS).await;
    assert_eq!(bodies, ["a1"]);
    let count = &second[0].attributes.as_ref().unwrap()[&"ApproximateReceiveCount".into()];
    assert_eq!(count, "2");
    assert_eq!(stub.delete(&first[0]).await, Err("InvalidParameterValue".to_owned()), "the receipt handle has expired");
    let hide = stub.client.change_message_visibility().queue_url(stub.url(EVENTS)).visibility_timeout(0);
    hide.receipt_handle(second[0].receipt_handle.as_deref().unwrap()).send().await.unwrap();
    assert!(stub.receive(EVENTS).await.0.is_empty(), "received twice: it goes to the dead letters instead");
    assert_eq!(stub.receive(DEAD).await.0, ["a1"]);
    Stub::pass(31).await;
    assert_eq!(stub.sqs.redrive(DEAD, EVENTS), 1);
    assert_eq!(stub.receive(EVENTS).await.0, ["a1"]);
}

/// The shapes of <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.
#[tokio::test]
async fn sqs_refuses_what_it_does_not_take() {
    let stub = Stub::start().await;
    let send = |queue: &str, body: &str| stub.client.send_message().queue_url(stub.url(queue)).message_body(body);
    let long = "x".repeat(129);
    for (request, code) in [
        (send("nothing", "x"), "AWS.SimpleQueueService.NonExistentQueue"),
        (send("kept", "\u{ffff}"), "InvalidMessageContents"),
        (send("kept", &"x".repeat(1_048_577)), "InvalidParameterValue"),
        (send(EVENTS, "x").message_deduplication_id("x"), "MissingParameter"),
        (send(EVENTS, "x").message_group_id("x").message_deduplication_id(long), "InvalidParameterValue"),
        (send(EVENTS, "x").message_group_id("x").message_deduplication_id("no space"), "InvalidParameterValue"),
    ] {
        let error = request.send().await.unwrap_err();
        // The SDK shows the code of the older protocol, if there is one.
        assert!(error.code() == Some(code) || error.as_service_error().unwrap().is_queue_does_not_exist(), "{error:?}");
    }
    let attributes = stub.client.get_queue_attributes().queue_url(stub.url("kept"));
    let attributes = attributes.attribute_names(QueueAttributeName::ApproximateNumberOfMessages).send().await.unwrap();
    assert_eq!(attributes.attributes.unwrap()[&QueueAttributeName::ApproximateNumberOfMessages], "0");
}

/// Compares with the local stack's emulator's response to this message.
#[tokio::test]
async fn sqs_confirms_with_the_digests_of_body_and_attributes() {
    let stub = Stub::start().await;
    let value = |value: &str| MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap();
    let request = stub.client.send_message().queue_url(stub.url("kept")).message_body("Grüße");
    let request = request.message_attributes("vendor", value("heffl")).message_attributes("account", value("default"));
    let sent = request.send().await.unwrap();
    assert_eq!(sent.md5_of_message_body.as_deref(), Some("49c5f675b49037b6044b803ac9d1a6d7"));
    assert_eq!(sent.md5_of_message_attributes.as_deref(), Some("47aeb2e4ce89c4ca2361ea2ca3d37a33"));
    let message = &stub.sqs.receive("kept", 1)[0];
    assert_eq!(message.content.attributes["vendor"].string_value.as_deref(), Some("heffl"));
}

#[tokio::test]
async fn sqs_speaks_tls() {
    let sqs = Sqs::default();
    sqs.create("kept", Settings::of("kept"));
    let tls = tls::for_localhost().unwrap();
    let server = Server::start_tls(sqs.clone(), tls.acceptor).await.unwrap();
    let url = Sqs::queue_url(&server.url(), "kept");
    for (authority, trusted) in [(tls.authority.as_str(), true), (&*tls::for_localhost().unwrap().authority, false)] {
        let client = client(&server.url(), Some(authority));
        assert_eq!(client.send_message().queue_url(&url).message_body("x").send().await.is_ok(), trusted);
    }
    assert_eq!(sqs.counts("kept").sent, 1);
}

fn lead_created() -> String {
    let heffl = crm::find("heffl").unwrap();
    event(Case::find(&events(), heffl, "lead_created").unwrap().webhook().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "the function goes by the real clock")]
fn event(webhook: Webhook) -> String {
    let heffl = crm::find("heffl").unwrap();
    api_gateway::event(heffl, &webhook.proven(heffl, Timestamp::now())).to_string()
}

fn heffl(endpoint: &str) -> Function {
    function(endpoint, "heffl")
}

/// A function that verifies and translates like Heffl's.
fn function(endpoint: &str, binary: &str) -> Function {
    Function::new("heffl", binaries().unwrap().join(binary))
        .variable("AWS_ENDPOINT_URL", endpoint)
        .variable("QUEUE_URL", Sqs::queue_url(endpoint, EVENTS))
        .variable("QUARANTINE_QUEUE_URL", Sqs::queue_url(endpoint, "kept"))
        .variable("WEBHOOK_SECRETS", crm_samples::secrets(crm::find("heffl").unwrap()))
}

#[tokio::test]
async fn a_real_function_serves_the_runtime_api_and_a_killed_one_is_started_again() {
    let stub = Stub::start().await;
    let mut environment = Environment::new(heffl(&stub.server.url()));
    let event = lead_created();
    for _ in 0..2 {
        let answer: Value = serde_json::from_slice(&environment.invoke(event.clone()).await.unwrap()).unwrap();
        assert_eq!(answer["statusCode"], 200, "{answer}");
    }
    assert_eq!(environment.starts(), 1);
    let counts = stub.sqs.counts(EVENTS);
    assert_eq!((counts.waiting, counts.dropped), (1, 1));
    environment.killer().kill();
    assert!(matches!(environment.invoke(event.clone()).await, Err(InvokeError::Exited(_))));
    environment.invoke(event.clone()).await.unwrap();
    assert_eq!(environment.starts(), 2);

    let mut misconfigured = Environment::new(heffl(&stub.server.url()).variable("INCLUDE_RAW", "perhaps"));
    assert!(matches!(misconfigured.invoke(event.clone()).await, Err(InvokeError::Exited(_))));

    let mut slow = heffl(&stub.server.url());
    slow.timeout = Duration::ZERO;
    assert!(matches!(Environment::new(slow).invoke(event).await, Err(InvokeError::TimedOut(_))));
}

#[tokio::test]
async fn a_panic_costs_its_own_webhook_alone() {
    let stub = Stub::start().await;
    let mut environment = Environment::new(function(&stub.server.url(), "examples/panicking"));
    let bug = event(Webhook { body: br#"{"event":"panic"}"#.into(), ..Webhook::default() });
    for starts in [1, 2] {
        let answer: Value = serde_json::from_slice(&environment.invoke(lead_created()).await.unwrap()).unwrap();
        assert_eq!(answer["statusCode"], 200, "{answer}");
        assert_eq!(environment.starts(), starts);
        // API Gateway answers 500, and the vendor sends again. Lambda restarts the function.
        let end = environment.invoke(bug.clone()).await;
        assert!(matches!(end, Err(InvokeError::Exited(_))), "{end:?}");
    }
}

/// A panic must not affect the other messages of a consumer's batch.
#[test]
fn a_panic_ends_a_function_and_not_the_consumer() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for (profile, panic) in [("release", "abort"), ("consumer", "unwind")] {
        let section = manifest.split(&format!("[profile.{profile}]")).nth(1).unwrap().split("\n[").next().unwrap();
        assert!(section.lines().any(|line| line == format!("panic = \"{panic}\"")), "{section}");
    }
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let (builds, release) = ("cargo lambda build --profile consumer --package consumer ", "filter-out consumer,");
    assert!(makefile.contains(builds) && makefile.contains(release), "`make build` takes each of its own profile");
}

/// The same seed gives the same faults, regardless of other requests; another seed gives others.
#[test]
fn faults_hang_on_the_seed_and_the_request() {
    use tests::stub::faults::{Fault, Plan, Rates};
    let rates = Rates { each: BTreeMap::from([(Fault::Throttled, 3000), (Fault::CutAfter, 2000)]), outages: 0 };
    let faults = |seed: u64, keys: &[&str]| -> Vec<_> {
        let mut plan = Plan::new(seed, rates.clone());
        keys.iter().map(|key| ((*key).to_owned(), plan.next(key).0)).collect()
    };
    let of = |key: &str, faults: Vec<(String, Option<Fault>)>| -> Vec<_> {
        faults.into_iter().filter(|(of, _)| of == key).map(|(_, fault)| fault).collect()
    };
    let alone = faults(7, &["a"; 1000]);
    let mixed = faults(7, &["b", "a"].repeat(1000));
    assert_eq!(of("a", alone.clone()), of("a", mixed));
    assert_ne!(alone, faults(8, &["a"; 1000]));
    let throttled = alone.iter().filter(|(_, fault)| *fault == Some(Fault::Throttled)).count();
    let cut = alone.iter().filter(|(_, fault)| *fault == Some(Fault::CutAfter)).count();
    assert!((200..400).contains(&throttled) && (120..280).contains(&cut), "{throttled} {cut}");
}
