//! What only SQLite can get wrong: its file, its constraints, its history.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod runs;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use regatta_domain::event::EventOverride;
use regatta_domain::ids::{EventId, MailId, RegistrationId};
use regatta_domain::registration::RegistrationState;
use regatta_domain::run::LineUp;
use regatta_domain::seats::{Attendance, SeatCount};
use regatta_store::desk::DeskStore;
use regatta_store::outbox::{MailKind, MailState, OutboxStore, Rates};
use regatta_store::runs::RunStore;
use regatta_store::sqlite::SqliteStore;
use regatta_store::{Store, StoreError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection, query, query_as, query_scalar};
use tempfile::TempDir;

fn fresh_path(folder: &TempDir) -> PathBuf {
    folder.path().join("data").join("regatta.db")
}

/// A connection beside the program's, as an operator's shell would have.
async fn beside(path: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap()
}

const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A registration written by hand.
async fn insert(
    db: &mut SqliteConnection,
    id: &str,
    place: i64,
    state: &str,
    email: &str,
) -> Result<(), sqlx::Error> {
    query(
        "insert into registrations
             (id, event, name, email, email_normalized, language, attendance, party, answers, state, place, held_until,
              purge_at, generation, sequence, version, created_at, updated_at)
         values ($1, 'sail', 'Ada', $4, lower($4), 'en', 'in_person', 1, '{}', $3, $2, 0, 0, 1, 0, 1, 0, 0)",
    )
    .bind(id)
    .bind(place)
    .bind(state)
    .bind(email)
    .execute(db)
    .await
    .map(drop)
}

/// A mail about that registration, written by hand, that is due at once.
async fn insert_mail(db: &mut SqliteConnection, id: &str, registration: &str, kind: &str) {
    query(
        "insert into outbox
             (id, kind, registration, recipient, recipient_normalized, domain, language, state, attempts, due_at,
              created_at)
         values ($1, $3, $2, 'ada@example.org', 'ada@example.org', 'example.org', 'en', 'queued', 0, 0, 0)",
    )
    .bind(id)
    .bind(registration)
    .bind(kind)
    .execute(db)
    .await
    .unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn its_files_are_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.line_up().await.unwrap(), LineUp::default());
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{suffix}", path.display()));
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let store = SqliteStore::open(&path).await.unwrap();
    let mut db = beside(&path).await;
    insert(&mut db, ID, 1, "held", "ada@example.org").await.unwrap();
    db.close().await.unwrap();
    store.close().await;
    assert!(!PathBuf::from(format!("{}-wal", path.display())).exists(), "a single tidy file is left");
    let store = SqliteStore::open(&path).await.unwrap();
    assert!(store.registration(&ID.parse().unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    SqliteStore::open(&path).await.unwrap().close().await;
    query("insert into _sqlx_migrations values (99990101000000, 'later', 0, true, x'00', 0)")
        .execute(&mut beside(&path).await)
        .await
        .unwrap();
    let refused = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99_990_101_000_000, .. }), "{refused:?}");
    assert!(refused.to_string().contains("newer version"), "{refused}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database, but long enough to be mistaken for one\n".repeat(50);
    std::fs::write(&path, &text).unwrap();
    assert!(SqliteStore::open(&path).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_broken_row_is_reported_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let store = SqliteStore::open(&path).await.unwrap();
    insert(&mut beside(&path).await, ID, 1, "held", "not an address").await.unwrap();
    let broken = store.registration(&ID.parse().unwrap()).await.unwrap_err();
    assert!(matches!(&broken, StoreError::Inconsistent { what: "registration", id, .. } if id == ID));
    insert_mail(&mut beside(&path).await, ID, ID, "no such kind").await;
    let broken = store.claim("worker", Rates::default(), Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert!(broken.to_string().contains("no such kind"), "{broken}");
}

#[tokio::test]
async fn its_constraints_hold_against_any_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let _store = SqliteStore::open(&path).await.unwrap();
    let mut db = beside(&path).await;
    insert(&mut db, "a", 1, "confirmed", "ada@example.org").await.unwrap();
    insert(&mut db, "b", 2, "cancelled", "ada@example.org").await.unwrap();
    let refused = [
        ("a second live registration", insert(&mut db, "c", 3, "held", "ADA@example.org").await),
        ("a place given twice", insert(&mut db, "d", 2, "held", "bob@example.org").await),
        ("no such state", insert(&mut db, "e", 5, "asleep", "eve@example.org").await),
        ("no place", insert(&mut db, "f", 0, "held", "fay@example.org").await),
        ("a negative counter", counted(&mut db, -1).await),
    ];
    assert!(counted(&mut db, 1).await.is_ok());
    for (what, answer) in refused {
        assert!(answer.is_err(), "{what} was stored");
    }
}

/// A desk written by hand, with so many seats taken.
async fn counted(db: &mut SqliteConnection, taken: i64) -> Result<(), sqlx::Error> {
    query("insert into desks values ('sail', 0, $1, 0, 0, 0, null, null, null)")
        .bind(taken)
        .execute(db)
        .await
        .map(drop)
}

/// Two processes, here two stores on one file, wait for each other instead of failing as busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let stores = [SqliteStore::open(&path).await.unwrap(), SqliteStore::open(&path).await.unwrap()];
    let event: EventId = "sail".parse().unwrap();
    let desks = [event.clone()];
    let [one, other] = &stores;
    let draw = async |store: &SqliteStore| {
        for _ in 0..10 {
            let mut tx = store.begin(&desks).await.unwrap();
            tx.next_places(&event, 1).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    tokio::join!(draw(one), draw(other));
    assert_eq!(one.begin(&desks).await.unwrap().next_places(&event, 1).await.unwrap(), 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_the_playground() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let [first, second] = [SqliteStore::open(&path).await.unwrap(), SqliteStore::open(&path).await.unwrap()];
    let portals: [Arc<dyn Store>; 2] = [Arc::new(first), Arc::new(second)];
    runs::replicas::share_the_line(&portals).await;
    runs::replicas::count_shared_texts_together(&portals).await;
}

#[tokio::test]
async fn its_constraints_on_runs_hold_against_any_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let _store = SqliteStore::open(&path).await.unwrap();
    let mut db = beside(&path).await;
    query(runs::constraints::BEFORE).execute(&mut db).await.unwrap();
    for (what, sql) in runs::constraints::REFUSED {
        assert!(query(sql).execute(&mut db).await.is_err(), "{what}: {sql}");
    }
    for sql in runs::constraints::ACCEPTED {
        query(sql).execute(&mut db).await.unwrap();
    }
}

#[tokio::test]
async fn only_addresses_it_can_use_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    for good in [format!("sqlite:{}", path.display()), format!("sqlite://{}", path.display())] {
        let opened: Arc<dyn Store> = regatta_store::open(&good).await.unwrap();
        assert_eq!(opened.line_up().await.unwrap(), LineUp::default());
    }
    let bad = [
        ("mysql://localhost/regatta", "sqlite:PATH"),
        ("regatta.db", "sqlite:PATH"),
        ("sqlite:", "missing"),
        ("sqlite::memory:", "memory"),
        ("sqlite:regatta.db?mode=ro", "parameters"),
        ("sqlite:/proc/nowhere/regatta.db", "/proc/nowhere"),
    ];
    for (url, hint) in bad {
        match regatta_store::open(url).await.map(drop) {
            Err(StoreError::Address(why)) => assert!(why.contains(hint), "{url}: {why}"),
            other => panic!("{url}: {other:?}"),
        }
    }
}

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// The last migration of the first version of the program.
const FIRST: i64 = 20_261_122_000_300;

/// The last migration before runs could end in a cluster's ways, and the one since which they can.
const BEFORE_CLUSTERS: i64 = 20_261_123_000_600;
const WITH_CLUSTERS: i64 = 20_261_123_000_700;

/// A database as the version of the program left it whose last migration this is.
async fn earlier_version(path: &Path, last: i64) -> SqliteConnection {
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(true);
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    MIGRATIONS.run_to(last, &mut db).await.unwrap();
    db
}

/// The states that the first version had, and the number of the registration in each.
const FIRST_STATES: [RegistrationState; 6] = [
    RegistrationState::Held,
    RegistrationState::HeldForWaitlist,
    RegistrationState::Waitlisted,
    RegistrationState::Confirmed,
    RegistrationState::Cancelled,
    RegistrationState::Expired,
];

/// The states in which the first version had mails, with what it wrote beside them.
const FIRST_MAILS: [(MailState, Option<i64>, Option<i64>); 7] = [
    (MailState::Queued, None, None),
    (MailState::Sending, Some(5), None),
    (MailState::Retrying, None, Some(6)),
    (MailState::Sent, None, Some(7)),
    (MailState::Failed, None, Some(8)),
    (MailState::Unknown, Some(9), None),
    (MailState::Dropped, None, Some(10)),
];

fn registration_id(number: i64) -> RegistrationId {
    RegistrationId::from_bytes(i128::from(number).to_be_bytes())
}

fn mail_id(number: i64) -> MailId {
    MailId::from_bytes(i128::from(number).to_be_bytes())
}

/// A registration in each state, a mail in each, and a run, as the first version wrote them.
async fn fill_first_version(db: &mut SqliteConnection) {
    query("insert into arrivals values ('sail', 9)").execute(&mut *db).await.unwrap();
    for (number, state) in (1..).zip(FIRST_STATES) {
        query(
            "insert into registrations
             values ($1, 'sail', 'Ada 周', $2, lower($2), $3, $4, 100, 3, 2, 4, 1000, 2000)",
        )
        .bind(registration_id(number).as_str())
        .bind(format!("Ada{number}@Example.org"))
        .bind(state.as_str())
        .bind(number)
        .execute(&mut *db)
        .await
        .unwrap();
    }
    for (number, (state, claimed_at, settled_at)) in (1..).zip(FIRST_MAILS) {
        query("insert into outbox values ($1, 'confirm_seat', $2, 'Ada1@Example.org', $3, 2, 50, $4, $5, 'why', 40)")
            .bind(mail_id(number).as_str())
            .bind(registration_id(1).as_str())
            .bind(state.as_str())
            .bind(claimed_at)
            .bind(settled_at)
            .execute(&mut *db)
            .await
            .unwrap();
    }
    for sql in runs::first::FILL {
        query(sql).execute(&mut *db).await.unwrap();
    }
}

/// A store that was opened on what the first version left.
async fn upgraded(folder: &TempDir) -> SqliteStore {
    let path = fresh_path(folder);
    let mut db = earlier_version(&path, FIRST).await;
    fill_first_version(&mut db).await;
    db.close().await.unwrap();
    SqliteStore::open(&path).await.unwrap()
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap()
}

#[tokio::test]
async fn an_upgrade_loses_no_registration() {
    let folder = tempfile::tempdir().unwrap();
    let store = upgraded(&folder).await;
    for (number, state) in (1..).zip(FIRST_STATES) {
        let kept = store.registration(&registration_id(number)).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.place, kept.party), (state, number, 1));
        assert_eq!((kept.attendance, kept.name.as_str()), (Attendance::InPerson, "Ada 周"));
        assert_eq!(kept.email.as_str(), format!("Ada{number}@Example.org"));
        assert_eq!((kept.generation, kept.sequence, kept.version), (3, 2, 4));
        assert_eq!(
            (kept.held_until, kept.created_at, kept.updated_at),
            (moment(100), moment(1000), moment(2000))
        );
        assert_eq!(kept.seated_at, (state == RegistrationState::Confirmed).then(|| moment(2000)));
        assert!(kept.purge_at > kept.updated_at, "nobody is erased by the upgrade");
        assert_eq!(store.by_address(&kept.email.normalized()).await.unwrap(), [kept]);
    }
    let sail: EventId = "sail".parse().unwrap();
    let seats = store.seats(&sail).await.unwrap();
    assert_eq!(seats.in_person, SeatCount { taken: 2, waiting: 2 });
    assert_eq!(seats.online, SeatCount::default());
    assert_eq!(store.overrides(&sail).await.unwrap(), EventOverride::default());
    let mut tx = store.begin(std::slice::from_ref(&sail)).await.unwrap();
    assert_eq!(tx.next_places(&sail, 1).await.unwrap(), 10, "no place is given twice");
}

#[tokio::test]
async fn an_upgrade_loses_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    let store = upgraded(&folder).await;
    for (number, (state, ..)) in (1..).zip(FIRST_MAILS) {
        let kept = store.mail(&mail_id(number)).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.kind, kept.attempts), (state, MailKind::ConfirmSeat, 2));
        assert_eq!((kept.due_at, kept.created_at), (moment(50), moment(40)));
        assert_eq!(kept.recipient.unwrap().as_str(), "Ada1@Example.org");
        let owed = matches!(state, MailState::Queued | MailState::Sending | MailState::Retrying);
        assert_eq!(kept.settled_at.is_none(), owed, "{state:?}");
    }
    assert_eq!(store.mark_interrupted(moment(60)).await.unwrap(), 1, "whoever was sending is gone");
    assert_eq!(store.mail(&mail_id(2)).await.unwrap().unwrap().state, MailState::Unknown);
    for number in [1, 3] {
        let claimed = store.claim("worker", Rates::default(), moment(60)).await.unwrap().unwrap();
        assert_eq!((claimed.mail.id, claimed.attempt), (mail_id(number), 3));
    }
    assert_eq!(store.claim("worker", Rates::default(), moment(60)).await.unwrap(), None);
}

#[tokio::test]
async fn an_upgrade_loses_no_run() {
    let folder = tempfile::tempdir().unwrap();
    runs::first::are_all_there(&upgraded(&folder).await).await;
}

#[tokio::test]
async fn an_upgrade_breaks_no_reference() {
    let folder = tempfile::tempdir().unwrap();
    let _store = upgraded(&folder).await;
    let mut db = beside(&fresh_path(&folder)).await;
    let broken = query("pragma foreign_key_check").fetch_all(&mut db).await.unwrap();
    assert!(broken.is_empty(), "{} rows refer to nothing", broken.len());
    let stray = query("delete from registrations where id = $1").bind(registration_id(1).as_str());
    assert!(stray.execute(&mut db).await.is_err(), "the outbox still refers to registrations");
}

#[tokio::test]
async fn runs_are_made_anew_with_all_there_is_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let mut db = earlier_version(&path, BEFORE_CLUSTERS).await;
    for sql in runs::earlier::FILL {
        query(sql).execute(&mut db).await.unwrap();
    }
    let indexes =
        "select name, sql from sqlite_schema where type = 'index' and tbl_name in ('runs', 'run_events')
                   and sql is not null order by name";
    let before: Vec<(String, String)> = query_as(indexes).fetch_all(&mut db).await.unwrap();
    MIGRATIONS.run_to(WITH_CLUSTERS, &mut db).await.unwrap();
    let after: Vec<(String, String)> = query_as(indexes).fetch_all(&mut db).await.unwrap();
    assert_eq!(after, before, "what was fast stays so");
    assert!(query("pragma foreign_key_check").fetch_all(&mut db).await.unwrap().is_empty());
    let left: Vec<String> = query_scalar("select name from sqlite_schema where name like '%before'")
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
    db.close().await.unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    runs::earlier::are_all_there(&store).await;
}
