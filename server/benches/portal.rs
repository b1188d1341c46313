//! `make bench`: how fast the release build is, each figure beside a baseline measured in the same run.
//!
//! It starts the program as `make release` builds it on a free loopback port with a data folder of its own and speaks HTTP/1.1 to it
//! over a plain socket, one request at a time, so that what is measured is latency and not the client.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench reports and stops"
)]

mod client;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::Connection;

const STARTS: usize = 11;
const PAGES: usize = 400;

/// A portal that ends with this value.
struct Portal {
    child: Child,
    port: u16,
    /// From the start of the process to the whole first page.
    answers_after: Duration,
}

impl Portal {
    fn start(data: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = workspace();
        let started = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_regatta"))
            .arg("serve")
            .current_dir(&root)
            .env("REGATTA__HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .env("REGATTA__DATA_DIR", data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the portal does not listen");
            std::thread::yield_now();
        }
        assert_eq!(Connection::open(port).get("/").status, 200);
        Self { child, port, answers_after: started.elapsed() }
    }

    fn connect(&self) -> Connection {
        Connection::open(self.port)
    }

    /// Resident memory in mebibytes, private and shared (`VmRSS`, proc(5)).
    fn resident_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    fn wait_for_sandbox(&self) {
        let started = Instant::now();
        while self.connect().get("/playground").body.contains("hecking isolation") {
            assert!(started.elapsed() < Duration::from_secs(30), "the isolation check does not end");
        }
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn median(mut figures: Vec<Duration>) -> Duration {
    figures.sort();
    figures[figures.len() / 2]
}

fn timed(times: usize, mut act: impl FnMut()) -> Duration {
    median(
        (0..times)
            .map(|_| {
                let started = Instant::now();
                act();
                started.elapsed()
            })
            .collect(),
    )
}

fn milliseconds(figure: Duration) -> f64 {
    figure.as_secs_f64() * 1000.0
}

fn report(what: &str, figure: Duration, baseline: &str, base: Duration, target: &str) {
    println!(
        "{what:<44} {:>9.2} ms   {:>6.2} × {baseline} ({:.2} ms)   wanted: {target}",
        milliseconds(figure),
        figure.as_secs_f64() / base.as_secs_f64(),
        milliseconds(base),
    );
}

fn bench_start(data: &Path) {
    let first = median(
        (0..STARTS).map(|_| Portal::start(tempfile::tempdir().unwrap().path()).answers_after).collect(),
    );
    let again = median((0..STARTS).map(|_| Portal::start(data).answers_after).collect());
    let program = env!("CARGO_BIN_EXE_regatta");
    let bare = timed(STARTS, || {
        Command::new(program).arg("--version").stdout(Stdio::null()).status().unwrap();
    });
    report("first start to the first page", first, "printing the version", bare, "≤ 300 ms");
    report("later start to the first page", again, "printing the version", bare, "≤ 300 ms");
}

fn bench_pages(portal: &Portal) {
    let mut connection = portal.connect();
    let home = connection.get("/").body;
    let asset = home.split('"').find(|part| part.starts_with("/assets/site-")).unwrap().to_owned();
    let _ = connection.get("/events/second-cicd-meetup-china");
    let fixed = timed(PAGES, || assert_eq!(connection.get(&asset).status, 200));
    for page in ["/", "/events/second-cicd-meetup-china", "/posts", "/ambassadors"] {
        let rendered = timed(PAGES, || assert_eq!(connection.get(page).status, 200));
        report(&format!("GET {page}"), rendered, "the stylesheet", fixed, "≤ 2 ms");
    }
}

fn main() {
    // `cargo test --benches` calls every bench with this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    bench_start(data.path());
    let portal = Portal::start(data.path());
    portal.wait_for_sandbox();
    println!(
        "{:<44} {:>9.1} MiB   wanted: ≤ 60 MiB",
        "idle memory after the isolation check",
        portal.resident_mib()
    );
    bench_pages(&portal);
    println!("{:<44} {:>9.1} MiB", "memory after the benches", portal.resident_mib());
}
