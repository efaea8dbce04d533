//! `crm-events tail` must not take events from a consumer, and nothing that it prints controls the terminal.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tests::stub::REGION;
use tests::stub::aws::Aws;
use tests::stub::http::Server;
use tests::stub::sqs::{Content, Settings, Sqs};
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[test]
fn a_stack_on_aws_is_refused_before_anything_is_read() {
    let file = std::env::temp_dir().join(format!("crm-events-tail-{}.json", std::process::id()));
    let url = "https://sqs.eu-central-1.amazonaws.com/000000000000/main.fifo";
    let stack = json!({
        "endpoint_url": null, "region": "eu-central-1", "base_url": null, "host_header": null, "queue_url": url,
        "dead_letter_queue_url": url, "quarantine_queue_url": url, "overflow_bucket": null, "urls": {},
    });
    std::fs::write(&file, stack.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_crm-events")).args(["tail", "--stack"]).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("tail is for the local stack only"), "{error}");
}

#[tokio::test]
async fn no_text_of_a_message_controls_the_terminal() {
    let aws = Aws::default();
    aws.sqs.create("main.fifo", Settings::of("main.fifo"));
    let body: Arc<str> = "text\u{1b}]0;title\u{7}\u{9b}2J".into();
    let (attributes, group) = (Arc::default(), "1".into());
    aws.sqs.send("main.fifo", Content { body, attributes, trace_header: None, group, deduplication: "1".into() });
    let server = Server::start(aws.clone()).await.unwrap();
    let url = Sqs::queue_url(&server.url(), "main.fifo");
    let file = std::env::temp_dir().join(format!("crm-events-tail-local-{}.json", std::process::id()));
    let stack = json!({
        "endpoint_url": server.url(), "region": REGION, "queue_url": url, "dead_letter_queue_url": url,
        "quarantine_queue_url": url, "urls": {},
    });
    std::fs::write(&file, stack.to_string()).unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_crm-events"));
    command.args(["tail", "--stack"]).arg(&file).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await;
    std::fs::remove_file(&file).unwrap();
    let line = line.unwrap().unwrap().unwrap();
    assert!(line.ends_with("text\\u{1b}]0;title\\u{7}\\u{9b}2J"), "{line:?}");
    assert!(!line.contains(char::is_control), "{line:?}");
}
