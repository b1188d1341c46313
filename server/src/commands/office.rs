//! What the commands at the desk have in common: the rooms they work in, who does it, and how they end.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use regatta_content::Library;
use regatta_registration::{Desk, TicketSigner};
use regatta_store::transfer::TransferError;
use regatta_store::{Store, StoreError};

use super::naming::NamingError;
use super::output::{Format, Listing};
use crate::config::{Config, ConfigErrors, SecretKey};
use crate::opening::{self, OpeningError};
use crate::world::{SystemEntropy, WallClock};

/// The desk as commands use it, beside a running portal or without one: the same configuration, content and database.
pub struct Office {
    /// What the operator decided.
    pub config: Config,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// The content as it is now.
    pub library: Arc<Library>,
    /// The desk.
    pub desk: Arc<Desk>,
    /// From which links and return addresses are made.
    pub secret_key: SecretKey,
    /// Recognises the portal's tickets.
    pub tickets: TicketSigner,
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The desk cannot be opened.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// Nothing, or several things, have this name.
    #[error(transparent)]
    Naming(#[from] NamingError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no copy of the database.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// What was found cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// Nobody knows who does it.
    #[error("say who does this: --actor NAME")]
    NoActor,
    /// It cannot be done, for this reason.
    #[error("{0}")]
    Refused(String),
}

impl Office {
    /// Opens the desk for one command.
    async fn open(config: Config) -> Result<Self, CommandError> {
        let open = opening::open_desk(&config, Arc::new(WallClock), Arc::new(SystemEntropy)).await?;
        Ok(Self {
            config,
            store: open.store,
            library: open.shelf.library(),
            desk: open.desk,
            tickets: TicketSigner::new(open.secret_key.bytes()),
            secret_key: open.secret_key,
        })
    }
}

/// Runs one command at the desk, and closes it whatever came of it.
pub fn at_the_desk(
    config: Option<&Path>,
    work: impl AsyncFnOnce(&Office) -> Result<(), CommandError>,
) -> ExitCode {
    ended(in_runtime(async || {
        let office = Office::open(Config::load(config, std::env::vars())?).await?;
        let done = work(&office).await;
        office.store.close().await;
        done
    }))
}

/// Runs `work` to its end.
pub fn in_runtime(work: impl AsyncFnOnce() -> Result<(), CommandError>) -> Result<(), CommandError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work())
}

/// The exit code, after the error was told.
#[expect(clippy::print_stderr, reason = "errors are told where the operator looks")]
pub fn ended(done: Result<(), CommandError>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output had enough of it (`| head`).
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("regatta: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Who acts: the name given, else whoever is logged in, behind `sudo` too.
pub fn actor(given: Option<&str>) -> Result<String, CommandError> {
    let logged_in = || ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let actor = given.map(ToOwned::to_owned).or_else(logged_in).unwrap_or_default();
    let actor: String = actor.trim().chars().filter(|c| !c.is_control()).collect();
    if actor.is_empty() { Err(CommandError::NoActor) } else { Ok(actor) }
}

/// Writes a list to standard output.
pub fn print(listing: &Listing, format: Format) -> Result<(), CommandError> {
    listing.write(format, &mut io::stdout().lock())?;
    Ok(())
}

/// Writes a line to standard output.
pub fn say(line: &str) -> Result<(), CommandError> {
    use std::io::Write;
    writeln!(io::stdout().lock(), "{line}")?;
    Ok(())
}
