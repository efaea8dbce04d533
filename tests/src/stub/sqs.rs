//! An SQS stub for SDK clients, with the protocol AWS JSON 1.0.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html>,
//! and the page of each operation in the API reference. The stub refuses the same requests as SQS.

mod digest;
mod protocol;
mod queue;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::time::Instant;

pub use protocol::{Refusal, refusal};
pub use queue::{Attribute, BATCH, Content, Message, Receipt, Settings};

use super::ACCOUNT;
use queue::Queue;

/// Maximum size of one message, and of all messages of a batch, counting bodies and attributes.
const MAX_MESSAGE_BYTES: usize = 1_048_576;

/// An SQS with its queues; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Sqs {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    queues: Mutex<HashMap<String, Queue>>,
    /// Notifies when a message arrived or became visible.
    changed: Notify,
}

/// The counters of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: usize,
    pub in_flight: usize,
    /// Accepted messages, including dropped duplicates.
    pub sent: u64,
    pub dropped: u64,
}

impl Sqs {
    /// Creates a queue; a FIFO queue if the name ends with `.fifo`.
    pub fn create(&self, name: &str, settings: Settings) {
        self.queues().insert(name.to_owned(), Queue::new(settings));
    }

    /// The URL of a queue at a server's endpoint.
    pub fn queue_url(endpoint: &str, name: &str) -> String {
        format!("{endpoint}/{ACCOUNT}/{name}")
    }

    pub fn counts(&self, queue: &str) -> Counts {
        self.with(queue, |queue| {
            let (waiting, in_flight) = queue.depth();
            Counts { waiting, in_flight, sent: queue.sent, dropped: queue.dropped }
        })
        .unwrap_or_default()
    }

    /// Sends a message directly, without the protocol.
    pub fn send(&self, queue: &str, content: Content) {
        self.with(queue, |queue| queue.send(content, milliseconds(), Instant::now()));
        self.state.changed.notify_waiters();
    }

    /// Receives the messages that a `ReceiveMessage` would get now.
    pub fn receive(&self, queue: &str, max: usize) -> Vec<Message> {
        self.receive_hidden_for(queue, max, None).unwrap_or_default()
    }

    /// Waits for messages to receive, up to a maximum time.
    pub async fn receive_within(&self, queue: &str, max: usize, wait: Duration) -> Vec<Message> {
        self.wait(queue, max, None, wait).await.unwrap_or_default()
    }

    pub fn delete(&self, queue: &str, receipt_handle: &str) -> Option<Receipt> {
        let receipt = self.with(queue, |queue| queue.delete(receipt_handle, Instant::now())).flatten();
        self.state.changed.notify_waiters();
        receipt
    }

    /// Waits until a queue is empty, without waiting or in-flight messages.
    pub async fn drained(&self, queue: &str) {
        loop {
            let changed = self.state.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let counts = self.counts(queue);
            if counts.waiting + counts.in_flight == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Moves all waiting messages of a queue to another, as `StartMessageMoveTask` does. Returns their number.
    pub fn redrive(&self, from: &str, to: &str) -> usize {
        let mut moved = 0;
        loop {
            let messages = self.receive(from, BATCH);
            if messages.is_empty() {
                return moved;
            }
            for message in messages {
                self.with(to, |queue| queue.adopt(message.content.clone(), message.sent_at));
                self.delete(from, &message.receipt_handle);
                moved += 1;
            }
        }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.state.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, queue: &str, act: impl FnOnce(&mut Queue) -> T) -> Option<T> {
        self.queues().get_mut(queue).map(act)
    }

    fn receive_hidden_for(&self, name: &str, max: usize, visibility: Option<Duration>) -> Option<Vec<Message>> {
        let mut queues = self.queues();
        let queue = queues.get_mut(name)?;
        let dead_letters = queue.settings.dead_letters.clone();
        let visibility = visibility.unwrap_or(queue.settings.visibility);
        let (received, dead) = queue.receive(max, visibility, Instant::now());
        if let Some((target, _)) = dead_letters
            && let Some(target) = queues.get_mut(&target)
            && !dead.is_empty()
        {
            for (content, sent_at) in dead {
                target.adopt(content, sent_at);
            }
            self.state.changed.notify_waiters();
        }
        Some(received)
    }

    /// Receives messages, waiting for the first; `None` if there is no such queue.
    async fn wait(&self, name: &str, max: usize, visibility: Option<Duration>, wait: Duration) -> Option<Vec<Message>> {
        let end = Instant::now() + wait;
        loop {
            let changed = self.state.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let received = self.receive_hidden_for(name, max, visibility)?;
            if !received.is_empty() || Instant::now() >= end {
                return Some(received);
            }
            let next = self.with(name, |queue| queue.next_change()).flatten().map_or(end, |next| next.min(end));
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }
}

/// The wall clock.
fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
