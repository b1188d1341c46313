//! An outbox in a real database, a clock that is moved by hand, and someone who knows what to write.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::{EventId, MailId, RegistrationId};
use regatta_domain::ports::{Clock, Entropy};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_mail::{Letter, LetterError, LetterSource, OutboxWorker, Transport, samples};
use regatta_store::desk::DeskStore;
use regatta_store::outbox::{ClaimedMail, MailKind, NewMail, OutboxHealth, OutboxStore};
use regatta_store::sqlite::SqliteStore;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The same byte over and over.
pub struct Fixed(pub u8);

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

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
    /// The sample of the mail's kind.
    Writes,
    /// Nothing to tell any more.
    Silent,
    /// The event's file cannot be read.
    Blind,
}

/// Writes the samples.
pub struct Letters(pub Mutex<Mood>);

#[async_trait]
impl LetterSource for Letters {
    async fn letter(&self, mail: &ClaimedMail) -> Result<Option<Letter>, LetterError> {
        let mood = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match mood {
            Mood::Silent => Ok(None),
            Mood::Blind => Err(LetterError::EventUnreadable("sample-evening".parse().unwrap())),
            Mood::Writes => {
                let sample = samples().into_iter().find(|letter| letter.matter.kind() == mail.mail.kind);
                Ok(sample.map(|sample| Letter { mail: mail.mail.id.clone(), ..sample }))
            }
        }
    }
}

/// Everything around a worker.
pub struct World {
    /// The outbox.
    pub store: Arc<SqliteStore>,
    /// The clock.
    pub clock: Arc<HandClock>,
    /// The writer.
    pub letters: Arc<Letters>,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
    /// A folder of the test's own.
    pub folder: TempDir,
    numbers: AtomicU8,
}

impl World {
    /// An empty outbox on 1 September 2026, noon.
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            store: Arc::new(SqliteStore::open(folder.path().join("regatta.db")).await.unwrap()),
            clock: Arc::new(HandClock(Mutex::new("2026-09-01T12:00:00Z".parse().unwrap()))),
            letters: Arc::new(Letters(Mutex::new(Mood::Writes))),
            wake: Arc::default(),
            folder,
            numbers: AtomicU8::new(1),
        }
    }

    /// A worker that sends to `url`.
    pub fn worker(&self, url: &str) -> OutboxWorker {
        OutboxWorker {
            store: self.store.clone(),
            letters: self.letters.clone(),
            transport: Transport::open(&url.parse().unwrap()).unwrap(),
            sender: "Regatta <regatta@example.org>".parse().unwrap(),
            clock: self.clock.clone(),
            wake: Arc::clone(&self.wake),
        }
    }

    /// Owes a mail of this kind.
    pub async fn owe(&self, kind: MailKind) -> MailId {
        let number = Fixed(self.numbers.fetch_add(1, Ordering::Relaxed));
        let registration = registration(&number, self.clock.now());
        let id = MailId::random(&number);
        let mail = NewMail {
            id: id.clone(),
            kind,
            registration: registration.id.clone(),
            recipient: registration.email.clone(),
            created_at: self.clock.now(),
        };
        let mut desk = self.store.begin().await.unwrap();
        desk.add(&registration).await.unwrap();
        desk.enqueue(&mail).await.unwrap();
        desk.commit().await.unwrap();
        id
    }

    /// Has `worker` send everything that is due. Returns how many mails were settled.
    pub async fn deliver(&self, worker: &OutboxWorker) -> u32 {
        worker.deliver_due(&CancellationToken::new()).await.unwrap()
    }

    /// How many mails are owed, failed, and of unknown fate.
    pub async fn standing(&self) -> (u32, u32, u32) {
        let OutboxHealth { owed, failed, unknown, .. } = self.store.health().await.unwrap();
        (owed, failed, unknown)
    }
}

fn registration(number: &Fixed, now: Timestamp) -> Registration {
    let event: EventId = "sample-evening".parse().unwrap();
    Registration {
        id: RegistrationId::random(number),
        event,
        name: "Ada".parse().unwrap(),
        email: format!("ada{}@example.org", number.0).parse().unwrap(),
        state: RegistrationState::Confirmed,
        place: i64::from(number.0),
        held_until: now,
        generation: 1,
        sequence: 0,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
