//! S3: the overflow store, for what SQS does not take.
//!
//! It is a bucket with three folders: `events/` has the events that are larger than a message, `quarantine/` the
//! quarantined webhooks that are, and `pending/` the webhooks that came while SQS was out of reach. Nothing of it is
//! touched, and no connection opened, as long as SQS takes what it is given.
//!
//! The store needs one request, a signed PUT, for which the S3 SDK would double a function's code. The signature is by
//! AWS's own signer, [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::config::http::{HttpRequest, HttpResponse};
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
use crm_normalize::quarantine::Record;
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::config::Destination;
use crate::connection::{Reconnect, error_chain};

/// The name of a store's object, `{folder}/{vendor}/{name}.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// An event that is larger than a message, by its id.
    pub(crate) fn event(vendor: &str, id: &str) -> Self {
        Self(format!("events/{vendor}/{}.json", hash(&[id])))
    }

    /// A quarantined webhook that is larger than a message.
    pub(crate) fn quarantine(record: &Record<'_>) -> Self {
        Self::webhook("quarantine", record)
    }

    /// A webhook that came while SQS was out of reach.
    pub(crate) fn pending(record: &Record<'_>) -> Self {
        Self::webhook("pending", record)
    }

    /// The time of receipt is in the name, for the same body may come again for another change. It comes first, so that
    /// a listing has the webhooks in the order in which they came.
    fn webhook(folder: &str, record: &Record<'_>) -> Self {
        let received_at = record.received_at.as_millisecond();
        let hash = hash(&[&record.account, &record.body_sha256]);
        Self(format!("{folder}/{}/{received_at}-{hash}.json", record.vendor))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name made of texts that a vendor wrote, which are no file names.
fn hash(texts: &[&str]) -> String {
    HEXLOWER.encode(&Sha256::digest(texts.join("\n")))
}

/// The store did not take an object. Says what S3 answered, never what was in the object.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the overflow store did not take the object: {status} {code}")]
    Refused { status: u16, code: String },
    #[error("the overflow store did not take the object: {status} {code}, and its clock is {seconds} s ahead of ours")]
    ClockSkew { status: u16, code: String, seconds: i64 },
    #[error("the overflow store did not answer: {0}")]
    Connection(String),
    #[error("the overflow store did not answer within {} ms", MAX_ATTEMPT.as_millis())]
    TimedOut,
    #[error("the request to the overflow store cannot be made: {0}")]
    Request(#[from] BoxError),
}

/// The longest that one of two attempts may take.
const MAX_ATTEMPT: Duration = Duration::from_millis(800);
/// The pause between them: the store takes at most 1.7 s.
const PAUSE: Duration = Duration::from_millis(50);
/// S3 refuses a signature whose time is 15 minutes off. The SDK takes a clock for wrong from here on.
const MIN_CLOCK_SKEW: Duration = Duration::from_secs(4 * 60);

/// The overflow store.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    bucket: String,
    url: String,
    region: String,
    identity: Identity,
    connection: Reconnect,
    /// How many seconds S3's clock is ahead of ours, as far as a refusal has told.
    clock_skew: Arc<AtomicI64>,
}

impl Store {
    /// `None` without `OVERFLOW_BUCKET`.
    pub(crate) fn new(destination: &Destination, connection: Reconnect) -> Option<Self> {
        let bucket = destination.overflow_bucket.clone()?;
        Some(Self {
            url: destination.aws.bucket_url(&bucket),
            bucket,
            region: destination.aws.region.clone(),
            identity: destination.aws.credentials.clone().into(),
            connection,
            clock_skew: Arc::default(),
        })
    }

    /// Returns once S3 has the object, under this name, in place of one that was there.
    pub(crate) async fn put(&self, key: &Key, json: String) -> Result<(), StoreError> {
        let body = Bytes::from(json);
        match self.attempt(key, body.clone()).await {
            Err(
                StoreError::Refused { status: 500.. | 429, .. }
                | StoreError::ClockSkew { .. }
                | StoreError::Connection(_)
                | StoreError::TimedOut,
            ) => {}
            result => return result,
        }
        tokio::time::sleep(PAUSE).await;
        self.attempt(key, body).await
    }

    async fn attempt(&self, key: &Key, body: Bytes) -> Result<(), StoreError> {
        let attempt = async {
            let response = self.connection.call(self.signed(key, body)?).await;
            let response = response.map_err(|error| StoreError::Connection(error_chain(&error)))?;
            if response.status().is_success() { Ok(()) } else { Err(self.refused(response).await) }
        };
        tokio::time::timeout(MAX_ATTEMPT, attempt).await.unwrap_or(Err(StoreError::TimedOut))
    }

    fn signed(&self, key: &Key, body: Bytes) -> Result<HttpRequest, BoxError> {
        let mut settings = SigningSettings::default();
        // S3 wants the body's digest in a header, and the path encoded once and not normalized.
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("s3")
            .time(self.now())
            .settings(settings)
            .build()?
            .into();
        let url = format!("{}/{}", self.url, key.as_str());
        let headers = [("content-type", "application/json")];
        let signable = SignableRequest::new("PUT", &url, headers.into_iter(), SignableBody::Bytes(&body))?;
        let (signature, _) = sign(signable, &params)?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("PUT")?;
        request.set_uri(url)?;
        let (signature, _) = signature.into_parts();
        for (name, value) in headers {
            request.headers_mut().try_insert(name, value)?;
        }
        for header in signature {
            request.headers_mut().try_insert(header.name(), header.value().to_owned())?;
        }
        Ok(request)
    }

    /// The time by S3's clock, as far as it is known.
    fn now(&self) -> SystemTime {
        let (now, seconds) = (SystemTime::now(), self.clock_skew.load(Ordering::Relaxed));
        let skew = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { now.checked_sub(skew) } else { now.checked_add(skew) }.unwrap_or(now)
    }

    /// S3's refusal: its status, and its code from the XML of
    /// [an error](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses). If S3's
    /// `Date` is far from the time of the signature, the next one has S3's time.
    async fn refused(&self, response: HttpResponse) -> StoreError {
        let status = response.status().as_u16();
        let date = response.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let body = ByteStream::new(response.into_body()).collect().await;
        let body = body.map(|body| String::from_utf8_lossy(&body.to_vec()).into_owned()).unwrap_or_default();
        let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        let code = code.map_or("without a code", |(code, _)| code).to_owned();
        let ours = |now: SystemTime| DateTime::from(now).secs();
        match date {
            Some(date) if status == 403 && date.secs().abs_diff(ours(self.now())) >= MIN_CLOCK_SKEW.as_secs() => {
                let seconds = date.secs().saturating_sub(ours(SystemTime::now()));
                self.clock_skew.store(seconds, Ordering::Relaxed);
                StoreError::ClockSkew { status, code, seconds }
            }
            _ => StoreError::Refused { status, code },
        }
    }

    /// The body of a message whose payload is an object here, as the
    /// [SQS Extended Client](https://github.com/awslabs/amazon-sqs-java-extended-client-lib) writes and reads it.
    pub(crate) fn pointer(&self, key: &Key) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Pointer<'a> {
            s3_bucket_name: &'a str,
            s3_key: &'a str,
        }
        const CLASS: &str = "software.amazon.payloadoffloading.PayloadS3Pointer";
        serde_json::to_string(&(CLASS, Pointer { s3_bucket_name: &self.bucket, s3_key: key.as_str() }))
    }
}
