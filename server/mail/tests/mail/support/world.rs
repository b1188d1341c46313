//! An outbox in a real database, a clock that is moved by hand, and someone who knows what to write.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::{FollowId, MailId};
use regatta_domain::language::Language;
use regatta_domain::ports::Clock;
use regatta_mail::{
    Letter, LetterError, LetterSource, OutboxWorker, Roots, Stationery, Transport, WorkerParts,
    WorkerSettings, samples,
};
use regatta_store::Store;
use regatta_store::outbox::{
    ClaimedMail, MailKind, MailState, MailSubject, NewMail, OutboxHealth, Rates, StoredMail,
};
use regatta_trial_database::TrialServer;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A clock that stands until it is moved.
pub struct HandClock(Mutex<Timestamp>);

impl HandClock {
    /// Moves it on.
    pub fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the [`LetterSource`] of these tests answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// A sample.
    Writes,
    /// Nothing to tell any more.
    Silent,
    /// The event's file cannot be read.
    Blind,
    /// Stumbles.
    Panics,
}

/// Writes the sample of the mail's kind.
pub struct Letters(pub Mutex<Mood>);

impl Letters {
    /// From now on answers so.
    pub fn feel(&self, mood: Mood) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }
}

#[async_trait]
impl LetterSource for Letters {
    async fn letter(&self, mail: &ClaimedMail) -> Result<Option<Letter>, LetterError> {
        let mood = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match mood {
            Mood::Silent => Ok(None),
            Mood::Blind => Err(LetterError::EventUnreadable("sample-evening".parse().unwrap())),
            Mood::Panics => panic!("this writer stumbles"),
            Mood::Writes => {
                let samples = samples(Language::English);
                let sample = samples.into_iter().find(|sample| sample.name == mail.mail.kind.as_str());
                let letter = sample.unwrap().letter;
                let (mail, recipient) = (mail.mail.id.clone(), mail.mail.recipient.clone());
                Ok(Some(Letter { mail, recipient, ..letter }))
            }
        }
    }
}

/// Everything around a worker.
pub struct World {
    /// The outbox.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<HandClock>,
    /// The writer.
    pub letters: Arc<Letters>,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
    /// A folder of the test's own.
    pub folder: TempDir,
    mails: AtomicU8,
    workers: AtomicU8,
}

impl World {
    /// An empty outbox in SQLite on 1 September 2026, noon.
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("regatta.db").display());
        Self::at(folder, &url).await
    }

    /// The same in PostgreSQL.
    pub async fn on_postgres() -> Self {
        let url = TrialServer::shared().database().await;
        Self::at(TempDir::new().unwrap(), &url).await
    }

    async fn at(folder: TempDir, url: &str) -> Self {
        Self {
            store: regatta_store::open(url).await.unwrap(),
            clock: Arc::new(HandClock(Mutex::new("2026-09-01T12:00:00Z".parse().unwrap()))),
            letters: Arc::new(Letters(Mutex::new(Mood::Writes))),
            wake: Arc::default(),
            folder,
            mails: AtomicU8::new(1),
            workers: AtomicU8::new(1),
        }
    }

    /// What a worker works with that sends to `url`, one mail after the other, and bears a name of its own.
    pub fn parts(&self, url: &str) -> WorkerParts {
        self.parts_trusting(url, Roots::Public)
    }

    /// The same, with a say in whom to trust.
    pub fn parts_trusting(&self, url: &str, roots: Roots) -> WorkerParts {
        let number = self.workers.fetch_add(1, Ordering::Relaxed);
        WorkerParts {
            outbox: self.store.clone(),
            leases: self.store.clone(),
            letters: self.letters.clone(),
            transport: Transport::open_trusting(&url.parse().unwrap(), roots, 8).unwrap(),
            stationery: Stationery::plain("Regatta <regatta@example.org>".parse().unwrap()),
            clock: self.clock.clone(),
            wake: Arc::clone(&self.wake),
            settings: WorkerSettings {
                at_once: 1,
                rates: Rates::default(),
                drain: std::time::Duration::from_mins(1),
            },
            name: format!("mailroom-{number}"),
        }
    }

    /// A worker that sends to `url`, one mail after the other.
    pub fn worker(&self, url: &str) -> OutboxWorker {
        OutboxWorker::new(self.parts(url))
    }

    /// A worker that sends so many at once.
    pub fn worker_of(&self, url: &str, at_once: usize) -> OutboxWorker {
        let parts = self.parts(url);
        let settings = WorkerSettings { at_once, ..parts.settings };
        OutboxWorker::new(WorkerParts { settings, ..parts })
    }

    /// A worker whose pace is limited.
    pub fn worker_at(&self, url: &str, rates: Rates) -> OutboxWorker {
        let parts = self.parts(url);
        let settings = WorkerSettings { at_once: 4, rates, ..parts.settings };
        OutboxWorker::new(WorkerParts { settings, ..parts })
    }

    /// Owes a mail to `ada@example.org`.
    pub async fn owe(&self) -> MailId {
        self.owe_to("ada@example.org").await
    }

    /// Owes so many mails, each to another address.
    pub async fn owe_many(&self, count: usize) -> Vec<MailId> {
        let mut owed = Vec::new();
        for number in 0..count {
            owed.push(self.owe_to(&format!("visitor{number}@example.org")).await);
        }
        owed
    }

    /// Owes a mail to this address.
    pub async fn owe_to(&self, address: &str) -> MailId {
        self.owe_as(MailKind::Waitlisted, address).await
    }

    /// Owes a mail of this kind to this address.
    pub async fn owe_as(&self, kind: MailKind, address: &str) -> MailId {
        let number = self.mails.fetch_add(1, Ordering::Relaxed);
        let id = MailId::from_bytes([number; 16]);
        let mail = NewMail {
            id: id.clone(),
            kind,
            subject: MailSubject::Follow { follow: FollowId::from_bytes([number; 16]), event: None },
            recipient: address.parse().unwrap(),
            language: Language::English,
            detail: None,
            once: None,
            created_at: self.clock.now(),
        };
        let mut desk = self.store.begin(&[]).await.unwrap();
        assert_eq!(desk.enqueue(&[mail]).await.unwrap(), 1);
        desk.commit().await.unwrap();
        id
    }

    /// Has `worker` send everything that is due. Returns how many mails were settled.
    pub async fn deliver(&self, worker: &OutboxWorker) -> u32 {
        worker.deliver_due(&CancellationToken::new()).await.unwrap()
    }

    /// Moves the clock on to when the next mail is due. Returns how long that took.
    pub async fn wait_for_next(&self) -> SignedDuration {
        let due = self.store.next_due().await.unwrap().unwrap();
        let wait = due.duration_since(self.clock.now()).max(SignedDuration::ZERO);
        self.clock.advance(wait);
        wait
    }

    /// How many mails are owed, failed, and of unknown fate.
    pub async fn standing(&self) -> (u32, u32, u32) {
        let OutboxHealth { owed, failed, unknown, .. } = self.store.health().await.unwrap();
        (owed, failed, unknown)
    }

    /// The mail as operators see it.
    pub async fn mail(&self, id: &MailId) -> StoredMail {
        self.store.mail(id).await.unwrap().unwrap()
    }

    /// Where a mail stands.
    pub async fn state(&self, id: &MailId) -> MailState {
        self.mail(id).await.state
    }
}
