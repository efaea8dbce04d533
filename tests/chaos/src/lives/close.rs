//! Close opportunities: whole records with an id and a time of each change; they have a note instead of a name.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind, Step};

pub(super) const OPPORTUNITY: Kind = Kind {
    vendor: "close",
    fields: Fields::of_records("description", "probability"),
    clock_ahead: SignedDuration::ZERO,
    webhook,
};

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, time, .. } = change;
    let id = format!("oppo_life{record}");
    let action = change.event(["created", "updated", "deleted", "created"]);
    let changed: &[&str] = match change.step {
        Step::Rename => &["note"],
        Step::Reprice => &["confidence"],
        Step::Create | Step::Delete | Step::Restore => &[],
    };
    let opportunity = json!({ "id": id, "note": name, "confidence": amount });
    let is_deleted = change.step == Step::Delete;
    let (data, previous) = if is_deleted { (None, opportunity) } else { (Some(opportunity), json!({})) };
    let event = json!({
        "id": format!("ev_life{}", change.webhook), "date_created": time.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        "organization_id": "orga_life", "object_type": "opportunity", "object_id": id, "action": action,
        "changed_fields": changed, "data": data, "previous_data": previous,
    });
    let body = json!({ "subscription_id": "whsub_life", "event": event });
    Webhook { body: body.to_string().into(), ..Webhook::default() }
}
