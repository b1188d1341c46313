//! What the operator decides: defaults, then one TOML file, then `REGATTA__SECTION__KEY` from the environment.
//!
//! Every value is read by its dotted key through `Sources`, so that each error can name the key, the value, where it
//! came from and what would be right. [`Config::load`] reports all errors at once.

mod cluster;
mod limits;
mod mail;
mod playground;
mod secret;
mod sources;
mod telemetry;
mod validate;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

pub use limits::Limits;
pub use mail::{Dkim, Mail};
pub use playground::{ExecutorChoice, ExecutorName, Playground};
pub use secret::{Secret, SecretKey};
pub use sources::{ConfigError, ConfigErrors};
use sources::{Reader, Sources};
pub use telemetry::{LogFormat, Logs, Telemetry};

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
    /// `registration.settle_minutes`: how long a change of an event must stay before people are told of it.
    pub settle: Duration,
    /// `limits.*`
    pub limits: Limits,
    /// `playground.*`
    pub playground: Playground,
    /// `logs.*`
    pub logs: Logs,
    /// `telemetry.*`
    pub telemetry: Telemetry,
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
    /// `http.frame_ancestors`: origins whose pages may embed runs and demos; `*` for all.
    pub frame_ancestors: Vec<FrameAncestor>,
    /// `http.admin_listen`: where metrics and the state of the portal are shown to its operators; nowhere by default.
    pub admin_listen: Option<SocketAddr>,
    /// `http.drain_seconds`: how long the portal, told to stop, says that it is not ready before it stops listening.
    pub drain: Duration,
}

/// An origin whose pages may embed what is made for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameAncestor(String);

impl FrameAncestor {
    /// As it stands in a Content-Security-Policy (CSP Level 3, section 6.6.2).
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FrameAncestor {
    type Err = ();

    fn from_str(origin: &str) -> Result<Self, ()> {
        let origin =
            if origin == "*" { origin.to_owned() } else { validate::base_url(origin).map_err(drop)? };
        Ok(Self(origin))
    }
}

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

    /// Whether other processes, perhaps on other machines, may use the same database.
    pub fn shares_its_database(&self) -> bool {
        ["postgres:", "postgresql:"].iter().any(|scheme| self.database_url.reveal().starts_with(scheme))
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
        let settle = read.minutes("registration.settle_minutes", 10);
        let limits = Limits::read(read);
        let playground = Playground::read(read);
        let logs = Logs::read(read);
        let telemetry = Telemetry::read(read);
        Some(Self {
            mode,
            http,
            data_dir,
            content_dir,
            database_url,
            secret_key,
            mail: mail?,
            settle,
            limits,
            playground,
            logs,
            telemetry,
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
        let frame_ancestors = read.list(
            "http.frame_ancestors",
            "a list of origins, such as [\"https://talks.example.org\"], or [\"*\"]",
        );
        let admin_listen = read.parsed("http.admin_listen", |text| {
            text.parse().map_err(|_| "give an address and a port, such as 127.0.0.1:9090".to_owned())
        });
        let drain = read.parsed("http.drain_seconds", validate::drain_seconds).unwrap_or_default();
        Self { listen, base_url, trusted_proxies, frame_ancestors, admin_listen, drain }
    }
}
