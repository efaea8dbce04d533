//! TeamGrid tasks: an update has the changed fields and a time; a removal has neither.

use crm_samples::Webhook;
use jiff::SignedDuration;
use serde_json::{Map, json};

use super::{Change, Fields, Kind, Step};

pub(super) const TASK: Kind = Kind {
    vendor: "teamgrid",
    fields: Fields::of_records("name", "planned_minutes"),
    clock_ahead: SignedDuration::ZERO,
    webhook,
};

fn webhook(change: &Change) -> Webhook {
    let event = change.event(["task_created", "task_updated", "task_removed", "task_restored"]);
    let id = format!("life{}", change.record);
    let mut task = Map::from_iter([("_id".to_owned(), json!(id)), ("teamId".to_owned(), json!("h7Xq2mWc9RtLpKd4Z"))]);
    if matches!(change.step, Step::Create | Step::Rename) {
        task.insert("name".to_owned(), json!(change.name));
    }
    if matches!(change.step, Step::Create | Step::Reprice) {
        task.insert("plannedTime".to_owned(), json!(change.amount));
    }
    if change.step != Step::Delete {
        task.insert("updatedAt".to_owned(), json!(change.time.to_string()));
    }
    let body = json!({ "webhookId": "p3NfYb8vTzQxJ5sGk", "event": event, "collection": "cards", "fieldNames": [], "doc": task });
    Webhook { body: body.to_string().into(), ..Webhook::default() }
}
