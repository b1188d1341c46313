//! A mail server that takes everything and remembers it (RFC 5321, as much as a client needs).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One mail as it was taken.
#[derive(Clone)]
pub struct Taken {
    pub message_id: String,
    pub recipient: String,
    pub text: String,
}

/// The server; it works as long as its runtime does.
#[derive(Clone, Default)]
pub struct MailServer {
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl MailServer {
    /// Starts on a free loopback port.
    pub async fn start() -> (Self, u16) {
        let server = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::clone(&server.taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let taken = Arc::clone(&taken);
                tokio::spawn(async move {
                    // A client that is killed in the middle is part of the exercise.
                    let _ = talk(stream, &taken).await;
                });
            }
        });
        (server, port)
    }

    /// Everything that was taken after the first `from`.
    pub fn since(&self, from: usize) -> Vec<Taken> {
        let taken = self.taken.lock().unwrap();
        taken.get(from..).unwrap_or_default().to_vec()
    }

    pub fn count(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    /// How often each message was taken, by the left half of its Message-ID.
    pub fn by_message(&self) -> HashMap<String, usize> {
        let mut count = HashMap::new();
        for mail in self.taken.lock().unwrap().iter() {
            let id = mail.message_id.trim_start_matches('<').split('@').next().unwrap_or_default();
            *count.entry(id.to_owned()).or_default() += 1;
        }
        count
    }
}

async fn talk(stream: TcpStream, taken: &Mutex<Vec<Taken>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut recipient = String::new();
    say(&mut stream, "220 mail.example.org ESMTP").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end();
        match command.get(..4).unwrap_or(command).to_ascii_uppercase().as_str() {
            "EHLO" => say(&mut stream, "250-mail.example.org\r\n250 8BITMIME").await?,
            "RCPT" => {
                recipient = command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                say(&mut stream, "250 ok").await?;
            }
            "DATA" => {
                say(&mut stream, "354 go ahead").await?;
                let text = read_text(&mut stream).await?;
                let message_id = field(&text, "message-id").unwrap_or_default();
                // Remembered before it is acknowledged: what a server has taken it has taken, heard or not.
                taken.lock().unwrap().push(Taken { message_id, recipient: recipient.clone(), text });
                say(&mut stream, "250 taken").await?;
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => say(&mut stream, "250 ok").await?,
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> std::io::Result<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await
}

async fn read_text(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(&line);
    }
}

fn field(text: &str, wanted: &str) -> Option<String> {
    text.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
    })
}

impl Taken {
    /// The first address in the text that contains `part`, with soft line breaks undone (RFC 2045 section 6.7).
    pub fn link(&self, part: &str) -> Option<String> {
        let text = self.text.replace("=\r\n", "").replace("=3D", "=");
        let at = text.find(part)?;
        let start = text[..at].rfind("http")?;
        let end = text[at..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'));
        Some(text[start..end.map_or(text.len(), |end| at + end)].to_owned())
    }
}
