//! The place of the stored items: a queue or the store. Reading items does not remove them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use anyhow::{Context, bail};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message as SqsMessage, MessageSystemAttributeName, QueueAttributeName,
};
use crm_event::{Event, S3Pointer};
use crm_normalize::Vendor;
use crm_normalize::quarantine::Record;
use jiff::Timestamp;

use super::item::{Content, Item};
use super::{StoredIn, Unseen};
use crate::stack::{Aws, Stack};

/// The time for which messages are invisible to others while a command reads them. SQS would hand out the first
/// messages again after it, and a command that sees only those stops. A command makes its messages visible when it
/// ends; if it is killed, they stay invisible for the rest of this time.
const VISIBILITY_SECONDS: i32 = 15 * 60;

pub(crate) struct Source {
    place: Place,
    /// The ids of the items that were returned.
    seen: HashSet<String>,
}

enum Place {
    Queue(Queue),
    Folder(Folder),
}

struct Queue {
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    url: String,
    stored_in: StoredIn,
    /// Handles of the messages that were received and not removed, by message id.
    held: Mutex<HashMap<String, String>>,
}

/// A folder of the overflow store.
struct Folder {
    s3: aws_sdk_s3::Client,
    bucket: String,
    prefix: String,
    /// The next page of the listing.
    page: Page,
    /// Reads an object into its item.
    read: fn(Item, &str) -> Item,
}

enum Page {
    First,
    After(String),
    Last,
}

/// The number of messages of a queue, as reported by SQS.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Messages that nobody holds.
    pub(crate) waiting: usize,
    /// Messages that a reader holds.
    held: usize,
}

impl Counts {
    pub(crate) async fn of(sqs: &aws_sdk_sqs::Client, queue_url: &str) -> anyhow::Result<Self> {
        let (waiting, held) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        );
        let request = sqs.get_queue_attributes().queue_url(queue_url);
        let request = request.attribute_names(waiting.clone()).attribute_names(held.clone());
        let answer = request.send().await.with_context(|| format!("cannot read the attributes of {queue_url}"))?;
        let count = |name| answer.attributes().and_then(|all| all.get(name)?.parse().ok()).unwrap_or_default();
        Ok(Self { waiting: count(&waiting), held: count(&held) })
    }

    pub(crate) fn sum(self) -> usize {
        self.waiting.saturating_add(self.held)
    }
}

/// Runs work until it is done, or until Ctrl-C. From the first call on, Ctrl-C no longer ends the process by itself.
///
/// # Errors
/// Those of the work, or after Ctrl-C.
pub(crate) async fn interruptible<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => bail!("interrupted; run this again for the rest"),
    }
}

impl Source {
    pub(crate) fn open(
        stack: &Stack,
        aws: &Aws,
        stored_in: StoredIn,
        vendor: Option<&'static Vendor>,
    ) -> anyhow::Result<Self> {
        let url = match stored_in {
            StoredIn::Quarantine => &stack.quarantine_queue_url,
            StoredIn::DeadLetter => &stack.dead_letter_queue_url,
            StoredIn::Overflow => {
                let bucket = stack.overflow_bucket.clone().context("the stack has no overflow store")?;
                let prefix = vendor.map_or_else(|| "pending/".to_owned(), |vendor| format!("pending/{}/", vendor.name));
                let (s3, read) = (aws.s3(), Item::with_webhook as fn(Item, &str) -> Item);
                return Ok(Self::new(Place::Folder(Folder { s3, bucket, prefix, page: Page::First, read })));
            }
        };
        Ok(Self::queue(aws, url.clone(), stored_in))
    }

    /// The dead letters of another consumer's queue.
    pub(crate) fn dead_letters(aws: &Aws, url: String) -> Self {
        Self::queue(aws, url, StoredIn::DeadLetter)
    }

    /// A vendor's part of a folder of the overflow store. `None` if the stack has no store.
    pub(crate) fn folder(stack: &Stack, aws: &Aws, folder: &str, vendor: &Vendor) -> Option<Self> {
        let bucket = stack.overflow_bucket.clone()?;
        let prefix = format!("{folder}/{}/", vendor.name);
        let read = if folder == "events" { Item::with_event } else { Item::with_webhook };
        Some(Self::new(Place::Folder(Folder { s3: aws.s3(), bucket, prefix, page: Page::First, read })))
    }

    fn queue(aws: &Aws, url: String, stored_in: StoredIn) -> Self {
        Self::new(Place::Queue(Queue { sqs: aws.sqs(), s3: aws.s3(), url, stored_in, held: Mutex::default() }))
    }

    fn new(place: Place) -> Self {
        Self { place, seen: HashSet::new() }
    }

    /// The number of messages on the queue. `None` for the store.
    pub(crate) async fn counts(&self) -> anyhow::Result<Option<Counts>> {
        match &self.place {
            Place::Queue(queue) => Counts::of(&queue.sqs, &queue.url).await.map(Some),
            Place::Folder(_) => Ok(None),
        }
    }

    /// The messages that were on the queue at the start, and that SQS has not handed out. SQS's counts lag, so now they
    /// may still include messages that were seen.
    pub(crate) async fn unseen(&self, at_start: Option<Counts>) -> anyhow::Result<Unseen> {
        let (at_start, now) = (at_start.unwrap_or_default(), self.counts().await?.unwrap_or_default());
        let without_seen = |count: usize| count.saturating_sub(self.seen.len());
        let held = at_start.held.min(without_seen(at_start.sum()));
        Ok(Unseen { waiting: now.waiting.min(without_seen(at_start.waiting)), held })
    }

    /// The next new items; empty at the end.
    ///
    /// # Errors
    /// If AWS cannot be reached or refuses.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Vec<Item>> {
        let batch = self.place.next().await?;
        // A batch without new items is the end: only items that are left are still there.
        Ok(batch.into_iter().filter(|item| self.seen.insert(item.id.clone())).collect())
    }

    pub(crate) async fn remove(&self, item: &Item) -> anyhow::Result<()> {
        match &self.place {
            Place::Queue(queue) => {
                let handle = item.handle.as_deref().unwrap_or_default();
                let request = queue.sqs.delete_message().queue_url(&queue.url).receipt_handle(handle);
                request.send().await.with_context(|| format!("cannot delete from {}", queue.url))?;
                if let Ok(mut held) = queue.held.lock() {
                    held.remove(&item.id);
                }
            }
            Place::Folder(folder) => {
                let request = folder.s3.delete_object().bucket(&folder.bucket).key(&item.id);
                request.send().await.with_context(|| format!("cannot delete {} of {}", item.id, folder.bucket))?;
            }
        }
        Ok(())
    }

    /// Makes messages that were not removed visible to others again. Ctrl-C ends this too: SQS may not answer.
    pub(crate) async fn release(&self) -> anyhow::Result<()> {
        tokio::select! {
            released = self.make_visible() => released,
            _ = tokio::signal::ctrl_c() => bail!("interrupted; messages stay invisible for up to 15 minutes"),
        }
    }

    async fn make_visible(&self) -> anyhow::Result<()> {
        let Place::Queue(queue) = &self.place else { return Ok(()) };
        let held: Vec<String> = match queue.held.lock() {
            Ok(mut held) => held.drain().map(|(_, handle)| handle).collect(),
            Err(_) => Vec::new(),
        };
        for handles in held.chunks(10) {
            let entries = handles.iter().enumerate().map(|(index, handle)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(handle)
                    .visibility_timeout(0)
                    .build()
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let request = queue.sqs.change_message_visibility_batch().queue_url(&queue.url).set_entries(Some(entries));
            request.send().await.with_context(|| format!("cannot release messages of {}", queue.url))?;
        }
        Ok(())
    }
}

impl Place {
    async fn next(&mut self) -> anyhow::Result<Vec<Item>> {
        match self {
            Self::Queue(queue) => queue.next().await,
            Self::Folder(folder) => folder.next().await,
        }
    }
}

impl Queue {
    async fn next(&self) -> anyhow::Result<Vec<Item>> {
        let request = self.sqs.receive_message().queue_url(&self.url);
        let request = request
            .max_number_of_messages(10)
            .visibility_timeout(VISIBILITY_SECONDS)
            .wait_time_seconds(1)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        let batch = request.send().await.with_context(|| format!("cannot read {}", self.url))?;
        if let Ok(mut held) = self.held.lock() {
            // All of them first: if one cannot be read, the others are released too.
            held.extend(batch.messages().iter().map(|message| (id(message), handle(message))));
        }
        let mut items = Vec::new();
        for message in batch.messages() {
            items.push(self.item(message).await?);
        }
        Ok(items)
    }

    async fn item(&self, message: &SqsMessage) -> anyhow::Result<Item> {
        let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
        let sent = sent.and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok());
        let item = Item {
            id: id(message),
            handle: Some(handle(message)),
            stored_at: sent,
            reason: "-".to_owned(),
            vendor: "-".to_owned(),
            content: Content::Unreadable,
        };
        let body = message.body().unwrap_or_default();
        let body = match S3Pointer::parse(body) {
            Some(S3Pointer { bucket, key }) => match object(&self.s3, &bucket, &key).await? {
                Some(text) => Cow::Owned(text),
                None => return Ok(Item { content: Content::Gone, ..item }),
            },
            None => Cow::Borrowed(body),
        };
        Ok(match self.stored_in {
            StoredIn::DeadLetter => item.with_event(&body),
            StoredIn::Quarantine | StoredIn::Overflow => item.with_webhook(&body),
        })
    }
}

fn id(message: &SqsMessage) -> String {
    message.message_id().unwrap_or_default().to_owned()
}

fn handle(message: &SqsMessage) -> String {
    message.receipt_handle().unwrap_or_default().to_owned()
}

impl Item {
    fn with_event(self, json: &str) -> Self {
        let Ok(event) = serde_json::from_str::<Event<'_>>(json) else { return self };
        let (reason, vendor) = ("dead_letter".to_owned(), event.data.vendor.to_string());
        Self { reason, vendor, content: Content::Event(json.to_owned()), ..self }
    }

    fn with_webhook(self, json: &str) -> Self {
        let Ok(record) = serde_json::from_str::<Record<'static>>(json) else { return self };
        let (reason, vendor, stored_at) = (record.reason.to_string(), record.vendor.to_string(), record.received_at);
        Self { reason, vendor, stored_at: Some(stored_at), content: Content::Webhook(Box::new(record)), ..self }
    }
}

impl Folder {
    async fn next(&mut self) -> anyhow::Result<Vec<Item>> {
        let mut items = Vec::new();
        // A page may be empty: objects may have been removed since the listing.
        while items.is_empty() {
            let token = match &self.page {
                Page::First => None,
                Page::After(token) => Some(token.clone()),
                Page::Last => break,
            };
            let request = self.s3.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix).max_keys(100);
            let page = request.set_continuation_token(token).send().await;
            let page = page.with_context(|| format!("cannot list {}/{}", self.bucket, self.prefix))?;
            self.page = page.next_continuation_token().map_or(Page::Last, |token| Page::After(token.to_owned()));
            for listed in page.contents() {
                let key = listed.key().unwrap_or_default().to_owned();
                let Some(json) = object(&self.s3, &self.bucket, &key).await? else { continue };
                let vendor = key.split('/').nth(1).unwrap_or("-").to_owned();
                let reason = "-".to_owned();
                let item =
                    Item { id: key, handle: None, stored_at: None, reason, vendor, content: Content::Unreadable };
                items.push((self.read)(item, &json));
            }
        }
        Ok(items)
    }
}

/// The text of an object: `None` if it is gone, empty if it is not UTF-8, so that nothing can read it.
async fn object(s3: &aws_sdk_s3::Client, bucket: &str, key: &str) -> anyhow::Result<Option<String>> {
    let object = match s3.get_object().bucket(bucket).key(key).send().await {
        Err(error) if matches!(error.code(), Some("NoSuchKey" | "NoSuchBucket")) => return Ok(None),
        object => object.with_context(|| format!("cannot read {key} of {bucket}"))?,
    };
    Ok(Some(String::from_utf8(object.body.collect().await?.to_vec()).unwrap_or_default()))
}
