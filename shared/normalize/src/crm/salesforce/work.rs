//! The members of tasks, calls, events, notes, and of the customer's own objects.

use crm_event::record::{Appointment, Call, CustomObject, Note, Task};

use super::ids::{link, link_to_any};
use super::records::RAW_ONLY;
use crate::field_tables::rows;
use crate::time;

rows!(TASK: Task = [
    ("Subject", "name", |r, p| r.name = p.text()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("Status", "status", |r, p| r.status = p.word()),
    ("IsClosed", "is_completed", |r, p| r.is_completed = p.bool()),
    ("CompletedDateTime", "completed_at", |r, p| r.completed_at = p.time()),
    ("Priority", "priority", |r, p| r.priority = p.word()),
    ("ActivityDate", "due_date", |r, p| r.due_date = p.date()),
    ("Type", "type", |r, p| r.task_type = p.text()),
    ("WhoId", "contact", |r, p| r.contact = link_to_any(p)),
    ("WhatId", "related_to", |r, p| r.related_to = link_to_any(p)),
    ("CallDisposition", "outcome", |r, p| r.outcome = p.text()),
    ("IsArchived", "is_archived", |r, p| r.is_archived = p.bool()),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("IsHighPriority", RAW_ONLY, |_, _| {}),
    ("AccountId", RAW_ONLY, |_, _| {}),
]);

rows!(CALL: Call = [
    ("Subject", "name", |r, p| r.name = p.text()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("CallType", "direction", |r, p| r.direction = p.word()),
    ("CallDurationInSeconds", "duration_seconds", |r, p| r.duration_seconds = p.decimal()),
    ("CallDisposition", "outcome", |r, p| r.outcome = p.text()),
    ("CallObject", "provider_call_id", |r, p| r.provider_call_id = p.text()),
    ("WhoId", "contact", |r, p| r.contact = link_to_any(p)),
    ("WhatId", "related_to", |r, p| r.related_to = link_to_any(p)),
    ("AccountId", "company", |r, p| r.company = link(p)),
    ("IsClosed", "is_completed", |r, p| r.is_completed = p.bool()),
    ("IsArchived", "is_archived", |r, p| r.is_archived = p.bool()),
]);

rows!(APPOINTMENT: Appointment = [
    ("Subject", "name", |r, p| r.name = p.text()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("Location", "location", |r, p| r.location = p.text()),
    ("StartDateTime", "start_at", |r, p| r.start_at = p.time()),
    ("EndDateTime", "end_at", |r, p| r.end_at = p.time()),
    ("IsAllDayEvent", "is_all_day", |r, p| r.is_all_day = p.bool()),
    ("WhoId", "contact", |r, p| r.contact = link_to_any(p)),
    ("WhatId", "related_to", |r, p| r.related_to = link_to_any(p)),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("ActivityDate", RAW_ONLY, |_, _| {}),
    ("ActivityDateTime", RAW_ONLY, |_, _| {}),
    ("EndDate", RAW_ONLY, |_, _| {}),
    ("DurationInMinutes", RAW_ONLY, |_, _| {}),
]);

/// An all-day event has days. Salesforce writes their midnight in UTC as its times.
pub(super) fn finish_appointment(appointment: &mut Appointment<'_>) {
    if appointment.is_all_day == Some(true) {
        appointment.start_date = appointment.start_at.take().map(time::day);
        appointment.end_date = appointment.end_at.take().map(time::day);
    }
}

rows!(NOTE: Note = [
    ("Title", "name", |r, p| r.name = p.text()),
    ("Body", "content", |r, p| r.content = p.text()),
    ("TextPreview", "content", |r, p| r.content = r.content.take().or_else(|| p.text())),
    ("ParentId", "related_to", |r, p| r.related_to = link_to_any(p)),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("Content", RAW_ONLY, |_, _| {}),
]);

rows!(CUSTOM_OBJECT: CustomObject = [
    ("Name", "name", |r, p| r.name = p.text()),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
]);
