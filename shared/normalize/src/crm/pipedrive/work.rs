//! Activities, notes, projects and their tasks.

use crm_event::record::{Activity, Common, Note, Project, Task};
use crm_event::{Decimal, Entity, Ref};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

use super::{is_deleted, link};
use crate::fields::{reference, reference_to, word};
use crate::json::Object;
use crate::time;

/// An activity of any type. The type is a word that an edit may change, so a call and a meeting are both activities: a
/// record keeps its entity, and with it its key and its order.
pub(super) fn activity<'a>(common: Common<'a>, o: &Object<'a>) -> Activity<'a> {
    let links = Links::of(o);
    let start_at = start_at(o);
    let minutes = minutes(o);
    let end_at =
        start_at.zip(minutes).and_then(|(start, minutes)| start.checked_add(SignedDuration::from_mins(minutes)).ok());
    Activity {
        activity_type: o.text("type"),
        name: o.text("subject"),
        description: o.text("public_description"),
        note: o.text("note"),
        location: o.any_object("location").map_or_else(|| o.text("location"), |location| location.text("value")),
        due_date: o.date("due_date"),
        start_at,
        end_at,
        duration_minutes: minutes.and_then(|minutes| Decimal::new(minutes.to_string()).ok()),
        is_completed: o.bool("done"),
        completed_at: o.time("marked_as_done_time"),
        priority: o.text("priority"),
        conference_url: o.text("conference_meeting_url"),
        attendees: attendees(o),
        is_busy: o.bool("busy_flag"),
        related_to: links.first(),
        deal: links.deal,
        lead: links.lead,
        project: links.project,
        company: links.company,
        contact: links.contact,
        is_deleted: is_deleted(o),
        ..Activity::new(common)
    }
}

pub(super) fn note<'a>(common: Common<'a>, o: &Object<'a>) -> Note<'a> {
    let links = Links::of(o);
    Note {
        content: o.text("content"),
        related_to: links.first(),
        related: links.all().into_iter().filter(|link| link.entity != Some(Entity::Contact)).collect(),
        contact: links.contact,
        user: reference(o.id("user_id"), None),
        is_pinned: is_pinned(o),
        is_deleted: is_deleted(o),
        ..Note::new(common)
    }
}

/// True if the note is pinned to one of the records that it is linked with.
fn is_pinned(o: &Object<'_>) -> Option<bool> {
    let flags = ["pinned_to_deal_flag", "pinned_to_person_flag", "pinned_to_organization_flag"];
    flags.into_iter().filter_map(|flag| o.bool(flag)).reduce(|one, other| one || other)
}

pub(super) fn project<'a>(common: Common<'a>, o: &Object<'a>) -> Project<'a> {
    Project {
        name: o.text("title"),
        description: o.text("description"),
        contact: link(o, "person_id", "person_name"),
        company: link(o, "org_id", "org_name"),
        related: deals(o),
        status: o.text("status").map(word),
        status_changed_at: o.time("status_change_time"),
        start_at: o.time("start_date"),
        end_at: o.time("end_date"),
        list: reference(o.id("phase_id"), None),
        board: reference(o.id("board_id"), None),
        is_archived: o.bool("is_archived"),
        ..Project::new(common)
    }
}

fn deals<'a>(o: &Object<'a>) -> Vec<Ref<'a>> {
    o.ids("deal_ids").into_iter().filter_map(|id| reference_to(Entity::Deal, Some(id), None)).collect()
}

pub(super) fn task<'a>(common: Common<'a>, o: &Object<'a>) -> Task<'a> {
    Task {
        name: o.text("title"),
        description: o.text("description"),
        is_completed: o.bool("done"),
        due_date: o.date("due_date"),
        completed_at: o.time("marked_as_done_time"),
        project: reference(o.id("project_id"), None),
        parent: reference(o.id("parent_task_id"), None),
        assignees: reference(o.id("assignee_id"), None).into_iter().collect(),
        is_deleted: is_deleted(o),
        ..Task::new(common)
    }
}

/// The records that an activity or a note is linked with.
struct Links<'a> {
    deal: Option<Ref<'a>>,
    lead: Option<Ref<'a>>,
    project: Option<Ref<'a>>,
    company: Option<Ref<'a>>,
    contact: Option<Ref<'a>>,
}

impl<'a> Links<'a> {
    fn of(o: &Object<'a>) -> Self {
        Self {
            deal: link(o, "deal_id", "deal_title"),
            lead: reference(o.id("lead_id"), None),
            project: reference(o.id("project_id"), None),
            company: link(o, "org_id", "org_name"),
            contact: link(o, "person_id", "person_name"),
        }
    }

    fn all(&self) -> Vec<Ref<'a>> {
        let links = [
            (Entity::Deal, &self.deal),
            (Entity::Lead, &self.lead),
            (Entity::Project, &self.project),
            (Entity::Company, &self.company),
            (Entity::Contact, &self.contact),
        ];
        let named = |(entity, link): (Entity, &Option<Ref<'a>>)| Some(Ref { entity: Some(entity), ..link.clone()? });
        links.into_iter().filter_map(named).collect()
    }

    /// The first of them that there is.
    fn first(&self) -> Option<Ref<'a>> {
        self.all().into_iter().next()
    }
}

/// The attendees. `attendees` also has guests from outside, `participants` only persons of the CRM.
fn attendees<'a>(o: &Object<'a>) -> Vec<Ref<'a>> {
    let attendee = |o: Object<'a>| {
        let reference = reference(o.id("person_id").or_else(|| o.id("user_id")), o.text("name")).unwrap_or_default();
        Ref { email: o.text("email").or_else(|| o.text("email_address")), ..reference }
    };
    o.objects(if o.json("attendees").is_some() { "attendees" } else { "participants" }).map(attendee).collect()
}

/// The day and the time at which it is due. `None` without a time of day.
fn start_at(o: &Object<'_>) -> Option<Timestamp> {
    time::utc(o.date("due_date")?, time_of(o, "due_time")?)
}

/// A time of day: `{"value": "10:00", "timezone_id": null}`, or in version 1 a text. A time with a zone is unreadable,
/// because Pipedrive names the zone by an id of its own.
fn time_of(o: &Object<'_>, name: &str) -> Option<Time> {
    let Some(time) = o.any_object(name) else { return o.civil_time(name) };
    let value = time.civil_time("value")?;
    if time.json("timezone_id").is_some() {
        time.warn("value");
        return None;
    }
    Some(value)
}

/// The minutes of a duration such as `01:30`, which may be longer than a day.
fn minutes(o: &Object<'_>) -> Option<i64> {
    let duration = o.any_object("duration");
    let (holder, name) = duration.as_ref().map_or((o, "duration"), |duration| (duration, "value"));
    let text = holder.text(name)?;
    let minutes = || {
        let (hours, rest) = text.split_once(':')?;
        let minutes = rest.split(':').next()?.parse().ok()?;
        hours.parse::<i64>().ok()?.checked_mul(60)?.checked_add(minutes)
    };
    minutes().or_else(|| {
        holder.warn(name);
        None
    })
}
