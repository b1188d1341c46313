//! `mail.*`

use std::path::Path;

use regatta_domain::email_address::EmailAddress;
use regatta_mail::{DkimKey, DkimKeyError, DkimSigner, MailUrl, ReturnPathError, ReturnPaths, Sender};
use regatta_store::outbox::Rates;

use super::secret::{Secret, SecretKey};
use super::sources::Reader;
use super::validate;

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `mail.url`
    pub url: MailUrl,
    /// `mail.from`
    pub from: Sender,
    /// `mail.connections`: mails that are sent at the same time by this process.
    pub connections: usize,
    /// `mail.per_minute` and `mail.per_domain_per_minute`: over all processes together.
    pub rates: Rates,
    /// `mail.bounces`: where the mail of mail servers about undeliverable mail goes; `mail.from` where absent.
    pub bounces: Option<EmailAddress>,
    /// `mail.dkim.*`: how mail is signed, where it is.
    pub dkim: Option<Dkim>,
}

/// How mail is signed (RFC 6376).
#[derive(Clone, Debug)]
pub struct Dkim {
    /// `mail.dkim.domain`: who vouches for it.
    pub domain: String,
    /// `mail.dkim.selector`: under which name the public key stands in the domain's DNS.
    pub selector: String,
    /// `mail.dkim.key`: the private key in PEM, RSA in PKCS #1 or Ed25519 in PKCS #8.
    pub key: Secret,
}

impl Mail {
    /// Where mail comes back to that cannot be delivered, where an address for that is configured.
    pub fn return_paths(&self, secret_key: &SecretKey) -> Result<Option<ReturnPaths>, ReturnPathError> {
        let paths = self.bounces.as_ref().map(|address| ReturnPaths::new(secret_key.bytes(), address));
        paths.transpose()
    }

    pub(super) fn read(read: &mut Reader, data_dir: &Path) -> Option<Self> {
        let url = read
            .secret_parsed("mail.url", |text| text.parse::<MailUrl>().map_err(|error| own_words(&error)))
            .unwrap_or_else(|| MailUrl::Folder(data_dir.join("mail")));
        let from = read.parsed_or("mail.from", "Regatta <regatta@localhost>", validate::sender);
        let number = "a whole number above 0";
        let connections = read.positive("mail.connections", 4, number);
        let rates = Rates {
            per_minute: read.positive_or_none("mail.per_minute", number),
            per_domain: read.positive_or_none("mail.per_domain_per_minute", number),
        };
        let bounces = read.parsed("mail.bounces", validate::bounce_address);
        let dkim = Dkim::read(read);
        from.map(|from| Self { url, from, connections, rates, bounces, dkim })
    }
}

impl Dkim {
    /// What signs with this key, or what is wrong with it.
    pub fn signer(&self) -> Result<DkimSigner, DkimKeyError> {
        DkimSigner::new(&DkimKey {
            domain: self.domain.clone(),
            selector: self.selector.clone(),
            private_key: self.key.reveal().to_owned(),
        })
    }

    /// All three keys, or none of them.
    fn read(read: &mut Reader) -> Option<Self> {
        let fix = "give mail.dkim.domain, mail.dkim.selector and mail.dkim.key, or none of them";
        let domain = read.parsed("mail.dkim.domain", validate::domain);
        let selector = read.parsed("mail.dkim.selector", validate::domain);
        let key = read.secret_text("mail.dkim.key");
        match (domain, selector, key) {
            (Some(domain), Some(selector), Some(key)) => Some(Self { domain, selector, key }),
            (None, None, None) => None,
            _ => {
                read.missing("mail.dkim", fix);
                None
            }
        }
    }
}

/// An error without the key that it names too.
fn own_words(error: &regatta_mail::MailUrlError) -> String {
    error.to_string().trim_start_matches("mail.url: ").to_owned()
}
