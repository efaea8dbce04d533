//! The way of one webhook: proof, translation, queue, answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crm_event::Event;
use crm_normalize::outcome::{Failure, Outcome};
use crm_normalize::quarantine::Record;
use crm_normalize::{Accepted, Quarantine, Reason, Unauthorized, Vendor, Verified};
use jiff::Timestamp;

use crate::config::Config;
use crate::publish::{PublishError, Queues};
use crate::reply::HttpResponse;
use crate::request::{HttpRequest, Received};
use crate::webhook_log::{self, Call, Handled, Invocation};
use crate::webhook_secrets::{MAX_AGE, MIN_AGE, WebhookSecrets};

/// One vendor's function, set up once.
#[derive(Debug)]
pub struct Function {
    vendor: &'static Vendor,
    config: Config,
    secrets: WebhookSecrets,
    queues: Queues,
    /// True until the first webhook.
    cold: AtomicBool,
}

impl Function {
    pub fn new(vendor: &'static Vendor, config: Config, secrets: WebhookSecrets, queues: Queues) -> Self {
        Self { vendor, config, secrets, queues, cold: AtomicBool::new(true) }
    }

    /// Answers what Lambda hands over: the JSON of API Gateway's event. If the runtime deserialized the event, a
    /// malformed one would answer 500 and log the body.
    pub async fn answer(&self, payload: Box<str>, call: Call<'_>, now: Timestamp) -> HttpResponse {
        let started = Instant::now();
        let event = serde_json::from_str(&payload);
        // It is in the event now, and may be of megabytes.
        drop(payload);
        match event {
            Ok(event) => self.handle(event, call, now).await,
            Err(error) => {
                let (row, column) = (error.line(), error.column());
                let reason = format!("not an event of an HTTP API, format 2.0 (line {row}, column {column})");
                let handled = Handled { reason: Some(reason), ..Handled::new(failed(Failure::BadRequest)) };
                self.log(&handled, call, now, started, 0);
                HttpResponse::new(&handled.outcome, self.vendor)
            }
        }
    }

    /// Answers a request that was received at `now`. Always an answer, never an error: what goes wrong has a status.
    pub async fn handle(&self, event: HttpRequest, call: Call<'_>, now: Timestamp) -> HttpResponse {
        let started = Instant::now();
        let received = Received::new(event, self.config.public_base_url.as_deref());
        let handled = self.process(&received, call, now, started).await;
        self.log(&handled, call, now, started, received.request().body.len());
        HttpResponse::new(&handled.outcome, self.vendor)
    }

    fn log(&self, handled: &Handled<'_>, call: Call<'_>, now: Timestamp, started: Instant, body_bytes: usize) {
        let is_cold = self.cold.swap(false, Ordering::Relaxed);
        let (vendor, duration) = (self.vendor.name, started.elapsed());
        let invocation = Invocation { call, vendor, received_at: now, body_bytes, is_cold, duration };
        webhook_log::write(&invocation, handled, self.config.metrics_namespace.as_deref());
    }

    async fn process<'a>(
        &self,
        received: &'a Received,
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
        let account = received.request().account_or_default();
        let verified = verified.in_time_zone(self.config.time_zones.of(account));
        let normalized = verified.normalize(self.config.options);
        let normalize = Some(stages.next());
        let delivered = match &normalized.result {
            Ok(Accepted::Events(events)) => self.accept(&verified, events, call).await,
            Ok(Accepted::Ignored(reason)) => Delivered::new(Outcome::Ignored { reason: (*reason).into() }),
            Err(quarantine) => self.quarantine(&verified, quarantine, call).await,
        };
        let publish = Some(stages.next());
        let first = match &normalized.result {
            Ok(Accepted::Events(events)) => events.first(),
            Ok(Accepted::Ignored(_)) | Err(_) => None,
        };
        Handled {
            reason: None,
            account: Some(first.map_or(account, |event| &*event.data.account).to_owned()),
            vendor_event: first.and_then(|event| self.vendor.documented(&event.data.vendor_event)),
            event_type: first.map(|event| event.event_type),
            unreadable: normalized.warnings,
            vendor_fields: normalized.logged,
            proof,
            normalize,
            publish,
            outcome: delivered.outcome,
            overflowed: delivered.overflowed,
            is_stored: delivered.is_stored,
            errors: delivered.errors,
        }
    }

    /// Checks the proof. Without a valid one, the secrets may have been changed: they are read again, at most once a
    /// minute, and the proof is checked against those.
    async fn verify<'a>(&self, received: &'a Received, now: Timestamp) -> Result<Verified<'a>, Unauthorized> {
        self.secrets.read_again(MAX_AGE, now).await;
        let verified = self.vendor.verify(received.request(), &self.secrets.current(), now);
        if verified.is_err() && self.secrets.read_again(MIN_AGE, now).await {
            return self.vendor.verify(received.request(), &self.secrets.current(), now);
        }
        verified
    }

    async fn accept(&self, verified: &Verified<'_>, events: &[Event<'_>], call: Call<'_>) -> Delivered {
        let ids = events.iter().map(|event| event.id.to_string()).collect();
        match self.queues.publish(events, call.trace_header).await {
            Ok(overflowed) => Delivered { overflowed, ..Delivered::new(Outcome::Accepted { events: ids }) },
            Err(error) => {
                let why = Quarantine::new(Reason::QueueUnavailable, "SQS did not take its events");
                self.store(verified, &why, &error, Outcome::Stored { events: ids }).await
            }
        }
    }

    async fn quarantine(&self, verified: &Verified<'_>, why: &Quarantine, call: Call<'_>) -> Delivered {
        let quarantined = Outcome::Quarantined { reason: why.to_string() };
        match self.queues.quarantine(&Record::new(verified, why), call.trace_header).await {
            Ok(()) => Delivered::new(quarantined),
            Err(error) => self.store(verified, why, &error, quarantined).await,
        }
    }

    /// Puts into the overflow store what a queue did not take, which is then `stored`. With neither, the vendor must
    /// send again.
    async fn store(
        &self,
        verified: &Verified<'_>,
        why: &Quarantine,
        error: &PublishError,
        stored: Outcome,
    ) -> Delivered {
        let mut errors = vec![error.to_string()];
        if let PublishError::TooLarge { .. } = error {
            return Delivered { errors, ..Delivered::new(failed(Failure::TooLarge)) };
        }
        match self.queues.store(&Record::new(verified, why)).await {
            Ok(()) => Delivered { errors, is_stored: true, ..Delivered::new(stored) },
            Err(error) => {
                errors.push(error.to_string());
                Delivered { errors, ..Delivered::new(failed(Failure::Unavailable)) }
            }
        }
    }
}

fn failed(error: Failure) -> Outcome {
    Outcome::Failed { error }
}

/// What became of a webhook that was understood or not, on its way to the queues.
struct Delivered {
    outcome: Outcome,
    /// How many events went by way of the overflow store.
    overflowed: usize,
    /// True if the webhook is in the overflow store, for a replay.
    is_stored: bool,
    /// Why a queue or the store did not take it.
    errors: Vec<String>,
}

impl Delivered {
    fn new(outcome: Outcome) -> Self {
        Self { outcome, overflowed: 0, is_stored: false, errors: Vec::new() }
    }
}

/// Times one stage after the other.
struct Stages {
    last: Instant,
}

impl Stages {
    fn next(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.last, now))
    }
}
