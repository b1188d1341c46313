//! Mail into a folder: one `.eml` file per mail, readable by its owner only.

use std::fmt;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::Timestamp;
use regatta_domain::ids::MailId;

use super::error::{SendError, TransportError};
use crate::mime::Outgoing;

/// A folder that mail is written into.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// The name of a mail's file: its time in UTC to the microsecond, then its identity, so that names sort by time and no
/// two mails share one. As it holds neither slashes nor a leading dot, it cannot lead out of the folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailFileName(String);

/// Why a text is no [`MailFileName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mail's file is named by its time and its identity")]
pub struct MailFileNameError;

impl Folder {
    pub(super) fn open(path: PathBuf) -> Result<Self, TransportError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map_err(|source| TransportError::Folder { path: path.clone(), source })?;
        Ok(Self { path })
    }

    pub(super) async fn write(&self, mail: &Outgoing) -> Result<(), SendError> {
        let path = self.path.clone();
        let name = MailFileName::of(mail);
        let bytes = mail.bytes.clone();
        let written = tokio::task::spawn_blocking(move || write_whole(&path, &name, &bytes)).await;
        let written = written.unwrap_or_else(|died| Err(io::Error::other(died)));
        written.map_err(|error| SendError::Unready(error.to_string()))
    }
}

/// Writes the file under another name first, so that a reader never finds half a mail.
fn write_whole(folder: &Path, name: &MailFileName, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}"));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name.as_str()))
}

impl MailFileName {
    const TIME_FORM: &str = "%Y%m%dT%H%M%S.%6fZ";
    const TIME_PATTERN: &str = "ddddddddTdddddd.ddddddZ";

    fn of(mail: &Outgoing) -> Self {
        Self::new(mail.date, &mail.id)
    }

    fn new(date: Timestamp, id: &MailId) -> Self {
        Self(format!("{}-{id}.eml", date.strftime(Self::TIME_FORM)))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MailFileName {
    type Err = MailFileNameError;

    fn from_str(text: &str) -> Result<Self, MailFileNameError> {
        let parts = text.strip_suffix(".eml").and_then(|stem| stem.split_once('-'));
        let (time, id) = parts.ok_or(MailFileNameError)?;
        let fits = |(c, pattern): (u8, u8)| if pattern == b'd' { c.is_ascii_digit() } else { c == pattern };
        let timed =
            time.len() == Self::TIME_PATTERN.len() && time.bytes().zip(Self::TIME_PATTERN.bytes()).all(fits);
        if timed && id.parse::<MailId>().is_ok() { Ok(Self(text.to_owned())) } else { Err(MailFileNameError) }
    }
}

impl fmt::Display for MailFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_sort_by_time() {
        let id: MailId = "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
        let name = |time: &str| MailFileName::new(time.parse().unwrap(), &id);
        let first = name("2026-09-01T12:00:00.000009Z");
        assert_eq!(first.as_str(), "20260901T120000.000009Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.eml");
        assert_eq!(first.as_str().parse(), Ok(first.clone()));
        assert!(first < name("2026-09-01T12:00:00.00001Z"));
    }

    #[test]
    fn nothing_else_is_a_name() {
        for bad in [
            "",
            ".eml",
            "../20260901T120000.000009Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.eml",
            "20260901T120000.000009Z-../../../etc/passwd.eml",
            "20260901T120000.000009Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.eml/..",
            ".20260901T120000.000009Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.eml",
            "20260901T120000/000009Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.eml",
        ] {
            assert_eq!(bad.parse::<MailFileName>(), Err(MailFileNameError), "{bad:?}");
        }
    }
}
