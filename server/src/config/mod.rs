//! What the operator decides: defaults, then one TOML file, then `REGATTA__SECTION__KEY` from the environment.
//!
//! Every value is read by its dotted key through `Sources`, so that each error can name the key, the value, where it
//! came from and what would be right. [`Config::load`] reports all errors at once.

mod secret;
mod sources;
mod validate;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use regatta_mail::{MailUrl, Sender};

pub use secret::{Secret, SecretKey};
pub use sources::{ConfigError, ConfigErrors};
use sources::{Reader, Sources};

/// Whether strangers depend on this portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On one's own machine: mail goes into a folder that a page shows, errors are told in full.
    Development,
    /// For the public: unsafe settings are refused.
    Production,
}

/// The whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `mode`
    pub mode: Mode,
    /// `http.*`
    pub http: Http,
    /// `data_dir`: database, secret key and development mail lie here.
    pub data_dir: PathBuf,
    /// `content.dir`
    pub content_dir: PathBuf,
    /// `database.url`
    pub database_url: Secret,
    /// `secret_key`, or `None` to keep one in the data folder.
    pub secret_key: Option<SecretKey>,
    /// `mail.*`
    pub mail: Mail,
    /// `limits.*`
    pub limits: Limits,
    /// `playground.executor`
    pub executor: ExecutorChoice,
}

/// How the portal is reached.
#[derive(Clone, Debug)]
pub struct Http {
    /// `http.listen`
    pub listen: SocketAddr,
    /// `http.base_url`: scheme, host and port under which visitors reach the portal; links in mails begin with it.
    pub base_url: String,
    /// `http.trusted_proxies`: only from these networks do forwarded headers count.
    pub trusted_proxies: Vec<IpNet>,
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `mail.url`
    pub url: MailUrl,
    /// `mail.from`
    pub from: Sender,
}

/// How much anybody may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `limits.form_bytes`: the largest form.
    pub form_bytes: usize,
    /// `limits.registrations_per_hour`: of one network.
    pub registrations_per_hour: usize,
    /// `limits.runs_at_once`: runs that are not queued, of all visitors together.
    pub runs_at_once: usize,
    /// `limits.runs_queued`: runs that may wait for their turn.
    pub runs_queued: usize,
    /// `limits.runs_per_visitor`: queued and running, of one network.
    pub runs_per_visitor: u32,
    /// `limits.runs_per_hour`: accepted, of one network.
    pub runs_per_hour: u32,
    /// `limits.run_seconds`: one job.
    pub run_time: Duration,
    /// `limits.run_memory_mib`: one job.
    pub run_memory_bytes: u64,
    /// `limits.run_processes`: one job.
    pub run_processes: u64,
    /// `limits.run_disk_mib`: one job.
    pub run_disk_bytes: u64,
    /// `limits.viewers`: live streams open at once.
    pub viewers: usize,
    /// `limits.connections`: open at once, where the system allows as many descriptors.
    pub connections: usize,
}

/// `playground.executor`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorChoice {
    /// The strongest isolation found.
    Auto,
    /// Linux namespaces, a system call filter and control groups, by bubblewrap.
    Bubblewrap,
    /// gVisor's own kernel. Not built in yet: refused with that reason.
    Gvisor,
    /// Pods on Kubernetes. Not built in yet: refused with that reason.
    Kubernetes,
    /// No runs at all.
    Off,
}

const EXECUTORS: [(&str, ExecutorChoice); 5] = [
    ("auto", ExecutorChoice::Auto),
    ("bubblewrap", ExecutorChoice::Bubblewrap),
    ("gvisor", ExecutorChoice::Gvisor),
    ("kubernetes", ExecutorChoice::Kubernetes),
    ("off", ExecutorChoice::Off),
];

impl Config {
    /// Reads defaults, `file` (or `regatta.toml` in the working folder where it exists) and `environment`.
    ///
    /// # Errors
    /// All that is wrong, each with its key, its value and its mend.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let sources = Sources::gather(file, environment)?;
        let mut read = Reader::new(sources);
        let config = Self::read(&mut read);
        let errors = read.finish();
        let (Some(config), true) = (config, errors.is_empty()) else { return Err(ConfigErrors(errors)) };
        let errors = validate::refused(&config);
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
    }

    /// Reads every key, so that each mistake is found; `None` only where one was.
    fn read(read: &mut Reader) -> Option<Self> {
        let mode = read.choice(
            "mode",
            &[("development", Mode::Development), ("production", Mode::Production)],
            Mode::Development,
        );
        let data_dir = read.value("data_dir", PathBuf::from("data"), "a folder's path");
        let database_url = read
            .secret_text("database.url")
            .unwrap_or_else(|| Secret::new(format!("sqlite:{}", data_dir.join("regatta.db").display())));
        let mail = Mail::read(read, &data_dir);
        let http = Http::read(read);
        let content_dir = read.value("content.dir", PathBuf::from("content"), "a folder's path");
        let secret_key = read.secret_key("secret_key");
        let limits = Limits::read(read);
        let executor = read.choice("playground.executor", &EXECUTORS, ExecutorChoice::Auto);
        Some(Self {
            mode,
            http,
            data_dir,
            content_dir,
            database_url,
            secret_key,
            mail: mail?,
            limits,
            executor,
        })
    }
}

impl Http {
    fn read(read: &mut Reader) -> Self {
        let listen = read.value(
            "http.listen",
            SocketAddr::from(([127, 0, 0, 1], 3000)),
            "an address and a port, such as 127.0.0.1:3000",
        );
        let base_url =
            read.parsed("http.base_url", validate::base_url).unwrap_or_else(|| format!("http://{listen}"));
        let trusted_proxies =
            read.list("http.trusted_proxies", "a list of networks, such as [\"10.0.0.0/8\", \"::1/128\"]");
        Self { listen, base_url, trusted_proxies }
    }
}

impl Mail {
    fn read(read: &mut Reader, data_dir: &Path) -> Option<Self> {
        let url = read
            .secret_parsed("mail.url", |text| text.parse::<MailUrl>().map_err(|error| own_words(&error)))
            .unwrap_or_else(|| MailUrl::Folder(data_dir.join("mail")));
        let from = read.parsed_or("mail.from", "Regatta <regatta@localhost>", validate::sender);
        from.map(|from| Self { url, from })
    }
}

/// An error without the key that it names too.
fn own_words(error: &regatta_mail::MailUrlError) -> String {
    error.to_string().trim_start_matches("mail.url: ").to_owned()
}

impl Limits {
    fn read(read: &mut Reader) -> Self {
        let number = "a whole number above 0";
        Self {
            form_bytes: read.positive("limits.form_bytes", 64 << 10, number),
            registrations_per_hour: read.positive("limits.registrations_per_hour", 60, number),
            runs_at_once: read.positive("limits.runs_at_once", 4, number),
            runs_queued: read.positive("limits.runs_queued", 200, number),
            runs_per_visitor: read.positive("limits.runs_per_visitor", 3, number),
            runs_per_hour: read.positive("limits.runs_per_hour", 60, number),
            run_time: Duration::from_secs(read.positive(
                "limits.run_seconds",
                60,
                "a number of seconds above 0",
            )),
            run_memory_bytes: read.positive::<u64>("limits.run_memory_mib", 512, "mebibytes, above 0") << 20,
            run_processes: read.positive("limits.run_processes", 128, number),
            run_disk_bytes: read.positive::<u64>("limits.run_disk_mib", 128, "mebibytes, above 0") << 20,
            viewers: read.positive("limits.viewers", 1000, number),
            connections: read.positive("limits.connections", 10_000, number),
        }
    }
}
