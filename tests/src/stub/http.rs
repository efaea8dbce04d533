//! The HTTP/1.1 server under every stub.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A request with its whole body.
pub type Request = hyper::Request<Bytes>;
/// A response with its whole body.
pub type Response = hyper::Response<Full<Bytes>>;

/// The answer to a request.
#[derive(Debug)]
pub enum Answer {
    Response(Response),
    /// The connection is closed without a response.
    Cut,
}

/// A server's behaviour. To never answer, it returns a future that never completes.
pub trait Service: Send + Sync + 'static {
    fn answer(&self, request: Request) -> impl Future<Output = Answer> + Send;
}

impl<S: Service> Service for Arc<S> {
    fn answer(&self, request: Request) -> impl Future<Output = Answer> + Send {
        S::answer(self, request)
    }
}

/// A response with a status, a content type and a body.
pub fn response(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = hyper::header::HeaderValue::from_str(content_type) {
        response.headers_mut().insert(hyper::header::CONTENT_TYPE, value);
    }
    response
}

/// A running server on a free loopback port. Dropping it ends the server and its connections.
pub struct Server {
    address: SocketAddr,
    https: bool,
    connections: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

impl Server {
    /// Serves until dropped.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(service: impl Service) -> anyhow::Result<Self> {
        Self::start_with(service, None).await
    }

    /// Serves TLS until dropped; the certificate is for `localhost`.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start_tls(service: impl Service, tls: TlsAcceptor) -> anyhow::Result<Self> {
        Self::start_with(service, Some(tls)).await
    }

    async fn start_with(service: impl Service, tls: Option<TlsAcceptor>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let https = tls.is_some();
        let connections = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(accept(listener, tls, Arc::new(service), connections.clone()));
        Ok(Self { address, https, connections, task })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of accepted connections.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// The base URL, without a trailing slash.
    pub fn url(&self) -> String {
        if self.https {
            format!("https://localhost:{}", self.address.port())
        } else {
            format!("http://{}", self.address)
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept<S: Service>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    service: Arc<S>,
    connections_so_far: Arc<AtomicU64>,
) {
    // Aborted with the server.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else { continue };
        connections_so_far.fetch_add(1, Ordering::Relaxed);
        // Otherwise a response waits 40 ms for the acknowledgement of the previous one.
        let _ = stream.set_nodelay(true);
        let (service, tls) = (service.clone(), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve(stream, service).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, service).await;
                    }
                }
            }
        });
    }
}

async fn serve<S: Service>(stream: impl AsyncRead + AsyncWrite + Unpin, service: Arc<S>) {
    let answer = service_fn(async |request: hyper::Request<Incoming>| {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        match service.answer(Request::from_parts(parts, body)).await {
            Answer::Response(response) => Ok(response),
            Answer::Cut => Err(Cut),
        }
    });
    // The client may disconnect at any time, and `Cut` ends the connection with an error on purpose.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

/// The error that makes hyper close a connection.
#[derive(Debug, thiserror::Error)]
#[error("cut")]
struct Cut;
