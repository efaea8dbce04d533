//! Copper: <https://developer.copper.com/webhooks/create-new-subscription.html>, checked 2026-11. A webhook is for one
//! event of one type; here an event's name is both, joined with a point (`person.update`).

use serde_json::{Value, json};

use super::{Api, Call, Created, Page, Proof, Registered, Subscription, text};

pub const V1: Api = Api {
    vendor: "copper",
    proof: Proof::Header,
    base_url: "https://api.copper.com/developer_api/v1",
    token_variable: "COPPER_API_KEY",
    // `<e-mail address of the key's user>:<key>`
    authorize: |token| {
        let (email, key) = token.split_once(':').unwrap_or_default();
        vec![
            ("x-pw-accesstoken", key.to_owned()),
            ("x-pw-useremail", email.to_owned()),
            ("x-pw-application", "developer_api".to_owned()),
        ]
    },
    takes: |_| true,
    all: None,
    parameters: None,
    // Copper never sends again what was refused, so a webhook in use keeps the token that the function accepts.
    leaves_existing: true,
    create: |subscription| subscription.events.iter().map(|event| create(subscription, event)).collect(),
    created: |answer| Some(Created { id: text(answer, "id")?, secret: None }),
    list: |_| Call { method: "GET", path: "/webhooks".to_owned(), body: None },
    listed: |answer| {
        let webhooks = answer.as_array()?.iter().map(registered).collect::<Option<_>>()?;
        Some(Page { webhooks, next: None })
    },
    remove: |id| Call { method: "DELETE", path: format!("/webhooks/{id}"), body: None },
};

fn create(subscription: &Subscription<'_>, event: &str) -> Call {
    let (kind, event) = event.split_once('.').unwrap_or((event, ""));
    let body = json!({
        "target": subscription.url,
        "type": kind,
        "event": event,
        "headers": { "X-Webhook-Token": subscription.password },
        // The names of a custom field's options instead of their ids.
        "custom_field_computed_values": true,
    });
    Call { method: "POST", path: "/webhooks".to_owned(), body: Some(body) }
}

fn registered(webhook: &Value) -> Option<Registered> {
    Some(Registered {
        id: text(webhook, "id")?,
        url: text(webhook, "target")?,
        events: vec![format!("{}.{}", text(webhook, "type")?, text(webhook, "event")?)],
        // Copper's API has no status.
        status: String::new(),
    })
}
