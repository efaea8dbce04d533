//! Access control: only this machine's browser may use the page, at the page's own address.
//!
//! The port is on loopback, but any web page can make a browser send requests there. With a host name that resolves to
//! 127.0.0.1 (DNS rebinding), it could also read the responses. A request from such a page has a foreign `Origin` or
//! `Host`.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses requests from elsewhere. A webhook may have any `Host`, because a tunnel from a real CRM has its own, and a
/// webhook proves its origin itself.
pub async fn only_from_here(request: Request, next: Next) -> Response {
    // A call of AWS goes to the emulator whatever its path. Through a tunnel it would give strangers the emulator.
    let is_webhook = request.uri().path().starts_with("/webhooks/") && !crate::is_for_aws(&request);
    let host = text(request.headers(), header::HOST);
    let origin = text(request.headers(), header::ORIGIN);
    let same_origin = origin.is_none() || (origin == host.map(|host| format!("http://{host}")).as_deref());
    let from_here = same_origin && (is_webhook || host.is_some_and(is_loopback));
    if from_here {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "only from this machine\n").into_response()
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// `*.localhost` is this machine too ([RFC 6761, section 6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)): the
/// emulator uses such names for buckets.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "[::1]", "localhost"].contains(&name) || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_is_loopback() {
        for host in ["127.0.0.1", "127.0.0.1:4580", "localhost:4580", "[::1]:4580", "bucket.localhost:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "evil.example", "evil.example:4580", "127.0.0.1.evil.example", "localhost.evil.example:1"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
