//! The properties of tasks, notes, calls, meetings and other activities, and of the customer's own kinds of records.

use crm_event::record::{Activity, Appointment, Call, CustomObject, Note, Task};
use crm_event::{Decimal, Text};

use crate::field_tables::rows;
use crate::fields::{call_state, direction};
use crate::json::integer_digits;

rows!(TASK: Task = [
    ("hs_task_subject", "name", |r, p| r.name = p.text()),
    ("hs_task_body", "description", |r, p| r.description = p.text()),
    ("hs_task_status", "status", |r, p| {
        r.status = p.word();
        r.is_completed = r.status.as_deref().map(|status| status == "completed");
    }),
    ("hs_task_priority", "priority", |r, p| r.priority = p.word()),
    ("hs_task_type", "type", |r, p| r.task_type = p.word()),
    ("hs_timestamp", "due_at", |r, p| r.due_at = p.time()),
    ("hs_task_completion_date", "completed_at", |r, p| r.completed_at = p.time()),
]);

rows!(NOTE: Note = [
    ("hs_note_body", "content", |r, p| r.content = p.text()),
]);

rows!(CALL: Call = [
    ("hs_call_title", "name", |r, p| r.name = p.text()),
    ("hs_call_body", "description", |r, p| r.description = p.text()),
    ("hs_call_direction", "direction", |r, p| r.direction = p.text().map(direction)),
    ("hs_call_status", "state", |r, p| r.state = p.text().map(call_state)),
    ("hs_call_duration", "duration_seconds", |r, p| r.duration_seconds = p.decimal_by(seconds)),
    ("hs_call_from_number", "from", |r, p| r.from = p.text()),
    ("hs_call_to_number", "to", |r, p| r.to = p.text()),
    ("hs_call_disposition", "outcome", |r, p| r.outcome = p.text()),
    ("hs_call_recording_url", "recording_url", |r, p| r.recording_url = p.text()),
    ("hs_timestamp", "started_at", |r, p| r.started_at = p.time()),
]);

/// Converts a whole number of milliseconds, in any notation (`90000.0`), to seconds.
fn seconds(milliseconds: Text<'_>) -> Option<Decimal<'_>> {
    let milliseconds: u64 = integer_digits(Decimal::new(milliseconds).ok()?.as_str())?.parse().ok()?;
    let (whole, rest) = (milliseconds.checked_div(1000)?, milliseconds.checked_rem(1000)?);
    let text = if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}") };
    Decimal::new(text).ok()
}

rows!(APPOINTMENT: Appointment = [
    ("hs_meeting_title", "name", |r, p| r.name = p.text()),
    ("hs_meeting_body", "description", |r, p| r.description = p.text()),
    ("hs_meeting_location", "location", |r, p| r.location = p.text()),
    ("hs_meeting_start_time", "start_at", |r, p| r.start_at = p.time()),
    ("hs_meeting_end_time", "end_at", |r, p| r.end_at = p.time()),
    ("hs_meeting_outcome", "outcome", |r, p| r.outcome = p.word()),
    ("hs_timestamp", "start_at", |r, p| r.start_at = r.start_at.or_else(|| p.time())),
]);

rows!(ACTIVITY: Activity = [
    ("hs_timestamp", "start_at", |r, p| r.start_at = p.time()),
]);

rows!(CUSTOM_OBJECT: CustomObject = [
    ("hs_pipeline_stage", "stage", |r, p| r.stage = p.stage()),
]);
