//! Whole databases on the move: complete or not at all, from either engine, while others write.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use regatta_store::records::AuditEntry;
use regatta_store::transfer::{TableCount, TransferError, backup, copy, in_use_until};
use regatta_store::{Store, StoreError};
use regatta_trial_database::TrialServer;
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection, query_as, query_scalar, raw_sql,
};
use tempfile::TempDir;

/// Rows in every table, in SQL that both engines understand; more run events than are copied at a time.
const EVERYTHING: &str = r#"
    insert into registrations
        (id, event, name, email, email_normalized, language, attendance, party, answers, state, place, booking,
         held_until, seated_at, purge_at, generation, sequence, version, created_at, updated_at, erased_at)
    values ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 'sail', '李 O''Neil "☂"', 'Ada@Example.org', 'ada@example.org', 'zh', 'online', 4,
            '{"diet":["vegan"]}', 'confirmed', 1, 'baaaaaaaaaaaaaaaaaaaaaaaaa', 1760000000000001, 2, 4102444800000000, 1,
            3, 7, 4, 5, null),
           ('caaaaaaaaaaaaaaaaaaaaaaaaa', 'sail', '', '', null, 'en', 'in_person', 1, '{}', 'cancelled', 2, null, 1, null, 3,
            1, 0, 1, 4, 5, 6);
    insert into desks values ('sail', 2, 0, 0, 4, 0, 'closed', 40, null), ('row', 0, 0, 0, 0, 0, null, null, null);
    insert into registration_history (registration, at, actor, what)
    values ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 4, '"owner"', '{"registered":"held"}'),
           ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 5, '"portal"', '{"moved":{"from":"held","to":"confirmed"}}');
    insert into outbox
        (id, kind, registration, follow, event, recipient, recipient_normalized, domain, language, detail, once, state,
         attempts, due_at, claimed_by, attempted_at, handed_over_at, settled_at, why, created_at)
    values ('daaaaaaaaaaaaaaaaaaaaaaaaa', 'confirmed', 'aaaaaaaaaaaaaaaaaaaaaaaaaa', null, null, 'Ada@Example.org',
            'ada@example.org', 'example.org', 'zh', null, 'day:1', 'sending', 1, 4, 'mailroom-1', 5, 6, null, null, 4),
           ('eaaaaaaaaaaaaaaaaaaaaaaaaa', 'event_published', null, 'faaaaaaaaaaaaaaaaaaaaaaaaa', 'sail', '', '', '', 'en',
            '{"reason":"x"}', null, 'failed', 9, 4, null, 5, null, 6, 'no such user', 4);
    insert into suppressions values ('gone@example.org', 7, '550 no such user');
    insert into announcements values ('sail', '{"told":1}', 1, 2, '{"pending":1}', 3, null, 4);
    insert into leases values ('herald', 'one', 99);
    insert into kept values ('identity', 'portal.example');
    insert into follows values ('faaaaaaaaaaaaaaaaaaaaaaaaa', 'Bob@example.org', 'bob@example.org', 'en', 'city:上海', 1, null);
    insert into audit (at, actor, action, subject, reason, detail) values (1, 'eve', 'approve', 'sail', '', 'x'), (2, 'eve', 'capacity', 'sail', 'more chairs', '');
    insert into feedback values ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 'sail', 5, 'Fine.', 9);
    insert into runs
        (id, demo, edited, hidden, title, dialect, source, arguments, pipeline, isolation, visitor, state, accepted_at,
         ended_at, summary, log_deleted, holder, held_until, cancel_asked, executor, level, image_state, queued_ms,
         setup_ms, total_ms)
    values ('haaaaaaaaaaaaaaaaaaaaaaaaa', 'hello', false, false, 'Hello', 'tekton', 'jobs:', '{"who":"周"}', '{}', null, 'v',
            'queued', 1, null, null, false, null, null, false, null, null, null, null, null, null),
           ('iaaaaaaaaaaaaaaaaaaaaaaaaa', null, true, true, 'Mine', 'screwdriver', 'jobs:', '{}', '{}', 'process', 'v',
            'succeeded', 1, 2, '{"seq":1203}', true, null, null, false, 'gvisor', 'application_kernel', 'local', 3, 4, 5),
           ('jaaaaaaaaaaaaaaaaaaaaaaaaa', null, true, false, 'Theirs', 'screwdriver', '', '{}', '{}', null, 'w',
            'running', 1, null, null, false, 'portal-1', 1760000000000001, true, null, null, null, null, null, null);
    insert into shared_texts values
        ('kaaaaaaaaaaaaaaaaaaaaaaaaa', 'hello', 'screwdriver', 'jobs: {} # 周', 'v', 7, false),
        ('laaaaaaaaaaaaaaaaaaaaaaaaa', null, 'tekton', '', '', 8, true);
    insert into switches values (1, 'draining', false, 'until noon');
    insert into run_events
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 1203)
    select 'iaaaaaaaaaaaaaaaaaaaaaaaaa', i, i * 3, '{"said":"' || i || '"}' from n;
"#;

/// Where databases and files of a test are.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sqlite(&self, name: &str) -> String {
        format!("sqlite:{}", self.path(name).display())
    }

    fn files(&self) -> Vec<String> {
        let entries = self.folder.path().read_dir().unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

async fn open(url: &str) -> Arc<dyn Store> {
    regatta_store::open(url).await.unwrap()
}

async fn postgres() -> String {
    TrialServer::shared().database().await
}

/// Executes SQL on a database of any engine.
async fn execute(url: &str, sql: &str) {
    let sql = raw_sql(AssertSqlSafe(sql.to_owned()));
    if url.starts_with("sqlite:") {
        let mut db = SqliteConnection::connect(url).await.unwrap();
        db.execute(sql).await.unwrap();
        db.close().await.unwrap();
    } else {
        let mut db = PgConnection::connect(url).await.unwrap();
        db.execute(sql).await.unwrap();
        db.close().await.unwrap();
    }
}

/// A database of this engine with rows in every table.
async fn filled(url: String) -> String {
    open(&url).await.close().await;
    execute(&url, EVERYTHING).await;
    url
}

/// Everything in a SQLite file but how it was migrated, as text.
async fn dump(url: &str) -> Vec<(String, Vec<String>)> {
    let mut db = SqliteConnection::connect(url).await.unwrap();
    let tables: Vec<(String, String)> = query_as(
        "select t.name, group_concat('quote(' || c.name || ')', '||'',''||')
         from sqlite_schema t join pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like '\\_sqlx%' escape '\\' group by t.name order by t.name",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let mut dump = Vec::new();
    for (table, values) in tables {
        let sql = format!("select {values} from {table} order by 1");
        dump.push((table, query_scalar(AssertSqlSafe(sql)).fetch_all(&mut db).await.unwrap()));
    }
    dump
}

fn rows(counts: &[TableCount], table: &str) -> u64 {
    counts.iter().find(|count| count.table == table).unwrap().rows
}

#[tokio::test]
async fn everything_moves_there_and_back() {
    let place = Place::new();
    let from = filled(place.sqlite("from.db")).await;
    let (postgres, back) = (postgres().await, place.sqlite("back.db"));
    let there = copy(&from, &postgres).await.unwrap();
    assert!(there.iter().all(|count| count.rows > 0), "every table has rows to lose: {there:?}");
    assert_eq!(rows(&there, "run_events"), 1203);
    assert_eq!(copy(&postgres, &back).await.unwrap(), there);
    let before = dump(&from).await;
    let mut moved: Vec<_> = there.iter().map(|count| count.table).collect();
    moved.sort_unstable();
    assert_eq!(moved, before.iter().map(|(table, _)| table).collect::<Vec<_>>(), "no table is forgotten");
    assert_eq!(before, dump(&back).await);
}

#[tokio::test]
async fn what_moved_is_used_as_before() {
    let place = Place::new();
    let to = postgres().await;
    copy(&filled(place.sqlite("from.db")).await, &to).await.unwrap();
    let store = open(&to).await;
    assert_eq!(store.kept("identity", "another.example").await.unwrap(), "portal.example");
    assert_eq!(store.seats(&"sail".parse().unwrap()).await.unwrap().online.taken, 4);
    // Generated identities go on after those that came along.
    let entry = AuditEntry {
        at: Timestamp::UNIX_EPOCH,
        actor: "eve".into(),
        action: "open".into(),
        subject: "sail".into(),
        reason: String::new(),
        detail: String::new(),
    };
    store.audit_alone(&entry).await.unwrap();
    assert_eq!(store.audit_log(Some("sail"), 1).await.unwrap(), [entry]);
}

/// What a portal writes to the original after the copy is in the original alone.
#[tokio::test]
async fn a_database_in_use_is_known_by_its_leases() {
    let place = Place::new();
    for url in [place.sqlite("used.db"), postgres().await] {
        let store = open(&url).await;
        assert_eq!(in_use_until(&url).await.unwrap(), None, "{url}");
        let at = |second| Timestamp::from_second(second).unwrap();
        for (name, holder, until) in [("herald", "one", 40), ("mailroom-one", "one", 30)] {
            assert!(store.lease(name, holder, at(0), at(until)).await.unwrap());
        }
        assert_eq!(in_use_until(&url).await.unwrap(), Some(at(40)), "{url}");
        store.release("herald", "one").await.unwrap();
        store.release("mailroom-one", "one").await.unwrap();
        assert_eq!(in_use_until(&url).await.unwrap(), None, "{url}");
    }
}

#[tokio::test]
async fn an_empty_database_moves_too() {
    let (place, to) = (Place::new(), postgres().await);
    let from = place.sqlite("from.db");
    open(&from).await.close().await;
    assert!(copy(&from, &to).await.unwrap().iter().all(|count| count.rows == 0));
    assert!(open(&to).await.audit_log(None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_in_use_is_no_target() {
    let place = Place::new();
    let from = filled(place.sqlite("from.db")).await;
    for used in [place.sqlite("used.db"), postgres().await] {
        open(&used).await.kept("identity", "another.example").await.unwrap();
        let refused = copy(&from, &used).await.unwrap_err();
        assert!(matches!(refused, TransferError::NotEmpty("kept")), "{refused}");
        assert_eq!(open(&used).await.kept("identity", "third.example").await.unwrap(), "another.example");
    }
    assert!(matches!(copy(&from, &from).await, Err(TransferError::NotEmpty("registrations"))));
}

/// A text that PostgreSQL cannot hold stops the copy at its table, and the target stays empty.
#[tokio::test]
async fn a_copy_that_fails_leaves_nothing() {
    let (place, to) = (Place::new(), postgres().await);
    let from = filled(place.sqlite("from.db")).await;
    execute(&from, "update audit set detail = 'a' || char(0) || 'b' where at = 2").await;
    let failed = copy(&from, &to).await.unwrap_err();
    assert!(matches!(failed, TransferError::Table { table: "audit", .. }), "{failed}");
    execute(&from, "update audit set detail = '' where at = 2").await;
    copy(&from, &to).await.unwrap();
}

/// Here a trigger stands for whatever might change a row on its way.
#[tokio::test]
async fn a_copy_that_reads_back_as_something_else_is_not_kept() {
    let (place, to) = (Place::new(), postgres().await);
    let from = filled(place.sqlite("from.db")).await;
    open(&to).await.close().await;
    execute(
        &to,
        "create function shout() returns trigger language plpgsql as
             'begin new.why = upper(new.why); return new; end';
         create trigger shout before insert on suppressions for each row execute function shout()",
    )
    .await;
    let differs = copy(&from, &to).await.unwrap_err();
    assert!(
        matches!(differs, TransferError::Differs { table: "suppressions", original: 1, copied: 1 }),
        "{differs}"
    );
    execute(&to, "drop trigger shout on suppressions").await;
    copy(&from, &to).await.unwrap();
}

#[tokio::test]
async fn only_the_shape_of_this_version_is_read() {
    let place = Place::new();
    for url in [place.sqlite("from.db"), postgres().await] {
        open(&url).await.close().await;
        execute(&url, "update _sqlx_migrations set version = 99990101000000 where version = 20261123000800")
            .await;
        let newer = copy(&url, &place.sqlite("to.db")).await.unwrap_err();
        assert!(matches!(newer, TransferError::Store(StoreError::Newer { .. })), "{newer}");
        execute(&url, "delete from _sqlx_migrations where version = 99990101000000").await;
        let older = copy(&url, &place.sqlite("to.db")).await.unwrap_err();
        assert!(matches!(older, TransferError::Older { found: 20_261_123_000_700, .. }), "{older}");
    }
    assert!(copy("mysql://localhost/regatta", &place.sqlite("to.db")).await.is_err());
    assert!(copy(&place.sqlite("missing.db"), &place.sqlite("to.db")).await.is_err());
    assert!(!place.path("missing.db").exists());
}

/// Writes pairs that belong together, each pair in one transaction, until it is told to end.
async fn write_pairs(url: String, end: Arc<AtomicBool>) -> i64 {
    let mut pairs = 0;
    while !end.load(Ordering::Relaxed) {
        let at = pairs + 10;
        let pair = format!(
            "begin;
             insert into suppressions values ('{at}@example.org', {at}, '');
             insert into audit (at, actor, action, subject, reason, detail) values ({at}, '', 'pair', '', '', '');
             commit;"
        );
        execute(&url, &pair).await;
        pairs += 1;
    }
    pairs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_one_moment_of_a_database_in_use() {
    let place = Place::new();
    for (number, from) in [place.sqlite("from.db"), postgres().await].into_iter().enumerate() {
        let from = filled(from).await;
        let end = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn(write_pairs(from.clone(), end.clone()));
        for round in 0..4 {
            let to = place.sqlite(&format!("copy-{number}-{round}.db"));
            let counts = copy(&from, &to).await.unwrap();
            assert_eq!(rows(&counts, "suppressions") + 1, rows(&counts, "audit"), "pairs stay together");
            let to = place.path(&format!("backup-{number}-{round}.db"));
            backup(&from, &to).await.unwrap();
            let mut db = SqliteConnection::connect(&format!("sqlite:{}", to.display())).await.unwrap();
            let (one, other): (i64, i64) =
                query_as("select (select count(*) from suppressions), (select count(*) from audit)")
                    .fetch_one(&mut db)
                    .await
                    .unwrap();
            assert_eq!(one + 1, other, "pairs stay together");
        }
        end.store(true, Ordering::Relaxed);
        assert!(writer.await.unwrap() > 0, "the writer was not held up");
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_backup_is_one_private_file_that_can_be_used() {
    let place = Place::new();
    let sqlite = filled(place.sqlite("from.db")).await;
    let all = dump(&sqlite).await;
    for (name, from) in [("one.db", sqlite), ("other.db", filled(postgres().await).await)] {
        let store = open(&from).await;
        let before = place.files();
        backup(&from, &place.path(name)).await.unwrap();
        let new: Vec<_> = place.files().into_iter().filter(|file| !before.contains(file)).collect();
        assert_eq!(new, [name], "one file, and nothing beside it");
        assert_eq!(mode(&place.path(name)), 0o600);
        assert_eq!(dump(&place.sqlite(name)).await, all);
        store.close().await;
        let restored = postgres().await;
        copy(&place.sqlite(name), &restored).await.unwrap();
        assert_eq!(open(&place.sqlite(name)).await.kept("identity", "x").await.unwrap(), "portal.example");
        assert_eq!(open(&restored).await.kept("identity", "x").await.unwrap(), "portal.example");
    }
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    let place = Place::new();
    let from = filled(place.sqlite("from.db")).await;
    std::fs::write(place.path("taken.db"), "something else").unwrap();
    let refused = backup(&from, &place.path("taken.db")).await.unwrap_err();
    assert!(matches!(refused, TransferError::Exists(_)), "{refused}");
    assert_eq!(std::fs::read_to_string(place.path("taken.db")).unwrap(), "something else");
    let before = place.files();
    assert!(backup(&place.sqlite("missing.db"), &place.path("new.db")).await.is_err());
    assert!(
        backup("postgres://nobody@localhost/missing?host=/nowhere", &place.path("new.db")).await.is_err()
    );
    let nowhere = backup(&from, &place.path("no/such/folder.db")).await.unwrap_err();
    assert!(matches!(nowhere, TransferError::File { .. }), "{nowhere}");
    assert_eq!(place.files(), before);
}
