//! Close: <https://developer.close.com/api/resources/webhooks>, checked 2026-11. An event is an object type and an
//! action; here its name is both, joined with a point (`task.lead.created`). An organization has at most 40 webhooks,
//! which are one page.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{Api, Call, Created, Page, Proof, Registered, text};

pub const V1: Api = Api {
    vendor: "close",
    proof: Proof::Signature,
    base_url: "https://api.close.com/api/v1",
    token_variable: "CLOSE_API_KEY",
    // HTTP Basic: the key is the user name, and the password is empty.
    authorize: |key| vec![("authorization", format!("Basic {}", BASE64.encode(format!("{key}:").as_bytes())))],
    takes: |_| true,
    all: None,
    parameters: None,
    leaves_existing: false,
    create: |subscription| {
        let events = subscription.events.iter().filter_map(|event| event.rsplit_once('.'));
        let body = json!({ "url": subscription.url, "events": events.map(event).collect::<Vec<_>>() });
        vec![Call { method: "POST", path: "/webhook/".to_owned(), body: Some(body) }]
    },
    created: |answer| Some(Created { id: text(answer, "id")?, secret: text(answer, "signature_key") }),
    list: |_| Call { method: "GET", path: "/webhook/".to_owned(), body: None },
    listed: |answer| {
        let webhooks = answer.get("data")?.as_array()?.iter().map(registered).collect::<Option<_>>()?;
        Some(Page { webhooks, next: None })
    },
    remove: |id| Call { method: "DELETE", path: format!("/webhook/{id}/"), body: None },
};

fn event((object_type, action): (&str, &str)) -> Value {
    json!({ "object_type": object_type, "action": action })
}

fn registered(webhook: &Value) -> Option<Registered> {
    let name = |event: &Value| Some([text(event, "object_type")?, text(event, "action")?].join("."));
    Some(Registered {
        id: text(webhook, "id")?,
        url: text(webhook, "url")?,
        events: webhook.get("events")?.as_array()?.iter().filter_map(name).collect(),
        status: text(webhook, "status").unwrap_or_default(),
    })
}
