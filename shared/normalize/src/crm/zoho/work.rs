//! The fields of tasks, meetings, calls and notes, and of the kinds of records that an organization has added.

use std::borrow::Cow;

use crm_event::record::{Appointment, Call, CustomObject, Note, Task};
use crm_event::{Entity, Ref};

use super::fields::table;
use crate::fields::{call_state, direction};
use crate::json::Object;

table!(TASK: Task = [
    ("Subject", "name", |r, f| r.name = f.text()),
    ("Status", "status", |r, f| {
        r.status = f.word();
        r.is_completed = r.status.as_ref().map(|status| status == "completed");
    }),
    ("Priority", "priority", |r, f| r.priority = f.word()),
    ("Due_Date", "due_date", |r, f| r.due_date = f.date()),
    ("Closed_Time", "completed_at", |r, f| r.completed_at = f.time()),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Who_Id", "contact", |r| &mut r.contact),
    ("What_Id", "related_to", |r| &mut r.related_to),
]);

table!(APPOINTMENT: Appointment = [
    ("Event_Title", "name", |r, f| r.name = f.text()),
    ("Start_DateTime", "start_at", |r, f| match f.is_date_alone() {
        true => r.start_date = f.date(),
        false => r.start_at = f.time(),
    }),
    ("End_DateTime", "end_at", |r, f| match f.is_date_alone() {
        true => r.end_date = f.date(),
        false => r.end_at = f.time(),
    }),
    ("All_day", "is_all_day", |r, f| r.is_all_day = f.bool()),
    ("Venue", "location", |r, f| r.location = f.text()),
    ("Participants", "attendees", |r, f| r.attendees = f.participants()),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Who_Id", "contact", |r| &mut r.contact),
    ("What_Id", "related_to", |r| &mut r.related_to),
]);

/// A person who takes part in a meeting: a user, a lead, a contact, or somebody with an e-mail address only.
pub(super) fn participant<'a>(o: &Object<'a>) -> Ref<'a> {
    let entity = match o.text("type").as_deref() {
        Some("user") => Some(Entity::User),
        Some("lead") => Some(Entity::Lead),
        Some("contact") => Some(Entity::Contact),
        _ => None,
    };
    // For a participant who has no record, this is the address.
    let id = o.id("participant").filter(|_| entity.is_some());
    Ref { id, name: o.text("name"), email: o.text("Email"), entity, ..Ref::default() }
}

table!(CALL: Call = [
    ("Subject", "name", |r, f| r.name = f.text()),
    ("Call_Type", "direction", |r, f| match f.text().map(direction) {
        // The third type, beside inbound and outbound.
        Some(missed) if missed == "missed" => {
            r.direction = Some(Cow::Borrowed("inbound"));
            r.state = Some(missed);
        }
        direction => r.direction = direction,
    }),
    ("Call_Status", "state", |r, f| r.state = r.state.take().or(f.text().map(call_state))),
    ("Call_Start_Time", "started_at", |r, f| r.started_at = f.time()),
    ("Call_Duration", "duration_seconds", |r, f| r.duration_seconds = f.duration().or(r.duration_seconds.take())),
    ("Call_Duration_in_seconds", "duration_seconds", |r, f| {
        r.duration_seconds = f.decimal().or(r.duration_seconds.take());
    }),
    ("Caller_ID", "from", |r, f| r.from = f.text()),
    ("Dialled_Number", "to", |r, f| r.to = f.text()),
    ("Call_Result", "outcome", |r, f| r.outcome = f.text()),
    ("Voice_Recording__s", "recording_url", |r, f| r.recording_url = f.text()),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Who_Id", "contact", |r| &mut r.contact),
    ("What_Id", "related_to", |r| &mut r.related_to),
]);

table!(NOTE: Note = [
    ("Note_Title", "name", |r, f| r.name = f.text()),
    ("Note_Content", "content", |r, f| r.content = f.text()),
], [
    ("Parent_Id", "related_to", |r| &mut r.related_to),
]);

table!(CUSTOM_OBJECT: CustomObject = [
    ("Name", "name", |r, f| r.name = f.text()),
    ("Status", "status", |r, f| r.status = f.text()),
], []);
