//! The two proxies: webhooks to the API of the local stack, and the functions' calls to its AWS. Both are forwarded
//! byte for byte; the console only reads a copy.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header, response};
use axum::response::IntoResponse as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::Addresses;
use crate::State;
use crate::store::{Message, Queue, WebhookResponse};
use crm_samples::Webhook;

/// Maximum size of a body in either direction. API Gateway takes 10 MB, and a function sends no more to S3.
pub const MAX_BODY_BYTES: usize = 16 << 20;

/// Headers of one connection ([RFC 9110, section 7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)); the
/// length is computed again.
const OF_THE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// An HTTP client that changes nothing.
#[derive(Clone)]
pub struct Forward(Client<HttpConnector, Body>);

impl Default for Forward {
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

/// A response, unchanged.
pub struct Reply {
    pub status: StatusCode,
    headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    fn bad_gateway(error: &dyn std::error::Error) -> Self {
        let body = Bytes::from(format!("the local stack does not answer: {error}\n"));
        Self { status: StatusCode::BAD_GATEWAY, headers: HeaderMap::new(), body }
    }

    pub fn into_response(self) -> Response<Body> {
        (self.status, self.headers, self.body).into_response()
    }
}

impl Forward {
    async fn send(&self, url: &str, method: Method, mut headers: HeaderMap, body: Bytes) -> Reply {
        for name in OF_THE_CONNECTION {
            headers.remove(name);
        }
        let request = Request::builder().method(method).uri(url).body(Body::from(body));
        let mut request = match request {
            Ok(request) => request,
            Err(error) => return Reply::bad_gateway(&error),
        };
        *request.headers_mut() = headers;
        let response = match self.0.request(request).await {
            Ok(response) => response,
            Err(error) => return Reply::bad_gateway(&error),
        };
        let (response::Parts { status, mut headers, .. }, body) = response.into_parts();
        for name in OF_THE_CONNECTION {
            headers.remove(name);
        }
        match to_bytes(Body::new(body), MAX_BODY_BYTES).await {
            Ok(body) => Reply { status, headers, body },
            Err(error) => Reply::bad_gateway(&error),
        }
    }
}

/// Forwards a webhook to the API, and stores it with the response. Returns its number in the store.
pub async fn webhook(state: &State, parts: Parts, body: Bytes) -> (Reply, Option<u64>) {
    let Some(base) = state.addresses().and_then(|addresses| addresses.base_url) else {
        let body = Bytes::from_static(b"the local stack is not up yet\n");
        return (Reply { status: StatusCode::SERVICE_UNAVAILABLE, headers: HeaderMap::new(), body }, None);
    };
    let path = parts.uri.path().to_owned();
    let mut segments = path.split('/').skip(2).map(|segment| percent_decode_str(segment).decode_utf8_lossy());
    let vendor = segments.next().unwrap_or_default().into_owned();
    let seen = Webhook {
        body: body.to_vec(),
        headers: pairs_of(&parts.headers),
        query: form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .map(|(name, value)| (name.into_owned().into(), value.into_owned().into()))
            .collect(),
        account: segments.next().map(std::borrow::Cow::into_owned),
        ..Webhook::default()
    };
    let in_progress = state.store.begin(&vendor, state.now());
    let started = Instant::now();
    let mut headers = parts.headers;
    // The emulator routes by host, and this one is the console's.
    headers.remove(header::HOST);
    let whole = parts.uri.path_and_query().map_or(path.as_str(), |whole| whole.as_str());
    let reply = state.forward.send(&format!("{base}{whole}"), parts.method, headers, body).await;
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let answer = WebhookResponse { status: reply.status.as_u16(), body: text, milliseconds };
    let number = in_progress.answered(seen, answer);
    (reply, Some(number))
}

/// The headers that are text, without those of the connection.
fn pairs_of(headers: &HeaderMap<HeaderValue>) -> crm_samples::OwnedPairs {
    let own = |(name, value): (&HeaderName, &HeaderValue)| {
        let kept = !OF_THE_CONNECTION.contains(name) && name != header::HOST;
        let value = value.to_str().ok().filter(|_| kept)?.to_owned();
        Some((name.as_str().to_owned().into(), value.into()))
    };
    headers.iter().filter_map(own).collect()
}

/// Forwards a function's call to AWS to the emulator. Messages that SQS accepts are stored.
pub async fn aws(state: &State, parts: Parts, body: Bytes) -> Reply {
    let whole = parts.uri.path_and_query().map_or("/", |whole| whole.as_str());
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let action = target.strip_prefix("AmazonSQS.").map(str::to_owned);
    let url = format!("{}{whole}", state.emulator);
    let reply = state.forward.send(&url, parts.method, parts.headers, body.clone()).await;
    if reply.status == StatusCode::OK
        && let (Some(action), Some(addresses)) = (action, state.addresses())
    {
        for message in messages(&addresses, &action, &body, &reply.body) {
            state.store.sent(message, state.now());
        }
    }
    reply
}

/// A message in the request:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    #[serde(default)]
    id: String,
    message_body: String,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    string_value: Option<String>,
}

/// SQS's answer to it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Confirmed {
    #[serde(default)]
    id: String,
    message_id: String,
    sequence_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    entries: Vec<Sent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchAnswer {
    #[serde(default)]
    successful: Vec<Confirmed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct To {
    queue_url: String,
}

/// The messages of a call that SQS accepted.
fn messages(addresses: &Addresses, action: &str, request: &[u8], answer: &[u8]) -> Vec<Message> {
    let Ok(To { queue_url }) = serde_json::from_slice(request) else { return Vec::new() };
    let name = |url: &str| url.rsplit('/').next().map(str::to_owned);
    let queue = if name(&queue_url) == name(&addresses.queue_url) {
        Queue::Main
    } else if name(&queue_url) == name(&addresses.quarantine_queue_url) {
        Queue::Quarantine
    } else {
        return Vec::new();
    };
    let (sent, confirmed): (Vec<Sent>, Vec<Confirmed>) = match action {
        "SendMessage" => (
            serde_json::from_slice(request).into_iter().collect(),
            serde_json::from_slice(answer).into_iter().collect(),
        ),
        "SendMessageBatch" => {
            let sent = serde_json::from_slice::<Batch>(request).map(|batch| batch.entries);
            let answer = serde_json::from_slice::<BatchAnswer>(answer).map(|answer| answer.successful);
            (sent.unwrap_or_default(), answer.unwrap_or_default())
        }
        _ => return Vec::new(),
    };
    let taken = |sent: Sent| {
        let confirmed = confirmed.iter().find(|confirmed| confirmed.id == sent.id)?;
        Some(message(queue, sent, confirmed))
    };
    sent.into_iter().filter_map(taken).collect()
}

fn message(queue: Queue, sent: Sent, confirmed: &Confirmed) -> Message {
    #[derive(Default, Deserialize)]
    struct Vendor {
        vendor: Option<String>,
    }
    let attribute = |name: &str| sent.message_attributes.get(name).and_then(|value| value.string_value.clone());
    // Messages of the quarantine have no attributes.
    let named = || serde_json::from_str::<Vendor>(&sent.message_body).unwrap_or_default().vendor;
    Message {
        queue,
        vendor: attribute("vendor").or_else(named),
        event_type: attribute("type"),
        event_id: sent.message_deduplication_id,
        group: sent.message_group_id,
        message_id: confirmed.message_id.clone(),
        sequence_number: confirmed.sequence_number.clone(),
        duplicate: false,
        body: sent.message_body,
    }
}
