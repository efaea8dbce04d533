//! The memory of real functions under bodies that are made to need much of it. Lambda ends a function that exceeds its
//! memory, and the CRM would get a 502 each time it sends the body again.

use std::fs;

use crm_normalize::crm;
use crm_samples::{RECEIVED_AT, Webhook, api_gateway};
use serde_json::Value;
use tests::binaries;
use tests::stub::aws::Aws;
use tests::stub::http::Server;
use tests::stub::runtime_api::{Environment, Function};
use tests::stub::sqs::{Settings, Sqs};

/// A quarter of the 256 MB that the template gives a function, for a debug build.
const MAX_KB: u64 = 64 * 1024;

/// The size of the bodies. Lambda's limit for a request is 6 MB.
const SIZE: usize = 2_000_000;

fn repeated(text: &str) -> String {
    text.repeat(SIZE / text.len())
}

/// An XML document with this inside.
fn xml(inside: &str) -> String {
    format!(r#"<?xml version="1.0"?><Envelope><Body>{inside}</Body></Envelope>"#)
}

/// The largest memory that the process has had.
fn peak_kb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_hostile_form_or_xml_needs_little_memory() {
    let laughs = "&b;".repeat(10);
    let entities = format!(r#"<!DOCTYPE x [<!ENTITY a "{}"><!ENTITY b "{laughs}">]><x>&b;</x>"#, repeated("ha"));
    let form = "application/x-www-form-urlencoded";
    let bodies = [
        ("zoho", form, "a form of members without a value", repeated("a&")),
        ("zoho", form, "a form of members of one name", repeated("a=1&")),
        ("zoho", form, "a form of nothing", repeated("&")),
        ("zoho", form, "a form of one escaped value", format!("a={}", repeated("%25"))),
        ("salesforce", "text/xml", "many elements", xml(&repeated("<a/>"))),
        ("salesforce", "text/xml", "many notifications", {
            let one = "<Notification><Id>1</Id></Notification>";
            xml(&format!("<notifications>{}</notifications>", repeated(one)))
        }),
        ("salesforce", "text/xml", "deep elements", xml(&repeated("<a>"))),
        ("salesforce", "text/xml", "many attributes", xml(&format!("<a {}/>", repeated(r#"a="" "#)))),
        ("salesforce", "text/xml", "one escaped text", xml(&repeated("&amp;"))),
        ("salesforce", "text/xml", "many comments", xml(&repeated("<!---->"))),
        ("salesforce", "text/xml", "entities of entities", entities),
    ];
    let aws = Aws::default();
    aws.sqs.create("events.fifo", Settings::of("events.fifo"));
    aws.sqs.create("kept", Settings::of("kept"));
    aws.s3.create("overflow");
    let server = Server::start(aws).await.unwrap();
    for (name, media_type, what, body) in bodies {
        let vendor = crm::find(name).unwrap();
        let function = Function::new(name, binaries().unwrap().join(name))
            .variable("AWS_ENDPOINT_URL", server.url())
            .variable("QUEUE_URL", Sqs::queue_url(&server.url(), "events.fifo"))
            .variable("QUARANTINE_QUEUE_URL", Sqs::queue_url(&server.url(), "kept"))
            .variable("OVERFLOW_BUCKET", "overflow")
            .variable("WEBHOOK_SECRETS", crm_samples::secrets(vendor));
        let headers = vec![("content-type".into(), media_type.into())];
        let webhook = Webhook { body: body.into(), headers, ..Webhook::default() };
        let event = api_gateway::event(vendor, &webhook.proven(vendor, RECEIVED_AT));
        let mut environment = Environment::new(function);
        let answer = environment.invoke(event.to_string()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let peak = peak_kb(environment.pid().unwrap());
        assert_eq!(answer["statusCode"], 200, "{what}: {answer}");
        assert!(peak <= MAX_KB, "{what}: {peak} kB");
    }
}
