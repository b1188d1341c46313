//! The cluster's own authority, and the API server's certificate by it.

use std::sync::Arc;

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// How long a line of a certificate's text is.
const LINE: usize = 64;

/// What clients trust, and what proves to them who the server is.
pub struct Certificates {
    /// The authority's certificate, as text.
    pub authority: String,
    /// How connections become private.
    pub acceptor: TlsAcceptor,
}

/// Makes an authority, and a server that it vouches for.
pub fn make() -> Result<Certificates, Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    authority.distinguished_name.push(DnType::CommonName, "kubernetes");
    let key = KeyPair::generate()?;
    let certificate = authority.self_signed(&key)?;
    let issuer = Issuer::new(authority, key);
    let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc"];
    let mut server = CertificateParams::new(names.map(str::to_owned).to_vec())?;
    server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    server.use_authority_key_identifier_extension = true;
    let server_key = KeyPair::generate()?;
    let server = server.signed_by(&server_key, &issuer)?;
    let private = PrivateKeyDer::Pkcs8(server_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], private)?;
    Ok(Certificates { authority: text(certificate.der()), acceptor: TlsAcceptor::from(Arc::new(config)) })
}

/// A certificate as text (RFC 7468).
fn text(der: &[u8]) -> String {
    let encoded = BASE64.encode(der);
    let lines = encoded.as_bytes().chunks(LINE).map(|line| String::from_utf8_lossy(line).into_owned());
    let body: Vec<String> = lines.collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", body.join("\n"))
}
