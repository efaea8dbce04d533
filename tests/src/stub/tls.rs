//! A test certificate authority for stubs with TLS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// A TLS server for `localhost`, and the certificate that a client must trust.
pub struct Tls {
    pub acceptor: TlsAcceptor,
    /// The certificate as PEM. Append it to a copy of a trust store, and name that file in the function's
    /// `SSL_CERT_FILE`.
    pub authority: String,
}

/// Creates an authority and a certificate issued by it.
///
/// # Errors
/// If the keys cannot be made.
pub fn for_localhost() -> anyhow::Result<Tls> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // By default all certificates have one name, and OpenSSL treats a certificate with its authority's name as
    // self-signed.
    authority.distinguished_name.push(DnType::CommonName, "crm-events stubs");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), authority: authority.pem() })
}
