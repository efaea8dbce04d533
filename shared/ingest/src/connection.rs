//! The way to AWS: HTTP/1.1, on one connection that stays open.
//!
//! A Lambda process has one webhook at a time, and so one request under way. Nothing of the SDK's own HTTP client, its
//! pool, proxies and HTTP/2, which SQS does not speak, would be used; they are a sixth of a function's size. This is
//! hyper's connection and rustls' TLS, as there, without what stands between them and the SDK.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_sdk_sqs::config::SharedHttpClient;
use aws_sdk_sqs::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::rt::{Read, Write};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Why there is no connection, or no answer on it.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the request's URL is not one of HTTP")]
    Url,
    #[error("no connection within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the system's trust store has no certificate: set SSL_CERT_FILE")]
    NoRoots,
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

impl From<Error> for ConnectorError {
    fn from(error: Error) -> Self {
        match error {
            Error::Url => Self::user(error.into()),
            Error::TimedOut(_) => Self::timeout(error.into()),
            Error::Http(hyper) if hyper.is_user() => Self::user(hyper.into()),
            // The SDK tries these again.
            Error::NoRoots | Error::Io(_) | Error::Tls(_) | Error::Http(_) => Self::io(error.into()),
        }
    }
}

/// An HTTP client for the SDK with connections of its own.
pub(crate) fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(Connections::default())
}

/// The open connections, one to SQS and perhaps one to S3.
#[derive(Clone, Default)]
struct Connections(Arc<Shared>);

#[derive(Default)]
struct Shared {
    idle: Mutex<Vec<(Origin, SendRequest<SdkBody>)>>,
    /// Made once it is needed: there is no TLS to a local stack.
    tls: OnceLock<TlsConnector>,
}

#[derive(Clone, PartialEq, Eq)]
struct Origin {
    scheme: Scheme,
    authority: Authority,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connections(..)")
    }
}

impl HttpClient for Connections {
    /// Of the settings, the time-out of connecting counts: that of reading is the attempt's.
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { connections: self.clone(), timeout: settings.connect_timeout() })
    }
}

#[derive(Clone, Debug)]
struct Connector {
    connections: Connections,
    timeout: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let response = connector.answer(request).await?.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

impl Connector {
    async fn answer(&self, mut request: Request<SdkBody>) -> Result<Response<hyper::body::Incoming>, Error> {
        let origin = to_origin_form(&mut request)?;
        // One that was left open may be closed by now. A request that was not sent on it comes back.
        while let Some(mut connection) = self.connections.take(&origin).await {
            match connection.try_send_request(request).await {
                Ok(response) => {
                    self.connections.keep(origin, connection);
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut connection = self.connect(&origin).await?;
        let response = connection.send_request(request).await?;
        self.connections.keep(origin, connection);
        Ok(response)
    }

    async fn connect(&self, origin: &Origin) -> Result<SendRequest<SdkBody>, Error> {
        let connecting = self.connections.connect(origin);
        match self.timeout {
            Some(timeout) => tokio::time::timeout(timeout, connecting).await.unwrap_or(Err(Error::TimedOut(timeout))),
            None => connecting.await,
        }
    }
}

impl Connections {
    /// An open connection. It is ready once the body of the answer before has been read, which the SDK has done when it
    /// sends the next request.
    async fn take(&self, origin: &Origin) -> Option<SendRequest<SdkBody>> {
        loop {
            let mut connection = {
                let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
                let at = idle.iter().position(|(to, _)| to == origin)?;
                idle.swap_remove(at).1
            };
            if connection.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn keep(&self, origin: Origin, connection: SendRequest<SdkBody>) {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push((origin, connection));
    }

    async fn connect(&self, origin: &Origin) -> Result<SendRequest<SdkBody>, Error> {
        let host = origin.authority.host();
        let is_https = origin.scheme == Scheme::HTTPS;
        let port = origin.authority.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        stream.set_nodelay(true)?;
        if !is_https {
            return open(TokioIo::new(stream)).await;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Error::Url)?;
        open(TokioIo::new(self.tls()?.connect(name, stream).await?)).await
    }

    fn tls(&self) -> Result<&TlsConnector, Error> {
        if let Some(tls) = self.0.tls.get() {
            return Ok(tls);
        }
        let tls = TlsConnector::from(Arc::new(tls_config()?));
        Ok(self.0.tls.get_or_init(|| tls))
    }
}

/// TLS by ring: it starts in a millisecond, without the entropy pass that aws-lc makes.
fn tls_config() -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(Error::NoRoots);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    Ok(config.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}

async fn open(stream: impl Read + Write + Send + Unpin + 'static) -> Result<SendRequest<SdkBody>, Error> {
    let (sender, connection) = handshake(stream).await?;
    // What goes wrong on it is told to who waits for an answer.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// Leaves the path in the request's URL and puts the host into its header, as HTTP/1.1 has it, and as it was signed.
fn to_origin_form(request: &mut Request<SdkBody>) -> Result<Origin, Error> {
    let parts = std::mem::take(request.uri_mut()).into_parts();
    let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else { return Err(Error::Url) };
    *request.uri_mut() = Uri::from(parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/")));
    if !request.headers().contains_key(HOST) {
        let is_default = match authority.port_u16() {
            Some(port) => port == if scheme == Scheme::HTTPS { 443 } else { 80 },
            None => true,
        };
        let host = if is_default { authority.host() } else { authority.as_str() };
        request.headers_mut().insert(HOST, HeaderValue::from_str(host).map_err(|_| Error::Url)?);
    }
    Ok(Origin { scheme, authority })
}
