//! Attio.
//!
//! - Webhooks: <https://docs.attio.com/rest-api/guides/webhooks>, events:
//!   <https://docs.attio.com/rest-api/webhook-reference>, checked 2026-11.
//! - Signs: HMAC-SHA256 over the body alone. `Idempotency-Key` is the same for all deliveries of a message, and not
//!   signed.
//! - Retries: up to 10 times in about 3 days.
//!
//! An event has ids only: the record, the attribute that changed, the actor. It has no values and no time, so every
//! event is partial and tells a consumer what to look up. The kind of a record is an id that differs in every
//! workspace. The registered URL names the kinds: `?people=<id>&companies=<id>&deals=<id>`.

use std::borrow::Cow;

use crm_event::record::{Activity, Common, Company, Contact, CustomObject, Deal, Note, Record, Task, User};
use crm_event::{Action, Actor, CustomField, Entity, Ref, Text};

use super::{
    ActionDetail, AnswerForm, BodyForm, CatalogEntry, Change, ChangeId, PATIENT, SecretMembers, Translation, Unknown,
    Vendor, Webhook,
};
use crate::changes::change;
use crate::error::Quarantine;
use crate::fields::{custom_field, reference};
use crate::json::Object;
use crate::request::Pairs;
use crate::scheme::{ATTIO, Scheme};

pub const VENDOR: Vendor = Vendor {
    name: "attio",
    title: "Attio",
    body_form: BodyForm::ArrayAt("events"),
    syntaxes: &[],
    // Attio documents no figure.
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Signature(&ATTIO)],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[ChangeId::UnsignedHeader("Idempotency-Key")],
    writes_local_times: false,
    has_opaque_field_ids: true,
    reads_request: true,
    secret_members: SecretMembers::NONE,
    log_members: &["webhook_id"],
    test_body: r#"{"webhook_id":"crm-events","events":[{"event_type":"crm-events.check"}]}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("record.created", Entity::Contact, Action::Created),
    CatalogEntry::event("record.created", Entity::Company, Action::Created),
    CatalogEntry::event("record.created", Entity::Deal, Action::Created),
    CatalogEntry::event("record.created", Entity::CustomObject, Action::Created),
    CatalogEntry::event("record.updated", Entity::Contact, Action::Updated),
    CatalogEntry::event("record.updated", Entity::Company, Action::Updated),
    CatalogEntry::event("record.updated", Entity::Deal, Action::Updated),
    CatalogEntry::event("record.updated", Entity::CustomObject, Action::Updated),
    CatalogEntry::event("record.deleted", Entity::Contact, Action::Deleted),
    CatalogEntry::event("record.deleted", Entity::Company, Action::Deleted),
    CatalogEntry::event("record.deleted", Entity::Deal, Action::Deleted),
    CatalogEntry::event("record.deleted", Entity::CustomObject, Action::Deleted),
    CatalogEntry::event("record.merged", Entity::Contact, Action::Merged),
    CatalogEntry::event("record.merged", Entity::Contact, Action::Deleted),
    CatalogEntry::event("record.merged", Entity::Company, Action::Merged),
    CatalogEntry::event("record.merged", Entity::Company, Action::Deleted),
    CatalogEntry::event("record.merged", Entity::Deal, Action::Merged),
    CatalogEntry::event("record.merged", Entity::Deal, Action::Deleted),
    CatalogEntry::event("record.merged", Entity::CustomObject, Action::Merged),
    CatalogEntry::event("record.merged", Entity::CustomObject, Action::Deleted),
    CatalogEntry::event("list-entry.created", Entity::CustomObject, Action::Created),
    CatalogEntry::event("list-entry.updated", Entity::CustomObject, Action::Updated),
    CatalogEntry::event("list-entry.deleted", Entity::CustomObject, Action::Deleted),
    CatalogEntry::event("note.created", Entity::Note, Action::Created),
    CatalogEntry::event("note.updated", Entity::Note, Action::Updated),
    CatalogEntry::event("note-content.updated", Entity::Note, Action::Updated),
    CatalogEntry::event("note.deleted", Entity::Note, Action::Deleted),
    CatalogEntry::event("task.created", Entity::Task, Action::Created),
    CatalogEntry::event("task.updated", Entity::Task, Action::Updated),
    CatalogEntry::event("task.deleted", Entity::Task, Action::Deleted),
    CatalogEntry::event("comment.created", Entity::Activity, Action::Created),
    CatalogEntry::event("comment.resolved", Entity::Activity, Action::Completed),
    CatalogEntry::event("comment.unresolved", Entity::Activity, Action::Reopened),
    CatalogEntry::event("comment.deleted", Entity::Activity, Action::Deleted),
    CatalogEntry::event("activity-record.created", Entity::Activity, Action::Created),
    CatalogEntry::event("activity-record.updated", Entity::Activity, Action::Updated),
    CatalogEntry::event("activity-record.deleted", Entity::Activity, Action::Deleted),
    CatalogEntry::event("workspace-member.created", Entity::User, Action::Added),
    // Not about a record: a recording, and the definitions of lists, attributes and kinds of activities.
    CatalogEntry::unknown("call-recording.created"),
    CatalogEntry::unknown("list.created"),
    CatalogEntry::unknown("list.updated"),
    CatalogEntry::unknown("list.deleted"),
    CatalogEntry::unknown("list-attribute.created"),
    CatalogEntry::unknown("list-attribute.updated"),
    CatalogEntry::unknown("object-attribute.created"),
    CatalogEntry::unknown("object-attribute.updated"),
    CatalogEntry::unknown("activity.created"),
    CatalogEntry::unknown("activity.updated"),
    CatalogEntry::unknown("activity.deleted"),
    CatalogEntry::unknown("activity-attribute.created"),
    CatalogEntry::unknown("activity-attribute.updated"),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    // Older pages of Attio show an event that stands alone.
    let element = if body.has("events") { body.objects("events").next() } else { Some(body.clone()) };
    let element = element.ok_or_else(|| Quarantine::wrong_envelope("expected an object in \"events\""))?;
    let Some(vendor_event) = element.text("event_type") else {
        return Err(Quarantine::no_event_name("the event has no \"event_type\", which names it"));
    };
    let ids = element.object("id").unwrap_or_else(Object::empty);
    let event = Event { element, ids, query: webhook.query };
    let Some((entity, action)) = CatalogEntry::event_of(CATALOG, &vendor_event) else {
        return Ok(event.unknown(vendor_event));
    };
    let family = vendor_event.split('.').next().unwrap_or_default();
    let record = match (family, entity) {
        ("record", _) if action == Action::Merged => return event.merge(&vendor_event),
        ("record", _) => event.record(event.ids.record_id("record_id", "id.record_id")?, "object_id"),
        ("list-entry", _) => event.list_entry()?,
        ("comment", _) => event.comment()?,
        ("activity-record", _) => event.activity()?,
        (_, Entity::Note) => event.note()?,
        (_, Entity::Task) => Task::new(Common::new(event.ids.record_id("task_id", "id.task_id")?)).into(),
        (_, Entity::User) => {
            User::new(Common::new(event.ids.record_id("workspace_member_id", "id.workspace_member_id")?)).into()
        }
        _ => return Ok(event.unknown(vendor_event)),
    };
    Ok(event.change(&vendor_event, action, record).into())
}

/// One event of a message.
struct Event<'a> {
    element: Object<'a>,
    /// Its member `id`, with all the ids that name the record.
    ids: Object<'a>,
    query: Pairs<'a>,
}

impl<'a> Event<'a> {
    /// The name that the URL has for an id of a kind: the parameter with this value. If there are several, it is the
    /// first by the alphabet, because a stored webhook does not keep the order of the URL.
    fn name_in_url(&self, id: &str) -> Option<Text<'a>> {
        let named = self.query.unique().filter(|(_, value)| value.trim().eq_ignore_ascii_case(id));
        named.map(|(name, _)| Cow::Borrowed(&**name)).min()
    }

    /// The entity of a kind of records. Kinds that the URL does not name are custom objects.
    fn entity(&self, object_id: &str) -> Entity {
        match self.name_in_url(object_id).as_deref() {
            Some("people") => Entity::Contact,
            Some("companies") => Entity::Company,
            Some("deals") => Entity::Deal,
            _ => Entity::CustomObject,
        }
    }

    /// The record with an id, of the kind that a member names.
    fn record(&self, id: Text<'a>, object_id: &str) -> Record<'a> {
        let common = Common::new(id);
        let object_id = self.ids.id(object_id);
        match object_id.as_deref().map_or(Entity::CustomObject, |id| self.entity(id)) {
            Entity::Contact => Contact::new(common).into(),
            Entity::Company => Company::new(common).into(),
            Entity::Deal => Deal::new(common).into(),
            _ => {
                let object_name = object_id.map(|id| self.name_in_url(&id).unwrap_or(id));
                CustomObject { object_name, ..CustomObject::new(common) }.into()
            }
        }
    }

    /// A mentioned record, by the members with the id of its kind and its own.
    fn mentioned(&self, object_id: &str, record_id: &str) -> Option<Ref<'a>> {
        let entity = self.element.id(object_id).map(|id| self.entity(&id));
        reference(self.element.id(record_id), None).map(|record| Ref { entity, ..record })
    }

    /// Ids that have no field of their own, under Attio's names.
    fn other_ids(&self, o: &Object<'a>, names: &[&'static str]) -> Vec<CustomField<'a>> {
        names.iter().filter_map(|name| custom_field(Cow::Borrowed(name), o.json(name)?)).collect()
    }

    fn list_entry(&self) -> Result<Record<'a>, Quarantine> {
        let common = Common {
            custom_fields: self.other_ids(&self.ids, &["list_id"]),
            ..Common::new(self.ids.record_id("entry_id", "id.entry_id")?)
        };
        let object_name = Some(Cow::Borrowed("list_entry"));
        let related_to = self.mentioned("parent_object_id", "parent_record_id");
        Ok(CustomObject { object_name, related_to, ..CustomObject::new(common) }.into())
    }

    fn note(&self) -> Result<Record<'a>, Quarantine> {
        let common = Common::new(self.ids.record_id("note_id", "id.note_id")?);
        Ok(Note { related_to: self.mentioned("parent_object_id", "parent_record_id"), ..Note::new(common) }.into())
    }

    fn comment(&self) -> Result<Record<'a>, Quarantine> {
        let common = Common {
            custom_fields: self.other_ids(&self.element, &["thread_id", "list_id", "entry_id"]),
            ..Common::new(self.ids.record_id("comment_id", "id.comment_id")?)
        };
        let activity_type = Some(Cow::Borrowed("comment"));
        let related_to = self.mentioned("object_id", "record_id");
        Ok(Activity { activity_type, related_to, ..Activity::new(common) }.into())
    }

    fn activity(&self) -> Result<Record<'a>, Quarantine> {
        let common = Common::new(self.ids.record_id("record_id", "id.record_id")?);
        let activity_type = self.ids.id("activity_id").map(|id| self.name_in_url(&id).unwrap_or(id));
        Ok(Activity { activity_type, ..Activity::new(common) }.into())
    }

    /// A merge: the record that remains, and the one that is gone.
    fn merge(&self, vendor_event: &Text<'a>) -> Result<Translation<'a>, Quarantine> {
        let remains = self.ids.record_id("record_id", "id.record_id")?;
        let merged = self.change(vendor_event, Action::Merged, self.record(remains.clone(), "object_id"));
        let Some(gone) = self.element.id("duplicate_record_id").filter(|gone| *gone != remains) else {
            return Ok(merged.into());
        };
        let merged = Change { action_detail: Some(ActionDetail::MergedIds(vec![gone.clone()])), ..merged };
        // Only records of one kind can be merged.
        let deleted = self.change(vendor_event, Action::Deleted, self.record(gone, "object_id"));
        let deleted = Change { action_detail: Some(ActionDetail::MergedInto(remains)), ..deleted };
        Ok(Translation::Changes(vec![merged, deleted]))
    }

    fn change(&self, vendor_event: &Text<'a>, action: Action, record: Record<'a>) -> Change<'a> {
        let attribute = if action == Action::Updated { self.ids.id("attribute_id") } else { None };
        Change {
            vendor_event: vendor_event.clone(),
            action,
            action_detail: None,
            record,
            account: self.ids.id("workspace_id"),
            occurred_at: None,
            partial: true,
            changes: attribute.map(|field| change(field, None, None)).into_iter().collect(),
            actor: self.actor(),
        }
    }

    fn unknown(&self, vendor_event: Text<'a>) -> Translation<'a> {
        let record_id = ["record_id", "call_recording_id"].iter().find_map(|name| self.ids.id(name));
        Translation::Unknown(Unknown {
            vendor_event,
            record_id,
            account: self.ids.id("workspace_id"),
            occurred_at: None,
        })
    }

    /// The actor. `system` has no id, and apps and automations have types that Attio does not list.
    fn actor(&self) -> Option<Actor<'a>> {
        let actor = self.element.object("actor")?;
        let actor_type = actor.text("type").map(|kind| match &*kind {
            "workspace-member" => Cow::Borrowed("user"),
            _ => kind,
        });
        Some(Actor { id: actor.id("id"), actor_type, ..Actor::default() })
    }
}
