//! One stored item, and the plan for it.

use std::fmt;

use crm_event::Event;
use crm_normalize::quarantine::{Body, Record, RestoreError, Restored};
use crm_normalize::{Accepted, BodyTexts, Options};
use jiff::Timestamp;

use crate::terminal::for_terminal;

/// A message of a queue or an object of the store.
#[derive(Debug)]
pub(crate) struct Item {
    /// A message's id or an object's key.
    pub(crate) id: String,
    /// The receipt handle that removes a message; `None` for an object.
    pub(crate) handle: Option<String>,
    /// When the webhook was received, or the dead letter was sent to its queue.
    pub(crate) stored_at: Option<Timestamp>,
    /// The reason why it was stored, as a word.
    pub(crate) reason: String,
    pub(crate) vendor: String,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Webhook(Box<Record<'static>>),
    /// An event's JSON.
    Event(String),
    /// Not in our format.
    Unreadable,
    /// The message points to an object in S3 that does not exist any more.
    Gone,
}

/// The plan for an item.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The JSON of each event.
    pub(crate) events: Vec<String>,
    /// The number of its webhooks that are not about a record.
    pub(crate) ignored: usize,
    /// Its webhooks that are still not understood.
    pub(crate) quarantined: Vec<Record<'static>>,
}

/// The reason why an item is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftReason {
    NotUnderstood,
    TooYoung,
    Unreadable,
    UnknownVendor,
    Gone,
}

impl fmt::Display for LeftReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUnderstood => "left: still not understood",
            Self::TooYoung => "left: younger than 5 minutes, SQS would drop it as a duplicate",
            Self::Unreadable => "left: not a message of ours",
            Self::UnknownVendor => "left: no such vendor here, run this where its file is in vendors/",
            Self::Gone => "left: its object in S3 is gone",
        })
    }
}

impl Item {
    /// The item as text for a person, with the webhook or event itself.
    pub(crate) fn shown(&self) -> String {
        let Self { id, stored_at, reason, vendor, content, .. } = self;
        let at = stored_at.map(|at| format!(" {at}")).unwrap_or_default();
        let (detail, body) = match content {
            Content::Webhook(record) => {
                let body = match &record.body {
                    Body::Text(text) => text,
                    Body::Base64(text) => text.as_str(),
                };
                (format!("{}: {}, account {}", record.reason, record.detail, record.account), body)
            }
            Content::Event(json) => (reason.clone(), json.as_str()),
            Content::Unreadable => (LeftReason::Unreadable.to_string(), ""),
            Content::Gone => (LeftReason::Gone.to_string(), ""),
        };
        for_terminal(&format!("{vendor}{at} {detail}\n{id}\n{body}\n"))
    }

    pub(crate) fn plan(&self, include_raw: bool) -> Result<Plan, LeftReason> {
        match &self.content {
            Content::Webhook(record) => {
                let restored = (**record).clone().restore().map_err(|error| match error {
                    RestoreError::UnknownVendor(_) => LeftReason::UnknownVendor,
                    RestoreError::NotBase64 | RestoreError::UnknownTimeZone(_) | RestoreError::NotAHash => {
                        LeftReason::Unreadable
                    }
                })?;
                let texts = BodyTexts::default();
                let mut plan = Plan::default();
                for normalized in restored.verified().normalize(Options { include_raw }, &texts) {
                    match normalized.result {
                        Ok(Accepted::Events(events)) => {
                            let events = events.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
                            plan.events.extend(events.map_err(|_| LeftReason::Unreadable)?);
                        }
                        Ok(Accepted::Ignored(_)) => plan.ignored = plan.ignored.saturating_add(1),
                        Err(why) => plan.quarantined.push(Record::new(&normalized.webhook, &why).into_owned()),
                    }
                }
                Ok(plan)
            }
            Content::Event(json) => {
                let event: Event<'_> = serde_json::from_str(json).map_err(|_| LeftReason::Unreadable)?;
                let json = normalized_again(&event).unwrap_or_else(|| json.clone());
                Ok(Plan { events: vec![json], ..Plan::default() })
            }
            Content::Unreadable => Err(LeftReason::Unreadable),
            Content::Gone => Err(LeftReason::Gone),
        }
    }
}

/// Translates the vendor's JSON in the event again. `None` if there is no such JSON, or if it no longer gives this
/// event; the event is then sent unchanged.
fn normalized_again(event: &Event<'_>) -> Option<String> {
    let restored = Restored::from_event(event)?;
    let (verified, texts) = (restored.verified(), BodyTexts::default());
    let events =
        verified.normalize(Options { include_raw: true }, &texts).into_iter().filter_map(|each| match each.result {
            Ok(Accepted::Events(events)) => Some(events),
            Ok(Accepted::Ignored(_)) | Err(_) => None,
        });
    let mut same = events.flatten().find(|again| again.id == event.id)?;
    same.traceparent.clone_from(&event.traceparent);
    serde_json::to_string(&same).ok()
}
