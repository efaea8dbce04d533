//! Users: presence and team membership.

use std::borrow::Cow;

use crm_event::Text;
use crm_event::record::{Common, Record, User};

use super::{Document, Fields};
use crate::error::Quarantine;
use crate::fields::{reference, stage};
use crate::json::Object;

const FIELDS: Fields = &[
    ("status", "status"),
    ("emails", "email"),
    ("contactId", "contact"),
    ("roleId", "role"),
    ("costRate", "cost_rate"),
    ("currentTaskId", "current_task"),
];

/// A user who went online or offline.
pub fn presence<'a>(common: Common<'a>, vendor_event: &str, doc: &Object<'a>) -> Document<'a> {
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
    let holds_objects = doc.json("emails").is_some_and(|emails| emails.get().contains('{'));
    if holds_objects {
        let mut emails = doc.objects("emails");
        return emails.find_map(|entry| entry.text("address").or_else(|| entry.text("email")));
    }
    doc.texts("emails").into_iter().next()
}

/// The users who joined or left a team, one record for each.
pub fn members<'a>(doc: &Object<'a>) -> Result<Vec<Document<'a>>, Quarantine> {
    let team = reference(doc.id("teamId").or_else(|| super::id(doc)), None);
    let ids = doc.ids("userIds");
    let mut members: Vec<Document<'a>> = Vec::with_capacity(ids.len());
    for id in ids {
        if members.iter().all(|member| *member.record.id() != id) {
            let record = Record::from(User { team: team.clone(), ..User::new(Common::new(id)) });
            members.push(Document { record, fields: FIELDS });
        }
    }
    if members.is_empty() {
        return Err(Quarantine::no_record_id("doc.userIds (item.userIds in legacy webhooks)"));
    }
    Ok(members)
}
