//! AWS without a network: an SDK connector that answers with a function.

use std::fmt;
use std::sync::Arc;

use aws_lambda_events::http::{Request, Response};
use aws_sdk_sqs::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

type AnswerFn = dyn Fn(Request<SdkBody>) -> Response<SdkBody> + Send + Sync;

#[derive(Clone)]
struct Function(Arc<AnswerFn>);

/// A connector that gives each request to `answer`.
pub fn connector_fn<B: Into<SdkBody>>(
    answer: impl Fn(Request<SdkBody>) -> Response<B> + Send + Sync + 'static,
) -> SharedHttpConnector {
    SharedHttpConnector::new(Function(Arc::new(move |request| answer(request).map(Into::into))))
}

impl HttpConnector for Function {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()));
        let response = request.and_then(|request| {
            HttpResponse::try_from((self.0)(request)).map_err(|error| ConnectorError::user(error.into()))
        });
        HttpConnectorFuture::ready(response)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function(..)")
    }
}
