//! Telephone calls and the notes on them.

use std::borrow::Cow;

use crm_event::record::{Call, Common, Note, Record};
use crm_event::{Entity, Ref, Text};

use super::{Document, Fields};
use crate::fields::{reference, references};
use crate::json::Object;

const CALL_FIELDS: Fields = &[
    ("userId", "user"),
    ("contactId", "contact"),
    ("projectId", "project"),
    ("callId", "provider_call_id"),
    ("fromContact", "contact"),
    ("toContact", "contact"),
    ("archived", "is_archived"),
    ("completed", "is_completed"),
];

const NOTE_FIELDS: Fields = &[
    ("callId", "call"),
    ("contactId", "contact"),
    ("contactIds", "contacts"),
    ("projectIds", "related"),
    ("taskIds", "related"),
    ("userId", "user"),
    ("userIds", "users"),
    ("archived", "is_archived"),
];

/// Reads a call. State and direction come from the event's name, because the samples contradict the catalogue on
/// `state` (a missed call is `missed` or `cancelled`) and themselves on `direction`.
pub(super) fn call<'a>(common: Common<'a>, vendor_event: &str, doc: &Object<'a>) -> Document<'a> {
    let (state, direction) = match vendor_event {
        "call_incoming" => ("ringing", Some("inbound")),
        "call_outgoing" => ("ringing", Some("outbound")),
        "call_answered" => ("active", None),
        "call_missed" => ("missed", Some("inbound")),
        _ => ("ended", None),
    };
    // The other end of the call comes first. One of the two may be an empty object.
    let parties =
        if vendor_event == "call_outgoing" { ["toContact", "fromContact"] } else { ["fromContact", "toContact"] };
    let is_filled = |party: &Object<'a>| party.members().any(|(_, value)| !value.is_null());
    let party = parties.into_iter().filter_map(|name| doc.object(name)).find(is_filled);
    let (contact, related_to) = contacts(doc.id("contactId"), party.as_ref());
    let record = Record::from(Call {
        direction: direction.map(Cow::Borrowed),
        state: Some(Cow::Borrowed(state)),
        from: doc.text("from"),
        to: doc.text("to"),
        provider: doc.text("provider"),
        provider_call_id: doc.text("callId"),
        contact,
        company: party.as_ref().and_then(|party| reference(party.id("companyId"), party.text("companyName"))),
        user: reference(doc.id("userId"), doc.text("userName")),
        project: reference(doc.id("projectId"), None),
        related_to,
        // The record is created when the call begins.
        started_at: common.created_at,
        is_archived: doc.bool("archived"),
        is_completed: doc.bool("completed"),
        ..Call::new(common)
    });
    Document { record, fields: CALL_FIELDS }
}

/// The contact that the call is filed under, and the contact at the other end if it differs.
fn contacts<'a>(filed: Option<Text<'a>>, party: Option<&Object<'a>>) -> (Option<Ref<'a>>, Option<Ref<'a>>) {
    let Some(party) = party else { return (reference(filed, None), None) };
    let caller = Ref {
        id: party.id("contactId"),
        name: party.text("callerName"),
        phone_number: party.text("number"),
        ..Ref::default()
    };
    match (filed, &caller.id) {
        (Some(filed), Some(id)) if filed != *id => {
            (reference(Some(filed), None), Some(Ref { entity: Some(Entity::Contact), ..caller }))
        }
        (Some(filed), _) => (Some(Ref { id: Some(filed), ..caller }), None),
        (None, _) => ((caller != Ref::default()).then_some(caller), None),
    }
}

/// Reads a note. TeamGrid converts rich text to plain text before sending.
pub(super) fn note<'a>(common: Common<'a>, doc: &Object<'a>) -> Document<'a> {
    let contacts = references(doc.ids("contactIds"));
    let users = references(doc.ids("userIds"));
    let of = |entity, name| references(doc.ids(name)).into_iter().map(move |one| Ref { entity: Some(entity), ..one });
    let record = Record::from(Note {
        content: doc.text("content"),
        contact: reference(doc.id("contactId"), None).or_else(|| contacts.first().cloned()),
        contacts,
        call: reference(doc.id("callId"), None),
        user: reference(doc.id("userId"), None).or_else(|| users.first().cloned()),
        users,
        related: of(Entity::Project, "projectIds").chain(of(Entity::Task, "taskIds")).collect(),
        is_archived: doc.bool("archived"),
        ..Note::new(common)
    });
    Document { record, fields: NOTE_FIELDS }
}
