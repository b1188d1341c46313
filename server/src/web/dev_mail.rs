//! The mail that was caught, for whoever develops on this machine. These routes do not exist in production.

use std::io;

use axum::extract::{Path, State};
use regatta_app::pages::dev_mail::{DevMailEntry, DevMailView, DevMailsView, dev_mail, dev_mails};
use regatta_mail::mailbox::{MailSummary, Mailbox};
use regatta_mail::transport::MailUrl;
use regatta_mail::transport::folder::MailFileName;

use super::errors::Refusal;
use super::site::{PageResult, page, shell};
use super::state::Portal;

/// `GET /dev/mail`
pub async fn list(State(portal): State<Portal>) -> PageResult {
    let mails = in_mailbox(&portal, Mailbox::list).await?;
    let folder = match &portal.config.mail.url {
        MailUrl::Folder(path) => path.display().to_string(),
        MailUrl::Smtp(_) => String::new(),
    };
    let view = DevMailsView { mails: mails.into_iter().map(entry).collect(), folder };
    Ok(page(dev_mails(&shell(&portal, &portal.shelf.library()), &view)))
}

/// `GET /dev/mail/{name}`
pub async fn read(State(portal): State<Portal>, Path(name): Path<String>) -> PageResult {
    let name: MailFileName = name.parse().map_err(|_| Refusal::NotFound)?;
    let mail = in_mailbox(&portal, move |mailbox| mailbox.read(&name)).await?.ok_or(Refusal::NotFound)?;
    let view = DevMailView { entry: entry(mail.summary), text: mail.text, raw: mail.raw };
    Ok(page(dev_mail(&shell(&portal, &portal.shelf.library()), &view)))
}

fn entry(mail: MailSummary) -> DevMailEntry {
    DevMailEntry { name: mail.name.to_string(), subject: mail.subject, to: mail.to, at: mail.date }
}

/// Reads the mailbox where reading files may block.
async fn in_mailbox<T: Send + 'static>(
    portal: &Portal,
    read: impl FnOnce(&Mailbox) -> io::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let mailbox = portal.mailbox.clone().ok_or(Refusal::NotFound)?;
    let read = tokio::task::spawn_blocking(move || read(&mailbox)).await;
    read.map_err(io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, "the mailbox cannot be read");
        Refusal::Internal
    })
}
