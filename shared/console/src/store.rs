//! The latest webhooks, in memory: request, response, and messages on a queue.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crm_normalize::crm::{AnswerForm, BodyForm};
use crm_normalize::outcome::Outcome;
use crm_normalize::quarantine::{self, Body};
use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use tokio::sync::broadcast;

use crm_samples::Webhook;

/// Maximum number of stored webhooks, and of their bytes together.
const MAX_ENTRIES: usize = 500;
const MAX_BYTES: usize = 64 << 20;
/// Maximum number of deduplication ids that are remembered to recognize duplicates. SQS does so for five minutes.
const MAX_IDS: usize = 10_000;

/// The response of a function, or of the gateway in front of it.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookResponse {
    pub status: u16,
    pub body: String,
    pub milliseconds: u64,
}

impl WebhookResponse {
    /// The function's outcome; `None` if the response is not from a function.
    fn outcome(&self) -> Option<Outcome> {
        let outcome: Outcome = serde_json::from_str(&self.body).ok()?;
        (outcome.status_code() == self.status).then_some(outcome)
    }

    /// True for an answer that is the same for every webhook. All messages that the vendor's function has sent
    /// meanwhile then count as this webhook's, although a concurrent webhook may have caused some of them.
    fn is_constant(&self, vendor: &str) -> bool {
        let answer = crm_normalize::crm::find(vendor).map(|vendor| vendor.answer);
        matches!(answer, Some(AnswerForm::Constant { body, .. }) if self.status == 200 && body == self.body)
    }
}

/// The outcome of a webhook whose answer does not name it, by its messages.
fn outcome_of(messages: &[Message]) -> &'static str {
    let has = |queue| messages.iter().any(|message| message.queue == queue);
    match (has(Queue::Main), has(Queue::Quarantine)) {
        (false, false) => "ignored",
        (true, false) => "accepted",
        (false, true) => "quarantined",
        (true, true) => "mixed",
    }
}

/// The reason that a message of the quarantine has.
fn reason_of(message: &Message) -> Option<String> {
    let record = serde_json::from_str::<quarantine::Record<'_>>(&message.body).ok()?;
    Some(format!("{}: {}", record.reason, record.detail))
}

/// The queue of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    Main,
    Quarantine,
}

/// A message that a function sent, and SQS's answer.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    pub queue: Queue,
    pub vendor: Option<String>,
    /// The attribute `type`: the canonical type.
    #[serde(rename = "type")]
    pub event_type: Option<String>,
    /// The event's id is the deduplication id.
    pub event_id: Option<String>,
    pub group: Option<String>,
    pub message_id: String,
    pub sequence_number: Option<String>,
    /// True if SQS knew the deduplication id and dropped the message. Its answer then has the message id of the first
    /// one.
    pub duplicate: bool,
    #[serde(skip)]
    pub body: String,
}

/// One webhook.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub number: u64,
    pub received_at: Timestamp,
    pub vendor: String,
    /// The outcome's word, or `no_route` or `failed` if no function answered.
    pub outcome: &'static str,
    pub reason: Option<String>,
    pub types: Vec<String>,
    pub event_ids: Vec<String>,
    /// True if SQS dropped all its events as duplicates.
    pub duplicate: bool,
    /// `None` if it was not posted through the console, so that only its message was seen.
    pub answer: Option<WebhookResponse>,
    #[serde(skip)]
    pub webhook: Webhook,
    #[serde(skip)]
    pub messages: Vec<Message>,
}

/// An entry, shared by the store and its readers. (serde has this for `Arc` behind a feature, which would build most of
/// the workspace a second time.)
#[derive(Clone, Debug)]
pub struct Shared(Arc<Entry>);

impl Deref for Shared {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.0
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Entry {
    fn size(&self) -> usize {
        let messages = self.messages.iter().map(|message| message.body.len()).fold(0, usize::saturating_add);
        let answer = self.answer.as_ref().map_or(0, |answer| answer.body.len());
        [messages, answer, self.webhook.body.len()].into_iter().fold(0, usize::saturating_add)
    }
}

#[derive(Default)]
struct Contents {
    entries: VecDeque<Shared>,
    bytes: usize,
    last_number: u64,
    /// The number of webhooks in progress, by vendor.
    in_progress: BTreeMap<String, usize>,
    /// Messages whose webhook has no answer yet, or was never seen.
    loose: Vec<Message>,
    /// Deduplication id and message id.
    seen: VecDeque<(String, String)>,
}

/// The store and its listeners.
pub struct Store {
    contents: Mutex<Contents>,
    /// The numbers of new entries. A reader that is late must not hold entries that the store has dropped.
    news: broadcast::Sender<u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self { contents: Mutex::default(), news: broadcast::channel(MAX_ENTRIES).0 }
    }
}

/// A webhook in progress. Messages are assigned to it once it has its response.
pub struct InProgress<'s> {
    store: &'s Store,
    vendor: String,
    received_at: Timestamp,
}

impl Store {
    /// Subscribes to the numbers of new entries.
    pub fn news(&self) -> broadcast::Receiver<u64> {
        self.news.subscribe()
    }

    /// The stored entries, newest first.
    pub fn entries(&self) -> Vec<Shared> {
        self.contents().entries.iter().rev().cloned().collect()
    }

    pub fn entry(&self, number: u64) -> Option<Shared> {
        self.contents().entries.iter().find(|entry| entry.number == number).cloned()
    }

    pub fn begin(&self, vendor: &str, received_at: Timestamp) -> InProgress<'_> {
        let mut contents = self.contents();
        let count = contents.in_progress.entry(vendor.to_owned()).or_default();
        *count = count.saturating_add(1);
        InProgress { store: self, vendor: vendor.to_owned(), received_at }
    }

    /// Records a sent message. It waits for the response to a webhook of its vendor. If none is in progress, the
    /// webhook was not posted through the console, and the message becomes an entry of its own.
    pub fn sent(&self, mut message: Message, now: Timestamp) {
        let mut contents = self.contents();
        if let Some(id) = &message.event_id {
            let known = (id.clone(), message.message_id.clone());
            message.duplicate = contents.seen.contains(&known);
            if !message.duplicate {
                contents.seen.push_back(known);
            }
            if contents.seen.len() > MAX_IDS {
                contents.seen.pop_front();
            }
        }
        contents.loose.push(message);
        self.flush(&mut contents, now);
    }

    /// Makes entries for the messages that no webhook in progress can have caused.
    fn flush(&self, contents: &mut Contents, now: Timestamp) {
        let waiting = |message: &Message, contents: &Contents| match &message.vendor {
            Some(vendor) => contents.in_progress.get(vendor).is_some_and(|count| *count > 0),
            None => contents.in_progress.values().any(|count| *count > 0),
        };
        let (loose, alone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut contents.loose).into_iter().partition(|message| waiting(message, contents));
        contents.loose = loose;
        for message in alone {
            let entry = of_unseen_request(message, now);
            self.add(contents, entry);
        }
    }

    fn add(&self, contents: &mut Contents, mut entry: Entry) -> u64 {
        contents.last_number = contents.last_number.saturating_add(1);
        entry.number = contents.last_number;
        contents.bytes = contents.bytes.saturating_add(entry.size());
        contents.entries.push_back(Shared(Arc::new(entry)));
        while contents.entries.len() > MAX_ENTRIES || (contents.bytes > MAX_BYTES && contents.entries.len() > 1) {
            let Some(oldest) = contents.entries.pop_front() else { break };
            contents.bytes = contents.bytes.saturating_sub(oldest.size());
        }
        let _ = self.news.send(contents.last_number); // nobody listens: nobody looks at the page
        contents.last_number
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InProgress<'_> {
    /// Records the response. Returns the entry's number.
    pub fn answered(self, webhook: Webhook, answer: WebhookResponse) -> u64 {
        let outcome = answer.outcome();
        let is_constant = answer.is_constant(&self.vendor);
        let event_ids = outcome.as_ref().map(|outcome| outcome.events().to_vec()).unwrap_or_default();
        let reason = outcome.as_ref().and_then(Outcome::reason).map(Cow::into_owned);
        let mut contents = self.store.contents();
        let mut messages = Vec::new();
        let mut take = |contents: &mut Contents, is_its: &dyn Fn(&Message) -> bool| {
            if let Some(at) = contents.loose.iter().position(is_its) {
                messages.push(contents.loose.remove(at));
            }
        };
        for id in &event_ids {
            take(&mut contents, &|message| message.event_id.as_ref() == Some(id));
        }
        while is_constant && contents.loose.iter().any(|message| message.vendor.as_ref() == Some(&self.vendor)) {
            take(&mut contents, &|message| message.vendor.as_ref() == Some(&self.vendor));
        }
        for reason in outcome.iter().flat_map(Outcome::quarantined) {
            take(&mut contents, &|message| message.queue == Queue::Quarantine && keeps(message, &webhook, reason));
        }
        let word = match &outcome {
            Some(outcome) => outcome.word(),
            None if is_constant => outcome_of(&messages),
            None if answer.status == 404 => "no_route",
            None => "failed",
        };
        let reason = reason.or_else(|| messages.iter().filter(|_| is_constant).find_map(reason_of));
        let ids_of_messages = messages.iter().filter_map(|message| message.event_id.clone());
        let entry = Entry {
            number: 0,
            received_at: self.received_at,
            vendor: self.vendor.clone(),
            outcome: word,
            reason,
            types: messages.iter().filter_map(|message| message.event_type.clone()).collect(),
            event_ids: if is_constant { ids_of_messages.collect() } else { event_ids },
            duplicate: !messages.is_empty() && messages.iter().all(|message| message.duplicate),
            answer: Some(answer),
            webhook,
            messages,
        };
        self.store.add(&mut contents, entry)
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        let mut contents = self.store.contents();
        if let Some(count) = contents.in_progress.get_mut(&self.vendor) {
            *count = count.saturating_sub(1);
            // Anything may be posted to /webhooks/<anything>.
            if *count == 0 {
                contents.in_progress.remove(&self.vendor);
            }
        }
        self.store.flush(&mut contents, self.received_at);
    }
}

/// True if a message of the quarantine belongs to this webhook: it has the reason of the response, and its body is the
/// webhook's or an element of it, without secrets.
fn keeps(message: &Message, webhook: &Webhook, reason: &str) -> bool {
    let Ok(record) = serde_json::from_str::<quarantine::Record<'_>>(&message.body) else { return true };
    let vendor = crm_normalize::crm::find(&record.vendor);
    // Such a message has the body with one of its elements.
    let is_shortened = vendor.is_some_and(|vendor| matches!(vendor.body_form, BodyForm::ArrayAt(_)));
    let same_body = match &record.body {
        Body::Text(text) if record.element.is_some() => {
            is_shortened || String::from_utf8_lossy(&webhook.body).contains(&**text)
        }
        Body::Text(text) => text.as_bytes() == webhook.body,
        Body::Base64(text) => *text == BASE64.encode(&webhook.body),
    };
    let redacts = vendor.is_some_and(|vendor| !vendor.secret_members.is_none());
    format!("{}: {}", record.reason, record.detail) == reason && (same_body || redacts)
}

/// An entry for a webhook whose request was not seen: the vendor's JSON from its message.
fn of_unseen_request(message: Message, now: Timestamp) -> Entry {
    let (webhook, reason) = from_message(&message).unwrap_or_default();
    Entry {
        number: 0,
        received_at: now,
        vendor: message.vendor.clone().unwrap_or_default(),
        outcome: if message.queue == Queue::Main { "accepted" } else { "quarantined" },
        reason,
        types: message.event_type.iter().cloned().collect(),
        event_ids: message.event_id.iter().cloned().collect(),
        duplicate: message.duplicate,
        answer: None,
        webhook,
        messages: vec![message],
    }
}

fn from_message(message: &Message) -> Option<(Webhook, Option<String>)> {
    match message.queue {
        Queue::Main => {
            let event: crm_event::Event<'_> = serde_json::from_str(&message.body).ok()?;
            let body = event.data.raw_text().map(|raw| raw.into_owned().into_bytes()).unwrap_or_default();
            Some((Webhook { body, ..Webhook::default() }, None))
        }
        Queue::Quarantine => {
            let record: quarantine::Record<'_> = serde_json::from_str(&message.body).ok()?;
            let body = match &record.body {
                Body::Text(text) => text.as_bytes().to_vec(),
                Body::Base64(text) => BASE64.decode(text.as_bytes()).ok()?,
            };
            let own = |pairs: &BTreeMap<String, crm_event::Text<'_>>| {
                pairs.iter().map(|(name, value)| (name.clone().into(), value.clone().into_owned().into())).collect()
            };
            let account = record.url_account.as_deref().map(str::to_owned);
            let webhook = Webhook {
                body,
                headers: own(&record.headers),
                query: own(&record.query),
                account,
                ..Webhook::default()
            };
            Some((webhook, Some(format!("{}: {}", record.reason, record.detail))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MAX_ENTRIES, Message, Queue, Store, WebhookResponse};
    use crm_samples::Webhook;
    use jiff::Timestamp;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn message(event_id: &str, message_id: &str) -> Message {
        Message {
            queue: Queue::Main,
            vendor: Some("heffl".to_owned()),
            event_type: Some("crm.deal.updated".to_owned()),
            event_id: Some(event_id.to_owned()),
            group: None,
            message_id: message_id.to_owned(),
            sequence_number: None,
            duplicate: false,
            body: "{}".to_owned(),
        }
    }

    fn accepted(event_id: &str) -> WebhookResponse {
        let body = format!(r#"{{"status":"accepted","events":["{event_id}"]}}"#);
        WebhookResponse { status: 200, body, milliseconds: 1 }
    }

    #[test]
    fn a_message_goes_to_the_webhook_whose_answer_names_it() {
        let store = Store::default();
        let (first, second) = (store.begin("heffl", NOW), store.begin("heffl", NOW));
        store.sent(message("b", "2"), NOW);
        store.sent(message("a", "1"), NOW);
        assert!(store.entries().is_empty(), "no webhook is answered yet");
        let first = first.answered(Webhook::default(), accepted("a"));
        let second = second.answered(Webhook::default(), accepted("b"));
        let ids =
            |number| store.entry(number).unwrap().messages.iter().map(|m| m.message_id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(first), ids(second)), (vec!["1".to_owned()], vec!["2".to_owned()]));
        assert_eq!(store.entries().len(), 2);
    }

    #[test]
    fn the_second_of_two_with_one_message_id_is_a_duplicate() {
        let store = Store::default();
        for duplicate in [false, true] {
            let webhook = store.begin("heffl", NOW);
            store.sent(message("a", "1"), NOW);
            let number = webhook.answered(Webhook::default(), accepted("a"));
            assert_eq!(store.entry(number).unwrap().duplicate, duplicate);
        }
        let webhook = store.begin("heffl", NOW);
        store.sent(message("a", "2"), NOW);
        let number = webhook.answered(Webhook::default(), accepted("a"));
        assert!(!store.entry(number).unwrap().duplicate, "after five minutes SQS accepts it again");
    }

    #[test]
    fn a_message_without_a_webhook_is_an_entry_of_its_own() {
        let store = Store::default();
        let mut news = store.news();
        store.sent(message("a", "1"), NOW);
        let number = news.try_recv().unwrap();
        assert!(store.entry(number).unwrap().answer.is_none());
        // A webhook in progress takes the messages that its response names, and leaves the others.
        let webhook = store.begin("heffl", NOW);
        store.sent(message("b", "2"), NOW);
        let unanswered = WebhookResponse { status: 502, body: "no JSON".to_owned(), milliseconds: 1 };
        let number = webhook.answered(Webhook::default(), unanswered);
        assert_eq!(store.entry(number).unwrap().outcome, "failed");
        assert_eq!(store.entries()[0].event_ids, ["b"]);
    }

    #[test]
    fn the_page_says_what_the_function_says() {
        for (status, body, outcome) in [
            (200, r#"{"status":"accepted","events":["a"]}"#, "accepted"),
            (200, r#"{"status":"stored","events":["a"]}"#, "stored"),
            (200, r#"{"status":"ignored","reason":"a test"}"#, "ignored"),
            (200, r#"{"status":"quarantined","reason":"not_json: x"}"#, "quarantined"),
            (400, r#"{"error":"bad_request"}"#, "bad_request"),
            (401, r#"{"error":"unauthorized"}"#, "unauthorized"),
            (413, r#"{"error":"too_large"}"#, "too_large"),
            (503, r#"{"error":"unavailable"}"#, "unavailable"),
            (404, r#"{"message":"Not Found"}"#, "no_route"),
            (503, r#"{"message":"Service Unavailable"}"#, "failed"),
            (500, r#"{"status":"accepted","events":[]}"#, "failed"),
        ] {
            let store = Store::default();
            let answer = WebhookResponse { status, body: body.to_owned(), milliseconds: 1 };
            let number = store.begin("heffl", NOW).answered(Webhook::default(), answer);
            assert_eq!(store.entry(number).unwrap().outcome, outcome, "{status} {body}");
        }
    }

    #[test]
    fn memory_is_limited() {
        let store = Store::default();
        let body = "x".repeat(1 << 20);
        for _ in 0..200 {
            let answer = WebhookResponse { status: 200, body: body.clone(), milliseconds: 1 };
            store.begin("heffl", NOW).answered(Webhook::default(), answer);
        }
        assert!(store.contents().bytes <= MAX_BYTES);
        for vendor in 0..1000 {
            let answer = WebhookResponse { status: 404, body: String::new(), milliseconds: 1 };
            store.begin(&vendor.to_string(), NOW).answered(Webhook::default(), answer);
        }
        assert!(store.contents().in_progress.is_empty());
    }

    #[test]
    fn the_oldest_go() {
        let store = Store::default();
        for index in 0..=MAX_ENTRIES {
            store.sent(message(&index.to_string(), &index.to_string()), NOW);
        }
        let entries = store.entries();
        assert_eq!((entries.len(), entries[0].number), (MAX_ENTRIES, u64::try_from(MAX_ENTRIES).unwrap() + 1));
        assert!(store.entry(1).is_none());
    }
}
