//! Attio: <https://docs.attio.com/rest-api/endpoint-reference/webhooks/create-a-webhook>, checked 2026-11. The query of
//! the registered URL maps the workspace's objects to their ids, because a webhook has only the ids.

use serde_json::{Value, json};

use super::{Api, Call, Created, Page, Parameters, Proof, Registered, text};

pub const V2: Api = Api {
    vendor: "attio",
    proof: Proof::Signature,
    base_url: "https://api.attio.com/v2",
    token_variable: "ATTIO_API_TOKEN",
    authorize: |token| vec![("authorization", format!("Bearer {token}"))],
    takes: |_| true,
    all: None,
    parameters: Some(Parameters {
        call: || Call { method: "GET", path: "/objects".to_owned(), body: None },
        read: |answer| {
            let object = |object: &Value| Some((text(object, "api_slug")?, text(object.get("id")?, "object_id")?));
            answer.get("data")?.as_array()?.iter().map(object).collect()
        },
    }),
    leaves_existing: false,
    create: |subscription| {
        let subscribed = |event: &String| json!({ "event_type": event, "filter": null });
        let subscriptions: Vec<Value> = subscription.events.iter().map(subscribed).collect();
        let body = json!({ "data": { "target_url": subscription.url, "subscriptions": subscriptions } });
        vec![Call { method: "POST", path: "/webhooks".to_owned(), body: Some(body) }]
    },
    created: |answer| {
        let webhook = answer.get("data")?;
        Some(Created { id: text(webhook.get("id")?, "webhook_id")?, secret: text(webhook, "secret") })
    },
    // The maximum page size. The response has no cursor for the next page.
    list: |_| Call { method: "GET", path: "/webhooks?limit=100".to_owned(), body: None },
    listed: |answer| {
        let webhooks = answer.get("data")?.as_array()?.iter().map(registered).collect::<Option<_>>()?;
        Some(Page { webhooks, next: None })
    },
    remove: |id| Call { method: "DELETE", path: format!("/webhooks/{id}"), body: None },
};

fn registered(webhook: &Value) -> Option<Registered> {
    let subscriptions = webhook.get("subscriptions").and_then(Value::as_array);
    Some(Registered {
        id: text(webhook.get("id")?, "webhook_id")?,
        url: text(webhook, "target_url")?,
        events: subscriptions.into_iter().flatten().filter_map(|one| text(one, "event_type")).collect(),
        status: text(webhook, "status").unwrap_or_default(),
    })
}
