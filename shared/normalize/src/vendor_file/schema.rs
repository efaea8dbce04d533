//! The form of a vendor file as JSON Schema, for editors. The fields are those of the records.

use std::collections::BTreeMap;

use crm_event::field::{FieldMut, Fields as _, NamedField, Objects};
use crm_event::record::Record;
use crm_event::{Action, Actor, CustomField, Entity, FormField, Text};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::file::File;

/// The schema, draft 2020-12.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>().to_value();
    let mut types = Types::default();
    let mut entities = Map::new();
    let mut common: BTreeMap<&'static str, (Vec<Entity>, Value)> = BTreeMap::new();
    let with_record = Entity::ALL.iter().filter_map(|entity| Some((entity, Record::empty(*entity, Text::default())?)));
    for (entity, mut record) in with_record {
        let properties = types.properties(record.fields_mut());
        for (name, property) in properties {
            common.entry(name).or_insert_with(|| (Vec::new(), property)).0.push(*entity);
        }
        entities.insert(entity.to_string(), table(types.properties(record.fields_mut())));
    }
    let in_several = common.into_iter().filter(|(_, (entities, _))| entities.len() > 1);
    let mut common = table(in_several.map(|(name, (_, property))| (name, property)).collect());
    describe(&mut common, "The fields of all entities that the events are about.");
    entities.insert("common".to_owned(), common);
    let actor = types.reference(&mut None::<Actor<'_>>);
    let definitions = types.definitions();
    let event_type = event_type();
    let Value::Object(root) = &mut schema else { return schema };
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        replace(
            properties,
            "fields",
            json!({ "type": "object", "properties": entities, "additionalProperties": false }),
        );
        replace(properties, "actor", actor);
    }
    if let Some(Value::Object(known)) = root.get_mut("$defs") {
        known.remove("Source");
        known.extend(definitions);
        if let Some(alternatives) = known.get_mut("TextOrEventBy").and_then(|event| event.get_mut("anyOf"))
            && let Some(text) = alternatives.as_array_mut().and_then(|all| all.first_mut())
        {
            *text = json!({ "$ref": "#/$defs/EventType" });
        }
        known.insert("EventType".to_owned(), event_type);
    }
    schema
}

/// Replaces a property, but not its description.
fn replace(properties: &mut Map<String, Value>, name: &str, mut schema: Value) {
    if let Some(description) = properties.get(name).and_then(|old| old.get("description")).and_then(Value::as_str) {
        describe(&mut schema, description);
    }
    properties.insert(name.to_owned(), schema);
}

fn describe(schema: &mut Value, description: &str) {
    if let Value::Object(members) = schema {
        members.insert("description".to_owned(), description.into());
    }
}

/// `contact.updated`, `ignored`.
fn event_type() -> Value {
    let entities: Vec<_> =
        Entity::ALL.iter().filter(|entity| **entity != Entity::Unknown).map(|entity| entity.as_str()).collect();
    let actions: Vec<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
    let pattern = format!("^(ignored|({})\\.({}))$", entities.join("|"), actions.join("|"));
    json!({ "type": "string", "pattern": pattern })
}

fn table(properties: Vec<(&'static str, Value)>) -> Value {
    let properties: Map<String, Value> =
        properties.into_iter().map(|(name, property)| (name.to_owned(), property)).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// The types of the fields that have come up.
#[derive(Default)]
struct Types(BTreeMap<String, Value>);

impl Types {
    fn properties(&mut self, fields: Vec<NamedField<'_, '_>>) -> Vec<(&'static str, Value)> {
        fields.into_iter().map(|(name, field)| (name, self.property(field))).collect()
    }

    fn property(&mut self, field: FieldMut<'_, '_>) -> Value {
        let name = match field {
            FieldMut::Text(_) => "Text",
            FieldMut::Decimal(_) => "Number",
            FieldMut::Bool(_) => "Boolean",
            FieldMut::Time(_) => "Time",
            FieldMut::Date(_) => "Date",
            FieldMut::Entity(_) => "Entity",
            FieldMut::Json(_) => "Paths",
            FieldMut::Texts(_) => "Texts",
            FieldMut::Object(objects) => return self.reference(objects),
            FieldMut::Objects(objects) => return self.list(objects),
        };
        reference(name)
    }

    /// One object, or a list of which the first counts that has a value.
    fn reference(&mut self, objects: &mut dyn Objects<'_>) -> Value {
        one_or_more(&reference(&self.object(objects, false)))
    }

    /// Any number of objects.
    fn list(&mut self, objects: &mut dyn Objects<'_>) -> Value {
        let name = objects.type_name();
        let mut schema = one_or_more(&reference(&self.object(objects, true)));
        if [CustomField::NAME, FormField::NAME].contains(&name) {
            schema = one_or_more(&json!({ "anyOf": [{ "type": "string" }, schema] }));
        }
        schema
    }

    fn object(&mut self, objects: &mut dyn Objects<'_>, is_list: bool) -> String {
        let name = format!("{}{}", objects.type_name(), if is_list { "Entries" } else { "" });
        if !self.0.contains_key(&name) {
            // A type may contain itself, in which case it is found here.
            self.0.insert(name.clone(), Value::Null);
            let mut properties = self.properties(objects.push());
            objects.pop();
            if is_list {
                let path = |says: &str| json!({ "type": "string", "description": says });
                properties.push(("each", path("The path of a list: one for each entry.")));
                properties.push(("members", path("The path of an object: one for each member.")));
            }
            self.0.insert(name.clone(), table(properties));
        }
        name
    }

    fn definitions(mut self) -> BTreeMap<String, Value> {
        for (name, what) in [
            ("Text", "A text"),
            ("Number", "A number, with its digits"),
            ("Boolean", "true, false, 1 or 0"),
            ("Time", "An instant"),
            ("Date", "A calendar date"),
            ("Entity", "The word of an entity"),
        ] {
            let description = format!("{what}: a path, a list of which the first counts that has a value, or a table.");
            let mut properties = vec![
                ("path", reference("Paths")),
                ("words", json!({ "type": "object", "additionalProperties": { "type": "string" } })),
                ("constant", json!({ "type": "string" })),
            ];
            if name == "Text" {
                properties.extend([("first_name", reference("Paths")), ("last_name", reference("Paths"))]);
            }
            let mut schema = one_or_more(&json!({ "anyOf": [{ "type": "string" }, table(properties)] }));
            describe(&mut schema, &description);
            self.0.insert(name.to_owned(), schema);
        }
        let each = table(vec![("each", json!({ "type": "string" })), ("value", reference("Text"))]);
        self.0.insert("Texts".to_owned(), one_or_more(&json!({ "anyOf": [{ "type": "string" }, each] })));
        self.0
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn one_or_more(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "array", "items": schema }] })
}
