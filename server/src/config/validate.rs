//! What a value must look like, and which settings do not go together.

use std::time::Duration;

use http::Uri;
use regatta_domain::email_address::EmailAddress;
use regatta_mail::{MailUrl, ReturnPaths, Sender};

use regatta_playground::kubernetes::settings::ClusterSettings;

use super::{Config, ConfigError, Dkim, ExecutorName, Mode};

/// The longest that the end may be put off for the sake of those who lead visitors here.
const MOST_DRAIN_SECONDS: u64 = 300;

/// `http.base_url`: an origin, without a path.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let wanted = "give scheme and host, such as https://portal.example.org, without a path";
    let uri: Uri = text.parse().map_err(|_| wanted.to_owned())?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let plain = uri.path() == "/"
        && uri.query().is_none()
        && uri.authority().is_some_and(|a| !a.as_str().contains('@'));
    if web && plain { Ok(text.trim_end_matches('/').to_owned()) } else { Err(wanted.to_owned()) }
}

/// `mail.from`: `Name <address>` or a bare address.
pub(super) fn sender(text: &str) -> Result<Sender, String> {
    text.parse().map_err(|_| "give an address, such as Regatta <portal@example.org>".to_owned())
}

/// `mail.bounces`: a bare address with room for what is added to it.
pub(super) fn bounce_address(text: &str) -> Result<EmailAddress, String> {
    let address = text.parse().map_err(|_| "give an address, such as bounces@example.org".to_owned())?;
    // Whatever the key is, the address has to fit.
    match ReturnPaths::new(&[0; 32], &address) {
        Ok(_) => Ok(address),
        Err(error) => Err(error.to_string().trim_start_matches("mail.bounces: ").to_owned()),
    }
}

/// `mail.dkim.domain` and `mail.dkim.selector`: names in the DNS.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let is_label = |label: &str| {
        let fine = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fine && !label.is_empty() && label.len() <= 63
    };
    let fine = text.len() <= 253 && text.split('.').all(is_label);
    if fine {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("give a name in the DNS, such as example.org".to_owned())
    }
}

/// `http.drain_seconds`: whole seconds, less than those who stop programs are willing to wait.
pub(super) fn drain_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if seconds <= MOST_DRAIN_SECONDS => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("give seconds, from 0 to {MOST_DRAIN_SECONDS}")),
    }
}

/// What this program cannot do, and what production refuses.
pub(super) fn refused(config: &Config) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let wanted = config.playground.wanted().contains(&ExecutorName::Kubernetes);
    if let Some(cluster) = config.playground.cluster.as_ref().filter(|_| wanted) {
        refused_of_cluster(config, cluster, &mut errors);
    }
    if let Some(Err(wrong)) = config.mail.dkim.as_ref().map(Dkim::signer) {
        errors.push(ConfigError {
            value: "(secret)".to_owned(),
            ..error("mail.dkim.key", "", config.mode, &wrong.to_string())
        });
    }
    let listen = config.http.listen;
    if config.http.admin_listen.is_some_and(|admin| admin == listen && admin.port() != 0) {
        let fix = "visitors come in at http.listen; give another port";
        errors.push(error("http.admin_listen", &listen.to_string(), config.mode, fix));
    }
    match config.mode {
        Mode::Production => refused_in_production(config, &mut errors),
        Mode::Development => refused_in_development(config, &mut errors),
    }
    errors
}

fn refused_of_cluster(config: &Config, cluster: &ClusterSettings, errors: &mut Vec<ConfigError>) {
    if cluster.runtime_class.is_none() && !cluster.shared_kernel {
        let fix = "the default runtime shares the node's kernel with strangers: name a runtime class, or, to try it out, \
                   set playground.kubernetes.shared_kernel = true";
        errors.push(error("playground.kubernetes.runtime_class", "default", config.mode, fix));
    }
    if cluster.memory_request_bytes > config.limits.run_memory_bytes {
        let value = (cluster.memory_request_bytes >> 20).to_string();
        let fix = "what is kept free for a pod may not be more than it may use: limits.run_memory_mib";
        errors.push(error("playground.kubernetes.memory_request_mib", &value, config.mode, fix));
    }
}

fn refused_in_production(config: &Config, errors: &mut Vec<ConfigError>) {
    let mode = config.mode;
    let http = &config.http;
    if config.shares_its_database() && config.secret_key.is_none() {
        let fix = "with PostgreSQL several processes may serve one portal, and links made by one must work at the other: \
                   give each the same secret_key, for example from: openssl rand -hex 32";
        errors.push(error("secret_key", "(none)", mode, fix));
    }
    if matches!(config.mail.url, MailUrl::Folder(_)) {
        let fix = "development mail reaches nobody; give smtp://… or smtps://…";
        errors.push(error("mail.url", "folder:…", mode, fix));
    }
    let from = config.mail.from.to_string();
    if from.contains("localhost") {
        let fix = "give the address that mail comes from, such as Regatta <portal@example.org>";
        errors.push(error("mail.from", &from, mode, fix));
    }
    let local = ["://127.", "://localhost", "://0.0.0.0", "://[::1]", "://[::]"];
    let host_is_local = local.iter().any(|start| http.base_url.contains(start));
    if !http.base_url.starts_with("https://") || host_is_local {
        let fix = "links in mails must lead to the public https address; give https://…";
        errors.push(error("http.base_url", &http.base_url, mode, fix));
    }
    if !http.listen.ip().is_loopback() && http.trusted_proxies.is_empty() {
        let fix = "plain HTTP may not be reached from outside: listen on 127.0.0.1 behind a TLS proxy, or name the \
                   proxy's network in http.trusted_proxies";
        errors.push(error("http.listen", &http.listen.to_string(), mode, fix));
    }
}

fn refused_in_development(config: &Config, errors: &mut Vec<ConfigError>) {
    if !config.http.listen.ip().is_loopback() {
        let fix =
            "development mode shows everybody's mail: listen on 127.0.0.1, or set mode = \"production\"";
        errors.push(error("http.listen", &config.http.listen.to_string(), config.mode, fix));
    }
    if let Some(admin) = config.http.admin_listen.filter(|admin| !admin.ip().is_loopback()) {
        let fix =
            "what operators are shown is for them alone: listen on 127.0.0.1, or set mode = \"production\"";
        errors.push(error("http.admin_listen", &admin.to_string(), config.mode, fix));
    }
}

fn error(key: &str, value: &str, mode: Mode, fix: &str) -> ConfigError {
    let origin = match mode {
        Mode::Production => "in production",
        Mode::Development => "in development",
    };
    ConfigError {
        key: key.to_owned(),
        value: format!("{value:?}"),
        origin: origin.to_owned(),
        fix: fix.to_owned(),
    }
}
