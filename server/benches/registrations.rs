//! `make bench`, the desk: how many registrations a second, beside inserting the same rows (registration, history, mail)
//! in one bare transaction each with the same durability. On both engines, with 64 callers at once, in interleaved rounds
//! on fresh databases, the median of five. The figure over HTTP is told beside it.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench reports and stops"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use regatta::world::{SystemEntropy, WallClock};
use regatta_content::Shelf;
use regatta_domain::ids::{MailId, RegistrationId};
use regatta_domain::language::Language;
use regatta_domain::ports::Clock;
use regatta_domain::seats::Attendance;
use regatta_registration::{
    Application, Desk, DeskParts, DeskSettings, GivenAnswers, LinkSigner, TicketSigner,
};
use regatta_trial_database::{Durability, TrialServer};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool, query};
use support::figures::{machine_load, median};
use support::mail_server::MailServer;
use support::portal::{MEETUP, Setup};
use support::web;

const CALLERS: u32 = 64;
const ROUNDS: usize = 5;
/// Registrations in a round.
const CROWD: u32 = 4_000;
/// Connections to PostgreSQL for the baseline: as many as the store has.
const CONNECTIONS: u32 = 16;
/// The least share of the baseline that is wanted.
const WANTED: f64 = 0.6;

const REGISTRATION: &str = "insert into registrations
    (id, event, name, email, email_normalized, language, attendance, party, answers, state, place, held_until, purge_at,
     generation, sequence, version, created_at, updated_at)
    values ($1, 'the-big-one', 'Ada', $2, $2, 'en', 'in_person', 1, '{}', 'held', $3, $4, $4, 1, 0, 1, $4, $4)";
const HISTORY: &str = "insert into registration_history (registration, at, actor, what)
    values ($1, $2, '\"owner\"', '{\"registered\":\"held\"}')";
const OUTBOX: &str = "insert into outbox
    (id, kind, registration, recipient, recipient_normalized, domain, language, state, attempts, due_at, created_at)
    values ($1, 'confirm_seat', $2, $3, $3, 'example.org', 'en', 'queued', 0, $4, $4)";

fn main() {
    // `cargo test --benches` calls every bench with this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(bench());
}

async fn bench() {
    println!(
        "registrations: {CALLERS} callers, {ROUNDS} rounds of {CROWD}; load of the machine: {}",
        machine_load()
    );
    let mut figures = [Figures::new("SQLite"), Figures::new("PostgreSQL")];
    let server = TrialServer::start(Durability::Full);
    for _ in 0..ROUNDS {
        figures[0].bare.push(bare_sqlite().await);
        figures[0].desk.push(desk_on_sqlite().await);
        figures[1].bare.push(bare_postgres(&server.database().await).await);
        figures[1].desk.push(desk(&server.database().await).await);
    }
    for engine in &figures {
        engine.report();
    }
    let over_http = http().await;
    println!(
        "{:<44} {over_http:>9.0} /s   ({CALLERS} callers, GET and POST each, SQLite)",
        "the same over HTTP"
    );
}

struct Figures {
    engine: &'static str,
    desk: Vec<f64>,
    bare: Vec<f64>,
}

impl Figures {
    fn new(engine: &'static str) -> Self {
        Self { engine, desk: Vec::new(), bare: Vec::new() }
    }

    fn report(&self) {
        let (desk, bare) = (median(self.desk.clone()), median(self.bare.clone()));
        let share = desk / bare;
        println!(
            "{:<44} {desk:>9.0} /s   {:>5.0} % of bare transactions ({bare:.0} /s)   wanted: ≥ {:.0} %",
            format!("registrations at the desk, {}", self.engine),
            share * 100.0,
            WANTED * 100.0,
        );
        println!("    rounds, desk {}; bare {}", rounds(&self.desk), rounds(&self.bare));
    }
}

fn rounds(figures: &[f64]) -> String {
    figures.iter().map(|figure| format!("{figure:.0}")).collect::<Vec<_>>().join(" ")
}

/// Lets [`CALLERS`] call until the whole crowd was served; how many a second.
async fn served<F>(call: impl Fn(u32) -> F + Clone + Send + 'static) -> f64
where
    F: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicU32::new(0));
    let began = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (next, call) = (Arc::clone(&next), call.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= CROWD {
                        return;
                    }
                    call(number).await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    f64::from(CROWD) / began.elapsed().as_secs_f64()
}

async fn desk_on_sqlite() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    desk(&format!("sqlite:{}", folder.path().join("desk.db").display())).await
}

async fn desk(url: &str) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::new(folder.path(), CROWD, 25, None);
    let store = regatta_store::open(url).await.unwrap();
    let secret = [7; 32];
    let desk = Arc::new(Desk::new(DeskParts {
        store: store.clone(),
        schedule: Arc::new(Shelf::open(setup.content.clone(), WallClock.now())),
        clock: Arc::new(WallClock),
        entropy: Arc::new(SystemEntropy),
        links: LinkSigner::new(&secret, "https://regatta.example.org"),
        tickets: TicketSigner::new(&secret),
        settings: DeskSettings {
            identity: "regatta.example.org".into(),
            settle: SignedDuration::from_mins(10),
        },
    }));
    let figure = served(move |number| {
        let desk = Arc::clone(&desk);
        async move {
            desk.register(&MEETUP.parse().unwrap(), application(number))
                .await
                .expect("there is a seat for everybody");
        }
    })
    .await;
    let seats = store.seats(&MEETUP.parse().unwrap()).await.unwrap();
    assert_eq!(seats.of(Attendance::InPerson).taken, CROWD);
    store.close().await;
    figure
}

fn application(number: u32) -> Application {
    Application {
        name: "Ada".parse().unwrap(),
        email: address(number).parse().unwrap(),
        language: Language::English,
        attendance: None,
        party: 1,
        answers: GivenAnswers::default(),
        invitation: None,
        terms_accepted: false,
    }
}

fn address(number: u32) -> String {
    format!("visitor{number}@example.org")
}

/// As the store opens it: one writer, a write-ahead log, everything on disk before it is acknowledged.
async fn bare_sqlite() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.db");
    regatta_store::open(&format!("sqlite:{}", path.display())).await.unwrap().close().await;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let callers = pool.clone();
    let figure = served(move |number| insert_into_sqlite(callers.clone(), number)).await;
    pool.close().await;
    figure
}

async fn insert_into_sqlite(pool: SqlitePool, number: u32) {
    let rows = Rows::new(number);
    let mut tx = pool.begin_with("begin immediate").await.unwrap();
    query(REGISTRATION)
        .bind(&rows.registration)
        .bind(&rows.email)
        .bind(rows.place)
        .bind(rows.now)
        .execute(&mut *tx)
        .await
        .unwrap();
    query(HISTORY).bind(&rows.registration).bind(rows.now).execute(&mut *tx).await.unwrap();
    query(OUTBOX)
        .bind(&rows.mail)
        .bind(&rows.registration)
        .bind(&rows.email)
        .bind(rows.now)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn bare_postgres(url: &str) -> f64 {
    regatta_store::open(url).await.unwrap().close().await;
    let options: PgConnectOptions = url.parse().unwrap();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await.unwrap();
    let callers = pool.clone();
    let figure = served(move |number| insert_into_postgres(callers.clone(), number)).await;
    pool.close().await;
    figure
}

async fn insert_into_postgres(pool: PgPool, number: u32) {
    let rows = Rows::new(number);
    let mut tx = pool.begin().await.unwrap();
    query(REGISTRATION)
        .bind(&rows.registration)
        .bind(&rows.email)
        .bind(rows.place)
        .bind(rows.now)
        .execute(&mut *tx)
        .await
        .unwrap();
    query(HISTORY).bind(&rows.registration).bind(rows.now).execute(&mut *tx).await.unwrap();
    query(OUTBOX)
        .bind(&rows.mail)
        .bind(&rows.registration)
        .bind(&rows.email)
        .bind(rows.now)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// The values of one registration's rows.
struct Rows {
    registration: String,
    mail: String,
    email: String,
    place: i64,
    now: i64,
}

impl Rows {
    fn new(number: u32) -> Self {
        let now: Timestamp = WallClock.now();
        Self {
            registration: RegistrationId::random(&SystemEntropy).to_string(),
            mail: MailId::random(&SystemEntropy).to_string(),
            email: address(number),
            place: i64::from(number) + 1,
            now: now.as_microsecond(),
        }
    }
}

/// The same crowd through the front door.
async fn http() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let (_mail, mail_port) = MailServer::start().await;
    let setup = Setup::new(folder.path(), CROWD, mail_port, None);
    let portal = setup.start();
    let port = portal.port;
    let figure = served(move |number| async move {
        let form = web::get(port, &format!("/events/{MEETUP}")).await.unwrap();
        let answer = web::register(port, MEETUP, &form, &address(number)).await.unwrap();
        assert_eq!(answer.status, 303, "{}", answer.body);
    })
    .await;
    drop(portal);
    figure
}
