//! The overflow store in S3, for messages that SQS does not accept.
//!
//! It is a bucket with three folders: `events/` has events larger than a message, `quarantine/` quarantined webhooks
//! larger than a message, and `pending/` webhooks that arrived while SQS was unreachable. As long as SQS accepts all
//! messages, no connection to S3 is opened.
//!
//! The store needs one request, a signed PUT.

use aws_sigv4::http_request::PayloadChecksumKind;
use bytes::Bytes;
use crm_event::S3Pointer;
use crm_normalize::quarantine::Record;
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use crate::config::Destination;
use crate::connection::Reconnect;
use crate::signed_client::{CallError, RequestHead, Service, SignedClient};

/// The name of an object in the store, `{folder}/{vendor}/{name}.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectName(String);

impl ObjectName {
    /// The name for an event that is larger than a message.
    pub(crate) fn event(vendor: &str, id: &str) -> Self {
        Self(format!("events/{vendor}/{}.json", hash(id)))
    }

    /// The name for a quarantined webhook that is larger than a message.
    pub(crate) fn quarantine(record: &Record<'_>, json: &str) -> Self {
        Self::webhook("quarantine", record, json)
    }

    /// The name for a webhook that arrived while SQS was unreachable.
    pub(crate) fn pending(record: &Record<'_>, json: &str) -> Self {
        Self::webhook("pending", record, json)
    }

    /// The hash of the whole record keeps two webhooks apart that differ in a header, in the URL or in their account
    /// alone. The time of receipt comes first, so that a listing has the webhooks in the order of arrival.
    fn webhook(folder: &str, record: &Record<'_>, json: &str) -> Self {
        Self(format!("{folder}/{}/{}-{}.json", record.vendor, record.received_at.as_millisecond(), hash(json)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A safe name for a text that a vendor wrote.
fn hash(text: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

/// The store did not accept an object. Contains S3's answer, never the object's content.
#[derive(Debug, thiserror::Error)]
#[error("the overflow store did not accept the object: {0}")]
pub struct StoreError(#[from] CallError);

/// The overflow store.
#[derive(Clone, Debug)]
pub(crate) struct OverflowStore {
    bucket: String,
    s3: SignedClient,
}

impl OverflowStore {
    /// `None` without `OVERFLOW_BUCKET`.
    pub(crate) fn new(destination: &Destination, connection: Reconnect) -> Option<Self> {
        let bucket = destination.overflow_bucket.clone()?;
        let service = Service {
            name: "s3",
            url: destination.aws.bucket_url(&bucket),
            checksum: PayloadChecksumKind::XAmzSha256,
            max_attempt: destination.time_limit.store_attempt(),
            pauses_ms: &[50],
        };
        Some(Self { bucket, s3: SignedClient::new(service, &destination.aws, connection) })
    }

    /// Stores an object, replacing one with the same name. Returns once S3 has confirmed it.
    pub(crate) async fn put(&self, name: &ObjectName, json: String) -> Result<(), StoreError> {
        let path = format!("/{}", name.as_str());
        let head = RequestHead { method: "PUT", path: &path, headers: &[("content-type", "application/json")] };
        self.s3.call(head, Bytes::from(json)).await?;
        Ok(())
    }

    /// The pointer to an object in this store.
    pub(crate) fn pointer(&self, name: &ObjectName) -> S3Pointer {
        S3Pointer { bucket: self.bucket.clone(), key: name.as_str().to_owned() }
    }
}
