//! What API Gateway sends: a request of an HTTP API in payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::borrow::Cow;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use crm_normalize::{Pairs, Request};
use data_encoding::BASE64;

/// The parts of a request that its proof and its translation need, owned.
pub(crate) struct Received {
    body: Vec<u8>,
    headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    query: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    account: Option<String>,
}

impl Received {
    pub(crate) fn new(mut event: ApiGatewayV2httpRequest) -> Self {
        let owned = |text: &str| Cow::Owned(text.to_owned());
        // A value that is not UTF-8 can be no credential of ours.
        let headers = event.headers.iter().filter_map(|(name, value)| {
            let value = std::str::from_utf8(value.as_bytes()).ok()?;
            Some((owned(name.as_str()), owned(value)))
        });
        let query = event.raw_query_string.as_deref().unwrap_or_default();
        let query = form_urlencoded::parse(query.as_bytes());
        Self {
            headers: headers.collect(),
            query: query.map(|(name, value)| (owned(&name), owned(&value))).collect(),
            account: event.path_parameters.remove("account"),
            body: body(event.body.unwrap_or_default(), event.is_base64_encoded),
        }
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            body: &self.body,
            headers: Pairs(&self.headers),
            query: Pairs(&self.query),
            account: self.account.as_deref(),
        }
    }
}

/// The vendor's bytes. What says it is Base64 and is not stays as it is: a proof over it fails, or the quarantine has it.
fn body(text: String, is_base64: bool) -> Vec<u8> {
    if is_base64 && let Ok(bytes) = BASE64.decode(text.as_bytes()) {
        return bytes;
    }
    text.into_bytes()
}
