//! Mail over SMTP (RFC 5321).
//!
//! The dialogue is led step by step, because what a broken connection means depends on the step: before the text is
//! handed over nothing was delivered and the mail can be sent again; after it, nobody knows.

use std::future::Future;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::sync::Mutex;

use super::error::{SendError, TransportError};
use super::url::{Login, Security, SmtpUrl};
use crate::mime::Outgoing;

/// How long the server may take for each step before the text (RFC 5321 section 4.5.3.2 asks for 5 minutes, which would
/// hold up everyone behind a server that is stuck).
const STEP_PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take to answer the text: giving up early leaves a mail of which nobody knows whether it arrived (RFC
/// 5321 section 4.5.3.2.6).
const TEXT_PATIENCE: Duration = Duration::from_mins(10);
/// How long a goodbye may take.
const QUIT_PATIENCE: Duration = Duration::from_secs(5);

/// A client of one SMTP server. Keeps its connection from one mail to the next until it may [`rest`](Self::rest).
pub struct Smtp {
    url: SmtpUrl,
    tls: Option<TlsParameters>,
    connection: Mutex<Option<AsyncSmtpConnection>>,
}

/// Who may vouch for a server's certificate. Whoever does, it is checked, and so is the server's name in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The authorities that browsers trust.
    Public,
    /// This certificate (X.509, in DER) and nobody else.
    Only(Vec<u8>),
}

/// Where the dialogue stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Greeting, TLS, login, sender: a refusal is about this portal's configuration, which someone can correct, and the
    /// mail must still be there then.
    Ourselves,
    /// The recipient and the announcement of the text: a refusal is about this mail.
    Recipient,
    /// The text and its answer.
    Text,
}

impl Smtp {
    pub(super) fn new(url: SmtpUrl, roots: Roots) -> Result<Self, TransportError> {
        let tls = match url.security {
            Security::Plain => None,
            _ => Some(tls(url.host.clone(), roots).map_err(TransportError::Tls)?),
        };
        Ok(Self { url, tls, connection: Mutex::new(None) })
    }

    pub(super) async fn send(&self, mail: &Outgoing) -> Result<(), SendError> {
        let mut kept = self.connection.lock().await;
        let mut connection = match usable(kept.take()).await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let result = hand_over(&mut connection, mail).await;
        match result {
            Ok(()) => *kept = Some(connection),
            Err(_) => quit(connection).await,
        }
        result
    }

    pub(super) async fn rest(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            quit(connection).await;
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let hello = ClientId::default();
        let server = (self.url.host.as_str(), self.url.port);
        let tls_at_once = self.tls.clone().filter(|_| self.url.security == Security::Tls);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(STEP_PATIENCE), &hello, tls_at_once, None);
        let mut connection = patiently(Step::Ourselves, connecting).await?;
        self.protect(&mut connection, &hello).await?;
        if let Some(Login { user, password }) = &self.url.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            patiently(Step::Ourselves, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        }
        Ok(connection)
    }

    async fn protect(&self, connection: &mut AsyncSmtpConnection, hello: &ClientId) -> Result<(), SendError> {
        let Some(tls) = self.tls.clone().filter(|_| self.url.security != Security::Tls) else {
            return Ok(());
        };
        if connection.can_starttls() {
            return patiently(Step::Ourselves, connection.starttls(tls, hello)).await;
        }
        match self.url.security {
            Security::RequiredStartTls => {
                Err(SendError::Temporary("the server offers no STARTTLS".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

fn tls(host: String, roots: Roots) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let parameters = TlsParameters::builder(host);
    let parameters = match roots {
        Roots::Public => parameters.certificate_store(CertificateStore::Default),
        Roots::Only(root) => parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_der(root)?),
    };
    parameters.build()
}

/// The connection, where the server is still there.
async fn usable(kept: Option<AsyncSmtpConnection>) -> Option<AsyncSmtpConnection> {
    let mut connection = kept?;
    let alive = tokio::time::timeout(STEP_PATIENCE, connection.test_connected()).await;
    alive.is_ok_and(|alive| alive).then_some(connection)
}

async fn quit(mut connection: AsyncSmtpConnection) {
    // Whether the goodbye was heard changes nothing.
    let _ = tokio::time::timeout(QUIT_PATIENCE, connection.abort()).await;
}

async fn hand_over(connection: &mut AsyncSmtpConnection, mail: &Outgoing) -> Result<(), SendError> {
    let from = mail.envelope.from().cloned();
    patiently(Step::Ourselves, connection.command(Mail::new(from, Vec::new()))).await?;
    for to in mail.envelope.to() {
        patiently(Step::Recipient, connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
    }
    patiently(Step::Recipient, connection.command(Data)).await?;
    // The end of the text brings its own line break.
    let text = mail.bytes.strip_suffix(b"\r\n").unwrap_or(&mail.bytes);
    let _taken: Response = patiently(Step::Text, connection.message(text)).await?;
    Ok(())
}

async fn patiently<T>(
    step: Step,
    dialogue: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<T, SendError> {
    let patience = if step == Step::Text { TEXT_PATIENCE } else { STEP_PATIENCE };
    match tokio::time::timeout(patience, dialogue).await {
        Ok(outcome) => outcome.map_err(|error| meaning(step, &error)),
        Err(_) if step == Step::Text => Err(SendError::Unanswered(format!("silence for {patience:?}"))),
        Err(_) => Err(SendError::Temporary(format!("silence for {patience:?}"))),
    }
}

/// What an error means at this step. An answer is an answer at any step; only a broken dialogue is not one.
fn meaning(step: Step, error: &lettre::transport::smtp::Error) -> SendError {
    let words = error.to_string();
    match error.status() {
        Some(_) if error.is_permanent() && step != Step::Ourselves => SendError::Refused(words),
        None if step == Step::Text => SendError::Unanswered(words),
        _ => SendError::Temporary(words),
    }
}
