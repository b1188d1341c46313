//! The program as a process: a command that ends, or a portal that serves while commands are given beside it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regatta_mail::{Mailbox, OpenedMail};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_regatta");

/// Longer than anything that is waited for takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(2);

const SITE: &str = "name: A site\ntagline: T\ndescription: D\n";

/// The program with these arguments, in this folder, with its data below it.
pub fn regatta(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env("REGATTA__DATA_DIR", folder.join("data"));
    command.env("REGATTA__PLAYGROUND__EXECUTOR", "off").env_remove("SUDO_USER").env("USER", "tester");
    command
}

/// A folder with these content files.
pub fn content(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join("content").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

/// A folder with a site and one event, `open`, in the far future, registered for by this policy.
pub fn one_event(policy: &str) -> TempDir {
    let event = format!(
        "---\nid: open\ntitle: Open\nsummary: S.\nstart: 2090-07-01 18:00\nzone: UTC\nregistration: {{{policy}}}\n---\nText.\n"
    );
    content(&[("site.yaml", SITE), ("events/open.md", &event)])
}

/// What a command that succeeded wrote.
pub fn done(output: Output) -> String {
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that did not succeed wrote about it, and its exit code.
pub fn failed(output: Output) -> (Option<i32>, String) {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A portal that does not outlive its test.
pub struct Portal {
    child: Child,
    folder: PathBuf,
    address: String,
    pub greeting: Vec<String>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: String,
}

impl Drop for Portal {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Portal {
    /// Serves the content of `folder`, with these settings from the environment.
    pub fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let mut child = regatta(folder, &["serve"])
            .env("REGATTA__HTTP__LISTEN", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let first = lines.next().unwrap();
        let address = first.strip_prefix("Regatta listens on http://").unwrap().to_owned();
        let greeting = lines.by_ref().take(5).collect();
        Self { child, folder: folder.to_owned(), address, greeting }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A connection from this address of the machine's own, over which nothing was sent yet.
    pub fn connect_from(&self, own: [u8; 4]) -> TcpStream {
        let to: SocketAddr = self.address.parse().unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((own, 0)).into()).unwrap();
        socket.connect(&to.into()).unwrap();
        socket.into()
    }

    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let body = pairs.join("&");
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn send(&self, request: &str) -> Answer {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, location: location.to_owned(), body: body.to_owned() }
    }

    /// Fills in the form of the event `open` and sends it.
    pub fn sign_up(&self, name: &str, email: &str) -> Answer {
        let page = self.get("/events/open").body;
        let rest = &page[page.find("name=\"form\"").unwrap()..];
        let token = rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        let answer = self.post("/events/open/register", &[("name", name), ("email", email), ("form", token)]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer
    }

    /// Signs up and confirms; returns the path of the registration's page.
    pub fn seat(&self, name: &str, email: &str) -> String {
        self.sign_up(name, email);
        let mail = self.mail(email, |mail| mail.text.contains("/registrations/confirm/"));
        let confirmed = self.post(&link(&mail, "/registrations/confirm/"), &[]);
        assert_eq!(confirmed.status, 303, "{}", confirmed.body);
        confirmed.location
    }

    /// Waits for a mail to this address that is the one.
    pub fn mail(&self, to: &str, is_it: impl Fn(&OpenedMail) -> bool) -> OpenedMail {
        self.until(|| {
            let mailbox = Mailbox::open(self.folder.join("data/mail"));
            let names = mailbox.list().unwrap().into_iter().filter(|mail| mail.to == to);
            names.filter_map(|mail| mailbox.read(&mail.name).unwrap()).find(|mail| is_it(mail))
        })
    }

    /// Looks again and again, each time after an answer of the portal, until there is what is waited for.
    pub fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "it did not come");
            assert_eq!(self.get("/healthz").status, 200);
        }
    }

    /// What a command beside it wrote.
    pub fn told(&self, arguments: &[&str]) -> String {
        done(regatta(&self.folder, arguments).output().unwrap())
    }
}

/// The path of the link in a mail's text that begins with `start`.
pub fn link(mail: &OpenedMail, start: &str) -> String {
    let at = mail.text.find(start).unwrap_or_else(|| panic!("no link to {start} in {}", mail.text));
    mail.text[at..].split_whitespace().next().unwrap().to_owned()
}
