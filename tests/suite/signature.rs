//! Requests to AWS are those of AWS's own clients, and their signatures hold.

use std::sync::{Arc, Mutex};

use aws_lambda_events::http::{HeaderMap, Request, Response};
use aws_sdk_sqs::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_smithy_types::body::SdkBody;
use data_encoding::HEXLOWER;
use ring::{digest, hmac};
use serde_json::Value;
use tests::stub::connector::connector_fn;

use crate::function::{CALL, ask, event, function_with, heffl, lead_created};

/// The secret key of `function_with`.
const SECRET: &str = "test";

/// Whether a request's [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html)
/// holds, and is over all that must be signed.
pub fn holds(method: &str, host: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| if name == "host" { host } else { headers[name].to_str().unwrap().trim() };
    let hexadecimal = |text: &[u8]| HEXLOWER.encode(digest::digest(&digest::SHA256, text).as_ref());
    let authorization = header("authorization").strip_prefix("AWS4-HMAC-SHA256 Credential=").unwrap();
    let [credential, signed, signature] = authorization.split(", ").collect::<Vec<_>>()[..] else { return false };
    let (_, scope) = credential.split_once('/').unwrap();
    let signed = signed.strip_prefix("SignedHeaders=").unwrap();
    let is_signed = |name: &str| signed.split(';').any(|one| one == name);
    let must_be = |name: &&str| name.starts_with("x-amz-") || *name == "content-type";
    if !is_signed("host") || !headers.keys().map(|name| name.as_str()).filter(must_be).all(is_signed) {
        return false;
    }
    let lines: String = signed.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let canonical = format!("{method}\n{path}\n\n{lines}\n{signed}\n{}", hexadecimal(body));
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header("x-amz-date"), hexadecimal(canonical.as_bytes()));
    let sign =
        |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec();
    let key = scope.split('/').fold(format!("AWS4{SECRET}").into_bytes(), |key, part| sign(&key, part));
    signature.strip_prefix("Signature=") == Some(&HEXLOWER.encode(&sign(&key, &text)))
}

/// The request that came.
type Kept = Arc<Mutex<Option<Request<Vec<u8>>>>>;

/// An SQS that takes one message and keeps the request.
fn capturing() -> (SharedHttpConnector, Kept) {
    let kept = Kept::default();
    let keep = kept.clone();
    let client = connector_fn(move |request: Request<SdkBody>| {
        *keep.lock().unwrap() = Some(request.map(|body| body.bytes().unwrap().to_vec()));
        Response::builder().status(200).body(r#"{"MessageId": "m"}"#).unwrap()
    });
    (client, kept)
}

fn signature_holds(request: &Request<Vec<u8>>, body: &[u8]) -> bool {
    let (method, uri) = (request.method().as_str(), request.uri());
    holds(method, uri.authority().unwrap().as_str(), uri.path(), request.headers(), body)
}

/// The algorithm, whose key, and for which day, region and service.
fn credential(request: &Request<Vec<u8>>) -> &str {
    request.headers()["authorization"].to_str().unwrap().split(',').next().unwrap()
}

/// The request against the one that AWS's own client makes for the same message.
#[tokio::test]
async fn a_message_is_sent_as_the_sdk_sends_it() {
    let (client, ours) = capturing();
    ask(&function_with(heffl(), client, &[("AWS_SESSION_TOKEN", "session")]), event(lead_created())).await;
    let ours = ours.lock().unwrap().take().unwrap();
    let message: Value = serde_json::from_slice(ours.body()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();

    let (client, sdk) = capturing();
    let credentials = aws_sdk_sqs::config::Credentials::new("test", SECRET, Some("session".to_owned()), None, "test");
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new("eu-central-1"))
        .credentials_provider(credentials)
        .http_client(http_client_fn(move |_, _| client.clone()));
    let trace = aws_sdk_sqs::types::MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(CALL.trace_header.unwrap())
        .build();
    let mut send = aws_sdk_sqs::Client::from_conf(config.build())
        .send_message()
        .queue_url(text(&message["QueueUrl"]))
        .message_body(text(&message["MessageBody"]))
        .message_group_id(text(&message["MessageGroupId"]))
        .message_deduplication_id(text(&message["MessageDeduplicationId"]))
        .message_system_attributes("AWSTraceHeader".into(), trace.unwrap());
    for (name, value) in message["MessageAttributes"].as_object().unwrap() {
        let value = MessageAttributeValue::builder().data_type("String").string_value(text(&value["StringValue"]));
        send = send.message_attributes(name, value.build().unwrap());
    }
    send.send().await.unwrap();
    let sdk = sdk.lock().unwrap().take().unwrap();

    assert_eq!(message, serde_json::from_slice::<Value>(sdk.body()).unwrap());
    assert_eq!((ours.method(), ours.uri()), (sdk.method(), sdk.uri()));
    for header in ["content-type", "x-amz-target", "x-amz-security-token"] {
        assert_eq!(ours.headers()[header], sdk.headers()[header], "{header}");
    }
    assert_eq!(ours.headers()["x-amzn-trace-id"], CALL.trace_header.unwrap());
    assert_eq!(credential(&ours), credential(&sdk));
    for request in [&sdk, &ours] {
        assert!(signature_holds(request, request.body()), "{:?}", request.headers());
        assert!(!signature_holds(request, b"{}"), "of another body");
    }
}
