//! The event that API Gateway passes to a function for a webhook: payload format 2.0 of an HTTP API.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use crm_normalize::Vendor;
use form_urlencoded::Serializer;
use serde_json::{Map, Value, json};

use crate::Webhook;

/// The base URL of the API in the events.
pub const BASE_URL: &str = "https://localhost";

/// The event for a webhook. A body that is not text is Base64, as from API Gateway.
pub fn event(vendor: &Vendor, webhook: &Webhook) -> Value {
    let (body, is_base64) = match std::str::from_utf8(&webhook.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (data_encoding::BASE64.encode(&webhook.body), true),
    };
    let path = match &webhook.account {
        Some(account) => format!("/webhooks/{}/{account}", vendor.name),
        None => format!("/webhooks/{}", vendor.name),
    };
    let route = if webhook.account.is_some() { "/{account+}" } else { "" };
    let headers: Map<String, Value> =
        webhook.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), json!(value))).collect();
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("POST /webhooks/{}{route}", vendor.name),
        "rawPath": path,
        "rawQueryString": Serializer::new(String::new()).extend_pairs(&webhook.query).finish(),
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "local",
            "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "crm-events" },
            "requestId": "local",
            "routeKey": format!("POST /webhooks/{}{route}", vendor.name),
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_i64,
        },
        "body": body,
        "isBase64Encoded": is_base64,
    });
    if let (Some(account), Some(event)) = (&webhook.account, event.as_object_mut()) {
        event.insert("pathParameters".to_owned(), json!({ "account": account }));
    }
    event
}
