//! `regatta serve`: what it says at its start and at its end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use crate::running::{Portal, content, regatta};

#[test]
fn serve_says_where_everything_is_and_ends_when_told_to() {
    let folder = content(&[("site.yaml", "name: A site\ntagline: T\ndescription: D\n")]);
    let mut portal = Portal::start(folder.path(), &[]);
    for wanted in ["content", "data", "/dev/mail", "switched the playground off"] {
        assert!(portal.greeting.iter().any(|line| line.contains(wanted)), "{wanted}: {:?}", portal.greeting);
    }
    let alive = portal.get("/healthz");
    assert_eq!((alive.status, alive.body.as_str()), (200, "alive\n"));
    let killed = Command::new("kill").args(["-TERM", &portal.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(portal.wait(), Some(0), "told to stop, it ends in order");
}

#[test]
fn serve_says_what_keeps_it_from_starting() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = content(&[]);
    let address = taken.local_addr().unwrap().to_string();
    let ended = regatta(folder.path(), &["serve"]).env("REGATTA__HTTP__LISTEN", &address).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(told.contains("http.listen") && told.contains(&address), "{told}");

    for (url, words) in [
        ("postgres://user:hunter2@127.0.0.1:1/regatta", "database"),
        ("mysql://user:hunter2@db/regatta", "postgres://"),
    ] {
        let ended = regatta(folder.path(), &["serve"])
            .env("REGATTA__HTTP__LISTEN", "127.0.0.1:0")
            .env("REGATTA__DATABASE__URL", url)
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(1));
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(told.contains(words) && !told.contains("hunter2"), "{told}");
    }
}

/// What a connection is answered; nothing where it was turned away.
fn answered(mut connection: TcpStream) -> String {
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    let _ = connection.write_all(request).and_then(|()| connection.read_to_string(&mut answer));
    answer
}

#[test]
fn a_network_that_holds_connections_leaves_half_of_them_to_others() {
    let folder = content(&[("site.yaml", "name: A site\ntagline: T\ndescription: D\n")]);
    let portal = Portal::start(folder.path(), &[("REGATTA__LIMITS__CONNECTIONS", "40")]);
    let held: Vec<TcpStream> = (0..20).map(|_| portal.connect_from([127, 0, 1, 1])).collect();
    assert_eq!(answered(portal.connect_from([127, 0, 1, 2])), "", "the same network");
    assert!(answered(portal.connect_from([127, 0, 2, 1])).contains("alive"), "another has room");
    drop(held);
    portal.until(|| answered(portal.connect_from([127, 0, 1, 1])).contains("alive").then_some(()));
}
