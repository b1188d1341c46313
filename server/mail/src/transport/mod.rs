//! How mail leaves the program.

mod error;
pub mod folder;
mod smtp;
pub mod url;

use folder::Folder;
use smtp::Smtp;

use crate::mime::Outgoing;

pub use error::{SendError, TransportError};
pub use smtp::Roots;
pub use url::{Login, MailUrl, MailUrlError, Security, SmtpUrl};

/// Where mail goes. Both ways carry the same bytes.
pub enum Transport {
    /// To an SMTP server.
    Smtp(Box<Smtp>),
    /// Into a folder, one file per mail: for development, and for reading in tests.
    Folder(Folder),
}

impl Transport {
    /// The transport that `mail.url` asks for. Opens no connection; makes the folder where it is missing.
    pub fn open(url: &MailUrl) -> Result<Self, TransportError> {
        Self::open_trusting(url, Roots::Public)
    }

    /// The same, with a say in whom to trust: for servers whose certificates nobody else vouches for.
    pub fn open_trusting(url: &MailUrl, roots: Roots) -> Result<Self, TransportError> {
        match url {
            MailUrl::Smtp(url) => Ok(Self::Smtp(Box::new(Smtp::new(url.clone(), roots)?))),
            MailUrl::Folder(path) => Ok(Self::Folder(Folder::open(path.clone())?)),
        }
    }

    /// Hands `mail` over. Returns once the other side has taken it.
    pub async fn send(&self, mail: &Outgoing) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Folder(folder) => folder.write(mail).await,
        }
    }

    /// Nothing more is to be sent for now: lets go of what is kept open between mails.
    pub async fn rest(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.rest().await;
        }
    }
}
