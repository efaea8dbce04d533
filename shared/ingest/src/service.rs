//! A service of AWS: its requests are signed by AWS's own signer, sent and tried again by AWS's own orchestrator.
//!
//! A client of the SDK does more for each request than a function needs: it finds its endpoint, its credentials and its
//! way of signing anew, collects telemetry and runs two dozen interceptors. Without, a small webhook takes a fifth less
//! processor time in all, and no second SDK is linked for the one thing that S3 is asked for.

use std::time::SystemTime;

use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sdk_sqs::config::http::{HttpRequest, HttpResponse};
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{BehaviorVersion, SharedHttpClient, StalledStreamProtectionConfig};
use aws_sdk_sqs::error::{BoxError, ErrorMetadata, ProvideErrorMetadata};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use serde::Deserialize;

use crate::config::Aws;

/// Names this project to AWS, as CloudTrail shows it.
const USER_AGENT: &str = concat!("crm-events/", env!("CARGO_PKG_VERSION"));

/// What there is to know of a service.
pub(crate) struct Settings {
    /// As a signature names it.
    pub(crate) name: &'static str,
    /// What the paths of its requests follow, without a slash at its end.
    pub(crate) url: String,
    pub(crate) checksum: PayloadChecksumKind,
    pub(crate) retries: RetryConfig,
    pub(crate) timeouts: TimeoutConfig,
}

/// A service, set up once.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    name: &'static str,
    url: String,
    checksum: PayloadChecksumKind,
    region: String,
    identity: Identity,
    operation: Operation<Signed, (), Refused>,
}

/// A request but for its body.
pub(crate) struct Parts<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    /// Those to be signed.
    pub(crate) headers: &'a [(&'static str, &'static str)],
    /// The X-Ray trace of the invocation: by it AWS finds functions that call themselves in a loop.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>
    pub(crate) trace_header: Option<&'a str>,
}

/// Why AWS did not confirm a request.
pub(crate) type CallError = SdkError<Refused, HttpResponse>;

impl Service {
    pub(crate) fn new(settings: Settings, aws: &Aws, http_client: SharedHttpClient) -> Self {
        let operation = Operation::builder()
            .service_name(settings.name)
            // For the SDK's telemetry, which nobody collects.
            .operation_name(settings.name)
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client)
            .endpoint_url(&settings.url)
            // They come signed.
            .no_auth()
            .sleep_impl(TokioSleep::new())
            .standard_retry(&settings.retries)
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .timeout_config(settings.timeouts)
            // An attempt has its time-out, whatever it waits for.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .serializer(|request: Signed| Ok(request.0))
            .deserializer(|response: &HttpResponse| match response.status().is_success() {
                true => Ok(()),
                false => Err(OrchestratorError::operation(Refused::new(response))),
            })
            .build();
        Self {
            name: settings.name,
            url: settings.url,
            checksum: settings.checksum,
            region: aws.region.clone(),
            identity: aws.credentials.clone().into(),
            operation,
        }
    }

    /// Returns once AWS has confirmed the request.
    ///
    /// # Errors
    /// Where it did not: what it answered, never what was in the request.
    pub(crate) async fn send(&self, parts: Parts<'_>, body: Bytes) -> Result<(), CallError> {
        let request = self.signed(parts, body).map_err(SdkError::construction_failure)?;
        self.operation.invoke(request).await
    }

    /// The request in [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html), its
    /// path encoded once and not normalized, as S3 has it: the others have no path but `/`.
    fn signed(&self, parts: Parts<'_>, body: Bytes) -> Result<Signed, BoxError> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = self.checksum;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        // All that are given are to be signed.
        settings.excluded_headers = None;
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(self.name)
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let url = [&self.url, parts.path].concat();
        let signable =
            SignableRequest::new(parts.method, url, parts.headers.iter().copied(), SignableBody::Bytes(&body))?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(parts.method)?;
        request.set_uri(parts.path)?;
        let headers = request.headers_mut();
        for (name, value) in parts.headers {
            headers.try_insert(*name, *value)?;
        }
        headers.try_insert("user-agent", USER_AGENT)?;
        if let Some(trace) = parts.trace_header {
            // It came in a header. One that cannot go on in one is no reason to keep a message back.
            let _ = headers.try_insert("x-amzn-trace-id", trace.to_owned());
        }
        let (signature, _) = instructions.into_parts();
        for header in signature {
            headers.try_insert(header.name(), header.value().to_owned())?;
        }
        Ok(Signed(request))
    }
}

/// A signed request; what is in it is not for a log.
struct Signed(HttpRequest);

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signed(..)")
    }
}

/// What AWS answered instead of a confirmation.
#[derive(Debug, thiserror::Error)]
#[error("{status} {}", .error.message().unwrap_or("without a reason"))]
pub(crate) struct Refused {
    status: u16,
    error: ErrorMetadata,
}

/// An error of [AWS JSON 1.0](https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization).
#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonError {
    #[serde(rename = "__type")]
    shape: String,
    message: Option<String>,
    /// Some services write it so, and an answer may have both.
    #[serde(rename = "Message")]
    other_message: Option<String>,
}

impl Refused {
    fn new(response: &HttpResponse) -> Self {
        // S3's are XML; its status says enough.
        let body = response.body().bytes().unwrap_or_default();
        let JsonError { shape, message, other_message } = serde_json::from_slice(body).unwrap_or_default();
        // `com.amazonaws.sqs#QueueDoesNotExist`, and a URL may follow behind a colon.
        let code = shape.split(':').next().and_then(|shape| shape.rsplit('#').next()).unwrap_or_default();
        let mut error = ErrorMetadata::builder();
        if !code.is_empty() {
            error = error.code(code);
        }
        if let Some(message) = message.or(other_message) {
            error = error.message(message);
        }
        Self { status: response.status().as_u16(), error: error.build() }
    }
}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.error
    }
}
