//! One queue, as a state that is asked with the time.
//!
//! A FIFO queue keeps each group in order and does not deliver another message of a group while one of them is in
//! flight:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html>.
//! A standard queue works the same way, with a separate group for each message.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Messages that one request may send or receive.
pub const BATCH: usize = 10;

/// The settings of a queue.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name ends with `.fifo`.
    pub fifo: bool,
    /// The deduplication interval, 5 minutes in SQS.
    pub deduplication: Duration,
    /// The visibility timeout of a received message.
    pub visibility: Duration,
    /// The dead-letter queue, and the number of receives after which a message is moved there (`maxReceiveCount`).
    pub dead_letters: Option<(String, u32)>,
    /// The factor by which `ChangeMessageVisibility` hides a message for less time than it asks for, so that a test
    /// takes less time.
    pub hurry: u32,
    /// Confirms messages and forgets them, for a benchmark that sends millions.
    pub forget: bool,
}

impl Settings {
    /// AWS's defaults, for a name.
    pub fn of(name: &str) -> Self {
        Self {
            fifo: name.ends_with(".fifo"),
            deduplication: Duration::from_secs(300),
            visibility: Duration::from_secs(30),
            dead_letters: None,
            hurry: 1,
            forget: false,
        }
    }
}

/// A message attribute: `DataType` and one of the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    pub data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

/// The content of a sent message.
#[derive(Clone, Debug)]
pub struct Content {
    pub body: Arc<str>,
    pub attributes: Arc<BTreeMap<String, Attribute>>,
    /// The system attribute `AWSTraceHeader`.
    pub trace_header: Option<Arc<str>>,
    /// `MessageGroupId`; empty on a standard queue.
    pub group: Arc<str>,
    /// `MessageDeduplicationId`; empty on a standard queue.
    pub deduplication: Arc<str>,
}

/// A received message.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub content: Content,
    pub sequence: u64,
    pub receipt_handle: String,
    /// The number of receives, including this one.
    pub receives: u32,
    /// Milliseconds since 1970.
    pub sent_at: u64,
}

#[derive(Debug)]
struct Stored {
    content: Content,
    sequence: u64,
    receives: u32,
    sent_at: u64,
    /// The end of its visibility timeout. `None` while it waits.
    hidden_until: Option<Instant>,
}

#[derive(Debug)]
struct Group {
    messages: VecDeque<Stored>,
    in_flight: usize,
}

/// The state of a receipt handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    Done,
    /// The message has been received again since, or may be.
    Expired,
    /// No such message, because it was deleted before. AWS counts that as done.
    Gone,
}

/// The key by which duplicates are recognized: group and deduplication id, the scope of a high-throughput queue.
type DeduplicationKey = (Arc<str>, Arc<str>);

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) settings: Settings,
    groups: HashMap<Arc<str>, Group>,
    /// All groups with messages to deliver, and possibly some without.
    ready: VecDeque<Arc<str>>,
    hidden: BinaryHeap<Reverse<(Instant, u64)>>,
    group_of: HashMap<u64, Arc<str>>,
    /// The sequence number of the first message with each key.
    seen: HashMap<DeduplicationKey, u64>,
    forget_seen: VecDeque<(Instant, DeduplicationKey)>,
    sequence: u64,
    in_flight: usize,
    /// Accepted messages, including duplicates.
    pub(super) sent: u64,
    /// Dropped duplicates.
    pub(super) dropped: u64,
}

impl Queue {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            groups: HashMap::new(),
            ready: VecDeque::new(),
            hidden: BinaryHeap::new(),
            group_of: HashMap::new(),
            seen: HashMap::new(),
            forget_seen: VecDeque::new(),
            sequence: 0,
            in_flight: 0,
            sent: 0,
            dropped: 0,
        }
    }

    /// Accepts a message, or drops it as a duplicate. Returns its sequence number; for a duplicate, that of the first
    /// message.
    pub(super) fn send(&mut self, mut content: Content, sent_at: u64, now: Instant) -> u64 {
        self.sent += 1;
        self.sequence += 1;
        let sequence = self.sequence;
        if self.settings.forget {
            return sequence;
        }
        if self.settings.fifo {
            while let Some((_, key)) = self.forget_seen.pop_front_if(|(until, _)| *until <= now) {
                self.seen.remove(&key);
            }
            let key = (content.group.clone(), content.deduplication.clone());
            if let Some(sequence) = self.seen.get(&key) {
                self.dropped += 1;
                return *sequence;
            }
            let until = now + self.settings.deduplication;
            self.seen.insert(key.clone(), sequence);
            self.forget_seen.push_back((until, key));
        } else {
            content.group = sequence.to_string().into();
        }
        self.put(Stored { content, sequence, receives: 0, sent_at, hidden_until: None });
        sequence
    }

    /// Appends a message to its group.
    fn put(&mut self, message: Stored) {
        let name = message.content.group.clone();
        self.group_of.insert(message.sequence, name.clone());
        let group = self.groups.entry(name.clone()).or_insert(Group { messages: VecDeque::new(), in_flight: 0 });
        if group.messages.is_empty() {
            self.ready.push_back(name);
        }
        group.messages.push_back(message);
    }

    /// Takes over a message of another queue, as a redrive does, with a new position and receive count.
    pub(super) fn adopt(&mut self, content: Content, sent_at: u64) {
        self.sequence += 1;
        self.put(Stored { content, sequence: self.sequence, receives: 0, sent_at, hidden_until: None });
    }

    /// Returns up to `max` messages, and those that have been received too often and leave the queue.
    pub(super) fn receive(
        &mut self,
        max: usize,
        visibility: Duration,
        now: Instant,
    ) -> (Vec<Message>, Vec<(Content, u64)>) {
        self.show_again(now);
        let limit = self.settings.dead_letters.as_ref().map(|(_, receives)| *receives);
        let (mut received, mut dead) = (Vec::new(), Vec::new());
        let until = now + visibility;
        while received.len() < max
            && let Some(name) = self.ready.pop_front()
        {
            let Some(group) = self.groups.get_mut(&name).filter(|group| group.in_flight == 0) else { continue };
            while let Some(message) =
                group.messages.pop_front_if(|message| limit.is_some_and(|n| message.receives >= n))
            {
                self.group_of.remove(&message.sequence);
                dead.push((message.content, message.sent_at));
            }
            for message in group.messages.iter_mut().take(max - received.len()) {
                if limit.is_some_and(|limit| message.receives >= limit) {
                    break;
                }
                message.receives += 1;
                message.hidden_until = Some(until);
                group.in_flight += 1;
                self.hidden.push(Reverse((until, message.sequence)));
                received.push(Message {
                    id: id(message.sequence),
                    content: message.content.clone(),
                    sequence: message.sequence,
                    receipt_handle: format!("{}.{}", message.sequence, message.receives),
                    receives: message.receives,
                    sent_at: message.sent_at,
                });
            }
            self.in_flight += group.in_flight;
            if group.messages.is_empty() {
                self.groups.remove(&name);
            }
        }
        (received, dead)
    }

    /// Makes messages visible again that were not deleted in time.
    fn show_again(&mut self, now: Instant) {
        while let Some(Reverse((until, sequence))) = self.hidden.peek().copied()
            && until <= now
        {
            self.hidden.pop();
            self.release(sequence, |message| message.hidden_until == Some(until), |_| {});
        }
    }

    /// The time at which the next message may become visible again.
    pub(super) fn next_change(&self) -> Option<Instant> {
        self.hidden.peek().map(|Reverse((until, _))| *until)
    }

    /// Ends the flight of the message that `is` selects.
    fn release(&mut self, sequence: u64, is: impl Fn(&Stored) -> bool, change: impl FnOnce(&mut Stored)) -> bool {
        let Some(name) = self.group_of.get(&sequence) else { return false };
        let Some(group) = self.groups.get_mut(name) else { return false };
        let Some(message) = group.messages.iter_mut().find(|message| message.sequence == sequence) else {
            return false;
        };
        if !is(message) {
            return false;
        }
        message.hidden_until = None;
        change(message);
        group.in_flight -= 1;
        self.in_flight -= 1;
        if group.in_flight == 0 {
            self.ready.push_back(name.clone());
        }
        true
    }

    /// Deletes a received message. On a FIFO queue only while it is in flight.
    pub(super) fn delete(&mut self, receipt_handle: &str, now: Instant) -> Option<Receipt> {
        self.show_again(now);
        let (sequence, receives) = parse(receipt_handle)?;
        let Some(name) = self.group_of.get(&sequence).cloned() else { return Some(Receipt::Gone) };
        let fifo = self.settings.fifo;
        let in_flight = |message: &Stored| message.hidden_until.is_some() && message.receives == receives;
        let released = self.release(sequence, in_flight, |_| {});
        if !released && fifo {
            return Some(Receipt::Expired);
        }
        self.group_of.remove(&sequence);
        if let Some(group) = self.groups.get_mut(&name) {
            group.messages.retain(|message| message.sequence != sequence);
            if group.messages.is_empty() {
                self.groups.remove(&name);
            }
        }
        Some(Receipt::Done)
    }

    /// Hides a received message for a time from now. With zero it is visible immediately.
    pub(super) fn change_visibility(
        &mut self,
        receipt_handle: &str,
        visibility: Duration,
        now: Instant,
    ) -> Option<Receipt> {
        self.show_again(now);
        let (sequence, receives) = parse(receipt_handle)?;
        let in_flight = |message: &Stored| message.hidden_until.is_some() && message.receives == receives;
        if visibility.is_zero() {
            let released = self.release(sequence, in_flight, |_| {});
            return Some(if released { Receipt::Done } else { Receipt::Expired });
        }
        let until = now + visibility / self.settings.hurry;
        let message = self.group_of.get(&sequence).and_then(|name| self.groups.get_mut(name));
        let message = message.and_then(|group| group.messages.iter_mut().find(|message| message.sequence == sequence));
        let Some(message) = message.filter(|message| in_flight(message)) else { return Some(Receipt::Expired) };
        message.hidden_until = Some(until);
        self.hidden.push(Reverse((until, sequence)));
        Some(Receipt::Done)
    }

    /// The number of waiting and of in-flight messages.
    pub(super) fn depth(&self) -> (usize, usize) {
        (self.group_of.len() - self.in_flight, self.in_flight)
    }
}

/// The id of the message with a sequence number.
pub(super) fn id(sequence: u64) -> String {
    format!("00000000-0000-4000-8000-{sequence:012x}")
}

fn parse(receipt_handle: &str) -> Option<(u64, u32)> {
    let (sequence, receives) = receipt_handle.split_once('.')?;
    Some((sequence.parse().ok()?, receives.parse().ok()?))
}
