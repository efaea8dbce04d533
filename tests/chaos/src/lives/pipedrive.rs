//! Pipedrive deals: whole records with an id and a time of each change; a deletion has only the old record.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind, Step};

pub(super) const DEAL: Kind = Kind {
    vendor: "pipedrive",
    fields: Fields::of_records("name", "amount"),
    clock_ahead: SignedDuration::ZERO,
    webhook,
};

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, time, .. } = change;
    let id = 700_000_000 + record;
    let action = change.event(["create", "change", "delete", "create"]);
    let deal = json!({
        "id": id, "title": name, "value": amount, "update_time": time.to_string(), "add_time": time.to_string(),
    });
    let (data, previous) = if change.step == Step::Delete { (None, Some(deal)) } else { (Some(deal), None) };
    let meta = json!({
        "action": action, "company_id": "9100233", "entity": "deal", "entity_id": id.to_string(),
        "id": format!("life-{}", change.webhook), "timestamp": time.to_string(), "version": "2.0", "attempt": 1,
    });
    let body = json!({ "data": data, "previous": previous, "meta": meta });
    Webhook { body: body.to_string().into(), ..Webhook::default() }
}
