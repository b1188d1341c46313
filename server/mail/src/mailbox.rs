//! Reading what the folder transport wrote, for the page that shows it in development.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MimeHeaders};

use crate::transport::folder::MailFileName;

/// The most mails that are listed: the latest.
const MAX_LISTED: usize = 200;
/// The longest mail that is read, in bytes; ours are far shorter.
const MAX_BYTES: u64 = 256 * 1024;

/// A folder of mails.
#[derive(Clone, Debug)]
pub struct Mailbox {
    path: PathBuf,
}

/// A mail in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSummary {
    /// Its file.
    pub name: MailFileName,
    /// Its date.
    pub date: Option<Timestamp>,
    /// To whom it goes.
    pub to: String,
    /// What it is about.
    pub subject: String,
}

/// A mail, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedMail {
    /// What the list says of it.
    pub summary: MailSummary,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The calendar part, where there is one.
    pub calendar: Option<String>,
    /// The whole file, as it was sent.
    pub raw: String,
}

impl Mailbox {
    /// The mailbox in `path`, which need not exist yet.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The latest mails, newest first, at most 200. Files that are no mails of ours are passed over. Reads files: call
    /// it where blocking is allowed.
    pub fn list(&self) -> io::Result<Vec<MailSummary>> {
        let names = self.newest_names()?;
        let opened = names.iter().filter_map(|name| self.read(name).transpose());
        opened.map(|mail| mail.map(|mail| mail.summary)).collect()
    }

    /// The mail in the file `name`; `None` where there is none, or none that can be read as a mail.
    pub fn read(&self, name: &MailFileName) -> io::Result<Option<OpenedMail>> {
        let Some(bytes) = read_file(&self.path.join(name.as_str()))? else { return Ok(None) };
        Ok(MessageParser::default().parse(&bytes).map(|message| opened(name, &message)))
    }

    fn newest_names(&self) -> io::Result<Vec<MailFileName>> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().to_str().and_then(|name| name.parse::<MailFileName>().ok()));
        }
        names.sort_by(|a, b| b.cmp(a));
        names.truncate(MAX_LISTED);
        Ok(names)
    }
}

/// The content of a plain file of bearable size; a link is not followed.
fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(data) if !data.is_file() || data.len() > MAX_BYTES => return Ok(None),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn opened(name: &MailFileName, message: &Message<'_>) -> OpenedMail {
    let to = message.to().and_then(|to| to.first()).and_then(|to| to.address());
    let calendar = message.parts.iter().find(|part| part.is_content_type("text", "calendar"));
    OpenedMail {
        summary: MailSummary {
            name: name.clone(),
            date: message.date().and_then(|date| Timestamp::from_second(date.to_timestamp()).ok()),
            to: to.unwrap_or_default().to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
        },
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        calendar: calendar.map(|part| String::from_utf8_lossy(part.contents()).into_owned()),
        raw: String::from_utf8_lossy(message.raw_message()).into_owned(),
    }
}
