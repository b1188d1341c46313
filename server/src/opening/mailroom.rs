//! The mail room: the worker that empties the outbox, as the operator configured it.

use std::sync::Arc;

use regatta_domain::ports::{Clock, Entropy};
use regatta_mail::{OutboxWorker, Stationery, Transport, WorkerParts, WorkerSettings, worker_name};

use super::desk::OpenDesk;
use super::{CLOSING_TIME, OpeningError};
use crate::config::{Config, Dkim, Mail, SecretKey};

/// What of the closing time the last mails may take; the rest is for what they wait for.
const SHARE_FOR_MAIL: u32 = 2;

/// The worker, which does nothing yet.
pub fn worker(
    config: &Config,
    open: &OpenDesk,
    clock: Arc<dyn Clock>,
    entropy: &dyn Entropy,
) -> Result<OutboxWorker, OpeningError> {
    Ok(OutboxWorker::new(WorkerParts {
        outbox: open.store.clone(),
        leases: open.store.clone(),
        letters: open.desk.clone(),
        transport: Transport::open(&config.mail.url, config.mail.connections)?,
        stationery: stationery(&config.mail, &open.secret_key)?,
        clock,
        wake: open.desk.bell(),
        settings: WorkerSettings {
            at_once: config.mail.connections,
            rates: config.mail.rates,
            drain: CLOSING_TIME / SHARE_FOR_MAIL,
        },
        name: worker_name(entropy),
    }))
}

fn stationery(mail: &Mail, secret_key: &SecretKey) -> Result<Stationery, OpeningError> {
    Ok(Stationery {
        sender: mail.from.clone(),
        dkim: mail.dkim.as_ref().map(Dkim::signer).transpose()?,
        return_paths: mail.return_paths(secret_key)?,
    })
}
