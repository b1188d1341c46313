//! What can go wrong on the way.

use std::path::PathBuf;

use crate::backoff::Pace;

/// Why a transport cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The server's name, or the certificate to trust, does not do for TLS.
    #[error("mail.url: TLS cannot be set up for this host: {0}")]
    Tls(#[from] TlsError),
    /// The folder cannot be made.
    #[error("mail.url: the folder {} cannot be used: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What TLS cannot be set up with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate to trust.
    #[error(transparent)]
    Certificate(#[from] tokio_rustls::rustls::Error),
    /// The server's name.
    #[error(transparent)]
    Name(#[from] tokio_rustls::rustls::pki_types::InvalidDnsNameError),
    /// Either of them, for STARTTLS.
    #[error(transparent)]
    StartTls(#[from] lettre::transport::smtp::Error),
}

/// Why a mail was not handed over, by what to do about it. The words are the server's or the system's; where a recipient
/// was named before, they may repeat it, so they are kept with the mail and not logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server cannot be reached, or takes mail from nobody at the moment: no other mail would fare better.
    #[error("the server is not ready: {0}")]
    Unready(String),
    /// The server has had enough of this portal for a while: no other mail would fare better.
    #[error("the server wants less mail: {0}")]
    Throttled(String),
    /// The server refuses this portal, whatever the mail: its certificate, the login, the sender or the way to it has to be
    /// put right by a person, and the mail must still be there then.
    #[error("the server and this portal do not agree: {0}")]
    Misconfigured(String),
    /// This mail not now; a later attempt may succeed.
    #[error("not now: {why}")]
    Temporary {
        /// What was said.
        why: String,
        /// How soon it is worth trying again.
        pace: Pace,
    },
    /// Not this mail, however often it is tried.
    #[error("refused: {why}")]
    Refused {
        /// What was said.
        why: String,
        /// Nobody reads mail at this address, so that no other mail would reach it either.
        dead_address: bool,
    },
    /// The whole text was handed over and no answer came: it may have been delivered or not.
    #[error("no answer after the text: {0}")]
    Unanswered(String),
}
