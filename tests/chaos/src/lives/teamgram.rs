//! TeamGram products: whole records with a time, by a clock that is five minutes ahead; a deletion has none.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind};

pub(super) const PRODUCT: Kind = Kind {
    vendor: "teamgram",
    fields: Fields::of_records("name", "price"),
    clock_ahead: SignedDuration::from_mins(5),
    webhook,
};

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, .. } = change;
    let action = change.event(["New", "Update", "Delete", "New"]);
    let time = change.time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let product = json!({
        "Id": 700_000_000 + record, "Name": name, "Price": amount, "EnteredDate": time, "ModifiedDate": time,
    });
    let body = json!({ "Data": product, "EventAction": action, "EventEntity": "Product" });
    Webhook { body: body.to_string().into(), ..Webhook::default() }
}
