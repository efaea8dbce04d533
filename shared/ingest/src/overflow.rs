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
use crate::signed_client::{CallError, RequestHead, Settings, SignedClient};

/// The name of a store's object, `{folder}/{vendor}/{name}.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// The name for an event that is larger than a message.
    pub(crate) fn event(vendor: &str, id: &str) -> Self {
        Self(format!("events/{vendor}/{}.json", hash(&[id])))
    }

    /// The name for a quarantined webhook that is larger than a message.
    pub(crate) fn quarantine(record: &Record<'_>) -> Self {
        Self::webhook("quarantine", record)
    }

    /// The name for a webhook that arrived while SQS was unreachable.
    pub(crate) fn pending(record: &Record<'_>) -> Self {
        Self::webhook("pending", record)
    }

    /// The time of receipt is in the name, because the same body may arrive again for another change. It comes first,
    /// so that a listing has the webhooks in the order of arrival.
    fn webhook(folder: &str, record: &Record<'_>) -> Self {
        let received_at = record.received_at.as_millisecond();
        let hash = hash(&[&record.account, &record.body_sha256]);
        Self(format!("{folder}/{}/{received_at}-{hash}.json", record.vendor))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A safe object name for texts that a vendor wrote.
fn hash(texts: &[&str]) -> String {
    HEXLOWER.encode(digest(&SHA256, texts.join("\n").as_bytes()).as_ref())
}

/// The store did not accept an object. Contains S3's answer, never the object's content.
#[derive(Debug, thiserror::Error)]
#[error("the overflow store did not accept the object: {0}")]
pub struct StoreError(#[from] CallError);

/// The overflow store.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    bucket: String,
    s3: SignedClient,
}

impl Store {
    /// `None` without `OVERFLOW_BUCKET`.
    pub(crate) fn new(destination: &Destination, connection: Reconnect) -> Option<Self> {
        let bucket = destination.overflow_bucket.clone()?;
        let settings = Settings {
            service: "s3",
            url: destination.aws.bucket_url(&bucket),
            checksum: PayloadChecksumKind::XAmzSha256,
            max_attempt: destination.time_limit.store_attempt(),
            pauses_ms: &[50],
        };
        Some(Self { bucket, s3: SignedClient::new(settings, &destination.aws, connection) })
    }

    /// Stores an object, replacing one with the same name. Returns once S3 has confirmed it.
    pub(crate) async fn put(&self, key: &Key, json: String) -> Result<(), StoreError> {
        let path = format!("/{}", key.as_str());
        let head = RequestHead { method: "PUT", path: &path, headers: &[("content-type", "application/json")] };
        self.s3.call(head, Bytes::from(json)).await?;
        Ok(())
    }

    /// The pointer to an object in this store.
    pub(crate) fn pointer(&self, key: &Key) -> S3Pointer {
        S3Pointer { bucket: self.bucket.clone(), key: key.as_str().to_owned() }
    }
}
