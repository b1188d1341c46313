//! The desk and what it stands on: what the portal and the commands have in common.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use http::Uri;
use jiff::SignedDuration;
use regatta_content::Shelf;
use regatta_domain::ports::{Clock, Entropy};
use regatta_registration::{Desk, DeskParts, DeskSettings, LinkSigner, TicketSigner};
use regatta_store::{Store, StoreError};

use super::OpeningError;
use crate::config::{Config, SecretKey};

/// The name under which the portal's identity is kept.
const IDENTITY: &str = "identity";

/// The desk, open.
pub struct OpenDesk {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// The website's content.
    pub shelf: Arc<Shelf>,
    /// The desk.
    pub desk: Arc<Desk>,
    /// From which links, tickets and digests are made.
    pub secret_key: SecretKey,
    /// The right half of Message-IDs and calendar UIDs.
    pub identity: String,
}

/// Opens database, content and desk. Nothing works in the background.
pub async fn open_desk(
    config: &Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<OpenDesk, OpeningError> {
    let secret_key = secret_key(config, &*entropy)?;
    let store = regatta_store::open(config.database_url.reveal()).await?;
    let identity = identity(&*store, &config.http.base_url).await?;
    let shelf = Arc::new(Shelf::open(config.content_dir.clone(), clock.now()));
    let desk = Arc::new(Desk::new(DeskParts {
        store: store.clone(),
        schedule: shelf.clone(),
        clock,
        entropy,
        links: LinkSigner::new(secret_key.bytes(), &config.http.base_url),
        tickets: TicketSigner::new(secret_key.bytes()),
        settings: DeskSettings {
            identity: identity.clone(),
            settle: SignedDuration::try_from(config.settle).unwrap_or(SignedDuration::MAX),
        },
    }));
    Ok(OpenDesk { store, shelf, desk, secret_key, identity })
}

/// The configured secret key, or the one kept in the data folder.
pub fn secret_key(config: &Config, entropy: &dyn Entropy) -> Result<SecretKey, OpeningError> {
    make_private(&config.data_dir)
        .map_err(|error| OpeningError::DataFolder { dir: config.data_dir.clone(), error })?;
    match &config.secret_key {
        Some(key) => Ok(key.clone()),
        None => SecretKey::keep(&config.data_dir, entropy).map_err(OpeningError::SecretKey),
    }
}

fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// The name under which calendars know this portal's entries: its host when the database was made, for the life of the
/// database. Calendars would take entries under another name for other entries.
async fn identity(store: &dyn Store, base_url: &str) -> Result<String, StoreError> {
    let host = base_url.parse::<Uri>().ok().and_then(|uri| uri.host().map(ToOwned::to_owned));
    // An address in brackets (IPv6) is no name that may stand behind the @ of a Message-ID as it is.
    let host = host.filter(|host| !host.starts_with('[')).unwrap_or_else(|| "regatta.invalid".to_owned());
    store.kept(IDENTITY, &host).await
}
