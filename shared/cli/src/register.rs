//! Registers a route's URL with a vendor's API.
//!
//! Each vendor's API has a file below, with the requests and the meaning of the responses. This file has the shared
//! code.

mod close;
mod heffl;
mod pipedrive;
mod teamgrid;

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use crm_normalize::crm::{self, CatalogEntry, Target};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::secrets::random_bytes;

/// An API for webhooks.
pub struct Api {
    /// The vendor's name.
    pub vendor: &'static str,
    pub proof: Proof,
    pub base_url: &'static str,
    /// The environment variable with the token or key.
    pub token_variable: &'static str,
    /// The header for a token.
    pub authorize: fn(token: &str) -> (&'static str, String),
    /// The events that can be registered, of those in the catalogue.
    pub takes: fn(event: &str) -> bool,
    /// The word for all events. `None` if they are named one by one.
    pub all: Option<&'static str>,
    /// One call, or one for each event.
    pub create: fn(&Subscription<'_>) -> Vec<Call>,
    pub created: fn(answer: &Value) -> Option<Created>,
    /// The first page, or the one at a cursor.
    pub list: fn(cursor: Option<&str>) -> Call,
    pub listed: fn(answer: &Value) -> Option<Page>,
    pub remove: fn(id: &str) -> Call,
}

/// Every API, a vendor's better one first.
pub const ALL: &[&Api] = &[&close::V1, &heffl::V1, &pipedrive::V1, &teamgrid::V1, &teamgrid::V0];

/// How deliveries prove where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a signature. The response to a registration has the secret.
    Signature,
    /// By HTTP Basic, with a random password.
    Basic,
    /// By a random token in the URL.
    Token,
}

/// A webhook to register.
#[derive(Clone, Copy, Debug)]
pub struct Subscription<'s> {
    pub url: &'s str,
    pub events: &'s [String],
    /// The password of [`USER_NAME`] for [`Proof::Basic`]; empty for the others.
    pub password: &'s str,
}

/// The user name of HTTP Basic.
pub const USER_NAME: &str = "crm-events";

/// A request without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub method: &'static str,
    /// The path after the base URL.
    pub path: String,
    pub body: Option<Value>,
}

/// A webhook that was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub id: String,
    pub secret: Option<String>,
}

/// A webhook that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub id: String,
    pub url: String,
    pub events: Vec<String>,
    /// In the vendor's words.
    pub status: String,
}

/// A page of registered webhooks, and the cursor of the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub webhooks: Vec<Registered>,
    pub next: Option<String>,
}

impl Api {
    /// The API of a vendor: the signing one, or the one without signatures.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(vendor: &str, signs: bool) -> anyhow::Result<&'static Self> {
        let of_vendor = || ALL.iter().filter(|api| api.vendor == vendor);
        ensure!(
            of_vendor().next().is_some(),
            "{vendor} has no API for registering webhooks; its README describes the steps"
        );
        let without = if signs { "with" } else { "without" };
        of_vendor()
            .copied()
            .find(|api| (api.proof != Proof::Token) == signs)
            .with_context(|| format!("{vendor} has no API {without} signatures"))
    }

    /// The events in a list, or all events for `all`.
    ///
    /// # Errors
    /// If the vendor has no such event.
    pub fn events(&self, list: &str) -> anyhow::Result<Vec<String>> {
        let vendor = crm::find(self.vendor).context("no such vendor")?;
        let mut known: Vec<&str> = Vec::new();
        let can_be_registered = |row: &&CatalogEntry| row.target != Target::Ignored && (self.takes)(row.vendor_event);
        for row in vendor.catalog.iter().filter(can_be_registered) {
            if !known.contains(&row.vendor_event) {
                known.push(row.vendor_event);
            }
        }
        if list == "all" {
            if let Some(all) = self.all {
                return Ok(vec![all.to_owned()]);
            }
            return Ok(known.into_iter().map(str::to_owned).collect());
        }
        let wanted: Vec<&str> = list.split(',').map(str::trim).filter(|event| !event.is_empty()).collect();
        ensure!(!wanted.is_empty(), "--events: expected names separated by commas, or all");
        if let Some(unknown) = wanted.iter().find(|event| !known.contains(event)) {
            bail!("{} has no event {unknown:?}; it has {}", vendor.name, known.join(", "));
        }
        Ok(wanted.into_iter().map(str::to_owned).collect())
    }

    /// A request as text for a person, without the token.
    pub fn shown(&self, base_url: Option<&str>, call: &Call) -> String {
        let (header, _) = (self.authorize)("");
        let (method, base, path) = (call.method, base_url.unwrap_or(self.base_url), &call.path);
        let body = call.body.as_ref().map(|body| serde_json::to_string_pretty(body).unwrap_or_default());
        let body = body.map(|body| format!("\n\n{body}")).unwrap_or_default();
        format!("{method} {base}{path}\n{header}: <from {}>{body}", self.token_variable)
    }
}

/// A session with an API.
pub struct Client {
    api: &'static Api,
    base_url: String,
    token: String,
    agent: ureq::Agent,
}

impl Client {
    /// # Errors
    /// If this machine has no trust store.
    pub fn new(api: &'static Api, base_url: Option<String>, token: String) -> anyhow::Result<Self> {
        let base_url = base_url.unwrap_or_else(|| api.base_url.to_owned());
        Ok(Self { api, base_url, token, agent: http::agent(Duration::from_secs(30))? })
    }

    /// Registers a URL. Returns the ids of the webhooks, and the setting that accepts them.
    ///
    /// # Errors
    /// If the vendor refuses, or does not answer as documented.
    pub fn register(&self, registration: &Registration) -> anyhow::Result<(String, String)> {
        let mut created: Vec<Created> = Vec::new();
        for call in &registration.calls {
            let done = || match created.as_slice() {
                [] => "the webhook is not registered".to_owned(),
                done => format!("only these are registered, with a password that is lost: {}", ids(done)),
            };
            let answer = self.call(call).with_context(done)?;
            let one = (self.api.created)(&answer).context("the vendor's response has no id of the new webhook")?;
            created.push(one);
        }
        let entry = match (self.api.proof, created.iter().find_map(|created| created.secret.as_ref())) {
            (Proof::Token, _) => format!("token:{}", registration.random),
            (Proof::Basic, _) => format!("basic:{USER_NAME}:{}", registration.random),
            (Proof::Signature, Some(secret)) => format!("hmac:{secret}"),
            (Proof::Signature, None) => bail!(
                "webhook {ids} is registered, and the vendor's answer has no secret: its deliveries cannot be proven. \
                 Take it away again: crm-events unregister {vendor} {ids}",
                ids = ids(&created),
                vendor = self.api.vendor,
            ),
        };
        Ok((ids(&created), json!({ &registration.account: [entry] }).to_string()))
    }

    /// Every webhook that the token may see.
    ///
    /// # Errors
    /// If the vendor refuses, or does not answer as documented.
    pub fn list(&self) -> anyhow::Result<Vec<Registered>> {
        let mut webhooks = Vec::new();
        let mut cursor = None;
        loop {
            let answer = self.call(&(self.api.list)(cursor.as_deref()))?;
            let page = (self.api.listed)(&answer).context("the vendor's response is not a list of webhooks")?;
            webhooks.extend(page.webhooks);
            ensure!(page.next.is_none() || page.next != cursor, "the vendor's list does not end");
            cursor = page.next;
            if cursor.is_none() {
                return Ok(webhooks);
            }
        }
    }

    /// Removes a webhook.
    ///
    /// # Errors
    /// If the vendor refuses.
    pub fn unregister(&self, id: &str) -> anyhow::Result<()> {
        self.call(&(self.api.remove)(id)).map(drop)
    }

    fn call(&self, call: &Call) -> anyhow::Result<Value> {
        let (name, value) = (self.api.authorize)(&self.token);
        let url = format!("{}{}", self.base_url, call.path);
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut request = ureq::http::Request::builder().method(call.method).uri(&url).header(name, value);
        request = request.header("accept", "application/json");
        if call.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let no_answer = || format!("no answer from {url}");
        let response = if call.body.is_some() {
            self.agent.run(request.body(body)?).with_context(no_answer)?
        } else {
            self.agent.run(request.body(())?).with_context(no_answer)?
        };
        let Reply { status, body } = Reply::read(response)?;
        let said: String = body.chars().take(500).collect();
        match status {
            200..=299 => {}
            401 => bail!("{url} answered 401: the token in {} is not accepted. {said}", self.api.token_variable),
            403 => bail!("{url} answered 403: the token in {} lacks the permission. {said}", self.api.token_variable),
            _ => bail!("{url} answered {status}: {said}"),
        }
        if body.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&body).with_context(|| format!("{url} answered {status}, but not with JSON: {said}"))
    }
}

/// A new registration.
pub struct Registration {
    pub calls: Vec<Call>,
    /// The account of the secrets setting: the `{account}` segment of the URL.
    pub account: String,
    /// The token or password; empty if the vendor signs.
    random: String,
}

impl Registration {
    /// # Errors
    /// If the URL is not one of the vendor's route, or there are no random numbers.
    pub fn new(api: &Api, url: &str, events: &[String]) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("https://").with_context(|| format!("--url: expected https://..., found {url}"))?;
        ensure!(!rest.contains(['?', '#']), "--url: expected the route's URL alone, without a query");
        let route = format!("/webhooks/{}", api.vendor);
        let (_, account) =
            rest.split_once(&route).with_context(|| format!("--url: expected .../webhooks/{}", api.vendor))?;
        let account = match account.trim_end_matches('/').strip_prefix('/') {
            None => crm_normalize::DEFAULT_ACCOUNT.to_owned(),
            Some(account) => percent_encoding::percent_decode_str(account).decode_utf8()?.into_owned(),
        };
        ensure!(!account.contains('/'), "--url: expected .../webhooks/{}/<account> at most", api.vendor);
        let random = if api.proof == Proof::Signature { String::new() } else { random_text()? };
        let (url, password) = match api.proof {
            Proof::Signature => (url.to_owned(), ""),
            Proof::Basic => (url.to_owned(), random.as_str()),
            Proof::Token => (format!("{url}?token={random}"), ""),
        };
        let calls = (api.create)(&Subscription { url: &url, events, password });
        Ok(Self { calls, account, random })
    }

    /// Like [`Api::shown`], also without the token in the URL or the password.
    pub fn shown(&self, base_url: Option<&str>, api: &Api) -> String {
        let shown: Vec<_> = self.calls.iter().map(|call| api.shown(base_url, call)).collect();
        let shown = shown.join("\n\n");
        if self.random.is_empty() { shown } else { shown.replace(&self.random, "<a random text>") }
    }
}

fn ids(created: &[Created]) -> String {
    created.iter().map(|created| created.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// 256 random bits, in characters that need no escaping in a URL.
fn random_text() -> anyhow::Result<String> {
    Ok(BASE64URL_NOPAD.encode(&random_bytes()?))
}

/// The text of a member.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The texts of a list.
fn texts(value: &Value, name: &str) -> Vec<String> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
