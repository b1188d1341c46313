//! A portal small enough for a test: one desk, its store, its events, its clock and its mailbox.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::{Event, EventStatus, EventTime, RegistrationPolicy};
use regatta_domain::html::SafeHtml;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::ports::{Clock, Entropy, Schedule};
use regatta_domain::registration::Registration;
use regatta_mail::{Letter, LetterSource, Matter};
use regatta_registration::{Answer, Desk, LinkSigner, RegisterError};
use regatta_store::desk::DeskStore;
use regatta_store::outbox::{ClaimedMail, MailKind, OutboxStore, Settlement};
use regatta_store::sqlite::SqliteStore;
use tempfile::TempDir;

pub const BASE_URL: &str = "https://regatta.example";

/// When every test begins. The sample event begins a week later.
pub fn beginning() -> Timestamp {
    "2030-06-01T12:00:00Z".parse().unwrap()
}

/// A clock that stands still until it is moved.
pub struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }

    pub fn minutes(&self, minutes: i64) {
        self.advance(SignedDuration::from_mins(minutes));
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Never the same bytes twice, and the same in every run of a test.
#[derive(Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(0);
        bytes[..count.len()].copy_from_slice(&count);
    }
}

/// The events, as their files would declare them.
#[derive(Default)]
pub struct Programme(Mutex<BTreeMap<EventId, Arc<Event>>>);

impl Programme {
    pub fn declare(&self, event: Event) {
        self.0.lock().unwrap().insert(event.id.clone(), Arc::new(event));
    }

    pub fn lose(&self, id: &EventId) {
        self.0.lock().unwrap().remove(id);
    }

    pub fn event_now(&self, id: &EventId) -> Event {
        Event::clone(&self.event(id).unwrap())
    }

    /// Changes an event as an edit of its file would.
    pub fn edit(&self, id: &EventId, change: impl FnOnce(&mut Event)) {
        let mut event = self.event_now(id);
        change(&mut event);
        self.declare(event);
    }

    pub fn edit_policy(&self, id: &EventId, change: impl FnOnce(&mut RegistrationPolicy)) {
        self.edit(id, |event| change(event.registration.as_mut().unwrap()));
    }
}

impl Schedule for Programme {
    fn event(&self, id: &EventId) -> Option<Arc<Event>> {
        self.0.lock().unwrap().get(id).cloned()
    }
}

/// An event with registration open, a week after the beginning, with a waitlist and holds of 30 minutes.
pub fn meetup(id: &str, capacity: u32) -> Event {
    let start = (beginning() + SignedDuration::from_hours(7 * 24)).in_tz("Europe/Berlin").unwrap();
    let end = Some(start.checked_add(SignedDuration::from_hours(2)).unwrap());
    Event {
        id: id.parse().unwrap(),
        slug: id.parse().unwrap(),
        formerly: Vec::new(),
        title: "A meetup".into(),
        summary: "One evening, two talks.".into(),
        when: EventTime::At { start, end },
        place: None,
        hosts: Vec::new(),
        topics: Vec::new(),
        links: Vec::new(),
        agenda: Vec::new(),
        registration: Some(RegistrationPolicy {
            capacity,
            opens: None,
            closes: None,
            waitlist: true,
            hold_minutes: 30,
        }),
        status: EventStatus::Scheduled,
        sample: false,
        body: SafeHtml::default(),
    }
}

pub struct Harbour {
    pub desk: Arc<Desk>,
    pub store: Arc<SqliteStore>,
    pub programme: Arc<Programme>,
    pub clock: Arc<HandClock>,
    /// The event `meetup`.
    pub event: EventId,
    _folder: TempDir,
}

impl Harbour {
    /// A portal with one meetup of so many seats.
    pub async fn with_seats(capacity: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path().join("regatta.db")).await.unwrap());
        let programme = Arc::new(Programme::default());
        let event = meetup("meetup", capacity);
        let id = event.id.clone();
        programme.declare(event);
        let clock = Arc::new(HandClock(Mutex::new(beginning())));
        let desk = Desk::new(
            store.clone(),
            programme.clone(),
            clock.clone(),
            Arc::new(Counting::default()),
            LinkSigner::new(&[1; 32], BASE_URL),
            "Regatta".into(),
        );
        Self { desk: Arc::new(desk), store, programme, clock, event: id, _folder: folder }
    }

    pub async fn register(&self, who: &str) -> Result<Answer, RegisterError> {
        self.desk.register(&self.event, who.parse().unwrap(), address(who).parse().unwrap()).await
    }

    pub async fn seats(&self) -> (u32, u32) {
        let seats = self.desk.seats(&self.event).await.unwrap();
        (seats.taken, seats.waiting)
    }

    pub async fn registration(&self, id: &RegistrationId) -> Registration {
        self.store.registration(id).await.unwrap().unwrap()
    }

    /// Takes everything out of the outbox as the worker would.
    pub async fn collect(&self) -> Vec<Posted> {
        let mut posted = Vec::new();
        while let Some(claimed) = self.store.claim(self.clock.now()).await.unwrap() {
            let letter = self.desk.letter(&claimed).await.unwrap();
            let settlement = match &letter {
                Some(_) => Settlement::Sent,
                None => Settlement::Dropped { why: "moved on".into() },
            };
            self.store.settle(&claimed.mail.id, &settlement, self.clock.now()).await.unwrap();
            posted.push(Posted { claimed, letter });
        }
        posted
    }

    /// The one mail in the outbox.
    pub async fn only_mail(&self) -> Posted {
        let mut posted = self.collect().await;
        assert_eq!(posted.len(), 1, "{posted:#?}");
        posted.remove(0)
    }

    /// Registers and hands out the token that confirms.
    pub async fn register_and_read(&self, who: &str) -> String {
        self.register(who).await.unwrap();
        self.only_mail().await.token()
    }

    /// Registers and confirms; hands out the token that manages.
    pub async fn join(&self, who: &str) -> String {
        let confirm = self.register_and_read(who).await;
        let view = self.desk.confirm(&confirm).await.unwrap();
        self.collect().await;
        last_part(&view.manage_path)
    }
}

pub fn address(who: &str) -> String {
    format!("{who}@example.org")
}

/// The token at the end of a link.
pub fn last_part(link: &str) -> String {
    link.rsplit('/').next().unwrap().to_owned()
}

/// A mail on its way out, with what it would say.
#[derive(Debug)]
pub struct Posted {
    pub claimed: ClaimedMail,
    pub letter: Option<Letter>,
}

impl Posted {
    pub fn kind(&self) -> MailKind {
        self.claimed.mail.kind
    }

    pub fn to(&self) -> &str {
        self.claimed.mail.recipient.as_str()
    }

    pub fn matter(&self) -> &Matter {
        &self.letter.as_ref().unwrap().matter
    }

    /// The link that it carries.
    pub fn url(&self) -> &str {
        match self.matter() {
            Matter::ConfirmSeat(confirmation)
            | Matter::ConfirmWaitlist(confirmation)
            | Matter::StillUnconfirmed(confirmation) => &confirmation.url,
            Matter::Confirmed { manage_url, .. }
            | Matter::Waitlisted { manage_url, .. }
            | Matter::Promoted { manage_url, .. }
            | Matter::AlreadyRegistered { manage_url, .. } => manage_url,
            Matter::Cancelled { .. } => panic!("a cancellation carries no link"),
        }
    }

    pub fn token(&self) -> String {
        last_part(self.url())
    }
}
