//! The Notification API: a channel that tells which records of a module were created, edited or deleted.
//!
//! The body has the ids of the records, the names of the changed fields and, if the channel asks for them, their new
//! values. The names and values are listed by record id, and either list may be empty. There are no old values. The
//! only time is `server_time`, when the notification was sent.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crm_event::record::Record;
use crm_event::{Action, Actor, Entity, FieldChange, Json, Text};

use super::fields;
use super::modules;
use crate::changes::{Changes, FieldValues, change, status_of_stage};
use crate::crm::{Change, Translation, Unknown};
use crate::error::Quarantine;
use crate::field_tables::Members;
use crate::fields::distinct;
use crate::json::{Object, Value};

/// True for a notification. A workflow's body has neither of these members unless somebody gave it their names.
pub(super) fn is_notification(body: &Object<'_>) -> bool {
    body.json("ids").is_some_and(Value::is_array) || (body.has("channel_id") && body.has("resource_uri"))
}

pub(super) fn normalize<'a>(body: &Object<'a>) -> Result<Translation<'a>, Quarantine> {
    let (Some(module), Some(operation)) = (body.text("module"), body.text("operation")) else {
        let detail = "the notification has no \"module\" and \"operation\" that name the event";
        return Err(Quarantine::no_event_name(detail));
    };
    let occurred_at = body.time("server_time");
    let mut ids = distinct(body.ids("ids"));

    let word = modules::action(&operation);
    let vendor_event: Text<'a> = Cow::Owned([&*module, ".", word.map_or(&*operation, |(word, _)| word)].concat());
    let entity = modules::entity(&module).unwrap_or(Entity::CustomObject);
    let Some((_, action)) = word.filter(|_| entity != Entity::Unknown) else {
        // The body is one event, however many records it is about.
        let record_id = ids.pop().filter(|_| ids.is_empty());
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account: None, occurred_at }));
    };
    if ids.is_empty() {
        return Err(Quarantine::no_record_id("ids"));
    }
    let (names, values) = (names_by_id(body), values_by_id(body));
    let changes = ids.into_iter().map(|id| {
        let values = values.get(&id);
        let names = names_of_fields(entity, names.get(&id), values);
        let action = match action {
            Action::Updated => fields::action_for(entity, &names, values),
            action => action,
        };
        let record = fields::record(entity, id, Some(module.clone()), values, Members::Changed);
        let changes = if action == Action::Deleted { Vec::new() } else { field_changes(names, values, &record) };
        Change {
            vendor_event: vendor_event.clone(),
            action,
            action_detail: None,
            record,
            account: None,
            occurred_at,
            partial: true,
            changes,
            actor: values.and_then(actor),
        }
    });
    Ok(Translation::Changes(changes.collect()))
}

/// The names of the changed fields: `[{"<id>": ["Stage", ..]}, ..]`.
fn names_by_id<'a>(body: &Object<'a>) -> HashMap<Text<'a>, Vec<Text<'a>>> {
    let mut by_id: HashMap<Text<'a>, Vec<Text<'a>>> = HashMap::new();
    for entry in body.objects("affected_fields") {
        for id in distinct(entry.members().map(|(id, _)| id)) {
            let names = entry.texts(&id);
            by_id.entry(id).or_default().extend(names);
        }
    }
    by_id
}

/// The new values: `[{"record_id": "<id>", "values": {..}}, ..]`.
fn values_by_id<'a>(body: &Object<'a>) -> HashMap<Text<'a>, Object<'a>> {
    let mut by_id: HashMap<Text<'a>, Vec<Object<'a>>> = HashMap::new();
    for entry in body.objects("affected_values") {
        if let Some((id, values)) = entry.id("record_id").zip(entry.object("values")) {
            by_id.entry(id).or_default().push(values);
        }
    }
    by_id.into_iter().filter_map(|(id, values)| Some((id, Object::joined(values)?))).collect()
}

/// The changed fields of a record, without duplicates: those that are named, then those that have a value only. A name
/// with `$` is about the record in Zoho, except for `$converted`.
fn names_of_fields<'a>(entity: Entity, named: Option<&Vec<Text<'a>>>, values: Option<&Object<'a>>) -> Vec<Text<'a>> {
    let named = named.into_iter().flatten().cloned();
    let with_value = values.into_iter().flat_map(|values| values.members().map(|(name, _)| name).collect::<Vec<_>>());
    let mut seen = HashSet::new();
    let is_field = |name: &str| !name.starts_with('$') || fields::canonical(entity, name).is_some();
    let is_new = |name: &Text<'a>| is_field(name) && seen.insert(name.to_ascii_lowercase());
    named.chain(with_value).filter(is_new).collect()
}

fn field_changes<'a>(names: Vec<Text<'a>>, values: Option<&Object<'a>>, record: &Record<'a>) -> Vec<FieldChange<'a>> {
    let (entity, fields) = (record.entity(), FieldValues::of(record));
    let mut changes = Changes::default();
    let mut add = |change: FieldChange<'a>| {
        // Two of Zoho's fields may be one here, and the value comes with the second name.
        changes.add_or(change, |known, new| known.to = known.to.take().or(new.to));
    };
    for name in names {
        let value = values.filter(|values| values.has(&name)).map(|values| values.json(&name));
        let Some(field) = fields::canonical(entity, &name) else {
            let to = value.map(|value| value.map_or(Json::null(), Value::json_or_null));
            add(change(name, None, to));
            continue;
        };
        let field = match field {
            // An all-day meeting has days.
            "start_at" if fields.has("start_date") => "start_date",
            "end_at" if fields.has("end_date") => "end_date",
            field => field,
        };
        let is_empty = |value: Option<Value<'_, 'a>>| value.is_none_or(Value::is_empty);
        add(change(field, None, value.and_then(|value| fields.value(field, &[], is_empty(value)))));
        if let Some(state) = state_of_type(record).filter(|_| field == "direction") {
            add(FieldChange { to: state.to.filter(|_| value.is_some()), ..state });
        }
        if let Some(status) = status_of_stage(record).filter(|_| field == "stage") {
            add(FieldChange { to: status.to.filter(|_| value.is_some()), ..status });
        }
    }
    changes.into_vec()
}

/// The change of a call's state that comes with its type: "Missed" is a third one, beside inbound and outbound.
fn state_of_type<'a>(record: &Record<'a>) -> Option<FieldChange<'a>> {
    let Record::Call(call) = record else { return None };
    let state = call.state.as_ref().filter(|state| *state == "missed")?;
    Some(change("state", None, Json::of(state).ok()))
}

/// The user who made the change, if the channel asks for values.
fn actor<'a>(values: &Object<'a>) -> Option<Actor<'a>> {
    let user = values.any_object("Modified_By")?;
    let (id, name, email) = (user.id("id"), user.text("name"), user.text("email"));
    let is_known = id.is_some() || name.is_some();
    is_known.then(|| Actor { id, name, email, actor_type: Some(Cow::Borrowed("user")), ..Actor::default() })
}
