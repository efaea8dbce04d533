//! What the sender gets. Status codes are here and nowhere else.

use crm_normalize::Vendor;
use crm_normalize::scheme::Scheme;
use serde::Serialize;

/// What API Gateway makes the sender's response of, in payload format 2.0.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    pub status_code: u16,
    headers: Headers,
    /// JSON.
    pub body: String,
    is_base64_encoded: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Headers {
    content_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    www_authenticate: Option<&'static str>,
}

/// The answers of a function. One vendor (TeamGram) counts anything but exactly 200 as a failure: what is kept is
/// answered 200, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Reply {
    /// On the queue, confirmed: the ids of the events.
    Accepted { events: Vec<String> },
    /// The queue is out of reach: in the overflow store, from where a replay puts these events on the queue.
    Stored { events: Vec<String> },
    /// Not about a record.
    Ignored { reason: &'static str },
    /// Authentic and not understood: in the quarantine, confirmed.
    Quarantined { reason: String },
    /// Refused; the sender learns nothing more.
    #[serde(untagged)]
    Failed { error: Failure },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Not a request of an HTTP API.
    BadRequest,
    /// The request does not prove its origin.
    Unauthorized,
    /// Larger than a queue takes, and there is no overflow store.
    TooLarge,
    /// The queue is out of reach, and so is the overflow store if there is one: the vendor must send again.
    Unavailable,
}

/// Seconds after which a sender may try again.
const RETRY_AFTER_SECONDS: &str = "30";

/// The challenge of [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617#section-2): some clients send a password only
/// after they were asked for it.
const BASIC_CHALLENGE: &str = "Basic realm=\"crm-events\", charset=\"UTF-8\"";

impl Reply {
    pub(crate) fn failed(error: Failure) -> Self {
        Self::Failed { error }
    }

    pub fn status_code(&self) -> u16 {
        match self {
            Self::Accepted { .. } | Self::Stored { .. } | Self::Ignored { .. } | Self::Quarantined { .. } => 200,
            Self::Failed { error: Failure::BadRequest } => 400,
            Self::Failed { error: Failure::Unauthorized } => 401,
            Self::Failed { error: Failure::TooLarge } => 413,
            Self::Failed { error: Failure::Unavailable } => 503,
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Accepted { .. } => Outcome::Accepted,
            Self::Stored { .. } => Outcome::Stored,
            Self::Ignored { .. } => Outcome::Ignored,
            Self::Quarantined { .. } => Outcome::Quarantined,
            Self::Failed { error: Failure::BadRequest } => Outcome::BadRequest,
            Self::Failed { error: Failure::Unauthorized } => Outcome::Unauthorized,
            Self::Failed { error: Failure::TooLarge } => Outcome::TooLarge,
            Self::Failed { error: Failure::Unavailable } => Outcome::Unavailable,
        }
    }

    /// The ids of the events that are on the queue, or will be.
    pub(crate) fn events(&self) -> &[String] {
        match self {
            Self::Accepted { events } | Self::Stored { events } => events,
            Self::Ignored { .. } | Self::Quarantined { .. } | Self::Failed { .. } => &[],
        }
    }
}

/// What became of a webhook, for the log and the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Stored,
    Ignored,
    Quarantined,
    BadRequest,
    Unauthorized,
    TooLarge,
    Unavailable,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Stored => "stored",
            Self::Ignored => "ignored",
            Self::Quarantined => "quarantined",
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::TooLarge => "too_large",
            Self::Unavailable => "unavailable",
        }
    }

    pub(crate) const fn metric(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Stored => "Stored",
            Self::Ignored => "Ignored",
            Self::Quarantined => "Quarantined",
            Self::BadRequest => "BadRequest",
            Self::Unauthorized => "Unauthorized",
            Self::TooLarge => "TooLarge",
            Self::Unavailable => "Unavailable",
        }
    }
}

impl HttpResponse {
    /// The response to a vendor's webhook. A 401 asks for a password if the vendor can send one.
    pub(crate) fn new(reply: &Reply, vendor: &Vendor) -> Self {
        let failed_with = |failure| *reply == Reply::failed(failure);
        let has_basic = || vendor.schemes.iter().any(|scheme| matches!(scheme, Scheme::Basic));
        Self {
            status_code: reply.status_code(),
            headers: Headers {
                content_type: "application/json",
                retry_after: failed_with(Failure::Unavailable).then_some(RETRY_AFTER_SECONDS),
                www_authenticate: (failed_with(Failure::Unauthorized) && has_basic()).then_some(BASIC_CHALLENGE),
            },
            // Texts and lists of texts always make JSON.
            body: serde_json::to_string(reply).unwrap_or_default(),
            is_base64_encoded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, HttpResponse, Reply};
    use crm_normalize::crm;

    /// Section by section what a sender may rely on.
    #[test]
    fn every_answer() {
        for (reply, status, body) in [
            (
                Reply::Accepted { events: vec!["heffl:default:lead:1:created:0011223344556677".to_owned()] },
                200,
                r#"{"status":"accepted","events":["heffl:default:lead:1:created:0011223344556677"]}"#,
            ),
            (
                Reply::Stored { events: vec!["heffl:default:lead:1:created:0011223344556677".to_owned()] },
                200,
                r#"{"status":"stored","events":["heffl:default:lead:1:created:0011223344556677"]}"#,
            ),
            (Reply::Ignored { reason: "a test" }, 200, r#"{"status":"ignored","reason":"a test"}"#),
            (
                Reply::Quarantined { reason: "not_json: x".to_owned() },
                200,
                r#"{"status":"quarantined","reason":"not_json: x"}"#,
            ),
            (Reply::failed(Failure::BadRequest), 400, r#"{"error":"bad_request"}"#),
            (Reply::failed(Failure::Unauthorized), 401, r#"{"error":"unauthorized"}"#),
            (Reply::failed(Failure::TooLarge), 413, r#"{"error":"too_large"}"#),
            (Reply::failed(Failure::Unavailable), 503, r#"{"error":"unavailable"}"#),
        ] {
            for (vendor, has_basic) in [("teamgram", true), ("freshsales", true), ("heffl", false)] {
                let json = serde_json::to_value(HttpResponse::new(&reply, crm::find(vendor).unwrap())).unwrap();
                let headers = &json["headers"];
                assert_eq!(json["statusCode"], status);
                assert_eq!(headers["content-type"], "application/json");
                assert_eq!(headers.get("retry-after").is_some(), status == 503);
                let challenge = headers.get("www-authenticate").and_then(serde_json::Value::as_str);
                assert_eq!(challenge.is_some(), status == 401 && has_basic, "{vendor}");
                assert!(challenge.is_none_or(|challenge| challenge.starts_with("Basic realm=\"")), "{challenge:?}");
                assert_eq!(json["body"], body);
                assert_eq!(json["isBase64Encoded"], false);
            }
        }
    }
}
