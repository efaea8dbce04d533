//! S3: the overflow store, for what SQS does not take.
//!
//! It is a bucket with three folders: `events/` has the events that are larger than a message, `quarantine/` the kept
//! webhooks that are, and `pending/` the webhooks that came while SQS was out of reach. Nothing of it is touched, and
//! no connection opened, as long as SQS takes what it is given.
//!
//! One `PutObject` is all there is to do here. So the request is signed by AWS's own signer and sent by AWS's own
//! orchestrator, both of which the SQS client brings along, and no second SDK is linked.

use std::time::{Duration, SystemTime};

use aws_sdk_sqs::config::http::{HttpRequest, HttpResponse};
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{BehaviorVersion, SharedHttpClient};
use aws_sdk_sqs::error::{BoxError, DisplayErrorContext};
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
use aws_smithy_types::body::SdkBody;
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::config::Destination;

/// The name of a store's object: `{folder}/{vendor}/{digest}.json`. What is stored twice has one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// An event that is larger than a message, by its id.
    pub(crate) fn event(vendor: &str, id: &str) -> Self {
        Self::new("events", vendor, &[id])
    }

    /// A kept webhook that is larger than a message of the quarantine.
    pub(crate) fn quarantine(vendor: &str, account: &str, digest: &str) -> Self {
        Self::new("quarantine", vendor, &[account, digest])
    }

    /// A webhook that came while SQS was out of reach: the vendor's redelivery has the same.
    pub(crate) fn pending(vendor: &str, account: &str, digest: &str) -> Self {
        Self::new("pending", vendor, &[account, digest])
    }

    /// Hashed: what a vendor wrote is no file name.
    fn new(folder: &str, vendor: &str, of: &[&str]) -> Self {
        let digest = Sha256::digest(of.join("\n"));
        Self(format!("{folder}/{vendor}/{}.json", HEXLOWER.encode(&digest)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The store did not take an object. Says what S3 answered, never what was in the object.
#[derive(Debug, thiserror::Error)]
#[error("the overflow store did not take the object: {0}")]
pub struct StoreError(String);

/// The overflow store.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    bucket: String,
    bucket_url: String,
    region: String,
    identity: Identity,
    http_client: SharedHttpClient,
}

impl Store {
    /// None without `OVERFLOW_BUCKET`.
    pub(crate) fn new(destination: &Destination, http_client: SharedHttpClient) -> Option<Self> {
        let bucket = destination.overflow_bucket.clone()?;
        Some(Self {
            bucket_url: destination.aws.bucket_url(&bucket),
            bucket,
            region: destination.aws.region.clone(),
            identity: destination.aws.credentials.clone().into(),
            http_client,
        })
    }

    /// Returns once S3 has the object, under this name, in place of one that was there.
    pub(crate) async fn put(&self, key: &Key, json: String) -> Result<(), StoreError> {
        let request = self.signed(key, json).map_err(|error| StoreError(error.to_string()))?;
        // As for SQS: two attempts, and no more than 1.7 s in all.
        let retries = RetryConfig::standard()
            .with_max_attempts(2)
            .with_initial_backoff(Duration::from_millis(50))
            .with_max_backoff(Duration::from_millis(50));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(500))
            .operation_attempt_timeout(Duration::from_millis(800))
            .operation_timeout(Duration::from_millis(1700))
            .build();
        let put = Operation::builder()
            .service_name("s3")
            .operation_name("PutObject")
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http_client.clone())
            .endpoint_url(&self.bucket_url)
            .no_auth()
            .sleep_impl(TokioSleep::new())
            .standard_retry(&retries)
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .timeout_config(timeouts)
            .with_connection_poisoning()
            .serializer(|request: Signed| Ok(request.0))
            .deserializer(|response: &HttpResponse| match response.status().is_success() {
                true => Ok(()),
                false => Err(OrchestratorError::operation(Refused(response.status().as_u16()))),
            })
            .build();
        put.invoke(request).await.map_err(|error| StoreError(DisplayErrorContext(&error).to_string()))
    }

    /// The request as [Signature Version 4](https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html)
    /// of S3 has it: the path encoded once and not normalized, the body's checksum in a header.
    fn signed(&self, key: &Key, json: String) -> Result<Signed, BoxError> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let url = format!("{}/{}", self.bucket_url, key.as_str());
        let content_type = ("content-type", "application/json");
        let signable =
            SignableRequest::new("PUT", &url, [content_type].into_iter(), SignableBody::Bytes(json.as_bytes()))?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(json));
        request.set_method("PUT")?;
        request.set_uri(format!("/{}", key.as_str()))?;
        request.headers_mut().try_insert(content_type.0, content_type.1)?;
        for (name, value) in instructions.headers() {
            request.headers_mut().try_insert(name.to_owned(), value.to_owned())?;
        }
        Ok(Signed(request))
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

/// A signed request; what is in it is not for a log.
struct Signed(HttpRequest);

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signed(..)")
    }
}

/// S3 answered with this status.
#[derive(Debug, thiserror::Error)]
#[error("S3 answered {0}")]
struct Refused(u16);
