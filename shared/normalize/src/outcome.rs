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
    /// Many webhooks in one request, with different outcomes. The events are on the queue, and the webhooks that were
    /// not understood are in the quarantine.
    Mixed {
        events: Vec<E>,
        /// The reason of each webhook that is not about a record.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ignored: Vec<Cow<'static, str>>,
        /// The reason of each webhook that was not understood.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        quarantined: Vec<String>,
    },
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

impl Failure {
    fn status_code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::TooLarge => 413,
            Self::Unavailable => 503,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::TooLarge => "too_large",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Maximum number of reasons in one text.
const MAX_REASONS: usize = 5;

impl<E> Outcome<E> {
    /// The outcome of a request, by the events of its webhooks and the reasons of those without events.
    pub fn of_webhooks(events: Vec<E>, ignored: Vec<&'static str>, quarantined: Vec<String>) -> Self {
        match (&events[..], &ignored[..], &quarantined[..]) {
            ([], [], []) => Self::Ignored { reason: Cow::Borrowed("an empty list") },
            ([_, ..], [], []) => Self::Accepted { events },
            ([], [reason, rest @ ..], []) if rest.iter().all(|other| other == reason) => {
                Self::Ignored { reason: Cow::Borrowed(reason) }
            }
            ([], [], [reason, rest @ ..]) if rest.iter().all(|other| other == reason) => {
                Self::Quarantined { reason: reason.clone() }
            }
            _ => Self::Mixed { events, ignored: ignored.into_iter().map(Cow::Borrowed).collect(), quarantined },
        }
    }

    pub fn status_code(&self) -> u16 {
        match self {
            Self::Accepted { .. }
            | Self::Stored { .. }
            | Self::Ignored { .. }
            | Self::Quarantined { .. }
            | Self::Mixed { .. } => 200,
            Self::Failed { error } => error.status_code(),
        }
    }

    /// The outcome as a word for logs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Stored { .. } => "stored",
            Self::Ignored { .. } => "ignored",
            Self::Quarantined { .. } => "quarantined",
            Self::Mixed { .. } => "mixed",
            Self::Failed { error } => error.word(),
        }
    }

    /// The events that are on the queue, or will be.
    pub fn events(&self) -> &[E] {
        match self {
            Self::Accepted { events } | Self::Stored { events } | Self::Mixed { events, .. } => events,
            Self::Ignored { .. } | Self::Quarantined { .. } | Self::Failed { .. } => &[],
        }
    }

    /// The reason why there is no event, if the sender may know it. For many webhooks, each reason once, at most five.
    pub fn reason(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Ignored { reason } => Some(Cow::Borrowed(reason)),
            Self::Quarantined { reason } => Some(Cow::Borrowed(reason)),
            Self::Mixed { ignored, quarantined, .. } => {
                let mut reasons: Vec<&str> = Vec::new();
                for reason in quarantined.iter().map(String::as_str).chain(ignored.iter().map(|reason| &**reason)) {
                    if reasons.len() < MAX_REASONS && !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
                Some(Cow::Owned(reasons.join("; ")))
            }
            Self::Accepted { .. } | Self::Stored { .. } | Self::Failed { .. } => None,
        }
    }

    /// The reason of each quarantined webhook.
    pub fn quarantined(&self) -> &[String] {
        match self {
            Self::Quarantined { reason } => std::slice::from_ref(reason),
            Self::Mixed { quarantined, .. } => quarantined,
            Self::Accepted { .. } | Self::Stored { .. } | Self::Ignored { .. } | Self::Failed { .. } => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Outcome};

    /// The outcome of these events, reasons to ignore, and reasons to quarantine.
    fn of(events: &[&str], ignored: &[&'static str], quarantined: &[&str]) -> Outcome {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Outcome::of_webhooks(texts(events), ignored.to_vec(), texts(quarantined))
    }

    #[test]
    fn what_many_webhooks_come_to_and_why() {
        let six = ["a", "b", "c", "d", "e", "f"];
        for (outcome, word, reason, quarantined) in [
            (of(&[], &[], &[]), "ignored", Some("an empty list"), vec![]),
            (of(&["1", "2"], &[], &[]), "accepted", None, vec![]),
            (of(&[], &["a", "a"], &[]), "ignored", Some("a"), vec![]),
            (of(&[], &["a", "b"], &[]), "mixed", Some("a; b"), vec![]),
            (of(&[], &[], &["a", "a"]), "quarantined", Some("a"), vec!["a"]),
            (of(&[], &[], &["a", "b", "a"]), "mixed", Some("a; b"), vec!["a", "b", "a"]),
            (of(&["1"], &["a"], &[]), "mixed", Some("a"), vec![]),
            (of(&["1"], &[], &["a"]), "mixed", Some("a"), vec!["a"]),
            (of(&[], &["b"], &["a"]), "mixed", Some("a; b"), vec!["a"]),
            (of(&[], &[], &six), "mixed", Some("a; b; c; d; e"), six.to_vec()),
            (Outcome::Stored { events: Vec::new() }, "stored", None, vec![]),
            (Outcome::Failed { error: Failure::TooLarge }, "too_large", None, vec![]),
        ] {
            assert_eq!((outcome.word(), outcome.reason().as_deref()), (word, reason), "{outcome:?}");
            assert_eq!(outcome.quarantined(), quarantined, "{outcome:?}");
        }
    }
}
