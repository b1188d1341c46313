//! The mail room: the worker that empties the outbox, as the operator configured it.

use std::sync::Arc;

use regatta_domain::ports::{Clock, Entropy};
use regatta_mail::{
    DkimKey, DkimSigner, OutboxWorker, ReturnPaths, Stationery, Transport, WorkerParts, WorkerSettings,
    worker_name,
};

use super::desk::OpenDesk;
use super::{CLOSING_TIME, OpeningError};
use crate::config::{Config, Mail, SecretKey};

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
    let dkim = mail.dkim.as_ref().map(|dkim| {
        DkimSigner::new(&DkimKey {
            domain: dkim.domain.clone(),
            selector: dkim.selector.clone(),
            private_key: dkim.key.reveal().to_owned(),
        })
    });
    Ok(Stationery {
        sender: mail.from.clone(),
        dkim: dkim.transpose()?,
        return_paths: return_paths(mail, secret_key)?,
    })
}

/// Where mail comes back to that cannot be delivered, where an address for that is configured.
pub fn return_paths(mail: &Mail, secret_key: &SecretKey) -> Result<Option<ReturnPaths>, OpeningError> {
    let paths = mail.bounces.as_ref().map(|address| ReturnPaths::new(secret_key.bytes(), address));
    Ok(paths.transpose()?)
}
