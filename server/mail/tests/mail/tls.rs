//! Mail through protected connections: real handshakes, with certificates made for the moment.

use std::sync::Arc;

use crate::support::smtp_server::{Protection, SmtpServer};
use crate::support::world::World;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use regatta_mail::{OutboxWorker, Roots};
use regatta_store::outbox::{MailState, StoredMail};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server's side of TLS under this name, and the certificate that vouches for it.
fn certified(name: &str) -> (TlsAcceptor, Roots) {
    certified_until(name, 4000)
}

/// The same, with a certificate that ended with this year.
fn certified_until(name: &str, year: i32) -> (TlsAcceptor, Roots) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(year, 12, 31);
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), Roots::Only(cert.der().to_vec()))
}

/// One mail, one attempt by a worker with these roots: the mail after it.
async fn attempt(url: &str, roots: Roots) -> StoredMail {
    let world = World::new().await;
    let worker = OutboxWorker::new(world.parts_trusting(url, roots));
    let id = world.owe().await;
    assert_eq!(world.deliver(&worker).await, 1);
    world.mail(&id).await
}

/// That nothing is sent, the mail is still owed, and the server heard no more than this.
async fn refuses(url: &str, roots: Roots, server: &SmtpServer, heard: &[&str]) {
    let mail = attempt(url, roots).await;
    assert_eq!(mail.state, MailState::Retrying, "{:?}", mail.why);
    assert_eq!(server.commands(), heard, "{:?}", mail.why);
    assert_eq!(server.received(), []);
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
    assert_eq!(attempt(&tls_url(&server), roots).await.state, MailState::Sent);
    assert_eq!(server.received().len(), 1);
    assert_eq!(server.commands(), ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn with_starttls_nothing_is_told_before_the_connection_is_protected() {
    let (acceptor, roots) = certified("127.0.0.1");
    let server = SmtpServer::start_protected([], Protection::StartTls(acceptor)).await;
    assert_eq!(attempt(&starttls_url(&server), roots).await.state, MailState::Sent);
    assert_eq!(server.received().len(), 1);
    assert_eq!(server.commands(), ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn where_protection_is_only_wished_for_it_is_used_if_there_is_any() {
    let (acceptor, roots) = certified("127.0.0.1");
    let server = SmtpServer::start_protected([], Protection::StartTls(acceptor)).await;
    let url = format!("{}?tls=opportunistic", server.url());
    assert_eq!(attempt(&url, roots.clone()).await.state, MailState::Sent);
    assert_eq!(server.commands(), ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA"]);

    let server = SmtpServer::start([]).await;
    let url = format!("{}?tls=opportunistic", server.url());
    assert_eq!(attempt(&url, roots).await.state, MailState::Sent);
    assert_eq!(server.commands(), ["EHLO", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test]
async fn a_server_for_which_nobody_vouches_gets_neither_password_nor_mail() {
    let (stranger, _) = certified("127.0.0.1");
    let (_, somebody_else) = certified("127.0.0.1");
    for roots in [Roots::Public, somebody_else] {
        let server = SmtpServer::start_protected([], Protection::Tls(stranger.clone())).await;
        refuses(&tls_url(&server), roots.clone(), &server, &[]).await;
        let server = SmtpServer::start_protected([], Protection::StartTls(stranger.clone())).await;
        refuses(&starttls_url(&server), roots, &server, &["EHLO", "STARTTLS"]).await;
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_or_out_of_date_is_refused() {
    for (acceptor, roots) in [certified("mail.example.org"), certified_until("127.0.0.1", 2020)] {
        let server = SmtpServer::start_protected([], Protection::Tls(acceptor.clone())).await;
        refuses(&tls_url(&server), roots.clone(), &server, &[]).await;
        let server = SmtpServer::start_protected([], Protection::StartTls(acceptor)).await;
        refuses(&starttls_url(&server), roots, &server, &["EHLO", "STARTTLS"]).await;
    }
}

#[tokio::test]
async fn a_handshake_that_breaks_costs_no_mail() {
    let server = SmtpServer::start_protected([], Protection::Nonsense).await;
    refuses(&tls_url(&server), Roots::Public, &server, &[]).await;
    assert_eq!(server.connections(), 1);
}
