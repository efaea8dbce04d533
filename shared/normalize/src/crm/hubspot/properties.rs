//! Properties, by their internal names, as fields of a record.
//!
//! A table for each entity maps properties to fields and their readers. A property that is in no table is a custom
//! field.

use std::borrow::Cow;

use crm_event::record::{
    Activity, Appointment, Call, Common, Company, Contact, CustomObject, Deal, Invoice, Lead, Note, Order, Payment,
    Product, Quote, Record, Task, User,
};
use crm_event::{Action, Entity, FieldChange, Json, Ref, Text};
use jiff::Timestamp;

use super::{objects, people, sales, work};
use crate::changes::{FieldValues, change};
use crate::field_tables::{Members, Property, entities, is_made_of_several, row, rows};
use crate::fields::{custom_field, full_name};
use crate::json::{Object, Value};

rows!(COMMON: Common = [
    ("hs_object_id", "id", |_, _| {}),
    ("hs_createdate", "created_at", |r, p| r.created_at = p.time().or(r.created_at)),
    ("createdate", "created_at", |r, p| r.created_at = p.time().or(r.created_at)),
    ("hs_lastmodifieddate", "updated_at", |r, p| r.updated_at = p.time()),
    ("lastmodifieddate", "updated_at", |r, p| r.updated_at = p.time().or(r.updated_at)),
    ("hs_created_by_user_id", "created_by", |r, p| r.created_by = p.reference()),
    ("hs_updated_by_user_id", "updated_by", |r, p| r.updated_by = p.reference()),
    ("hubspot_owner_id", "owner", |r, p| r.owner = p.reference()),
    ("notes_last_updated", "last_activity_at", |r, p| r.last_activity_at = p.time()),
]);

/// The data about a record other than its properties.
pub(super) struct About<'a> {
    pub(super) type_id: Option<Text<'a>>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) members: Members,
}

/// The record with an id and these properties.
pub(super) fn record<'a>(
    entity: Entity,
    id: Text<'a>,
    about: About<'a>,
    properties: Option<&Object<'a>>,
) -> Record<'a> {
    let common = Common { created_at: about.created_at, ..Common::new(id) };
    let has_custom = about.members != Members::Changed;
    let empty = Object::empty();
    let mut record = filled(entity, common, properties.unwrap_or(&empty), about.members, |_, _| has_custom);
    finish(&mut record, about.type_id);
    record
}

/// The canonical field of a property. `None` for a custom field, and for a part of a field.
fn canonical(entity: Entity, property: &str) -> Option<&'static str> {
    field_in_tables(entity, property).filter(|field| !is_made_of_several(field))
}

entities! {
    Contact: people::CONTACT,
    Company: people::COMPANY,
    Lead: people::LEAD,
    User: people::USER,
    Deal: sales::DEAL,
    Product: sales::PRODUCT,
    Order: sales::ORDER,
    Quote: sales::QUOTE,
    Invoice: sales::INVOICE,
    Payment: sales::PAYMENT,
    Task: work::TASK,
    Note: work::NOTE,
    Call: work::CALL,
    Appointment: work::APPOINTMENT,
    Activity: work::ACTIVITY,
    CustomObject: work::CUSTOM_OBJECT,
}

/// Sets the fields that are made from several properties, or from none.
fn finish<'a>(record: &mut Record<'a>, type_id: Option<Text<'a>>) {
    match record {
        // Only one of the two is not the full name.
        Record::Contact(contact) if contact.first_name.is_some() && contact.last_name.is_some() => {
            contact.name = full_name(contact.first_name.as_ref(), contact.last_name.as_ref());
        }
        Record::Activity(activity) => {
            activity.activity_type = type_id.and_then(|id| objects::activity_type(&id)).map(Cow::Borrowed);
        }
        Record::CustomObject(object) => object.object_name = type_id,
        _ => {}
    }
}

/// The action for a changed property.
pub(super) fn action(entity: Entity, property: &str, value: Option<&str>) -> Action {
    let is = |word: &str| value.is_some_and(|value| value.eq_ignore_ascii_case(word));
    match (entity, property) {
        (Entity::Deal, "dealstage")
        | (Entity::Lead | Entity::Order | Entity::CustomObject, "hs_pipeline_stage")
        | (Entity::Contact | Entity::Company, "lifecyclestage") => Action::StageChanged,
        (Entity::Invoice, "hs_invoice_status") if is("paid") => Action::Paid,
        (Entity::Task, "hs_task_status") if is("completed") => Action::Completed,
        (Entity::Contact | Entity::Company, "hs_lead_status")
        | (Entity::Quote, "hs_status")
        | (Entity::Invoice, "hs_invoice_status")
        | (Entity::Task, "hs_task_status") => Action::StatusChanged,
        _ => Action::Updated,
    }
}

/// The change of a property. Without a record, its value is unknown.
pub(super) fn changed<'a>(
    entity: Entity,
    property: &Text<'a>,
    record: Option<&Record<'a>>,
    value: Option<Value<'_, 'a>>,
) -> FieldChange<'a> {
    let field = canonical(entity, property);
    let to = match (record, field) {
        (None, _) => None,
        // HubSpot sends a property that has no value as an empty text.
        (Some(_), _) if value.is_none_or(Value::is_blank) => Some(Json::null()),
        (Some(_), None) => value.and_then(Value::json),
        // A value that could not be read is not in the record.
        (Some(record), Some(field)) => FieldValues::of(record).get(field),
    };
    change(field.map_or_else(|| property.clone(), Cow::Borrowed), None, to)
}

/// True if a record of this entity has one company.
pub(super) fn has_company(entity: Entity) -> bool {
    matches!(entity, Entity::Contact | Entity::Deal)
}

pub(super) fn set_company<'a>(record: &mut Record<'a>, company: Ref<'a>) {
    match record {
        Record::Contact(contact) => contact.company = Some(company),
        Record::Deal(deal) => deal.company = Some(company),
        _ => {}
    }
}
