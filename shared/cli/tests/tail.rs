//! `crm-events tail` must not take events from a consumer.

use std::process::Command;

use serde_json::json;

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
