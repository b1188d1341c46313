//! The release build of the program on a free loopback port, with content and data of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The slug and the id of the meetup that everybody wants to come to.
pub const MEETUP: &str = "the-big-one";

/// A portal that ends with this value.
pub struct Portal {
    child: Child,
    pub port: u16,
}

/// How a portal is set up; it can be started any number of times.
pub struct Setup {
    pub content: PathBuf,
    pub data: PathBuf,
    pub port: u16,
    pub environment: Vec<(String, String)>,
}

impl Setup {
    /// A content folder with one meetup of `seats` and a waitlist, and mail that goes to the server at `mail_port`.
    /// Limits that would turn away one network with thousands of visitors are raised; they are told.
    pub fn new(folder: &Path, seats: u32, mail_port: u16, database: Option<&str>) -> Self {
        let (content, data) = (folder.join("content"), folder.join("data"));
        write_content(&content, seats);
        let port = free_port();
        let mut environment = vec![
            ("REGATTA__HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("REGATTA__CONTENT__DIR".to_owned(), content.display().to_string()),
            ("REGATTA__DATA_DIR".to_owned(), data.display().to_string()),
            ("REGATTA__MAIL__URL".to_owned(), format!("smtp://127.0.0.1:{mail_port}")),
            ("REGATTA__PLAYGROUND__EXECUTOR".to_owned(), "off".to_owned()),
            ("REGATTA__LIMITS__REGISTRATIONS_PER_HOUR".to_owned(), "1000000".to_owned()),
            ("RUST_LOG".to_owned(), "error".to_owned()),
        ];
        environment.extend(database.map(|url| ("REGATTA__DATABASE__URL".to_owned(), url.to_owned())));
        Self { content, data, port, environment }
    }

    /// Where the portal's database is.
    pub fn database(&self) -> String {
        let given = self.environment.iter().find(|(key, _)| key == "REGATTA__DATABASE__URL");
        match given {
            Some((_, url)) => url.clone(),
            None => format!("sqlite:{}", self.data.join("regatta.db").display()),
        }
    }

    /// The settings that differ from what a portal has by itself.
    pub fn told(&self) -> String {
        let limits =
            self.environment.iter().filter(|(key, _)| key.contains("LIMITS") || key.contains("MAIL"));
        limits.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    }

    /// Starts the program and waits until it answers.
    pub fn start(&self) -> Portal {
        let child = Command::new(env!("CARGO_BIN_EXE_regatta"))
            .arg("serve")
            .current_dir(&self.content)
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        let portal = Portal { child, port: self.port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the portal does not listen");
            std::thread::sleep(Duration::from_millis(2));
        }
        portal
    }
}

impl Portal {
    /// Ends it without any warning (SIGKILL).
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Resident memory in mebibytes (`VmRSS`, proc(5)).
    pub fn resident_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_content(content: &Path, seats: u32) {
    fs::create_dir_all(content.join("events")).unwrap();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::copy(workspace.join("content/site.yaml"), content.join("site.yaml")).unwrap();
    for folder in ["ambassadors", "pages", "posts", "pipelines", "series"] {
        fs::create_dir_all(content.join(folder)).unwrap();
    }
    for post in fs::read_dir(workspace.join("content/posts")).unwrap() {
        let post = post.unwrap();
        fs::copy(post.path(), content.join("posts").join(post.file_name())).unwrap();
    }
    let meetup = format!(
        "---\nid: {MEETUP}\ntitle: The big one\nsummary: Everybody wants to come.\nstart: 2090-06-02 18:00\n\
         end: 2090-06-02 21:00\nzone: Europe/Berlin\nplace: Hamburg, Germany\nregistration:\n  capacity: {seats}\n  \
         waitlist: true\n---\n\nA meetup for as many as there are seats.\n"
    );
    fs::write(content.join("events").join(format!("{MEETUP}.md")), meetup).unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
