//! The command line: what can be asked, and how it is written. What is done lies in [`commands`](crate::commands).

mod playing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::playing::{Playground, PlaygroundSwitches, PodOf, Run, Runs, RunsToChange};
use crate::commands::output::Format;

/// A community portal: a public website, meetup registration with its mail, and a live build playground.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Commands exit with 0 when done, 1 when it could not be done, 2 when they were written wrongly. Every \
                  setting can also be given as REGATTA__SECTION__KEY in the environment; README.md lists them."
)]
pub struct Cli {
    /// The configuration file; without it, regatta.toml in the working folder is read where it exists.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the portal until interrupted.
    Serve,
    /// Check configuration and content; tell file, line, column and what to do, and exit with 1 where something is wrong.
    Check,
    /// Run a pipeline here, in the sandbox that the portal would use, and tell its log; succeeds only where the run does.
    Run(Run),
    /// Look after the runs of the playground.
    #[command(subcommand)]
    Runs(Runs),
    /// Decide what the playground does; a running portal heeds it within a second.
    #[command(subcommand)]
    Playground(Playground),
    /// Look after registrations; a running portal sends the mail that this causes.
    #[command(subcommand)]
    Registrations(Registrations),
    /// Look after the mail that is owed, and after addresses that mail does not reach.
    #[command(subcommand)]
    Mail(Mail),
    /// Decide otherwise than an event's file does, and see what was decided.
    #[command(subcommand)]
    Event(Event),
    /// List what organizers did, newest first.
    Audit(Audit),
    /// Tell genuine tickets from others.
    #[command(subcommand)]
    Tickets(Tickets),
    /// Write a consistent copy of the database into a new file, while the portal runs or not.
    Backup {
        /// The file to make; it must not exist yet.
        file: PathBuf,
    },
    /// Look after the database as a whole.
    #[command(subcommand)]
    Database(Database),
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Args)]
pub struct Written {
    /// How to write it; CSV has cells that a spreadsheet would calculate made harmless by an apostrophe.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// Who changes something, and why: both go into the audit log.
#[derive(Clone, Debug, Args)]
pub struct Accountable {
    /// Why, in a sentence; decline and cancel also tell it to whom it concerns.
    #[arg(long)]
    pub reason: String,
    /// Who does it; whoever is logged in where it is left out.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
}

/// One or more registrations to be changed alike.
#[derive(Clone, Debug, Args)]
pub struct RegistrationsToChange {
    /// Their identities, or beginnings of them that fit no other.
    #[arg(required = true, value_name = "REGISTRATION")]
    pub registrations: Vec<String>,
    /// Who and why.
    #[command(flatten)]
    pub accountable: Accountable,
}

/// `regatta registrations …`
#[derive(Debug, Subcommand)]
pub enum Registrations {
    /// List registrations.
    List {
        /// Only for this event: its id, its slug, or the beginning of either.
        event: Option<String>,
        /// Only in this state; may be given several times.
        #[arg(long = "state", value_name = "STATE", value_parser = super::commands::naming::state)]
        states: Vec<regatta_domain::registration::RegistrationState>,
        /// Only where name or address contain this.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
        /// How.
        #[command(flatten)]
        written: Written,
    },
    /// Show one registration with its answers, its history and its mail.
    Show {
        /// Its identity, or the beginning of it.
        registration: String,
        /// How.
        #[command(flatten)]
        written: Written,
    },
    /// Write all registrations for an event with their answers, for a spreadsheet.
    Export {
        /// The event: its id, its slug, or the beginning of either.
        event: String,
        /// Only in this state; may be given several times.
        #[arg(long = "state", value_name = "STATE", value_parser = super::commands::naming::state)]
        states: Vec<regatta_domain::registration::RegistrationState>,
        /// How to write it.
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
    },
    /// Decide for registrations that await approval.
    Approve(RegistrationsToChange),
    /// Decide against registrations that await approval or wait for a seat; the reason is told in the mail.
    Decline(RegistrationsToChange),
    /// Take registrations back; the reason is told in the mail.
    Cancel(RegistrationsToChange),
    /// Give somebody on the waitlist a seat out of turn.
    Seat {
        /// Which.
        #[command(flatten)]
        change: RegistrationsToChange,
        /// Also where not enough seats are free.
        #[arg(long)]
        beyond_capacity: bool,
    },
    /// Note that they came.
    CheckIn(AtTheDoor),
    /// Take a check-in back: the wrong ticket was read.
    UndoCheckIn(AtTheDoor),
}

/// Whoever stands at the door, many after one another, with nothing to explain.
#[derive(Clone, Debug, Args)]
pub struct AtTheDoor {
    /// Their identities, beginnings of them, or the texts of their tickets.
    #[arg(required = true, value_name = "REGISTRATION|TICKET")]
    pub registrations: Vec<String>,
    /// At whose door: the event's id, its slug, or the beginning of either. Whoever is registered for another is refused.
    #[arg(long, value_name = "EVENT")]
    pub event: Option<String>,
    /// Why, where there is something to say.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Who does it; whoever is logged in where it is left out.
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
}

/// `regatta mail …`
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// List mails, newest first.
    List {
        /// Only in this state; may be given several times.
        #[arg(long = "state", value_name = "STATE", value_parser = super::commands::naming::mail_state)]
        states: Vec<regatta_store::outbox::MailState>,
        /// Only to this address.
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        /// Only about this registration.
        #[arg(long, value_name = "REGISTRATION")]
        registration: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
        /// How.
        #[command(flatten)]
        written: Written,
    },
    /// Send mails as if they had never been tried: failed ones, aborted ones, and unknown ones that did not arrive.
    Retry(MailsToChange),
    /// Decide that mails are not to be sent.
    Abort(MailsToChange),
    /// Read one returned mail from standard input and note the address that it did not reach. For a mail server's pipe:
    /// only returns to an address of this portal's own making count.
    Bounce {
        /// The address the mail was returned to, where the server hands it over (`${recipient}`); else it is read from
        /// the mail.
        #[arg(long, value_name = "ADDRESS")]
        recipient: Option<String>,
    },
    /// List addresses that mail does not reach.
    Suppressions {
        /// How.
        #[command(flatten)]
        written: Written,
    },
    /// Write to an address again.
    Unsuppress {
        /// The address.
        address: String,
        /// Who and why.
        #[command(flatten)]
        accountable: Accountable,
    },
}

/// One or more mails to be changed alike.
#[derive(Clone, Debug, Args)]
pub struct MailsToChange {
    /// Their identities, or beginnings of them that fit no other.
    #[arg(required = true, value_name = "MAIL")]
    pub mails: Vec<String>,
    /// Who and why.
    #[command(flatten)]
    pub accountable: Accountable,
}

/// `regatta event …`
#[derive(Debug, Subcommand)]
pub enum Event {
    /// Open registration whatever its times say, until the event begins.
    Open(Switch),
    /// Close registration whatever its times say.
    Close(Switch),
    /// Set the number of seats; who has one keeps it, and free ones go to the waitlist.
    Capacity {
        /// The event: its id, its slug, or the beginning of either.
        event: String,
        /// So many on site.
        #[arg(long, value_name = "SEATS")]
        in_person: Option<u32>,
        /// So many on the web.
        #[arg(long, value_name = "SEATS")]
        online: Option<u32>,
        /// What the file says again.
        #[arg(long, conflicts_with_all = ["in_person", "online"], required_unless_present_any = ["in_person", "online"])]
        reset: bool,
        /// Who and why.
        #[command(flatten)]
        accountable: Accountable,
    },
    /// Show how an event stands: its seats, its registrations by state, what was decided otherwise.
    Show {
        /// The event: its id, its slug, or the beginning of either.
        event: String,
        /// How.
        #[command(flatten)]
        written: Written,
    },
    /// List what was said of an event afterwards.
    Feedback {
        /// The event: its id, its slug, or the beginning of either.
        event: String,
        /// How.
        #[command(flatten)]
        written: Written,
    },
}

/// Registration switched by hand.
#[derive(Clone, Debug, Args)]
pub struct Switch {
    /// The event: its id, its slug, or the beginning of either.
    pub event: String,
    /// Take the switch back: the times in the file count again.
    #[arg(long)]
    pub reset: bool,
    /// Who and why.
    #[command(flatten)]
    pub accountable: Accountable,
}

/// `regatta audit`
#[derive(Clone, Debug, Args)]
pub struct Audit {
    /// Only about this event, registration or mail.
    #[arg(long, value_name = "IDENTITY")]
    pub subject: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
    /// How.
    #[command(flatten)]
    pub written: Written,
}

/// `regatta tickets …`
#[derive(Debug, Subcommand)]
pub enum Tickets {
    /// Say whether a ticket is genuine, and whose; needs no database.
    Verify {
        /// What stands in the QR code.
        text: String,
        /// The portal's public key in hexadecimal digits (from /tickets/key.json); without it, this portal's own.
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
        /// Also say whether it is for this event.
        #[arg(long, value_name = "EVENT-ID")]
        event: Option<String>,
    },
}

/// `regatta database …`
#[derive(Debug, Subcommand)]
pub enum Database {
    /// Copy everything into an empty database of another kind, and compare the counts. Stop the portal first.
    Move {
        /// Where to, as in `database.url`: `postgres://USER:PASSWORD@HOST/DATABASE` or `sqlite:PATH`.
        #[arg(long, value_name = "URL")]
        to: String,
    },
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Table, Self::Csv, Self::Json]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.as_str()))
    }
}
