//! The failures of messages, and their consequences.

use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;

use crate::payload::PayloadError;
use crate::store::StoreError;

/// Seconds after which a message comes back, by its receive count. Later retries use the queue's visibility timeout. A
/// short disturbance then costs only seconds, and a long one does not use up the message's receives.
const COMES_BACK_AFTER: [u64; 3] = [1, 5, 30];

/// The reason why a message was not consumed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Not a canonical event. The JSON error may quote the body, so only its position is used.
    #[error("the message is no canonical event (line {line}, column {column})")]
    Unreadable { line: usize, column: usize },
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error("the event is in progress elsewhere")]
    InProgress,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the data that the effect is based on kept changing")]
    Conflict,
    #[error("{0}")]
    Function(String),
    #[error("the function panicked")]
    Panicked,
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable { line: error.line(), column: error.column() }
    }
}

impl Failure {
    /// True if the message would fail every time. It then goes to the dead-letter queue immediately.
    pub(crate) fn is_permanent(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::Payload(PayloadError::Missing(_) | PayloadError::TooLarge { .. }) => true,
            // A consumer without S3 can be redeployed with it.
            Self::Payload(PayloadError::Unavailable(_) | PayloadError::Unsupported)
            | Self::InProgress
            | Self::Store(_)
            | Self::Conflict
            | Self::Function(_)
            | Self::Panicked => false,
        }
    }

    /// True if the store may accept it a moment later.
    pub(crate) fn is_momentary(&self) -> bool {
        matches!(self, Self::Conflict | Self::Store(StoreError::Throttled(_)))
    }
}

/// The time after which a failed message comes back. `None` if the queue's visibility timeout decides.
pub(crate) fn comes_back_after(message: &SqsMessage) -> Option<Duration> {
    let receives = message.attributes.get("ApproximateReceiveCount")?.parse::<usize>().ok()?;
    COMES_BACK_AFTER.get(receives.checked_sub(1)?).copied().map(Duration::from_secs)
}
