//! The request from API Gateway: an HTTP API event in payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::borrow::Cow;
use std::collections::BTreeMap;

use crm_normalize::{Pairs, Request};
use data_encoding::BASE64;
use serde::Deserialize;

/// The members of API Gateway's event that a webhook needs. Others, such as an authorizer's result, are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequest {
    /// Percent-decoded, except for `%25`.
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    request_context: Option<RequestContext>,
    headers: Option<BTreeMap<String, String>>,
    path_parameters: Option<PathParameters>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    domain_name: Option<String>,
    http: Option<Http>,
}

#[derive(Deserialize)]
struct Http {
    method: Option<String>,
}

#[derive(Deserialize)]
struct PathParameters {
    account: Option<String>,
}

/// Names and values of a request, decoded.
type Owned = Vec<(Cow<'static, str>, Cow<'static, str>)>;

/// The parts of a request that its proof and its translation need, owned.
pub(crate) struct Received {
    method: String,
    url: String,
    body: Vec<u8>,
    headers: Owned,
    query: Owned,
    account: Option<String>,
}

impl Received {
    /// `public_base_url` is the address that the sender uses, if it is not that of API Gateway.
    pub(crate) fn new(event: HttpRequest, public_base_url: Option<&str>) -> Self {
        let context = event.request_context.unwrap_or_default();
        let mut url = match public_base_url {
            Some(base) => base.to_owned(),
            None => ["https://", &context.domain_name.unwrap_or_default()].concat(),
        };
        url.push_str(&event.raw_path.unwrap_or_default());
        let query = event.raw_query_string.unwrap_or_default();
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query);
        }
        let query = form_urlencoded::parse(query.as_bytes());
        let headers = event.headers.unwrap_or_default().into_iter();
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Self {
            method: context.http.and_then(|http| http.method).unwrap_or_default(),
            url,
            headers: headers.map(|(name, value)| (Cow::Owned(name), Cow::Owned(value))).collect(),
            query: query.map(|(name, value)| (owned(name), owned(value))).collect(),
            account: event.path_parameters.and_then(|parameters| parameters.account).and_then(account),
            body: body(event.body.unwrap_or_default(), event.is_base64_encoded.unwrap_or_default()),
        }
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            url: &self.url,
            body: &self.body,
            headers: Pairs(&self.headers),
            query: Pairs(&self.query),
            account: self.account.as_deref(),
        }
    }
}

/// The account in the URL without a trailing slash; `None` if it is empty.
fn account(mut segment: String) -> Option<String> {
    segment.truncate(segment.trim_end_matches('/').len());
    (!segment.is_empty()).then_some(segment)
}

/// The vendor's bytes. A body that claims to be Base64 but is not stays unchanged; its proof fails, or it is
/// quarantined.
fn body(text: String, is_base64: bool) -> Vec<u8> {
    if is_base64 && let Ok(bytes) = BASE64.decode(text.as_bytes()) {
        return bytes;
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{HttpRequest, Received};
    use crm_normalize::Request;

    fn read(json: &str, check: impl FnOnce(Request<'_>)) {
        check(Received::new(serde_json::from_str::<HttpRequest>(json).unwrap(), None).request());
    }

    #[test]
    fn what_a_webhook_is_read_from() {
        let json = r#"{
            "version": "2.0", "rawPath": "/webhooks/heffl/acme", "rawQueryString": "token=a%20b&x=1&x=2",
            "cookies": ["a=b"], "headers": {"content-type": "application/json", "webhook-id": "msg_1"},
            "queryStringParameters": {"token": "a b", "x": "1,2"}, "pathParameters": {"account": "acme"},
            "requestContext": {"http": {"method": "POST"}, "timeEpoch": 1, "authentication": null, "domainName": "a.example"},
            "body": "eA==", "isBase64Encoded": true, "stageVariables": null
        }"#;
        read(json, |request| {
            assert_eq!(request.body, b"x");
            assert_eq!(request.headers.get("Webhook-Id"), Some("msg_1"));
            assert_eq!((request.query.get("token"), request.query.get("x")), (Some("a b"), None));
            assert_eq!(request.account, Some("acme"));
            assert_eq!(request.method, "POST");
            assert_eq!(request.url, "https://a.example/webhooks/heffl/acme?token=a%20b&x=1&x=2");
        });
    }

    #[test]
    fn the_url_is_that_of_the_setting_where_something_stands_before_the_api() {
        for (query, url) in [
            ("", "https://hooks.example.com/crm/webhooks/hubspot/"),
            ("env=a%3Ab", "https://hooks.example.com/crm/webhooks/hubspot/?env=a%3Ab"),
        ] {
            let json = format!(
                r#"{{"rawPath": "/webhooks/hubspot/", "rawQueryString": "{query}",
                "requestContext": {{"domainName": "a.example"}}}}"#
            );
            let received = Received::new(serde_json::from_str(&json).unwrap(), Some("https://hooks.example.com/crm"));
            assert_eq!(received.request().url, url);
        }
    }

    #[test]
    fn a_slash_at_the_end_of_the_url_is_no_account() {
        for (segment, account) in [("acme", Some("acme")), ("acme/", Some("acme")), ("", None), ("/", None)] {
            read(&format!(r#"{{"pathParameters": {{"account": "{segment}"}}}}"#), |request| {
                assert_eq!(request.account, account, "{segment:?}");
            });
        }
    }

    #[test]
    fn what_api_gateway_leaves_out_or_sends_as_null() {
        let nulls = r#"{"rawQueryString": null, "headers": null, "pathParameters": null, "body": null, "isBase64Encoded": null}"#;
        for json in ["{}", nulls, r#"{"pathParameters": {}}"#, r#"{"pathParameters": {"other": "x"}}"#] {
            read(json, |request| {
                assert!(request.body.is_empty() && request.headers.0.is_empty() && request.query.0.is_empty());
                assert_eq!(request.account, None);
            });
        }
    }

    #[test]
    fn what_says_that_it_is_base64_and_is_not_stays() {
        read(r#"{"body": "{}", "isBase64Encoded": true}"#, |request| assert_eq!(request.body, b"{}"));
    }
}
