//! Agile CRM deals: whole records without any time, as documented, so that the same state has the same bytes.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind};

pub(super) const DEAL: Kind = Kind {
    vendor: "agilecrm",
    fields: Fields::of_records("name", "amount"),
    clock_ahead: SignedDuration::ZERO,
    webhook,
};

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, .. } = change;
    let event = change.event([
        "Opportunity is Created",
        "Opportunity is Updated",
        "Opportunity is Deleted",
        "Opportunity is Created",
    ]);
    let deal = json!({ "id": 700_000_000 + record, "name": name, "expected_value": amount });
    Webhook { body: json!({ "eventName": event, "eventData": deal }).to_string().into(), ..Webhook::default() }
}
