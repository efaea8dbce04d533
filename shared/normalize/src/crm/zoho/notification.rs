//! The Notification API: a channel that tells which records of a module were created, edited or deleted.
//!
//! The body has the ids of the records, the names of the changed fields and, if the channel asks for them, their new
//! values. The names and values are listed by record id, and either list may be empty. There are no old values. The only
//! time is `server_time`, when the notification was sent.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crm_event::record::Record;
use crm_event::{Action, Actor, Entity, FieldChange, Json, Text};

use super::fields::{self, Scope};
use super::modules;
use crate::crm::{Change, Outcome, Unknown};
use crate::error::{Quarantine, Reason};
use crate::fields::distinct;
use crate::json::{Object, Value};

/// True for a notification. A workflow's body has neither of these members unless somebody gave it their names.
pub(super) fn is_notification(body: &Object<'_>) -> bool {
    body.json("ids").is_some_and(Value::is_array) || (body.has("channel_id") && body.has("resource_uri"))
}

pub(super) fn normalize<'a>(body: &Object<'a>) -> Result<Outcome<'a>, Quarantine> {
    let (Some(module), Some(operation)) = (body.text("module"), body.text("operation")) else {
        let detail = "the notification has no \"module\" and \"operation\" that name the event";
        return Err(Quarantine::new(Reason::NoEventName, detail));
    };
    let occurred_at = body.time("server_time");
    let mut ids = distinct(body.ids("ids"));

    let word = modules::action(&operation);
    let vendor_event: Text<'a> = Cow::Owned([&*module, ".", word.map_or(&*operation, |(word, _)| word)].concat());
    let entity = modules::entity(&module).unwrap_or(Entity::CustomObject);
    let Some((_, action)) = word.filter(|_| entity != Entity::Unknown) else {
        // The body is one event, however many records it is about.
        let record_id = ids.pop().filter(|_| ids.is_empty());
        return Ok(Outcome::Unknown(Unknown { vendor_event, record_id, account: None, occurred_at }));
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
        let record = fields::record(entity, id, Some(module.clone()), values, Scope::ChangedFields);
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
    Ok(Outcome::Changes(changes.collect()))
}

/// The names of the changed fields: `[{"<id>": ["Stage", ..]}, ..]`.
fn names_by_id<'a>(body: &Object<'a>) -> HashMap<Text<'a>, Vec<Text<'a>>> {
    let mut by_id: HashMap<Text<'a>, Vec<Text<'a>>> = HashMap::new();
    for entry in body.objects("affected_fields") {
        for (id, _) in entry.members() {
            by_id.entry(id.clone()).or_default().extend(entry.texts(&id));
        }
    }
    by_id
}

/// The new values: `[{"record_id": "<id>", "values": {..}}, ..]`.
fn values_by_id<'a>(body: &Object<'a>) -> HashMap<Text<'a>, Object<'a>> {
    let mut by_id: HashMap<Text<'a>, Object<'a>> = HashMap::new();
    for entry in body.objects("affected_values") {
        let Some((id, values)) = entry.id("record_id").zip(entry.object("values")) else { continue };
        let values = match by_id.remove(&id) {
            Some(others) => values.merged(&others),
            None => values,
        };
        by_id.insert(id, values);
    }
    by_id
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
    let (entity, record) = (record.entity(), fields::by_name(record));
    let mut changes: Vec<FieldChange<'a>> = Vec::new();
    let mut push = |field: Text<'a>, to: Option<Json<'a>>| {
        match changes.iter_mut().find(|change| change.field == field) {
            // Two of Zoho's fields are one here, and the value came with the second name.
            Some(change) => change.to = change.to.take().or(to),
            None => changes.push(FieldChange { field, name: None, from: None, to }),
        }
    };
    for name in names {
        let value = values.filter(|values| values.has(&name)).map(|values| values.json(&name));
        let Some(field) = fields::canonical(entity, &name) else {
            let filled = |value: Option<Value<'_, 'a>>| value.filter(|value| !value.is_empty()).and_then(Value::json);
            push(name, value.map(|value| filled(value).unwrap_or(Json::null())));
            continue;
        };
        let field = match field {
            // An all-day meeting has days.
            "start_at" if record.contains_key("start_date") => "start_date",
            "end_at" if record.contains_key("end_date") => "end_date",
            field => field,
        };
        push(Cow::Borrowed(field), value.and_then(|value| fields::value_of(field, value, &record)));
        if field == "stage" && entity == Entity::Deal {
            // After the stage has changed, the old status is no longer known.
            let status = record.get("status").map(|json| Json::new(Cow::Owned(json.clone())));
            push(Cow::Borrowed("status"), value.map(|_| status.unwrap_or(Json::null())));
        }
    }
    changes
}

/// The user who made the change, if the channel asks for values.
fn actor<'a>(values: &Object<'a>) -> Option<Actor<'a>> {
    let user = values.any_object("Modified_By")?;
    let (id, name, email) = (user.id("id"), user.text("name"), user.text("email"));
    let is_known = id.is_some() || name.is_some();
    is_known.then(|| Actor { id, name, email, actor_type: Some(Cow::Borrowed("user")), ..Actor::default() })
}
