//! Outbound messages: SOAP 1.1, sent by a flow, a workflow rule or an approval process.
//!
//! A message holds 1 to 100 notifications, each about one record of the same kind. A notification has the fields that
//! an administrator has selected, with their values at the time of sending. It names neither the event nor what
//! changed.

use std::borrow::Cow;

use crm_event::{Action, Actor, Text};

use super::ids::{check_organization, long};
use super::records::{self, About};
use super::{action_in_name, deletion_detail, is_call, objects, user};
use crate::crm::{Change, Translation, Unknown, Webhook};
use crate::error::Quarantine;
use crate::field_tables::Members;
use crate::json::Object;

pub(super) fn normalize<'a>(webhook: &Webhook<'a>, envelope: &Object<'a>) -> Result<Translation<'a>, Quarantine> {
    let not_a_message = || Quarantine::wrong_envelope("expected Envelope.Body.notifications of an outbound message");
    let notifications = envelope.any_object("Body").and_then(|body| body.any_object("notifications"));
    let notifications = notifications.ok_or_else(not_a_message)?;
    let organization = notifications.id("OrganizationId");
    check_organization(webhook.account, organization.as_ref())?;
    let account = organization.map(long);
    let Some(notification) = notifications.objects("Notification").next() else {
        return Err(Quarantine::wrong_envelope("expected a Notification in the outbound message"));
    };
    let no_object = || Quarantine::wrong_envelope("expected an sObject with its xsi:type in the Notification");
    let record = notification.any_object("sObject").ok_or_else(no_object)?;
    // `sf:Contact`
    let object = record.text("@type").ok_or_else(no_object)?;
    let object: Text<'a> = match object.rsplit_once(':') {
        Some((_, name)) => Cow::Owned(name.to_owned()),
        None => object,
    };
    let record = record.without(&["@type"]);
    if let Some(deletion) = Deletion::read(&record) {
        return deletion.normalize(object, &record, account);
    }
    let in_url = webhook.event_in_url().and_then(|name| Some((action_in_name(&name)?, name)));
    let vendor_event = in_url.as_ref().map_or_else(|| name(&object), |(_, name)| name.clone());
    let occurred_at = record.time("LastModifiedDate").or_else(|| record.time("SystemModstamp"));
    let Some(entity) = objects::entity_of_name(&object) else {
        let record_id = record.id("Id").map(long);
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at }));
    };
    let entity = if is_call(entity, &record) { crm_event::Entity::Call } else { entity };
    let id = long(record.record_id("Id", "sObject.Id")?);
    let action = in_url.map_or_else(|| action(&record), |(action, _)| action);
    let change = Change {
        vendor_event,
        action,
        action_detail: deletion_detail(action, &record),
        record: records::record(entity, About { object: &object, members: Members::Selected }, id, &record),
        account,
        occurred_at,
        partial: true,
        changes: Vec::new(),
        actor: record.id("LastModifiedById").map(user),
    };
    Ok(change.into())
}

/// The name of a message whose URL names no event.
fn name<'a>(object: &str) -> Text<'a> {
    Cow::Owned(format!("{object}.outbound_message"))
}

/// The action by the selected fields. A record that was created in this moment has not been changed since.
fn action(record: &Object<'_>) -> Action {
    let created = record.time("CreatedDate");
    if record.bool("IsDeleted") == Some(true) {
        Action::Deleted
    } else if created.is_some() && created == record.time("LastModifiedDate") {
        Action::Created
    } else {
        Action::Updated
    }
}

/// A record of the customer's own object that reports the deletion of another one. Salesforce sends no message when a
/// record is deleted, so a trigger writes such a record, with the deleted one's id and kind in these two fields.
struct Deletion<'a> {
    id: Text<'a>,
    object: Text<'a>,
}

impl<'a> Deletion<'a> {
    fn read(record: &Object<'a>) -> Option<Self> {
        let field = |field: &str| {
            // A package puts its namespace in front: `abc__Object_Id__c`.
            let is_field = |name: &str| name.strip_suffix(field).is_some_and(|ns| ns.is_empty() || ns.ends_with("__"));
            let (name, _) = record.members().find(|(name, _)| is_field(name))?;
            record.text(&name)
        };
        Some(Self { id: long(field("Object_Id__c")?), object: field("Object_Type__c")? })
    }

    fn normalize(
        self,
        reported_by: Text<'a>,
        report: &Object<'a>,
        account: Option<Text<'a>>,
    ) -> Result<Translation<'a>, Quarantine> {
        let vendor_event = name(&reported_by);
        let occurred_at = report.time("CreatedDate");
        let Some(entity) = objects::entity_of_name(&self.object) else {
            let record_id = Some(self.id);
            return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at }));
        };
        let about = About { object: &self.object, members: Members::Changed };
        let actor: Option<Actor<'a>> = report.id("CreatedById").map(user);
        let change = Change {
            vendor_event,
            action: Action::Deleted,
            action_detail: None,
            record: records::record(entity, about, self.id, &Object::empty()),
            account,
            occurred_at,
            partial: true,
            changes: Vec::new(),
            actor,
        };
        Ok(change.into())
    }
}
