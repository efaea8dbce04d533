//! Deals of Zoho's Notification API: the values of the changed fields alone, and the time at which Zoho sent them.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::json;

use super::{Change, Fields, Kind, Step};

pub(super) const DEAL: Kind =
    Kind { vendor: "zoho", fields: Fields::of_records("name", "amount"), clock_ahead: SignedDuration::ZERO, webhook };

fn webhook(change: &Change) -> Webhook {
    let Change { record, name, amount, time, .. } = change;
    let id = (4_876_876_000_000_000_000 + record).to_string();
    let values = match change.step {
        Step::Create | Step::Restore => json!({ "Deal_Name": name, "Amount": amount }),
        Step::Rename => json!({ "Deal_Name": name }),
        Step::Reprice => json!({ "Amount": amount }),
        Step::Delete => json!({ "Record_Status__s": "Trash" }),
    };
    let body = json!({
        "server_time": time.as_millisecond(), "affected_values": [{ "record_id": id, "values": values }],
        "query_params": {}, "module": "Deals", "resource_uri": "https://www.zohoapis.com/crm/v2/Deals",
        "ids": [id], "affected_fields": [], "operation": change.event(["insert", "update", "delete", "insert"]),
        "channel_id": "1790000000001", "token": null,
    });
    Webhook { body: body.to_string().into(), ..Webhook::default() }
}
