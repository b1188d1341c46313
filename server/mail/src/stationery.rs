//! What every mail is written on.

use jiff::Timestamp;
use lettre::address::Envelope;

use crate::bounce::ReturnPaths;
use crate::dkim::{DkimKeyError, DkimSigner};
use crate::mime::MimeError;
use crate::sender::Sender;
use regatta_domain::ids::MailId;

/// What every mail of the portal has in common, as the operator configured it.
#[derive(Clone, Debug)]
pub struct Stationery {
    /// Who writes; also the organizer in calendars.
    pub sender: Sender,
    /// Who vouches for it, where somebody does.
    pub dkim: Option<DkimSigner>,
    /// Where it comes back to when it cannot be delivered; to the sender where absent.
    pub return_paths: Option<ReturnPaths>,
}

impl Stationery {
    /// Unsigned, and coming back to its sender.
    pub fn plain(sender: Sender) -> Self {
        Self { sender, dkim: None, return_paths: None }
    }

    /// The envelope of a mail: where it comes back to, and where it goes.
    pub(crate) fn envelope(&self, mail: &MailId, recipient: lettre::Address) -> Result<Envelope, MimeError> {
        let sender = match &self.return_paths {
            Some(paths) => paths.of(mail).parse()?,
            None => self.sender.address().clone(),
        };
        Ok(Envelope::new(Some(sender), vec![recipient])?)
    }

    /// `message` as it leaves: signed where somebody vouches for it. Nothing may be changed in it any more.
    pub(crate) fn seal(&self, message: Vec<u8>, now: Timestamp) -> Result<Vec<u8>, DkimKeyError> {
        match &self.dkim {
            Some(signer) => signer.sign(&message, now),
            None => Ok(message),
        }
    }
}
