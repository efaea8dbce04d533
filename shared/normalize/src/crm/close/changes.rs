//! The changes of a record: names from `changed_fields`, with old values from `previous_data`.
//!
//! Old values are read like the record: with the values that stayed they form a second record, and the fields of both
//! records are compared. An old value that cannot be read is missing from its change. It does not make the record
//! partial.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crm_event::record::Record;
use crm_event::{Entity, FieldChange, Json, Text};
use serde_json::value::RawValue;

use super::{custom_field_id, record};
use crate::json::{Object, Value};

/// Field name to value.
type Fields = BTreeMap<String, Box<RawValue>>;

/// The canonical fields for a field of Close; empty if there is none.
fn canonical(entity: Entity, name: &str) -> &'static [&'static str] {
    match (entity, name) {
        (_, "date_created") => &["created_at"],
        (_, "created_by" | "created_by_name") => &["created_by"],
        (_, "updated_by" | "updated_by_name") => &["updated_by"],
        (_, "html_url") => &["url"],
        (Entity::Call | Entity::Note, "user_id" | "user_name") => &["user"],
        (_, "user_id" | "user_name") => &["owner"],
        (Entity::Company, "url") => &["websites"],
        (Entity::Company, "status_id") => &["stage"],
        (Entity::Company, "status_label") => &["status", "stage"],
        (Entity::Company, "contact_ids" | "contacts") => &["contacts"],
        (Entity::Company | Entity::Contact, "name" | "display_name") => &["name"],
        (Entity::Contact, "emails") => &["emails"],
        (Entity::Contact, "phones") => &["phone_numbers"],
        (Entity::Contact, "urls") => &["websites"],
        (Entity::Contact, "timezone") => &["time_zone"],
        (Entity::Deal, "value") => &["amount"],
        (Entity::Deal, "value_currency") => &["currency"],
        (Entity::Deal, "value_period") => &["deal_type"],
        (Entity::Deal, "expected_value") => &["expected_amount"],
        (Entity::Deal, "confidence") => &["probability"],
        (Entity::Deal, "status_id" | "status_label") => &["stage"],
        (Entity::Deal, "status_type") => &["status"],
        (Entity::Deal, "pipeline_id" | "pipeline_name") => &["pipeline"],
        (Entity::Deal, "date_won") => &["closed_date"],
        (Entity::Deal, "date_lost") => &["closed_at"],
        (Entity::Deal | Entity::Call | Entity::Appointment, "note") => &["description"],
        (Entity::Note, "note") => &["content"],
        (Entity::Note | Entity::Appointment, "title") => &["name"],
        (Entity::Contact | Entity::Deal | Entity::Call, "lead_id" | "lead_name") => &["company"],
        (_, "lead_id" | "lead_name") => &["related_to"],
        (_, "contact_id" | "contact_name") => &["contact"],
        (Entity::Task, "text") | (Entity::Task | Entity::Activity, "subject") => &["name"],
        (Entity::Task, "body_preview") => &["description"],
        (Entity::Task, "_type") => &["type"],
        (Entity::Task, "date" | "due_date") => &["due_at", "due_date"],
        (Entity::Task, "is_complete") => &["is_completed", "status"],
        (Entity::Task, "assigned_to" | "assigned_to_name") => &["assignees"],
        (Entity::Call, "status") => &["state"],
        (Entity::Call, "activity_at") => &["started_at"],
        (Entity::Call, "date_answered") => &["answered_at"],
        (Entity::Call, "duration") => &["duration_seconds"],
        (Entity::Call, "disposition") => &["outcome"],
        (Entity::Activity, "body_text" | "text" | "message_markdown") => &["description"],
        (Entity::Activity, "sender") => &["from"],
        (Entity::Activity, "activity_at") | (Entity::Appointment, "starts_at" | "activity_at") => &["start_at"],
        (Entity::Activity, "date_sent") => &["completed_at"],
        (Entity::Activity, "custom_activity_type_id") => &["type"],
        (Entity::Appointment, "ends_at") => &["end_at"],
        (Entity::FormResponse, "form_id" | "form_name") => &["form"],
        (Entity::FormResponse, "values" | "values_by_name") => &["fields"],
        (Entity::CustomObject, "custom_object_type_id") => &["object_name"],
        // These have the name of their canonical field.
        (_, "description") => &["description"],
        (_, "addresses") => &["addresses"],
        (_, "title") => &["title"],
        (_, "priority") => &["priority"],
        (_, "direction") => &["direction"],
        (_, "recording_url") => &["recording_url"],
        (_, "status") => &["status"],
        (_, "location") => &["location"],
        (_, "attendees") => &["attendees"],
        (_, "to") => &["to"],
        (_, "cc") => &["cc"],
        (_, "bcc") => &["bcc"],
        (_, "name") => &["name"],
        _ => &[],
    }
}

pub(super) fn changes<'a>(
    event: &Object<'a>,
    new: &Record<'a>,
    previous: Option<&Object<'a>>,
    data: &Object<'a>,
    object_type: &str,
) -> Vec<FieldChange<'a>> {
    let entity = new.entity();
    let old =
        previous.map(|previous| fields(&record(entity, new.id().clone(), object_type, &old_state(previous, data))));
    let (old, new) = (old.unwrap_or_default(), fields(new));
    let mut changes: Vec<FieldChange<'a>> = Vec::new();
    let mut push = |field: Text<'a>, from: Option<Json<'a>>, to: Option<Json<'a>>| {
        // Several fields of Close may map to one canonical field.
        if (from.is_none() || from != to) && changes.iter().all(|change| change.field != field) {
            changes.push(FieldChange { field, name: None, from, to });
        }
    };
    for name in event.texts("changed_fields").into_iter().filter(|name| !is_derived(name)) {
        let before = previous.filter(|previous| previous.has(&name)).map(|previous| raw(previous, &name));
        let after = raw(data, &name);
        let is_cleared = after == Json::null();
        let is_told = |field: &&&str| is_cleared || old.contains_key(**field) || new.contains_key(**field);
        let names: Vec<&str> = canonical(entity, &name).iter().filter(is_told).copied().collect();
        for field in &names {
            let from = before.as_ref().and_then(|before| value(&old, field, &names, before));
            push(Cow::Borrowed(field), from, value(&new, field, &names, &after));
        }
        if names.is_empty() {
            push(custom_field_id(name.clone()).unwrap_or(name), before, Some(after));
        }
    }
    changes
}

/// Ids of other records, and their names.
const NAMED: &[(&str, &str)] = &[
    ("assigned_to", "assigned_to_name"),
    ("contact_id", "contact_name"),
    ("created_by", "created_by_name"),
    ("form_id", "form_name"),
    ("lead_id", "lead_name"),
    ("pipeline_id", "pipeline_name"),
    ("status_id", "status_label"),
    ("updated_by", "updated_by_name"),
    ("user_id", "user_name"),
];

/// The record before the change: the old values, and the values that stayed. The name of another record does not stay with an
/// old id, because Close may list a change of the id alone.
fn old_state<'a>(previous: &Object<'a>, data: &Object<'a>) -> Object<'a> {
    let names = NAMED.iter().filter(|(id, _)| previous.has(id)).map(|(_, name)| *name);
    previous.over(&data.clone().without(&names.collect::<Vec<_>>()))
}

/// The value of a canonical field for a value of Close; `null` if it is empty. `None` if the value could not be read.
fn value<'a>(fields: &Fields, field: &str, names: &[&str], raw: &Json<'_>) -> Option<Json<'a>> {
    match fields.get(field) {
        Some(json) => Some(Json::new(Cow::Owned(json.clone()))),
        None if *raw == Json::null() || names.iter().any(|name| fields.contains_key(*name)) => Some(Json::null()),
        None => None,
    }
}

/// True for the time of the change, which the event has, and for fields that show another field in another form.
fn is_derived(name: &str) -> bool {
    matches!(name, "date_updated" | "status_display_name") || name.ends_with("_formatted") || name.ends_with("_html")
}

/// Close's own value; `null` for an empty one.
fn raw<'a>(o: &Object<'a>, name: &str) -> Json<'a> {
    let value = o.json(name).filter(|value| !matches!(value.get(), "\"\"" | "[]"));
    value.and_then(Value::json).unwrap_or(Json::null())
}

/// The fields of a record as JSON, so that numbers keep their digits.
fn fields(record: &Record<'_>) -> Fields {
    serde_json::to_string(record).and_then(|json| serde_json::from_str(&json)).unwrap_or_default()
}
