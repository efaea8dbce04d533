//! Heffl: <https://docs.heffl.com/api-reference/webhooks>, checked 2026-11. It documents the creation. The list and the
//! removal are assumed to use the same path, like its other resources.

use serde_json::{Value, json};

use super::{Api, Call, Created, Page, Proof, Registered, text, texts};

pub const V1: Api = Api {
    vendor: "heffl",
    proof: Proof::Signature,
    base_url: "https://api.heffl.com/api/v1",
    token_variable: "HEFFL_API_KEY",
    authorize: |token| vec![("x-api-key", token.to_owned())],
    takes: |_| true,
    all: None,
    parameters: None,
    leaves_existing: false,
    create: |subscription| {
        let body = json!({ "name": "crm-events", "url": subscription.url, "events": subscription.events });
        vec![Call { method: "POST", path: "/webhooks".to_owned(), body: Some(body) }]
    },
    created: |answer| Some(Created { id: text(answer, "id")?, secret: text(answer, "secret") }),
    list: |_| Call { method: "GET", path: "/webhooks".to_owned(), body: None },
    listed,
    remove: |id| Call { method: "DELETE", path: format!("/webhooks/{id}"), body: None },
};

/// Reads a list, or a list in `data`, because the form is not documented.
fn listed(answer: &Value) -> Option<Page> {
    let list = answer.as_array().or_else(|| answer.get("data")?.as_array())?;
    let registered = |webhook: &Value| {
        Some(Registered {
            id: text(webhook, "id")?,
            url: text(webhook, "url")?,
            events: texts(webhook, "events"),
            status: text(webhook, "status").unwrap_or_default(),
        })
    };
    Some(Page { webhooks: list.iter().map(registered).collect::<Option<_>>()?, next: None })
}
