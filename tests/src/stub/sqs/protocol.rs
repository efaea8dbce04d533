//! Requests and responses.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::queue::{BATCH, Content, Message, Receipt, id};
use super::wire::{Batch, Entry, Handle, Named, OfQueue, Receive, Sent, Successful, parse};
use super::{MAX_MESSAGE_BYTES, Sqs, digest, milliseconds};
use crate::stub::http::{Answer, Request, Response, Service, response};
use crate::stub::{ACCOUNT, REGION};

/// The reason why SQS refuses a request: the error's shape, its code in the older protocol, and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub shape: &'static str,
    pub query_code: &'static str,
    pub message: String,
}

impl Refusal {
    pub(super) fn new(shape: &'static str, query_code: &'static str, message: impl Into<String>) -> Self {
        Self { shape, query_code, message: message.into() }
    }

    fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", "InvalidParameterValue", message)
    }

    fn missing(name: &str) -> Self {
        let message = format!("The request must contain the parameter {name}.");
        Self::new("MissingParameter", "MissingParameter", message)
    }
}

/// The response of a refusal. The sender is at fault, except for a 5xx.
pub fn refusal(status: u16, refusal: &Refusal) -> Response {
    let body = json!({ "__type": format!("com.amazonaws.sqs#{}", refusal.shape), "message": refusal.message });
    let mut response = answer(status, &body);
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    if let Ok(code) = format!("{};{fault}", refusal.query_code).parse() {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}

fn answer(status: u16, body: &impl Serialize) -> Response {
    let mut response = response(status, "application/x-amz-json-1.0", serde_json::to_vec(body).unwrap_or_default());
    let request_id = hyper::header::HeaderValue::from_static("00000000-0000-4000-8000-000000000000");
    response.headers_mut().insert("x-amzn-requestid", request_id);
    response
}

impl Service for Sqs {
    async fn answer(&self, request: Request) -> Answer {
        Answer::Response(match self.act(&request).await {
            Ok(body) => answer(200, &body),
            Err(refused) => refusal(400, &refused),
        })
    }
}

impl Sqs {
    async fn act(&self, request: &Request) -> Result<Value, Refusal> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let body = request.body();
        match target.and_then(|target| target.strip_prefix("AmazonSQS.")).unwrap_or_default() {
            "SendMessage" => self.send_message(parse(body)?),
            "SendMessageBatch" => self.send_message_batch(parse(body)?),
            "ReceiveMessage" => self.receive_message(parse(body)?).await,
            "DeleteMessage" => self.delete_message(&parse(body)?).map(|()| json!({})),
            "DeleteMessageBatch" => self.batch(parse(body)?, Self::delete_message),
            "ChangeMessageVisibility" => self.change_visibility(&parse(body)?).map(|()| json!({})),
            "ChangeMessageVisibilityBatch" => self.batch(parse(body)?, Self::change_visibility),
            "GetQueueAttributes" => self.attributes(&parse(body)?),
            "GetQueueUrl" => self.url(request, &parse(body)?),
            other => Err(Refusal::new("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", other)),
        }
    }

    fn send_message(&self, send: Entry<'_>) -> Result<Value, Refusal> {
        if send.size() > MAX_MESSAGE_BYTES {
            let message = format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {MAX_MESSAGE_BYTES} bytes."
            );
            return Err(Refusal::parameter(message));
        }
        let queue_url = send.queue_url.clone();
        let sent = self.accept(name(&queue_url), send)?;
        self.state.changed.notify_waiters();
        Ok(json!(sent))
    }

    fn send_message_batch(&self, batch: Batch<'_, Entry<'_>>) -> Result<Value, Refusal> {
        let name = name(&batch.queue_url);
        batch.check()?;
        if batch.entries.iter().map(Entry::size).sum::<usize>() > MAX_MESSAGE_BYTES {
            let message = format!("Batch requests cannot be longer than {MAX_MESSAGE_BYTES} bytes.");
            return Err(Refusal::new("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", message));
        }
        self.exists(name)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in batch.entries {
            let id = entry.id.to_string();
            match self.accept(name, entry) {
                Ok(sent) => successful.push(Successful { id, sent }),
                Err(refused) => failed.push(refused.of_entry(&id)),
            }
        }
        self.state.changed.notify_waiters();
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    fn accept(&self, name: &str, entry: Entry<'_>) -> Result<Sent, Refusal> {
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html: #x9 | #xA | #xD |
        // #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF
        let is_refused =
            |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
        if entry.message_body.is_empty() {
            return Err(Refusal::missing("MessageBody"));
        }
        if entry.message_body.contains(is_refused) {
            let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
            return Err(Refusal::new("InvalidMessageContents", "InvalidMessageContents", message));
        }
        if entry.message_attributes.len() > 10 {
            return Err(Refusal::parameter("Number of message attributes [11] exceeds the allowed maximum [10]."));
        }
        let mut queues = self.queues();
        let queue = queues.get_mut(name).ok_or_else(no_such_queue)?;
        let fifo = queue.settings.fifo;
        for (parameter, value) in
            [("MessageGroupId", &entry.message_group_id), ("MessageDeduplicationId", &entry.message_deduplication_id)]
        {
            match value {
                None if fifo => return Err(Refusal::missing(parameter)),
                Some(value) if !is_id(value) => {
                    let message = format!(
                        "Value {value} for parameter {parameter} is invalid. Reason: {parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
                    );
                    return Err(Refusal::parameter(message));
                }
                _ => {}
            }
        }
        let md5_of_message_body = digest::of_body(&entry.message_body);
        let md5_of_message_attributes = digest::of_attributes(&entry.message_attributes);
        // The only system attribute that a sender may set.
        let mut system = entry.message_system_attributes;
        let trace_header = system.remove("AWSTraceHeader").and_then(|attribute| attribute.string_value);
        if let Some(name) = system.keys().next() {
            return Err(Refusal::parameter(format!("Message system attribute {name} is unknown.")));
        }
        let content = Content {
            trace_header: trace_header.map(Into::into),
            body: entry.message_body.into(),
            attributes: entry.message_attributes.into(),
            group: entry.message_group_id.unwrap_or_default().into(),
            deduplication: entry.message_deduplication_id.unwrap_or_default().into(),
        };
        let sequence = queue.send(content, milliseconds(), Instant::now());
        Ok(Sent {
            message_id: id(sequence),
            md5_of_message_body,
            md5_of_message_attributes,
            sequence_number: fifo.then(|| sequence_number(sequence)),
        })
    }

    async fn receive_message(&self, receive: Receive<'_>) -> Result<Value, Refusal> {
        let max = receive.max_number_of_messages.unwrap_or(1);
        if !(1..=BATCH).contains(&max) {
            let message = format!(
                "Value {max} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
            );
            return Err(Refusal::parameter(message));
        }
        let visibility = receive.visibility_timeout.map(Duration::from_secs);
        let wait = Duration::from_secs(receive.wait_time_seconds);
        let messages = self.wait(name(&receive.queue_url), max, visibility, wait).await.ok_or_else(no_such_queue)?;
        let wanted = |names: &[Cow<'_, str>], name: &str| names.iter().any(|wanted| wanted == "All" || wanted == name);
        let system = |name: &str| {
            wanted(&receive.attribute_names, name) || wanted(&receive.message_system_attribute_names, name)
        };
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| {
                let attributes: Map<String, Value> =
                    message.system_attributes().into_iter().filter(|(name, _)| system(name)).collect();
                let mut own = (*message.content.attributes).clone();
                own.retain(|name, _| wanted(&receive.message_attribute_names, name));
                json!({
                    "MessageId": message.id,
                    "ReceiptHandle": message.receipt_handle,
                    "Body": &*message.content.body,
                    "MD5OfBody": digest::of_body(&message.content.body),
                    "Attributes": attributes,
                    "MD5OfMessageAttributes": digest::of_attributes(&own),
                    "MessageAttributes": own,
                })
            })
            .collect();
        Ok(json!({ "Messages": messages }))
    }

    fn delete_message(&self, one: &Handle<'_>) -> Result<(), Refusal> {
        let name = name(&one.queue_url);
        self.exists(name)?;
        self.done(self.with(name, |queue| queue.delete(&one.receipt_handle, Instant::now())).flatten(), one)
    }

    fn change_visibility(&self, one: &Handle<'_>) -> Result<(), Refusal> {
        let name = name(&one.queue_url);
        self.exists(name)?;
        let visibility =
            one.visibility_timeout.map(Duration::from_secs).ok_or_else(|| Refusal::missing("VisibilityTimeout"))?;
        let change =
            |queue: &mut super::Queue| queue.change_visibility(&one.receipt_handle, visibility, Instant::now());
        self.done(self.with(name, change).flatten(), one)
    }

    fn done(&self, receipt: Option<Receipt>, one: &Handle<'_>) -> Result<(), Refusal> {
        self.state.changed.notify_waiters();
        match receipt {
            Some(Receipt::Done | Receipt::Gone) => Ok(()),
            Some(Receipt::Expired) => Err(Refusal::parameter(format!(
                "Value {} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
                one.receipt_handle
            ))),
            None => Err(Refusal::new(
                "ReceiptHandleIsInvalid",
                "ReceiptHandleIsInvalid",
                format!("The input receipt handle \"{}\" is not a valid receipt handle.", one.receipt_handle),
            )),
        }
    }

    fn batch<'b>(
        &self,
        batch: Batch<'b, Handle<'b>>,
        act: fn(&Self, &Handle<'b>) -> Result<(), Refusal>,
    ) -> Result<Value, Refusal> {
        batch.check()?;
        self.exists(name(&batch.queue_url))?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for mut entry in batch.entries {
            entry.queue_url.clone_from(&batch.queue_url);
            match act(self, &entry) {
                Ok(()) => successful.push(json!({ "Id": entry.id })),
                Err(refused) => failed.push(refused.of_entry(&entry.id)),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }

    fn attributes(&self, one: &OfQueue<'_>) -> Result<Value, Refusal> {
        let name = name(&one.queue_url);
        let (settings, (waiting, in_flight)) =
            self.with(name, |queue| (queue.settings.clone(), queue.depth())).ok_or_else(no_such_queue)?;
        let mut all = vec![
            ("QueueArn", format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")),
            ("ApproximateNumberOfMessages", waiting.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", "0".to_owned()),
            ("VisibilityTimeout", settings.visibility.as_secs().to_string()),
            ("MaximumMessageSize", MAX_MESSAGE_BYTES.to_string()),
        ];
        if settings.fifo {
            all.push(("FifoQueue", "true".to_owned()));
        }
        if let Some((name, most)) = &settings.dead_letters {
            let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
            let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": most });
            all.push(("RedrivePolicy", policy.to_string()));
        }
        all.retain(|(name, _)| one.attribute_names.iter().any(|wanted| wanted == "All" || wanted == name));
        let all: Map<String, Value> = all.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        Ok(if all.is_empty() { json!({}) } else { json!({ "Attributes": all }) })
    }

    fn url(&self, request: &Request, named: &Named<'_>) -> Result<Value, Refusal> {
        self.exists(&named.queue_name)?;
        let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        Ok(json!({ "QueueUrl": Self::queue_url(&format!("http://{host}"), &named.queue_name) }))
    }

    fn exists(&self, name: &str) -> Result<(), Refusal> {
        self.with(name, |_| ()).ok_or_else(no_such_queue)
    }
}

impl Refusal {
    fn of_entry(&self, id: &str) -> Value {
        json!({ "Id": id, "Code": self.query_code, "Message": self.message, "SenderFault": true })
    }
}

fn no_such_queue() -> Refusal {
    let code = "AWS.SimpleQueueService.NonExistentQueue";
    Refusal::new("QueueDoesNotExist", code, "The specified queue does not exist.")
}

fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The queue's name, which is the last segment of its URL.
fn name(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or_default()
}

/// A sequence number with twenty digits, as in SQS.
fn sequence_number(sequence: u64) -> String {
    format!("{:020}", 18_849_496_460_467_696_128_u128 + u128::from(sequence))
}

impl Message {
    /// The system attributes that a receiver may ask for, and that Lambda passes to a function.
    pub fn system_attributes(&self) -> Map<String, Value> {
        let mut all = vec![
            ("SenderId", json!("AROAEXAMPLE")),
            ("SentTimestamp", json!(self.sent_at.to_string())),
            ("ApproximateReceiveCount", json!(self.receives.to_string())),
            ("ApproximateFirstReceiveTimestamp", json!(self.sent_at.to_string())),
        ];
        if let Some(trace_header) = &self.content.trace_header {
            all.push(("AWSTraceHeader", json!(**trace_header)));
        }
        if !self.content.deduplication.is_empty() {
            all.push(("MessageGroupId", json!(*self.content.group)));
            all.push(("MessageDeduplicationId", json!(*self.content.deduplication)));
            all.push(("SequenceNumber", json!(sequence_number(self.sequence))));
        }
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
