//! The one type for what became of a webhook: answer, log, metrics, console and tools all say it with this.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What became of a webhook. An event is an id in a function's answer, and may be the whole event elsewhere.
///
/// One vendor (TeamGram) counts anything but exactly 200 as a failure: whatever is not lost is answered 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome<E = String> {
    /// On the queue, confirmed.
    Accepted { events: Vec<E> },
    /// SQS did not take the events: the webhook is in the overflow store, from where a replay puts them on the queue.
    Stored { events: Vec<E> },
    /// Not about a record.
    Ignored { reason: Cow<'static, str> },
    /// Authentic and not understood: in the quarantine, confirmed.
    Quarantined { reason: String },
    /// Refused; the sender learns nothing more.
    #[serde(untagged)]
    Failed { error: Failure },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Not a request of an HTTP API.
    BadRequest,
    /// The request does not prove its origin.
    Unauthorized,
    /// Larger than a queue takes, and there is no overflow store.
    TooLarge,
    /// Neither SQS nor the overflow store took it: the vendor must send again.
    Unavailable,
}

impl<E> Outcome<E> {
    pub fn status_code(&self) -> u16 {
        match self {
            Self::Accepted { .. } | Self::Stored { .. } | Self::Ignored { .. } | Self::Quarantined { .. } => 200,
            Self::Failed { error: Failure::BadRequest } => 400,
            Self::Failed { error: Failure::Unauthorized } => 401,
            Self::Failed { error: Failure::TooLarge } => 413,
            Self::Failed { error: Failure::Unavailable } => 503,
        }
    }

    /// The word for it in logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Stored { .. } => "stored",
            Self::Ignored { .. } => "ignored",
            Self::Quarantined { .. } => "quarantined",
            Self::Failed { error: Failure::BadRequest } => "bad_request",
            Self::Failed { error: Failure::Unauthorized } => "unauthorized",
            Self::Failed { error: Failure::TooLarge } => "too_large",
            Self::Failed { error: Failure::Unavailable } => "unavailable",
        }
    }

    /// The events that are on the queue, or will be.
    pub fn events(&self) -> &[E] {
        match self {
            Self::Accepted { events } | Self::Stored { events } => events,
            Self::Ignored { .. } | Self::Quarantined { .. } | Self::Failed { .. } => &[],
        }
    }

    /// Why it is no event, if the sender is told.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ignored { reason } => Some(reason),
            Self::Quarantined { reason } => Some(reason),
            Self::Accepted { .. } | Self::Stored { .. } | Self::Failed { .. } => None,
        }
    }
}
