//! Users: presence and team membership.

use std::borrow::Cow;

use crm_event::Text;
use crm_event::record::{Common, Record, User};

use super::{Document, Fields};
use crate::error::Quarantine;
use crate::fields::{distinct, reference, stage};
use crate::json::{Entry, Object};

const FIELDS: Fields = &[
    ("status", "status"),
    ("emails", "email"),
    ("contactId", "contact"),
    ("roleId", "role"),
    ("costRate", "cost_rate"),
    ("currentTaskId", "current_task"),
];

/// A user who went online or offline.
pub(super) fn presence<'a>(common: Common<'a>, vendor_event: &str, doc: &Object<'a>) -> Document<'a> {
    let status = if vendor_event == "user_online" { "online" } else { "offline" };
    let record = Record::from(User {
        name: doc.text("name"),
        email: email(doc),
        status: Some(Cow::Borrowed(status)),
        team: reference(doc.id("teamId"), None),
        contact: reference(doc.id("contactId"), None),
        role: stage(doc.id("roleId"), None),
        cost_rate: doc.decimal("costRate"),
        current_task: reference(doc.id("currentTaskId"), None),
        ..User::new(common)
    });
    Document { record, fields: FIELDS }
}

/// The first e-mail address, in an array of texts or of objects.
fn email<'a>(doc: &Object<'a>) -> Option<Text<'a>> {
    let address = |entry| match entry {
        Entry::Object(entry) => entry.text("address").or_else(|| entry.text("email")),
        Entry::Text(address) => Some(address),
    };
    doc.objects_or_texts("emails").find_map(address)
}

/// The users who joined or left a team, one record for each.
pub(super) fn members<'a>(doc: &Object<'a>) -> Result<Vec<Document<'a>>, Quarantine> {
    let team = reference(doc.id("teamId").or_else(|| super::id(doc)), None);
    let member = |id| User { team: team.clone(), ..User::new(Common::new(id)) };
    let members = distinct(doc.ids("userIds")).into_iter().map(|id| Record::from(member(id)));
    let members: Vec<_> = members.map(|record| Document { record, fields: FIELDS }).collect();
    if members.is_empty() {
        return Err(Quarantine::no_record_id("doc.userIds (item.userIds in legacy webhooks)"));
    }
    Ok(members)
}
