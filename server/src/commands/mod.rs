//! What each command of the program does; how it is written lies in [`cli`](crate::cli).

pub mod audit;
pub mod backup;
pub mod check;
pub mod database;
pub mod event;
pub mod mail;
pub mod naming;
pub mod office;
pub mod output;
pub mod playground;
pub mod pod;
pub mod registrations;
pub mod run;
pub mod runs;
pub mod serve;
pub mod tickets;

use std::path::Path;
use std::process::ExitCode;

use regatta_content::Library;
use regatta_domain::event::ForcedWindow;
use regatta_store::runs::RunFilter;

use self::event::decide::{Capacity, capacity, switch};
use self::office::{CommandError, Office, at_the_desk, ended, in_runtime};
use self::registrations::change::{Deed, at_the_door, change};
use crate::cli::{Command, Database, Event, Mail, Playground, Registrations, Runs, Tickets};

/// Does what was asked.
pub fn run(config: Option<&Path>, command: Command) -> ExitCode {
    match command {
        Command::Serve => serve::run(config),
        Command::Check => check::run(config),
        Command::Run(asked) => run::run(config, &asked),
        Command::Runs(asked) => at_the_desk(config, async |office| run_runs(office, asked).await),
        Command::Playground(Playground::Pod(asked)) => ended(pod::print(config, &asked)),
        Command::Playground(Playground::Switches(asked)) => {
            at_the_desk(config, async |office| playground::run(office, asked).await)
        }
        Command::Registrations(asked) => {
            at_the_desk(config, async |office| run_registrations(office, asked).await)
        }
        Command::Mail(asked) => at_the_desk(config, async |office| run_mail(office, asked).await),
        Command::Event(asked) => at_the_desk(config, async |office| run_event(office, asked).await),
        Command::Audit(asked) => at_the_desk(config, async |office| audit::list(office, &asked).await),
        Command::Tickets(Tickets::Verify { text, key, event }) => {
            ended(tickets::verify(config, &text, key.as_deref(), event.as_deref()))
        }
        Command::Backup { file } => ended(in_runtime(async || backup::run(config, &file).await)),
        Command::Database(Database::Move { to }) => {
            ended(in_runtime(async || database::transfer(config, &to).await))
        }
    }
}

async fn run_runs(office: &Office, asked: Runs) -> Result<(), CommandError> {
    match asked {
        Runs::List { demo, state, limit, written } => {
            let filter = RunFilter { demo, state, limit, ..RunFilter::default() };
            runs::list(office, &filter, written.format).await
        }
        Runs::Hide(asked) => runs::hide(office, &asked, true).await,
        Runs::Unhide(asked) => runs::hide(office, &asked, false).await,
        Runs::Cancel(asked) => runs::cancel(office, &asked).await,
    }
}

async fn run_registrations(office: &Office, asked: Registrations) -> Result<(), CommandError> {
    use self::registrations::{list, show};
    match asked {
        Registrations::List { event, states, search, limit, written } => {
            let (event, search) = (event.as_deref(), search.as_deref());
            list::list(office, list::Listed { event, states: &states, search, limit }, written.format).await
        }
        Registrations::Show { registration, written } => {
            show::show(office, &registration, written.format).await
        }
        Registrations::Export { event, states, format } => {
            list::export(office, &event, &states, format).await
        }
        Registrations::Approve(asked) => change(office, &asked, Deed::Approve).await,
        Registrations::Decline(asked) => change(office, &asked, Deed::Decline).await,
        Registrations::Cancel(asked) => change(office, &asked, Deed::Cancel).await,
        Registrations::Seat { change: asked, beyond_capacity } => {
            change(office, &asked, Deed::Seat { beyond_capacity }).await
        }
        Registrations::CheckIn(asked) => at_the_door(office, &asked, true).await,
        Registrations::UndoCheckIn(asked) => at_the_door(office, &asked, false).await,
    }
}

async fn run_mail(office: &Office, asked: Mail) -> Result<(), CommandError> {
    match asked {
        Mail::List { states, to, registration, limit, written } => {
            let (to, registration) = (to.as_deref(), registration.as_deref());
            mail::list(office, mail::Listed { states: &states, to, registration, limit }, written.format)
                .await
        }
        Mail::Retry(asked) => mail::retry(office, &asked).await,
        Mail::Abort(asked) => mail::abort(office, &asked).await,
        Mail::Bounce { recipient } => mail::bounce(office, recipient.as_deref()).await,
        Mail::Suppressions { written } => mail::suppressions(office, written.format).await,
        Mail::Unsuppress { address, accountable } => mail::unsuppress(office, &address, &accountable).await,
    }
}

async fn run_event(office: &Office, asked: Event) -> Result<(), CommandError> {
    match asked {
        Event::Open(asked) => switch(office, &asked, ForcedWindow::Open).await,
        Event::Close(asked) => switch(office, &asked, ForcedWindow::Closed).await,
        // Neither number is given where it is reset.
        Event::Capacity { event, in_person, online, reset: _, accountable } => {
            capacity(office, &event, Capacity { in_person, online }, &accountable).await
        }
        Event::Show { event, written } => event::show::show(office, &event, written.format).await,
        Event::Feedback { event, written } => event::show::feedback(office, &event, written.format).await,
    }
}

/// What a content folder holds, in a line.
fn summary(library: &Library) -> String {
    let count = |many: usize, one: &str| format!("{many} {one}{}", if many == 1 { "" } else { "s" });
    [
        count(library.ambassadors().len(), "ambassador"),
        count(library.events().len(), "meetup"),
        count(library.posts().len(), "post"),
        count(library.pipelines().len(), "pipeline"),
    ]
    .join(", ")
}
