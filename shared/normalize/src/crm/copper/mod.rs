//! Copper (copper.com, formerly ProsperWorks).
//!
//! - Webhooks: <https://developer.copper.com/webhooks/overview.html> and
//!   <https://developer.copper.com/webhooks/notification-example.html>, checked 2026-11.
//! - Proof of origin: none of its own. A subscription may add headers, and `register` gives it one with a random token.
//! - Retries: none. Copper ignores the response.
//!
//! A notification has a kind of record, an event and up to 30 ids. That of an update also has the old and the new
//! values of the changed attributes, once for all ids. There is no actor, and no record beyond the changes, so every
//! event is partial.
//!
//! Not to be confused with <https://developer.copper.co>, a product of another company.

mod changes;
mod records;

use std::borrow::Cow;

use crm_event::{Action, Entity, FieldChange, Text};

use super::{
    AnswerForm, BodyForm, CatalogEntry, Change, PATIENT, SecretMembers, Translation, Unknown, Vendor, Webhook,
};
use crate::changes::is_json;
use crate::error::Quarantine;
use crate::fields::distinct;
use crate::json::{Object, Value};
use crate::scheme::Scheme;

pub const VENDOR: Vendor = Vendor {
    name: "copper",
    title: "Copper",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[],
    writes_local_times: false,
    has_opaque_field_ids: true,
    reads_request: false,
    // A subscription may have secrets of any name, which Copper puts beside the documented members.
    secret_members: SecretMembers::RootBut(&[
        "ids",
        "id",
        "type",
        "event",
        "subscription_id",
        "updated_attributes",
        "timestamp",
    ]),
    log_members: &["subscription_id"],
    test_body: r#"{"type":"crm-events","event":"check","ids":[]}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("lead.new", Entity::Lead, Action::Created),
    CatalogEntry::event("lead.update", Entity::Lead, Action::Updated),
    CatalogEntry::event("lead.update", Entity::Lead, Action::StatusChanged),
    CatalogEntry::event("lead.delete", Entity::Lead, Action::Deleted),
    CatalogEntry::event("person.new", Entity::Contact, Action::Created),
    CatalogEntry::event("person.update", Entity::Contact, Action::Updated),
    CatalogEntry::event("person.delete", Entity::Contact, Action::Deleted),
    CatalogEntry::event("company.new", Entity::Company, Action::Created),
    CatalogEntry::event("company.update", Entity::Company, Action::Updated),
    CatalogEntry::event("company.delete", Entity::Company, Action::Deleted),
    CatalogEntry::event("opportunity.new", Entity::Deal, Action::Created),
    CatalogEntry::event("opportunity.update", Entity::Deal, Action::Updated),
    CatalogEntry::event("opportunity.update", Entity::Deal, Action::StageChanged),
    CatalogEntry::event("opportunity.update", Entity::Deal, Action::StatusChanged),
    CatalogEntry::event("opportunity.delete", Entity::Deal, Action::Deleted),
    CatalogEntry::event("project.new", Entity::Project, Action::Created),
    CatalogEntry::event("project.update", Entity::Project, Action::Updated),
    CatalogEntry::event("project.update", Entity::Project, Action::Completed),
    CatalogEntry::event("project.update", Entity::Project, Action::Reopened),
    CatalogEntry::event("project.delete", Entity::Project, Action::Deleted),
    CatalogEntry::event("task.new", Entity::Task, Action::Created),
    CatalogEntry::event("task.update", Entity::Task, Action::Updated),
    CatalogEntry::event("task.update", Entity::Task, Action::Completed),
    CatalogEntry::event("task.update", Entity::Task, Action::Reopened),
    CatalogEntry::event("task.delete", Entity::Task, Action::Deleted),
    CatalogEntry::event("activity_log.new", Entity::Activity, Action::Created),
    CatalogEntry::event("activity_log.update", Entity::Activity, Action::Updated),
    CatalogEntry::event("activity_log.delete", Entity::Activity, Action::Deleted),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let ids = match distinct(body.ids("ids")) {
        ids if ids.is_empty() => body.id("id").into_iter().collect(),
        ids => ids,
    };
    if body.has_warnings() {
        // Events of the other ids alone would lose this record.
        return Err(Quarantine::wrong_envelope("expected only numbers in \"ids\""));
    }
    let (Some(kind), Some(event)) = (body.text("type"), body.text("event")) else {
        let detail = "the body has no \"type\" and \"event\" that name it";
        return Err(Quarantine::no_event_name(detail));
    };
    let vendor_event: Text<'a> = Cow::Owned([&*kind, ".", &*event].concat());
    let occurred_at = body.time("timestamp");
    let Some((entity, action)) = CatalogEntry::event_of(CATALOG, &vendor_event) else {
        let record_id = if ids.len() == 1 { ids.into_iter().next() } else { None };
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account: None, occurred_at }));
    };
    let Some(first) = ids.first() else { return Err(Quarantine::no_record_id("ids")) };

    let attributes = body.object("updated_attributes").unwrap_or_else(Object::empty);
    let old = attributes.with_own_warnings().map_members(old_value);
    let new = attributes.clone().map_members(new_value);
    let changes = changes::changes(entity, first, &attributes, &old, &new);
    let action = if action == Action::Updated { changed_action(entity, &changes) } else { action };
    Translation::for_each(ids, changes.len(), |id| Change {
        vendor_event: vendor_event.clone(),
        action,
        action_detail: None,
        record: records::record(entity, id, &new),
        account: None,
        occurred_at,
        partial: true,
        changes: changes.clone(),
        actor: None,
    })
}

/// The old and the new value of an attribute: `[old, new]`. `None` for anything else.
fn pair<'o, 'a>(value: Value<'o, 'a>) -> Option<(Value<'o, 'a>, Value<'o, 'a>)> {
    let mut values = value.children();
    let is_pair = value.is_array() && values.len() == 2;
    if is_pair { Some((values.next()?, values.next()?)) } else { None }
}

fn old_value<'o, 'a>(_: &str, value: Value<'o, 'a>) -> Option<Value<'o, 'a>> {
    Some(pair(value).map_or_else(|| value.null(), |(old, _)| old))
}

fn new_value<'o, 'a>(_: &str, value: Value<'o, 'a>) -> Option<Value<'o, 'a>> {
    Some(pair(value).map_or_else(|| value.null(), |(_, new)| new))
}

/// The most specific action that the changes show.
fn changed_action(entity: Entity, changes: &[FieldChange<'_>]) -> Action {
    let change = |field: &str| changes.iter().find(|change| change.field == field);
    match change("is_completed") {
        Some(completion) if is_json(completion.to.as_ref(), "true") => return Action::Completed,
        // A task without a status before was not completed.
        Some(completion) if is_json(completion.from.as_ref(), "true") && is_json(completion.to.as_ref(), "false") => {
            return Action::Reopened;
        }
        _ => {}
    }
    match entity {
        // The stage of a lead is its status, of which Copper may send only the id.
        Entity::Lead if change("status").or_else(|| change("stage")).is_some() => Action::StatusChanged,
        Entity::Deal if change("status").is_some() => Action::StatusChanged,
        Entity::Deal if change("stage").is_some() => Action::StageChanged,
        _ => Action::Updated,
    }
}
