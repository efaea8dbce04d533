//! Close (close.com).
//!
//! - Webhooks: <https://developer.close.com/api/resources/webhooks>, events:
//!   <https://developer.close.com/api/resources/events> and their list below it, checked 2026-11.
//! - Signs: HMAC-SHA256 over timestamp and body, with a key per subscription.
//! - Retries for 72 hours, with pauses of up to 20 minutes.
//!
//! A webhook is an entry of Close's event log: the whole record after the change, the names of the changed fields,
//! their old values, and the actor. Close adds later changes to an entry that it has already sent: the entry's id stays
//! the same, and its `date_updated` changes.
//!
//! A lead of Close is a company: it has addresses, contacts and opportunities, and stays a lead after it has become a
//! customer. Money is in cents.

mod activities;
mod catalog;
mod changes;
mod companies;
mod deals;
mod mentioned;

use std::borrow::Cow;

use crm_event::record::{Common, Record};
use crm_event::{Action, Actor, CustomField, Entity, Ref, Text};

use super::{
    ActionDetail, AnswerForm, BodyForm, CatalogEntry, Change, ChangeId, PATIENT, SecretMembers, Translation, Unknown,
    Vendor, Webhook,
};
use crate::error::Quarantine;
use crate::fields::{custom_fields as named_custom_fields, reference, reference_to, user_actor};
use crate::json::Object;
use crate::scheme::{CLOSE, Scheme};

pub const VENDOR: Vendor = Vendor {
    name: "close",
    title: "Close",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Signature(&CLOSE)],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[ChangeId::Members(&["event.id", "event.date_updated"])],
    writes_local_times: false,
    has_opaque_field_ids: true,
    reads_request: false,
    secret_members: SecretMembers::NONE,
    log_members: &["subscription_id", "event.id", "event.request_id"],
    // All events of Close are about an object, so this is a made-up one. It becomes `crm.unknown.received`.
    test_body: r#"{"subscription_id":"crm-events.check","event":{"object_type":"crm-events","action":"check"}}"#,
    catalog: catalog::CATALOG,
    normalize: &normalize,
};

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let event = webhook.body.object("event");
    let event = event.ok_or_else(|| Quarantine::wrong_envelope("expected an object under \"event\""))?;
    let (Some(object_type), Some(action_word)) = (event.text("object_type"), event.text("action")) else {
        let detail = "the body has no \"event.object_type\" and \"event.action\" that name it";
        return Err(Quarantine::no_event_name(detail));
    };
    let vendor_event: Text<'a> = Cow::Owned([&*object_type, ".", &*action_word].concat());
    let account = event.id("organization_id");
    let occurred_at = event.time("date_updated").or_else(|| event.time("date_created"));

    let target = target(&vendor_event).filter(|(_, action)| *action != Action::Reopened || is_reopening(&event));
    let Some((entity, action)) = target else {
        let record_id = event.id("object_id");
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at }));
    };
    let is_deletion = action_word == "deleted";
    let data = event.object("data").filter(is_filled);
    let previous = event.object("previous_data").filter(is_filled);
    // For a deletion, `data` is empty and `previous_data` is the whole record.
    let whole = if is_deletion { previous.clone().or(data) } else { data };
    let is_missing = whole.is_none();
    let o = whole.unwrap_or_else(|| event.clone().map_members(|_, value| Some(value.null())));

    let (record, changes, partial) = match &*object_type {
        "activity.lead_status_change" => mentioned::company(&event, &o)?,
        "activity.opportunity_status_change" => mentioned::deal(&o)?,
        "activity.task_completed" => mentioned::task(&o, action == Action::Completed)?,
        "membership" => mentioned::user(&o)?,
        _ => {
            let id = record_id(&event, action)?;
            let record = record(entity, id, &object_type, &o);
            let changes = if is_deletion || is_missing {
                Vec::new()
            } else {
                changes::changes(&event, &record, previous.as_ref(), &o, &object_type)
            };
            (record, changes, is_missing)
        }
    };
    let change = Change {
        action_detail: action_detail(&event, action, record.id()),
        vendor_event,
        action,
        record,
        account,
        occurred_at,
        partial,
        changes,
        actor: actor(&event, &o),
    };
    Ok(change.into())
}

/// The target of an event. Any type of task is a task, because Close may add types.
fn target(vendor_event: &str) -> Option<(Entity, Action)> {
    CatalogEntry::event_of(catalog::CATALOG, vendor_event).or_else(|| {
        let (_, action) = vendor_event.strip_prefix("task.")?.rsplit_once('.')?;
        CatalogEntry::event_of(catalog::CATALOG, &["task.lead.", action].concat())
    })
}

/// True if the deletion of a task's completion means that the task is open again. A deletion request means that the
/// lead, the task or the completion itself was deleted. After the deletion of a lead, a reopening would bring its task
/// back.
fn is_reopening(event: &Object<'_>) -> bool {
    let Some(meta) = event.any_object("meta") else { return false };
    // These delete or move everything in a lead, and do not reopen tasks.
    let of_leads = ["bulk_action_id", "merge_source_lead_id", "revert_import_id"];
    let method = meta.text("request_method");
    method.is_some_and(|method| method != "DELETE") && of_leads.into_iter().all(|id| meta.id(id).is_none())
}

fn is_filled(o: &Object<'_>) -> bool {
    o.members().next().is_some()
}

/// The id of the event's record. For a merge it is the lead that remains.
fn record_id<'a>(event: &Object<'a>, action: Action) -> Result<Text<'a>, Quarantine> {
    let destination = || event.any_object("meta")?.id("merge_destination_lead_id");
    let remaining = if action == Action::Merged { destination().or_else(|| event.id("lead_id")) } else { None };
    remaining.map_or_else(|| event.record_id("object_id", "event.object_id"), Ok)
}

/// The details of a merge. Every event that a merge caused has the ids of both leads. The lead that is gone has its own
/// deletion.
fn action_detail<'a>(event: &Object<'a>, action: Action, id: &Text<'a>) -> Option<ActionDetail<'a>> {
    let meta = event.any_object("meta")?;
    let (source, destination) = (meta.id("merge_source_lead_id"), meta.id("merge_destination_lead_id"));
    match action {
        Action::Merged => Some(ActionDetail::MergedIds(source.into_iter().collect())),
        Action::Deleted if source.as_ref() == Some(id) => destination.map(ActionDetail::MergedInto),
        _ => None,
    }
}

/// The user who made the change. `null` means that it was not a user.
fn actor<'a>(event: &Object<'a>, o: &Object<'a>) -> Option<Actor<'a>> {
    if event.has("user_id") && event.json("user_id").is_none() {
        return Some(Actor { actor_type: Some(Cow::Borrowed("system")), ..Actor::default() });
    }
    let id = event.id("user_id")?;
    let names = [("updated_by", "updated_by_name"), ("created_by", "created_by_name"), ("user_id", "user_name")];
    let mut same = names.into_iter().filter(|(by, _)| o.id(by).as_ref() == Some(&id));
    let name = same.find_map(|(_, name)| o.text(name));
    Some(Actor { name, ..user_actor(id) })
}

fn record<'a>(entity: Entity, id: Text<'a>, object_type: &str, o: &Object<'a>) -> Record<'a> {
    let common = Common {
        created_at: o.time("date_created"),
        updated_at: o.time("date_updated"),
        created_by: reference(o.id("created_by"), o.text("created_by_name")),
        updated_by: reference(o.id("updated_by"), o.text("updated_by_name")),
        owner: reference(o.id("user_id"), o.text("user_name")),
        custom_fields: custom_fields(o),
        url: o.text("html_url"),
        ..Common::new(id)
    };
    match entity {
        Entity::Company => Record::from(companies::company(common, o)),
        Entity::Contact => Record::from(companies::contact(common, o)),
        Entity::Deal => Record::from(deals::deal(common, o)),
        Entity::Task => Record::from(activities::task(common, object_type, o)),
        Entity::Call => Record::from(activities::call(common, o)),
        Entity::Note => Record::from(activities::note(common, o)),
        Entity::Appointment => Record::from(activities::meeting(common, o)),
        Entity::FormResponse => Record::from(activities::form_response(common, o)),
        Entity::CustomObject => Record::from(activities::custom_object(common, o)),
        _ => Record::from(activities::activity(common, object_type, o)),
    }
}

/// Prefix of custom fields, before the id (`custom.cf_...`).
const CUSTOM_FIELD: &str = "custom.";

/// The members `custom.cf_...`. If there are none, the members of `custom`, an older form with names instead of ids.
fn custom_fields<'a>(o: &Object<'a>) -> Vec<CustomField<'a>> {
    let fields = o.members().filter_map(|(name, value)| {
        Some(CustomField { id: Some(custom_field_id(name)?), value: Some(value.json()?), ..CustomField::default() })
    });
    let fields: Vec<_> = fields.collect();
    if !fields.is_empty() {
        return fields;
    }
    o.any_object("custom").map(|fields| named_custom_fields(&fields)).unwrap_or_default()
}

fn custom_field_id(name: Text<'_>) -> Option<Text<'_>> {
    match name {
        Cow::Borrowed(name) => name.strip_prefix(CUSTOM_FIELD).map(Cow::Borrowed),
        Cow::Owned(name) => name.strip_prefix(CUSTOM_FIELD).map(|id| Cow::Owned(id.to_owned())),
    }
}

/// The lead, as the company that something belongs to.
fn lead<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    reference(o.id("lead_id"), o.text("lead_name"))
}

/// The lead, as the record that something is about.
fn related_lead<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    reference_to(Entity::Company, o.id("lead_id"), o.text("lead_name"))
}

fn contact<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    reference(o.id("contact_id"), o.text("contact_name"))
}
