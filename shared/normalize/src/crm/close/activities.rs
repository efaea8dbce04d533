//! Tasks and activities of a lead: calls, messages, meetings, notes, forms, and the customer's own kinds.

use std::borrow::Cow;

use crm_event::record::{Activity, Appointment, Call, Common, CustomObject, FormResponse, Note, Task};
use crm_event::{Entity, Ref};

use super::{contact, lead, related_lead};
use crate::fields::{call_state, direction, form_fields, from_and_to, reference, reference_to, task_status, word};
use crate::json::Object;

pub(super) fn task<'a>(common: Common<'a>, object_type: &str, o: &Object<'a>) -> Task<'a> {
    let is_completed = o.bool("is_complete");
    let due = if o.json("due_date").is_some() { "due_date" } else { "date" };
    let of_object_type = || object_type.strip_prefix("task.").map(|word| Cow::Owned(word.to_owned()));
    Task {
        name: o.text("text").or_else(|| o.text("subject")),
        description: o.text("body_preview"),
        status: is_completed.map(task_status),
        is_completed,
        priority: o.text("priority").map(word),
        due_at: o.time_of_day(due),
        due_date: o.date_alone(due),
        assignees: reference(o.id("assigned_to"), o.text("assigned_to_name")).into_iter().collect(),
        task_type: o.text("_type").or_else(of_object_type),
        related_to: related_lead(o),
        contact: contact(o),
        ..Task::new(common)
    }
}

pub(super) fn call<'a>(mut common: Common<'a>, o: &Object<'a>) -> Call<'a> {
    let user = common.owner.take();
    let direction = o.text("direction").map(direction);
    let (own, other) = (o.text("local_phone"), o.text("remote_phone").or_else(|| o.text("phone")));
    let (from, to) = from_and_to(direction.as_deref(), own, other);
    Call {
        direction,
        state: o.text("status").map(call_state),
        from,
        to,
        description: o.text("note"),
        contact: contact(o),
        company: lead(o),
        user,
        started_at: o.time("activity_at"),
        answered_at: o.time("date_answered"),
        duration_seconds: o.decimal("duration"),
        outcome: o.text("disposition").map(word),
        recording_url: o.text("recording_url"),
        ..Call::new(common)
    }
}

/// An e-mail, a text message, a WhatsApp message or a custom activity.
pub(super) fn activity<'a>(common: Common<'a>, object_type: &str, o: &Object<'a>) -> Activity<'a> {
    let activity = Activity {
        direction: o.text("direction").map(direction),
        status: o.text("status").map(word),
        contact: contact(o),
        start_at: o.time("activity_at"),
        completed_at: o.time("date_sent"),
        related_to: related_lead(o),
        ..Activity::new(common)
    };
    match object_type {
        "activity.email" => Activity {
            activity_type: Some(Cow::Borrowed("email")),
            name: o.text("subject"),
            description: o.text("body_text"),
            from: o.text("sender"),
            to: o.texts("to"),
            cc: o.texts("cc"),
            bcc: o.texts("bcc"),
            ..activity
        },
        "activity.sms" => text_message(activity, "sms", o),
        "activity.whatsapp_message" => text_message(activity, "whatsapp", o),
        _ => Activity { activity_type: o.id("custom_activity_type_id"), ..activity },
    }
}

fn text_message<'a>(activity: Activity<'a>, kind: &'static str, o: &Object<'a>) -> Activity<'a> {
    let (own, other) = (o.text("local_phone"), o.text("remote_phone"));
    let (from, to) = from_and_to(activity.direction.as_deref(), own, other);
    Activity {
        activity_type: Some(Cow::Borrowed(kind)),
        description: o.text("text").or_else(|| o.text("message_markdown")),
        from,
        to: to.into_iter().collect(),
        ..activity
    }
}

pub(super) fn note<'a>(mut common: Common<'a>, o: &Object<'a>) -> Note<'a> {
    let user = common.owner.take();
    Note {
        name: o.text("title"),
        content: o.text("note"),
        related_to: related_lead(o),
        contact: contact(o),
        user,
        ..Note::new(common)
    }
}

pub(super) fn meeting<'a>(common: Common<'a>, o: &Object<'a>) -> Appointment<'a> {
    Appointment {
        name: o.text("title"),
        description: o.text("note"),
        location: o.text("location"),
        start_at: o.time("starts_at").or_else(|| o.time("activity_at")),
        end_at: o.time("ends_at"),
        status: o.text("status").map(word),
        attendees: o.objects("attendees").filter_map(|entry| attendee(&entry)).collect(),
        contact: contact(o),
        related_to: related_lead(o),
        ..Appointment::new(common)
    }
}

/// An attendee: a user, a contact, or only an e-mail address.
fn attendee<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    let (name, email) = (o.text("name"), o.text("email"));
    let known = match (o.id("user_id"), o.id("contact_id")) {
        (Some(id), _) => reference_to(Entity::User, Some(id), name),
        (None, Some(id)) => reference_to(Entity::Contact, Some(id), name),
        (None, None) => reference(None, name),
    };
    match (known, email) {
        (Some(known), email) => Some(Ref { email, ..known }),
        (None, email) => email.map(|email| Ref { email: Some(email), ..Ref::default() }),
    }
}

pub(super) fn form_response<'a>(common: Common<'a>, o: &Object<'a>) -> FormResponse<'a> {
    let values = o.any_object("values_by_name").or_else(|| o.any_object("values"));
    FormResponse {
        form: reference(o.id("form_id"), o.text("form_name")),
        fields: values.map(|values| form_fields(&values)).unwrap_or_default(),
        contact: contact(o),
        related_to: related_lead(o),
        ..FormResponse::new(common)
    }
}

pub(super) fn custom_object<'a>(common: Common<'a>, o: &Object<'a>) -> CustomObject<'a> {
    CustomObject {
        object_name: o.id("custom_object_type_id"),
        name: o.text("name"),
        related_to: related_lead(o),
        ..CustomObject::new(common)
    }
}
