//! A visitor's browser as far as a bench needs one: a connection for each request, as in a crowd, and the hidden fields
//! of a form sent back with it.

use std::io;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a visitor waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

pub async fn get(port: u16, path: &str) -> io::Result<Answer> {
    exchange(port, format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"))
        .await
}

pub async fn post(port: u16, path: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
    let body = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect::<Vec<_>>()
        .join("&");
    let length = body.len();
    exchange(
        port,
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
    .await
}

/// Registers through the form: its hidden fields go back as they came.
pub async fn register(port: u16, meetup: &str, form: &Answer, email: &str) -> io::Result<Answer> {
    let token = hidden(&form.body, "form").unwrap_or_default();
    let fields = [("name", "Ada"), ("email", email), ("language", "en"), ("form", &token), ("website", "")];
    post(port, &format!("/events/{meetup}/register"), &fields).await
}

/// The value of a hidden field.
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let named = format!("name=\"{name}\"");
    let mut tags = page.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or(rest));
    let tag = tags.find(|tag| tag.contains(&named))?;
    let (_, value) = tag.split_once("value=\"")?;
    value.split('"').next().map(ToOwned::to_owned)
}

async fn exchange(port: u16, request: String) -> io::Result<Answer> {
    let whole = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        answer(&String::from_utf8_lossy(&bytes))
    };
    tokio::time::timeout(PATIENCE, whole).await?
}

fn answer(text: &str) -> io::Result<Answer> {
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let field = |wanted: &str| {
        lines.clone().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let whole = field("content-length").and_then(|length| length.parse::<usize>().ok());
    if whole.is_some_and(|length| body.len() < length) {
        return Err(cut());
    }
    Ok(Answer { status: status.ok_or_else(cut)?, location: field("location"), body: body.to_owned() })
}
