//! What only SQLite can get wrong: its file, its constraints, its history.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use regatta_store::desk::DeskStore;
use regatta_store::outbox::OutboxStore;
use regatta_store::runs::RunStore;
use regatta_store::sqlite::SqliteStore;
use regatta_store::{Store, StoreError};
use sqlx::{Connection, SqliteConnection, query};
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
    query("insert into registrations values ($1, 'sail', 'Ada', $4, lower($4), $3, $2, 0, 1, 0, 1, 0, 0)")
        .bind(id)
        .bind(place)
        .bind(state)
        .bind(email)
        .execute(db)
        .await
        .map(drop)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn its_files_are_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.queue_length().await.unwrap(), 0);
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
    assert_eq!(store.seats(&"sail".parse().unwrap()).await.unwrap().taken, 1);
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
    query("insert into outbox values ('mail', 'no such kind', $1, 'a', 'queued', 0, 0, null, null, null, 0)")
        .bind(ID)
        .execute(&mut beside(&path).await)
        .await
        .unwrap();
    let broken = store.claim(jiff::Timestamp::UNIX_EPOCH).await.unwrap_err();
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
    ];
    for (what, answer) in refused {
        assert!(answer.is_err(), "{what} was stored");
    }
}

/// Two processes, here two stores on one file, wait for each other instead of failing as busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = fresh_path(&folder);
    let stores = [SqliteStore::open(&path).await.unwrap(), SqliteStore::open(&path).await.unwrap()];
    let event = "sail".parse().unwrap();
    let [one, other] = &stores;
    let draw = async |store: &SqliteStore| {
        for _ in 0..10 {
            let mut tx = store.begin().await.unwrap();
            tx.next_place(&event).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    tokio::join!(draw(one), draw(other));
    assert_eq!(one.begin().await.unwrap().next_place(&event).await.unwrap(), 21);
}

#[tokio::test]
async fn only_addresses_it_can_use_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    for good in [format!("sqlite:{}", path.display()), format!("sqlite://{}", path.display())] {
        let opened: std::sync::Arc<dyn Store> = regatta_store::open(&good).await.unwrap();
        assert_eq!(opened.queue_length().await.unwrap(), 0);
    }
    let bad = [
        ("postgres://localhost/regatta", "SQLite only"),
        ("postgresql://localhost/regatta", "SQLite only"),
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
