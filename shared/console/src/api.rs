//! The page's API, in JSON.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Of};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use crm_normalize::{Vendor, crm, quarantine};
use form_urlencoded::Serializer;
use futures_util::stream::{self, Stream};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;

use crate::lines::{self, Line};
use crate::origin::{self, Origins};
use crate::store::{Message, Shared};
use crate::{State, proxy};
use crm_samples::{Case, Webhook, vendor_files};

/// An error, with the message that the page shows.
pub struct Failed(StatusCode, String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: String,
        }
        (self.0, Json(Body { error: self.1 })).into_response()
    }
}

fn missing(what: &str) -> Failed {
    Failed(StatusCode::NOT_FOUND, format!("{what} does not exist or was dropped from the list"))
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self(StatusCode::BAD_REQUEST, format!("{error:#}"))
    }
}

type ApiResult<T> = Result<Json<T>, Failed>;

#[derive(Serialize)]
pub struct List {
    vendors: Vec<&'static str>,
    webhooks: Vec<Shared>,
}

/// `GET /api/webhooks`: the latest ones, newest first.
pub async fn list(Of(state): Of<State>) -> Json<List> {
    load_vendor_files(&state);
    let vendors = crm::ALL.iter().copied().chain(crm::from_files());
    Json(List { vendors: vendors.map(|vendor| vendor.name).collect(), webhooks: state.store.entries() })
}

/// `GET /api/news`: each new one, as a server-sent event. A client that is too slow is told to read the list again.
pub async fn news(Of(state): Of<State>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = state.store.news();
    let news = stream::unfold((state, news), |(state, mut news)| async move {
        let event = loop {
            match news.recv().await {
                Ok(number) => match state.store.entry(number) {
                    Some(entry) => break Event::default().json_data(&entry).unwrap_or_default(),
                    None => continue,
                },
                Err(RecvError::Lagged(_)) => break Event::default().event("again").data(""),
                Err(RecvError::Closed) => return None,
            }
        };
        Some((Ok(event), (state, news)))
    });
    Sse::new(news).keep_alive(KeepAlive::default())
}

/// A body for the page: lines of JSON, plain text, or hexadecimal digits if it is not text.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Shown {
    Lines(Vec<Line>),
    Text(String),
    Hex(String),
}

impl Shown {
    fn new(bytes: &[u8], without: &str) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => lines::lines(text, without).map_or_else(|| Self::Text(text.to_owned()), Self::Lines),
            Err(_) => Self::Hex(data_encoding::HEXLOWER.encode(bytes)),
        }
    }
}

#[derive(Serialize)]
pub struct Detail {
    webhook: Shared,
    account: Option<String>,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Shown,
    messages: Vec<ShownMessage>,
    /// True if it can be sent again, because its vendor is known.
    sendable: bool,
    /// True if it can be edited, because its body is text.
    editable: bool,
}

#[derive(Serialize)]
struct ShownMessage {
    #[serde(flatten)]
    message: Message,
    body: Shown,
}

/// `GET /api/webhooks/{number}`.
pub async fn detail(Of(state): Of<State>, Path(number): Path<u64>) -> ApiResult<Detail> {
    let entry = entry(&state, number)?;
    load_vendor_files(&state);
    let vendor = crm::find(&entry.vendor);
    let hidden = "(not shown)";
    let headers = entry.webhook.headers.iter().map(|(name, value)| {
        let secret = vendor.is_some_and(|vendor| quarantine::is_credential_header(vendor, name));
        (name.clone().into_owned(), if secret { hidden.to_owned() } else { value.clone().into_owned() })
    });
    let query = entry.webhook.query.iter().map(|(name, value)| {
        let secret = quarantine::is_credential_parameter(name);
        (name.clone().into_owned(), if secret { hidden.to_owned() } else { value.clone().into_owned() })
    });
    let shown = |message: &Message| ShownMessage {
        body: Shown::new(message.body.as_bytes(), "/data/raw"),
        message: message.clone(),
    };
    Ok(Json(Detail {
        account: entry.webhook.account.clone(),
        headers: headers.collect(),
        query: query.collect(),
        body: Shown::new(&entry.webhook.body, ""),
        messages: entry.messages.iter().map(shown).collect(),
        sendable: vendor.is_some() && !entry.webhook.body.is_empty(),
        editable: vendor.is_some() && std::str::from_utf8(&entry.webhook.body).is_ok(),
        webhook: entry,
    }))
}

/// `GET /api/webhooks/{number}/origins`: the source of each field.
pub async fn origins(Of(state): Of<State>, Path(number): Path<u64>) -> ApiResult<Origins> {
    let entry = entry(&state, number)?;
    load_vendor_files(&state);
    let vendor = vendor_of(&entry.vendor)?;
    // This takes some hundred translations, so it must not block the main thread.
    let task = tokio::task::spawn_blocking(move || origin::origins(vendor, &entry.webhook, entry.received_at));
    task.await.map(Json).map_err(|error| Failed(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

/// A webhook to edit, without the proof, which is added when it is sent.
#[derive(Deserialize, Serialize)]
pub struct Draft {
    vendor: String,
    account: Option<String>,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: String,
}

impl Draft {
    /// A draft of the webhook. It gets a new delivery id; otherwise SQS would drop the edited webhook as a duplicate.
    fn new(vendor: &'static Vendor, webhook: &Webhook, now: Timestamp) -> Result<Self, Failed> {
        let body = std::str::from_utf8(&webhook.body)
            .map_err(|_| Failed(StatusCode::BAD_REQUEST, "the body is not text".to_owned()))?;
        let of_the_proof: Vec<_> = vendor.proof_headers().collect();
        let headers = webhook.headers.iter().filter(|(name, _)| {
            !quarantine::is_credential_header(vendor, name)
                && !of_the_proof.iter().any(|header| header.eq_ignore_ascii_case(name))
        });
        let query = webhook.query.iter().filter(|(name, _)| !quarantine::is_credential_parameter(name));
        let renewed = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
            let is_id = vendor.change_id_headers().any(|id| id.eq_ignore_ascii_case(name));
            let value = if is_id { format!("edited_{}", now.as_millisecond()) } else { value.to_string() };
            (name.to_string(), value)
        };
        Ok(Self {
            vendor: vendor.name.to_owned(),
            account: webhook.account.clone(),
            headers: headers.map(renewed).collect(),
            query: query.map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            body: body.to_owned(),
        })
    }
}

/// `GET /api/webhooks/{number}/draft`.
pub async fn draft(Of(state): Of<State>, Path(number): Path<u64>) -> ApiResult<Draft> {
    let entry = entry(&state, number)?;
    Draft::new(vendor_of(&entry.vendor)?, &entry.webhook, state.now()).map(Json)
}

#[derive(Serialize)]
pub struct Named {
    vendor: &'static str,
    name: String,
}

/// `GET /api/cases`: the sample cases.
pub async fn cases(Of(state): Of<State>) -> ApiResult<Vec<Named>> {
    let cases = Case::all(&state.events)?;
    Ok(Json(cases.into_iter().map(|case| Named { vendor: case.vendor.name, name: case.name }).collect()))
}

/// `GET /api/cases/{vendor}/{name}`.
pub async fn case(Of(state): Of<State>, Path((vendor, name)): Path<(String, String)>) -> ApiResult<Draft> {
    let case = Case::find(&state.events, vendor_of(&vendor)?, &name)?;
    Draft::new(case.vendor, &case.webhook()?, state.now()).map(Json)
}

#[derive(Serialize)]
pub struct SentWebhook {
    number: u64,
}

/// `POST /api/cases/{vendor}/{name}/send`.
pub async fn send_case(Of(state): Of<State>, Path((vendor, name)): Path<(String, String)>) -> ApiResult<SentWebhook> {
    let case = Case::find(&state.events, vendor_of(&vendor)?, &name)?;
    post(&state, case.vendor, case.webhook()?).await
}

/// `POST /api/webhooks/{number}/send`: sends the same body again with a new proof, like a vendor's retry.
pub async fn send_again(Of(state): Of<State>, Path(number): Path<u64>) -> ApiResult<SentWebhook> {
    let entry = entry(&state, number)?;
    load_vendor_files(&state);
    post(&state, vendor_of(&entry.vendor)?, entry.webhook.clone()).await
}

/// `POST /api/send`: sends a draft.
pub async fn send(Of(state): Of<State>, Json(draft): Json<Draft>) -> ApiResult<SentWebhook> {
    let Draft { vendor, account, headers, query, body } = draft;
    let own = |pairs: Vec<(String, String)>| pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
    let account = account.filter(|account| !account.is_empty());
    let webhook =
        Webhook { body: body.into_bytes(), headers: own(headers), query: own(query), account, ..Webhook::default() };
    post(&state, vendor_of(&vendor)?, webhook).await
}

/// Posts a webhook with a fresh proof through the same proxy as any other.
async fn post(state: &State, vendor: &'static Vendor, webhook: Webhook) -> ApiResult<SentWebhook> {
    let base_url = state.addresses().and_then(|addresses| addresses.console_url).unwrap_or_default();
    let Webhook { body, headers, query, account, .. } =
        webhook.proven_at(&base_url, vendor, state.now()).with_content_type();
    let mut path = format!("/webhooks/{}", vendor.name);
    if let Some(account) = account {
        path = format!("{path}/{}", utf8_percent_encode(&account, NON_ALPHANUMERIC));
    }
    if !query.is_empty() {
        path = format!("{path}?{}", Serializer::new(String::new()).extend_pairs(&query).finish());
    }
    let wrong = |error: &dyn std::error::Error| Failed(StatusCode::BAD_REQUEST, error.to_string());
    let mut all = HeaderMap::new();
    for (name, value) in &headers {
        let name = HeaderName::try_from(&**name).map_err(|error| wrong(&error))?;
        all.insert(name, HeaderValue::try_from(&**value).map_err(|error| wrong(&error))?);
    }
    let request = Request::builder().method(Method::POST).uri(path).body(()).map_err(|error| wrong(&error))?;
    let (mut parts, ()) = request.into_parts();
    parts.headers = all;
    match proxy::webhook(state, parts, Bytes::from(body)).await {
        (_, Some(number)) => Ok(Json(SentWebhook { number })),
        (reply, None) => Err(Failed(reply.status, String::from_utf8_lossy(&reply.body).into_owned())),
    }
}

fn entry(state: &State, number: u64) -> Result<Shared, Failed> {
    state.store.entry(number).ok_or_else(|| missing("the webhook"))
}

/// Loads the vendor files that have changed. One with a fault keeps its last vendor, as in the local stack.
fn load_vendor_files(state: &State) {
    let _ = vendor_files::load(&vendor_files::beside(&state.events));
}

fn vendor_of(name: &str) -> Result<&'static Vendor, Failed> {
    crm::find(name).ok_or_else(|| missing("the vendor"))
}
