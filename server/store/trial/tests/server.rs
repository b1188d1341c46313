//! A real server, from start to end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regatta_trial_database::{Durability, TrialServer};
use sqlx::{Connection, Executor, PgConnection, query_scalar};

fn folder(url: &str) -> PathBuf {
    url.split_once("host=").unwrap().1.into()
}

async fn setting(url: &str, sql: &'static str) -> String {
    let mut db = PgConnection::connect(url).await.unwrap();
    query_scalar(sql).fetch_one(&mut db).await.unwrap()
}

#[tokio::test]
async fn gives_each_its_own_empty_database_and_leaves_nothing() {
    let server = TrialServer::start(Durability::Relaxed);
    let (one, other) = (server.database().await, server.database().await);
    let mut db = PgConnection::connect(&one).await.unwrap();
    db.execute("create table mine (id bigint)").await.unwrap();
    let seen = "select count(*)::text from pg_tables where schemaname = 'public'";
    assert_eq!(setting(&one, seen).await, "1");
    assert_eq!(setting(&other, seen).await, "0");
    assert_eq!(setting(&one, "show fsync").await, "off");
    let folder = folder(&one);
    assert!(folder.join("data").exists());
    drop(server);
    assert!(!folder.exists(), "the folder is gone");
    assert!(PgConnection::connect(&one).await.is_err());
}

#[tokio::test]
async fn a_restart_breaks_connections_and_keeps_what_was_committed() {
    let server = TrialServer::start(Durability::Full);
    let url = server.database().await;
    assert_eq!(setting(&url, "show fsync").await, "on");
    let mut db = PgConnection::connect(&url).await.unwrap();
    db.execute("create table kept (id bigint)").await.unwrap();
    server.restart();
    assert!(db.execute("select 1").await.is_err(), "the connection is broken");
    assert_eq!(setting(&url, "select count(*)::text from kept").await, "0");
}

#[tokio::test]
async fn the_shared_one_is_one() {
    let (one, other) = (TrialServer::shared().database().await, TrialServer::shared().database().await);
    assert_eq!(folder(&one), folder(&other));
    assert_ne!(one, other);
}

/// The process that is killed below: starts a server, says where, and goes on until its standard input ends.
#[tokio::test]
#[ignore = "only for a_killed_process_leaves_nothing"]
async fn holds_a_server() {
    println!("at {}", TrialServer::shared().database().await);
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_killed_process_leaves_nothing() {
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "holds_a_server", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = said.find_map(|line| line.split_once("at postgres:").map(|(_, url)| url.to_owned())).unwrap();
    let folder = folder(&url);
    assert!(folder.exists());
    holder.kill().unwrap();
    holder.wait().unwrap();
    let patience = Instant::now() + Duration::from_secs(30);
    while folder.exists() {
        assert!(Instant::now() < patience, "{} is left", folder.display());
        std::thread::yield_now();
    }
}
