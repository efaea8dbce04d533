//! Events that Amazon EventBridge passes to a function itself, without an HTTP request.
//!
//! Such an event contains no proof of its origin; AWS proves it. A partner event bus takes events only from the vendor
//! that owns its [event source](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html), and a function's
//! resource policy lets only one rule of that bus invoke it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{NamesById, Pairs, Request, Vendor, Verified};

/// The root members of an [event](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html)
/// that identify it.
#[derive(Deserialize)]
struct Envelope {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: Option<IgnoredAny>,
    detail: Option<IgnoredAny>,
    /// Only the events of HTTP requests have it.
    #[serde(rename = "requestContext")]
    request_context: Option<IgnoredAny>,
}

impl Envelope {
    fn is_of(&self, vendor: &Vendor) -> bool {
        let is_whole = self.detail_type.is_some() && self.detail.is_some() && self.request_context.is_none();
        is_whole && vendor.event_bridge_sources.iter().any(|prefix| self.source.starts_with(prefix))
    }
}

impl Vendor {
    /// Accepts an event from EventBridge. `payload` is what Lambda passes to the function. `None` for any other payload,
    /// and for an event from a source that the vendor does not send from.
    ///
    /// A sender of an HTTP request cannot make such a payload: API Gateway wraps the request into an event of its own,
    /// and the request's contents are texts in it.
    pub fn verify_event_bridge<'a>(&'static self, payload: &'a str, now: Timestamp) -> Option<Verified<'a>> {
        // Most vendors send HTTP requests only, so their payloads are not parsed here.
        if self.event_bridge_sources.is_empty() {
            return None;
        }
        serde_json::from_str::<Envelope>(payload).ok().filter(|envelope| envelope.is_of(self))?;
        let (headers, query) = (Pairs::default(), Pairs::default());
        Some(Verified {
            vendor: self,
            request: Request { method: "", url: "", body: payload.as_bytes(), headers, query, account: None },
            rendered: None,
            element: None,
            received_at: now,
            zone: TimeZone::UTC,
            field_names: NamesById::NONE,
            stored: None,
        })
    }
}
