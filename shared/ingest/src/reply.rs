//! The response that the sender gets.

use crm_normalize::Vendor;
use crm_normalize::crm::AnswerForm;
use crm_normalize::outcome::{Failure, Outcome};
use crm_normalize::scheme::Scheme;
use serde::Serialize;

/// The function's response in payload format 2.0, from which API Gateway builds the sender's response.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    pub status_code: u16,
    headers: Headers,
    pub body: String,
    is_base64_encoded: bool,
    /// The webhook's outcome, which a constant body does not show.
    #[serde(skip)]
    pub outcome: Outcome,
    /// Always empty. API Gateway needs no list, but `cargo lambda watch` answers 500 without one.
    cookies: [String; 0],
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

/// Seconds after which a sender may try again.
const RETRY_AFTER_SECONDS: &str = "30";

/// The challenge of [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617#section-2). Some clients send a password only
/// when asked for it.
const BASIC_CHALLENGE: &str = "Basic realm=\"crm-events\", charset=\"UTF-8\"";

impl HttpResponse {
    /// The response to a vendor's webhook. A 401 asks for a password if the vendor can send one.
    pub(crate) fn new(outcome: Outcome, vendor: &Vendor) -> Self {
        let failed_with = |failure| outcome == Outcome::Failed { error: failure };
        let status_code = outcome.status_code();
        let (content_type, body) = match vendor.answer {
            AnswerForm::Constant { content_type, body } if status_code == 200 => (content_type, body.to_owned()),
            // Texts and lists of texts can always be written as JSON.
            _ => ("application/json", serde_json::to_string(&outcome).unwrap_or_default()),
        };
        let has_basic = || vendor.schemes.iter().any(|scheme| matches!(scheme, Scheme::Basic));
        let headers = Headers {
            content_type,
            retry_after: failed_with(Failure::Unavailable).then_some(RETRY_AFTER_SECONDS),
            www_authenticate: (failed_with(Failure::Unauthorized) && has_basic()).then_some(BASIC_CHALLENGE),
        };
        Self { status_code, headers, body, is_base64_encoded: false, outcome, cookies: [] }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, HttpResponse, Outcome};
    use crm_normalize::crm;

    /// Every response that a sender may rely on.
    #[test]
    fn every_answer() {
        for (outcome, status, body) in [
            (
                Outcome::Accepted { events: vec!["heffl:default:lead:1:created:0011223344556677".to_owned()] },
                200,
                r#"{"status":"accepted","events":["heffl:default:lead:1:created:0011223344556677"]}"#,
            ),
            (
                Outcome::Stored { events: vec!["heffl:default:lead:1:created:0011223344556677".to_owned()] },
                200,
                r#"{"status":"stored","events":["heffl:default:lead:1:created:0011223344556677"]}"#,
            ),
            (Outcome::Ignored { reason: "a test".into() }, 200, r#"{"status":"ignored","reason":"a test"}"#),
            (
                Outcome::Quarantined { reason: "not_json: x".to_owned() },
                200,
                r#"{"status":"quarantined","reason":"not_json: x"}"#,
            ),
            (Outcome::Failed { error: Failure::BadRequest }, 400, r#"{"error":"bad_request"}"#),
            (Outcome::Failed { error: Failure::Unauthorized }, 401, r#"{"error":"unauthorized"}"#),
            (Outcome::Failed { error: Failure::TooLarge }, 413, r#"{"error":"too_large"}"#),
            (Outcome::Failed { error: Failure::Unavailable }, 503, r#"{"error":"unavailable"}"#),
        ] {
            assert_eq!(serde_json::from_str::<Outcome>(body).unwrap(), outcome, "a client reads it as it was written");
            for (vendor, has_basic) in [("teamgram", true), ("freshsales", true), ("heffl", false)] {
                let json =
                    serde_json::to_value(HttpResponse::new(outcome.clone(), crm::find(vendor).unwrap())).unwrap();
                let headers = &json["headers"];
                assert_eq!(json["statusCode"], status);
                assert_eq!(headers["content-type"], "application/json");
                assert_eq!(headers.get("retry-after").is_some(), status == 503);
                let challenge = headers.get("www-authenticate").and_then(serde_json::Value::as_str);
                assert_eq!(challenge.is_some(), status == 401 && has_basic, "{vendor}");
                assert!(challenge.is_none_or(|challenge| challenge.starts_with("Basic realm=\"")), "{challenge:?}");
                assert_eq!(json["body"], body);
                assert_eq!(json["isBase64Encoded"], false);
                assert_eq!(json["cookies"], serde_json::json!([]));
            }
        }
    }

    /// Salesforce takes nothing but an acknowledgement for a success, and a failure must not look like one.
    #[test]
    fn a_constant_answer_is_for_everything_that_is_not_lost() {
        let salesforce = crm::find("salesforce").unwrap();
        for outcome in [
            Outcome::Accepted { events: vec!["x".to_owned()] },
            Outcome::Stored { events: Vec::new() },
            Outcome::Ignored { reason: "a test".into() },
            Outcome::Quarantined { reason: "not_xml: x".to_owned() },
            Outcome::Mixed { events: Vec::new(), ignored: Vec::new(), quarantined: vec!["not_xml: x".to_owned()] },
        ] {
            let json = serde_json::to_value(HttpResponse::new(outcome, salesforce)).unwrap();
            assert_eq!(json["statusCode"], 200);
            assert_eq!(json["headers"]["content-type"], "text/xml; charset=utf-8");
            let body = json["body"].as_str().unwrap();
            let ack = r#"<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>"#;
            assert!(body.starts_with("<?xml version=\"1.0\"") && body.contains(ack), "{body}");
            assert!(json.get("outcome").is_none());
        }
        for error in [Failure::BadRequest, Failure::Unauthorized, Failure::TooLarge, Failure::Unavailable] {
            let json = serde_json::to_value(HttpResponse::new(Outcome::Failed { error }, salesforce)).unwrap();
            assert_ne!(json["statusCode"], 200);
            assert!(!json["body"].as_str().unwrap().contains("Ack"));
        }
    }
}
