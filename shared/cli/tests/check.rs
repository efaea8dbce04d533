//! `crm-events check` against stand-ins that fail in each way. Against the real functions, see the end-to-end test.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

/// A server that gives each request in turn the next of these answers, and its URL.
fn answering(answers: &'static [(u16, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/webhooks/heffl", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut chunk = [0; 4096];
            // The test body ends with a brace; nothing before it does.
            while !request.ends_with(b"}") {
                let length = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..length]);
            }
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
        }
    });
    url
}

/// Runs the command. Returns true if it succeeded, and its output.
fn check(url: &str, secret: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crm-events"));
    let output = command.args(["check", "--url", url]).env("CRM_EVENTS_SECRET", secret).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

const REFUSED: (u16, &str) = (401, r#"{"error":"unauthorized"}"#);
const ACCEPTED: (u16, &str) = (200, r#"{"status":"accepted","events":["heffl:default:unknown::received:0"]}"#);

#[test]
fn a_route_that_works_is_said_to() {
    let (ok, said) = check(&answering(&[REFUSED, ACCEPTED]), "token:t0ken");
    assert!(ok, "{said}");
    let steps: Vec<_> = said.lines().map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(steps, ["ok", "ok", "ok"], "{said}");
    assert!(said.contains("crm.unknown.received is on the main queue") && !said.contains("t0ken"), "{said}");
}

/// A server that answers like a function of Zoho with this token in the body.
fn zoho(token: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/webhooks/zoho", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"}") {
                let length = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..length]);
            }
            let is_proven = String::from_utf8(request).unwrap().contains(&format!("\"token\":\"{token}\""));
            let (status, body) = if is_proven { ACCEPTED } else { REFUSED };
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
        }
    });
    url
}

#[test]
fn a_token_in_the_body_is_sent_there() {
    let (ok, said) = check(&zoho("t0ken-of-16-bytes"), "body-token:t0ken-of-16-bytes");
    assert!(ok && !said.contains("t0ken"), "{said}");
    assert!(!check(&zoho("another-token"), "body-token:t0ken-of-16-bytes").0);
}

#[test]
fn each_failure_has_its_hint() {
    const CASES: [(&[(u16, &str)], &str); 11] = [
        (&[(404, r#"{"message":"Not Found"}"#)], "The API has no such route"),
        (&[(403, r#"{"message":"Forbidden"}"#)], "Something in front of the API refuses the request"),
        (&[(500, r#"{"message":"Internal Server Error"}"#)], "does not start, or fails"),
        (&[(400, r#"{"error":"bad_request"}"#)], "in another form than an HTTP API's"),
        (&[(429, r#"{"message":"Too Many Requests"}"#)], "ThrottleRate"),
        (&[REFUSED, (429, r#"{"message":"Too Many Requests"}"#)], "ThrottleRate"),
        (&[(200, "hello")], "Anyone who knows this URL can send events"),
        (&[(301, "")], "not from crm-events"),
        (&[REFUSED, REFUSED], "The function has another secret for account \"default\""),
        (&[REFUSED, (503, r#"{"error":"unavailable"}"#)], "cannot reach SQS"),
        (&[REFUSED, (200, r#"{"status":"quarantined","reason":"x"}"#)], "another version"),
    ];
    for (answers, hint) in CASES {
        let (ok, said) = check(&answering(answers), "token:t0ken");
        assert!(!ok && said.contains("FAILED") && said.contains(hint), "{answers:?}: {said}");
        assert!(!said.contains("t0ken"), "{said}");
    }
}

#[test]
fn no_name_no_server_no_tls() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = answering(&[]).replace("http://", "https://");
    for (url, hint) in [
        ("https://no-such-name.invalid/webhooks/heffl".to_owned(), "The host name does not exist"),
        (format!("http://{closed}/webhooks/heffl"), "Nothing listens there"),
        (plain, "closes the connection"),
    ] {
        let (ok, said) = check(&url, "token:t0ken");
        assert!(!ok && said.contains(hint), "{url}: {said}");
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_named() {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/webhooks/heffl", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(config.into()).unwrap();
        let _ = rustls::StreamOwned::new(connection, stream).read(&mut [0; 1]);
    });
    let (ok, said) = check(&url, "token:t0ken");
    assert!(!ok && said.contains("The TLS handshake failed"), "{said}");
}

#[test]
fn a_secret_of_another_form_is_refused_before_anything_is_sent() {
    for (url, secret, says) in [
        ("https://a.example/webhooks/heffl", "t0ken", "not of the form of WEBHOOK_SECRETS"),
        ("https://a.example/webhooks/agilecrm", "basic:user:t0ken", "not of the form of WEBHOOK_SECRETS"),
        ("https://a.example/webhooks/nocrm", "token:t0ken", "there is no vendor \"nocrm\""),
        ("https://a.example/webhook", "token:t0ken", "expected https://.../webhooks/<vendor>"),
        ("https://a.example/webhooks/heffl", "", ": expected CRM_EVENTS_SECRET, --secret-file or --secret"),
    ] {
        let (ok, said) = check(url, secret);
        assert!(!ok && said.contains(says) && !said.contains("t0ken"), "{url}: {said}");
    }
}
