//! The two generations of bodies, read as one.

use std::borrow::Cow;

use crm_event::{Entity, Text};
use jiff::Timestamp;

use crate::error::Quarantine;
use crate::json::Object;

/// The action by the envelope alone. The changes may make it a narrower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Created,
    Changed,
    Deleted,
    /// Version 1 alone has a word for it.
    Merged,
}

/// A body without its generation.
pub(super) struct Envelope<'a> {
    pub(super) meta: Object<'a>,
    /// `change.deal`, `updated.deal`: as Pipedrive writes it where a webhook is registered.
    pub(super) vendor_event: Text<'a>,
    /// The kind of record; `None` for one that is not modelled.
    pub(super) entity: Option<Entity>,
    /// `None` for an action that is not documented.
    pub(super) kind: Option<Kind>,
    pub(super) record_id: Option<Text<'a>>,
    pub(super) occurred_at: Option<Timestamp>,
    /// The record after it happened; `None` once it is deleted.
    pub(super) now: Option<Object<'a>>,
    /// The record before it happened: all of it, or only the members that changed.
    pub(super) before: Option<Object<'a>>,
}

impl<'a> Envelope<'a> {
    /// # Errors
    /// If the body has no `meta`, or `meta` does not name the event.
    pub(super) fn read(body: &Object<'a>) -> Result<Self, Quarantine> {
        let meta =
            body.object("meta").ok_or_else(|| Quarantine::wrong_envelope("expected an object under \"meta\""))?;
        let is_version_2 = meta.has("entity");
        let (object, id, now) =
            if is_version_2 { ("entity", "entity_id", "data") } else { ("object", "id", "current") };
        let (Some(action), Some(object)) = (meta.text("action"), meta.text(object)) else {
            let detail = "expected meta.action and meta.entity (meta.object in version 1), which name the event";
            return Err(Quarantine::no_event_name(detail));
        };
        // In version 1, the states of a user are in a list of one.
        let (now, before) = (body.objects(now).next(), body.objects("previous").next());
        Ok(Self {
            record_id: meta.id(id),
            occurred_at: micros(&meta).or_else(|| meta.time("timestamp")),
            vendor_event: Cow::Owned([&*action, ".", &object].concat()),
            entity: entity(&object),
            kind: kind(&action),
            meta,
            now,
            before,
        })
    }
}

fn kind(action: &str) -> Option<Kind> {
    Some(match action {
        "create" | "added" => Kind::Created,
        "change" | "updated" => Kind::Changed,
        "delete" | "deleted" => Kind::Deleted,
        "merged" => Kind::Merged,
        _ => return None,
    })
}

fn entity(object: &str) -> Option<Entity> {
    Some(match object {
        "person" => Entity::Contact,
        "organization" => Entity::Company,
        "deal" => Entity::Deal,
        "lead" => Entity::Lead,
        "product" => Entity::Product,
        "note" => Entity::Note,
        "activity" => Entity::Activity,
        "user" => Entity::User,
        "project" => Entity::Project,
        "task" => Entity::Task,
        _ => return None,
    })
}

/// The time of version 1 in microseconds since 1970.
fn micros(meta: &Object<'_>) -> Option<Timestamp> {
    let micros = meta.text("timestamp_micro")?.parse().ok()?;
    Timestamp::from_microsecond(micros).ok()
}
