//! An SMTP server on loopback that behaves as it is told.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

/// The one login that is welcome: user `portal`, password `secret` (RFC 4616).
const LOGIN: &str = "AUTH PLAIN AHBvcnRhbABzZWNyZXQ=";

/// What the server does with one mail. Without instructions it accepts.
#[derive(Clone, Debug)]
pub enum Act {
    /// Takes the mail.
    Accept,
    /// Takes the mail and closes the connection after the answer.
    AcceptAndLeave,
    /// Answers the sender so.
    AnswerSender(&'static str),
    /// Answers the recipient so.
    AnswerRecipient(&'static str),
    /// Answers the text so.
    AnswerText(&'static str),
    /// Closes the connection instead of answering the recipient.
    LeaveAtRecipient,
    /// Reads the whole text and closes the connection instead of answering.
    LeaveAfterText,
    /// Reads the whole text, says so to `reached`, and answers once `go` is given.
    Wait {
        /// Notified when the text was read.
        reached: Arc<Notify>,
        /// Awaited before the answer.
        go: Arc<Notify>,
    },
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

#[derive(Default)]
struct Book {
    acts: VecDeque<Act>,
    received: Vec<Received>,
    commands: Vec<String>,
    connections: usize,
}

/// The server. Serves until the test is over.
pub struct SmtpServer {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
}

impl SmtpServer {
    /// Starts a server that goes through `acts`, one per mail.
    pub async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::start_protected(acts, Protection::Plain).await
    }

    /// Starts a server that goes through `acts`, one per mail, over protected connections.
    pub async fn start_protected(acts: impl IntoIterator<Item = Act>, protection: Protection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book { acts: acts.into_iter().collect(), ..Book::default() }));
        let shared = Arc::clone(&book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                note(&shared, |book| book.connections += 1);
                tokio::spawn(serve(stream, protection.clone(), Arc::clone(&shared)));
            }
        });
        Self { address, book }
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
        note(&self.book, |book| book.received.clone())
    }

    /// The first words of all commands so far.
    pub fn commands(&self) -> Vec<String> {
        note(&self.book, |book| book.commands.clone())
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        note(&self.book, |book| book.connections)
    }
}

fn note<T>(book: &Mutex<Book>, entry: impl FnOnce(&mut Book) -> T) -> T {
    entry(&mut book.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What is spoken over.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

struct Session {
    wire: BufReader<Box<dyn Wire>>,
    /// Until it has begun.
    starttls: Option<TlsAcceptor>,
    book: Arc<Mutex<Book>>,
    act: Act,
    mail: Received,
}

async fn serve(stream: TcpStream, protection: Protection, book: Arc<Mutex<Book>>) -> io::Result<()> {
    let (wire, starttls): (Box<dyn Wire>, _) = match protection {
        Protection::Plain => (Box::new(stream), None),
        Protection::Tls(acceptor) => (Box::new(acceptor.accept(stream).await?), None),
        Protection::StartTls(acceptor) => (Box::new(stream), Some(acceptor)),
    };
    let mail = Received { from: String::new(), to: Vec::new(), text: Vec::new() };
    let mut session = Session { wire: BufReader::new(wire), starttls, book, act: Act::Accept, mail };
    session.say("220 test.example.org ready").await?;
    while session.obey().await? {}
    Ok(())
}

impl Session {
    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.wire.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.wire.flush().await
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.wire.read_until(b'\n', &mut line).await?;
        Ok(line)
    }

    /// Obeys one command; `false` where the connection is to be closed.
    async fn obey(&mut self) -> io::Result<bool> {
        let line = String::from_utf8_lossy(&self.line().await?).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        if verb.is_empty() {
            return Ok(false);
        }
        note(&self.book, |book| book.commands.push(verb.clone()));
        match (verb.as_str(), self.act.clone()) {
            ("AUTH", _) if line == LOGIN => self.say("235 welcome").await?,
            ("AUTH", _) => self.say("535 5.7.8 wrong password").await?,
            ("MAIL", _) => self.begin(&line).await?,
            ("RCPT", Act::AnswerRecipient(answer)) => self.say(answer).await?,
            ("RCPT", Act::LeaveAtRecipient) => return Ok(false),
            ("RCPT", _) => {
                self.mail.to.push(path(&line));
                self.say("250 recipient ok").await?;
            }
            ("DATA", _) => return self.take_text().await,
            ("QUIT", _) => {
                self.say("221 bye").await?;
                return Ok(false);
            }
            ("EHLO", _) => self.introduce().await?,
            ("STARTTLS", _) => self.protect().await?,
            _ => self.say("250 ok").await?,
        }
        Ok(true)
    }

    async fn introduce(&mut self) -> io::Result<()> {
        let starttls = if self.starttls.is_some() { "250-STARTTLS\r\n" } else { "" };
        self.say(&format!("250-test.example.org\r\n{starttls}250-AUTH PLAIN\r\n250 8BITMIME")).await
    }

    async fn protect(&mut self) -> io::Result<()> {
        let Some(acceptor) = self.starttls.take() else { return self.say("502 5.5.1 not here").await };
        self.say("220 go ahead").await?;
        let nothing: BufReader<Box<dyn Wire>> = BufReader::new(Box::new(tokio::io::empty()));
        let open = std::mem::replace(&mut self.wire, nothing).into_inner();
        self.wire = BufReader::new(Box::new(acceptor.accept(open).await?));
        Ok(())
    }

    async fn begin(&mut self, line: &str) -> io::Result<()> {
        self.act = note(&self.book, |book| book.acts.pop_front()).unwrap_or(Act::Accept);
        self.mail = Received { from: path(line), to: Vec::new(), text: Vec::new() };
        match self.act {
            Act::AnswerSender(answer) => self.say(answer).await,
            _ => self.say("250 sender ok").await,
        }
    }

    async fn take_text(&mut self) -> io::Result<bool> {
        self.say("354 go ahead").await?;
        loop {
            let line = self.line().await?;
            match line.as_slice() {
                b"" => return Ok(false),
                b".\r\n" => break,
                stuffed => self.mail.text.extend(stuffed.strip_prefix(b".").unwrap_or(stuffed)),
            }
        }
        note(&self.book, |book| book.received.push(self.mail.clone()));
        match self.act.clone() {
            Act::LeaveAfterText => return Ok(false),
            Act::AnswerText(answer) => self.say(answer).await?,
            Act::Wait { reached, go } => {
                reached.notify_one();
                go.notified().await;
                self.say("250 taken").await?;
            }
            _ => self.say("250 taken").await?,
        }
        Ok(!matches!(self.act, Act::AcceptAndLeave))
    }
}

/// What stands between the angle brackets.
fn path(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path).to_owned()
}
