//! `regatta serve`: opens the portal, puts the web in front of it, and closes it in order.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use regatta_domain::ports::Clock as _;
use regatta_mail::MailUrl;
use regatta_playground::Availability;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::{Config, ConfigErrors, Logs};
use crate::opening::{self, OpenPortal, OpeningError};
use crate::telemetry::Telemetry;
use crate::telemetry::logs::{Faults, LogLayer};
use crate::telemetry::traces::{Traces, TracesError};
use crate::web::{Door, Portal, admin_router, raise_descriptor_limit, router};
use crate::world::{SystemEntropy, WallClock};

/// How many connections operators and their machines may have.
const ADMIN_CONNECTIONS: usize = 64;

/// Why the portal does not serve.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error(transparent)]
    Opening(#[from] OpeningError),
    #[error(transparent)]
    Traces(#[from] TracesError),
    #[error("{key} = {address}: {error}; is another program listening there?")]
    Listen { key: &'static str, address: SocketAddr, error: io::Error },
    #[error("the web server failed: {0}")]
    Serving(tokio::task::JoinError),
    #[error("the signals that stop the program cannot be heard: {0}")]
    Signals(io::Error),
    #[error("the runtime cannot be started: {0}")]
    Runtime(io::Error),
}

/// Serves until SIGINT or SIGTERM.
#[expect(clippy::print_stderr, reason = "what stops the start is told where the operator looks")]
pub fn run(config: Option<&Path>) -> ExitCode {
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
    runtime.block_on(async {
        let faults = Faults::default();
        let traces = Traces::begin(&config.telemetry, &Handle::current())?;
        listen_to_ourselves(&config.logs, faults.clone(), traces.as_ref());
        let telemetry = Arc::new(Telemetry::new(WallClock.now(), faults));
        let served = serve_until_told(config, telemetry).await;
        if let Some(traces) = traces {
            traces.end().await;
        }
        served
    })
}

/// Writes the log and, where they are wanted, sends traces, from now on.
fn listen_to_ourselves(logs: &Logs, faults: Faults, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(&logs.filter));
    let log = LogLayer {
        clock: Arc::new(WallClock),
        format: logs.format,
        colours: io::stderr().is_terminal(),
        writer: io::stderr,
        faults,
    };
    tracing_subscriber::registry().with(log.with_filter(filter)).with(traces.map(Traces::layer)).init();
    std::panic::set_hook(Box::new(|panic| {
        // Not what was said: it may quote what was being worked on.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program broke down");
    }));
}

async fn serve_until_told(mut config: Config, telemetry: Arc<Telemetry>) -> Result<(), ServeError> {
    regatta_app::prepare();
    config.limits.connections = config.limits.connections.min(raise_descriptor_limit());
    let (listener, bound) = listen("http.listen", config.http.listen).await?;
    let admin = match config.http.admin_listen {
        Some(address) => Some(listen("http.admin_listen", address).await?),
        None => None,
    };
    let proxies = config.http.trusted_proxies.clone();
    let door = Door::new(listener, config.limits.connections, proxies).counted(telemetry.metrics.web.clone());
    let open = opening::open_watched(config, Arc::new(WallClock), Arc::new(SystemEntropy), telemetry).await?;
    let portal = open.portal.clone();
    let ear = Ear::new().map_err(ServeError::Signals)?;
    let serving = tokio::spawn(door.serve(router(portal.clone()), portal.closing.clone()));
    greet(&open, bound);
    let over = CancellationToken::new();
    if let Some((listener, bound)) = admin {
        say(&format!("  operators   http://{bound}/health"));
        let door = Door::new(listener, ADMIN_CONNECTIONS, Vec::new());
        tokio::spawn(door.serve(admin_router(portal.clone()), over.clone()));
    }
    open.start_work();
    tokio::spawn(tell_isolation(portal.clone()));
    stop_in_order(&portal, ear).await;
    let served = serving.await;
    open.close().await;
    over.cancel();
    served.map_err(ServeError::Serving)
}

async fn listen(key: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let refused = |error| ServeError::Listen { key, address, error };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    // Port 0 in the configuration asks the system for a free one.
    let bound = listener.local_addr().unwrap_or(address);
    Ok((listener, bound))
}

/// Hears when the program is told to stop.
struct Ear {
    interrupt: Signal,
    terminate: Signal,
}

impl Ear {
    /// From now on neither signal ends the program by itself.
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits until the program is told to stop, says so to those who lead visitors here, gives them time to heed it, and lets the
/// doors close. Who tells it twice is in a hurry.
async fn stop_in_order(portal: &Portal, mut ear: Ear) {
    ear.told().await;
    tracing::info!("the portal was told to stop");
    portal.draining.cancel();
    tokio::select! {
        () = tokio::time::sleep(portal.config.http.drain) => {}
        () = ear.told() => {}
    }
    portal.closing.cancel();
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
