//! Copper, whose webhooks are for one event each, with a token in a header.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{StandIn, TOKEN, error, ok, run};

const URL: &str = "https://a.example/webhooks/copper";

/// <https://developer.copper.com/webhooks/create-new-subscription.html>, the types of that page: without `activity_log`.
const TYPES: &str = "lead person company opportunity project task";

fn authorized(headers: &HeaderMap) -> bool {
    let has = |name: &str, value: &str| headers.get(name).is_some_and(|header| header == value);
    has("x-pw-accesstoken", TOKEN)
        && has("x-pw-useremail", "ada@example.com")
        && has("x-pw-application", "developer_api")
}

/// `{target,type,event,headers,..}` in, anything else is refused with 422; `{id,..}` out, and a list of all webhooks.
fn copper() -> StandIn {
    let answer = |method: &str, path: &str, body: &Value| match (method, path) {
        ("POST", "/webhooks") => {
            let members = ["target", "type", "event", "secret", "headers", "custom_field_computed_values"];
            let is_known = body.as_object().unwrap().keys().all(|name| members.contains(&name.as_str()));
            let one_of = |name: &str, known: &str| known.split(' ').any(|word| body[name] == word);
            let https = body["target"].as_str().is_some_and(|url| url.starts_with("https://"));
            if !is_known || !https || !one_of("type", TYPES) || !one_of("event", "new update delete") {
                return (422, r#"{"success":false,"status":422,"message":"Invalid input"}"#.to_owned());
            }
            let mut made = body.clone();
            made["id"] = json!(if body["type"] == "person" { 512_204 } else { 512_205 });
            (200, made.to_string())
        }
        ("GET", "/webhooks") => {
            let webhook = |id: u64, target: &str, event: &str| {
                json!({ "id": id, "target": target, "type": "lead", "event": event, "secret": null,
                    "headers": { "X-Webhook-Token": "s3cret" }, "created_at": 1_700_000_000 })
            };
            let other = "https://b.example/webhooks/copper";
            (200, json!([webhook(1, URL, "new"), webhook(2, other, "update")]).to_string())
        }
        ("DELETE", "/webhooks/1") => (200, r#"{"id":1,"is_deleted":true}"#.to_owned()),
        _ => (404, String::new()),
    };
    StandIn::start(authorized, answer)
}

#[test]
fn copper_is_registered_with_a_random_token_in_a_header() {
    let api = copper();
    let events = "person.new,company.update";
    let out = ok(&run(&["register", "copper", "--url", URL, "--events", events, "--api-url", &api.url], TOKEN));
    assert_eq!(out.lines().next().unwrap(), "registered: 512204 512205");
    let setting = out.lines().last().unwrap();
    let schemes = crm_normalize::crm::find("copper").unwrap().schemes;
    assert!(crm_normalize::Secrets::parse(setting, schemes).is_ok());
    let setting: Value = serde_json::from_str(setting).unwrap();
    let token = setting["default"][0].as_str().unwrap().strip_prefix("token:").unwrap();
    assert_eq!(token.len(), 43);
    let body = |kind: &str, event: &str| {
        let body = json!({ "target": URL, "type": kind, "event": event, "headers": { "X-Webhook-Token": token },
            "custom_field_computed_values": true });
        ("POST".to_owned(), "/webhooks".to_owned(), body)
    };
    let list = ("GET".to_owned(), "/webhooks".to_owned(), Value::Null);
    assert_eq!(api.asked(), [list, body("person", "new"), body("company", "update")]);
}

#[test]
fn what_exists_keeps_its_token_and_what_is_refused_is_named() {
    let api = copper();
    let register =
        |events| run(&["register", "copper", "--url", URL, "--events", events, "--api-url", &api.url], TOKEN);
    let all = register("all");
    let (out, refused) = (super::text(&all.stdout), error(&all));
    assert!(out.starts_with("registered before; their secret is unchanged: 1\n"), "{out}");
    // Seven types with three events each: one exists, and three are refused.
    let posted: Vec<_> = api.asked().into_iter().filter(|(method, ..)| method == "POST").collect();
    assert_eq!(posted.len(), 20);
    assert_eq!(out.matches("51220").count(), 17, "{out}");
    assert!(out.contains(r#"{"default":["token:"#), "the token of those that are registered: {out}");
    for event in ["activity_log.new", "activity_log.update", "activity_log.delete"] {
        assert!(refused.contains(&format!("{event} is not registered")), "{refused}");
    }
    assert!(refused.contains("422") && !refused.contains(TOKEN), "{refused}");

    let again = ok(&register("lead.new"));
    assert_eq!(again, "registered before; their secret is unchanged: 1\n");
}

#[test]
fn copper_is_listed_and_taken_away_and_a_dry_run_shows_no_secret() {
    let api = copper();
    let out = ok(&run(&["list", "copper", "--api-url", &api.url], TOKEN));
    assert_eq!(out.lines().next().unwrap(), format!("1            {URL}  lead.new"));
    assert!(!out.contains("s3cret"), "{out}");
    ok(&run(&["unregister", "copper", "1", "--api-url", &api.url], TOKEN));
    assert_eq!(api.asked().last().unwrap().1, "/webhooks/1");

    let before = api.asked().len();
    let dry_run = ["register", "copper", "--url", URL, "--events", "lead.update", "--api-url", &api.url, "--dry-run"];
    let shown = ok(&run(&dry_run, TOKEN));
    let headers = "\nx-pw-accesstoken: <from COPPER_API_KEY>\nx-pw-useremail: <from COPPER_API_KEY>\nx-pw-application: developer_api\n";
    assert!(shown.contains(headers) && shown.contains(r#""X-Webhook-Token": "<a random text>""#), "{shown}");
    assert!(!shown.contains(TOKEN) && api.asked().len() == before, "{shown}");
}
