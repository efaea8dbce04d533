//! The changed fields of a record, and the action that they make of an update.

use std::borrow::Cow;

use crm_event::record::Record;
use crm_event::{Action, Entity, FieldChange, Json, Text};

use super::records;
use crate::changes::{self, FieldValues, is_json};
use crate::json::Object;

/// A state of a record, for the values in its changes.
pub(super) struct State<'o, 'a> {
    entity: Entity,
    object: &'o Object<'a>,
    fields: FieldValues,
}

impl<'o, 'a> State<'o, 'a> {
    pub(super) fn new(object: &'o Object<'a>, record: &Record<'a>) -> Self {
        Self { entity: record.entity(), object, fields: FieldValues::of(record) }
    }

    /// The value of a canonical field.
    pub(super) fn field(&self, field: &str) -> Option<Json<'a>> {
        self.fields.get(field)
    }

    /// The canonical field of a member.
    fn canonical(&self, member: &str) -> Option<&'static str> {
        let field = records::canonical(self.entity, member)?;
        let is_all_day = || is_json(self.fields.get("is_all_day").as_ref(), "true");
        Some(match field {
            "start_at" if is_all_day() => "start_date",
            "end_at" if is_all_day() => "end_date",
            field => field,
        })
    }

    /// The value of a member, `null` if it is empty: that of a canonical field, or Salesforce's own. `None` if it could
    /// not be read, or if the record has it in another field.
    fn value(&self, member: &str, field: Option<&str>) -> Option<Json<'a>> {
        // A part of a compound field of the customer's (`Site__c.Latitude`) is no member by itself.
        let value = self.object.json(member).or_else(|| self.object.at(member));
        let Some(value) = value.filter(|value| !value.is_empty()) else { return Some(Json::null()) };
        match field {
            Some(field) => self.field(field),
            None => value.json(),
        }
    }
}

/// A change of a member. `name` is the vendor's name of it, which may be a path (`BillingAddress.City`).
pub(super) fn change<'a>(
    name: Text<'a>,
    member: &str,
    before: Option<&State<'_, 'a>>,
    now: &State<'_, 'a>,
) -> FieldChange<'a> {
    let field = now.canonical(member);
    let from = before.and_then(|before| before.value(member, field));
    changes::change(field.map_or(name, Cow::Borrowed), from, now.value(member, field))
}

/// A change of a member whose new value is not sent.
pub(super) fn unknown_value<'a>(name: Text<'a>, member: &str, entity: Entity) -> FieldChange<'a> {
    changes::change(records::canonical(entity, member).map_or(name, Cow::Borrowed), None, None)
}

/// The action of an update by the names of the changed members. `o` has their new values.
pub(super) fn action<'n>(entity: Entity, changed: impl IntoIterator<Item = &'n str>, o: &Object<'_>) -> Action {
    let mut action = Action::Updated;
    for member in changed {
        match (entity, member) {
            (Entity::Deal, "StageName") => return Action::StageChanged,
            (Entity::Task, "Status") if o.text(member).as_deref() == Some("Completed") => return Action::Completed,
            (Entity::Task, "IsClosed") => match o.bool(member) {
                Some(true) => return Action::Completed,
                Some(false) => action = Action::Reopened,
                None => {}
            },
            (Entity::Task, "Status") if action == Action::Reopened => {}
            (Entity::Lead | Entity::Order | Entity::Quote | Entity::Invoice | Entity::Task, "Status") => {
                action = Action::StatusChanged;
            }
            _ => {}
        }
    }
    action
}
