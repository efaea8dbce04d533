//! Pipedrive: <https://developers.pipedrive.com/docs/api/v1/Webhooks>, checked 2026-11. A webhook is for one action on
//! one kind of object; `*` means all of them.

use serde_json::{Value, json};

use super::{Api, Call, Created, Page, Proof, Registered, Subscription, text};
use crate::secrets::USER_NAME;

pub const V1: Api = Api {
    vendor: "pipedrive",
    proof: Proof::Basic,
    base_url: "https://api.pipedrive.com/v1",
    token_variable: "PIPEDRIVE_API_TOKEN",
    authorize: |token| vec![("x-api-token", token.to_owned())],
    // New webhooks are of version 2, whose actions have other names than those of version 1.
    takes: |event| ["create.", "change.", "delete."].iter().any(|action| event.starts_with(action)),
    all: Some("*.*"),
    parameters: None,
    leaves_existing: false,
    create: |subscription| subscription.events.iter().map(|event| create(subscription, event)).collect(),
    created: |answer| Some(Created { id: text(answer.get("data")?, "id")?, secret: None }),
    list: |_| Call { method: "GET", path: "/webhooks".to_owned(), body: None },
    listed: |answer| {
        let webhooks = answer.get("data")?.as_array()?.iter().map(registered).collect::<Option<_>>()?;
        Some(Page { webhooks, next: None })
    },
    remove: |id| Call { method: "DELETE", path: format!("/webhooks/{id}"), body: None },
};

fn create(subscription: &Subscription<'_>, event: &str) -> Call {
    let (action, object) = event.split_once('.').unwrap_or((event, "*"));
    let body = json!({
        "name": "crm-events",
        "subscription_url": subscription.url,
        "event_action": action,
        "event_object": object,
        "version": "2.0",
        "http_auth_user": USER_NAME,
        "http_auth_password": subscription.password,
    });
    Call { method: "POST", path: "/webhooks".to_owned(), body: Some(body) }
}

fn registered(webhook: &Value) -> Option<Registered> {
    let event = format!("{}.{}", text(webhook, "event_action")?, text(webhook, "event_object")?);
    Some(Registered {
        id: text(webhook, "id")?,
        url: text(webhook, "subscription_url")?,
        events: vec![event],
        // The status code of the last delivery; missing before the first one.
        status: text(webhook, "last_http_status").unwrap_or_default(),
    })
}
