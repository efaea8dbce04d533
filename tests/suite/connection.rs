//! The function's own connection to SQS: opened once, opened anew when it was closed, and only to who is trusted.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crm_events::case::RECEIVED_AT;
use crm_ingest::{Config, Function, HttpRequest, Queues};
use crm_normalize::sample;
use hyper::header::{CONNECTION, HeaderValue};
use serde_json::{Value, json};
use tests::binaries;
use tests::stub::http::{Answer, Request, Server, Service, response};
use tests::stub::runtime_api::{self, Environment, Log};
use tests::stub::sqs::{Settings, Sqs};
use tests::stub::tls;

use crate::function::{CALL, event, heffl, lead_created};

const QUEUE: &str = "events.fifo";

/// An SQS that counts requests, and may close each connection after its answer.
#[derive(Debug, Default)]
struct Counted {
    closes: bool,
    requests: AtomicU64,
}

impl Service for Counted {
    async fn answer(&self, request: Request) -> Answer {
        let headers = request.headers();
        assert!(headers.contains_key("host") && request.uri().authority().is_none());
        let agent = concat!("crm-events/", env!("CARGO_PKG_VERSION"));
        assert!(headers["user-agent"] == agent && !headers.contains_key("x-amz-user-agent"), "{headers:?}");
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut response = response(200, "application/x-amz-json-1.0", json!({"MessageId": "m"}).to_string());
        if self.closes {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Answer::Response(response)
    }
}

fn function(endpoint: &str) -> Function {
    let config = Config::read(heffl(), |variable| {
        Some(match variable {
            "QUEUE_URL" => Sqs::queue_url(endpoint, QUEUE),
            "QUARANTINE_QUEUE_URL" => Sqs::queue_url(endpoint, "kept"),
            "AWS_ENDPOINT_URL" => endpoint.to_owned(),
            "WEBHOOK_SECRETS" => sample::secrets(heffl()),
            "AWS_REGION" => "eu-central-1".to_owned(),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test".to_owned(),
            _ => return None,
        })
    });
    let config = config.unwrap();
    let queues = Queues::new(&config.destination);
    Function::new(heffl(), config, queues)
}

/// Connections and requests of three webhooks.
async fn three_webhooks(closes: bool) -> (u64, u64) {
    let sqs = Arc::new(Counted { closes, ..Counted::default() });
    let server = Server::start(sqs.clone()).await.unwrap();
    let function = function(&server.url());
    for _ in 0..3 {
        let event: HttpRequest = serde_json::from_value(event(lead_created())).unwrap();
        let response = function.handle(event, CALL, RECEIVED_AT).await;
        assert!(response.body.contains("accepted"), "{}", response.body);
    }
    (server.connections(), sqs.requests.load(Ordering::Relaxed))
}

#[tokio::test]
async fn all_webhooks_go_over_one_connection() {
    assert_eq!(three_webhooks(false).await, (1, 3));
}

#[tokio::test]
async fn a_connection_that_was_closed_costs_no_attempt() {
    assert_eq!(three_webhooks(true).await, (3, 3));
}

/// Something listens, and says nothing: each attempt ends with the time-out of connecting.
#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let function = function(&format!("https://localhost:{}", listener.local_addr().unwrap().port()));
    let started = tokio::time::Instant::now();
    let event: HttpRequest = serde_json::from_value(event(lead_created())).unwrap();
    let response = function.handle(event, CALL, RECEIVED_AT).await;
    assert!(response.body.contains("unavailable"), "{}", response.body);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

/// The whole function, for the trust store is a setting of the process.
#[tokio::test]
async fn only_who_has_a_certificate_of_the_trust_store_gets_a_webhook() {
    let sqs = Sqs::default();
    sqs.create(QUEUE, Settings::of(QUEUE));
    let tls = tls::for_localhost().unwrap();
    let server = Server::start_tls(sqs.clone(), tls.acceptor).await.unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trust");
    std::fs::create_dir_all(&folder).unwrap();
    let answer = async |name: &str, store: &str, url: &str| -> (Value, String) {
        let (store_file, log) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.log")));
        std::fs::write(&store_file, store).unwrap();
        let _ = std::fs::remove_file(&log);
        let mut function = runtime_api::Function::new("heffl", binaries().unwrap().join("heffl"))
            .variable("AWS_ENDPOINT_URL", url)
            .variable("QUEUE_URL", Sqs::queue_url(url, QUEUE))
            .variable("QUARANTINE_QUEUE_URL", Sqs::queue_url(url, "kept"))
            .variable("WEBHOOK_SECRETS", json!({"default": ["token:t"]}).to_string())
            .variable("SSL_CERT_FILE", store_file.to_string_lossy());
        function.log = Log::File(log.clone());
        let webhook = crm_events::answer::Webhook { query: vec![("token".into(), "t".into())], ..lead_created() };
        let event = crm_events::gateway::event(heffl(), &webhook).to_string();
        let answer = Environment::new(function).invoke(event).await.unwrap();
        (serde_json::from_slice(&answer).unwrap(), std::fs::read_to_string(log).unwrap())
    };
    let (trusted, _) = answer("trusted", &tls.authority, &server.url()).await;
    assert_eq!(trusted["statusCode"], 200, "{trusted}");
    let others = tls::for_localhost().unwrap().authority;
    let (untrusted, log) = answer("untrusted", &others, &server.url()).await;
    assert_eq!(untrusted["statusCode"], 503, "{untrusted}");
    assert!(log.contains("invalid peer certificate"), "{log}");
    let by_address = server.url().replace("localhost", "127.0.0.1");
    let (wrong_name, log) = answer("wrong-name", &tls.authority, &by_address).await;
    assert_eq!(wrong_name["statusCode"], 503, "{wrong_name}");
    assert!(log.contains("not valid for name"), "{log}");
    let (empty, log) = answer("empty", "", &server.url()).await;
    assert_eq!(empty["statusCode"], 503, "{empty}");
    assert!(log.contains("SSL_CERT_FILE"), "{log}");
    assert_eq!(sqs.counts(QUEUE).sent, 1);
}
