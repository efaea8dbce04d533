//! The types as JSON Schema, draft 2020-12.
//!
//! The schemas allow unknown members, because a later version may add some. [`closed`] returns a schema that does not,
//! to check our own events.

#![expect(
    clippy::indexing_slicing,
    reason = "an index of a JSON value cannot panic, and makes the member that is not there"
)]

mod types;

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{Action, Entity, Event, SCHEMA_MAJOR, data_schema};

/// The members of the envelope that depend on the entity.
const BY_ENTITY: [&str; 3] = ["type", "dataschema", "data"];
/// The members of the data that depend on the entity.
const BY_RECORD: [&str; 2] = ["entity", "record"];

/// The meta-schema of all schemas here.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of [`Event`], `urn:crm-event:{major}`: one alternative for each entity, distinguished by `type`.
pub fn event() -> Value {
    let mut schema = header(format!("urn:crm-event:{SCHEMA_MAJOR}"), "Event");
    let alternatives = Entity::ALL.iter().map(|entity| reference(&event_name(*entity)));
    schema.insert("oneOf".to_owned(), alternatives.collect());
    with_definitions(schema)
}

/// The schema of an event's `data`, `urn:crm-event:{major}:{entity}`, which is the event's `dataschema`.
pub fn data(entity: Entity) -> Value {
    let name = data_name(entity);
    let mut schema = header(data_schema(entity).to_owned(), &name);
    if let Some(Value::Object(members)) = definitions().remove(&name) {
        schema.extend(members);
    }
    with_definitions(schema)
}

/// Makes a schema refuse unknown members at any depth, except in `raw` and the values of custom fields.
#[must_use]
pub fn closed(mut schema: Value) -> Value {
    // Definitions that others extend are closed by those.
    let mut bases = BTreeSet::new();
    for definition in schema["$defs"].as_object().into_iter().flat_map(Map::values) {
        each_reference(&definition["allOf"], &mut |name| {
            bases.insert(name.to_owned());
        });
    }
    each_reference(&schema["allOf"], &mut |name| {
        bases.insert(name.to_owned());
    });
    for (name, definition) in schema["$defs"].as_object_mut().into_iter().flatten() {
        if !bases.contains(name) {
            close(definition);
        }
    }
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    if schema.get("properties").is_some() {
        schema["unevaluatedProperties"] = false.into();
    }
}

/// The name of the definition of an entity's event in [`definitions`].
pub fn event_name(entity: Entity) -> String {
    format!("{entity:?}Event")
}

/// Every definition by name: the records and their parts, and an `...Event` with its `...Data` for each entity.
pub fn definitions() -> Map<String, Value> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.subschema_for::<Event<'_>>();
    let mut derived = generator.take_definitions(true);
    derived.values_mut().for_each(types::tidy);
    // The alternatives below assign the records to the events instead.
    derived.remove("Record");
    derived.remove("EventType");
    for entity in Entity::ALL {
        if let Some(id) =
            derived.get_mut(&format!("{entity:?}")).and_then(|record| record.pointer_mut("/properties/id"))
        {
            id["minLength"] = 1.into();
        }
    }

    let mut all = Map::new();
    let mut envelope = derived.remove("Event").unwrap_or_default();
    let mut data = derived.remove("Data").unwrap_or_default();
    types::constrain(&mut envelope);
    envelope["description"] = "What every event has: the attributes of CloudEvents 1.0.".into();
    data["description"] = "What the data of every event has.".into();
    without(&mut envelope, &BY_ENTITY);
    without(&mut data, &BY_RECORD);
    for entity in Entity::ALL {
        all.insert(event_name(*entity), event_of(*entity));
        all.insert(data_name(*entity), data_of(*entity));
    }
    all.insert("Envelope".to_owned(), envelope);
    all.insert("Data".to_owned(), data);
    all.extend(derived);
    all
}

/// The envelope of an event about such a record.
fn event_of(entity: Entity) -> Value {
    let actions: &[Action] = if entity == Entity::Unknown { &[Action::Received] } else { Action::ALL };
    let types: Vec<String> = actions.iter().map(|action| format!("crm.{entity}.{action}")).collect();
    json!({
        "description": format!("An event about {}.", about(entity)),
        "allOf": [reference("Envelope")],
        "type": "object",
        "properties": {
            "type": { "description": "`crm.{entity}.{action}`.", "enum": types },
            "dataschema": { "description": "The `$id` of the schema of `data`.", "const": data_schema(entity) },
            "data": reference(&data_name(entity)),
        },
        "required": BY_ENTITY,
    })
}

/// The data of an event about such a record.
fn data_of(entity: Entity) -> Value {
    let mut schema = json!({
        "description": format!("What happened to {}.", about(entity)),
        "allOf": [reference("Data")],
        "type": "object",
        "properties": { "entity": { "description": "The kind of record.", "const": entity } },
        "required": ["entity"],
    });
    if entity == Entity::Unknown {
        schema["not"] = json!({ "required": ["record"] });
    } else {
        schema["properties"]["record"] = reference(&format!("{entity:?}"));
        schema["required"] = json!(BY_RECORD);
    }
    schema
}

/// The description of a record.
fn about(entity: Entity) -> String {
    match entity {
        Entity::Unknown => "something that is not modelled".to_owned(),
        _ => format!("a record of the entity `{entity}`"),
    }
}

fn data_name(entity: Entity) -> String {
    // The variant has the name of its record's struct.
    format!("{entity:?}Data")
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn header(id: String, title: &str) -> Map<String, Value> {
    [("$schema", DIALECT), ("$id", &id), ("title", title)]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

/// Removes members from an object's schema.
fn without(schema: &mut Value, names: &[&str]) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !names.contains(&name.as_str()));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !name.as_str().is_some_and(|name| names.contains(&name)));
    }
}

/// A schema and the definitions that it needs, in their order.
fn with_definitions(mut schema: Map<String, Value>) -> Value {
    let all = definitions();
    let mut needed = BTreeSet::new();
    let mut to_visit = vec![Value::Object(schema.clone())];
    while let Some(value) = to_visit.pop() {
        each_reference(&value, &mut |name| {
            if needed.insert(name.to_owned()) {
                to_visit.extend(all.get(name).cloned());
            }
        });
    }
    let definitions = all.into_iter().filter(|(name, _)| needed.contains(name)).collect();
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

fn each_reference(schema: &Value, found: &mut impl FnMut(&str)) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str).and_then(definition) {
                found(name);
            }
            members.values().for_each(|member| each_reference(member, found));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| each_reference(entry, found)),
        _ => {}
    }
}

/// The name of the definition that a `$ref` points to.
fn definition(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/$defs/")
}
