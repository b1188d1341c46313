//! A portal with a small content folder, a clock that the test moves, and mail that lands in a folder.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regatta::config::Config;
use regatta::opening::{self, OpenPortal};
use regatta::web::router;
use regatta::world::SystemEntropy;
use regatta_domain::ports::Clock;
use regatta_domain::seats::SeatCount;
use regatta_mail::{Mailbox, OpenedMail};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// When every test begins.
const START: &str = "2026-06-01T10:00:00Z";

const SITE: &str = "name: Test Harbour\ntagline: For tests\ndescription: A portal under test.\n";

const PIPELINE: &str = "# A demo\n# Prints a line.\nshared:\n  image: host-tools\njobs:\n  main:\n    requires: [~commit]\n    \
                        steps:\n      - hello: echo hello\n";

/// A hand that the test moves.
pub struct HandClock(Mutex<Timestamp>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A portal under test.
pub struct Harbour {
    pub open: OpenPortal,
    web: Router,
    clock: Arc<HandClock>,
    folder: TempDir,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }
}

/// An event of two seats on the first of July.
pub fn event(id: &str, title: &str, more: &str) -> String {
    format!(
        "---\nid: {id}\ntitle: \"{title}\"\nsummary: A meetup under test.\n{more}\n---\nThe text of the page.\n"
    )
}

/// The front matter of an event with this registration.
pub fn registering(policy: &str) -> String {
    format!("start: 2026-07-01 18:00\nzone: Europe/Berlin\nregistration: {{{policy}}}")
}

impl Harbour {
    /// A portal with one open event of two seats and a waitlist, and one demo.
    pub async fn open() -> Self {
        Self::with(&[(
            "events/open.md",
            event("open", "An open meetup", &registering("capacity: 2, waitlist: true")),
        )])
        .await
    }

    /// A portal with these content files.
    pub async fn with(files: &[(&str, String)]) -> Self {
        Self::configured(files, &[]).await
    }

    /// A portal with these content files and settings, the latter as in the environment.
    pub async fn configured(files: &[(&str, String)], settings: &[(&str, &str)]) -> Self {
        regatta_app::prepare();
        let folder = tempfile::tempdir().unwrap();
        let content = folder.path().join("content");
        write(&content, "site.yaml", SITE);
        write(&content, "pipelines/demo.yaml", PIPELINE);
        for (name, text) in files {
            write(&content, name, text);
        }
        let config = config(folder.path(), settings);
        let clock = Arc::new(HandClock(Mutex::new(START.parse().unwrap())));
        let open = opening::open(config, clock.clone(), Arc::new(SystemEntropy)).await.unwrap();
        let problems = open.portal.shelf.library().problems().to_vec();
        assert!(problems.is_empty(), "{problems:?}");
        Self { web: router(open.portal.clone()), open, clock, folder }
    }

    /// Writes a content file and has it read.
    pub fn rewrite(&self, name: &str, text: &str) {
        write(&self.folder.path().join("content"), name, text);
        assert!(self.open.portal.shelf.refresh(), "the change of {name} is noticed");
    }

    pub fn later(&self, by: SignedDuration) {
        *self.clock.0.lock().unwrap() += by;
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form(path, fields)).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.web.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 8 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.into()).unwrap(),
        }
    }

    /// What came back so far: its body is still to come.
    pub async fn begin(&self, request: Request<Body>) -> Response {
        self.web.clone().oneshot(request).await.unwrap()
    }

    /// What came back, its body left out because it may be compressed.
    pub async fn send_raw(&self, request: Request<Body>) -> Answer {
        let (parts, _) = self.web.clone().oneshot(request).await.unwrap().into_parts();
        Answer { status: parts.status, headers: parts.headers, body: String::new() }
    }

    /// Sends every mail that is owed, and reads all that were sent, oldest first.
    pub async fn mails(&self) -> Vec<OpenedMail> {
        // Mails are ordered by the second in which they were sent.
        self.later(SignedDuration::from_secs(1));
        self.open.outbox.deliver_due(&CancellationToken::new()).await.unwrap();
        let mailbox = Mailbox::open(self.folder.path().join("mail"));
        let mut listed = mailbox.list().unwrap();
        listed.reverse();
        listed.iter().map(|mail| mailbox.read(&mail.name).unwrap().unwrap()).collect()
    }

    /// The last mail to this address.
    pub async fn last_mail_to(&self, address: &str) -> OpenedMail {
        let mails = self.mails().await;
        mails.into_iter().rfind(|mail| mail.summary.to == address).expect("a mail to this address")
    }

    /// How the seats on site are taken.
    pub async fn seats(&self, event: &str) -> SeatCount {
        self.open.portal.desk.seats(&event.parse().unwrap()).await.unwrap().in_person
    }

    /// The token of the form on this page.
    pub async fn token(&self, page: &str) -> String {
        hidden(&self.get(page).await.body, "form")
    }

    /// Opens the form on this page, fills it in and sends it.
    pub async fn fill_in(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(page).await;
        // People take a moment to type.
        self.later(SignedDuration::from_secs(4));
        let fields: Vec<_> = fields.iter().copied().chain([("form", token.as_str())]).collect();
        self.post(action, &fields).await
    }

    /// Opens the form of this event, fills it in and sends it.
    pub async fn sign_up(&self, event: &str, fields: &[(&str, &str)]) -> Answer {
        let page = format!("/events/{event}");
        self.fill_in(&page, &format!("{page}/register"), fields).await
    }

    /// Asks again and again until the page contains `wanted`: what works in the background takes its time.
    pub async fn until(&self, path: &str, wanted: &str) -> Answer {
        loop {
            let answer = self.get(path).await;
            if answer.body.contains(wanted) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Registers and returns the path of the link in the mail.
    pub async fn register(&self, event: &str, address: &str) -> String {
        let answer = self.sign_up(event, &[("name", "Ada"), ("email", address)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        link(&self.last_mail_to(address).await, "/registrations/confirm/")
    }

    /// Registers, confirms, and returns the path of the page behind the confirmation.
    pub async fn register_and_confirm(&self, event: &str, address: &str) -> String {
        let link = self.register(event, address).await;
        let answer = self.post(&link, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        answer.location().to_owned()
    }
}

/// A form as a browser sends it.
pub fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    Request::post(path)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.join("&")))
        .unwrap()
}

/// The value of a hidden field.
pub fn hidden(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name} in {page}"));
    let rest = &page[at..];
    let from = rest.find("value=\"").unwrap() + 7;
    rest[from..].split('"').next().unwrap().to_owned()
}

/// The value of a property in a calendar.
pub fn property(calendar: &str, name: &str) -> String {
    let start = format!("{name}:");
    let unfolded = calendar.replace("\r\n ", "");
    let line = unfolded.lines().find(|line| line.starts_with(&start));
    line.unwrap_or_else(|| panic!("no {name} in {calendar}"))[start.len()..].to_owned()
}

/// The path of the link in a mail's text that begins with `start`.
pub fn link(mail: &OpenedMail, start: &str) -> String {
    let at = mail.text.find(start).unwrap_or_else(|| panic!("no link to {start} in {}", mail.text));
    mail.text[at..].split_whitespace().next().unwrap().to_owned()
}

fn write(content: &Path, name: &str, text: &str) {
    let file = content.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn config(folder: &Path, settings: &[(&str, &str)]) -> Config {
    let file = folder.join("regatta.toml");
    fs::write(&file, "").unwrap();
    let environment = [
        ("REGATTA__DATA_DIR", folder.display().to_string()),
        ("REGATTA__CONTENT__DIR", folder.join("content").display().to_string()),
        ("REGATTA__HTTP__BASE_URL", "https://harbour.example.org".to_owned()),
        ("REGATTA__MAIL__FROM", "Test Harbour <harbour@example.org>".to_owned()),
    ];
    let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let all = environment.into_iter().chain(settings).map(|(name, value)| (name.to_owned(), value));
    Config::load(Some(&file), all).unwrap()
}
