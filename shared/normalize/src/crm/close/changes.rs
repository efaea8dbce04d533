//! The changes of a record: names from `changed_fields`, with old values from `previous_data`.
//!
//! Old values are read like the record: with the values that stayed they form a second record, and the fields of both
//! records are compared. An old value that cannot be read is missing from its change. It does not make the record
//! partial.

use crm_event::record::Record;
use crm_event::{Entity, FieldChange, Json};

use super::{custom_field_id, record};
use crate::changes::{Changes, FieldValues, change};
use crate::json::{Object, Value};

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
    let state_before = |previous| record(entity, new.id().clone(), object_type, &old_state(previous, data));
    let old = previous.map(|previous| FieldValues::of(&state_before(previous))).unwrap_or_default();
    let new = FieldValues::of(new);
    let mut changes = Changes::default();
    let mut add = |change: FieldChange<'a>| {
        if change.from.is_none() || change.from != change.to {
            changes.add(change);
        }
    };
    for name in event.texts("changed_fields").into_iter().filter(|name| !is_derived(name)) {
        let before = previous.filter(|previous| previous.has(&name)).map(|previous| vendor_value(previous, &name));
        let after = vendor_value(data, &name);
        let is_cleared = after == Json::null();
        let is_told = |field: &&&str| is_cleared || old.has(field) || new.has(field);
        let made: Vec<&str> = canonical(entity, &name).iter().filter(is_told).copied().collect();
        for &field in &made {
            let from = before.as_ref().and_then(|before| old.value(field, &made, *before == Json::null()));
            add(change(field, from, new.value(field, &made, is_cleared)));
        }
        if made.is_empty() {
            add(change(custom_field_id(name.clone()).unwrap_or(name), before, Some(after)));
        }
    }
    changes.into_vec()
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

/// The record before the change: the old values, and the values that stayed. The name of another record does not stay
/// with an old id, because Close may list a change of the id alone.
fn old_state<'a>(previous: &Object<'a>, data: &Object<'a>) -> Object<'a> {
    let names = NAMED.iter().filter(|(id, _)| previous.has(id)).map(|(_, name)| *name);
    previous.over(&data.clone().without(&names.collect::<Vec<_>>()))
}

/// True for the time of the change, which the event has, and for fields that show another field in another form.
fn is_derived(name: &str) -> bool {
    matches!(name, "date_updated" | "status_display_name") || name.ends_with("_formatted") || name.ends_with("_html")
}

/// Close's own value; `null` for an empty one.
fn vendor_value<'a>(o: &Object<'a>, name: &str) -> Json<'a> {
    o.json(name).map_or(Json::null(), Value::json_or_null)
}
