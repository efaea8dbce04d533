//! The outcome of a webhook. Answer, log, metrics, console and tools all use this one type.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The outcome of a webhook. `E` is the event's id in a function's answer, and may be the whole event elsewhere.
///
/// One vendor (TeamGram) treats any status other than 200 as a failure, so every webhook that is not lost is answered
/// 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome<E = String> {
    /// The queue has confirmed the events.
    Accepted { events: Vec<E> },
    /// SQS did not accept the events. The webhook is in the overflow store until a replay.
    Stored { events: Vec<E> },
    /// Not about a record.
    Ignored { reason: Cow<'static, str> },
    /// Authentic but not understood. The quarantine queue has confirmed the webhook.
    Quarantined { reason: String },
    /// Refused; the sender learns nothing more.
    #[serde(untagged)]
    Failed { error: Failure },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Not an HTTP API request.
    BadRequest,
    /// The request does not prove its origin.
    Unauthorized,
    /// Larger than a queue accepts, and there is no overflow store.
    TooLarge,
    /// Neither SQS nor the overflow store accepted it. The vendor must send again.
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

    /// The outcome as a word for logs.
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

    /// The reason why there is no event, if the sender may know it.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ignored { reason } => Some(reason),
            Self::Quarantined { reason } => Some(reason),
            Self::Accepted { .. } | Self::Stored { .. } | Self::Failed { .. } => None,
        }
    }
}
