//! HubSpot.
//!
//! - App subscriptions: <https://developers.hubspot.com/docs/api/webhooks>, the names by the enumeration of
//!   <https://github.com/HubSpot/HubSpot-public-api-spec-collection> (Webhooks, v3), checked 2026-11. The body is an
//!   array of up to 100 events of any records and kinds.
//! - Workflow webhooks: see [`workflow`].
//! - Proof of origin: <https://developers.hubspot.com/docs/api/webhooks/validating-requests>. App subscriptions sign
//!   with version 3, workflows with version 2 or not at all.
//! - Retries: 10 within 24 hours, after any status of 400 and above and after 5 seconds without an answer.
//!   `attemptNumber` in the body counts them.
//!
//! An event has only the record's id and at most one property, so every event is partial. All values are text.

mod objects;
mod people;
mod properties;
mod sales;
mod work;
mod workflow;

use std::borrow::Cow;
use std::time::Duration;

use crm_event::{Action, Actor, Entity, Json, Ref, Text};

use super::{
    ActionDetail, AnswerForm, BodyForm, CatalogEntry, Change, ChangeId, SecretMembers, Translation, Unknown, Vendor,
    Webhook,
};
use crate::changes;
use crate::error::Quarantine;
use crate::field_tables::Members;
use crate::fields::{distinct, user_actor};
use crate::json::Object;
use crate::scheme::{HUBSPOT_V2, HUBSPOT_V3, Scheme};

pub const VENDOR: Vendor = Vendor {
    name: "hubspot",
    title: "HubSpot",
    body_form: BodyForm::Array,
    syntaxes: &[],
    answer_within: Duration::from_secs(5),
    answer: AnswerForm::Json,
    schemes: &[Scheme::Signature(&HUBSPOT_V3), Scheme::Signature(&HUBSPOT_V2), Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    // A workflow's body has any members that its administrator chose, `occurredAt` among them. It has neither of these.
    change_ids: &[
        ChangeId::MembersBeside { member: "subscriptionType", id: CHANGE_ID },
        ChangeId::MembersBeside { member: "eventType", id: CHANGE_ID },
    ],
    writes_local_times: false,
    has_opaque_field_ids: false,
    reads_request: false,
    secret_members: SecretMembers::NONE,
    log_members: &["eventId", "subscriptionId", "portalId", "subscriptionType", "attemptNumber"],
    // The event that the app's Test button sends.
    test_body: r#"[{"eventId":100,"subscriptionId":1,"portalId":1,"appId":1,"occurredAt":1790000000000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW"}]"#,
    catalog: CATALOG,
    normalize: &normalize,
};

/// The members that together identify a change of an app's subscription. `eventId` is not unique, and `attemptNumber`
/// counts the deliveries.
const CHANGE_ID: &[&str] = &[
    "occurredAt",
    "portalId",
    "subscriptionType",
    "eventType",
    "objectTypeId",
    "objectId",
    "eventId",
    "propertyName",
    "propertyValue",
    "primaryObjectId",
    "mergedObjectIds",
    "newObjectId",
    "fromObjectTypeId",
    "fromObjectId",
    "toObjectTypeId",
    "toObjectId",
    "associationType",
    "associationCategory",
    "associationTypeId",
    "associationRemoved",
    "isPrimaryAssociation",
    "messageId",
];

const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("contact.creation", Entity::Contact, Action::Created),
    CatalogEntry::event("contact.deletion", Entity::Contact, Action::Deleted),
    CatalogEntry::event("contact.restore", Entity::Contact, Action::Restored),
    CatalogEntry::event("contact.merge", Entity::Contact, Action::Merged),
    CatalogEntry::event("contact.merge", Entity::Contact, Action::Deleted),
    CatalogEntry::event("contact.propertyChange", Entity::Contact, Action::Updated),
    CatalogEntry::event("contact.propertyChange", Entity::Contact, Action::StageChanged),
    CatalogEntry::event("contact.propertyChange", Entity::Contact, Action::StatusChanged),
    CatalogEntry::event("contact.associationChange", Entity::Contact, Action::Updated),
    CatalogEntry::event("contact.privacyDeletion", Entity::Contact, Action::Deleted),
    CatalogEntry::event("company.creation", Entity::Company, Action::Created),
    CatalogEntry::event("company.deletion", Entity::Company, Action::Deleted),
    CatalogEntry::event("company.restore", Entity::Company, Action::Restored),
    CatalogEntry::event("company.merge", Entity::Company, Action::Merged),
    CatalogEntry::event("company.merge", Entity::Company, Action::Deleted),
    CatalogEntry::event("company.propertyChange", Entity::Company, Action::Updated),
    CatalogEntry::event("company.propertyChange", Entity::Company, Action::StageChanged),
    CatalogEntry::event("company.propertyChange", Entity::Company, Action::StatusChanged),
    CatalogEntry::event("company.associationChange", Entity::Company, Action::Updated),
    CatalogEntry::event("deal.creation", Entity::Deal, Action::Created),
    CatalogEntry::event("deal.deletion", Entity::Deal, Action::Deleted),
    CatalogEntry::event("deal.restore", Entity::Deal, Action::Restored),
    CatalogEntry::event("deal.merge", Entity::Deal, Action::Merged),
    CatalogEntry::event("deal.merge", Entity::Deal, Action::Deleted),
    CatalogEntry::event("deal.propertyChange", Entity::Deal, Action::Updated),
    CatalogEntry::event("deal.propertyChange", Entity::Deal, Action::StageChanged),
    CatalogEntry::event("deal.associationChange", Entity::Deal, Action::Updated),
    CatalogEntry::event("product.creation", Entity::Product, Action::Created),
    CatalogEntry::event("product.deletion", Entity::Product, Action::Deleted),
    CatalogEntry::event("product.restore", Entity::Product, Action::Restored),
    CatalogEntry::event("product.merge", Entity::Product, Action::Merged),
    CatalogEntry::event("product.merge", Entity::Product, Action::Deleted),
    CatalogEntry::event("product.propertyChange", Entity::Product, Action::Updated),
    CatalogEntry::event("object.creation", Entity::Contact, Action::Created),
    CatalogEntry::event("object.creation", Entity::Lead, Action::Created),
    CatalogEntry::event("object.creation", Entity::Task, Action::Created),
    CatalogEntry::event("object.creation", Entity::Note, Action::Created),
    CatalogEntry::event("object.creation", Entity::Call, Action::Created),
    CatalogEntry::event("object.creation", Entity::Appointment, Action::Created),
    CatalogEntry::event("object.creation", Entity::Activity, Action::Created),
    CatalogEntry::event("object.creation", Entity::User, Action::Created),
    CatalogEntry::event("object.creation", Entity::CustomObject, Action::Created),
    CatalogEntry::event("object.deletion", Entity::Lead, Action::Deleted),
    CatalogEntry::event("object.restore", Entity::CustomObject, Action::Restored),
    CatalogEntry::event("object.merge", Entity::Company, Action::Merged),
    CatalogEntry::event("object.merge", Entity::Company, Action::Deleted),
    CatalogEntry::event("object.propertyChange", Entity::Lead, Action::StageChanged),
    CatalogEntry::event("object.propertyChange", Entity::Deal, Action::Updated),
    CatalogEntry::event("object.propertyChange", Entity::Order, Action::StageChanged),
    CatalogEntry::event("object.propertyChange", Entity::Quote, Action::StatusChanged),
    CatalogEntry::event("object.propertyChange", Entity::Invoice, Action::StatusChanged),
    CatalogEntry::event("object.propertyChange", Entity::Invoice, Action::Paid),
    CatalogEntry::event("object.propertyChange", Entity::Payment, Action::Updated),
    CatalogEntry::event("object.propertyChange", Entity::Task, Action::StatusChanged),
    CatalogEntry::event("object.propertyChange", Entity::Task, Action::Completed),
    CatalogEntry::event("object.associationChange", Entity::Deal, Action::Updated),
    // Kinds that are not modelled.
    CatalogEntry::unknown("line_item.creation"),
    CatalogEntry::unknown("line_item.deletion"),
    CatalogEntry::unknown("line_item.restore"),
    CatalogEntry::unknown("line_item.merge"),
    CatalogEntry::unknown("line_item.propertyChange"),
    CatalogEntry::unknown("line_item.associationChange"),
    CatalogEntry::unknown("ticket.creation"),
    CatalogEntry::unknown("ticket.deletion"),
    CatalogEntry::unknown("ticket.restore"),
    CatalogEntry::unknown("ticket.merge"),
    CatalogEntry::unknown("ticket.propertyChange"),
    CatalogEntry::unknown("ticket.associationChange"),
    CatalogEntry::unknown("object.creation"),
    CatalogEntry::unknown("conversation.creation"),
    CatalogEntry::unknown("conversation.deletion"),
    CatalogEntry::unknown("conversation.privacyDeletion"),
    CatalogEntry::unknown("conversation.propertyChange"),
    CatalogEntry::unknown("conversation.newMessage"),
    CatalogEntry::unknown("event.completed"),
    // Names in the URL of a workflow: any record with any action.
    CatalogEntry::event("contact.updated", Entity::Contact, Action::Updated),
    CatalogEntry::event("company.updated", Entity::Company, Action::Updated),
    CatalogEntry::event("deal.stage_changed", Entity::Deal, Action::StageChanged),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    // HubSpot's page has `eventType` in its table, its servers send `subscriptionType`.
    let Some(vendor_event) = body.text("subscriptionType").or_else(|| body.text("eventType")) else {
        return workflow::normalize(webhook);
    };
    if is_test(body) {
        return Ok(Translation::Ignored("a test from the settings of the app"));
    }
    let (object, kind) = vendor_event.split_once('.').unwrap_or((&vendor_event, ""));
    // A change of an association has the type ids of both ends, and is about the end called `from`.
    let type_id = body.text(if kind == "associationChange" { "fromObjectTypeId" } else { "objectTypeId" });
    let entity = match object {
        "object" => type_id.as_deref().and_then(objects::entity_of_type),
        name => objects::entity_of_name(name),
    };
    let event = AppEvent { body, vendor_event: vendor_event.clone(), type_id };
    let Some(entity) = entity else { return Ok(event.unknown()) };
    match kind {
        "creation" => event.simple(entity, Action::Created),
        "deletion" => event.simple(entity, Action::Deleted),
        "restore" => event.simple(entity, Action::Restored),
        "privacyDeletion" => event.privacy_deletion(entity),
        "propertyChange" => event.property_change(entity),
        "associationChange" => event.association_change(entity),
        "merge" => event.merge(entity),
        _ => Ok(event.unknown()),
    }
}

/// True for the made-up event of the Test button.
fn is_test(body: &Object<'_>) -> bool {
    let is = |name: &str, value: &str| body.text(name).as_deref() == Some(value);
    is("eventId", "100") && is("objectId", "123") && (is("changeFlag", "NEW") || is("propertyValue", "sample-value"))
}

/// An event of an app's subscription.
struct AppEvent<'o, 'a> {
    body: &'o Object<'a>,
    vendor_event: Text<'a>,
    /// Generic events, `object.*`, have the type id of the record.
    type_id: Option<Text<'a>>,
}

impl<'a> AppEvent<'_, 'a> {
    fn unknown(self) -> Translation<'a> {
        // A merge and a change of an association may lack `objectId`.
        let ids = ["objectId", "newObjectId", "primaryObjectId", "fromObjectId"];
        Translation::Unknown(Unknown {
            record_id: ids.into_iter().find_map(|name| self.body.id(name)),
            account: self.body.id("portalId"),
            occurred_at: self.body.time("occurredAt"),
            vendor_event: self.vendor_event,
        })
    }

    /// The change of the record with an id of HubSpot's and properties.
    fn change(&self, entity: Entity, id: Text<'a>, action: Action, properties: Option<&Object<'a>>) -> Change<'a> {
        let body = self.body;
        let occurred_at = body.time("occurredAt");
        let about = properties::About {
            type_id: self.type_id.clone(),
            created_at: occurred_at.filter(|_| action == Action::Created),
            members: Members::Changed,
        };
        Change {
            vendor_event: self.vendor_event.clone(),
            action,
            action_detail: None,
            record: properties::record(entity, self.unique(id), about, properties),
            account: body.id("portalId"),
            occurred_at,
            partial: true,
            changes: Vec::new(),
            actor: actor(body),
        }
    }

    /// The record's id as the events have it.
    fn unique(&self, id: Text<'a>) -> Text<'a> {
        objects::unique_id(self.type_id.as_deref(), id)
    }

    fn simple(&self, entity: Entity, action: Action) -> Result<Translation<'a>, Quarantine> {
        let id = self.body.record_id("objectId", "objectId")?;
        Ok(self.change(entity, id, action, None).into())
    }

    /// Reads a privacy deletion, which is sent in addition to the deletion, before or after it.
    fn privacy_deletion(&self, entity: Entity) -> Result<Translation<'a>, Quarantine> {
        let id = self.body.record_id("objectId", "objectId")?;
        let change = self.change(entity, id, Action::Deleted, None);
        Ok(Change { action_detail: Some(ActionDetail::ErasedForPrivacy), ..change }.into())
    }

    fn property_change(&self, entity: Entity) -> Result<Translation<'a>, Quarantine> {
        let body = self.body;
        let id = body.record_id("objectId", "objectId")?;
        let Some(name) = body.text("propertyName") else {
            return Ok(self.change(entity, id, Action::Updated, None).into());
        };
        let value = body.json("propertyValue");
        if self.is_redacted() || !body.has("propertyValue") {
            let action = properties::action(entity, &name, None);
            let changes = vec![properties::changed(entity, &name, None, None)];
            return Ok(Change { changes, ..self.change(entity, id, action, None) }.into());
        }
        let action = properties::action(entity, &name, body.text("propertyValue").as_deref());
        let properties = body.clone().renamed("propertyValue", name.clone());
        let mut change = self.change(entity, id, action, Some(&properties));
        change.changes.push(properties::changed(entity, &name, Some(&change.record), value));
        if action == Action::StageChanged {
            change.changes.extend(changes::status_of_stage(&change.record));
        }
        Ok(change.into())
    }

    /// True for a Sensitive Data property, whose value is not sent.
    fn is_redacted(&self) -> bool {
        let is_sensitive = self.body.bool("isSensitive");
        let has_word = || self.body.text("propertyValue").as_deref() == Some("REDACTED");
        is_sensitive == Some(true) || (is_sensitive.is_none() && has_word())
    }

    /// Reads a change of an association. Each of the two ends has its own event, which is about the end called `from`.
    fn association_change(&self, entity: Entity) -> Result<Translation<'a>, Quarantine> {
        let body = self.body;
        let id = body.id("fromObjectId").map_or_else(|| body.record_id("objectId", "fromObjectId"), Ok)?;
        let association = body.text("associationType");
        let other_type = body.text("toObjectTypeId");
        let other_entity = match (&other_type, &association) {
            (Some(type_id), _) => objects::entity_of_type(type_id),
            (None, Some(name)) => name.split_once("_TO_").and_then(|(_, to)| objects::entity_of_name(to)),
            (None, None) => None,
        };
        let other_id = body.id("toObjectId").map(|id| objects::unique_id(other_type.as_deref(), id));
        let other = Ref { id: other_id, entity: other_entity, ..Ref::default() };
        let is_removed = body.bool("associationRemoved").unwrap_or_default();
        let mut change = self.change(entity, id, Action::Updated, None);
        let json = Json::of(&other).ok();
        let ends = || match is_removed {
            true => (json.clone(), Some(Json::null())),
            false => (None, json.clone()),
        };
        let name = association.unwrap_or_else(|| self.association_name());
        let (from, to) = ends();
        change.changes.push(changes::change(name, from, to));
        // A record has one primary company.
        let is_primary = body.bool("isPrimaryAssociation").unwrap_or_default();
        if is_primary && other_entity == Some(Entity::Company) && properties::has_company(entity) {
            let (from, to) = ends();
            change.changes.push(changes::change("company", from, to));
            if !is_removed {
                properties::set_company(&mut change.record, other);
            }
        }
        Ok(change.into())
    }

    /// The name of the association. Generic subscriptions have its category and number.
    fn association_name(&self) -> Text<'a> {
        let part = |name: &str| self.body.text(name).unwrap_or_default();
        Cow::Owned(format!("association {} {}", part("associationCategory"), part("associationTypeId")))
    }

    /// Reads a merge. The remaining record may be a third one. Each of the others gets a deletion.
    fn merge(&self, entity: Entity) -> Result<Translation<'a>, Quarantine> {
        let body = self.body;
        let primary = body.id("primaryObjectId");
        let remains = body.id("newObjectId").or_else(|| primary.clone());
        let remains = remains.ok_or_else(|| Quarantine::no_record_id("newObjectId"))?;
        let gone = distinct(body.ids("mergedObjectIds").into_iter().chain(primary).filter(|id| *id != remains));
        let merged = self.change(entity, remains.clone(), Action::Merged, None);
        let merged_ids = gone.iter().map(|id| self.unique(id.clone())).collect();
        let merged = Change { action_detail: Some(ActionDetail::MergedIds(merged_ids)), ..merged };
        let deleted = gone.into_iter().map(|id| Change {
            action_detail: Some(ActionDetail::MergedInto(self.unique(remains.clone()))),
            ..self.change(entity, id, Action::Deleted, None)
        });
        Ok(Translation::Changes(std::iter::once(merged).chain(deleted).collect()))
    }
}

/// The actor: a user if `sourceId` names one, otherwise an app or HubSpot itself. A user's id differs from the id of
/// the same person as an owner.
fn actor<'a>(body: &Object<'a>) -> Option<Actor<'a>> {
    let source = body.text("changeSource");
    let id = body.text("sourceId");
    let person = id.as_ref().and_then(|id| id.strip_prefix("userId:")).map(|id| id.to_owned());
    if let Some(id) = person {
        return Some(user_actor(Cow::Owned(id)));
    }
    let (id, name) = (id.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit())), source?);
    Some(Actor { id, name: Some(name), actor_type: Some(Cow::Borrowed("system")), ..Actor::default() })
}
