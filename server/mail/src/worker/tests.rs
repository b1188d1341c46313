use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use regatta_domain::ids::MailId;
use regatta_store::outbox::{MailKind, NewMail, OutboxHealth};
use tokio::time::Instant;

use super::*;
use crate::letter::{Letter, LetterError};
use crate::mailbox::Mailbox;
use crate::samples;

/// A clock that goes with the runtime's, which jumps ahead whenever everything waits.
struct RuntimeClock {
    began: Instant,
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.began.elapsed()
    }
}

/// An outbox of one mail, owed until it is settled for good.
struct OneMail {
    due: Mutex<Option<Timestamp>>,
    mail: NewMail,
    settled: Mutex<Vec<(Settlement, Timestamp)>>,
    done: CancellationToken,
}

#[async_trait]
impl OutboxStore for OneMail {
    async fn claim(&self, now: Timestamp) -> Result<Option<ClaimedMail>, StoreError> {
        let claimed = held(&self.due).take_if(|due| *due <= now);
        let attempt = u32::try_from(held(&self.settled).len()).unwrap() + 1;
        Ok(claimed.map(|_| ClaimedMail { mail: self.mail.clone(), attempt }))
    }

    async fn settle(&self, _: &MailId, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        held(&self.settled).push((settlement.clone(), now));
        match settlement {
            Settlement::Retry { at, .. } => *held(&self.due) = Some(*at),
            _ => self.done.cancel(),
        }
        Ok(())
    }

    async fn mark_interrupted(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(*held(&self.due))
    }

    async fn health(&self) -> Result<OutboxHealth, StoreError> {
        Ok(OutboxHealth::default())
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cannot write at first.
struct Hesitant {
    refusals: Mutex<VecDeque<LetterError>>,
}

#[async_trait]
impl LetterSource for Hesitant {
    async fn letter(&self, _: &ClaimedMail) -> Result<Option<Letter>, LetterError> {
        match held(&self.refusals).pop_front() {
            Some(error) => Err(error),
            None => Ok(samples().into_iter().next()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn mail_is_tried_again_when_its_time_has_come_without_anyone_waking_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let sample = samples().remove(0);
    let store = Arc::new(OneMail {
        due: Mutex::new(Some(Timestamp::UNIX_EPOCH)),
        mail: NewMail {
            id: sample.mail,
            kind: MailKind::ConfirmSeat,
            registration: sample.registration,
            recipient: sample.recipient,
            created_at: Timestamp::UNIX_EPOCH,
        },
        settled: Mutex::default(),
        done: CancellationToken::new(),
    });
    let unreadable = || LetterError::EventUnreadable("sample-evening".parse().unwrap());
    let worker = OutboxWorker {
        store: store.clone(),
        letters: Arc::new(Hesitant { refusals: Mutex::new([unreadable(), unreadable()].into()) }),
        transport: Transport::open(&format!("folder:{}", folder.path().display()).parse().unwrap()).unwrap(),
        sender: "Regatta <regatta@example.org>".parse().unwrap(),
        clock: Arc::new(RuntimeClock { began: Instant::now() }),
        wake: Arc::default(),
    };
    worker.run(store.done.clone()).await;

    let settled = held(&store.settled).clone();
    assert_eq!(settled.len(), 3);
    assert!(matches!(settled[2].0, Settlement::Sent), "{settled:?}");
    for (at, due) in [(0, 0), (1, 30), (2, 30 + 120)] {
        assert_eq!(settled[at].1.as_second(), due, "attempt {}", at + 1);
    }
    assert_eq!(Mailbox::open(folder.path()).list().unwrap().len(), 1);
}

#[test]
fn a_pause_is_never_empty() {
    let now = Timestamp::UNIX_EPOCH;
    assert_eq!(until(now, now + Duration::from_secs(9)), Duration::from_millis(10));
    assert_eq!(until(now + Duration::from_secs(9), now), Duration::from_secs(9));
}

#[test]
fn a_servers_words_are_kept_within_bounds() {
    assert_eq!(shortened(&"ü".repeat(10_000)).chars().count(), MAX_WORDS);
}
