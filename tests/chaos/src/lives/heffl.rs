//! Heffl deals: every webhook has an id and a time.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind};

pub(super) const DEAL: Kind =
    Kind { vendor: "heffl", fields: Fields::of_records("name", "amount"), clock_ahead: SignedDuration::ZERO, webhook };

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, time, .. } = change;
    let event = change.event(["deal.created", "deal.updated", "deal.deleted", "deal.created"]);
    let deal = json!({ "id": format!("life{record}"), "title": name, "price": amount });
    let body = json!({ "event": event, "timestamp": time.to_string(), "payload": deal });
    Webhook {
        body: body.to_string().into(),
        headers: vec![("webhook-id".into(), format!("msg_life_{}", change.webhook).into())],
        ..Webhook::default()
    }
}
