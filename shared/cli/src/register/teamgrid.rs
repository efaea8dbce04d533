//! TeamGrid, both of its APIs, checked 2026-11: v1, which signs (<https://developer.teamgridapp.com/api/v1/webhooks/>),
//! and v0, which does not (<https://developer.teamgridapp.com/api/v0/guides/webhooks/>).

use serde_json::{Value, json};

use super::{Api, Call, Created, Page, Proof, Registered, Subscription, text, texts};

pub const V1: Api = Api {
    vendor: "teamgrid",
    proof: Proof::Signature,
    // The most common region; use `--api-url` for another one.
    base_url: "https://api.de.teamgrid.app/v1",
    token_variable: "TEAMGRID_API_TOKEN",
    authorize,
    takes: |_| true,
    all: None,
    parameters: None,
    leaves_existing: false,
    create,
    created: |answer| {
        let webhook = answer.get("data")?;
        let secret = webhook.get("attributes").and_then(|attributes| text(attributes, "signingSecret"));
        Some(Created { id: text(webhook, "id")?, secret })
    },
    list: |cursor| {
        // The cursor is opaque, so it is sent back unchanged, encoded for a query.
        let cursor = cursor.map(|cursor| [("cursor", cursor)]);
        let query = form_urlencoded::Serializer::new("limit=100".to_owned())
            .extend_pairs(cursor.into_iter().flatten())
            .finish();
        Call { method: "GET", path: format!("/webhooks?{query}"), body: None }
    },
    listed: |answer| {
        let registered = |webhook: &Value| of(&text(webhook, "id")?, webhook.get("attributes")?);
        let webhooks = answer.get("data")?.as_array()?.iter().map(registered).collect::<Option<_>>()?;
        let page = answer.get("meta").and_then(|meta| meta.get("page"));
        Some(Page { webhooks, next: page.and_then(|page| text(page, "nextCursor")) })
    },
    remove,
};

pub const V0: Api = Api {
    vendor: "teamgrid",
    proof: Proof::Token,
    base_url: "https://api.teamgrid.app",
    token_variable: "TEAMGRID_API_TOKEN",
    authorize,
    takes: |_| true,
    all: None,
    parameters: None,
    leaves_existing: false,
    create,
    created: |answer| {
        let webhook = answer.get("data").unwrap_or(answer);
        Some(Created { id: text(webhook, "_id")?, secret: None })
    },
    list: |_| Call { method: "GET", path: "/webhooks".to_owned(), body: None },
    listed: |answer| {
        let list = answer.as_array().or_else(|| answer.get("data")?.as_array())?;
        let registered = |webhook: &Value| of(&text(webhook, "_id")?, webhook);
        Some(Page { webhooks: list.iter().map(registered).collect::<Option<_>>()?, next: None })
    },
    remove,
};

fn authorize(token: &str) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Bearer {token}"))]
}

fn create(subscription: &Subscription<'_>) -> Vec<Call> {
    let body = json!({ "url": subscription.url, "actions": subscription.events });
    vec![Call { method: "POST", path: "/webhooks".to_owned(), body: Some(body) }]
}

fn remove(id: &str) -> Call {
    Call { method: "DELETE", path: format!("/webhooks/{id}"), body: None }
}

fn of(id: &str, webhook: &Value) -> Option<Registered> {
    let disabled = webhook.get("disabled").and_then(Value::as_bool) == Some(true);
    Some(Registered {
        id: id.to_owned(),
        url: text(webhook, "url")?,
        events: texts(webhook, "actions"),
        status: if disabled { "disabled" } else { "active" }.to_owned(),
    })
}
