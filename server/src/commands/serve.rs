//! `regatta serve`: opens the portal, puts the web in front of it, and closes it in order.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use regatta_mail::MailUrl;
use regatta_playground::Availability;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, ConfigErrors};
use crate::opening::{self, OpenPortal, OpeningError};
use crate::web::{Door, Portal, raise_descriptor_limit, router};
use crate::world::{SystemEntropy, WallClock};

/// Why the portal does not serve.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error(transparent)]
    Opening(#[from] OpeningError),
    #[error("http.listen = {address}: {error}; is another program listening there?")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("the web server failed: {0}")]
    Serving(tokio::task::JoinError),
    #[error("the runtime cannot be started: {0}")]
    Runtime(io::Error),
}

/// Serves until SIGINT or SIGTERM.
#[expect(clippy::print_stderr, reason = "what stops the start is told where the operator looks")]
pub fn run(config: Option<&Path>) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,regatta=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match serve(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("regatta: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(config: Option<&Path>) -> Result<(), ServeError> {
    let config = Config::load(config, std::env::vars())?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::Runtime)?;
    runtime.block_on(serve_until_told(config))
}

async fn serve_until_told(mut config: Config) -> Result<(), ServeError> {
    regatta_app::prepare();
    config.limits.connections = config.limits.connections.min(raise_descriptor_limit());
    let address = config.http.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| ServeError::Listen { address, error })?;
    // Port 0 in the configuration asks the system for a free one.
    let bound = listener.local_addr().unwrap_or(address);
    let proxies = config.http.trusted_proxies.clone();
    let door = Door::new(listener, config.limits.connections, proxies);
    let open = opening::open(config, Arc::new(WallClock), Arc::new(SystemEntropy)).await?;
    let closing = open.portal.closing.clone();
    let serving = tokio::spawn(door.serve(router(open.portal.clone()), closing.clone()));
    greet(&open, bound);
    open.start_work();
    tokio::spawn(tell_isolation(open.portal.clone()));
    told_to_stop().await;
    closing.cancel();
    let served = serving.await;
    open.close().await;
    served.map_err(ServeError::Serving)
}

async fn told_to_stop() {
    let mut terminated = signal(SignalKind::terminate()).ok();
    let terminate = async {
        match &mut terminated {
            Some(signal) => signal.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}

/// Says where everything is.
fn greet(open: &OpenPortal, bound: SocketAddr) {
    let rooms = &open.portal;
    let config = &rooms.config;
    let library = rooms.shelf.library();
    let mail = match &config.mail.url {
        MailUrl::Folder(path) if rooms.mailbox.is_some() => {
            format!("{} (development mail; read it at {}/dev/mail)", path.display(), config.http.base_url)
        }
        other => other.to_string(),
    };
    say(&format!("Regatta listens on http://{bound}"));
    say(&format!("  content     {}: {}", config.content_dir.display(), super::summary(&library)));
    say(&format!("  data        {}", config.data_dir.display()));
    say(&format!("  mail        {mail}"));
    say("  playground  checking isolation …");
    for problem in library.problems() {
        say(&format!("  problem     {}", problem.told_in(&config.content_dir)));
    }
}

async fn tell_isolation(portal: Portal) {
    match portal.playground.availability_once_checked().await {
        Availability::Ready(router) => {
            let words: Vec<String> =
                router.executors().iter().map(|known| known.isolation().words()).collect();
            say(&format!("  playground  {}", words.join("; ")));
        }
        Availability::Off { reason } => say(&format!("  playground  off: {reason}")),
        Availability::Checking => {}
    }
}

/// A line for whoever started the program; that nobody reads it is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
