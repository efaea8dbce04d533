//! The reasons to refuse or quarantine a webhook, and to refuse a setting.

use std::borrow::Cow;
use std::fmt;

/// The request does not prove its origin. All variants get the same answer, so that a forger learns nothing; the
/// variant is for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthorized {
    #[error("no secret is set for this account")]
    UnknownAccount,
    #[error("no proof of origin that this account accepts")]
    NoProof,
    #[error("the timestamp of the signature is too old, or in the future")]
    StaleTimestamp,
    #[error("the proof of origin does not match")]
    Mismatch,
}

impl Unauthorized {
    /// One word for logs and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::NoProof => "no_proof",
            Self::StaleTimestamp => "stale_timestamp",
            Self::Mismatch => "mismatch",
        }
    }
}

/// The reason to quarantine an authentic webhook. The list is closed, because replay and alarms depend on these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The body is not UTF-8 text.
    NotText,
    /// The body is not JSON, or not an object.
    NotJson,
    /// The body is not the XML that the vendor sends.
    NotXml,
    /// The body has more values than a function reads.
    TooManyValues,
    /// Readable, but not the envelope that the vendor documents.
    WrongEnvelope,
    /// Nothing names the event.
    NoEventName,
    /// The event is about a record, but has no record id.
    NoRecordId,
    /// The body comes from another product or channel with a similar format.
    OtherProduct,
    /// The body names another account of the vendor than the URL.
    OtherAccount,
    /// More records than a function can hold events for.
    TooManyEvents,
    /// The webhook is fine, but the queue was unreachable. The overflow store has it for a replay.
    QueueUnavailable,
}

impl Reason {
    pub const ALL: &'static [Self] = &[
        Self::NotText,
        Self::NotJson,
        Self::NotXml,
        Self::TooManyValues,
        Self::WrongEnvelope,
        Self::NoEventName,
        Self::NoRecordId,
        Self::OtherProduct,
        Self::OtherAccount,
        Self::TooManyEvents,
        Self::QueueUnavailable,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::NotText => "not_text",
            Self::NotJson => "not_json",
            Self::NotXml => "not_xml",
            Self::TooManyValues => "too_many_values",
            Self::WrongEnvelope => "wrong_envelope",
            Self::NoEventName => "no_event_name",
            Self::NoRecordId => "no_record_id",
            Self::OtherProduct => "other_product",
            Self::OtherAccount => "other_account",
            Self::TooManyEvents => "too_many_events",
            Self::QueueUnavailable => "queue_unavailable",
        }
    }
}

/// The reason and a detail for a webhook that is quarantined instead of becoming an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    pub reason: Reason,
    /// A sentence for the person who investigates. Contains field names, never values.
    pub detail: Cow<'static, str>,
}

impl Quarantine {
    pub fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// Nothing names the event.
    pub fn no_event_name(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Reason::NoEventName, detail)
    }

    /// The event's record has no id where the vendor puts it.
    pub fn no_record_id(field: &str) -> Self {
        Self::new(Reason::NoRecordId, format!("the record has no id: {field} is missing or empty"))
    }

    /// The event's record has a template's placeholder where its id should be.
    pub fn unfilled_placeholder(field: &str) -> Self {
        let detail = format!(
            "the record has no id: {field} holds a placeholder that the CRM has not filled; look for its exact name in \
             the list of placeholders where the webhook's template is edited"
        );
        Self::new(Reason::NoRecordId, detail)
    }

    /// A member of the envelope is missing or of another type.
    pub fn wrong_envelope(expected: &'static str) -> Self {
        Self::new(Reason::WrongEnvelope, expected)
    }
}

impl fmt::Display for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.word(), self.detail)
    }
}

/// An invalid secrets setting. Names the account and the expected form, never the value found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    #[error(
        "expected a JSON object of account to list of proofs, such as {{\"default\": [\"{expected}\"]}}; \
         this is not one (line {line}, column {column})"
    )]
    NotJson { expected: String, line: usize, column: usize },
    #[error("expected at least one account, such as {{\"default\": [\"{expected}\"]}}")]
    NoAccount { expected: String },
    #[error("an account has an empty name; expected \"default\" or the {{account}} segment of the URL")]
    EmptyAccount,
    #[error("account {account:?}: expected a list with at least one proof ({expected})")]
    NotAList { account: String, expected: String },
    #[error("account {account:?}, proof {position}: expected {expected}")]
    Proof { account: String, position: usize, expected: String },
    #[error(
        "account {account:?}, proof {position}: the key is shorter than {min_bytes} bytes: was all of it copied? \
         expected {expected}"
    )]
    ShortKey { account: String, position: usize, min_bytes: usize, expected: String },
    #[error("account {account:?}, proof {position}: this vendor cannot use \"{scheme}\"; expected {expected}")]
    Scheme { account: String, position: usize, scheme: &'static str, expected: String },
}
