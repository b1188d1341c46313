//! What can go wrong on the way.

use std::path::PathBuf;

/// Why a transport cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The server's name, or the certificate to trust, does not do for TLS.
    #[error("mail.url: TLS cannot be set up for this host: {0}")]
    Tls(lettre::transport::smtp::Error),
    /// The folder cannot be made.
    #[error("mail.url: the folder {} cannot be used: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Why a mail was not handed over, by what to do about it. The words are the server's or the system's; they may name the
/// recipient, so they are kept with the mail and not logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Not now; a later attempt may succeed.
    #[error("not now: {0}")]
    Temporary(String),
    /// Not this mail, however often it is tried.
    #[error("refused: {0}")]
    Refused(String),
    /// The whole text was handed over and no answer came: it may have been delivered or not.
    #[error("no answer after the text: {0}")]
    Unanswered(String),
}
