//! Webhooks of workflows: the action "Send a webhook".
//!
//! The body is the enrolled record, in the form of the old API (`{"vid": .., "portal-id": .., "properties": {"email":
//! {"value": ..}}}`) or the new one (`{"objectId": .., "properties": {"email": ..}}`), or flat with members that the
//! administrator chose. None of them names the event, so the URL does: `?event=deal.updated`.

use crm_event::{Action, Entity, EventType};
use jiff::Timestamp;

use super::{objects, properties};
use crate::crm::{Change, Translation, Webhook, event_type};
use crate::error::Quarantine;
use crate::field_tables::Members;
use crate::json::{Object, Value};

/// The members that may have the record's id, the most reliable first. The id of another record, such as `companyId` of
/// a deal, is a property.
fn ids(entity: Entity) -> Vec<&'static str> {
    let own: &[&str] = match entity {
        Entity::Contact => &["vid", "canonical-vid", "contactId"],
        Entity::Company => &["companyId"],
        Entity::Deal => &["dealId"],
        _ => &[],
    };
    [&["objectId", "hs_object_id"], own, &["record_id", "id"]].concat()
}

/// Members of the envelope that are not properties.
const ENVELOPE: &[&str] = &[
    "objectTypeId",
    "portal-id",
    "portalId",
    "is-contact",
    "event",
    "profile-token",
    "profile-url",
    "identity-profiles",
    "form-submissions",
    "list-memberships",
    "merge-audits",
    "merged-vids",
    "associations",
    "associated-company",
    "isDeleted",
];

pub(super) fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let Some(vendor_event) = webhook.event_in_url().or_else(|| body.text("event")) else {
        let detail = "nothing names the event: the body has no \"subscriptionType\" of an app's subscription; give a \
                      workflow's URL event=<record>.<action>, such as event=deal.updated";
        return Err(Quarantine::no_event_name(detail));
    };
    let Some(EventType { entity, action }) = event(&vendor_event) else {
        let detail = "the name of the event is not known: give the workflow's URL event=<record>.<action>, such as \
                      event=deal.updated; the record is contact, company, deal, lead, product, order, quote, invoice, \
                      payment, task, note, call, appointment, activity, user or custom_object";
        return Err(Quarantine::no_event_name(detail));
    };
    let wrapped = body.any_object("properties").map(|properties| properties.map_members(unwrapped));
    let ids = ids(entity);
    let properties = wrapped.clone().unwrap_or_else(|| body.clone().without(&[&*ids, ENVELOPE].concat()));
    let id = ids.iter().find_map(|name| body.id(name)).or_else(|| properties.id("hs_object_id"));
    let id = id.map_or_else(|| body.record_id("hs_object_id", "hs_object_id"), Ok)?;
    let type_id = body.text("objectTypeId");
    let id = objects::unique_id(type_id.as_deref(), id);
    let about = properties::About { type_id, created_at: None, members: Members::Selected };
    let change = Change {
        vendor_event,
        action,
        action_detail: None,
        record: properties::record(entity, id, about, Some(&properties)),
        account: body.id("portal-id").or_else(|| body.id("portalId")),
        occurred_at: occurred_at(action, &properties),
        partial: true,
        changes: Vec::new(),
        actor: None,
    };
    Ok(change.into())
}

/// The value of a property that the old API wraps: `{"value": .., "versions": [..]}`.
fn unwrapped<'o, 'a>(_: &str, value: Value<'o, 'a>) -> Option<Value<'o, 'a>> {
    value.is_object().then(|| value.member("value").unwrap_or_else(|| value.null()))
}

/// Parses an event name in a URL. Any pair of entity and action is accepted, because the administrator chooses the
/// workflow's trigger.
fn event(name: &str) -> Option<EventType> {
    let is_in_hubspot =
        |entity| !matches!(entity, Entity::Unknown | Entity::Project | Entity::TimeEntry | Entity::FormResponse);
    event_type(name).filter(|event| is_in_hubspot(event.entity))
}

/// The record's own time of the change, if the workflow sends the property.
fn occurred_at(action: Action, properties: &Object<'_>) -> Option<Timestamp> {
    match action {
        Action::Created => properties.time("createdate").or_else(|| properties.time("hs_createdate")),
        Action::Deleted => None,
        _ => properties.time("lastmodifieddate").or_else(|| properties.time("hs_lastmodifieddate")),
    }
}
