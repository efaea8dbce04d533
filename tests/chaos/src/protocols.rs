//! The form of the faults of each service.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use tests::stub::faults::{Protocol, number};
use tests::stub::http::{Request, Response, response};
use tests::stub::runtime_api::Killer;
use tests::stub::{dynamodb, s3, sqs};

/// The processes by their access key.
#[derive(Clone, Debug, Default)]
pub struct Killers(Arc<Mutex<HashMap<String, Killer>>>);

impl Killers {
    pub fn insert(&self, access_key: String, killer: Killer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(access_key, killer);
    }

    /// Kills the process that signed a request.
    fn kill(&self, request: &Request) {
        let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let access_key = authorization
            .and_then(|value| value.split_once("Credential="))
            .and_then(|(_, credential)| credential.split('/').next());
        let killers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(killer) = access_key.and_then(|access_key| killers.get(access_key)) {
            killer.kill();
        }
    }
}

fn target(request: &Request) -> &str {
    request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default()
}

#[derive(Debug)]
pub struct OfSqs(pub Killers);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent<'b> {
    #[serde(borrow)]
    message_deduplication_id: Option<Cow<'b, str>>,
    #[serde(borrow, default)]
    entries: Vec<Sent<'b>>,
}

impl Protocol for OfSqs {
    /// The deduplication id of the first message.
    fn key(&self, request: &Request) -> Option<String> {
        if !target(request).starts_with("AmazonSQS.SendMessage") {
            return None;
        }
        let sent: Sent<'_> = serde_json::from_slice(request.body()).ok()?;
        let first = sent.message_deduplication_id.or_else(|| sent.entries.into_iter().next()?.message_deduplication_id);
        first.map(Cow::into_owned)
    }

    fn server_error(&self) -> Response {
        let internal = sqs::Refusal {
            shape: "InternalFailure",
            query_code: "InternalFailure",
            message: "We encountered an internal error. Please try again.".to_owned(),
        };
        sqs::refusal(500, &internal)
    }

    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors>
    fn throttled(&self) -> Response {
        let throttled = sqs::Refusal {
            shape: "RequestThrottled",
            query_code: "RequestThrottled",
            message: "The request was denied due to request throttling.".to_owned(),
        };
        sqs::refusal(400, &throttled)
    }

    fn kill(&self, request: &Request) {
        self.0.kill(request);
    }
}

#[derive(Debug)]
pub struct OfDynamoDb(pub Killers);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put<'b> {
    #[serde(borrow)]
    item: State<'b>,
}

#[derive(Deserialize)]
struct State<'b> {
    #[serde(borrow)]
    partitionkey: Text<'b>,
    #[serde(borrow)]
    effects: Number<'b>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text<'b> {
    #[serde(borrow)]
    s: Cow<'b, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Number<'b> {
    #[serde(borrow)]
    n: Cow<'b, str>,
}

impl Protocol for OfDynamoDb {
    /// The record and the number of its event for a write; the text of any other request.
    fn key(&self, request: &Request) -> Option<String> {
        if target(request).ends_with("PutItem") {
            let Put { item } = serde_json::from_slice(request.body()).ok()?;
            return Some(format!("{} {}", item.partitionkey.s, item.effects.n));
        }
        Some(format!("{:x}", number(request.body())))
    }

    fn server_error(&self) -> Response {
        dynamodb::refusal(500, &dynamodb::Refusal::new("InternalServerError"))
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
    fn throttled(&self) -> Response {
        dynamodb::refusal(400, &dynamodb::Refusal::new("ProvisionedThroughputExceededException"))
    }

    fn kill(&self, request: &Request) {
        self.0.kill(request);
    }
}

#[derive(Debug)]
pub struct OfS3(pub Killers);

impl Protocol for OfS3 {
    fn key(&self, request: &Request) -> Option<String> {
        Some(request.uri().path().to_owned())
    }

    fn server_error(&self) -> Response {
        s3::refusal((500, "InternalError"))
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
    fn throttled(&self) -> Response {
        s3::refusal((503, "SlowDown"))
    }

    fn kill(&self, request: &Request) {
        self.0.kill(request);
    }
}

/// The connection between vendor and gateway, where a response may get lost.
#[derive(Debug)]
pub struct OfGateway;

impl Protocol for OfGateway {
    fn key(&self, request: &Request) -> Option<String> {
        Some(format!("{} {:x}", request.uri().path(), number(request.body())))
    }

    fn server_error(&self) -> Response {
        response(500, "application/json", "{\"message\":\"Internal Server Error\"}")
    }

    fn throttled(&self) -> Response {
        response(429, "application/json", "{\"message\":\"Too Many Requests\"}")
    }

    fn kill(&self, _: &Request) {}
}
