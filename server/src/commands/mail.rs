//! `regatta mail …`: what is owed, what failed, and what to do about it.

use std::io::Read;
use std::sync::Arc;

use regatta_domain::email_address::EmailAddress;
use regatta_domain::ports::Clock;
use regatta_mail::bounce::MAX_BOUNCE_BYTES;
use regatta_mail::{BounceOutcome, Intake, ReturnPaths};
use regatta_store::outbox::{MailFilter, MailState, MailSubject, StoredMail};
use regatta_store::records::AuditEntry;
use serde_json::{Value, json};

use super::naming;
use super::office::{CommandError, Office, actor, print, say};
use super::output::{Format, Listing};
use crate::cli::{Accountable, MailsToChange};
use crate::opening::OpeningError;
use crate::world::WallClock;

/// The headings of lists of mails.
const HEADINGS: [&str; 10] =
    ["id", "state", "kind", "to", "about", "attempts", "created_at", "due_at", "settled_at", "why"];

/// Which mails to list.
pub struct Listed<'a> {
    /// In one of these states.
    pub states: &'a [MailState],
    /// To this address.
    pub to: Option<&'a str>,
    /// About this registration.
    pub registration: Option<&'a str>,
    /// At most so many.
    pub limit: u32,
}

/// Lists mails, newest first.
pub async fn list(office: &Office, listed: Listed<'_>, format: Format) -> Result<(), CommandError> {
    let registration = match listed.registration {
        Some(name) => Some(naming::registration(&*office.store, name).await?.id),
        None => None,
    };
    let filter = MailFilter {
        states: listed.states.to_vec(),
        registration,
        recipient: listed.to.map(normalized).transpose()?,
        limit: listed.limit,
    };
    print(&mails(&office.store.mails(&filter).await?), format)
}

/// Mails under their headings.
pub fn mails(mails: &[StoredMail]) -> Listing {
    let mut listing = Listing::new(HEADINGS);
    for mail in mails {
        let at = |at: Option<jiff::Timestamp>| at.map_or(Value::Null, |at| json!(format!("{at:.0}")));
        listing.push(vec![
            json!(mail.id.as_str()),
            json!(mail.state.as_str()),
            json!(mail.kind.as_str()),
            json!(mail.recipient.as_ref().map(ToString::to_string)),
            json!(subject(&mail.subject)),
            json!(mail.attempts),
            at(Some(mail.created_at)),
            at(Some(mail.due_at)),
            at(mail.settled_at),
            json!(mail.why),
        ]);
    }
    listing
}

fn subject(subject: &MailSubject) -> String {
    match subject {
        MailSubject::Registration(id) => format!("registration {id}"),
        MailSubject::Follow { follow, event: None } => format!("follow {follow}"),
        MailSubject::Follow { follow, event: Some(event) } => format!("follow {follow}, event {event}"),
    }
}

/// Makes mails due as if they had never been tried.
pub async fn retry(office: &Office, asked: &MailsToChange) -> Result<(), CommandError> {
    let retryable = [MailState::Failed, MailState::Unknown, MailState::Aborted, MailState::Retrying];
    for name in &asked.mails {
        let mail = naming::mail(&*office.store, name).await?;
        let was = office.store.retry(&mail.id, WallClock.now()).await?;
        settled("retry", office, &mail, was, &retryable, &asked.accountable).await?;
    }
    Ok(())
}

/// Decides that mails are not to be sent.
pub async fn abort(office: &Office, asked: &MailsToChange) -> Result<(), CommandError> {
    let abortable = [MailState::Queued, MailState::Retrying, MailState::Failed, MailState::Unknown];
    for name in &asked.mails {
        let mail = naming::mail(&*office.store, name).await?;
        let why = format!(
            "aborted by {}: {}",
            actor(asked.accountable.actor.as_deref())?,
            asked.accountable.reason
        );
        let was = office.store.abort(&mail.id, &why, WallClock.now()).await?;
        settled("abort", office, &mail, was, &abortable, &asked.accountable).await?;
    }
    Ok(())
}

/// Tells what came of it, and writes it down where something did.
async fn settled(
    action: &str,
    office: &Office,
    mail: &StoredMail,
    was: Option<MailState>,
    possible: &[MailState],
    accountable: &Accountable,
) -> Result<(), CommandError> {
    let was = was.ok_or_else(|| CommandError::Refused(format!("the mail {} is gone", mail.id)))?;
    if !possible.contains(&was) || (action == "retry" && mail.recipient.is_none()) {
        let why = if mail.recipient.is_none() { "its recipient was erased" } else { was.as_str() };
        return Err(CommandError::Refused(format!("cannot {action} the mail {}: {why}", mail.id)));
    }
    let detail = format!("was {}", was.as_str());
    write_down(office, action, mail.id.as_str(), &detail, accountable).await?;
    say(&format!("{}: {action}, was {}", mail.id, was.as_str()))
}

/// Writes into the audit log what was done to mail.
async fn write_down(
    office: &Office,
    action: &str,
    subject: &str,
    detail: &str,
    accountable: &Accountable,
) -> Result<(), CommandError> {
    let entry = AuditEntry {
        at: WallClock.now(),
        actor: actor(accountable.actor.as_deref())?,
        action: format!("mail {action}"),
        subject: subject.to_owned(),
        reason: accountable.reason.clone(),
        detail: detail.to_owned(),
    };
    Ok(office.store.audit_alone(&entry).await?)
}

/// Reads a returned mail from standard input and notes the address that it did not reach.
pub async fn bounce(office: &Office, recipient: Option<&str>) -> Result<(), CommandError> {
    let paths = office.config.mail.return_paths(&office.secret_key).map_err(OpeningError::from)?.ok_or_else(
        || CommandError::Refused("mail.bounces is not configured, so no mail can come back to it".to_owned()),
    )?;
    let mut message = Vec::new();
    // One byte more than is taken, so that what is too long is seen to be.
    std::io::stdin().lock().take(MAX_BOUNCE_BYTES as u64 + 1).read_to_end(&mut message)?;
    let recipient = match recipient {
        Some(recipient) => recipient.to_owned(),
        None => own_address(&message, &paths).ok_or_else(|| {
            CommandError::Refused("none of its recipients is a return address of this portal".to_owned())
        })?,
    };
    let intake = Intake { outbox: office.store.clone(), paths, clock: Arc::new(WallClock) };
    match intake.take(&recipient, &message).await {
        Ok(outcome) => say(&taken_in(&outcome)),
        Err(refused) => Err(CommandError::Refused(refused.to_string())),
    }
}

/// The first of its recipients, as its head names them, that is a return address of ours.
fn own_address(message: &[u8], paths: &ReturnPaths) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let head = text.lines().take_while(|line| !line.trim().is_empty());
    let words = head.flat_map(|line| line.split(|c: char| c.is_whitespace() || "<>,;\"".contains(c)));
    words.filter(|word| word.contains('@')).find(|word| paths.authenticate(word).is_some()).map(str::to_owned)
}

fn taken_in(outcome: &BounceOutcome) -> String {
    match outcome {
        BounceOutcome::Suppressed { mail, address } => {
            format!("{mail}: {address} does not work; it gets no mail any more")
        }
        BounceOutcome::Refused { mail, status } => format!("{mail}: refused ({status}), not for its address"),
        BounceOutcome::Underway { mail } => format!("{mail}: delivered or on its way"),
        BounceOutcome::Erased { mail } => format!("{mail}: its recipient was erased meanwhile"),
    }
}

/// Lists addresses that mail does not reach.
pub async fn suppressions(office: &Office, format: Format) -> Result<(), CommandError> {
    let mut listing = Listing::new(["address", "since", "why"]);
    for one in office.store.suppressions().await? {
        listing.push(vec![json!(one.address), json!(format!("{:.0}", one.since)), json!(one.why)]);
    }
    print(&listing, format)
}

/// Writes to an address again.
pub async fn unsuppress(
    office: &Office,
    address: &str,
    accountable: &Accountable,
) -> Result<(), CommandError> {
    // The audit log names no people.
    actor(accountable.actor.as_deref())?;
    if !office.store.unsuppress(&normalized(address)?).await? {
        return Err(CommandError::Refused(format!(
            "{address} is not among the addresses that mail does not reach"
        )));
    }
    write_down(office, "unsuppress", "an address", "", accountable).await?;
    say(&format!("{address}: mail is sent there again"))
}

fn normalized(address: &str) -> Result<String, CommandError> {
    let address: EmailAddress = address
        .parse()
        .map_err(|_| CommandError::Refused(format!("{address:?} is not an address of mail")))?;
    Ok(address.normalized())
}
