//! The changes of a record: the record before and the record now, both in canonical form, field by field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crm_event::record::Record;
use crm_event::{Action, Entity, FieldChange, Json, Text};

use super::custom_fields;
use crate::changes::{FieldValues, change, is_json};
use crate::json::{Object, Value};

/// The members of a record that have a canonical field.
const CANONICAL: &[&str] = &[
    "active_flag",
    "add_time",
    "address",
    "address_admin_area_level_1",
    "address_admin_area_level_2",
    "address_country",
    "address_formatted_address",
    "address_locality",
    "address_postal_code",
    "address_route",
    "address_street_number",
    "address_sublocality",
    "address_subpremise",
    "archive_time",
    "assigned_to_user_id",
    "assignee_id",
    "attendees",
    "birthday",
    "board_id",
    "busy_flag",
    "category",
    "channel",
    "close_time",
    "code",
    "conference_meeting_url",
    "content",
    "country_code",
    "created",
    "created_by_user_id",
    "creator_id",
    "creator_user_id",
    "currency",
    "custom_fields",
    "deal_id",
    "deal_ids",
    "deal_title",
    "default_currency",
    "deleted",
    "description",
    "done",
    "due_date",
    "due_time",
    "duration",
    "email",
    "emails",
    "end_date",
    "expected_close_date",
    "first_name",
    "first_won_time",
    "icon_url",
    "id",
    "im",
    "is_archived",
    "is_deleted",
    "job_title",
    "label",
    "label_ids",
    "labels",
    "last_activity_date",
    "last_incoming_mail_time",
    "last_login",
    "last_name",
    "last_outgoing_mail_time",
    "lead_id",
    "locale",
    "location",
    "lost_reason",
    "lost_time",
    "marked_as_done_time",
    "modified",
    "name",
    "next_activity_date",
    "next_activity_time",
    "note",
    "notes",
    "org_id",
    "org_name",
    "organization_id",
    "origin",
    "owner_id",
    "owner_name",
    "parent_task_id",
    "participants",
    "person_id",
    "person_name",
    "phase_id",
    "phone",
    "phones",
    "pinned_to_deal_flag",
    "pinned_to_organization_flag",
    "pinned_to_person_flag",
    "pipeline_id",
    "postal_address",
    "prices",
    "priority",
    "probability",
    "project_id",
    "public_description",
    "selectable",
    "source_name",
    "stage_change_time",
    "stage_id",
    "start_date",
    "status",
    "status_change_time",
    "subject",
    "tax",
    "timezone_name",
    "title",
    "type",
    "unit",
    "update_time",
    "update_user_id",
    "user_id",
    "value",
    "weighted_value",
    "won_time",
];

/// The differences between two states of a record by canonical field, then those of its custom fields by their ids.
pub(super) fn of_records<'a>(before: &Record<'a>, now: &Record<'a>) -> Vec<FieldChange<'a>> {
    let (old, new) = (FieldValues::of(before), FieldValues::of(now));
    let mut changes = Vec::new();
    let added = new.names().filter(|name| !old.has(name));
    for name in old.names().chain(added).filter(|name| *name != "custom_fields") {
        let (from, to) = (old.get(name), new.get(name));
        if from != to {
            changes.push(difference(Cow::Owned(name.to_owned()), from, to));
        }
    }
    let (mut old, mut new) = (custom_fields(before), custom_fields(now));
    let ids: Vec<_> = old.keys().chain(new.keys()).copied().collect();
    for id in ids {
        let (from, to) = (old.remove(id).flatten(), new.remove(id).flatten());
        if from != to {
            changes.push(difference(Cow::Owned(id.to_owned()), from.cloned(), to.cloned()));
        }
    }
    changes
}

/// Removes the `null`s of a state in which something could not be read, because a field that could not be read looks
/// empty.
pub(super) fn forget_empty(changes: &mut [FieldChange<'_>], before: bool, now: bool) {
    for change in changes {
        if before && is_json(change.from.as_ref(), "null") {
            change.from = None;
        }
        if now && is_json(change.to.as_ref(), "null") {
            change.to = None;
        }
    }
}

/// The changes of members that have no canonical field, under Pipedrive's own names.
pub(super) fn of_other_members<'a>(before: &Object<'a>, now: &Object<'a>) -> Vec<FieldChange<'a>> {
    of_members(before, now, |name| !CANONICAL.contains(&name) && custom_fields::key_of(name).is_none())
}

/// The changes of members that have a canonical field but do not show in it, under Pipedrive's own names: of a part
/// that the field leaves out, or of a value that could not be read. `read` makes a record of members.
pub(super) fn of_hidden_members<'a>(
    before: &Object<'a>,
    now: &Object<'a>,
    read: impl Fn(&Object<'a>) -> Record<'a>,
) -> Vec<FieldChange<'a>> {
    // Each changed member is read several times, and a body may have any number of other members.
    let (before, now) = (before.only(CANONICAL), now.only(CANONICAL));
    let whole = before.over(&now);
    let (record_before, record) = (read(&whole), read(&now));
    // True if the member of one state makes another record of the other state.
    let is_shown = |change: &FieldChange<'a>| {
        let only = |state: &Object<'a>| state.only(&[&change.field]);
        read(&only(&before).over(&now)) != record || read(&only(&now).over(&whole)) != record_before
    };
    let mut changes = of_members(&before, &now, |name| name != "custom_fields");
    changes.retain(|change| !is_shown(change));
    if !changes.is_empty() {
        let canonical = FieldValues::of(&record);
        // Under a canonical name, values would have to be in canonical form, and in that form nothing has changed.
        for change in changes.iter_mut().filter(|change| canonical.has(&change.field)) {
            (change.from, change.to) = (None, None);
        }
    }
    changes
}

/// The changes of the members of `before` under their own names.
fn of_members<'a>(before: &Object<'a>, now: &Object<'a>, is_meant: impl Fn(&str) -> bool) -> Vec<FieldChange<'a>> {
    let changed = before.members().filter(|(name, _)| is_meant(name)).filter_map(|(name, from)| {
        let to = now.json(&name);
        let is_same = to.map_or("null", Value::get) == from.get();
        (!is_same).then(|| difference(name, from.json(), to.and_then(Value::json)))
    });
    changed.collect()
}

/// The most specific action that the changes of a record show.
pub(super) fn action(entity: Entity, changes: &[FieldChange<'_>]) -> Action {
    let change = |field: &str| changes.iter().find(|change| change.field == field);
    let from = |field: &str| change(field).and_then(|change| change.from.as_ref());
    let to = |field: &str| change(field).and_then(|change| change.to.as_ref());
    let became = |field: &str| is_json(to(field), "true");
    let was = |field: &str| is_json(from(field), "true");
    // A project has no flag, only the status.
    let deleted = r#""deleted""#;
    let became_deleted = became("is_deleted") || is_json(to("status"), deleted);
    let was_deleted = was("is_deleted") || is_json(from("status"), deleted);
    // A user is deactivated, not deleted. For a product, `is_active` is only a setting.
    let is_user = entity == Entity::User;
    if became_deleted || (is_user && was("is_active")) {
        Action::Deleted
    } else if was_deleted || (is_user && became("is_active")) || was("is_archived") {
        Action::Restored
    } else if became("is_archived") {
        Action::Archived
    } else if became("is_completed") {
        Action::Completed
    } else if was("is_completed") {
        Action::Reopened
    } else if change("status").is_some() {
        Action::StatusChanged
    } else if change("stage").is_some() {
        Action::StageChanged
    } else {
        Action::Updated
    }
}

fn difference<'a>(field: Text<'a>, from: Option<Json<'a>>, to: Option<Json<'a>>) -> FieldChange<'a> {
    let or_null = |value: Option<Json<'a>>| value.or_else(|| Some(Json::null()));
    change(field, or_null(from), or_null(to))
}

fn custom_fields<'r, 'a>(record: &'r Record<'a>) -> BTreeMap<&'r str, Option<&'r Json<'a>>> {
    let by_id =
        record.custom_fields().iter().map(|field| (field.id.as_deref().unwrap_or_default(), field.value.as_ref()));
    by_id.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CANONICAL;
    use super::custom_fields::key_of;

    /// The name of a record's member from its path in the field list.
    fn member(path: &str) -> Option<&str> {
        let path = path.strip_prefix("data.").or_else(|| path.strip_prefix("current."))?;
        path.split(['.', '[']).next()
    }

    #[test]
    fn the_members_with_a_canonical_field_are_those_of_the_field_list() {
        let mut listed = BTreeSet::new();
        for line in include_str!("fields.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut cells = line.split(" | ");
            let (path, target) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
            if let Some(name) = member(path).filter(|name| key_of(name).is_none())
                && target != "raw only"
            {
                listed.insert(name);
            }
        }
        assert_eq!(listed, CANONICAL.iter().copied().collect());
        assert!(CANONICAL.is_sorted());
    }
}
