//! Mail over SMTP (RFC 5321).
//!
//! The dialogue is led step by step, because what a broken connection means depends on the step: before the text is
//! handed over nothing was delivered and the mail can be sent again; after it, nobody knows.

use std::future::Future;
use std::io;
use std::time::Duration;

use futures_util::future::join_all;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::SemaphorePermit;

use super::error::{SendError, TlsError, TransportError};
use super::pool::Pool;
use super::reply::{Step, broken, goes_on, may_have_left, meaning, silence};
use super::url::{Login, Security, SmtpUrl};
use super::wire::{ImplicitTls, Wire, reach};
use crate::mime::Outgoing;

/// How long the server may take for each step before the text (RFC 5321 section 4.5.3.2 asks for 5 minutes, which would
/// hold up everyone behind a server that is stuck).
const STEP_PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take to answer the text: giving up early leaves a mail of which nobody knows whether it arrived (RFC
/// 5321 section 4.5.3.2.6).
const TEXT_PATIENCE: Duration = Duration::from_mins(10);
/// How long a goodbye may take.
const QUIT_PATIENCE: Duration = Duration::from_secs(5);

/// A client of one SMTP server.
pub struct Smtp {
    url: SmtpUrl,
    protection: Protection,
    pool: Pool,
}

/// How connections are protected, ready for use.
enum Protection {
    /// Not at all.
    Plain,
    /// By TLS from the first byte.
    AtOnce(ImplicitTls),
    /// By STARTTLS.
    StartTls {
        parameters: Box<TlsParameters>,
        /// Nothing is sent to a server that does not offer it.
        required: bool,
    },
}

/// Who may vouch for a server's certificate. Whoever does, it is checked, and so is the server's name in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The authorities that browsers trust.
    Public,
    /// This certificate (X.509, in DER) and nobody else.
    Only(Vec<u8>),
}

/// A dialogue in which the server has agreed to sender and recipient, and waits for the text.
pub(super) struct Dialogue<'a> {
    smtp: &'a Smtp,
    connection: AsyncSmtpConnection,
    _place: Option<SemaphorePermit<'a>>,
}

/// What went wrong at one step.
enum Trouble {
    /// The server refused, or the connection broke.
    Error(Step, Error),
    /// There was no connection to begin with, or no protected one.
    Connection(io::Error),
    /// It said nothing for so long.
    Silence(Step, Duration),
}

impl Smtp {
    pub(super) fn new(url: SmtpUrl, roots: Roots, connections: usize) -> Result<Self, TransportError> {
        let protection = Protection::new(&url, roots)?;
        Ok(Self { url, protection, pool: Pool::new(connections) })
    }

    /// Leads the dialogue up to the text. A kept connection that the server has closed meanwhile is replaced by a new one.
    pub(super) async fn begin(&self, mail: &Outgoing) -> Result<Dialogue<'_>, SendError> {
        let place = self.pool.place().await;
        if let Some(mut kept) = self.pool.take() {
            match agree(&mut kept, mail).await {
                Err(trouble) if trouble.may_be_age() => drop(kept),
                agreed => return self.dialogue(kept, place, agreed).await,
            }
        }
        let mut connection = self.connect().await.map_err(|trouble| trouble.meaning())?;
        let agreed = agree(&mut connection, mail).await;
        self.dialogue(connection, place, agreed).await
    }

    async fn dialogue<'a>(
        &'a self,
        connection: AsyncSmtpConnection,
        place: Option<SemaphorePermit<'a>>,
        agreed: Result<(), Trouble>,
    ) -> Result<Dialogue<'a>, SendError> {
        match agreed {
            Ok(()) => Ok(Dialogue { smtp: self, connection, _place: place }),
            Err(trouble) => {
                self.part(connection, &trouble).await;
                Err(trouble.meaning())
            }
        }
    }

    /// Keeps the connection for other mails where the server only refused this one.
    async fn part(&self, mut connection: AsyncSmtpConnection, trouble: &Trouble) {
        match trouble {
            Trouble::Error(Step::Recipient | Step::Text, error) if goes_on(error) => {
                let reset = patiently(Step::Recipient, connection.command(Rset)).await;
                if reset.is_ok() { self.pool.put_back(connection) } else { quit(connection).await }
            }
            _ => quit(connection).await,
        }
    }

    /// Lets go of connections that were not used for so long.
    pub(super) async fn rest(&self, unused_for: Duration) {
        join_all(self.pool.take_unused(unused_for).into_iter().map(quit)).await;
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let hello = ClientId::default();
        let wire = within(Step::Greeting, self.wire()).await?.map_err(Trouble::Connection)?;
        let greeted = AsyncSmtpConnection::connect_with_transport(wire, &hello);
        let mut connection = patiently(Step::Greeting, greeted).await?;
        self.protect(&mut connection, &hello).await?;
        if let Some(Login { user, password }) = &self.url.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            patiently(Step::Login, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        }
        Ok(connection)
    }

    async fn wire(&self) -> io::Result<Wire> {
        let stream = reach(&self.url.host, self.url.port).await?;
        match &self.protection {
            Protection::AtOnce(tls) => tls.protect(stream).await,
            Protection::Plain | Protection::StartTls { .. } => Ok(Box::new(stream)),
        }
    }

    async fn protect(&self, connection: &mut AsyncSmtpConnection, hello: &ClientId) -> Result<(), Trouble> {
        let Protection::StartTls { parameters, required } = &self.protection else { return Ok(()) };
        if *required || connection.can_starttls() {
            // Where the server offers none this says so, and nothing is sent.
            let tls = TlsParameters::clone(parameters);
            patiently(Step::Greeting, connection.starttls(tls, hello)).await?;
        }
        Ok(())
    }
}

impl Protection {
    fn new(url: &SmtpUrl, roots: Roots) -> Result<Self, TlsError> {
        let required = match url.security {
            Security::Plain => return Ok(Self::Plain),
            Security::Tls => return ImplicitTls::new(&url.host, roots).map(Self::AtOnce),
            Security::RequiredStartTls => true,
            Security::OpportunisticStartTls => false,
        };
        let parameters = Box::new(starttls(url.host.clone(), roots)?);
        Ok(Self::StartTls { parameters, required })
    }
}

impl Dialogue<'_> {
    /// Hands the text over. Returns once the server has taken it.
    pub(super) async fn hand_over(mut self, mail: &Outgoing) -> Result<(), SendError> {
        match hand_over(&mut self.connection, mail).await {
            Ok(()) => {
                self.smtp.pool.put_back(self.connection);
                Ok(())
            }
            Err(trouble) => {
                self.smtp.part(self.connection, &trouble).await;
                Err(trouble.meaning())
            }
        }
    }

    /// Ends the dialogue without a text: nothing is delivered.
    pub(super) async fn withdraw(self) {
        quit(self.connection).await;
    }
}

impl Trouble {
    /// Whether a connection that was kept may just have been closed by the server in the meantime.
    fn may_be_age(&self) -> bool {
        match self {
            Self::Error(_, error) => may_have_left(error),
            Self::Connection(_) | Self::Silence(..) => true,
        }
    }

    fn meaning(&self) -> SendError {
        match self {
            Self::Error(step, error) => meaning(*step, error),
            Self::Connection(error) => broken(Step::Greeting, error),
            Self::Silence(step, patience) => silence(*step, format!("silence for {patience:?}")),
        }
    }
}

fn starttls(host: String, roots: Roots) -> Result<TlsParameters, Error> {
    let parameters = TlsParameters::builder(host);
    let parameters = match roots {
        Roots::Public => parameters.certificate_store(CertificateStore::Default),
        Roots::Only(root) => parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_der(root)?),
    };
    parameters.build()
}

async fn quit(mut connection: AsyncSmtpConnection) {
    // Whether the goodbye was heard changes nothing.
    let _ = tokio::time::timeout(QUIT_PATIENCE, connection.abort()).await;
}

/// Sender and recipient; nothing of this delivers anything.
async fn agree(connection: &mut AsyncSmtpConnection, mail: &Outgoing) -> Result<(), Trouble> {
    let from = mail.envelope.from().cloned();
    patiently(Step::Sender, connection.command(Mail::new(from, Vec::new()))).await?;
    for to in mail.envelope.to() {
        patiently(Step::Recipient, connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
    }
    Ok(())
}

async fn hand_over(connection: &mut AsyncSmtpConnection, mail: &Outgoing) -> Result<(), Trouble> {
    patiently(Step::Recipient, connection.command(Data)).await?;
    // The end of the text brings its own line break.
    let text = mail.bytes.strip_suffix(b"\r\n").unwrap_or(&mail.bytes);
    patiently(Step::Text, connection.message(text)).await?;
    Ok(())
}

async fn patiently<T>(step: Step, dialogue: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    within(step, dialogue).await?.map_err(|error| Trouble::Error(step, error))
}

/// What comes of a step, within the patience there is for it.
async fn within<T>(step: Step, outcome: impl Future<Output = T>) -> Result<T, Trouble> {
    let patience = if step == Step::Text { TEXT_PATIENCE } else { STEP_PATIENCE };
    tokio::time::timeout(patience, outcome).await.map_err(|_| Trouble::Silence(step, patience))
}
