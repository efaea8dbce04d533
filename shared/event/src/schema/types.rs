//! Adjustments of the derived schemas.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::{DATA_CONTENT_TYPE, Decimal, EventType, Json, SPEC_VERSION};

impl JsonSchema for Decimal<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A decimal number with the vendor's exact digits.",
            "type": "string",
            "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
        })
    }
}

impl JsonSchema for Json<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Written in full for type generators.
        json_schema!({
            "description": "Any JSON value.",
            "type": ["string", "number", "boolean", "object", "array", "null"],
        })
    }
}

impl JsonSchema for EventType {
    fn schema_name() -> Cow<'static, str> {
        "EventType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Tidies the schemas: empty fields are left out, so `null` is not a value of a field, and instants are in UTC.
pub(super) fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            // The type of an `Option`; `Json` has more types.
            if let Some(Value::Array(types)) = members.get("type")
                && let [one, Value::String(null)] = types.as_slice()
                && null == "null"
            {
                let one = one.clone();
                members.insert("type".to_owned(), one);
            }
            if let Some(Value::Array(alternatives)) = members.get_mut("anyOf") {
                alternatives.retain(|schema| *schema != json!({ "type": "null" }));
                if let [Value::Object(one)] = alternatives.as_slice() {
                    let one = one.clone();
                    members.shift_remove("anyOf");
                    members.extend(one);
                }
            }
            // Generators create a new type for a `$ref` that has sibling members.
            if members.len() > 1
                && let Some(reference) = members.shift_remove("$ref")
            {
                members.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            }
            if members.get("format").is_some_and(|format| format == "date-time") {
                members.insert(
                    "pattern".to_owned(),
                    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$".into(),
                );
            }
            if let Some(Value::String(description)) = members.get_mut("description") {
                let paragraphs = description.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
                *description = paragraphs.collect::<Vec<_>>().join("\n\n");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(entries) => entries.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Adds the constraints of the envelope's text members. SQS must accept the `id` as a deduplication id and the
/// `partitionkey` as a group id:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.
pub(super) fn constrain(envelope: &mut Value) {
    let key = json!({ "pattern": "^[!-~]{1,128}$" });
    let constraints = [
        ("specversion", json!({ "const": SPEC_VERSION })),
        ("id", key.clone()),
        ("source", json!({ "pattern": "^crm://[^/]+/[^/]+$" })),
        ("subject", json!({ "pattern": "^[a-z_]+/." })),
        ("datacontenttype", json!({ "const": DATA_CONTENT_TYPE })),
        ("partitionkey", key),
        ("traceparent", json!({ "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}" })),
    ];
    for (name, constraint) in constraints {
        if let (Some(Value::Object(member)), Value::Object(constraint)) =
            (envelope.pointer_mut(&format!("/properties/{name}")), constraint)
        {
            member.extend(constraint);
        }
    }
}
