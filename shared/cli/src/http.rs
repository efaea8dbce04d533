//! Requests to public servers, with TLS and this machine's trust store.

use std::time::Duration;

use anyhow::Context;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// A client that accepts every status as a response. It follows no redirects, so that a proof or token reaches only its
/// receiver.
///
/// # Errors
/// If this machine has no trust store.
pub fn agent(timeout: Duration) -> anyhow::Result<ureq::Agent> {
    let found = rustls_native_certs::load_native_certs();
    let error = found.errors.first().map(ToString::to_string).unwrap_or_default();
    anyhow::ensure!(!found.certs.is_empty(), "this machine has no trust store; set SSL_CERT_FILE to one. {error}");
    let roots: Vec<_> = found.certs.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(rustls::crypto::ring::default_provider().into())
        .build();
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(timeout))
        .tls_config(tls)
        .user_agent(concat!("crm-events/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.into())
}

/// The response of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Reply {
    /// Reads a response.
    ///
    /// # Errors
    /// If the connection closes before its end.
    pub fn read(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<Self> {
        let body =
            response.body_mut().read_to_string().context("the connection closed before the end of the response")?;
        Ok(Self { status: response.status().as_u16(), body })
    }
}
