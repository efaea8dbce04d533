//! The changes of a record: every attribute with its old and its new value.
//!
//! Both values are read like a record, and a change has the values in canonical form. An attribute that has no field,
//! or with a value that cannot be read, keeps Copper's name and Copper's values. If only the old value cannot be read
//! and the new one is empty, the change has the canonical field and no old value, so that a consumer clears the field.

use crm_event::{Entity, FieldChange, Json, Text};

use super::{pair, records};
use crate::changes::{FieldValues, change};
use crate::json::{Object, Scalar, Value};

/// The member of custom fields: id of the field to `[old, new]`.
const CUSTOM_FIELDS: &str = "custom_fields";

/// The canonical fields of an attribute; empty if there is none. Some attributes have a name of the REST API and one of
/// the activity feed, and Copper does not document which of them a notification has.
fn canonical(entity: Entity, attribute: &str) -> &'static [&'static str] {
    match (entity, attribute) {
        (_, "details") => &["description"],
        (_, "tags") => &["tags"],
        (_, "assignee_id" | "assignee") | (Entity::Activity, "user_id" | "user") => &["owner"],
        (Entity::Contact | Entity::Lead | Entity::Company | Entity::Deal | Entity::Task | Entity::Project, "name") => {
            &["name"]
        }
        (Entity::Contact | Entity::Lead, "first_name") => &["first_name"],
        (Entity::Contact | Entity::Lead, "last_name") => &["last_name"],
        (Entity::Contact | Entity::Lead, "title") => &["title"],
        (Entity::Contact, "prefix") => &["salutation"],
        (Entity::Contact | Entity::Deal, "company_id" | "company_name" | "company") => &["company"],
        (Entity::Lead, "company_name") => &["company_name"],
        (Entity::Contact | Entity::Lead, "emails") | (Entity::Lead, "email") => &["emails"],
        (Entity::Contact | Entity::Lead | Entity::Company, "phone_numbers") => &["phone_numbers"],
        (Entity::Contact | Entity::Lead | Entity::Company, "websites") => &["websites"],
        (Entity::Contact | Entity::Lead | Entity::Company, "socials") => &["social_links"],
        (Entity::Contact | Entity::Lead | Entity::Company, "address") => &["addresses"],
        (Entity::Contact | Entity::Company, "contact_type_id" | "contact_type") => &["relationship_types"],
        (Entity::Lead, "status") => &["status", "stage"],
        (Entity::Lead, "status_id") => &["stage"],
        (Entity::Lead | Entity::Deal, "customer_source_id" | "source_id") => &["source_id"],
        (Entity::Lead | Entity::Deal, "customer_source") => &["source"],
        (Entity::Lead | Entity::Deal, "monetary_value" | "value") => &["amount"],
        (Entity::Lead | Entity::Deal, "monetary_unit") => &["currency"],
        (Entity::Deal, "stage" | "pipeline_stage_id") => &["stage"],
        (Entity::Deal, "pipeline" | "pipeline_id") => &["pipeline"],
        (Entity::Deal, "status") => &["status"],
        (Entity::Deal, "close_date") => &["expected_close_date"],
        (Entity::Deal, "win_probability") => &["probability"],
        (Entity::Deal, "loss_reason_id") => &["lost_reason_id"],
        (Entity::Deal, "loss_reason") => &["lost_reason"],
        (Entity::Deal, "primary_contact_id" | "primary_contact") => &["contact"],
        (Entity::Deal | Entity::Task, "priority") => &["priority"],
        (Entity::Task, "due_date") => &["due_at", "due_date"],
        (Entity::Task, "completed_date") => &["completed_at"],
        (Entity::Task | Entity::Project, "status") => &["status", "is_completed"],
        (Entity::Task, "related_resource") | (Entity::Activity, "parent") => &["related_to"],
        (Entity::Project, "related_resource") => &["related"],
        (Entity::Activity, "type") => &["type"],
        (Entity::Activity, "activity_date") => &["start_at"],
        _ => &[],
    }
}

/// The changes of the attributes. `old` has their old values, `new` the new ones.
pub(super) fn changes<'a>(
    entity: Entity,
    id: &Text<'a>,
    attributes: &Object<'a>,
    old: &Object<'a>,
    new: &Object<'a>,
) -> Vec<FieldChange<'a>> {
    let fields = |o: &Object<'a>| FieldValues::of(&records::record(entity, id.clone(), o));
    let (old, new) = (fields(old), fields(new));
    let mut changes = Vec::new();
    // Several attributes may have one field.
    let mut seen: Vec<&str> = Vec::new();
    for (attribute, value) in attributes.members().filter(|(attribute, _)| attribute != CUSTOM_FIELDS) {
        let Some((before, after)) = pair(value) else {
            attributes.warn(&attribute);
            changes.push(change(attribute, None, None));
            continue;
        };
        let made = canonical(entity, &attribute);
        let is_unread = |fields: &FieldValues, value| !is_empty(value) && !fields.has_any(made);
        let (is_old_unread, is_new_unread) = (is_unread(&old, before), is_unread(&new, after));
        if !made.is_empty() && (is_old_unread || is_new_unread) {
            attributes.warn(&attribute);
        }
        if made.is_empty() || is_new_unread || (is_old_unread && !is_empty(after)) {
            changes.extend(changed(attribute, Some(before.json_or_null()), Some(after.json_or_null())));
            continue;
        }
        for &field in made {
            if !seen.contains(&field) {
                seen.push(field);
                let from = old.value(field, made, is_empty(before));
                changes.extend(changed(field, from, new.value(field, made, is_empty(after))));
            }
        }
    }
    changes.extend(custom_fields(attributes));
    changes
}

/// The changes of custom fields, by the id of the field. The record does not have them, because its list would seem to
/// be complete.
fn custom_fields<'a>(attributes: &Object<'a>) -> Vec<FieldChange<'a>> {
    let Some(fields) = attributes.object(CUSTOM_FIELDS) else { return Vec::new() };
    let of_field = |(id, value): (Text<'a>, Value<'_, 'a>)| match pair(value) {
        Some((before, after)) => changed(id, Some(before.json_or_null()), Some(after.json_or_null())),
        None => {
            fields.warn(&id);
            Some(change(id, None, None))
        }
    };
    fields.members().filter_map(of_field).collect()
}

/// A change; `None` if both values are the same.
fn changed<'a>(field: impl Into<Text<'a>>, from: Option<Json<'a>>, to: Option<Json<'a>>) -> Option<FieldChange<'a>> {
    (from.is_none() || from != to).then(|| change(field, from, to))
}

/// True if a value that the record does not have is empty. Copper may write an empty value as an object or a list of
/// empty values, and an id or a time that is not there as 0.
fn is_empty(value: Value<'_, '_>) -> bool {
    match value.scalar() {
        Scalar::Null => true,
        Scalar::Bool(_) => false,
        Scalar::Number(digits) => digits == "0",
        Scalar::Text(text) => matches!(text.trim(), "" | "0"),
        Scalar::Other if value.is_object() => {
            value.members().all(|(name, value)| is_qualifier(&name) || is_empty(value))
        }
        Scalar::Other if value.is_array() => value.children().all(is_empty),
        // Text that is not Unicode.
        Scalar::Other => false,
    }
}

/// True for a member that only qualifies others, such as the category of a phone number.
fn is_qualifier(name: &str) -> bool {
    matches!(name, "category" | "type")
}
