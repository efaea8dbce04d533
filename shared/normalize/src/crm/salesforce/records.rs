//! Members of an object, by their API names, as fields of a record.
//!
//! A table for each entity maps members to fields and their readers. A member that is in no table is a custom field.

use std::borrow::Cow;

use crm_event::record::{
    Appointment, Call, Common, Company, Contact, CustomObject, Deal, Invoice, Lead, Note, Order, Product, Quote,
    Record, Task, User,
};
use crm_event::{Entity, Text};

use super::ids::link;
use super::{people, sales, work};
use crate::field_tables::{Members, Property, entities, is_made_of_several, row, rows};
use crate::fields::{custom_field, full_name};
use crate::json::{Object, Value};

/// The canonical field of a member that is only in `raw`.
pub(super) const RAW_ONLY: &str = "";

rows!(COMMON: Common = [
    ("Id", "id", |_, _| {}),
    ("OwnerId", "owner", |r, p| r.owner = link(p)),
    ("CreatedById", "created_by", |r, p| r.created_by = link(p)),
    ("CreatedDate", "created_at", |r, p| r.created_at = p.time()),
    ("LastModifiedById", "updated_by", |r, p| r.updated_by = link(p)),
    ("LastModifiedDate", "updated_at", |r, p| r.updated_at = p.time()),
    ("LastActivityDate", "last_activity_at", |r, p| r.last_activity_at = p.time()),
    ("SystemModstamp", RAW_ONLY, |_, _| {}),
    ("LastViewedDate", RAW_ONLY, |_, _| {}),
    ("LastReferencedDate", RAW_ONLY, |_, _| {}),
    ("IsDeleted", RAW_ONLY, |_, _| {}),
    ("attributes", RAW_ONLY, |_, _| {}),
]);

/// The data about a record other than its members.
#[derive(Clone, Copy)]
pub(super) struct About<'k, 'a> {
    /// The API name.
    pub(super) object: &'k Text<'a>,
    pub(super) members: Members,
}

/// The record with an id and these members.
pub(super) fn record<'a>(entity: Entity, about: About<'_, 'a>, id: Text<'a>, o: &Object<'a>) -> Record<'a> {
    let mut record = filled(entity, Common::new(id), o, about.members, is_field);
    finish(&mut record, about, o);
    record
}

/// The canonical field of a member. `None` for a custom field, and for a part of a field.
pub(super) fn canonical(entity: Entity, member: &str) -> Option<&'static str> {
    field_in_tables(entity, member).filter(|field| *field != RAW_ONLY && !is_made_of_several(field))
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
    Task: work::TASK,
    Call: work::CALL,
    Appointment: work::APPOINTMENT,
    Note: work::NOTE,
    CustomObject: work::CUSTOM_OBJECT,
}

/// False for an empty value, and for a related record or a compound address, whose parts are members too.
fn is_field(name: &str, value: Value<'_, '_>) -> bool {
    !value.is_empty() && (!value.is_object() || name.ends_with("__c") || name.ends_with("__pc"))
}

/// Sets the fields that are made from several members, or from none.
fn finish<'a>(record: &mut Record<'a>, about: About<'_, 'a>, o: &Object<'a>) {
    let name = |first: &Option<_>, last: &Option<_>| full_name_of(first, last, about.members, o);
    let text_address = |prefix| if about.members == Members::Changed { None } else { text_address(o, prefix) };
    match record {
        Record::Contact(contact) => {
            contact.name = contact.name.take().or_else(|| name(&contact.first_name, &contact.last_name));
        }
        Record::Lead(lead) => lead.name = lead.name.take().or_else(|| name(&lead.first_name, &lead.last_name)),
        Record::User(user) => user.name = user.name.take().or_else(|| name(&user.first_name, &user.last_name)),
        Record::Company(company) => {
            people::finish_company(company, o);
            company.name = company.name.take().or_else(|| name(&company.first_name, &company.last_name));
        }
        Record::Deal(deal) => deal.status = sales::deal_status(o),
        Record::Order(order) => {
            order.billing_address = text_address("Billing");
            order.delivery_address = text_address("Shipping");
        }
        Record::Quote(quote) => {
            quote.discount_type = quote.discount.as_ref().map(|_| Cow::Borrowed("percent"));
            quote.billing_address = text_address("Billing");
            quote.delivery_address = text_address("Shipping");
        }
        // The owner of a task is the user that it is assigned to, of a call who called, of a note who wrote it.
        Record::Task(task) => task.assignees.extend(task.owner.clone()),
        Record::Call(call) => call.user = call.owner.clone(),
        Record::Note(note) => note.user = note.owner.clone(),
        Record::Appointment(appointment) => work::finish_appointment(appointment),
        Record::CustomObject(custom) => custom.object_name = Some(about.object.clone()),
        _ => {}
    }
}

/// The full name. `None` if one of the two is missing, because the other alone is the full name only if the record has
/// no first or last name.
fn full_name_of<'a>(
    first: &Option<Text<'a>>,
    last: &Option<Text<'a>>,
    members: Members,
    o: &Object<'a>,
) -> Option<Text<'a>> {
    let has_none = |member| members == Members::All && o.json(member).is_none_or(Value::is_empty);
    let is_known = |part: &Option<_>, member| part.is_some() || has_none(member);
    let is_whole = is_known(first, "FirstName") && is_known(last, "LastName");
    if is_whole { full_name(first.as_ref(), last.as_ref()) } else { None }
}

/// An address in one text.
fn text_address<'a>(o: &Object<'a>, kind: &str) -> Option<Text<'a>> {
    let parts = ["Street", "PostalCode", "City", "State", "Country"];
    let parts: Vec<_> = parts.into_iter().filter_map(|part| o.text(&[kind, part].concat())).collect();
    (!parts.is_empty()).then(|| Cow::Owned(parts.join(", ")))
}
