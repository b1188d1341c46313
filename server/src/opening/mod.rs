//! Opens every room from the configuration and connects them.

mod cluster;
mod desk;
mod lookout;
mod mailroom;
mod playground;

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::ports::{Clock, Entropy};
use regatta_mail::{DkimKeyError, MailUrl, Mailbox, OutboxWorker, ReturnPathError, TransportError};
use regatta_playground::{Playground, PlaygroundParts};
use regatta_registration::TicketSigner;
use regatta_store::{Store, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::cluster::OpenCluster;
pub use self::desk::{OpenDesk, open_desk, secret_key};
pub use self::lookout::{Found, Looked, Lookout, LookoutParts, Missing, Sighting};
pub use self::playground::{configured_switches, job_limits, playground_settings};
use crate::config::{Config, Mode};
use crate::telemetry::Telemetry;
use crate::telemetry::logs::Faults;
use crate::web::{Budgets, Crowd, FormTokens, Portal, RequestIds, Rooms, Seats};

/// How often the content folder is looked at.
const LOOK_AT_CONTENT: Duration = Duration::from_secs(1);
/// How often holds whose time is over are looked for.
const SWEEP_DESK: Duration = Duration::from_secs(15);
/// How often one of the processes looks for changed events, reminders that are due and data whose time is over.
const MAKE_ROUNDS: Duration = Duration::from_secs(10);
/// How long the rooms may take to close.
const CLOSING_TIME: Duration = Duration::from_secs(10);

/// Why the portal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The data folder cannot be made or used.
    #[error("data_dir = {dir:?}: {error}")]
    DataFolder {
        /// The folder.
        dir: PathBuf,
        /// What is wrong with it.
        error: io::Error,
    },
    /// The secret key cannot be kept.
    #[error("secret_key: {0}")]
    SecretKey(io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Mail cannot be sent this way.
    #[error(transparent)]
    Mail(#[from] TransportError),
    /// Mail cannot be signed with this key.
    #[error("mail.dkim.key: {0}")]
    Dkim(#[from] DkimKeyError),
    /// Mail cannot come back to this address.
    #[error(transparent)]
    ReturnPath(#[from] ReturnPathError),
}

/// The open portal and what works behind it.
pub struct OpenPortal {
    /// What the web is put in front of.
    pub portal: Portal,
    /// Empties the outbox; started by [`OpenPortal::start_work`].
    pub outbox: Arc<OutboxWorker>,
    store: Arc<dyn Store>,
    entropy: Arc<dyn Entropy>,
    tasks: TaskTracker,
}

/// Opens every room. Nothing works in the background yet but the playground, which takes up what waits.
pub async fn open(
    config: Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<OpenPortal, OpeningError> {
    let telemetry = Arc::new(Telemetry::new(clock.now(), Faults::default()));
    open_watched(config, clock, entropy, telemetry).await
}

/// The same, telling `telemetry` what there is to tell.
pub async fn open_watched(
    config: Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    telemetry: Arc<Telemetry>,
) -> Result<OpenPortal, OpeningError> {
    let open = open_desk(&config, clock.clone(), entropy.clone()).await?;
    let outbox = Arc::new(mailroom::worker(&config, &open, clock.clone(), &*entropy)?);
    let OpenDesk { store, shelf, desk, secret_key, identity } = open;
    let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
    let playground = Playground::start(PlaygroundParts {
        store: store.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        settings: playground_settings(&config),
        shutdown: closing.clone(),
        tasks: tasks.clone(),
        observer: Arc::new(telemetry.metrics.runs.clone()),
    });
    let lookout = Lookout::new(LookoutParts {
        config: Arc::new(config.clone()),
        secret_key: secret_key.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        store: Some(store.clone()),
        observer: Arc::new(telemetry.metrics.runs.clone()),
    });
    let portal = Portal::new(Rooms {
        viewers: Seats::new(config.limits.viewers.min(config.limits.connections / 2)),
        crowd: Crowd::new(std::thread::available_parallelism().map_or(1, NonZero::get)),
        budgets: Budgets::new(&config.limits),
        form_tokens: FormTokens::new(&secret_key),
        mailbox: caught_mail(&config),
        tickets: TicketSigner::new(secret_key.bytes()),
        config,
        secret_key,
        identity,
        shelf,
        desk,
        playground,
        store: store.clone(),
        clock,
        outbox: outbox.clone(),
        telemetry,
        request_ids: RequestIds::new(&*entropy),
        lookout,
        draining: CancellationToken::new(),
        closing,
    });
    Ok(OpenPortal { portal, outbox, store, entropy, tasks })
}

fn caught_mail(config: &Config) -> Option<Mailbox> {
    match (&config.mail.url, config.mode) {
        (MailUrl::Folder(path), Mode::Development) => Some(Mailbox::open(path)),
        _ => None,
    }
}

impl OpenPortal {
    /// Starts everything that works by itself: mail, the desk's sweep, the look at the content, the sandbox's probe.
    pub fn start_work(&self) {
        let (rooms, stop) = (&self.portal, &self.portal.closing);
        let (outbox, until) = (self.outbox.clone(), stop.clone());
        self.tasks.spawn(async move { outbox.run(until).await });
        let (desk, until) = (rooms.desk.clone(), stop.clone());
        self.tasks.spawn(async move { desk.keep_swept(SWEEP_DESK, until).await });
        let (desk, until) = (rooms.desk.clone(), stop.clone());
        // A name that no other process has.
        let holder = format!("herald-{}", RunId::random(&*self.entropy));
        self.tasks.spawn(async move { desk.keep_heralding(MAKE_ROUNDS, &holder, until).await });
        let watching = rooms.shelf.clone().watch(LOOK_AT_CONTENT);
        self.tasks.spawn(stop.clone().run_until_cancelled_owned(watching));
        let (playground, until) = (rooms.playground.clone(), stop.clone());
        let tell = move |availability| {
            tracing::info!(?availability, "the isolation was checked");
            playground.set_availability(availability);
        };
        self.tasks.spawn(rooms.lookout.clone().keep(tell, until));
    }

    /// Ends what works, waits for it, and closes the database.
    pub async fn close(self) {
        self.portal.closing.cancel();
        self.tasks.close();
        if tokio::time::timeout(CLOSING_TIME, self.tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end in time");
        }
        self.store.close().await;
    }
}
