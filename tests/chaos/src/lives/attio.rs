//! Attio deals: ids alone, without values and times. The message has an id.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind, Step};

pub(super) const DEAL: Kind =
    Kind { vendor: "attio", fields: Fields::NONE, clock_ahead: SignedDuration::ZERO, webhook };

/// The id of the kind of record, which the URL names.
const DEALS: &str = "04655741-3a09-5f4a-be86-8d73671ac610";

fn webhook(change: &Change) -> Webhook {
    let event = change.event(["record.created", "record.updated", "record.deleted", "record.created"]);
    let attribute = match change.step {
        Step::Rename => Some("c5a8b3d2-0e5f-5c0e-9a53-6f0f6a1f5b01"),
        Step::Reprice => Some("c5a8b3d2-0e5f-5c0e-9a53-6f0f6a1f5b02"),
        Step::Create | Step::Delete | Step::Restore => None,
    };
    let id = json!({
        "workspace_id": "eb0bc6ab-f844-57f8-b147-829eba5e49ad", "object_id": DEALS,
        "record_id": format!("2bb323b5-18c5-5d22-bde9-{:012}", change.record), "attribute_id": attribute,
    });
    let body = json!({ "webhook_id": "life", "events": [{ "event_type": event, "id": id }] });
    Webhook {
        body: body.to_string().into(),
        headers: vec![("Idempotency-Key".into(), format!("life-{}", change.webhook).into())],
        query: vec![("deals".into(), DEALS.into())],
        ..Webhook::default()
    }
}
