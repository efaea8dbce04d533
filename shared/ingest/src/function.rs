//! The way of one webhook: proof, translation, queue, reply.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crm_event::Event;
use crm_normalize::quarantine::Record;
use crm_normalize::{Accepted, Quarantine, Reason, Vendor, Verified};
use jiff::Timestamp;

use crate::config::Config;
use crate::publish::{PublishError, Queues};
use crate::reply::{Failure, HttpResponse, Reply};
use crate::request::{HttpRequest, Received};
use crate::webhook_log::{Call, Line};

/// One vendor's function, set up once.
#[derive(Debug)]
pub struct Function {
    vendor: &'static Vendor,
    config: Config,
    queues: Queues,
    /// Until the first webhook.
    cold: AtomicBool,
}

impl Function {
    pub fn new(vendor: &'static Vendor, config: Config, queues: Queues) -> Self {
        Self { vendor, config, queues, cold: AtomicBool::new(true) }
    }

    /// Answers what Lambda hands over: the JSON of API Gateway's event. Anything else gets an answer too; were its
    /// reading left to Lambda's runtime, the sender would get a 500 and the log what could not be read.
    pub async fn answer(&self, payload: Box<str>, call: Call<'_>, now: Timestamp) -> HttpResponse {
        let event = serde_json::from_str(&payload);
        // It is in the event now, and may be of megabytes.
        drop(payload);
        match event {
            Ok(event) => self.handle(event, call, now).await,
            Err(error) => {
                let mut line = Line::new(self.vendor.name, call, now, Instant::now());
                let (row, column) = (error.line(), error.column());
                line.reason = Some(format!("not an event of an HTTP API, format 2.0 (line {row}, column {column})"));
                let reply = Reply::failed(Failure::BadRequest);
                line.write(&reply, self.config.metrics_namespace.as_deref());
                HttpResponse::new(&reply, self.vendor)
            }
        }
    }

    /// Answers a request that was received at `now`. Always an answer, never an error: what goes wrong has a status.
    pub async fn handle(&self, event: HttpRequest, call: Call<'_>, now: Timestamp) -> HttpResponse {
        let started = Instant::now();
        let received = Received::new(event);
        let mut line = Line::new(self.vendor.name, call, now, started);
        line.bytes("BodySize", received.request().body.len());
        if self.cold.swap(false, Ordering::Relaxed) {
            line.count("ColdStart", 1);
        }
        let reply = self.reply(&received, call, now, &mut line).await;
        line.write(&reply, self.config.metrics_namespace.as_deref());
        HttpResponse::new(&reply, self.vendor)
    }

    async fn reply<'a>(&self, received: &'a Received, call: Call<'_>, now: Timestamp, line: &mut Line<'a>) -> Reply {
        let verified = self.vendor.verify(received.request(), &self.config.secrets, now);
        line.stage("ProofTime");
        let verified = match verified {
            Ok(verified) => verified,
            Err(reason) => {
                line.reason = Some(reason.word().to_owned());
                return Reply::failed(Failure::Unauthorized);
            }
        };
        let account = received.request().account_or_default();
        let verified = verified.in_time_zone(self.config.time_zones.of(account));
        line.account = Some(account.to_owned());
        let normalized = verified.normalize(self.config.options);
        line.unreadable = normalized.warnings;
        line.logged = normalized.logged;
        line.stage("NormalizeTime");
        let reply = match normalized.result {
            Ok(Accepted::Events(events)) => self.accept(&verified, &events, call, line).await,
            Ok(Accepted::Ignored(reason)) => {
                line.reason = Some(reason.to_owned());
                return Reply::Ignored { reason };
            }
            Err(quarantine) => self.quarantine(&verified, &quarantine, call, line).await,
        };
        line.stage("PublishTime");
        reply
    }

    async fn accept(
        &self,
        verified: &Verified<'_>,
        events: &[Event<'_>],
        call: Call<'_>,
        line: &mut Line<'_>,
    ) -> Reply {
        if let Some(event) = events.first() {
            line.account = Some(event.data.account.to_string());
            line.vendor_event = self.vendor.documented(&event.data.vendor_event);
            line.event_type = Some(event.event_type);
        }
        let ids = || events.iter().map(|event| event.id.to_string()).collect();
        match self.queues.publish(events, call.trace_header).await {
            Ok(overflowed) => {
                if overflowed > 0 {
                    line.count("Overflowed", overflowed);
                }
                Reply::Accepted { events: ids() }
            }
            Err(error) => {
                let why = Quarantine::new(Reason::QueueUnavailable, "SQS did not take its events");
                self.store(verified, &why, &error, line, || Reply::Stored { events: ids() }).await
            }
        }
    }

    async fn quarantine(
        &self,
        verified: &Verified<'_>,
        why: &Quarantine,
        call: Call<'_>,
        line: &mut Line<'_>,
    ) -> Reply {
        line.reason = Some(why.to_string());
        let kept = || Reply::Quarantined { reason: why.to_string() };
        match self.queues.quarantine(&Record::new(verified, why), call.trace_header).await {
            Ok(()) => kept(),
            Err(error) => {
                let reply = self.store(verified, why, &error, line, kept).await;
                if let Reply::Quarantined { .. } = reply {
                    line.count("Stored", 1);
                }
                reply
            }
        }
    }

    /// Keeps in the overflow store what the queue did not take. With neither, the vendor must send again.
    async fn store(
        &self,
        verified: &Verified<'_>,
        why: &Quarantine,
        error: &PublishError,
        line: &mut Line<'_>,
        kept: impl FnOnce() -> Reply,
    ) -> Reply {
        line.errors.push(error.to_string());
        if let PublishError::TooLarge { .. } = error {
            return Reply::failed(Failure::TooLarge);
        }
        match self.queues.store(&Record::new(verified, why)).await {
            Ok(()) => kept(),
            Err(error) => {
                line.errors.push(error.to_string());
                Reply::failed(Failure::Unavailable)
            }
        }
    }
}
