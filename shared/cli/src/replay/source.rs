//! The place of the stored items: a queue or the store. Reading items does not remove them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::Context;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message as SqsMessage, MessageSystemAttributeName, QueueAttributeName,
};
use crm_event::{Event, S3Pointer};
use crm_normalize::Vendor;
use crm_normalize::quarantine::Record;
use jiff::Timestamp;

use super::From;
use super::item::{Content, Item};
use crate::stack::{Aws, Stack};

/// The time for which messages are invisible to others while a replay reads them, or after it was killed.
const VISIBILITY_SECONDS: i32 = 60;

pub(crate) enum Source {
    Queue(Queue),
    Store(Store),
}

pub(crate) struct Queue {
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    url: String,
    from: From,
    /// Handles of the messages that were received and not removed, by message id.
    held: Mutex<HashMap<String, String>>,
}

pub(crate) struct Store {
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

impl Source {
    pub(crate) fn open(stack: &Stack, aws: &Aws, from: From, vendor: Option<&'static Vendor>) -> anyhow::Result<Self> {
        let url = match from {
            From::Quarantine => &stack.quarantine_queue_url,
            From::DeadLetter => &stack.dead_letter_queue_url,
            From::Overflow => {
                let bucket = stack.overflow_bucket.clone().context("the stack has no overflow store")?;
                let prefix = vendor.map_or_else(|| "pending/".to_owned(), |vendor| format!("pending/{}/", vendor.name));
                return Ok(Self::Store(Store {
                    s3: aws.s3(),
                    bucket,
                    prefix,
                    page: Page::First,
                    read: Item::with_webhook,
                }));
            }
        };
        let (sqs, s3, held) = (aws.sqs(), aws.s3(), Mutex::default());
        Ok(Self::Queue(Queue { sqs, s3, url: url.clone(), from, held }))
    }

    /// The dead letters of another consumer's queue.
    pub(crate) fn dead_letters(aws: &Aws, url: String) -> Self {
        Self::Queue(Queue { sqs: aws.sqs(), s3: aws.s3(), url, from: From::DeadLetter, held: Mutex::default() })
    }

    /// A vendor's part of a folder of the overflow store. `None` if the stack has no store.
    pub(crate) fn folder(stack: &Stack, aws: &Aws, folder: &str, vendor: &Vendor) -> Option<Self> {
        let bucket = stack.overflow_bucket.clone()?;
        let prefix = format!("{folder}/{}/", vendor.name);
        let read = if folder == "events" { Item::with_event } else { Item::with_webhook };
        Some(Self::Store(Store { s3: aws.s3(), bucket, prefix, page: Page::First, read }))
    }

    /// The number of items, as reported by AWS.
    pub(crate) async fn about(&self) -> anyhow::Result<Option<usize>> {
        let Self::Queue(queue) = self else { return Ok(None) };
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = queue.sqs.get_queue_attributes().queue_url(&queue.url).attribute_names(name.clone());
        let answer = request.send().await.with_context(|| format!("cannot read the attributes of {}", queue.url))?;
        Ok(answer.attributes().and_then(|attributes| attributes.get(&name)?.parse().ok()))
    }

    /// The next items; empty at the end.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Vec<Item>> {
        match self {
            Self::Queue(queue) => queue.next().await,
            Self::Store(store) => store.next().await,
        }
    }

    pub(crate) async fn remove(&self, item: &Item) -> anyhow::Result<()> {
        match self {
            Self::Queue(queue) => {
                let handle = item.handle.as_deref().unwrap_or_default();
                let request = queue.sqs.delete_message().queue_url(&queue.url).receipt_handle(handle);
                request.send().await.with_context(|| format!("cannot delete from {}", queue.url))?;
                if let Ok(mut held) = queue.held.lock() {
                    held.remove(&item.id);
                }
            }
            Self::Store(store) => {
                let request = store.s3.delete_object().bucket(&store.bucket).key(&item.id);
                request.send().await.with_context(|| format!("cannot delete {} of {}", item.id, store.bucket))?;
            }
        }
        Ok(())
    }

    /// Makes messages that were not removed visible to others again.
    pub(crate) async fn release(&self) -> anyhow::Result<()> {
        let Self::Queue(queue) = self else { return Ok(()) };
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

impl Queue {
    async fn next(&mut self) -> anyhow::Result<Vec<Item>> {
        let request = self.sqs.receive_message().queue_url(&self.url);
        let request = request
            .max_number_of_messages(10)
            .visibility_timeout(VISIBILITY_SECONDS)
            .wait_time_seconds(1)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        let batch = request.send().await.with_context(|| format!("cannot read {}", self.url))?;
        let mut items = Vec::new();
        for message in batch.messages() {
            items.push(self.item(message).await?);
        }
        Ok(items)
    }

    async fn item(&self, message: &SqsMessage) -> anyhow::Result<Item> {
        let id = message.message_id().unwrap_or_default().to_owned();
        let handle = message.receipt_handle().unwrap_or_default().to_owned();
        if let Ok(mut held) = self.held.lock() {
            held.insert(id.clone(), handle.clone());
        }
        let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
        let sent = sent.and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok());
        let body = message.body().unwrap_or_default();
        let body = match S3Pointer::parse(body) {
            Some(S3Pointer { bucket, key }) => Cow::Owned(object(&self.s3, &bucket, &key).await?),
            None => Cow::Borrowed(body),
        };
        let item = Item {
            id,
            handle: Some(handle),
            kept_at: sent,
            reason: "-".to_owned(),
            vendor: "-".to_owned(),
            content: Content::Unreadable,
        };
        Ok(match self.from {
            From::DeadLetter => item.with_event(&body),
            From::Quarantine | From::Overflow => item.with_webhook(&body),
        })
    }
}

impl Item {
    fn with_event(self, json: &str) -> Self {
        let Ok(event) = serde_json::from_str::<Event<'_>>(json) else { return self };
        let (reason, vendor) = ("dead_letter".to_owned(), event.data.vendor.to_string());
        Self { reason, vendor, content: Content::Event(json.to_owned()), ..self }
    }

    fn with_webhook(self, json: &str) -> Self {
        let Ok(record) = serde_json::from_str::<Record<'static>>(json) else { return self };
        let (reason, vendor, kept_at) = (record.reason.to_string(), record.vendor.to_string(), record.received_at);
        Self { reason, vendor, kept_at: Some(kept_at), content: Content::Webhook(Box::new(record)), ..self }
    }
}

impl Store {
    async fn next(&mut self) -> anyhow::Result<Vec<Item>> {
        let token = match &self.page {
            Page::First => None,
            Page::After(token) => Some(token.clone()),
            Page::Last => return Ok(Vec::new()),
        };
        let request = self.s3.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix).max_keys(100);
        let page = request.set_continuation_token(token).send().await;
        let page = page.with_context(|| format!("cannot list {}/{}", self.bucket, self.prefix))?;
        self.page = page.next_continuation_token().map_or(Page::Last, |token| Page::After(token.to_owned()));
        let mut items = Vec::new();
        for listed in page.contents() {
            let key = listed.key().unwrap_or_default().to_owned();
            let json = object(&self.s3, &self.bucket, &key).await?;
            let vendor = key.split('/').nth(1).unwrap_or("-").to_owned();
            let reason = "-".to_owned();
            let item = Item { id: key, handle: None, kept_at: None, reason, vendor, content: Content::Unreadable };
            items.push((self.read)(item, &json));
        }
        Ok(items)
    }
}

async fn object(s3: &aws_sdk_s3::Client, bucket: &str, key: &str) -> anyhow::Result<String> {
    let object = s3.get_object().bucket(bucket).key(key).send().await;
    let body = object.with_context(|| format!("cannot read {key} of {bucket}"))?.body.collect().await?;
    Ok(String::from_utf8(body.to_vec())?)
}
