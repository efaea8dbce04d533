//! The steps of one webhook: proof, translation, queue, answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crm_event::{Entity, Event};
use crm_normalize::outcome::{Failure, Outcome};
use crm_normalize::quarantine::Record;
use crm_normalize::{Accepted, BodyTexts, Logged, Normalized, Quarantine, Reason, Unauthorized, Vendor, Verified};
use jiff::Timestamp;

use crate::config::Config;
use crate::publish::{PublishError, Queues};
use crate::reply::HttpResponse;
use crate::request::{HttpRequest, Received};
use crate::webhook_log::{self, Call, Handled, Invocation, MAX_VENDOR_FIELDS};
use crate::webhook_secrets::{MAX_AGE, MIN_AGE, WebhookSecrets};

/// An event from EventBridge that neither a queue nor the overflow store accepted.
#[derive(Debug, thiserror::Error)]
#[error("the event is stored nowhere: {outcome}")]
pub struct NotStored {
    /// A word of [`Outcome::word`].
    pub outcome: &'static str,
}

/// One vendor's function, set up once.
#[derive(Debug)]
pub struct Function {
    vendor: &'static Vendor,
    config: Config,
    secrets: WebhookSecrets,
    queues: Queues,
    /// True until the first webhook has been handled (cold start).
    cold: AtomicBool,
}

impl Function {
    pub fn new(vendor: &'static Vendor, config: Config, secrets: WebhookSecrets, queues: Queues) -> Self {
        Self { vendor, config, secrets, queues, cold: AtomicBool::new(true) }
    }

    /// Handles an invocation by Lambda: a request from API Gateway or, for a vendor that sends there, an event from
    /// EventBridge.
    ///
    /// # Errors
    /// If an event from EventBridge could not be stored. Nobody reads an answer to it, but Lambda repeats an invocation
    /// that failed.
    pub async fn invoke(&self, payload: Box<str>, call: Call<'_>, now: Timestamp) -> Result<HttpResponse, NotStored> {
        let started = Instant::now();
        if let Some(verified) = self.vendor.verify_event_bridge(&payload, now) {
            let (mut stages, texts) = (Stages { last: started }, BodyTexts::default());
            let proof = Some(stages.next());
            let handled = Handled { proof, ..self.process_verified(verified, &texts, call, stages).await };
            self.log(&handled, call, now, started, payload.len());
            return match handled.outcome {
                Outcome::Failed { .. } => Err(NotStored { outcome: handled.outcome.word() }),
                _ => Ok(HttpResponse::new(handled.outcome, self.vendor)),
            };
        }
        Ok(self.answer_since(started, payload, call, now).await)
    }

    /// Answers API Gateway's event, as JSON from Lambda. If the runtime deserialized the event, a malformed one would
    /// answer 500 and log the body.
    pub async fn answer(&self, payload: Box<str>, call: Call<'_>, now: Timestamp) -> HttpResponse {
        self.answer_since(Instant::now(), payload, call, now).await
    }

    async fn answer_since(&self, started: Instant, payload: Box<str>, call: Call<'_>, now: Timestamp) -> HttpResponse {
        let event = serde_json::from_str(&payload);
        // The event has its contents now, and it may be several megabytes.
        drop(payload);
        match event {
            Ok(event) => self.handle_since(started, event, call, now).await,
            Err(error) => {
                let (row, column) = (error.line(), error.column());
                let reason = format!("not an event of an HTTP API, format 2.0 (line {row}, column {column})");
                let handled = Handled { reason: Some(reason), ..Handled::new(failed(Failure::BadRequest)) };
                self.log(&handled, call, now, started, 0);
                HttpResponse::new(handled.outcome, self.vendor)
            }
        }
    }

    /// Answers a request that was received at `now`. Failures become a status, so there is always an answer.
    pub async fn handle(&self, event: HttpRequest, call: Call<'_>, now: Timestamp) -> HttpResponse {
        self.handle_since(Instant::now(), event, call, now).await
    }

    async fn handle_since(&self, started: Instant, event: HttpRequest, call: Call<'_>, now: Timestamp) -> HttpResponse {
        let received = Received::new(event, self.config.public_base_url.as_deref());
        let texts = BodyTexts::default();
        let handled = self.process(&received, &texts, call, now, started).await;
        self.log(&handled, call, now, started, received.request().body.len());
        HttpResponse::new(handled.outcome, self.vendor)
    }

    fn log(&self, handled: &Handled<'_>, call: Call<'_>, now: Timestamp, started: Instant, body_bytes: usize) {
        let is_cold = self.cold.swap(false, Ordering::Relaxed);
        let (vendor, duration) = (self.vendor.name, started.elapsed());
        let invocation = Invocation { call, vendor, received_at: now, body_bytes, is_cold, duration };
        webhook_log::write(&invocation, handled, self.config.metrics_namespace.as_deref());
    }

    async fn process<'a>(
        &'a self,
        received: &'a Received,
        texts: &'a BodyTexts,
        call: Call<'_>,
        now: Timestamp,
        started: Instant,
    ) -> Handled<'a> {
        let mut stages = Stages { last: started };
        let verified = self.verify(received, now).await;
        let proof = Some(stages.next());
        let verified = match verified {
            Ok(verified) => verified,
            Err(reason) => {
                let reason = Some(reason.word().to_owned());
                return Handled { reason, proof, ..Handled::new(failed(Failure::Unauthorized)) };
            }
        };
        Handled { proof, ..self.process_verified(verified, texts, call, stages).await }
    }

    /// Translates an authentic webhook and sends the result to the queues.
    async fn process_verified<'a>(
        &'a self,
        verified: Verified<'a>,
        texts: &'a BodyTexts,
        call: Call<'_>,
        mut stages: Stages,
    ) -> Handled<'a> {
        let account = verified.request().account_or_default();
        let verified = verified.in_time_zone(self.config.time_zones.of(account));
        let verified = verified.with_field_names(self.config.field_names.of(account));
        let normalized = verified.normalize(self.config.options, texts);
        let normalize = Some(stages.next());
        let webhooks = Webhooks::sort(normalized);
        let delivered = self.deliver(&verified, &webhooks, call).await;
        let publish = Some(stages.next());
        let events = &webhooks.events;
        let account = if events.is_empty() { Some(account) } else { only(events, |event| &*event.data.account) };
        Handled {
            reason: None,
            account: account.map(str::to_owned),
            vendor_event: only(events, |event| self.vendor.documented(&event.data.vendor_event)).flatten(),
            event_type: only(events, |event| event.event_type),
            quarantined: webhooks.quarantined.len(),
            unknown: events.iter().filter(|event| self.is_new(event)).count(),
            unreadable: webhooks.unreadable,
            vendor_fields: webhooks.vendor_fields,
            proof: None,
            normalize,
            publish,
            outcome: delivered.outcome,
            overflowed: delivered.overflowed,
            is_stored: delivered.is_stored,
            errors: delivered.errors,
        }
    }

    /// True for an event that is neither modelled nor documented, so the vendor may have added it.
    fn is_new(&self, event: &Event<'_>) -> bool {
        event.data.entity == Entity::Unknown && self.vendor.documented(&event.data.vendor_event).is_none()
    }

    /// Checks the proof. If it is not valid, the secrets may have changed: they are read again, at most once a minute,
    /// and the proof is checked again.
    async fn verify<'a>(&self, received: &'a Received, now: Timestamp) -> Result<Verified<'a>, Unauthorized> {
        self.secrets.read_again(MAX_AGE, now).await;
        let verified = self.vendor.verify(received.request(), &self.secrets.current(), now);
        if verified.is_err() && self.secrets.read_again(MIN_AGE, now).await {
            return self.vendor.verify(received.request(), &self.secrets.current(), now);
        }
        verified
    }

    /// Sends the events to the main queue and webhooks that were not understood to the quarantine, concurrently. If a
    /// queue does not accept all, the whole request goes to the overflow store, and a replay sends everything again
    /// with the same ids. If the store fails too, the vendor must send again.
    async fn deliver(&self, verified: &Verified<'_>, webhooks: &Webhooks<'_>, call: Call<'_>) -> Delivered {
        let records: Vec<_> = webhooks.quarantined.iter().map(|(webhook, why)| Record::new(webhook, why)).collect();
        let (published, quarantined) = tokio::join!(
            self.queues.publish(&webhooks.events, call.trace_header),
            self.queues.quarantine(&records, call.trace_header),
        );
        let is_published = published.is_ok();
        let overflowed = *published.as_ref().unwrap_or(&0);
        let failures: Vec<_> = published.err().into_iter().chain(quarantined.err()).collect();
        let mut errors: Vec<_> = failures.iter().map(PublishError::to_string).collect();
        let (outcome, is_stored) = if failures.is_empty() {
            (webhooks.outcome(), false)
        } else if failures.iter().any(|failure| matches!(failure, PublishError::TooLarge { .. })) {
            (failed(Failure::TooLarge), false)
        } else {
            let unavailable = Quarantine::new(Reason::QueueUnavailable, "SQS did not take its events");
            let why = webhooks.quarantined.first().map(|(_, why)| why).filter(|_| webhooks.events.is_empty());
            match self.queues.store(&Record::new(verified, why.unwrap_or(&unavailable))).await {
                Ok(()) if is_published => (webhooks.outcome(), true),
                Ok(()) => (Outcome::Stored { events: webhooks.ids() }, true),
                Err(error) => {
                    errors.push(error.to_string());
                    (failed(Failure::Unavailable), false)
                }
            }
        };
        Delivered { outcome, overflowed, is_stored, errors }
    }
}

/// The webhooks of one request by their outcome.
#[derive(Default)]
struct Webhooks<'a> {
    events: Vec<Event<'a>>,
    ignored: Vec<&'static str>,
    quarantined: Vec<(Verified<'a>, Quarantine)>,
    /// Paths of values that could not be read.
    unreadable: Vec<String>,
    vendor_fields: Vec<Logged<'a>>,
}

impl<'a> Webhooks<'a> {
    fn sort(normalized: Vec<Normalized<'a>>) -> Self {
        let mut sorted = Self::default();
        for webhook in normalized {
            sorted.unreadable.extend(webhook.unreadable());
            match webhook.result {
                Ok(Accepted::Events(events)) => sorted.events.extend(events),
                Ok(Accepted::Ignored(reason)) => sorted.ignored.push(reason),
                Err(quarantine) => sorted.quarantined.push((webhook.webhook, quarantine)),
            }
            if !webhook.logged.is_empty() && sorted.vendor_fields.len() < MAX_VENDOR_FIELDS {
                sorted.vendor_fields.push(webhook.logged);
            }
        }
        sorted
    }

    fn ids(&self) -> Vec<String> {
        self.events.iter().map(|event| event.id.to_string()).collect()
    }

    /// The outcome once the queues have accepted all messages.
    fn outcome(&self) -> Outcome {
        let quarantined = self.quarantined.iter().map(|(_, why)| why.to_string()).collect();
        Outcome::of_webhooks(self.ids(), self.ignored.clone(), quarantined)
    }
}

/// The common value of all events. `None` if they differ, or if there are no events.
fn only<'e, 'a, T: PartialEq>(events: &'e [Event<'a>], of: impl Fn(&'e Event<'a>) -> T) -> Option<T> {
    let (first, rest) = events.split_first()?;
    let first = of(first);
    rest.iter().all(|event| of(event) == first).then_some(first)
}

fn failed(error: Failure) -> Outcome {
    Outcome::Failed { error }
}

/// The result of sending the webhooks of a request to the queues.
struct Delivered {
    outcome: Outcome,
    /// The number of events that were put into the overflow store.
    overflowed: usize,
    /// True if the request is in the overflow store, for a replay.
    is_stored: bool,
    /// The reasons why a queue or the store did not accept it.
    errors: Vec<String>,
}

/// Measures the stages one after the other.
struct Stages {
    last: Instant,
}

impl Stages {
    fn next(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.last, now))
    }
}
