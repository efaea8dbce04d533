//! A client for AWS services of which a function needs only one operation: storing an object in S3, or reading its
//! webhook secrets.
//!
//! The SDKs of these services would enlarge every function's zip; S3's doubles it. The signature is computed by AWS's
//! own signer, [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::config::http::HttpRequest;
use aws_sdk_sqs::error::BoxError;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::date_time::Format;
use bytes::Bytes;
use serde::Deserialize;

use crate::config::Aws;
use crate::connection::{Reconnect, error_chain};

/// A failed call to AWS. Contains AWS's answer, never the request's content.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("{status} {code}{message}")]
    Refused { status: u16, code: String, message: String },
    #[error("{status} {code}; its clock is {seconds} s ahead of ours")]
    ClockSkew { status: u16, code: String, seconds: i64 },
    #[error("no response: {0}")]
    Connection(String),
    #[error("no response within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the request cannot be built: {0}")]
    Request(#[from] BoxError),
}

impl CallError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Refused { status, code, .. } => *status >= 500 || *status == 429 || code.starts_with("Throttling"),
            Self::ClockSkew { .. } | Self::Connection(_) | Self::TimedOut(_) => true,
            Self::Request(_) => false,
        }
    }
}

/// Minimum clock skew that is corrected, as in the SDK. AWS refuses a signature whose time is some minutes off.
const MIN_CLOCK_SKEW: Duration = Duration::from_secs(4 * 60);

/// A service and the settings for calling it.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// The name in a signature.
    pub(crate) name: &'static str,
    /// Base URL, without a trailing slash.
    pub(crate) url: String,
    /// S3 requires the body's digest in a header too.
    pub(crate) checksum: PayloadChecksumKind,
    /// Timeout of one attempt.
    pub(crate) max_attempt: Duration,
    /// The pause before each further attempt.
    pub(crate) pauses_ms: &'static [u64],
}

#[derive(Clone, Debug)]
pub(crate) struct SignedClient {
    service: Service,
    region: String,
    identity: Identity,
    connection: Reconnect,
    /// Seconds by which the service's clock is ahead of ours, as last learned from a refusal.
    clock_skew: Arc<AtomicI64>,
}

/// A request without its body.
#[derive(Clone, Copy)]
pub(crate) struct RequestHead<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, &'static str)],
}

impl SignedClient {
    pub(crate) fn new(service: Service, aws: &Aws, connection: Reconnect) -> Self {
        Self {
            service,
            region: aws.region.clone(),
            identity: aws.credentials.clone().into(),
            connection,
            clock_skew: Arc::default(),
        }
    }

    /// Sends the request, with retries, and returns the body of a successful response.
    pub(crate) async fn call(&self, head: RequestHead<'_>, body: Bytes) -> Result<Bytes, CallError> {
        for pause in self.service.pauses_ms {
            match self.attempt(head, body.clone()).await {
                Err(error) if error.is_transient() => tokio::time::sleep(Duration::from_millis(*pause)).await,
                result => return result,
            }
        }
        self.attempt(head, body).await
    }

    async fn attempt(&self, head: RequestHead<'_>, body: Bytes) -> Result<Bytes, CallError> {
        let max_attempt = self.service.max_attempt;
        let attempt = async {
            let response = self.connection.call(self.signed(head, body)?).await;
            let response = response.map_err(|error| CallError::Connection(error_chain(&error)))?;
            let status = response.status();
            let date = response.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
            let body = ByteStream::new(response.into_body()).collect().await.map(|body| body.into_bytes());
            match body {
                Ok(body) if status.is_success() => Ok(body),
                Err(error) if status.is_success() => Err(CallError::Connection(error_chain(&error))),
                body => Err(self.refused(status.as_u16(), date, &body.unwrap_or_default())),
            }
        };
        tokio::time::timeout(max_attempt, attempt).await.unwrap_or(Err(CallError::TimedOut(max_attempt)))
    }

    fn signed(&self, head: RequestHead<'_>, body: Bytes) -> Result<HttpRequest, BoxError> {
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = self.service.checksum;
        // S3 requires the path encoded once and not normalized. The other services only use the path `/`.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(self.service.name)
            .time(self.now())
            .settings(settings)
            .build()?
            .into();
        let url = [&self.service.url, head.path].concat();
        let signable =
            SignableRequest::new(head.method, &url, head.headers.iter().copied(), SignableBody::Bytes(&body))?;
        let (signature, _) = sign(signable, &params)?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(head.method)?;
        request.set_uri(url)?;
        let (signature, _) = signature.into_parts();
        for (name, value) in head.headers {
            request.headers_mut().try_insert(*name, *value)?;
        }
        for header in signature {
            request.headers_mut().try_insert(header.name(), header.value().to_owned())?;
        }
        Ok(request)
    }

    /// The time by the service's clock, if its skew is known.
    fn now(&self) -> SystemTime {
        let (now, seconds) = (SystemTime::now(), self.clock_skew.load(Ordering::Relaxed));
        let skew = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { now.checked_sub(skew) } else { now.checked_add(skew) }.unwrap_or(now)
    }

    /// The error for a refusal. If its `Date` is far from the time of the signature, the next signature uses the
    /// service's time.
    fn refused(&self, status: u16, date: Option<DateTime>, body: &[u8]) -> CallError {
        let (code, message) = code_and_message(body);
        let ours = |now: SystemTime| DateTime::from(now).secs();
        match date {
            Some(date)
                if matches!(status, 400 | 403)
                    && date.secs().abs_diff(ours(self.now())) >= MIN_CLOCK_SKEW.as_secs() =>
            {
                let seconds = date.secs().saturating_sub(ours(SystemTime::now()));
                self.clock_skew.store(seconds, Ordering::Relaxed);
                CallError::ClockSkew { status, code, seconds }
            }
            _ => CallError::Refused { status, code, message },
        }
    }
}

/// An error of [AWS JSON 1.1](https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization).
#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonError {
    #[serde(rename = "__type")]
    shape: String,
    message: Option<String>,
    /// Some services use this spelling, and a response may have both.
    #[serde(rename = "Message")]
    other_message: Option<String>,
}

/// The code of an error, and its message after a colon. S3 answers in
/// [XML](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses), where the code is
/// enough.
fn code_and_message(body: &[u8]) -> (String, String) {
    let JsonError { shape, message, other_message } = serde_json::from_slice(body).unwrap_or_default();
    // `com.amazonaws.ssm#ParameterNotFound`; a URL may follow after a colon.
    let mut code = shape.split(':').next().and_then(|shape| shape.rsplit('#').next()).unwrap_or_default().to_owned();
    let text = String::from_utf8_lossy(body);
    if let Some((_, rest)) = text.split_once("<Code>")
        && let Some((xml, _)) = rest.split_once("</Code>")
    {
        xml.clone_into(&mut code);
    }
    if code.is_empty() {
        "without a code".clone_into(&mut code);
    }
    let message = message.or(other_message).filter(|message| !message.is_empty());
    // Keep the message on one line.
    let message = message.map(|message| format!(": {}", message.replace(char::is_control, " ")));
    (code, message.unwrap_or_default())
}
