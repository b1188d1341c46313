//! How mail leaves the program.

mod error;
pub mod folder;
mod pool;
mod reply;
mod smtp;
pub mod url;
mod wire;

use std::time::Duration;

use folder::Folder;
use smtp::{Dialogue, Smtp};

use crate::mime::Outgoing;

pub use error::{SendError, TlsError, TransportError};
pub use smtp::Roots;
pub use url::{Login, MailUrl, MailUrlError, Security, SmtpUrl};

/// Where mail goes. Both ways carry the same bytes.
pub enum Transport {
    /// To an SMTP server.
    Smtp(Box<Smtp>),
    /// Into a folder, one file per mail: for development, and for reading in tests.
    Folder(Folder),
}

/// A mail that the other side is ready to take: all that is left is to hand over its text. Until then nothing is
/// delivered; where it is dropped instead, nothing will be.
pub struct Ready<'a> {
    mail: &'a Outgoing,
    way: Way<'a>,
}

enum Way<'a> {
    Smtp(Box<Dialogue<'a>>),
    Folder(&'a Folder),
}

impl Transport {
    /// The transport that `mail.url` asks for, with at most so many connections at a time. Opens none yet; makes the
    /// folder where it is missing.
    pub fn open(url: &MailUrl, connections: usize) -> Result<Self, TransportError> {
        Self::open_trusting(url, Roots::Public, connections)
    }

    /// The same, with a say in whom to trust: for servers whose certificates nobody else vouches for.
    pub fn open_trusting(url: &MailUrl, roots: Roots, connections: usize) -> Result<Self, TransportError> {
        match url {
            MailUrl::Smtp(url) => Ok(Self::Smtp(Box::new(Smtp::new(url.clone(), roots, connections)?))),
            MailUrl::Folder(path) => Ok(Self::Folder(Folder::open(path.clone())?)),
        }
    }

    /// Prepares everything but the text: a connection, the sender, the recipient.
    pub async fn begin<'a>(&'a self, mail: &'a Outgoing) -> Result<Ready<'a>, SendError> {
        let way = match self {
            Self::Smtp(smtp) => Way::Smtp(Box::new(smtp.begin(mail).await?)),
            Self::Folder(folder) => Way::Folder(folder),
        };
        Ok(Ready { mail, way })
    }

    /// Hands `mail` over from beginning to end. Returns once the other side has taken it.
    pub async fn send(&self, mail: &Outgoing) -> Result<(), SendError> {
        self.begin(mail).await?.hand_over().await
    }

    /// Lets go of connections that were not used for so long.
    pub async fn rest(&self, unused_for: Duration) {
        if let Self::Smtp(smtp) = self {
            smtp.rest(unused_for).await;
        }
    }
}

impl Ready<'_> {
    /// Hands the text over. Returns once the other side has taken it.
    pub async fn hand_over(self) -> Result<(), SendError> {
        match self.way {
            Way::Smtp(dialogue) => dialogue.hand_over(self.mail).await,
            Way::Folder(folder) => folder.write(self.mail).await,
        }
    }

    /// Does not hand it over after all.
    pub async fn withdraw(self) {
        if let Way::Smtp(dialogue) = self.way {
            dialogue.withdraw().await;
        }
    }
}
