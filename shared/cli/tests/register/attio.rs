//! Attio, whose URL has the ids of the workspace's objects.

use serde_json::{Value, json};

use super::{StandIn, TOKEN, bearer, error, ok, run};

const URL: &str = "https://a.example/webhooks/attio/acme";
const SECRET: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
const PEOPLE: &str = "97052eb9-e65e-443f-a297-f2d9a4a7f795";
const PROJECTS: &str = "41252299-f8c7-4b5e-99c9-4ff8321d2f96";

/// <https://docs.attio.com/rest-api/endpoint-reference/webhooks/create-a-webhook>: `{data:{target_url,subscriptions}}` in,
/// each subscription with a filter, `null` for none; the secret is only in the response to the creation.
fn attio() -> StandIn {
    let answer = |method: &str, path: &str, body: &Value| {
        let id = json!({ "workspace_id": "14beef7a-99f7-4534-a87e-70b564330a4c", "webhook_id": "wh-1" });
        match (method, path) {
            ("GET", "/objects") => {
                let object = |slug: &str, id: &str| {
                    json!({ "id": { "workspace_id": "14beef7a-99f7-4534-a87e-70b564330a4c", "object_id": id },
                        "api_slug": slug, "singular_noun": "Person", "created_at": "2026-01-01T00:00:00.000000000Z" })
                };
                (200, json!({ "data": [object("people", PEOPLE), object("projects", PROJECTS)] }).to_string())
            }
            ("POST", "/webhooks") => {
                let data = body["data"].as_object().unwrap();
                let subscriptions = data["subscriptions"].as_array().unwrap();
                let is_whole = |one: &Value| one["event_type"].is_string() && one.get("filter") == Some(&Value::Null);
                let https = data["target_url"].as_str().is_some_and(|url| url.starts_with("https://"));
                if data.len() != 2 || !https || subscriptions.is_empty() || !subscriptions.iter().all(is_whole) {
                    return (400, r#"{"status_code":400,"type":"invalid_request_error"}"#.to_owned());
                }
                let made = json!({ "data": { "id": id, "target_url": data["target_url"], "subscriptions": subscriptions,
                    "status": "active", "created_at": "2026-01-01T00:00:00.000000000Z", "secret": SECRET } });
                (200, made.to_string())
            }
            ("GET", "/webhooks?limit=100") => {
                let subscriptions = json!([{ "event_type": "record.created", "filter": null }]);
                let webhook = json!({ "id": id, "target_url": format!("{URL}?people={PEOPLE}"),
                    "subscriptions": subscriptions, "status": "degraded" });
                (200, json!({ "data": [webhook] }).to_string())
            }
            ("DELETE", "/webhooks/wh-1") => (200, "{}".to_owned()),
            _ => (404, r#"{"status_code":404}"#.to_owned()),
        }
    };
    StandIn::start(bearer, answer)
}

#[test]
fn attio_is_registered_with_the_ids_of_its_objects_in_the_url() {
    let api = attio();
    let events = "record.created,note-content.updated";
    let out = ok(&run(&["register", "attio", "--url", URL, "--events", events, "--api-url", &api.url], TOKEN));
    let setting = out.lines().last().unwrap();
    assert_eq!(setting, format!(r#"{{"acme":["hmac:{SECRET}"]}}"#));
    let schemes = crm_normalize::crm::find("attio").unwrap().schemes;
    assert!(crm_normalize::Secrets::parse(setting, schemes).is_ok());
    let subscriptions = json!([{ "event_type": "record.created", "filter": null }, { "event_type": "note-content.updated", "filter": null }]);
    let target_url = format!("{URL}?people={PEOPLE}&projects={PROJECTS}");
    let body = json!({ "data": { "target_url": target_url, "subscriptions": subscriptions } });
    assert_eq!(
        api.asked(),
        [("GET".to_owned(), "/objects".to_owned(), Value::Null), ("POST".to_owned(), "/webhooks".to_owned(), body)]
    );
}

#[test]
fn attio_is_listed_and_taken_away_and_a_dry_run_shows_both_requests() {
    let api = attio();
    let out = ok(&run(&["list", "attio", "--api-url", &api.url], TOKEN));
    assert_eq!(out.trim_end(), format!("wh-1  degraded  {URL}  record.created"));
    ok(&run(&["unregister", "attio", "wh-1", "--api-url", &api.url], TOKEN));
    assert_eq!(api.asked().last().unwrap().1, "/webhooks/wh-1");

    let before = api.asked().len();
    let dry_run = ["register", "attio", "--url", URL, "--events", "all", "--api-url", &api.url, "--dry-run"];
    let shown = ok(&run(&dry_run, TOKEN));
    assert!(shown.starts_with(&format!("GET {}/objects\nauthorization: <from ATTIO_API_TOKEN>\n", api.url)), "{shown}");
    assert!(shown.contains(&format!("\"target_url\": \"{URL}?<from the first response>\"")), "{shown}");
    assert!(!shown.contains(TOKEN) && api.asked().len() == before, "{shown}");
}

#[test]
fn without_the_objects_nothing_is_registered() {
    let api = attio();
    let failed = run(&["register", "attio", "--url", URL, "--events", "all", "--api-url", &api.url], "another");
    assert!(error(&failed).contains("the token in ATTIO_API_TOKEN is not accepted"));
    assert_eq!(api.asked().len(), 1, "the ids were asked for, and nothing else");
}
