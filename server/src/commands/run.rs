//! `regatta run`: a pipeline from the terminal, in the portal's sandbox and with the portal's log.

mod telling;

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Dialect, MAX_SOURCE_BYTES, Pipeline, Reading};
use regatta_domain::run::{Ending, RunFact, RunState};
use regatta_playground::{Availability, NewRun, Playground, PlaygroundParts, Unobserved};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::telling::Teller;
use super::office::{CommandError, ended, in_runtime};
use crate::cli::Run;
use crate::config::{Config, ExecutorChoice, ExecutorName};
use crate::opening::{self, Lookout, LookoutParts};
use crate::world::{SystemEntropy, WallClock};

/// How long a run that nobody hears any more may take to stop.
const CANCELLING: Duration = Duration::from_secs(10);

/// A parameter as it is written on the command line: `NAME=VALUE`.
pub fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A dialect as it is written on the command line.
pub fn dialect(text: &str) -> Result<Dialect, String> {
    let names = || Dialect::ALL.map(Dialect::as_str).join(" or ");
    Dialect::named(text).ok_or_else(names)
}

/// An executor as it is written on the command line.
pub fn executor(text: &str) -> Result<ExecutorName, String> {
    text.parse().map_err(|()| "bubblewrap, gvisor or kubernetes".to_owned())
}

/// Runs the pipeline and tells its log. Succeeds only where the run does.
pub fn run(config: Option<&Path>, asked: &Run) -> ExitCode {
    ended(in_runtime(async || {
        let mut config = Config::load(config, std::env::vars())?;
        if let Some(executor) = asked.executor {
            config.playground.executor = ExecutorChoice::Only(executor);
        }
        let (source, pipeline) = read(&asked.file, asked.dialect)?;
        let parameters: BTreeMap<String, String> = asked.parameters.iter().cloned().collect();
        let arguments = pipeline.arguments(&parameters).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            CommandError::Refused(errors.join("\n") + "\n  say it with `--param NAME=VALUE`")
        })?;
        let title = asked.file.file_name().map_or("pipeline".into(), |name| name.to_string_lossy());
        let new = NewRun {
            demo: None,
            edited: true,
            title: title.into_owned(),
            dialect: asked.dialect.unwrap_or_else(|| regatta_dialects::detect(&source)),
            source,
            pipeline,
            arguments,
            visitor: "terminal".to_owned(),
        };
        conduct(&config, new, asked.json).await
    }))
}

/// The text and what it means; or what keeps it from running, each with its place.
pub(super) fn read(file: &Path, dialect: Option<Dialect>) -> Result<(String, Pipeline), CommandError> {
    let name = file.display();
    let mut bytes = Vec::new();
    let most = MAX_SOURCE_BYTES as u64 + 1;
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| CommandError::Refused(format!("{name}: {error}")))?;
    let source = String::from_utf8(bytes)
        .map_err(|_| CommandError::Refused(format!("{name}: a pipeline is written in UTF-8")))?;
    let dialect = dialect.unwrap_or_else(|| regatta_dialects::detect(&source));
    let reading = regatta_dialects::read(dialect, &source);
    tell_notes(&name.to_string(), &reading);
    let pipeline = reading.runnable().map_err(|diagnostics| {
        let line = |d: &regatta_domain::pipeline::Diagnostic| {
            let hint = d.hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default();
            format!("{name}:{}:{}: {}{hint}", d.line, d.column, d.message)
        };
        CommandError::Refused(diagnostics.iter().map(line).collect::<Vec<_>>().join("\n"))
    })?;
    Ok((source, pipeline))
}

#[expect(clippy::print_stderr, reason = "notes are told beside the log, not in it")]
fn tell_notes(name: &str, reading: &Reading) {
    for note in &reading.pipeline.notes {
        match note.line {
            Some(line) => eprintln!("{name}:{line}: note: {}", note.text),
            None => eprintln!("{name}: note: {}", note.text),
        }
    }
}

/// Runs it in a playground of its own, whose store ends with it.
async fn conduct(config: &Config, new: NewRun, json: bool) -> Result<(), CommandError> {
    let mut stop = Stop::listen()?;
    let folder = tempfile::tempdir()?;
    let store = regatta_store::open(&format!("sqlite:{}", folder.path().join("run.db").display())).await?;
    let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
    let entropy = Arc::new(SystemEntropy);
    let playground = Playground::start(PlaygroundParts {
        store: store.clone(),
        clock: Arc::new(WallClock),
        entropy: entropy.clone(),
        settings: opening::playground_settings(config),
        shutdown: shutdown.clone(),
        tasks: tasks.clone(),
        observer: Arc::new(Unobserved),
    });
    let wishes = new.pipeline.jobs.iter().any(|job| job.executor.is_some());
    let found = tokio::select! {
        found = find_executors(config, &entropy, wishes) => Some(found),
        () = stop.told() => None,
    };
    let told = match found {
        None => Ok(Ending::Cancelled),
        Some(Err(error)) => Err(error),
        Some(Ok((lookout, ready))) => {
            playground.set_availability(ready);
            carry_out(&playground, &lookout, new, json, &mut stop).await
        }
    };
    shutdown.cancel();
    tasks.close();
    tasks.wait().await;
    store.close().await;
    match told {
        Ok(Ending::Succeeded) => Ok(()),
        Ok(other) => Err(CommandError::Refused(other.words().to_lowercase())),
        // For a list that is a good end (`| head`); of a run it is not known that it would have succeeded.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Err(CommandError::Refused("nobody read the log to its end, so the run was stopped".to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// What isolates it: the first of the preferred executors that holds, or all of them where the pipeline `wishes` for one.
async fn find_executors(
    config: &Config,
    entropy: &Arc<SystemEntropy>,
    wishes: bool,
) -> Result<(Arc<Lookout>, Availability), CommandError> {
    let playground = &config.playground;
    let choices = match playground.executor {
        ExecutorChoice::Auto if !wishes => {
            playground.prefer.iter().map(|name| ExecutorChoice::Only(*name)).collect()
        }
        choice => vec![choice],
    };
    let mut reasons = Vec::new();
    for choice in choices {
        let mut config = config.clone();
        config.playground.executor = choice;
        let lookout = Lookout::new(LookoutParts {
            secret_key: opening::secret_key(&config, &**entropy)?,
            config: Arc::new(config),
            clock: Arc::new(WallClock),
            entropy: entropy.clone(),
            store: None,
            observer: Arc::new(Unobserved),
        });
        let found = lookout.look_once().await;
        if matches!(found, Availability::Ready(_)) {
            return Ok((lookout, found));
        }
        reasons.extend(lookout.reasons());
    }
    Err(CommandError::Refused(format!("nothing can be run here: {}", reasons.join(" "))))
}

/// Asks for the run and tells its log; when it is over, or nobody hears it any more, nothing of it is left anywhere.
async fn carry_out(
    playground: &Playground,
    lookout: &Lookout,
    new: NewRun,
    json: bool,
    stop: &mut Stop,
) -> Result<Ending, CommandError> {
    let plan = new.pipeline.plan();
    let id = playground.submit(new).await.map_err(|refused| CommandError::Refused(refused.to_string()))?;
    let told = watch(playground, &id, Teller::new(&plan, json), stop).await;
    if told.is_err() {
        // Where jobs outlive whoever asked for them, leaving would let them go on.
        playground.cancel(&id).await?;
        let rest = playground.subscribe(&id, 0).for_each(async |_| {});
        let _ = tokio::time::timeout(CANCELLING, rest).await;
    }
    lookout.clear_away(&id).await;
    told
}

/// Tells a run's log until it is over, or cancels it when told to stop.
async fn watch(
    playground: &Playground,
    id: &RunId,
    mut teller: Teller<'_>,
    stop: &mut Stop,
) -> Result<Ending, CommandError> {
    let mut ending = Ending::InfraError;
    let mut reached = 0;
    let mut batches = playground.subscribe(id, reached);
    let mut cancelled = false;
    loop {
        let batch = tokio::select! {
            batch = batches.next() => batch,
            () = stop.told(), if !cancelled => {
                cancelled = true;
                playground.cancel(id).await?;
                continue;
            }
        };
        let Some(batch) = batch else {
            if is_over(playground, id).await? {
                teller.close(ending)?;
                return Ok(ending);
            }
            batches = playground.subscribe(id, reached);
            continue;
        };
        for event in &batch.events {
            reached = event.seq;
            if let RunFact::Run { state: RunState::Ended(end), .. } = event.what {
                ending = end;
            }
            teller.tell(event)?;
        }
    }
}

async fn is_over(playground: &Playground, id: &RunId) -> Result<bool, CommandError> {
    let run = playground.run(id).await?;
    Ok(run.is_none_or(|run| run.state.is_final()))
}

/// What tells a command to stop and yet lets it clear up: an interrupt, a polite kill, a terminal that is closed.
struct Stop([Signal; 3]);

impl Stop {
    /// Listens from now on.
    fn listen() -> io::Result<Self> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    /// Returns when any of them comes.
    async fn told(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
