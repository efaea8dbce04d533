//! Callouts of a flow or of Apex: JSON that an administrator or developer writes.
//!
//! The documented form is `{"event": "opportunity.updated", "organizationId": .., "userId": .., "record": {..}, "old":
//! {..}}`. The triggers that Pipedream installs send `{"New": {..}, "Old": {..}, "UserId": ..}`. A body may also be the
//! record itself. The URL may name the event instead of the body: `?event=opportunity.updated`.

use std::borrow::Cow;

use crm_event::{Action, Entity, FieldChange, Text};

use super::changes::{self, State};
use super::ids::{check_organization, long};
use super::records::{self, About};
use super::{action_in_name, deletion_detail, is_call, objects, user};
use crate::changes::status_of_stage;
use crate::crm::{Change, Translation, Unknown, Webhook};
use crate::error::Quarantine;
use crate::field_tables::Members;
use crate::json::Object;

/// Members around a record that stands at the top of the body.
const ENVELOPE: &[&str] = &["event", "organizationId", "userId"];

/// The contents of a body of any form.
struct Callout<'a> {
    /// The record now; of a deleted record the last state.
    record: Option<Object<'a>>,
    /// The record before.
    old: Option<Object<'a>>,
    /// True if `old` is the whole record, and not only the fields that changed.
    has_whole_old: bool,
    /// The action that follows from the states that are there.
    action: Option<Action>,
}

impl<'a> Callout<'a> {
    fn read(body: &Object<'a>) -> Self {
        let (new, old) = (body.any_object("New"), body.any_object("Old"));
        let record = body.any_object("record");
        if record.is_none() && (body.has("New") || body.has("Old")) {
            let action = match (&new, &old) {
                (Some(_), None) => Some(Action::Created),
                (Some(_), Some(_)) => Some(Action::Updated),
                (None, Some(_)) => Some(Action::Deleted),
                (None, None) => None,
            };
            let (record, old) = if new.is_some() { (new, old) } else { (old, None) };
            return Self { record, old, has_whole_old: true, action };
        }
        let itself = || body.has("Id").then(|| body.clone().without(ENVELOPE));
        Self { record: record.or_else(itself), old, has_whole_old: false, action: None }
    }
}

pub(super) fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let organization = body.id("organizationId");
    check_organization(webhook.account, organization.as_ref())?;
    let account = organization.map(long);
    let Callout { record, old, has_whole_old, action: by_states } = Callout::read(body);
    let name = webhook.event_in_url().or_else(|| body.text("event"));
    let object = object(name.as_deref(), record.as_ref());
    let vendor_event = match (name, by_states) {
        (Some(name), _) => name,
        (None, Some(action)) => Cow::Owned(format!("{}.{action}", object.as_deref().unwrap_or("record"))),
        (None, None) => return Err(Quarantine::no_event_name(NO_NAME)),
    };
    let event = object.as_ref().and_then(|object| objects::entity_of_name(object)).zip(action_in_name(&vendor_event));
    let (entity, mut action): (Entity, Action) = match event {
        Some(event) => event,
        None => {
            let record_id = record.as_ref().and_then(|record| record.id("Id")).map(long);
            return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at: None }));
        }
    };
    let record = record.ok_or_else(|| Quarantine::wrong_envelope("expected the record under \"record\" or \"New\""))?;
    let entity = if is_call(entity, &record) { Entity::Call } else { entity };
    let id = long(record.record_id("Id", "record.Id")?);
    let object = object.unwrap_or_default();
    let about = About { object: &object, members: Members::Selected };
    let now = records::record(entity, about, id.clone(), &record);
    let mut changes = Vec::new();
    if let Some(old) = old.filter(|_| action != Action::Created) {
        let before = records::record(entity, about, id, &old);
        let (before, state) = (State::new(&old, &before), State::new(&record, &now));
        let names = changed(&old, &record, has_whole_old);
        changes = names.iter().map(|name| changes::change(name.clone(), name, Some(&before), &state)).collect();
        if action == Action::Updated {
            action = changes::action(entity, names.iter().map(|name| &**name), &record);
        }
        if action == Action::StageChanged {
            let derived = status_of_stage(&now).map(|now| FieldChange { from: before.field("status"), ..now });
            changes.extend(derived);
        }
    }
    let modified_at = || record.time("LastModifiedDate").or_else(|| record.time("SystemModstamp"));
    let occurred_at = match action {
        Action::Created => record.time("CreatedDate").or_else(modified_at),
        // The last change of the record was an earlier one.
        Action::Deleted => None,
        _ => modified_at(),
    };
    let change = Change {
        vendor_event,
        action,
        action_detail: deletion_detail(action, &record),
        record: now,
        account,
        occurred_at,
        partial: true,
        changes,
        actor: body.id("userId").or_else(|| record.id("LastModifiedById")).map(user),
    };
    Ok(change.into())
}

const NO_NAME: &str = "nothing names the event: write \"event\": \"<object>.<action>\" into the callout's body, such as \
                       \"opportunity.updated\", or add event=<object>.<action> to its URL";

/// The API name of the record's object: by its Apex type, by the event's name, by its id.
fn object<'a>(event: Option<&str>, record: Option<&Object<'a>>) -> Option<Text<'a>> {
    let apex_type = || record?.any_object("attributes")?.text("type");
    let in_event = || {
        let (object, _) = event?.rsplit_once('.')?;
        objects::api_name(object)
            .map(Cow::Borrowed)
            .or_else(|| objects::entity_of_name(object).map(|_| Cow::Owned(object.to_owned())))
    };
    let by_id = || objects::name_of_id(&record?.id("Id")?).map(Cow::Borrowed);
    // A type that is not modelled counts only if neither the event's name nor the id names an object.
    let is_modelled = |object: &Text<'a>| objects::entity_of_name(object).is_some();
    apex_type().filter(is_modelled).or_else(in_event).or_else(by_id).or_else(apex_type)
}

/// The names of the members whose values differ. If the old state is not whole, it has the changed fields alone.
fn changed<'a>(old: &Object<'a>, new: &Object<'a>, has_whole_old: bool) -> Vec<Text<'a>> {
    let value = |state: &Object<'a>, name: &str| state.json(name).map(|value| value.get());
    let differs = |name: &Text<'a>| value(old, name) != value(new, name);
    let of_old = old.members().map(|(name, _)| name);
    let added = new.members().map(|(name, _)| name).filter(|name| has_whole_old && !old.has(name));
    of_old.chain(added).filter(|name| *name != "attributes" && differs(name)).collect()
}
