//! Counting what came of mails.

use std::sync::atomic::{AtomicU64, Ordering};

use regatta_store::outbox::Settlement;

/// How many attempts of one worker came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// A server took the mail.
    pub sent: u64,
    /// The mail is tried again.
    pub retried: u64,
    /// The mail never will be sent.
    pub failed: u64,
    /// Nobody knows whether the mail arrived.
    pub unknown: u64,
    /// There was nothing to tell any more.
    pub dropped: u64,
}

/// The same, while it is being counted.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    sent: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
    unknown: AtomicU64,
    dropped: AtomicU64,
}

impl Tallies {
    pub(super) fn count(&self, settlement: &Settlement) {
        let counted = match settlement {
            Settlement::Sent => &self.sent,
            Settlement::Retry { .. } => &self.retried,
            Settlement::Failed { .. } => &self.failed,
            Settlement::Unknown { .. } => &self.unknown,
            Settlement::Dropped { .. } => &self.dropped,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Tally {
        let [sent, retried, failed, unknown, dropped] =
            [&self.sent, &self.retried, &self.failed, &self.unknown, &self.dropped]
                .map(|count| count.load(Ordering::Relaxed));
        Tally { sent, retried, failed, unknown, dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_is_counted_for_itself() {
        let tallies = Tallies::default();
        tallies.count(&Settlement::Sent);
        tallies.count(&Settlement::Sent);
        tallies.count(&Settlement::Failed { why: "no such mailbox".into() });
        assert_eq!(tallies.read(), Tally { sent: 2, failed: 1, ..Tally::default() });
    }
}
