//! The function's connection to SQS: opened once, replaced when it is dead, and only to trusted servers.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crm_ingest::{Config, Function, HttpRequest, Queues};
use crm_samples::RECEIVED_AT;
use serde_json::{Value, json};
use tests::binaries;
use tests::function::inline_secrets;
use tests::stub::http::Server;
use tests::stub::runtime_api::{self, Environment, Log};
use tests::stub::sqs::{Settings, Sqs};
use tests::stub::tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::function::{CALL, event, heffl, lead_created};

const QUEUE: &str = "events.fifo";

/// The way in which an SQS ends its connections.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Never,
    /// Closed normally after the first response.
    Close,
    /// Reset by the second request.
    Reset,
    /// Left open, and the second request gets no response.
    Silence,
}

/// The requests to an SQS.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    /// The header of each request in which the SDK counts its attempts.
    attempts: Vec<String>,
}

/// An SQS that ends its connections. It does not use hyper, which never resets a connection.
async fn sqs(end: End) -> (String, Arc<Mutex<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, seen) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<Mutex<Seen>>::default());
    let seen_here = seen.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            seen_here.lock().unwrap().connections += 1;
            tokio::spawn(connection(stream, end, seen_here.clone()));
        }
    });
    (url, seen)
}

async fn connection(mut stream: TcpStream, end: End, seen: Arc<Mutex<Seen>>) {
    for number in 1.. {
        let Some(head) = request_head(&mut stream).await else { return };
        let attempt = head.lines().find_map(|line| line.strip_prefix("amz-sdk-request: ")).unwrap();
        seen.lock().unwrap().attempts.push(attempt.split(';').next().unwrap().to_owned());
        match end {
            End::Reset if number == 2 => return stream.set_zero_linger().unwrap(),
            End::Silence if number == 2 => return std::future::pending().await,
            _ => {}
        }
        let (body, close) = (r#"{"MessageId":"m"}"#, if end == End::Close { "connection: close\r\n" } else { "" });
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n{close}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(response.as_bytes()).await.unwrap();
        if end == End::Close {
            return;
        }
    }
}

/// Reads the next request and returns its head. `None` at the end of the connection.
async fn request_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    stream.read_exact(&mut vec![0; length.parse().unwrap()]).await.ok()?;
    Some(head)
}

fn function(endpoint: &str) -> Function {
    tests::keep_callsites_open();
    let config = config(endpoint);
    let queues = Queues::new(&config.destination);
    let secrets = inline_secrets(&config);
    Function::new(heffl(), config, secrets, queues)
}

fn config(endpoint: &str) -> Config {
    let config = Config::read(heffl(), |variable| {
        Some(match variable {
            "QUEUE_URL" => Sqs::queue_url(endpoint, QUEUE),
            "QUARANTINE_QUEUE_URL" => Sqs::queue_url(endpoint, "kept"),
            "AWS_ENDPOINT_URL" => endpoint.to_owned(),
            "WEBHOOK_SECRETS" => crm_samples::secrets(heffl()),
            "AWS_REGION" => "eu-central-1".to_owned(),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test".to_owned(),
            _ => return None,
        })
    });
    config.unwrap()
}

/// Passes three webhooks to a function. Returns the time of each.
async fn three_webhooks(function: &Function) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..3 {
        let event: HttpRequest = serde_json::from_value(event(lead_created())).unwrap();
        let started = Instant::now();
        let response = function.handle(event, CALL, RECEIVED_AT).await;
        times.push(started.elapsed());
        assert!(response.body.contains("accepted"), "{}", response.body);
    }
    times
}

/// A dead connection is replaced within the SDK's first attempt, without a further attempt and its pause.
#[tokio::test]
async fn a_connection_is_reused_and_a_dead_one_costs_no_attempt() {
    for (end, connections, requests) in
        [(End::Never, 1, 3), (End::Close, 3, 3), (End::Reset, 3, 5), (End::Silence, 3, 5)]
    {
        let (url, seen) = sqs(end).await;
        let times = three_webhooks(&function(&url)).await;
        let seen = seen.lock().unwrap();
        assert_eq!((seen.connections, seen.attempts.len()), (connections, requests), "{end:?}: {seen:?}");
        assert!(seen.attempts.iter().all(|attempt| attempt == "attempt=1"), "{end:?}: {seen:?}");
        if end == End::Silence {
            // Less than an attempt's timeout. The machine may be busy, so take the faster of two.
            assert!(times[1].min(times[2]) < Duration::from_millis(900), "{times:?}");
        }
    }
}

#[tokio::test]
async fn the_connection_is_open_before_the_first_webhook() {
    let (url, seen) = sqs(End::Never).await;
    let config = config(&url);
    let queues = Queues::new(&config.destination);
    queues.prime().await;
    assert_eq!(seen.lock().unwrap().connections, 1);
    let secrets = inline_secrets(&config);
    three_webhooks(&Function::new(heffl(), config, secrets, queues)).await;
    assert_eq!(seen.lock().unwrap().connections, 1);
}

/// A server accepts connections but stays silent. Each attempt ends with the attempt timeout, which also covers
/// connecting.
#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let function = function(&format!("https://localhost:{}", listener.local_addr().unwrap().port()));
    let started = tokio::time::Instant::now();
    let event: HttpRequest = serde_json::from_value(event(lead_created())).unwrap();
    let response = function.handle(event, CALL, RECEIVED_AT).await;
    assert!(response.body.contains("unavailable"), "{}", response.body);
    assert!((3..5).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

/// Uses the whole function, because the trust store is a setting of the process.
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
        let webhook = crm_samples::Webhook { query: vec![("token".into(), "t".into())], ..lead_created() };
        let event = crm_samples::api_gateway::event(heffl(), &webhook).to_string();
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
    assert_eq!(sqs.counts(QUEUE).sent, 1);
}
