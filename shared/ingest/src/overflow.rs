//! S3: the overflow store, for what SQS does not take.
//!
//! It is a bucket with three folders: `events/` has the events that are larger than a message, `quarantine/` the
//! quarantined webhooks that are, and `pending/` the webhooks that came while SQS was out of reach. Nothing of it is
//! touched, and no connection opened, as long as SQS takes what it is given.
//!
//! The store needs one request, a signed PUT.

use std::time::Duration;

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
    HEXLOWER.encode(digest(&SHA256, texts.join("\n").as_bytes()).as_ref())
}

/// The store did not take an object. Says what S3 answered, never what was in the object.
#[derive(Debug, thiserror::Error)]
#[error("the overflow store did not take the object: {0}")]
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
            // With the pause, the store takes at most 1.7 s.
            max_attempt: Duration::from_millis(800),
            pauses_ms: &[50],
        };
        Some(Self { bucket, s3: SignedClient::new(settings, &destination.aws, connection) })
    }

    /// Returns once S3 has the object, under this name, in place of one that was there.
    pub(crate) async fn put(&self, key: &Key, json: String) -> Result<(), StoreError> {
        let path = format!("/{}", key.as_str());
        let head = RequestHead { method: "PUT", path: &path, headers: &[("content-type", "application/json")] };
        self.s3.call(head, Bytes::from(json)).await?;
        Ok(())
    }

    /// The pointer to an object here.
    pub(crate) fn pointer(&self, key: &Key) -> S3Pointer {
        S3Pointer { bucket: self.bucket.clone(), key: key.as_str().to_owned() }
    }
}
