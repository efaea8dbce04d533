//! A vendor's function with a mock of SQS that refuses the same messages as SQS.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lambda_events::http;
use aws_smithy_types::body::SdkBody;
use crm_ingest::{Call, Config, Function, HttpResponse, Queues, SecretsSetting, WebhookSecrets};
use crm_normalize::Vendor;
use crm_samples::RECEIVED_AT;
use serde_json::{Value, json};

use crate::stub::connector::connector_fn;

pub const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/events.fifo";
pub const QUARANTINE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/quarantine";

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const MAX_MESSAGE_BYTES: usize = 1_048_576;

/// The mock of SQS, with a log of its requests.
#[derive(Clone, Debug, Default)]
pub struct Sqs(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    taken: Vec<Value>,
    refused: Vec<String>,
}

impl Sqs {
    /// Takes the accepted messages, each as the JSON of its request or of its entry in a batch, with the `QueueUrl`.
    pub fn take(&self) -> Vec<Value> {
        self.lock(|log| std::mem::take(&mut log.taken))
    }

    /// Takes the reasons for the refused messages.
    pub fn take_refused(&self) -> Vec<String> {
        self.lock(|log| std::mem::take(&mut log.refused))
    }

    fn lock<T>(&self, f: impl FnOnce(&mut Log) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, request: &Value) -> (u16, Value) {
        let queue = text(request, "QueueUrl");
        let entries = request.get("Entries").and_then(Value::as_array);
        let messages: Vec<_> = entries.map_or_else(|| vec![request], |entries| entries.iter().collect());
        let total = messages.iter().map(|message| size(message)).sum::<usize>();
        let refused = messages.iter().find_map(|message| refusal(&queue, message)).or_else(|| {
            (total > MAX_MESSAGE_BYTES || messages.len() > 10)
                .then(|| format!("{} messages of {total} bytes", messages.len()))
        });
        if let Some(why) = refused {
            self.lock(|log| log.refused.push(why));
            return (400, json!({"__type": "com.amazonaws.sqs#InvalidParameterValue", "message": "refused"}));
        }
        let done: Vec<_> = messages
            .iter()
            .map(|message| json!({"Id": text(message, "Id"), "MessageId": "m", "MD5OfMessageBody": "x"}))
            .collect();
        let taken = messages.into_iter().map(|message| {
            let mut message = message.clone();
            if let Some(members) = message.as_object_mut() {
                members.insert("QueueUrl".to_owned(), json!(queue));
            }
            message
        });
        self.lock(|log| log.taken.extend(taken));
        match entries {
            Some(_) => (200, json!({"Successful": done, "Failed": []})),
            None => (200, json!({"MessageId": "m", "MD5OfMessageBody": "x"})),
        }
    }
}

/// The reason why SQS would refuse a message.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn refusal(queue: &str, message: &Value) -> Option<String> {
    let body = text(message, "MessageBody");
    if body.is_empty() || size(message) > MAX_MESSAGE_BYTES || !body.chars().all(is_allowed) {
        return Some(format!("a body of {} bytes", body.len()));
    }
    for id in ["MessageGroupId", "MessageDeduplicationId"].into_iter().filter(|_| queue.ends_with(".fifo")) {
        let id = text(message, id);
        if id.is_empty() || id.len() > 128 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(format!("an id {id:?}"));
        }
    }
    attributes(message).into_iter().find_map(|(name, value)| {
        let fits = !value.is_empty() && value.chars().all(is_allowed);
        (!fits).then(|| format!("an attribute {name} {value:?}"))
    })
}

/// The characters of XML 1.0.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn size(message: &Value) -> usize {
    let attributes = attributes(message);
    let attributes = attributes.iter().map(|(name, value)| name.len() + value.len() + "String".len());
    text(message, "MessageBody").len() + attributes.sum::<usize>()
}

fn attributes(message: &Value) -> Vec<(String, String)> {
    let attributes = message.get("MessageAttributes").and_then(Value::as_object);
    attributes.into_iter().flatten().map(|(name, value)| (name.clone(), text(value, "StringValue"))).collect()
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A vendor's function and its SQS, invoked as Lambda does.
#[derive(Debug)]
pub struct Asked {
    pub sqs: Sqs,
    function: Function,
    runtime: tokio::runtime::Runtime,
}

impl Asked {
    /// The function with the sample secrets.
    pub fn new(vendor: &'static Vendor) -> Self {
        Self::with_secrets(vendor, &crm_samples::secrets(vendor))
    }

    /// # Panics
    /// If the function's settings are refused.
    pub fn with_secrets(vendor: &'static Vendor, secrets: &str) -> Self {
        let sqs = Sqs::default();
        let function = function(vendor, &sqs, secrets);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        Self { sqs, function, runtime: runtime.unwrap_or_else(|error| panic!("{error}")) }
    }

    /// The answer, and the JSON of its body; of a constant body that of the outcome.
    pub fn ask(&self, payload: &str) -> (HttpResponse, Value) {
        let call = Call { request_id: "8476a536", trace_header: None };
        let response = self.runtime.block_on(self.function.answer(payload.into(), call, RECEIVED_AT));
        let body = serde_json::from_str(&response.body).unwrap_or_else(|_| json!(response.outcome));
        (response, body)
    }
}

fn function(vendor: &'static Vendor, sqs: &Sqs, secrets: &str) -> Function {
    crate::keep_callsites_open();
    let config = Config::read(vendor, |variable| {
        Some(match variable {
            "QUEUE_URL" => QUEUE.to_owned(),
            "QUARANTINE_QUEUE_URL" => QUARANTINE.to_owned(),
            "WEBHOOK_SECRETS" => secrets.to_owned(),
            "AWS_REGION" => "eu-central-1".to_owned(),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test".to_owned(),
            _ => return None,
        })
    });
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    let sqs = sqs.clone();
    let connector = connector_fn(move |request: http::Request<SdkBody>| {
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).unwrap_or_else(|error| panic!("{error}"));
        let (status, answer) = sqs.answer(&body);
        let response = http::Response::builder().status(status).body(answer.to_string());
        response.unwrap_or_else(|error| panic!("{error}"))
    });
    let queues = Queues::with_connector(&config.destination, connector);
    let secrets = inline_secrets(&config);
    Function::new(vendor, config, secrets, queues)
}

/// The secrets in a configuration.
pub fn inline_secrets(config: &Config) -> WebhookSecrets {
    match &config.secrets {
        SecretsSetting::Inline(secrets) => WebhookSecrets::fixed(secrets.clone()),
        SecretsSetting::Stored(name) => panic!("{name} is not inline"),
    }
}
