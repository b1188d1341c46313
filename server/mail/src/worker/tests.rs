use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use regatta_domain::ids::MailId;
use regatta_store::outbox::{MailKind, NewMail, OutboxHealth};
use tempfile::TempDir;
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
    /// What is wrong with the next attempts to settle it.
    troubles: Mutex<VecDeque<StoreError>>,
    done: CancellationToken,
}

impl OneMail {
    fn new(troubles: impl IntoIterator<Item = StoreError>) -> Self {
        let sample = samples().remove(0);
        Self {
            due: Mutex::new(Some(Timestamp::UNIX_EPOCH)),
            mail: NewMail {
                id: sample.mail,
                kind: MailKind::ConfirmSeat,
                registration: sample.registration,
                recipient: sample.recipient,
                created_at: Timestamp::UNIX_EPOCH,
            },
            settled: Mutex::default(),
            troubles: Mutex::new(troubles.into_iter().collect()),
            done: CancellationToken::new(),
        }
    }
}

#[async_trait]
impl OutboxStore for OneMail {
    async fn claim(&self, now: Timestamp) -> Result<Option<ClaimedMail>, StoreError> {
        let claimed = held(&self.due).take_if(|due| *due <= now);
        let attempt = u32::try_from(held(&self.settled).len()).unwrap() + 1;
        Ok(claimed.map(|_| ClaimedMail { mail: self.mail.clone(), attempt }))
    }

    async fn settle(&self, _: &MailId, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        if let Some(trouble) = held(&self.troubles).pop_front() {
            return Err(trouble);
        }
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

/// A worker with this outbox that writes into `folder`, after so many refusals to write.
fn worker(store: &Arc<OneMail>, folder: &TempDir, refusals: usize) -> OutboxWorker {
    let unreadable = || LetterError::EventUnreadable("sample-evening".parse().unwrap());
    let refusals = std::iter::repeat_with(unreadable).take(refusals).collect();
    OutboxWorker {
        store: store.clone(),
        letters: Arc::new(Hesitant { refusals: Mutex::new(refusals) }),
        transport: Transport::open(&format!("folder:{}", folder.path().display()).parse().unwrap()).unwrap(),
        sender: "Regatta <regatta@example.org>".parse().unwrap(),
        clock: Arc::new(RuntimeClock { began: Instant::now() }),
        wake: Arc::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn mail_is_tried_again_when_its_time_has_come_without_anyone_waking_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(OneMail::new([]));
    worker(&store, &folder, 2).run(store.done.clone()).await;

    let settled = held(&store.settled).clone();
    assert_eq!(settled.len(), 3);
    assert!(matches!(settled[2].0, Settlement::Sent), "{settled:?}");
    for (at, due) in [(0, 0), (1, 30), (2, 30 + 120)] {
        assert_eq!(settled[at].1.as_second(), due, "attempt {}", at + 1);
    }
    assert_eq!(Mailbox::open(folder.path()).list().unwrap().len(), 1);
}

fn full() -> StoreError {
    StoreError::Address("the disk is full".into())
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stumbles_does_not_lose_what_came_of_a_mail() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(OneMail::new([full(), full(), full()]));
    assert_eq!(worker(&store, &folder, 0).deliver_due(&CancellationToken::new()).await.unwrap(), 1);
    assert!(matches!(held(&store.settled)[..], [(Settlement::Sent, _)]));
    assert_eq!(Mailbox::open(folder.path()).list().unwrap().len(), 1, "sent once");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_broken_or_has_moved_on_is_not_asked_for_ever() {
    let stale = || StoreError::Stale("the mail".into());
    for (troubles, left) in [(vec![full(), full(), full(), full(), full()], 1), (vec![stale(), full()], 1)] {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(OneMail::new(troubles));
        worker(&store, &folder, 0).deliver_due(&CancellationToken::new()).await.unwrap_err();
        assert_eq!(held(&store.troubles).len(), left);
        assert_eq!(Mailbox::open(folder.path()).list().unwrap().len(), 1, "sent once");
    }
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
