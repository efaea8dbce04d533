//! The way of one webhook: proof, translation, queue, reply.

use std::time::Instant;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use crm_event::Event;
use crm_normalize::quarantine::Message;
use crm_normalize::{Accepted, Quarantine, Reason, Vendor, Verified};
use jiff::Timestamp;

use crate::config::Config;
use crate::publish::{PublishError, Queues};
use crate::reply::{Failure, Reply};
use crate::request::Received;

/// One vendor's function, set up once.
#[derive(Debug)]
pub struct Function {
    vendor: &'static Vendor,
    config: Config,
    queues: Queues,
}

impl Function {
    pub fn new(vendor: &'static Vendor, config: Config, queues: Queues) -> Self {
        Self { vendor, config, queues }
    }

    /// Answers a request that was received at `now`. Always an answer, never an error: what goes wrong has a status.
    pub async fn handle(&self, event: ApiGatewayV2httpRequest, now: Timestamp) -> ApiGatewayV2httpResponse {
        let started = Instant::now();
        let received = Received::new(event);
        let (reply, field_warnings) = self.reply(&received, now).await;
        tracing::info!(
            vendor = self.vendor.name,
            outcome = reply.outcome(),
            field_warnings,
            body_bytes = received.request().body.len(),
            milliseconds = started.elapsed().as_secs_f64() * 1000.0,
            "webhook"
        );
        reply.into()
    }

    /// The reply, and how many fields could not be read.
    async fn reply(&self, received: &Received, now: Timestamp) -> (Reply, usize) {
        let verified = match self.vendor.verify(received.request(), &self.config.secrets, now) {
            Ok(verified) => verified,
            Err(reason) => {
                tracing::warn!(vendor = self.vendor.name, reason = reason.word(), "unauthorized");
                return (Reply::failed(Failure::Unauthorized), 0);
            }
        };
        let normalized = verified.normalize(self.config.options);
        for path in &normalized.warnings {
            tracing::warn!(vendor = self.vendor.name, path, "a field could not be read and is left out of the record");
        }
        let reply = match normalized.result {
            Ok(Accepted::Events(events)) => self.accept(&verified, &events).await,
            Ok(Accepted::Ignored(reason)) => Reply::Ignored { reason },
            Err(quarantine) => self.quarantine(&verified, &quarantine).await,
        };
        (reply, normalized.warnings.len())
    }

    async fn accept(&self, verified: &Verified<'_>, events: &[Event<'_>]) -> Reply {
        let ids = || events.iter().map(|event| event.id.to_string()).collect();
        match self.queues.publish(events).await {
            Ok(_) => {
                for event in events {
                    tracing::info!(
                        vendor = self.vendor.name,
                        account = %event.data.account,
                        vendor_event = %event.data.vendor_event,
                        event_type = %event.event_type,
                        event_id = %event.id,
                        "on the queue"
                    );
                }
                Reply::Accepted { events: ids() }
            }
            Err(error) => {
                let why = Quarantine::new(Reason::QueueUnavailable, "SQS did not take its events");
                self.store(verified, &why, &error, || Reply::Stored { events: ids() }).await
            }
        }
    }

    async fn quarantine(&self, verified: &Verified<'_>, why: &Quarantine) -> Reply {
        tracing::warn!(vendor = self.vendor.name, reason = %why, "quarantined");
        let kept = || Reply::Quarantined { reason: why.to_string() };
        match self.queues.quarantine(&Message::new(verified, why)).await {
            Ok(()) => kept(),
            Err(error) => self.store(verified, why, &error, kept).await,
        }
    }

    /// Keeps in the overflow store what the queue did not take. With neither, the vendor must send again.
    async fn store(
        &self,
        verified: &Verified<'_>,
        why: &Quarantine,
        error: &PublishError,
        kept: impl FnOnce() -> Reply,
    ) -> Reply {
        tracing::error!(vendor = self.vendor.name, %error, "not on the queue");
        if let PublishError::TooLarge { .. } = error {
            return Reply::failed(Failure::TooLarge);
        }
        match self.queues.store(&Message::new(verified, why)).await {
            Ok(()) => kept(),
            Err(PublishError::NoStore) => Reply::failed(Failure::Unavailable),
            Err(error) => {
                tracing::error!(vendor = self.vendor.name, %error, "not in the overflow store");
                Reply::failed(Failure::Unavailable)
            }
        }
    }
}
