//! Registers a route's URL with a vendor's API.
//!
//! Each vendor's API has a file below, with the requests and the meaning of the responses. This file has the shared
//! code.

mod attio;
mod close;
mod copper;
mod heffl;
mod pipedrive;
mod teamgrid;

use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use crm_normalize::crm::{self, CatalogEntry, Target};
use serde_json::{Value, json};

use crate::http::{self, Reply};
use crate::route_url::RouteUrl;
use crate::secrets::{USER_NAME, random_text};

/// An API for webhooks.
pub struct Api {
    /// The vendor's name.
    pub vendor: &'static str,
    pub proof: Proof,
    pub base_url: &'static str,
    /// The environment variable with the token or key.
    pub token_variable: &'static str,
    /// The headers for a token.
    pub authorize: fn(token: &str) -> Vec<(&'static str, String)>,
    /// The events that can be registered, of those in the catalogue.
    pub takes: fn(event: &str) -> bool,
    /// The word for all events. `None` if they are named one by one.
    pub all: Option<&'static str>,
    /// The parameters that the URL needs; `None` for most vendors.
    pub parameters: Option<Parameters>,
    /// True if an event that is registered for the URL is not registered again.
    pub leaves_existing: bool,
    /// One call, or one for each event.
    pub create: fn(&Subscription<'_>) -> Vec<Call>,
    pub created: fn(answer: &Value) -> Option<Created>,
    /// The first page, or the one at a cursor.
    pub list: fn(cursor: Option<&str>) -> Call,
    pub listed: fn(answer: &Value) -> Option<Page>,
    pub remove: fn(id: &str) -> Call,
}

/// Every API, a vendor's better one first.
pub const ALL: &[&Api] =
    &[&attio::V2, &close::V1, &copper::V1, &heffl::V1, &pipedrive::V1, &teamgrid::V1, &teamgrid::V0];

/// Parameters of the registered URL that the vendor's API knows: a call, and the names and values in its response.
pub struct Parameters {
    pub call: fn() -> Call,
    pub read: fn(answer: &Value) -> Option<Pairs>,
}

/// Names and values.
type Pairs = Vec<(String, String)>;

/// How deliveries prove where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a signature. The response to a registration has the secret.
    Signature,
    /// By HTTP Basic, with a random password.
    Basic,
    /// By a random token in a header.
    Header,
    /// By a random token in the URL.
    Token,
}

/// A webhook to register.
#[derive(Clone, Copy, Debug)]
pub struct Subscription<'s> {
    pub url: &'s str,
    pub events: &'s [String],
    /// The password of [`USER_NAME`] for [`Proof::Basic`], the token for [`Proof::Header`]; empty for the others.
    pub password: &'s str,
}

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
        let is_unsigned = |api: &&&Self| api.proof == Proof::Token;
        let of_vendor = || ALL.iter().filter(|api| api.vendor == vendor);
        ensure!(
            of_vendor().next().is_some(),
            "{vendor} has no API for registering webhooks; its page, linked in README.md, describes the steps"
        );
        of_vendor().find(|api| is_unsigned(api) != signs).copied().with_context(|| {
            if signs {
                return format!("{vendor} has only an API without signatures: add --unsigned");
            }
            let unsigned: Vec<_> = ALL.iter().filter(is_unsigned).map(|api| api.vendor).collect();
            format!("--unsigned is only for {}", unsigned.join(", "))
        })
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
        // A header that is the same for any token is no secret.
        let headers = (self.authorize)("").into_iter().zip((self.authorize)("a:b"));
        let headers = headers.map(|((name, value), (_, other))| match value == other {
            true => format!("\n{name}: {value}"),
            false => format!("\n{name}: <from {}>", self.token_variable),
        });
        let (method, base, path) = (call.method, base_url.unwrap_or(self.base_url), &call.path);
        let body = call.body.as_ref().map(|body| serde_json::to_string_pretty(body).unwrap_or_default());
        let body = body.map(|body| format!("\n\n{body}")).unwrap_or_default();
        format!("{method} {base}{path}{}{body}", headers.collect::<String>())
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

    /// Registers a URL.
    ///
    /// # Errors
    /// If the vendor refuses all of it, or does not answer as documented.
    pub fn register(&self, registration: &Registration) -> anyhow::Result<Registrations> {
        let api = self.api;
        let query = api.parameters.as_ref().map(|parameters| self.parameters(parameters)).transpose()?;
        let existing = if api.leaves_existing { self.existing(registration)? } else { Vec::new() };
        let is_new = |event: &&String| !existing.iter().any(|webhook| webhook.events.contains(event));
        let events: Vec<String> = registration.events.iter().filter(is_new).cloned().collect();
        let existing_ids = ids(existing.iter().map(|webhook| &webhook.id));
        let mut done = Registrations { existing: existing_ids, ..Registrations::default() };
        if events.is_empty() {
            return Ok(done);
        }

        let mut created: Vec<Created> = Vec::new();
        let calls = registration.calls(api, query.as_deref(), &events);
        let is_each = calls.len() == events.len();
        for (call, event) in calls.iter().zip(&events) {
            let what = || if is_each { format!("{event} is not registered") } else { "not registered".to_owned() };
            let answer = self.call(call).and_then(|answer| {
                (api.created)(&answer).context("the vendor's response has no id of the new webhook")
            });
            match answer.with_context(what) {
                Ok(one) => created.push(one),
                Err(error) => done.failed.push(error),
            }
        }
        if created.is_empty() {
            return Err(done.failed.into_iter().next().unwrap_or_else(|| anyhow!("there was nothing to register")));
        }
        let entry = match (api.proof, created.iter().find_map(|created| created.secret.as_ref())) {
            (Proof::Token | Proof::Header, _) => format!("token:{}", registration.random),
            (Proof::Basic, _) => format!("basic:{USER_NAME}:{}", registration.random),
            (Proof::Signature, Some(secret)) => format!("hmac:{secret}"),
            (Proof::Signature, None) => bail!(
                "webhook {ids} is registered, but the vendor's answer has no secret, so its deliveries cannot be \
                 proven. Remove it: crm-events unregister {vendor} {ids}",
                ids = ids(created.iter().map(|created| &created.id)),
                vendor = api.vendor,
            ),
        };
        done.registered = ids(created.iter().map(|created| &created.id));
        done.setting = json!({ &registration.account: [entry] }).to_string();
        Ok(done)
    }

    /// The query of the URL, by the vendor's API.
    fn parameters(&self, parameters: &Parameters) -> anyhow::Result<String> {
        let answer = self.call(&(parameters.call)())?;
        let pairs = (parameters.read)(&answer).context("the vendor's response has no parameters for the URL")?;
        Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// The webhooks of the same URL and events that are registered already.
    fn existing(&self, registration: &Registration) -> anyhow::Result<Vec<Registered>> {
        let is_same = |webhook: &Registered| {
            webhook.url == registration.url && webhook.events.iter().any(|event| registration.events.contains(event))
        };
        Ok(self.list()?.into_iter().filter(is_same).collect())
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
        let url = format!("{}{}", self.base_url, call.path);
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut request = ureq::http::Request::builder().method(call.method).uri(&url);
        for (name, value) in (self.api.authorize)(&self.token) {
            request = request.header(name, value);
        }
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
    /// The route's URL, without a query.
    url: String,
    events: Vec<String>,
    /// The account of the secrets setting: the `{account}` segment of the URL.
    account: String,
    /// The token or password; empty if the vendor signs.
    random: String,
}

/// The result of a registration.
#[derive(Debug, Default)]
pub struct Registrations {
    /// The ids of the new webhooks; empty if all exist.
    pub registered: String,
    /// The entry of the secrets setting that accepts them, as JSON of account to proofs.
    pub setting: String,
    /// The ids of the webhooks that were left as they are.
    pub existing: String,
    /// Why events were not registered.
    pub failed: Vec<anyhow::Error>,
}

impl Registration {
    /// # Errors
    /// If the URL is not one of the vendor's route, or there are no random numbers.
    pub fn new(api: &Api, url: &str, events: &[String]) -> anyhow::Result<Self> {
        let RouteUrl { uri, vendor, account } = RouteUrl::parse(url)?;
        ensure!(uri.scheme_str() == Some("https"), "--url: expected https://..., found {url}");
        ensure!(vendor == api.vendor, "--url: expected .../webhooks/{}, found {url}", api.vendor);
        let random = if api.proof == Proof::Signature { String::new() } else { random_text()? };
        Ok(Self { url: url.to_owned(), events: events.to_vec(), account, random })
    }

    /// The calls that register these events, with the query of the URL if it needs one.
    fn calls(&self, api: &Api, query: Option<&str>, events: &[String]) -> Vec<Call> {
        let token = format!("token={}", self.random);
        let (query, password) = match api.proof {
            Proof::Signature => (query, ""),
            Proof::Basic | Proof::Header => (query, self.random.as_str()),
            Proof::Token => (Some(token.as_str()), ""),
        };
        let url = match query {
            Some(query) => format!("{}?{query}", self.url),
            None => self.url.clone(),
        };
        (api.create)(&Subscription { url: &url, events, password })
    }

    /// Like [`Api::shown`], also without the token in the URL or the password.
    pub fn shown(&self, base_url: Option<&str>, api: &Api) -> String {
        let first = api.parameters.as_ref().map(|parameters| (parameters.call)());
        let query = first.is_some().then_some("<from the first response>");
        let calls = first.into_iter().chain(self.calls(api, query, &self.events));
        let shown: Vec<_> = calls.map(|call| api.shown(base_url, &call)).collect();
        let shown = shown.join("\n\n");
        if self.random.is_empty() { shown } else { shown.replace(&self.random, "<a random text>") }
    }
}

fn ids<'i>(ids: impl Iterator<Item = &'i String>) -> String {
    ids.map(String::as_str).collect::<Vec<_>>().join(" ")
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
