//! HTTP to AWS with the SDK's own client, for a process that Lambda freezes between webhooks.
//!
//! The SDK's client keeps its connection open for the next request. While the process is frozen, that connection can be
//! closed, reset or forgotten by the network, and only the wall clock advances. The client notices only a close.
//! [`Reconnect`] therefore drops each connection that was idle for too long, and immediately sends a request again if a
//! reused connection turns out to be dead. Neither uses up one of the SDK's attempts and the pause after it.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::config::http::{HttpRequest, HttpResponse};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::result::ConnectorError;

/// An idle connection older than this is not used again.
const MAX_IDLE: Duration = Duration::from_secs(20);
/// Maximum wait for the response on a reused connection, before the request is sent again on a new one. SQS usually
/// answers within 15 ms.
const MAX_WAIT_REUSED: Duration = Duration::from_millis(350);

/// The SDK's HTTP client with TLS by ring, which starts faster than aws-lc.
pub(crate) fn connector() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build())
}

/// A connector to one AWS service that checks idle connections before it uses them.
///
/// A request may reach the service twice, as with the SDK's own retries.
#[derive(Clone)]
pub(crate) struct Reconnect {
    connector: SharedHttpConnector,
    /// As many as there were concurrent requests.
    idle: Arc<Mutex<Vec<Idle>>>,
    /// The wall clock.
    now: fn() -> SystemTime,
}

/// A connection that a response came on.
struct Idle {
    connection: ConnectionMetadata,
    since: SystemTime,
}

impl Reconnect {
    pub(crate) fn new(connector: SharedHttpConnector) -> Self {
        Self::with_clock(connector, SystemTime::now)
    }

    fn with_clock(connector: SharedHttpConnector, now: fn() -> SystemTime) -> Self {
        Self { connector, idle: Arc::default(), now }
    }

    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        // The SDK adds one to each request, to drop the connection after a transient error.
        let capture = request.extension::<CaptureSmithyConnection>().cloned().unwrap_or_default();
        request.add_extension(capture.clone());
        if let Some(idle) = self.claim_idle() {
            if let Some(mut copy) = request.try_clone() {
                copy.add_extension(capture.clone());
                match tokio::time::timeout(MAX_WAIT_REUSED, self.send_once(copy, &capture)).await {
                    Ok(Ok(response)) => {
                        // It may have come on another connection.
                        self.keep(idle);
                        return Ok(response);
                    }
                    Ok(Err(error)) if error.is_user() => return Err(error),
                    Ok(Err(_)) | Err(_) => {}
                }
            }
            idle.connection.poison();
            if let Some(connection) = capture.get() {
                connection.poison();
            }
        }
        self.send_once(request, &capture).await
    }

    /// Takes an idle connection that may be used again. One that was idle for too long is dropped.
    fn claim_idle(&self) -> Option<Idle> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back says nothing about the connection's age.
        let is_fresh = |idle: &Idle| (self.now)().duration_since(idle.since).is_ok_and(|age| age < MAX_IDLE);
        idle.retain(|idle| {
            let is_fresh = is_fresh(idle);
            if !is_fresh {
                idle.connection.poison();
            }
            is_fresh
        });
        idle.pop()
    }

    /// Remembers an idle connection, unless it is there already.
    fn keep(&self, connection: Idle) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.iter().all(|other| other.connection.local_addr() != connection.connection.local_addr()) {
            idle.push(connection);
        }
    }

    async fn send_once(
        &self,
        request: HttpRequest,
        capture: &CaptureSmithyConnection,
    ) -> Result<HttpResponse, ConnectorError> {
        let response = self.connector.call(request).await?;
        if let Some(connection) = capture.get() {
            self.keep(Idle { connection, since: (self.now)() });
        }
        Ok(response)
    }
}

impl HttpConnector for Reconnect {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.send(request).await })
    }
}

impl fmt::Debug for Reconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reconnect(..)")
    }
}

/// An error and its causes, for the log. The SDK's own `Display` would add the whole response.
pub(crate) fn error_chain(error: &dyn Error) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::{
        ConnectorError, HttpConnector, HttpConnectorFuture, HttpRequest, MAX_IDLE, Reconnect, SharedHttpConnector,
        connector,
    };
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
    use std::time::{Duration, SystemTime};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    static SECONDS: AtomicU64 = AtomicU64::new(0);

    /// A wall clock that the test sets.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(SECONDS.load(Ordering::Relaxed))).unwrap()
    }

    /// Only the wall clock shows that the process was frozen.
    #[tokio::test]
    async fn a_connection_that_was_idle_for_too_long_is_not_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let reconnect = Reconnect::with_clock(connector(), now);
        let answer_all = async {
            let mut connections = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                connections.push(tokio::spawn(async move {
                    while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                    }
                }));
                if connections.len() == 4 {
                    return;
                }
            }
        };
        let ask_all = async {
            // The times of the requests; `true` if the request must use a new connection.
            for (seconds, is_new) in [(100, true), (110, false), (129, false), (149, true), (90, true), (200, true)] {
                SECONDS.store(seconds, Ordering::Relaxed);
                let before = reconnect.local_port();
                let response = reconnect.call(HttpRequest::get(&url).unwrap()).await.unwrap();
                assert_eq!(response.status().as_u16(), 200);
                assert_eq!(reconnect.local_port() != before, is_new, "at {seconds} s");
            }
        };
        tokio::join!(answer_all, ask_all);
        assert_eq!(MAX_IDLE, Duration::from_secs(20));
    }

    /// Refuses each request but the first as one that cannot be sent. Counts them.
    #[derive(Clone, Debug)]
    struct Once(SharedHttpConnector, Arc<AtomicUsize>);

    impl HttpConnector for Once {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            match self.1.fetch_add(1, Ordering::Relaxed) {
                0 => self.0.call(request),
                _ => HttpConnectorFuture::ready(Err(ConnectorError::user("no URL".into()))),
            }
        }
    }

    /// Such a request fails on a new connection too, and says nothing about this one.
    #[tokio::test]
    async fn a_request_that_cannot_be_sent_is_not_sent_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let count = Arc::<AtomicUsize>::default();
        let once = SharedHttpConnector::new(Once(connector(), count.clone()));
        let reconnect = Reconnect::with_clock(once, || SystemTime::UNIX_EPOCH);
        let answer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream
        };
        let ask = || reconnect.call(HttpRequest::get(&url).unwrap());
        let (_stream, first) = tokio::join!(answer, ask());
        assert_eq!(first.unwrap().status().as_u16(), 200);
        assert!(ask().await.unwrap_err().is_user());
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    impl Reconnect {
        fn local_port(&self) -> Option<u16> {
            self.idle.lock().unwrap().first()?.connection.local_addr().map(|address| address.port())
        }
    }
}
