//! The console: a page on this machine that shows each webhook of the local stack as it arrives.
//!
//! It is a proxy in two places. It serves `/webhooks/...` and forwards it to the stack's API, so it sees the webhooks
//! and their responses. The functions also use it as their AWS endpoint: it forwards their calls to the emulator, so it
//! sees the messages and SQS's answers. It changes neither.

mod api;
mod guard;
mod lines;
mod origin;
mod proxy;
mod store;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, Request, State as Of};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::net::TcpListener;

pub use origin::unused;
use proxy::Forward;
use store::Store;

/// Settings of the console.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The port on loopback.
    pub port: u16,
    /// URL of the emulator.
    pub emulator: String,
    /// The stack file, which exists once the stack is up.
    pub stack: PathBuf,
    /// The folder of the cases.
    pub events: PathBuf,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// The part of the stack file that the console needs.
#[derive(Debug, Deserialize)]
struct Addresses {
    /// Base URL of the local stack's API.
    base_url: Option<String>,
    /// Base URL of the console, to which senders post.
    console_url: Option<String>,
    queue_url: String,
    quarantine_queue_url: String,
}

type State = Arc<Inner>;

struct Inner {
    store: Store,
    forward: Forward,
    emulator: String,
    stack_file: PathBuf,
    events: PathBuf,
    clock: fn() -> Timestamp,
}

impl Inner {
    /// The stack's addresses, once it is up. They are read each time, because the stack may be restarted with others.
    fn addresses(&self) -> Option<Addresses> {
        serde_json::from_slice(&fs::read(&self.stack_file).ok()?).ok()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// Serves until the process is stopped.
///
/// # Errors
/// If the port is in use.
pub async fn serve(settings: Settings) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    axum::serve(listener, router(settings)).await?;
    Ok(())
}

fn router(settings: Settings) -> Router {
    let Settings { emulator, stack, events, now, .. } = settings;
    let (store, forward) = (Store::default(), Forward::default());
    let state: State = Arc::new(Inner { store, forward, emulator, stack_file: stack, events, clock: now });
    Router::new()
        .route("/", get(|| async { page("text/html", include_str!("../page/index.html")) }))
        .route("/style.css", get(|| async { page("text/css", include_str!("../page/style.css")) }))
        .route("/app.js", get(|| async { page("text/javascript", include_str!("../page/app.js")) }))
        .route("/detail.js", get(|| async { page("text/javascript", include_str!("../page/detail.js")) }))
        .route("/dom.js", get(|| async { page("text/javascript", include_str!("../page/dom.js")) }))
        .route("/api/webhooks", get(api::list))
        .route("/api/webhooks/{number}", get(api::detail))
        .route("/api/webhooks/{number}/origins", get(api::origins))
        .route("/api/webhooks/{number}/draft", get(api::draft))
        .route("/api/webhooks/{number}/send", post(api::send_again))
        .route("/api/news", get(api::news))
        .route("/api/cases", get(api::cases))
        .route("/api/cases/{vendor}/{name}", get(api::case))
        .route("/api/cases/{vendor}/{name}/send", post(api::send_case))
        .route("/api/send", post(api::send))
        .route("/webhooks/{*path}", any(webhook))
        // A body as JSON text may be twice as long.
        .layer(DefaultBodyLimit::max(proxy::MAX_BODY_BYTES.saturating_mul(2)))
        .layer(middleware::from_fn_with_state(state.clone(), aws_first))
        .fallback(aws)
        .layer(middleware::from_fn(guard::only_from_here))
        .with_state(state)
}

fn page(content_type: &'static str, text: &'static str) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                          img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, format!("{content_type}; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}

async fn webhook(Of(state): Of<State>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, proxy::MAX_BODY_BYTES).await {
        Ok(body) => proxy::webhook(&state, parts, body).await.0.into_response(),
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// Sends requests that are signed for AWS to the emulator, regardless of their path, because a bucket may have the name
/// of a route.
async fn aws_first(Of(state): Of<State>, request: Request, next: middleware::Next) -> Response {
    if is_for_aws(&request) { aws(Of(state), request).await } else { next.run(request).await }
}

async fn aws(Of(state): Of<State>, request: Request) -> Response {
    if !is_for_aws(&request) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, proxy::MAX_BODY_BYTES).await {
        Ok(body) => proxy::aws(&state, parts, body).await.into_response(),
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// True if the request is signed by an AWS SDK:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html>.
fn is_for_aws(request: &Request) -> bool {
    let authorization = request.headers().get(header::AUTHORIZATION);
    authorization.is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "))
}
