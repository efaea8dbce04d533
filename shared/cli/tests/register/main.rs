//! `crm-events register`, `list` and `unregister` against a mock of each vendor's API, which accepts only what the
//! vendor documents.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod attio;
mod copper;

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

const TOKEN: &str = "t0ken-of-the-api";

/// <https://docs.heffl.com/api-reference/webhook-events>, the summary.
const HEFFL_EVENTS: &str = "lead.created lead.updated lead.deleted lead.stageChanged deal.created deal.updated deal.deleted deal.stageChanged client.created client.updated client.deleted contact.created contact.updated contact.deleted contact.stageChanged invoice.created invoice.updated invoice.paid invoice.deleted invoice.statusChanged quotation.created quotation.updated quotation.deleted quotation.statusChanged payment.received form.response.created";

/// <https://developer.teamgridapp.com/api/v0/guides/webhook-event-catalog/>, and `timeentry_restored` of the API's own list.
const TEAMGRID_EVENTS: &str = "user_online user_offline user_added user_removed task_created task_updated task_completed task_reopened task_removed task_restored timetracking_started timetracking_stopped timeentry_created_manually timeentry_updated timeentry_removed project_created project_updated project_completed project_reopened project_archived project_restored contact_created contact_updated contact_removed contact_restored call_incoming call_outgoing call_answered call_missed call_hangup callnote_created callnote_removed timeentry_restored";

/// <https://developer.close.com/api/resources/events/list-of-event-types>, those of records.
const CLOSE_EVENTS: &[(&str, &str)] = &[
    ("lead", "created updated deleted merged"),
    ("contact opportunity custom_object", "created updated deleted"),
    ("task.lead task.incoming_email task.email_followup task.missed_call task.answered_detached_call", TASK),
    ("task.voicemail task.opportunity_due task.incoming_sms task.outgoing_call", TASK),
    ("activity.call", "created updated deleted answered completed"),
    ("activity.email activity.sms", "created updated deleted sent"),
    ("activity.whatsapp_message activity.note activity.form_submission", "created updated deleted"),
    ("activity.custom_activity activity.task_completed", "created updated deleted"),
    ("activity.lead_status_change activity.opportunity_status_change", "created updated deleted"),
    ("activity.meeting", "created updated deleted scheduled started completed canceled"),
    ("membership", "activated deactivated"),
];
const TASK: &str = "created updated deleted completed";

/// True if there is at least one event, and all are documented.
fn exist(events: &Value, documented: &str) -> bool {
    let events = events.as_array().unwrap();
    let known: Vec<_> = documented.split(' ').collect();
    !events.is_empty() && events.iter().all(|event| known.contains(&event.as_str().unwrap()))
}

/// The requests to the mock: method, path with query, body.
type Asked = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A server that answers with `answer`, if `authorized` accepts the request's credential.
struct StandIn {
    url: String,
    asked: Asked,
}

type Answer = fn(method: &str, path: &str, body: &Value) -> (u16, String);

impl StandIn {
    fn start(authorized: fn(&HeaderMap) -> bool, answer: Answer) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Asked::default();
        let noted = asked.clone();
        let app = Router::new().fallback(move |request: Request| {
            let noted = noted.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 20).await.unwrap();
                let is_json = parts.headers.get("content-type").is_some_and(|value| value == "application/json");
                assert_eq!(is_json, !body.is_empty(), "a body is JSON and says so");
                let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
                let path = parts.uri.to_string();
                let (status, text) = if authorized(&parts.headers) {
                    answer(parts.method.as_str(), &path, &body)
                } else {
                    (401, r#"{"message":"Unauthorized"}"#.to_owned())
                };
                noted.lock().unwrap().push((parts.method.to_string(), path, body));
                let mut response = Response::new(Body::from(text));
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                response
            }
        });
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await
            })
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<(String, String, Value)> {
        self.asked.lock().unwrap().clone()
    }
}

fn run(arguments: &[&str], token: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crm-events"));
    command
        .args(arguments)
        .env("HEFFL_API_KEY", token)
        .env("TEAMGRID_API_TOKEN", token)
        .env("CLOSE_API_KEY", token)
        .env("PIPEDRIVE_API_TOKEN", token)
        .env("ATTIO_API_TOKEN", token)
        .env("COPPER_API_KEY", format!("ada@example.com:{token}"))
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn error(output: &Output) -> String {
    assert!(!output.status.success(), "{}", text(&output.stdout));
    text(&output.stderr)
}

/// <https://docs.heffl.com/api-reference/webhooks>: `{name,url,events}` in, `{id,...,secret}` out, HTTPS required.
fn heffl() -> StandIn {
    let answer = |method: &str, path: &str, body: &Value| match (method, path) {
        ("POST", "/webhooks") => {
            let mut names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
            names.sort_unstable();
            let https = body["url"].as_str().is_some_and(|url| url.starts_with("https://"));
            if names != ["events", "name", "url"] || !https || !exist(&body["events"], HEFFL_EVENTS) {
                return (400, r#"{"message":"Bad Request"}"#.to_owned());
            }
            let made = json!({ "id": "wh_1", "name": body["name"], "url": body["url"], "events": body["events"],
                "status": "ACTIVE", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "createdAt": "2026-01-01T00:00:00.000Z" });
            (201, made.to_string())
        }
        ("GET", "/webhooks") => {
            let webhook = json!({ "id": "wh_1", "name": "crm-events", "url": "https://a.example/webhooks/heffl?token=s3cret",
                "events": ["lead.created"], "status": "ACTIVE" });
            (200, json!([webhook]).to_string())
        }
        ("DELETE", "/webhooks/wh_1") => (204, String::new()),
        _ => (404, r#"{"message":"Not Found"}"#.to_owned()),
    };
    StandIn::start(|headers| headers.get("x-api-key").is_some_and(|key| key == TOKEN), answer)
}

/// <https://developer.close.com/api/resources/webhooks>: `{url,events:[{object_type,action}]}` in, HTTP Basic with the key
/// as the user name; `{id,...,signature_key}` out, a list in `data`.
fn close() -> StandIn {
    /// `t0ken-of-the-api:` in Base64.
    const BASIC: &str = "Basic dDBrZW4tb2YtdGhlLWFwaTo=";
    fn is_known(event: &Value) -> bool {
        let has = |names: &str, member: &str| names.split(' ').any(|name| event[member] == name);
        event.as_object().is_some_and(|members| members.len() == 2)
            && CLOSE_EVENTS.iter().any(|(types, actions)| has(types, "object_type") && has(actions, "action"))
    }
    let answer = |method: &str, path: &str, body: &Value| match (method, path) {
        ("POST", "/webhook/") => {
            let mut names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
            names.sort_unstable();
            let https = body["url"].as_str().is_some_and(|url| url.starts_with("https://"));
            let events = body["events"].as_array().unwrap();
            if names != ["events", "url"] || !https || events.is_empty() || !events.iter().all(is_known) {
                return (400, r#"{"field-errors":{"events":"Invalid"}}"#.to_owned());
            }
            let made = json!({ "id": "whsub_1", "url": body["url"], "events": body["events"], "status": "active", "verify_ssl": true,
                "signature_key": "058bfb6a3d8cfdc4da7c3be5901b16ae11da982b46a25fb2cd7016e97a140a1c" });
            (201, made.to_string())
        }
        ("GET", "/webhook/") => {
            let events = json!([{ "object_type": "lead", "action": "created" }, { "object_type": "task.lead", "action": "completed" }]);
            let url = "https://a.example/webhooks/close?token=s3cret";
            let webhook = json!({ "id": "whsub_1", "url": url, "events": events, "status": "paused" });
            (200, json!({ "has_more": false, "data": [webhook] }).to_string())
        }
        ("DELETE", "/webhook/whsub_1/") => (200, "{}".to_owned()),
        _ => (404, r#"{"error":"Not Found"}"#.to_owned()),
    };
    StandIn::start(|headers| headers.get("authorization").is_some_and(|value| value == BASIC), answer)
}

/// <https://developer.teamgridapp.com/api/v1/webhooks/>: `{url,actions}` in; resources with `id` and `attributes` out,
/// pages by `meta.page.nextCursor`.
fn teamgrid() -> StandIn {
    const SECRET: &str = "whsec_v2_0123456789012345678901234567890123456789012";
    StandIn::start(bearer, |method, path, body| {
        let webhook = |id: &str| {
            let url = "https://a.example/webhooks/teamgrid";
            let mut attributes = json!({ "url": url, "actions": ["task_created"], "disabled": id == "b" });
            if method == "POST" {
                attributes["signingSecret"] = json!(SECRET);
            }
            json!({ "id": id, "type": "webhook", "attributes": attributes })
        };
        match (method, path) {
            ("POST", "/webhooks") if takes_url_and_actions(body) => (201, json!({ "data": webhook("a") }).to_string()),
            ("GET", "/webhooks?limit=100") => {
                (200, json!({ "data": [webhook("a")], "meta": { "page": { "nextCursor": "b+/=" } } }).to_string())
            }
            ("GET", "/webhooks?limit=100&cursor=b%2B%2F%3D") => {
                (200, json!({ "data": [webhook("b")], "meta": { "page": { "nextCursor": null } } }).to_string())
            }
            ("DELETE", "/webhooks/a") => (204, String::new()),
            _ => (400, r#"{"errors":[{"code":"invalid_request","detail":"No such thing."}]}"#.to_owned()),
        }
    })
}

/// <https://developer.teamgridapp.com/api/v0/guides/webhooks/>: the same request, an `_id` in the answer and no secret.
fn teamgrid_v0() -> StandIn {
    StandIn::start(bearer, |method, path, body| match (method, path) {
        ("POST", "/webhooks") if takes_url_and_actions(body) => {
            (200, json!({ "data": { "_id": "w0", "url": body["url"], "actions": body["actions"] } }).to_string())
        }
        ("GET", "/webhooks") => {
            let webhook = json!({ "_id": "w0", "url": "https://a.example/webhooks/teamgrid?token=s3cret", "actions": ["task_created"] });
            (200, json!({ "data": [webhook] }).to_string())
        }
        _ => (404, String::new()),
    })
}

/// <https://developers.pipedrive.com/docs/api/v1/Webhooks>: one action and one object in, `*` for all; `data` out.
fn pipedrive() -> StandIn {
    let answer = |method: &str, path: &str, body: &Value| match (method, path) {
        ("POST", "/webhooks") => {
            let one_of = |name: &str, known: &str| known.split(' ').any(|word| body[name] == word);
            let objects = "activity deal lead note organization person pipeline product stage user deal_installment \
                           deal_product board phase project task *";
            let https = body["subscription_url"].as_str().is_some_and(|url| url.starts_with("https://"));
            if !https || !one_of("event_action", "create change delete *") || !one_of("event_object", objects) {
                return (400, r#"{"status":"error","success":false}"#.to_owned());
            }
            let data = json!({ "id": if body["event_object"] == "deal" { 8 } else { 7 }, "is_active": 1,
                "http_auth_user": body["http_auth_user"], "http_auth_password": body["http_auth_password"] });
            (201, json!({ "status": "ok", "success": true, "data": data }).to_string())
        }
        ("GET", "/webhooks") => {
            let webhook = json!({ "id": 7, "event_action": "*", "event_object": "*", "is_active": 1, "last_http_status": 200,
                "subscription_url": "https://a.example/webhooks/pipedrive", "http_auth_user": "crm-events",
                "http_auth_password": "s3cret" });
            let new = json!({ "id": 8, "event_action": "change", "event_object": "deal", "last_http_status": null,
                "subscription_url": "https://a.example/webhooks/pipedrive?token=s3cret" });
            (200, json!({ "status": "ok", "success": true, "data": [webhook, new] }).to_string())
        }
        ("DELETE", "/webhooks/7") => (200, r#"{"status":"ok","success":true}"#.to_owned()),
        _ => (404, String::new()),
    };
    StandIn::start(|headers| headers.get("x-api-token").is_some_and(|token| token == TOKEN), answer)
}

fn bearer(headers: &HeaderMap) -> bool {
    headers.get("authorization").is_some_and(|value| value.as_bytes() == format!("Bearer {TOKEN}").as_bytes())
}

fn takes_url_and_actions(body: &Value) -> bool {
    let members = body.as_object().is_some_and(|members| members.len() == 2);
    members
        && body["url"].as_str().is_some_and(|url| url.starts_with("https://"))
        && exist(&body["actions"], TEAMGRID_EVENTS)
}

fn register<'a>(vendor: &'a str, url: &'a str, api: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let events = if vendor == "heffl" { "lead.created,deal.stageChanged" } else { "task_created,task_completed" };
    [&["register", vendor, "--url", url, "--events", events, "--api-url", api], more].concat()
}

#[test]
fn heffl_is_registered_and_the_secret_is_printed_as_the_setting_takes_it() {
    let api = heffl();
    let out = ok(&run(&register("heffl", "https://a.example/prod/webhooks/heffl/acme", &api.url, &[]), TOKEN));
    let setting = out.lines().last().unwrap();
    assert_eq!(setting, r#"{"acme":["hmac:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}"#);
    let heffl = crm_normalize::crm::find("heffl").unwrap();
    assert!(crm_normalize::Secrets::parse(setting, heffl.schemes).is_ok());
    assert_eq!(out.matches("whsec_").count(), 1, "{out}");
    assert!(out.contains("make secret VENDOR=heffl ADD=1"), "{out}");
    assert!(!out.contains(TOKEN));
    let body = json!({ "name": "crm-events", "url": "https://a.example/prod/webhooks/heffl/acme",
        "events": ["lead.created", "deal.stageChanged"] });
    assert_eq!(api.asked(), [("POST".to_owned(), "/webhooks".to_owned(), body)]);
}

#[test]
fn close_is_registered_with_its_signature_key_listed_and_taken_away() {
    let api = close();
    let url = "https://a.example/webhooks/close";
    let events = "lead.created,task.lead.completed";
    let out = ok(&run(&["register", "close", "--url", url, "--events", events, "--api-url", &api.url], TOKEN));
    let setting = out.lines().last().unwrap();
    let key = "058bfb6a3d8cfdc4da7c3be5901b16ae11da982b46a25fb2cd7016e97a140a1c";
    assert_eq!(setting, format!(r#"{{"default":["hmac:{key}"]}}"#));
    let close = crm_normalize::crm::find("close").unwrap();
    assert!(crm_normalize::Secrets::parse(setting, close.schemes).is_ok());
    let events =
        json!([{ "object_type": "lead", "action": "created" }, { "object_type": "task.lead", "action": "completed" }]);
    assert_eq!(api.asked(), [("POST".to_owned(), "/webhook/".to_owned(), json!({ "url": url, "events": events }))]);

    let out = ok(&run(&["list", "close", "--api-url", &api.url], TOKEN));
    assert!(
        out.starts_with("whsub_1  paused") && out.trim_end().ends_with("lead.created,task.lead.completed"),
        "{out}"
    );
    assert!(!out.contains("s3cret"), "{out}");
    ok(&run(&["unregister", "close", "whsub_1", "--api-url", &api.url], TOKEN));
    assert_eq!(api.asked().last().unwrap().1, "/webhook/whsub_1/");
}

#[test]
fn all_are_events_that_exist() {
    for (vendor, api, count) in [("close", close(), 87), ("heffl", heffl(), 26), ("teamgrid", teamgrid(), 33)] {
        let url = format!("https://a.example/webhooks/{vendor}");
        ok(&run(&["register", vendor, "--url", &url, "--events", "all", "--api-url", &api.url], TOKEN));
        let (_, _, body) = api.asked().remove(0);
        let events = body["events"].as_array().or(body["actions"].as_array()).unwrap().len();
        assert_eq!(events, count, "{vendor}");
    }
}

#[test]
fn teamgrid_is_registered_with_its_signing_secret() {
    let api = teamgrid();
    let out = ok(&run(&register("teamgrid", "https://a.example/webhooks/teamgrid", &api.url, &[]), TOKEN));
    let setting = out.lines().last().unwrap();
    assert_eq!(setting, r#"{"default":["hmac:whsec_v2_0123456789012345678901234567890123456789012"]}"#);
}

#[test]
fn pipedrive_is_registered_with_a_random_password() {
    let url = "https://a.example/webhooks/pipedrive/acme";
    let pipedrive_schemes = crm_normalize::crm::find("pipedrive").unwrap().schemes;
    let mut passwords = Vec::new();
    for (events, ids, expected) in [
        ("all", "registered: 7", &[("*", "*")][..]),
        ("create.person,change.deal", "registered: 7 8", &[("create", "person"), ("change", "deal")]),
    ] {
        let api = pipedrive();
        let out = ok(&run(&["register", "pipedrive", "--url", url, "--events", events, "--api-url", &api.url], TOKEN));
        assert_eq!(out.lines().next().unwrap(), ids);
        let setting = out.lines().last().unwrap();
        assert!(crm_normalize::Secrets::parse(setting, pipedrive_schemes).is_ok());
        let setting: Value = serde_json::from_str(setting).unwrap();
        let password = setting["acme"][0].as_str().unwrap().strip_prefix("basic:crm-events:").unwrap().to_owned();
        assert_eq!(password.len(), 43);
        let asked: Vec<_> = api.asked().into_iter().map(|(_, _, body)| body).collect();
        let body = |(action, object): &(&str, &str)| {
            json!({ "name": "crm-events", "subscription_url": url, "event_action": action, "event_object": object,
                "version": "2.0", "http_auth_user": "crm-events", "http_auth_password": password })
        };
        assert_eq!(asked, expected.iter().map(body).collect::<Vec<_>>());
        passwords.push(password);
    }
    assert_ne!(passwords[0], passwords[1]);
    let api = pipedrive();
    let dry_run = ["register", "pipedrive", "--url", url, "--events", "all", "--api-url", &api.url, "--dry-run"];
    let shown = ok(&run(&dry_run, TOKEN));
    assert!(shown.contains("x-api-token: <from PIPEDRIVE_API_TOKEN>"), "{shown}");
    assert!(shown.contains(r#""http_auth_password": "<a random text>""#), "{shown}");
    let listed = ok(&run(&["list", "pipedrive", "--api-url", &api.url], TOKEN));
    assert_eq!(
        listed.lines().collect::<Vec<_>>(),
        [
            "7  200       https://a.example/webhooks/pipedrive  *.*",
            "8            https://a.example/webhooks/pipedrive  change.deal"
        ]
    );
    // Version 1's names are not taken, and what was registered before a failure is named.
    let old = run(&["register", "pipedrive", "--url", url, "--events", "updated.deal", "--api-url", &api.url], TOKEN);
    assert!(error(&old).contains("no event \"updated.deal\"; it has create.person"));
    ok(&run(&["unregister", "pipedrive", "7", "--api-url", &api.url], TOKEN));
}

#[test]
fn without_signatures_a_random_token_is_in_the_url_and_in_the_setting() {
    let api = teamgrid_v0();
    let arguments = register("teamgrid", "https://a.example/webhooks/teamgrid", &api.url, &["--unsigned"]);
    let settings = [ok(&run(&arguments, TOKEN)), ok(&run(&arguments, TOKEN))];
    let tokens = settings.map(|out| {
        let setting: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        setting["default"][0].as_str().unwrap().strip_prefix("token:").unwrap().to_owned()
    });
    assert_ne!(tokens[0], tokens[1]);
    for (token, (_, _, body)) in tokens.iter().zip(api.asked()) {
        assert_eq!(token.len(), 43);
        assert_eq!(body["url"], format!("https://a.example/webhooks/teamgrid?token={token}"));
    }
}

#[test]
fn a_dry_run_shows_the_request_and_sends_nothing() {
    for (vendor, more, header) in [
        ("heffl", &["--dry-run"][..], "x-api-key: <from HEFFL_API_KEY>"),
        ("teamgrid", &["--dry-run", "--unsigned"], "authorization: <from TEAMGRID_API_TOKEN>"),
    ] {
        let api = if vendor == "heffl" { heffl() } else { teamgrid_v0() };
        let url = format!("https://a.example/webhooks/{vendor}");
        let out = ok(&run(&register(vendor, &url, &api.url, more), TOKEN));
        assert!(out.starts_with(&format!("POST {}/webhooks\n{header}\n", api.url)), "{out}");
        assert!(out.contains(&url) && !out.contains(TOKEN), "{out}");
        assert!(vendor == "heffl" || out.contains("?token=<a random text>"), "{out}");
        assert!(api.asked().is_empty());
    }
}

#[test]
fn every_page_is_listed_and_no_token_is_shown() {
    let api = teamgrid();
    let out = ok(&run(&["list", "teamgrid", "--api-url", &api.url], TOKEN));
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(
        lines,
        [
            "a  active    https://a.example/webhooks/teamgrid  task_created",
            "b  disabled  https://a.example/webhooks/teamgrid  task_created"
        ]
    );
    for (api, arguments) in [(heffl(), &["list", "heffl"][..]), (teamgrid_v0(), &["list", "teamgrid", "--unsigned"])] {
        let out = ok(&run(&[arguments, &["--api-url", &api.url]].concat(), TOKEN));
        assert!(out.contains("https://a.example/webhooks/") && !out.contains("s3cret"), "{out}");
    }
}

#[test]
fn a_webhook_is_taken_away() {
    for (api, vendor, id) in [(heffl(), "heffl", "wh_1"), (teamgrid(), "teamgrid", "a")] {
        let unregister = ["unregister", vendor, id, "--api-url", &api.url];
        let shown = ok(&run(&[&unregister[..], &["--dry-run"]].concat(), TOKEN));
        assert!(shown.starts_with(&format!("DELETE {}/webhooks/{id}\n", api.url)) && !shown.contains(TOKEN), "{shown}");
        assert!(api.asked().is_empty(), "a dry run sends nothing");
        ok(&run(&unregister, TOKEN));
        assert_eq!(api.asked(), [("DELETE".to_owned(), format!("/webhooks/{id}"), Value::Null)]);
    }
}

#[test]
fn what_is_wrong_is_said() {
    let api = heffl();
    let url = "https://a.example/webhooks/heffl";
    let failed = |arguments: &[&str], token: &str| error(&run(arguments, token));
    assert!(
        failed(&register("heffl", url, &api.url, &[]), "another")
            .contains("the token in HEFFL_API_KEY is not accepted")
    );
    assert!(failed(&register("heffl", url, &api.url, &[]), "").contains("HEFFL_API_KEY is not set"));
    let unsigned = failed(&register("heffl", url, &api.url, &["--unsigned"]), TOKEN);
    assert!(unsigned.contains("--unsigned is only for teamgrid"), "{unsigned}");
    let before = api.asked().len();
    for (wrong, says) in [
        ("http://a.example/webhooks/heffl", "expected https://"),
        ("https://a.example/webhooks/teamgrid", "expected .../webhooks/heffl"),
        ("https://a.example/webhooks/hefflx", "expected .../webhooks/heffl"),
        ("https://a.example/webhooks/heffl-old/acme", "expected .../webhooks/heffl"),
        ("https://a.example/webhooks/heffl/acme/two", "expected https://.../webhooks/<vendor>"),
        ("https://a.example/webhooks/heffl?token=x", "without a query"),
    ] {
        assert!(failed(&register("heffl", wrong, &api.url, &[]), TOKEN).contains(says), "{wrong}");
    }
    let unknown =
        failed(&["register", "heffl", "--url", url, "--events", "lead.exploded", "--api-url", &api.url], TOKEN);
    assert!(unknown.contains("no event \"lead.exploded\"; it has lead.created"), "{unknown}");
    let teamgram = failed(&["register", "teamgram", "--url", url, "--events", "all"], TOKEN);
    assert!(teamgram.contains("has no API for registering webhooks"), "{teamgram}");
    let typo = failed(&["register", "hefl", "--url", url, "--events", "all"], TOKEN);
    assert!(typo.contains("no vendor of that name; expected one of"), "{typo}");
    assert_eq!(api.asked().len(), before, "nothing of it was sent");
}
