//! SQS messages: body, attributes, and the limits of SQS.

use std::collections::HashMap;

use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};
use crm_event::Event;

/// Maximum size of one message in SQS, and of all messages of a batch, counting bodies and attributes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub(crate) const MAX_MESSAGE_BYTES: usize = 1_048_576;

type Attributes = HashMap<String, MessageAttributeValue>;

/// A message to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) body: String,
    pub(crate) attributes: Attributes,
    /// `None` for the quarantine, which is not a FIFO queue.
    pub(crate) group_id: Option<String>,
    pub(crate) deduplication_id: Option<String>,
}

impl Outgoing {
    /// An event, for the main queue. With the attributes, a consumer can filter, route and join traces without parsing
    /// the body.
    pub(crate) fn event(event: &Event<'_>) -> Result<Self, serde_json::Error> {
        let data = &event.data;
        let account = data.account.replace(is_refused, "\u{fffd}");
        let mut attributes = vec![
            ("type", event.event_type.to_string()),
            ("vendor", data.vendor.to_string()),
            ("account", account),
            ("entity", data.entity.as_str().to_owned()),
            ("action", data.action.as_str().to_owned()),
            ("specversion", event.specversion.to_string()),
        ];
        attributes.extend(event.traceparent.iter().map(|trace| ("traceparent", trace.to_string())));
        Ok(Self {
            body: accepted_by_sqs(event.to_json()?),
            attributes: attributes.into_iter().filter_map(|(name, value)| attribute(name, "String", value)).collect(),
            group_id: Some(event.partitionkey.to_string()),
            deduplication_id: Some(event.id.to_string()),
        })
    }

    /// A webhook, for the quarantine.
    pub(crate) fn quarantine(json: String) -> Self {
        Self { body: accepted_by_sqs(json), attributes: Attributes::new(), group_id: None, deduplication_id: None }
    }

    /// The message with its body replaced by a pointer to the overflow store, where the `size` bytes are.
    pub(crate) fn pointing(mut self, pointer: String, size: usize) -> Self {
        self.body = pointer;
        self.attributes.extend(attribute("ExtendedPayloadSize", "Number", size.to_string()));
        self
    }

    /// The size as SQS counts it: the body, and the names, types and values of the attributes.
    pub(crate) fn size(&self) -> usize {
        let attributes = self.attributes.iter().flat_map(|(name, value)| {
            [name.len(), value.data_type().len(), value.string_value().unwrap_or_default().len()]
        });
        attributes.fold(self.body.len(), usize::saturating_add)
    }

    /// The message as one of a batch.
    pub(crate) fn into_entry(
        self,
        index: usize,
        trace_header: Option<&str>,
    ) -> Result<SendMessageBatchRequestEntry, BuildError> {
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .set_message_group_id(self.group_id)
            .set_message_deduplication_id(self.deduplication_id)
            .set_message_attributes(Some(self.attributes))
            .set_message_system_attributes(system_attributes(trace_header))
            .message_body(self.body)
            .build()
    }
}

fn attribute(name: &str, data_type: &str, value: String) -> Option<(String, MessageAttributeValue)> {
    let value = MessageAttributeValue::builder().data_type(data_type).string_value(value);
    Some((name.to_owned(), value.build().ok()?))
}

/// `AWSTraceHeader`, which joins the consumer's trace to the request's. SQS does not count it toward the size.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
pub(crate) fn system_attributes(
    trace_header: Option<&str>,
) -> Option<HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>> {
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace_header?).build();
    Some(HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value.ok()?)]))
}

/// True for characters outside XML 1.0. SQS refuses a message with such a character in its body or in an attribute.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn is_refused(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Escapes U+FFFE and U+FFFF, which JSON allows and SQS refuses. They can only occur in strings.
fn accepted_by_sqs(json: String) -> String {
    if json.contains('\u{fffe}') || json.contains('\u{ffff}') {
        return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    json
}
