//! The program as those see it who watch over it: its second listener, its log, and how it goes when it is told to.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::running::{Portal, content, regatta};

const SITE: (&str, &str) = ("site.yaml", "name: A site\ntagline: T\ndescription: D\n");

/// Status and body of what an address of this machine answers.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn terminate(portal: &Portal) {
    let killed = Command::new("kill").args(["-TERM", &portal.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

#[test]
fn told_to_stop_it_says_so_before_it_closes_its_doors() {
    let folder = content(&[SITE]);
    let settings = [("REGATTA__HTTP__ADMIN_LISTEN", "127.0.0.1:0"), ("REGATTA__HTTP__DRAIN_SECONDS", "300")];
    let mut portal = Portal::start(folder.path(), &settings);
    let told = portal.greeting.iter().find_map(|line| line.trim().strip_prefix("operators   http://"));
    let office = told.unwrap().strip_suffix("/health").unwrap().to_owned();
    assert_eq!(get(&office, "/readyz").0, 200);
    assert!(get(&office, "/metrics").1.ends_with("# EOF\n"));
    assert_eq!(portal.get("/metrics").status, 404);
    terminate(&portal);
    portal.until(|| (get(&office, "/readyz").0 == 503).then_some(()));
    assert!(get(&office, "/readyz").1.contains("draining"));
    assert_eq!(portal.get("/readyz").status, 503);
    assert_eq!(portal.get("/").status, 200, "who comes meanwhile is served");
    assert_eq!(get(&office, "/healthz").0, 200);
    terminate(&portal);
    assert_eq!(portal.wait(), Some(0), "who tells it twice is in a hurry");
}

#[test]
fn its_log_is_what_was_asked_for() {
    let folder = content(&[SITE]);
    let log = folder.path().join("log");
    let mut child = regatta(folder.path(), &["serve"])
        .env("REGATTA__HTTP__LISTEN", "127.0.0.1:0")
        .env("REGATTA__LOGS__FORMAT", "json")
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut greeting = [0; 16];
    child.stdout.as_mut().unwrap().read_exact(&mut greeting).unwrap();
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success() && child.wait().unwrap().success());
    let told = fs::read_to_string(log).unwrap();
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["message"] == "the portal was told to stop"), "{told}");
}
