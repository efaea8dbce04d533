//! HubSpot deals: one property with its value and a time. A new record comes without values.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind, Step};

pub(super) const DEAL: Kind = Kind {
    vendor: "hubspot",
    fields: Fields::of_changes("name", "amount"),
    clock_ahead: SignedDuration::ZERO,
    webhook,
};

fn webhook(change: &Change) -> Webhook {
    let event = change.event(["deal.creation", "deal.propertyChange", "deal.deletion", "deal.restore"]);
    let (property, value) = match change.step {
        Step::Rename => (Some("dealname"), Some(change.name.to_owned())),
        Step::Reprice => (Some("amount"), Some(change.amount.to_string())),
        Step::Create | Step::Delete | Step::Restore => (None, None),
    };
    let body = json!([{
        "eventId": 1_000_000_000 + change.webhook, "subscriptionId": 4_600_036, "portalId": 48_123_456,
        "appId": 7_700_123, "occurredAt": change.time.as_millisecond(), "subscriptionType": event, "attemptNumber": 0,
        "objectId": 700_000_000 + change.record, "changeSource": "CRM_UI", "propertyName": property,
        "propertyValue": value,
    }]);
    Webhook { body: body.to_string().into(), ..Webhook::default() }
}
