//! Deals of Freshsales workflows: partial, without any time, so that the same state has the same bytes.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind};

pub(super) const DEAL: Kind = Kind {
    vendor: "freshsales",
    fields: Fields::of_records("name", "amount"),
    clock_ahead: SignedDuration::ZERO,
    webhook,
};

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, .. } = change;
    let event = change.event(["deal.created", "deal.updated", "deal.deleted", "deal.created"]);
    let body = json!({ "deal_id": 700_000_000 + record, "deal_name": name, "deal_amount": amount });
    Webhook { body: body.to_string().into(), query: vec![("event".into(), event.into())], ..Webhook::default() }
}
