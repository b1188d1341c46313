//! Mail through protected connections: real handshakes, with certificates made for the moment.

use std::sync::Arc;

use crate::support::smtp_server::{Protection, SmtpServer};
use crate::support::world::World;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use regatta_mail::{OutboxWorker, Roots, Transport};
use regatta_store::outbox::MailKind;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const OWED: (u32, u32, u32) = (1, 0, 0);
const SETTLED: (u32, u32, u32) = (0, 0, 0);

/// A server's side of TLS under this name, and the certificate that vouches for it.
fn certified(name: &str) -> (TlsAcceptor, Roots) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), Roots::Only(cert.der().to_vec()))
}

/// One mail, one attempt by a worker with these roots: where the mail stands then.
async fn attempt(url: &str, roots: Roots) -> (u32, u32, u32) {
    let world = World::new().await;
    let transport = Transport::open_trusting(&url.parse().unwrap(), roots).unwrap();
    let worker = OutboxWorker { transport, ..world.worker(url) };
    world.owe(MailKind::Confirmed).await;
    assert_eq!(world.deliver(&worker).await, 1);
    world.standing().await
}

fn tls_url(server: &SmtpServer) -> String {
    format!("smtps://portal:secret@{}", server.address())
}

fn starttls_url(server: &SmtpServer) -> String {
    format!("{}?tls=required", server.url_for("portal:secret"))
}

#[tokio::test]
async fn over_tls_the_mail_arrives() {
    let (acceptor, roots) = certified("127.0.0.1");
    let server = SmtpServer::start_protected([], Protection::Tls(acceptor)).await;
    assert_eq!(attempt(&tls_url(&server), roots).await, SETTLED);
    assert_eq!(server.received().len(), 1);
    assert_eq!(server.commands(), ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn with_starttls_nothing_is_told_before_the_connection_is_protected() {
    let (acceptor, roots) = certified("127.0.0.1");
    let server = SmtpServer::start_protected([], Protection::StartTls(acceptor)).await;
    assert_eq!(attempt(&starttls_url(&server), roots).await, SETTLED);
    assert_eq!(server.received().len(), 1);
    assert_eq!(server.commands(), ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn a_server_for_which_nobody_vouches_gets_neither_password_nor_mail() {
    let (stranger, _) = certified("127.0.0.1");
    let (_, somebody_else) = certified("127.0.0.1");
    for roots in [Roots::Public, somebody_else] {
        let server = SmtpServer::start_protected([], Protection::Tls(stranger.clone())).await;
        assert_eq!(attempt(&tls_url(&server), roots.clone()).await, OWED);
        assert_eq!((server.connections(), server.commands()), (1, Vec::new()));
        let server = SmtpServer::start_protected([], Protection::StartTls(stranger.clone())).await;
        assert_eq!(attempt(&starttls_url(&server), roots).await, OWED);
        assert_eq!(server.commands(), ["EHLO", "STARTTLS"]);
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (acceptor, roots) = certified("mail.example.org");
    let server = SmtpServer::start_protected([], Protection::Tls(acceptor)).await;
    assert_eq!(attempt(&tls_url(&server), roots).await, OWED);
    assert_eq!((server.connections(), server.commands()), (1, Vec::new()));
}
