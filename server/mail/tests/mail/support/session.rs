//! One connection to the server of these tests.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::smtp_server::{Act, Protection, Received, SharedBook};

/// The one login that is welcome: user `portal`, password `secret` (RFC 4616).
const LOGIN: &str = "AUTH PLAIN AHBvcnRhbABzZWNyZXQ=";

/// What is spoken over.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

struct Session {
    wire: BufReader<Box<dyn Wire>>,
    /// Until it has begun.
    starttls: Option<TlsAcceptor>,
    book: SharedBook,
    act: Act,
    mail: Received,
}

pub(super) async fn serve(mut stream: TcpStream, protection: Protection, book: SharedBook) -> io::Result<()> {
    let (wire, starttls): (Box<dyn Wire>, _) = match protection {
        Protection::Plain => (Box::new(stream), None),
        Protection::Tls(acceptor) => (Box::new(acceptor.accept(stream).await?), None),
        Protection::StartTls(acceptor) => (Box::new(stream), Some(acceptor)),
        Protection::Nonsense => return stream.write_all(b"220 here is no TLS, but a greeting\r\n").await,
    };
    let mail = Received { from: String::new(), to: Vec::new(), text: Vec::new() };
    let mut session = Session { wire: BufReader::new(wire), starttls, book, act: Act::Accept, mail };
    if let Some(greeting) = session.book.note(|book| book.greetings.pop_front()) {
        return session.say(greeting).await;
    }
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
        self.book.note(|book| book.commands.push(verb.clone()));
        match verb.as_str() {
            "EHLO" => self.introduce().await?,
            "STARTTLS" => self.protect().await?,
            "AUTH" if line == LOGIN => self.say("235 welcome").await?,
            "AUTH" => self.say("535 5.7.8 wrong password").await?,
            "MAIL" => return self.begin(&line).await,
            "RCPT" => return self.address(&line).await,
            "DATA" => return self.take_text().await,
            "QUIT" => {
                self.say("221 bye").await?;
                return Ok(false);
            }
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

    async fn begin(&mut self, line: &str) -> io::Result<bool> {
        self.act = self.book.note(|book| book.acts.pop_front()).unwrap_or(Act::Accept);
        self.mail = Received { from: path(line), to: Vec::new(), text: Vec::new() };
        match self.act {
            Act::LeaveAtSender => return Ok(false),
            Act::AnswerSender(answer) => self.say(answer).await?,
            _ => self.say("250 sender ok").await?,
        }
        Ok(true)
    }

    async fn address(&mut self, line: &str) -> io::Result<bool> {
        match self.act.clone() {
            Act::LeaveAtRecipient => return Ok(false),
            Act::AnswerRecipient(answer) => {
                self.say(answer).await?;
                return Ok(true);
            }
            Act::WaitAtRecipient(signal) => signal.wait().await,
            _ => {}
        }
        self.mail.to.push(path(line));
        self.say("250 recipient ok").await?;
        Ok(true)
    }

    async fn take_text(&mut self) -> io::Result<bool> {
        match self.act {
            Act::LeaveAtData => return Ok(false),
            Act::AnswerData(answer) => {
                self.say(answer).await?;
                return Ok(true);
            }
            _ => self.say("354 go ahead").await?,
        }
        loop {
            let line = self.line().await?;
            match line.as_slice() {
                b"" => return Ok(false),
                b".\r\n" => break,
                stuffed => self.mail.text.extend(stuffed.strip_prefix(b".").unwrap_or(stuffed)),
            }
            if matches!(self.act, Act::LeaveInText) {
                return Ok(false);
            }
        }
        self.book.note(|book| book.received.push(self.mail.clone()));
        self.answer_text().await
    }

    async fn answer_text(&mut self) -> io::Result<bool> {
        match self.act.clone() {
            Act::LeaveAfterText => return Ok(false),
            Act::AnswerText(answer) => self.say(answer).await?,
            Act::Wait(signal) => {
                signal.wait().await;
                self.say("250 taken").await?;
            }
            Act::AcceptAndExpire => {
                self.say("250 taken").await?;
                self.say("421 4.4.2 nothing was said for too long").await?;
                return Ok(false);
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
