//! Registers a route's URL with a vendor's API.
//!
//! Each vendor's API has a file below, with the requests and the meaning of the responses. This file has the shared
//! code.

mod close;
mod heffl;
mod teamgrid;

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use crm_normalize::crm::{self, Target};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::secrets::random_bytes;

/// An API for webhooks.
pub struct Api {
    /// The vendor's name.
    pub vendor: &'static str,
    /// True if deliveries are signed; the response to a registration then has the secret. Otherwise a token goes into
    /// the URL.
    pub signs: bool,
    pub base_url: &'static str,
    /// The environment variable with the token or key.
    pub token_variable: &'static str,
    /// The header for a token.
    pub authorize: fn(token: &str) -> (&'static str, String),
    pub create: fn(url: &str, events: &[String]) -> Call,
    pub created: fn(answer: &Value) -> Option<Created>,
    /// The first page, or the one at a cursor.
    pub list: fn(cursor: Option<&str>) -> Call,
    pub listed: fn(answer: &Value) -> Option<Page>,
    pub remove: fn(id: &str) -> Call,
}

/// Every API, a vendor's better one first.
pub const ALL: &[&Api] = &[&close::V1, &heffl::V1, &teamgrid::V1, &teamgrid::V0];

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
            .find(|api| api.signs == signs)
            .with_context(|| format!("{vendor} has no API {without} signatures"))
    }

    /// The events in a list, or all events for `all`.
    ///
    /// # Errors
    /// If the vendor has no such event.
    pub fn events(&self, list: &str) -> anyhow::Result<Vec<String>> {
        let vendor = crm::find(self.vendor).context("no such vendor")?;
        let mut known: Vec<&str> = Vec::new();
        for row in vendor.catalog.iter().filter(|row| row.target != Target::Ignored) {
            if !known.contains(&row.vendor_event) {
                known.push(row.vendor_event);
            }
        }
        if list == "all" {
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

    /// Registers a URL. Returns the registration and the entry for the secrets setting.
    ///
    /// # Errors
    /// If the vendor refuses, or does not answer as documented.
    pub fn register(&self, registration: &Registration) -> anyhow::Result<(Created, String)> {
        let answer = self.call(&registration.call)?;
        let created = (self.api.created)(&answer).context("the vendor's response has no id of the new webhook")?;
        let entry = match (&registration.token, &created.secret) {
            (Some(token), _) => format!("token:{token}"),
            (None, Some(secret)) => format!("hmac:{secret}"),
            (None, None) => bail!(
                "webhook {} is registered, and the vendor's answer has no secret: its deliveries cannot be proven. \
                 Take it away again: crm-events unregister {} {}",
                created.id,
                self.api.vendor,
                created.id
            ),
        };
        Ok((created, json!({ &registration.account: [entry] }).to_string()))
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
    pub call: Call,
    /// The account of the secrets setting: the `{account}` segment of the URL.
    pub account: String,
    /// The token in the URL, if the vendor does not sign.
    token: Option<String>,
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
        let token = if api.signs { None } else { Some(random_token()?) };
        let url = token.iter().fold(url.to_owned(), |url, token| format!("{url}?token={token}"));
        Ok(Self { call: (api.create)(&url, events), account, token })
    }

    /// Like [`Api::shown`], also without the token in the URL.
    pub fn shown(&self, base_url: Option<&str>, api: &Api) -> String {
        let shown = api.shown(base_url, &self.call);
        self.token.iter().fold(shown, |shown, token| shown.replace(token.as_str(), "<a random text>"))
    }
}

/// 256 random bits, in characters that need no escaping in a URL.
fn random_token() -> anyhow::Result<String> {
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
