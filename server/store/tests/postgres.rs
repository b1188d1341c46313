//! What only PostgreSQL can get wrong: its sessions, its locks, several replicas at once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod runs;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::EventId;
use regatta_domain::run::{LineUp, RunEvent, RunFact, RunState};
use regatta_domain::seats::{Attendance, SeatCount};
use regatta_store::desk::DeskStore;
use regatta_store::herald::HeraldStore;
use regatta_store::outbox::{OutboxStore, Rates};
use regatta_store::postgres::PostgresStore;
use regatta_store::runs::RunStore;
use regatta_store::sqlite::SqliteStore;
use regatta_store::{Store, StoreError};
use regatta_trial_database::{Durability, TrialServer};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection, query, query_as, query_scalar};
use tokio::task::{JoinHandle, JoinSet};

async fn fresh() -> (PostgresStore, String) {
    let url = TrialServer::shared().database().await;
    (PostgresStore::open(&url).await.unwrap(), url)
}

/// A connection beside the program's, as an operator's shell would have.
async fn beside(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

fn event(id: &str) -> EventId {
    id.parse().unwrap()
}

/// An owed mail of a follow, written by hand.
async fn owe(db: &mut PgConnection, id: &str, domain: &str) {
    query(
        "insert into outbox (id, kind, follow, recipient, recipient_normalized, domain, language, state, attempts, due_at,
                             created_at)
         values ($1, 'confirm_follow', $1, 'ada@' || $2, 'ada@' || $2, $2, 'en', 'queued', 0, 0, 0)",
    )
    .bind(id)
    .bind(domain)
    .execute(db)
    .await
    .unwrap();
}

/// Identities in rising order.
fn id(number: u8) -> String {
    regatta_domain::ids::MailId::from_bytes([number; 16]).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_migrate_once() {
    let url = TrialServer::shared().database().await;
    let mut starting = JoinSet::new();
    for _ in 0..6 {
        let url = url.clone();
        starting.spawn(async move { PostgresStore::open(&url).await.map(drop) });
    }
    for started in starting.join_all().await {
        started.unwrap();
    }
}

/// What an earlier version stored is there afterwards, and fits.
#[tokio::test]
async fn migrations_take_the_data_along() {
    let url = TrialServer::shared().database().await;
    let mut db = beside(&url).await;
    sqlx::migrate!("../../migrations/postgres").run_to(20_261_122_000_300, &mut db).await.unwrap();
    let (held, confirmed, waits) = (id(1), id(2), id(3));
    for (id, state, place) in [(&held, "held", 1), (&confirmed, "confirmed", 2), (&waits, "waitlisted", 3)] {
        query("insert into registrations values ($1, 'sail', 'Ada', $2, $2, $3, $4, 5, 1, 0, 1, 6, 7)")
            .bind(id)
            .bind(format!("{state}@example.org"))
            .bind(state)
            .bind(place)
            .execute(&mut db)
            .await
            .unwrap();
    }
    query("insert into arrivals values ('sail', 9)").execute(&mut db).await.unwrap();
    query("insert into outbox values ($1, 'confirmed', $2, 'Ada@Example.org', 'sending', 1, 8, 9, null, null, 8)")
        .bind(&held)
        .bind(&confirmed)
        .execute(&mut db)
        .await
        .unwrap();
    for sql in runs::first::FILL {
        query(sql).execute(&mut db).await.unwrap();
    }
    let store = PostgresStore::open(&url).await.unwrap();
    runs::first::are_all_there(&store).await;
    let sail = event("sail");
    assert_eq!(store.seats(&sail).await.unwrap().in_person, SeatCount { taken: 2, waiting: 1 });
    assert_eq!(
        store.begin(std::slice::from_ref(&sail)).await.unwrap().next_places(&sail, 1).await.unwrap(),
        10
    );
    let registration = store.registration(&confirmed.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((registration.party, registration.attendance), (1, Attendance::InPerson));
    assert_eq!(registration.seated_at, Some(Timestamp::from_microsecond(7).unwrap()));
    // Nobody holds the lease of the worker of then, and its text may have been handed over.
    assert_eq!(store.mark_interrupted(Timestamp::UNIX_EPOCH).await.unwrap(), 1);
    let domain: String = query_scalar("select domain from outbox").fetch_one(&mut db).await.unwrap();
    assert_eq!(domain, "example.org");
}

#[tokio::test]
async fn runs_stay_as_they_were_when_endings_are_added() {
    let url = TrialServer::shared().database().await;
    let mut db = beside(&url).await;
    sqlx::migrate!("../../migrations/postgres").run_to(20_261_123_000_600, &mut db).await.unwrap();
    for sql in runs::earlier::FILL {
        query(sql).execute(&mut db).await.unwrap();
    }
    let store = PostgresStore::open(&url).await.unwrap();
    runs::earlier::are_all_there(&store).await;
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let (store, url) = fresh().await;
    store.close().await;
    query("insert into _sqlx_migrations values (99990101000000, 'later', now(), true, '', 0)")
        .execute(&mut beside(&url).await)
        .await
        .unwrap();
    for _ in 0..2 {
        let refused = PostgresStore::open(&url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Newer { found: 99_990_101_000_000, .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_name_is_refused() {
    let (_, url) = fresh().await;
    let mut db = beside(&url).await;
    db.execute("create database narrow template template0 encoding 'LATIN1' locale 'C'").await.unwrap();
    let (server, _) = url.split_once("trial_").unwrap();
    let (_, folder) = url.split_once('?').unwrap();
    let refused = PostgresStore::open(&format!("{server}narrow?{folder}")).await.unwrap_err();
    assert!(refused.to_string().contains("LATIN1"), "{refused}");
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_errors() {
    let (_, url) = fresh().await;
    let missing = url.replace("trial_", "missing_");
    assert!(matches!(PostgresStore::open(&missing).await, Err(StoreError::Database(_))));
    let unreadable = PostgresStore::open("postgres://host:no-port/regatta").await;
    assert!(matches!(unreadable, Err(StoreError::Address(_))), "{unreadable:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_after_a_restart_of_the_server() {
    let server = TrialServer::start(Durability::Relaxed);
    let store = PostgresStore::open(&server.database().await).await.unwrap();
    assert_eq!(store.kept("identity", "portal.example").await.unwrap(), "portal.example");
    server.restart();
    assert_eq!(store.kept("identity", "another.example").await.unwrap(), "portal.example");
}

/// PostgreSQL answers a commit after a failed statement as if all were well, and keeps nothing.
#[tokio::test]
async fn after_a_failure_a_commit_fails_too() {
    let (store, url) = fresh().await;
    let mut db = beside(&url).await;
    let mut bare = db.begin().await.unwrap();
    assert!(bare.execute("select 1 / 0").await.is_err());
    bare.commit().await.expect("the trap that this is about");
    let desk = event("sail");
    let mut tx = store.begin(std::slice::from_ref(&desk)).await.unwrap();
    assert_eq!(tx.next_places(&desk, 3).await.unwrap(), 1);
    let stranger = regatta_domain::history::HistoryEntry {
        registration: id(9).parse().unwrap(),
        at: Timestamp::UNIX_EPOCH,
        actor: regatta_domain::history::Actor::Portal,
        what: regatta_domain::history::Happening::AnswersChanged,
    };
    assert!(tx.note(&[stranger]).await.is_err(), "there is no such registration");
    assert!(tx.commit().await.is_err(), "nothing of it is kept, so it must not be acknowledged");
    let mut tx = store.begin(std::slice::from_ref(&desk)).await.unwrap();
    assert_eq!(tx.next_places(&desk, 1).await.unwrap(), 1);
}

/// Two replicas give places out one after the other, also where the desk was never used before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_share_a_desk() {
    let (one, url) = fresh().await;
    let stores = [Arc::new(one), Arc::new(PostgresStore::open(&url).await.unwrap())];
    let mut drawing = JoinSet::new();
    for number in 0..40 {
        let store = stores[number % 2].clone();
        drawing.spawn(async move {
            let mut tx = store.begin(&[event("sail")]).await.unwrap();
            let place = tx.next_places(&event("sail"), 2).await.unwrap();
            tx.commit().await.unwrap();
            place
        });
    }
    let places: BTreeSet<i64> = drawing.join_all().await.into_iter().collect();
    assert_eq!(places, (0..40).map(|n| 2 * n + 1).collect());
}

/// Many transactions over the same desks in any order, none of which was used before, never wait for each other in a
/// circle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_desks_are_taken_in_one_order() {
    let (store, _) = fresh().await;
    let store = Arc::new(store);
    let mut booking = JoinSet::new();
    for number in 0..48_usize {
        let store = store.clone();
        booking.spawn(async move {
            let mut events: Vec<EventId> =
                (0..6).map(|n| event(&format!("date-{}", (n + number) % 6))).collect();
            events.truncate(2 + number % 4);
            if number % 2 == 0 {
                events.reverse();
            }
            let mut tx = store.begin(&events).await.unwrap();
            for event in &events {
                tx.next_places(event, 1).await.unwrap();
            }
            tx.commit().await.unwrap();
        });
    }
    booking.join_all().await;
}

/// Until a task is over or waits for a lock.
async fn until_it_waits<T>(task: &JoinHandle<T>, db: &mut PgConnection) {
    let waits = "select exists (select from pg_stat_activity
                                where datname = current_database() and wait_event_type = 'Lock')";
    while !task.is_finished() && !query_scalar::<_, bool>(waits).fetch_one(&mut *db).await.unwrap() {
        tokio::task::yield_now().await;
    }
}

/// Who waits for a lock reads what was committed in between, not what was there when it began to wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waited_for_a_desk_sees_the_latest() {
    let (store, url) = fresh().await;
    let store = Arc::new(store);
    let mut db = beside(&url).await;
    let mut first = store.begin(&[event("sail")]).await.unwrap();
    let second = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut tx = store.begin(&[event("sail")]).await.unwrap();
            tx.overrides(&event("sail")).await.unwrap()
        })
    };
    until_it_waits(&second, &mut db).await;
    let lowered = regatta_domain::event::EventOverride { in_person: Some(7), ..Default::default() };
    first.set_overrides(&event("sail"), &lowered).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), lowered);
}

/// Of many workers of two replicas none lets a rate be passed, and none takes the mail of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_hold_over_all_workers() {
    let (one, url) = fresh().await;
    let mut db = beside(&url).await;
    for number in 0..12 {
        owe(&mut db, &id(number), if number % 2 == 0 { "example.org" } else { "example.net" }).await;
    }
    let stores = [Arc::new(one), Arc::new(PostgresStore::open(&url).await.unwrap())];
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
    let mut claiming = JoinSet::new();
    for number in 0..16 {
        let store = stores[number % 2].clone();
        let rates = Rates { per_minute: Some(7), per_domain: Some(4) };
        claiming.spawn(async move { store.claim(&format!("worker {number}"), rates, now).await.unwrap() });
    }
    let claimed: Vec<_> = claiming.join_all().await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 7);
    let different: BTreeSet<_> = claimed.iter().map(|claimed| claimed.mail.id.clone()).collect();
    assert_eq!(different.len(), 7);
    let to_net =
        claimed.iter().filter(|claimed| claimed.mail.recipient.as_str().ends_with("@example.net")).count();
    assert!((3..=4).contains(&to_net), "{to_net}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claimers_pass_over_a_mail_that_another_is_claiming() {
    let (store, url) = fresh().await;
    let mut db = beside(&url).await;
    owe(&mut db, &id(1), "example.org").await;
    owe(&mut db, &id(2), "example.org").await;
    let mut slow = db.begin().await.unwrap();
    slow.execute("select from outbox order by id limit 1 for update").await.unwrap();
    let claimed = store.claim("worker", Rates::default(), Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
    assert_eq!(claimed.mail.id.as_str(), id(2), "without waiting for the first");
}

/// Both engines have the same tables with the same columns, so that everything can move between them.
#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let (_, url) = fresh().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("regatta.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let here: Vec<(String, String, bool)> = query_as(
        "select table_name::text, column_name::text, is_nullable = 'YES' from information_schema.columns
         where table_schema = 'public' and table_name not like '\\_sqlx%'",
    )
    .fetch_all(&mut beside(&url).await)
    .await
    .unwrap();
    let mut there = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let there: Vec<(String, String, bool)> = query_as(
        "select t.name, c.name, c.\"notnull\" = 0 from sqlite_schema t join pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like '\\_sqlx%' escape '\\' and t.name not like 'sqlite%'",
    )
    .fetch_all(&mut there)
    .await
    .unwrap();
    assert_eq!(BTreeSet::from_iter(here), BTreeSet::from_iter(there));
}

#[tokio::test]
async fn its_constraints_hold_against_any_writer() {
    let (store, url) = fresh().await;
    let mut db = beside(&url).await;
    let insert = "insert into registrations
        (id, event, name, email, email_normalized, language, attendance, party, answers, state, place, held_until,
         purge_at, generation, sequence, version, created_at, updated_at)
        values ($1, 'sail', 'Ada', $4, lower($4), 'en', $5, $6, '{}', $3, $2, 0, 1, 1, 0, 1, 0, 0)";
    let mut stored = async |id: &str, place: i64, state: &str, email: &str, attendance: &str, party: i64| {
        let insert = query(insert).bind(id).bind(place).bind(state).bind(email).bind(attendance).bind(party);
        insert.execute(&mut db).await.is_ok()
    };
    assert!(stored("a", 1, "confirmed", "ada@example.org", "in_person", 1).await);
    assert!(stored("b", 2, "cancelled", "ada@example.org", "in_person", 1).await);
    assert!(!stored("c", 3, "held", "ADA@example.org", "in_person", 1).await, "a second live registration");
    assert!(!stored("d", 2, "held", "bob@example.org", "in_person", 1).await, "a place given twice");
    assert!(!stored("e", 5, "asleep", "eve@example.org", "in_person", 1).await, "no such state");
    assert!(!stored("f", 0, "held", "fay@example.org", "in_person", 1).await, "no place");
    assert!(!stored("g", 6, "held", "gus@example.org", "elsewhere", 1).await, "no such kind of seats");
    assert!(!stored("h", 7, "held", "hal@example.org", "in_person", 0).await, "for nobody");
    let broken = store.registration(&id(1).parse().unwrap()).await.unwrap();
    assert_eq!(broken, None);
    assert_eq!(store.line_up().await.unwrap(), LineUp::default());
}

#[tokio::test]
async fn its_constraints_on_runs_hold_against_any_writer() {
    let (_store, url) = fresh().await;
    let mut db = beside(&url).await;
    query(runs::constraints::BEFORE).execute(&mut db).await.unwrap();
    for (what, sql) in runs::constraints::REFUSED {
        assert!(query(sql).execute(&mut db).await.is_err(), "{what}: {sql}");
    }
    for sql in runs::constraints::ACCEPTED {
        query(sql).execute(&mut db).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_share_the_playground() {
    let (first, url) = fresh().await;
    let second = PostgresStore::open(&url).await.unwrap();
    let portals: [Arc<dyn Store>; 2] = [Arc::new(first), Arc::new(second)];
    runs::replicas::share_the_line(&portals).await;
    runs::replicas::count_shared_texts_together(&portals).await;
}

/// Whoever appends while a run is being ended finds its log closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_is_not_committed_yet_closes_the_log() {
    let (store, url) = fresh().await;
    let (mut db, mut ending) = (beside(&url).await, beside(&url).await);
    query(runs::constraints::BEFORE).execute(&mut db).await.unwrap();
    let run = "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
    db.execute("update runs set id = 'aaaaaaaaaaaaaaaaaaaaaaaaaa'").await.unwrap();
    let mut end = ending.begin().await.unwrap();
    end.execute("update runs set state = 'failed', ended_at = 5").await.unwrap();
    let appending = tokio::spawn(async move {
        let what = RunFact::Run { state: RunState::Running, reason: None };
        store.append_events(&run, &[RunEvent { seq: 1, at_ms: 1, what }]).await
    });
    until_it_waits(&appending, &mut db).await;
    end.commit().await.unwrap();
    let refused = appending.await.unwrap();
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
}
