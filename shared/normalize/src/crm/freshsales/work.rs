//! Appointments, tasks, sales activities, telephone calls, and records of custom modules.

use std::borrow::Cow;
use std::collections::HashSet;

use crm_event::record::{Activity, Appointment, Call, Common, CustomObject, Task};
use crm_event::{Entity, Ref, Text};

use super::lookups::{
    ACTIVITY_OUTCOME, ACTIVITY_TYPE, Lookups, OUTCOME, OWNER, TASK_TYPE, TASK_USERS, USER, described,
};
use super::people::name;
use crate::fields::{call_state, direction, from_and_to, word};
use crate::json::Object;

pub(super) fn appointment<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Appointment<'a> {
    Appointment {
        name: o.text("title"),
        description: o.text("description"),
        location: o.text("location"),
        latitude: o.decimal("latitude"),
        longitude: o.decimal("longitude"),
        start_at: o.time_of_day("from_date"),
        end_at: o.time_of_day("end_date"),
        start_date: o.date_alone("from_date"),
        end_date: o.date_alone("end_date"),
        is_all_day: o.bool("is_allday"),
        time_zone: o.text("time_zone"),
        attendees: known.associated("appointment_attendees").map(|attendee| record_ref(&attendee)).collect(),
        outcome: known.name(o, &OUTCOME),
        checked_in_at: o.time("checkedin_at"),
        related_to: related_to(o, known),
        is_deleted: o.bool("is_deleted"),
        ..Appointment::new(common)
    }
}

pub(super) fn task<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Task<'a> {
    let status = task_status(o);
    Task {
        name: o.text("title"),
        description: o.text("description"),
        is_completed: status.as_ref().map(|status| status == "completed"),
        status,
        is_deleted: o.bool("is_deleted"),
        due_at: o.time("due_date"),
        completed_at: o.time("completed_date"),
        assignees: assignees(o, known),
        task_type: known.name(o, &TASK_TYPE),
        outcome: known.name(o, &OUTCOME),
        related_to: related_to(o, known),
        ..Task::new(common)
    }
}

/// The status of a task. The vendor documents both a word and a number: Open (0), Completed (1).
pub(super) fn task_status<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    let status = o.text("status").map(word)?;
    Some(match &*status {
        "0" => Cow::Borrowed("open"),
        "1" => Cow::Borrowed("completed"),
        _ => status,
    })
}

/// The assignees of a task: its owner and the other people who work on it.
fn assignees<'a>(o: &Object<'a>, known: Lookups<'_, 'a>) -> Vec<Ref<'a>> {
    let mut seen = HashSet::new();
    let users = known.reference(o, &OWNER).into_iter().chain(known.references(o, &TASK_USERS));
    users.filter(|user| seen.insert(user.id.clone())).collect()
}

pub(super) fn activity<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Activity<'a> {
    Activity {
        activity_type: known.name(o, &ACTIVITY_TYPE),
        name: o.text("title"),
        description: o.text("notes").or_else(|| o.text("note")),
        location: o.text("location"),
        latitude: o.decimal("latitude"),
        longitude: o.decimal("longitude"),
        start_at: o.time("start_date"),
        end_at: o.time("end_date"),
        checked_in_at: o.time("checkedin_at"),
        outcome: known.name(o, &ACTIVITY_OUTCOME),
        related_to: related_to(o, known),
        is_deleted: o.bool("is_deleted"),
        ..Activity::new(common)
    }
}

/// Reads a call. `phone_caller_number` is the other side's number, `phone_number` the account's own.
pub(super) fn call<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Call<'a> {
    let direction = o.text("call_direction").map(direction);
    let (other, own) = (o.text("phone_caller_number"), o.text("phone_number"));
    let (from, to) = from_and_to(direction.as_deref(), own, other);
    Call {
        direction,
        state: o.text("call_status").map(call_state),
        from,
        to,
        description: o.text("note"),
        user: known.reference(o, &USER),
        related_to: related_to(o, known),
        duration_seconds: o.decimal("call_duration"),
        outcome: known.name(o, &OUTCOME),
        recording_url: o.text("recording_url"),
        cost: o.decimal("call_cost"),
        ..Call::new(common)
    }
}

pub(super) fn custom_object<'a>(common: Common<'a>, o: &Object<'a>) -> CustomObject<'a> {
    CustomObject {
        object_name: o.text("module_name"),
        name: name(o),
        status: o.text("status"),
        recent_note: o.text("recent_note"),
        is_deleted: o.bool("is_deleted"),
        ..CustomObject::new(common)
    }
}

/// The record that an appointment, task, activity or call is about: `targetable_id` and `_type`, or the association.
pub(super) fn related_to<'a>(o: &Object<'a>, known: Lookups<'_, 'a>) -> Option<Ref<'a>> {
    let (id, entity) = (o.id("targetable_id"), o.text("targetable_type").and_then(|model| entity(&model)));
    let told = known.targetable(o, id.as_ref()).map(|target| record_ref(&target)).unwrap_or_default();
    let (id, entity) = (id.or(told.id), entity.or(told.entity));
    (id.is_some() || told.name.is_some()).then_some(Ref { id, entity, ..told })
}

/// A reference to a record that names its own kind.
fn record_ref<'a>(o: &Object<'a>) -> Ref<'a> {
    Ref { entity: o.text("_model").and_then(|model| entity(&model)), ..described(o) }
}

/// The entity for the vendor's name of a kind of record, with or without its server's namespace
/// (`FdMultitenant::User`).
fn entity(model: &str) -> Option<Entity> {
    Some(match model.rsplit(':').next()? {
        "Contact" => Entity::Contact,
        "SalesAccount" => Entity::Company,
        "Deal" => Entity::Deal,
        "Lead" => Entity::Lead,
        "User" => Entity::User,
        "Task" => Entity::Task,
        "Appointment" => Entity::Appointment,
        "SalesActivity" => Entity::Activity,
        "Product" => Entity::Product,
        "CpqDocument" => Entity::Quote,
        _ => return None,
    })
}
