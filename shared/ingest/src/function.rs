//! The way of one webhook: proof, translation, queue, reply.

use std::time::Instant;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use crm_event::Event;
use crm_normalize::quarantine::Message;
use crm_normalize::{Accepted, Vendor};
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
            Ok(Accepted::Events(events)) => self.accept(&events).await,
            Ok(Accepted::Ignored(reason)) => Reply::Ignored { reason },
            Err(quarantine) => {
                tracing::warn!(vendor = self.vendor.name, reason = %quarantine, "quarantined");
                match self.queues.quarantine(&Message::new(&verified, &quarantine)).await {
                    Ok(()) => Reply::Quarantined { reason: quarantine.to_string() },
                    Err(error) => self.failed(&error),
                }
            }
        };
        (reply, normalized.warnings.len())
    }

    async fn accept(&self, events: &[Event<'_>]) -> Reply {
        match self.queues.publish(events).await {
            Ok(()) => {
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
                Reply::Accepted { events: events.iter().map(|event| event.id.to_string()).collect() }
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &PublishError) -> Reply {
        tracing::error!(vendor = self.vendor.name, %error, "not on the queue");
        Reply::failed(match error {
            PublishError::TooLarge { .. } => Failure::TooLarge,
            PublishError::Unavailable(_) | PublishError::Partly { .. } | PublishError::Json(_) => Failure::Unavailable,
        })
    }
}
