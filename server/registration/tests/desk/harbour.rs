//! A portal small enough for a test: one desk, its store, its events, its clock and its mailbox.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::{Event, EventStatus, EventTime, RegistrationPolicy};
use regatta_domain::html::SafeHtml;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::language::Language;
use regatta_domain::ports::{Clock, Entropy, Schedule};
use regatta_domain::registration::Registration;
use regatta_domain::seats::{Attendance, Quotas};
use regatta_domain::series::Series;
use regatta_domain::slug::Slug;
use regatta_mail::{About, FollowLetter, Letter, LetterSource, Matter, RegistrationLetter};
use regatta_registration::{
    Answer, Application, By, Desk, DeskParts, DeskSettings, LinkSigner, RegisterError, TicketSigner,
};
use regatta_store::Store;
use regatta_store::outbox::{ClaimedMail, MailKind, MailSubject, Rates, Settlement};
use regatta_trial_database::TrialServer;

pub const BASE_URL: &str = "https://regatta.example";

/// The secret of every portal here.
pub const SECRET: [u8; 32] = [1; 32];

/// Under which the mailbox claims mails.
pub const WORKER: &str = "mailbox";

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

    pub fn days(&self, days: i64) {
        self.advance(SignedDuration::from_hours(24 * days));
    }

    pub fn set(&self, moment: Timestamp) {
        *self.0.lock().unwrap() = moment;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Never the same bytes twice, and the same in every run of a test.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes.fill(0);
        bytes[..count.len()].copy_from_slice(&count);
    }
}

/// The events and series, as their files would declare them.
#[derive(Default)]
pub struct Programme {
    events: Mutex<BTreeMap<EventId, Arc<Event>>>,
    series: Mutex<BTreeMap<Slug, Arc<Series>>>,
}

impl Programme {
    pub fn declare(&self, event: Event) {
        self.events.lock().unwrap().insert(event.id.clone(), Arc::new(event));
    }

    pub fn declare_series(&self, slug: &str) {
        let slug: Slug = slug.parse().unwrap();
        let title = format!("The series {slug}");
        let series = Series { slug: slug.clone(), title, summary: String::new(), body: SafeHtml::default() };
        self.series.lock().unwrap().insert(slug, Arc::new(series));
    }

    pub fn lose(&self, id: &EventId) {
        self.events.lock().unwrap().remove(id);
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
        self.events.lock().unwrap().get(id).cloned()
    }

    fn events(&self) -> Vec<Arc<Event>> {
        let mut events: Vec<_> = self.events.lock().unwrap().values().cloned().collect();
        events.sort_by_key(|event| event.when.begins_at());
        events
    }

    fn site_name(&self) -> String {
        "Regatta".into()
    }

    fn series(&self, slug: &Slug) -> Option<Arc<Series>> {
        self.series.lock().unwrap().get(slug).cloned()
    }
}

/// An event with registration open, a week after the beginning, with a waitlist and holds of 30 minutes; so many seats on
/// site.
pub fn meetup(id: &str, capacity: u32) -> Event {
    meetup_after(id, capacity, 7)
}

/// The same, so many days after the beginning.
pub fn meetup_after(id: &str, capacity: u32, days: i64) -> Event {
    let start = (beginning() + SignedDuration::from_hours(days * 24)).in_tz("Europe/Berlin").unwrap();
    let end = Some(start.checked_add(SignedDuration::from_hours(2)).unwrap());
    let policy = RegistrationPolicy::plain(Quotas::in_person(capacity));
    Event {
        id: id.parse().unwrap(),
        slug: id.parse().unwrap(),
        formerly: Vec::new(),
        title: "A meetup".into(),
        summary: "One evening, two talks.".into(),
        when: EventTime::At { start, end },
        previous_start: None,
        place: None,
        series: None,
        hosts: Vec::new(),
        topics: Vec::new(),
        links: Vec::new(),
        recordings: Vec::new(),
        contact: None,
        agenda: Vec::new(),
        registration: Some(RegistrationPolicy { waitlist: true, ..policy }),
        status: EventStatus::Published,
        sample: false,
        body: SafeHtml::default(),
    }
}

/// Where things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// An empty database, and whatever must outlive it.
    async fn database(self) -> (String, Box<dyn Any + Send + Sync>) {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (format!("sqlite:{}", folder.path().join("regatta.db").display()), Box::new(folder))
            }
            Self::Postgres => (TrialServer::shared().database().await, Box::new(())),
        }
    }
}

pub struct Harbour {
    pub desk: Arc<Desk>,
    pub store: Arc<dyn Store>,
    pub programme: Arc<Programme>,
    pub clock: Arc<HandClock>,
    /// The event `meetup`.
    pub event: EventId,
    /// The address of the database.
    pub url: String,
    entropy: Arc<Counting>,
    _keep: Box<dyn Any + Send + Sync>,
}

impl Harbour {
    /// A portal with one meetup of so many seats on site, kept in SQLite.
    pub async fn with_seats(capacity: u32) -> Self {
        Self::on(Engine::Sqlite, capacity).await
    }

    /// The same, kept there.
    pub async fn on(engine: Engine, capacity: u32) -> Self {
        let (url, keep) = engine.database().await;
        let store = regatta_store::open(&url).await.unwrap();
        let programme = Arc::new(Programme::default());
        let event = meetup("meetup", capacity);
        let id = event.id.clone();
        programme.declare(event);
        let clock = Arc::new(HandClock(Mutex::new(beginning())));
        let entropy = Arc::new(Counting::default());
        let desk = desk(store.clone(), &programme, &clock, &entropy);
        Self { desk, store, programme, clock, event: id, url, entropy, _keep: keep }
    }

    /// A desk as another process would have it: with connections of its own to the same database.
    pub async fn another_process(&self) -> Arc<Desk> {
        let store = regatta_store::open(&self.url).await.unwrap();
        desk(store, &self.programme, &self.clock, &self.entropy)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn edit_policy(&self, change: impl FnOnce(&mut RegistrationPolicy)) {
        self.programme.edit_policy(&self.event, change);
    }

    pub async fn register(&self, who: &str) -> Result<Answer, RegisterError> {
        self.apply(application(who)).await
    }

    pub async fn apply(&self, application: Application) -> Result<Answer, RegisterError> {
        self.desk.register(&self.event, application).await
    }

    /// Seats on site: taken and awaited.
    pub async fn seats(&self) -> (u32, u32) {
        self.seats_of(Attendance::InPerson).await
    }

    pub async fn seats_of(&self, attendance: Attendance) -> (u32, u32) {
        let seats = self.desk.seats(&self.event).await.unwrap().of(attendance);
        (seats.taken, seats.waiting)
    }

    pub async fn registration(&self, id: &RegistrationId) -> Registration {
        self.store.registration(id).await.unwrap().unwrap()
    }

    /// The newest registration of this visitor for anything.
    pub async fn registration_of(&self, who: &str) -> Registration {
        self.store.by_address(&address(who)).await.unwrap().remove(0)
    }

    /// Takes everything out of the outbox as the worker would.
    pub async fn collect(&self) -> Vec<Posted> {
        let mut posted = Vec::new();
        while let Some(claimed) = self.claim().await {
            let letter = self.desk.letter(&claimed).await.unwrap();
            let settlement = match &letter {
                Some(_) => Settlement::Sent,
                None => Settlement::Dropped { why: "moved on".into() },
            };
            self.store.settle(WORKER, &claimed.mail.id, &settlement, self.clock.now()).await.unwrap();
            posted.push(Posted { claimed, letter });
        }
        posted
    }

    /// Takes the next mail out of the outbox, and leaves it unsettled.
    pub async fn claim(&self) -> Option<ClaimedMail> {
        self.store.claim(WORKER, Rates::default(), self.clock.now()).await.unwrap()
    }

    /// The one mail in the outbox.
    pub async fn only_mail(&self) -> Posted {
        let mut posted = self.collect().await;
        assert_eq!(posted.len(), 1, "{posted:#?}");
        posted.remove(0)
    }

    /// What is in the outbox, by kind and recipient, in their order.
    pub async fn kinds(&self) -> Vec<(MailKind, String)> {
        let mut kinds: Vec<_> =
            self.collect().await.iter().map(|mail| (mail.kind(), mail.to().to_owned())).collect();
        kinds.sort();
        kinds
    }

    /// Registers and hands out the token that confirms.
    pub async fn register_and_read(&self, who: &str) -> String {
        self.apply_and_read(application(who)).await
    }

    pub async fn apply_and_read(&self, application: Application) -> String {
        self.apply(application).await.unwrap();
        self.only_mail().await.token()
    }

    /// Registers and confirms; hands out the token that manages.
    pub async fn join(&self, who: &str) -> String {
        self.join_with(application(who)).await
    }

    pub async fn join_with(&self, application: Application) -> String {
        let confirm = self.apply_and_read(application).await;
        let view = self.desk.confirm(&confirm).await.unwrap();
        self.collect().await;
        last_part(&view.manage_path)
    }
}

fn desk(
    store: Arc<dyn Store>,
    programme: &Arc<Programme>,
    clock: &Arc<HandClock>,
    entropy: &Arc<Counting>,
) -> Arc<Desk> {
    Arc::new(Desk::new(DeskParts {
        store,
        schedule: programme.clone(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        links: LinkSigner::new(&SECRET, BASE_URL),
        tickets: TicketSigner::new(&SECRET),
        settings: DeskSettings { identity: "regatta.example".into(), settle: SignedDuration::from_mins(10) },
    }))
}

/// What this visitor fills in: one seat, in English, nothing else.
pub fn application(who: &str) -> Application {
    Application {
        name: who.parse().unwrap(),
        email: address(who).parse().unwrap(),
        language: Language::English,
        attendance: None,
        party: 1,
        answers: BTreeMap::new(),
        invitation: None,
        terms_accepted: false,
    }
}

/// The same, for so many.
pub fn party_of(party: u32, who: &str) -> Application {
    Application { party, ..application(who) }
}

pub fn address(who: &str) -> String {
    format!("{who}@example.org")
}

/// An organizer who gives this reason.
pub fn organizer(reason: &str) -> By {
    By { actor: "olga".into(), reason: reason.into() }
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

    /// The registration it speaks of.
    pub fn registration(&self) -> &RegistrationId {
        match &self.claimed.mail.subject {
            MailSubject::Registration(id) => id,
            MailSubject::Follow { .. } => panic!("not about a registration: {self:?}"),
        }
    }

    pub fn registration_letter(&self) -> &RegistrationLetter {
        match &self.letter.as_ref().unwrap().about {
            About::Registration(letter) => letter,
            About::Follow(_) => panic!("not about a registration: {self:?}"),
        }
    }

    pub fn follow_letter(&self) -> &FollowLetter {
        match &self.letter.as_ref().unwrap().about {
            About::Follow(letter) => letter,
            About::Registration(_) => panic!("not about a follow: {self:?}"),
        }
    }

    pub fn matter(&self) -> &Matter {
        &self.registration_letter().matter
    }

    /// The link that it is about: where to confirm, else where the registration is seen.
    pub fn url(&self) -> &str {
        match self.matter() {
            Matter::ConfirmSeat(confirmation)
            | Matter::ConfirmWaitlist(confirmation)
            | Matter::ConfirmSeries { confirmation, .. }
            | Matter::StillUnconfirmed(confirmation) => &confirmation.url,
            _ => &self.registration_letter().manage_url,
        }
    }

    pub fn token(&self) -> String {
        last_part(self.url())
    }
}
