//! One thing that was kept, and what it becomes now.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crm_event::Event;
use crm_normalize::quarantine::{Body, Kept, Message};
use crm_normalize::{Accepted, Options};
use jiff::Timestamp;

/// A message of a queue or an object of the store.
#[derive(Debug)]
pub(super) struct Item {
    /// A message's id or an object's key.
    pub(super) id: String,
    /// What takes it away: a message's receipt handle; none of an object.
    pub(super) handle: Option<String>,
    pub(super) kept_at: Option<Timestamp>,
    /// A word: why it was kept.
    pub(super) reason: String,
    pub(super) vendor: String,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Webhook(Box<Message<'static>>),
    /// An event's JSON.
    Event(String),
    /// Not what we write.
    Unreadable,
}

/// What an item becomes.
pub(super) enum Plan {
    /// The JSON of each.
    Events(Vec<String>),
    Ignored,
    /// Still not understood.
    Quarantine(Box<Message<'static>>),
}

/// Why an item stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    NotUnderstood,
    TooYoung,
    Unreadable,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUnderstood => "left: still not understood",
            Self::TooYoung => "left: younger than 5 minutes, SQS would drop it as a twin",
            Self::Unreadable => "left: not a message of ours",
        })
    }
}

impl Item {
    pub(super) fn plan(&self, include_raw: bool) -> Result<Plan, Why> {
        match &self.content {
            Content::Webhook(message) => {
                let kept = Kept::new((**message).clone()).map_err(|_| Why::Unreadable)?;
                match kept.verified().normalize(Options { include_raw }).result {
                    Ok(Accepted::Events(events)) => {
                        let events = events.iter().map(serde_json::to_string).collect::<Result<_, _>>();
                        events.map(Plan::Events).map_err(|_| Why::Unreadable)
                    }
                    Ok(Accepted::Ignored(_)) => Ok(Plan::Ignored),
                    Err(quarantine) => Ok(Plan::Quarantine(Box::new(Message {
                        reason: Cow::Borrowed(quarantine.reason.word()),
                        detail: quarantine.detail,
                        ..(**message).clone()
                    }))),
                }
            }
            Content::Event(json) => {
                let event: Event<'_> = serde_json::from_str(json).map_err(|_| Why::Unreadable)?;
                Ok(Plan::Events(vec![normalized_anew(&event).unwrap_or_else(|| json.clone())]))
            }
            Content::Unreadable => Err(Why::Unreadable),
        }
    }
}

/// The event as the present normalizer makes it of the vendor's JSON in it. None where it has none, or where that does
/// not give this event any more: then the event goes as it is.
fn normalized_anew(event: &Event<'_>) -> Option<String> {
    let raw = event.data.raw.as_ref()?;
    // The digest; a key that was too long has none that could be read.
    let (_, digest) = event.id.rsplit_once(':')?;
    // Of a request's parameters and headers, the name of the event is all that a translation reads.
    let query = BTreeMap::from([("event".to_owned(), event.data.vendor_event.clone())]);
    let kept = Kept::new(Message {
        reason: Cow::Borrowed(""),
        detail: Cow::Borrowed(""),
        vendor: event.data.vendor.clone(),
        account: event.data.account.clone(),
        url_account: Some(event.data.account.clone()),
        received_at: event.recordedtime,
        digest: digest.to_owned(),
        headers: BTreeMap::new(),
        query,
        body: Body::Text(Cow::Borrowed(raw.get())),
    })
    .ok()?;
    let verified = kept.verified();
    let Ok(Accepted::Events(events)) = verified.normalize(Options { include_raw: true }).result else { return None };
    let mut same = events.into_iter().find(|anew| anew.id == event.id)?;
    same.traceparent.clone_from(&event.traceparent);
    serde_json::to_string(&same).ok()
}
