//! Copper opportunities: the old and the new value of what changed, with a time. A new record comes without values.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind, Step};

pub(super) const OPPORTUNITY: Kind =
    Kind { vendor: "copper", fields: Fields::of_changes("name", "amount"), clock_ahead: SignedDuration::ZERO, webhook };

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, time, .. } = change;
    let updated = match change.step {
        Step::Rename => json!({ "name": [null, name] }),
        Step::Reprice => json!({ "monetary_value": [null, amount] }),
        Step::Create | Step::Delete | Step::Restore => json!({}),
    };
    let body = json!({
        "subscription_id": 512_204, "event": change.event(["new", "update", "delete", "new"]), "type": "opportunity",
        "ids": [700_000_000 + record], "updated_attributes": updated, "timestamp": time.to_string(),
    });
    Webhook { body: body.to_string().into(), ..Webhook::default() }
}
