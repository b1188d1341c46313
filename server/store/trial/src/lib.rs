//! A private PostgreSQL server for as long as a test or a measurement runs.
//!
//! It lives in a temporary folder, listens on a Unix socket in that folder alone, and goes with the process that started
//! it, however that ends: a small shell (`supervise.sh`) waits for the end of a pipe, stops the
//! server and removes the folder. Whatever can go wrong here makes a test fail with the reason; nothing is skipped.
#![expect(clippy::panic, reason = "a test or a measurement without its database fails by panicking")]

mod account;
mod tools;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const SUPERVISE: &str = include_str!("supervise.sh");

/// What a commit is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It is not waited for the disk: for tests, whose server nobody needs after a power failure.
    Relaxed,
    /// It is on the disk when it is acknowledged, as it is in earnest: for measurements.
    Full,
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Relaxed => &["fsync = off", "full_page_writes = off"],
            Self::Full => &["fsync = on", "full_page_writes = on"],
        }
    }
}

/// Room for many tests at the same time, each with pools of its own.
const SETTINGS: [&str; 3] = ["listen_addresses = ''", "max_connections = 500", "shared_buffers = 64MB"];

/// A running server. Dropped, it is stopped and its folder removed.
#[derive(Debug)]
pub struct TrialServer {
    folder: PathBuf,
    supervisor: Child,
    talk: Mutex<Option<Talk>>,
    databases: AtomicU32,
}

/// The pipes to the supervisor: a line asks for a restart, the end of the pipe for the end; "ready" is its answer.
#[derive(Debug)]
struct Talk {
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl TrialServer {
    /// Starts a server and waits until it answers.
    ///
    /// # Panics
    ///
    /// Where no PostgreSQL is installed, with the words how to install it, and where it does not start.
    pub fn start(durability: Durability) -> Self {
        let tools = tools::find().unwrap_or_else(|missing| panic!("{missing}"));
        let folder = tempfile::Builder::new().prefix("regatta-trial-").tempdir();
        let folder = folder.unwrap_or_else(|why| panic!("no temporary folder: {why}"));
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SUPERVISE, "supervise"]).arg(tools).arg(folder.path());
        shell.args(SETTINGS).args(durability.settings());
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // The folder, because the working folder may be closed to the account; a group of its own, so that Ctrl-C in a
        // terminal reaches the tests alone, and the shell still cleans up after them.
        shell.current_dir(folder.path()).env("LC_ALL", "C").process_group(0);
        account::step_down(&mut shell, folder.path());
        let mut supervisor = shell.spawn().unwrap_or_else(|why| panic!("/bin/sh: {why}"));
        let (Some(orders), Some(answers)) = (supervisor.stdin.take(), supervisor.stdout.take()) else {
            panic!("the supervisor has no pipes");
        };
        let mut talk = Talk { orders, answers: BufReader::new(answers) };
        talk.wait_until_ready();
        // From here on the supervisor removes it.
        let folder = folder.keep();
        Self { folder, supervisor, talk: Mutex::new(Some(talk)), databases: AtomicU32::new(0) }
    }

    /// The server that all tests of this process share, started by the first that asks.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TrialServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Durability::Relaxed))
    }

    /// The address of a new database with nothing in it.
    ///
    /// # Panics
    ///
    /// Where the server does not make one.
    pub async fn database(&self) -> String {
        let name = format!("trial_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let created = async {
            let mut maintenance = PgConnection::connect(&self.url("postgres")).await?;
            maintenance.execute(AssertSqlSafe(format!("create database {name}"))).await?;
            maintenance.close().await
        };
        created.await.unwrap_or_else(|why| panic!("no new database: {why}"));
        self.url(&name)
    }

    /// Stops the server, breaking every connection, and starts it again. What was committed is still there.
    ///
    /// # Panics
    ///
    /// Where it does not come back.
    pub fn restart(&self) {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(talk) = talk.as_mut() else { return };
        talk.orders.write_all(b"restart\n").unwrap_or_else(|why| panic!("the supervisor is gone: {why}"));
        talk.wait_until_ready();
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://regatta@localhost/{database}?host={}", self.folder.display())
    }
}

impl Talk {
    /// Reads what the supervisor says up to the word that the server answers.
    fn wait_until_ready(&mut self) {
        let mut said = String::new();
        loop {
            let start = said.len();
            match self.answers.read_line(&mut said) {
                Ok(0) | Err(_) => panic!("PostgreSQL did not start:\n{said}"),
                Ok(_) if said[start..].trim_end() == "ready" => return,
                Ok(_) => {}
            }
        }
    }
}

impl Drop for TrialServer {
    fn drop(&mut self) {
        drop(self.talk.lock().unwrap_or_else(PoisonError::into_inner).take());
        // What it could not remove stays in the folder for temporary things; there is nobody to tell.
        drop(self.supervisor.wait());
    }
}
