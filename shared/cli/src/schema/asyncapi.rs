//! The queue as an [AsyncAPI 3](https://www.asyncapi.com/docs/reference/specification/v3.0.0) document.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use crm_event::{Action, EVENT_CONTENT_TYPE, Entity, SCHEMA_MAJOR, schema};
use crm_samples::{Answer, Case, RECEIVED_AT};
use serde_json::{Map, Value, json};

/// The document's file.
pub const NAME: &str = "asyncapi.json";

/// The name of the pointer to an event that is larger than a message.
const POINTER: &str = "overflow";

/// The document, with an example of each entity from the cases.
///
/// # Errors
/// If a case cannot be read.
pub fn document(events: &Path) -> anyhow::Result<Value> {
    let examples = examples(events)?;
    let names = || Entity::ALL.iter().map(|entity| entity.as_str()).chain([POINTER]);
    let mut messages: Map<String, Value> =
        Entity::ALL.iter().map(|entity| (entity.to_string(), message(*entity, examples.get(entity)))).collect();
    messages.insert(POINTER.to_owned(), pointer());
    let mut schemas = schema::definitions();
    schemas.insert("MessageAttributes".to_owned(), attributes());
    let document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "crm-events",
            "version": format!("{SCHEMA_MAJOR}.0.0"),
            "description": "Changes of the records of several CRMs, in one form. Messages come at least once: a consumer \
                remembers the ids of the events that it has handled.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": EVENT_CONTENT_TYPE,
        "channels": {
            "events": {
                "title": "Main queue",
                "description": "One event to a message. `MessageGroupId` is the event's `partitionkey`: the events of \
                    one record come in order. `MessageDeduplicationId` is its `id`. The queue is named after the \
                    stack: `crm-events` here.",
                "address": "crm-events.fifo",
                "messages": names().map(|name| (name.to_owned(), reference("messages", name))).collect::<Map<_, _>>(),
                "bindings": { "sqs": binding() },
            },
        },
        "operations": {
            "publish": {
                "action": "send",
                "title": "Publish events",
                "channel": { "$ref": "#/channels/events" },
                "messages": names()
                    .map(|name| json!({ "$ref": format!("#/channels/events/messages/{name}") }))
                    .collect::<Vec<_>>(),
            },
        },
        "components": { "messages": messages, "schemas": schemas },
    });
    // The definitions of the schemas are components here.
    let text = document.to_string().replace("\"#/$defs/", "\"#/components/schemas/");
    Ok(serde_json::from_str(&text)?)
}

#[expect(clippy::indexing_slicing, reason = "a member of a JSON object is set, which cannot panic")]
fn message(entity: Entity, example: Option<&Example>) -> Value {
    let mut message = json!({
        "name": format!("crm.{entity}"),
        "title": format!("Event of the entity {entity}"),
        "contentType": EVENT_CONTENT_TYPE,
        "headers": reference("schemas", "MessageAttributes"),
        "payload": reference("schemas", &schema::event_name(entity)),
        "correlationId": { "description": "The idempotency key.", "location": "$message.payload#/id" },
    });
    if let Some(Example { name, payload }) = example {
        let attribute = |name: &str| (name.to_owned(), attribute_of(payload, name));
        let headers: Map<String, Value> = ATTRIBUTES.iter().map(|(name, _)| attribute(name)).collect();
        message["examples"] = json!([{ "name": name, "headers": headers, "payload": payload }]);
    }
    message
}

/// The attributes of every message, and their contents.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("type", "The event's `type`."),
    ("vendor", "The event's `data.vendor`."),
    ("account", "The event's `data.account`."),
    ("entity", "The event's `data.entity`."),
    ("action", "The event's `data.action`."),
    ("specversion", "The event's `specversion`."),
];

fn attribute_of(event: &Value, name: &str) -> Value {
    event.get(name).or_else(|| event.get("data")?.get(name)).cloned().unwrap_or_default()
}

fn attributes() -> Value {
    let text = |(name, description): &(&str, &str)| {
        ((*name).to_owned(), json!({ "description": description, "type": "string" }))
    };
    let mut properties: Map<String, Value> = ATTRIBUTES.iter().map(text).collect();
    properties.insert(
        "ExtendedPayloadSize".to_owned(),
        json!({ "description": "The bytes of the event, where it is in S3.", "type": "string", "pattern": "^[0-9]+$" }),
    );
    json!({
        "description": "The message attributes of SQS, to filter and route by without reading the body.",
        "type": "object",
        "properties": properties,
        "required": ATTRIBUTES.map(|(name, _)| name),
    })
}

fn pointer() -> Value {
    json!({
        "name": "overflow",
        "title": "An event that is larger than a message",
        "description": "The event is in S3, and the message says where, as the SQS Extended Client Library for Java \
            and for Python writes and reads it.",
        "contentType": "application/json",
        "headers": reference("schemas", "MessageAttributes"),
        "payload": {
            "type": "array",
            "items": [
                { "const": crm_event::POINTER_CLASS },
                {
                    "type": "object",
                    "properties": { "s3BucketName": { "type": "string" }, "s3Key": { "type": "string" } },
                    "required": ["s3BucketName", "s3Key"],
                },
            ],
            "minItems": 2,
            "maxItems": 2,
        },
    })
}

/// The settings of the queue that a consumer must know, as in infra/template.yaml.
/// <https://github.com/asyncapi/bindings/blob/master/sqs/README.md>
#[expect(clippy::indexing_slicing, reason = "a member of a JSON object is set, which cannot panic")]
fn binding() -> Value {
    let queue = |name: &str, retention: u32| {
        json!({
            "name": name,
            "fifoQueue": true,
            "deduplicationScope": "messageGroup",
            "fifoThroughputLimit": "perMessageGroupId",
            "messageRetentionPeriod": retention,
        })
    };
    let mut events = queue("crm-events.fifo", 604_800);
    events["visibilityTimeout"] = 180.into();
    events["redrivePolicy"] =
        json!({ "deadLetterQueue": { "name": "crm-events-dead-letter.fifo" }, "maxReceiveCount": 8 });
    json!({
        "queue": events,
        "deadLetterQueue": queue("crm-events-dead-letter.fifo", 1_209_600),
        "bindingVersion": "0.2.0",
    })
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// An event of a case.
struct Example {
    /// `{vendor}/{case}`.
    name: String,
    payload: Value,
}

/// The smallest event of each entity with a whole record, to keep the document readable.
fn examples(events: &Path) -> anyhow::Result<BTreeMap<Entity, Example>> {
    let mut smallest = BTreeMap::new();
    for case in Case::all(events)? {
        let webhook = case.webhook()?.proven(case.vendor, RECEIVED_AT);
        let Answer::Accepted { events } = webhook.answer(case.vendor, RECEIVED_AT)?.0 else { continue };
        for event in events {
            let json = serde_json::to_string(&event)?;
            let rank = (event.data.partial || event.data.action == Action::Deleted, json.len());
            let name = format!("{}/{}", case.vendor.name, case.name);
            let candidate = (rank, name, json);
            match smallest.entry(event.data.entity) {
                Entry::Vacant(entry) => drop(entry.insert(candidate)),
                Entry::Occupied(mut entry) if candidate < *entry.get() => drop(entry.insert(candidate)),
                Entry::Occupied(_) => {}
            }
        }
    }
    let parsed = smallest
        .into_iter()
        .map(|(entity, (_, name, json))| Ok((entity, Example { name, payload: serde_json::from_str(&json)? })));
    parsed.collect()
}
