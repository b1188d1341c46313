//! An SMTP server on loopback that behaves as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::session::serve;

/// What the server does with one mail. Without instructions it accepts.
#[derive(Clone, Debug)]
pub enum Act {
    /// Takes the mail.
    Accept,
    /// Takes the mail and closes the connection after the answer.
    AcceptAndLeave,
    /// Takes the mail, and a moment later says 421 and closes the connection.
    AcceptAndExpire,
    /// Answers the sender so.
    AnswerSender(&'static str),
    /// Answers the recipient so.
    AnswerRecipient(&'static str),
    /// Answers the announcement of the text so.
    AnswerData(&'static str),
    /// Answers the text so.
    AnswerText(&'static str),
    /// Closes the connection instead of answering the sender.
    LeaveAtSender,
    /// Closes the connection instead of answering the recipient.
    LeaveAtRecipient,
    /// Closes the connection instead of answering the announcement of the text.
    LeaveAtData,
    /// Closes the connection after the first line of the text.
    LeaveInText,
    /// Reads the whole text and closes the connection instead of answering.
    LeaveAfterText,
    /// Says so at the recipient, and answers it once it may.
    WaitAtRecipient(Signal),
    /// Reads the whole text, says so, and takes it once it may.
    Wait(Signal),
}

/// How a waiting server and a test speak to each other.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Gets a permit each time the server has come to the point.
    pub reached: Arc<Semaphore>,
    /// The server goes on with a permit from here.
    pub go: Arc<Semaphore>,
}

impl Signal {
    /// Nobody has come to the point, nobody may go on.
    pub fn new() -> Self {
        Self { reached: Arc::new(Semaphore::new(0)), go: Arc::new(Semaphore::new(0)) }
    }

    /// Waits until the server has come to the point so often.
    pub async fn reached(&self, times: u32) {
        self.reached.acquire_many(times).await.unwrap().forget();
    }

    pub(super) async fn wait(&self) {
        self.reached.add_permits(1);
        self.go.acquire().await.unwrap().forget();
    }
}

/// How the server protects its connections.
#[derive(Clone)]
pub enum Protection {
    /// Not at all.
    Plain,
    /// From the first byte.
    Tls(TlsAcceptor),
    /// Once it is asked to.
    StartTls(TlsAcceptor),
    /// Speaks of something else where TLS is expected.
    Nonsense,
}

/// A text that came in, with its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The sender's path, as written.
    pub from: String,
    /// The recipients' paths, as written.
    pub to: Vec<String>,
    /// The text, dots unstuffed, without the final dot.
    pub text: Vec<u8>,
}

impl Received {
    /// Its Message-ID.
    pub fn message_id(&self) -> String {
        let text = String::from_utf8_lossy(&self.text);
        text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned()
    }
}

/// What the server is to do and what it saw.
#[derive(Default)]
pub(super) struct Book {
    pub(super) acts: VecDeque<Act>,
    pub(super) greetings: VecDeque<&'static str>,
    pub(super) received: Vec<Received>,
    pub(super) commands: Vec<String>,
    connections: usize,
}

/// A book that the server's connections and the test share.
#[derive(Clone, Default)]
pub(super) struct SharedBook(Arc<Mutex<Book>>);

impl SharedBook {
    pub(super) fn note<T>(&self, entry: impl FnOnce(&mut Book) -> T) -> T {
        entry(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The server. Serves until the test is over.
pub struct SmtpServer {
    address: SocketAddr,
    book: SharedBook,
}

impl SmtpServer {
    /// Starts a server that goes through `acts`, one per mail.
    pub async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::start_protected(acts, Protection::Plain).await
    }

    /// Starts a server that goes through `acts`, one per mail, over protected connections.
    pub async fn start_protected(acts: impl IntoIterator<Item = Act>, protection: Protection) -> Self {
        Self::start_on("127.0.0.1:0", acts, protection).await
    }

    /// Starts a server at this address.
    pub async fn start_on(
        address: &str,
        acts: impl IntoIterator<Item = Act>,
        protection: Protection,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = SharedBook::default();
        book.note(|book| book.acts = acts.into_iter().collect());
        let shared = book.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.note(|book| book.connections += 1);
                tokio::spawn(serve(stream, protection.clone(), shared.clone()));
            }
        });
        Self { address, book }
    }

    /// Greets the next connections so, instead of with a welcome, and closes them.
    pub fn turn_away(&self, greetings: impl IntoIterator<Item = &'static str>) {
        self.book.note(|book| book.greetings.extend(greetings));
    }

    /// The address in `mail.url` form, with a login before it.
    pub fn url_for(&self, login: &str) -> String {
        format!("smtp://{login}@{}", self.address)
    }

    /// The address in `mail.url` form.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything whose text came in, taken or not.
    pub fn received(&self) -> Vec<Received> {
        self.book.note(|book| book.received.clone())
    }

    /// The Message-IDs of everything whose text came in, sorted.
    pub fn received_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.received().iter().map(Received::message_id).collect();
        ids.sort();
        ids
    }

    /// The first words of all commands so far.
    pub fn commands(&self) -> Vec<String> {
        self.book.note(|book| book.commands.clone())
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.book.note(|book| book.connections)
    }
}
