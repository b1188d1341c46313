//! The address in `mail.url`.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// Where mail goes, as configured: `smtp://…`, `smtps://…` or `folder:…`. Never shows the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailUrl {
    /// An SMTP server.
    Smtp(SmtpUrl),
    /// A folder of `.eml` files.
    Folder(PathBuf),
}

/// An SMTP server and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpUrl {
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Whom to log in as, where one has to.
    pub login: Option<Login>,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    Plain,
    /// By STARTTLS where the server offers it.
    OpportunisticStartTls,
    /// By STARTTLS, or nothing is sent.
    RequiredStartTls,
    /// By TLS from the first byte.
    Tls,
}

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

/// Why a text is no [`MailUrl`]. The words name the fix and never repeat the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailUrlError {
    /// Another scheme, or none.
    #[error("mail.url: begin with smtp://, smtps:// or folder:")]
    Scheme,
    /// `folder:` and nothing behind it.
    #[error("mail.url: write the folder behind `folder:`, as in folder:data/mail")]
    NoFolder,
    /// No host, or one that cannot be a host.
    #[error("mail.url: write the server as host or host:port, as in smtp://mail.example.org:587")]
    Host,
    /// No number from 1 to 65535.
    #[error("mail.url: the port is a number from 1 to 65535")]
    Port,
    /// A user without a password.
    #[error("mail.url: write the login as user:password@ before the host, special characters as %XX")]
    Login,
    /// A query other than `tls=…`, or `tls=` for `smtps:`.
    #[error(
        "mail.url: behind the server only ?tls=none, ?tls=opportunistic or ?tls=required may follow, for smtp:// only"
    )]
    Query,
    /// A password would travel in the open.
    #[error("mail.url: a login needs a protected connection: use smtps:// or ?tls=required")]
    OpenLogin,
}

impl MailUrl {
    /// Whether mail goes into a folder, which is for development only.
    pub fn is_folder(&self) -> bool {
        matches!(self, Self::Folder(_))
    }
}

impl FromStr for MailUrl {
    type Err = MailUrlError;

    fn from_str(text: &str) -> Result<Self, MailUrlError> {
        if let Some(path) = text.strip_prefix("folder:") {
            let named = !path.is_empty() && !path.contains('\0');
            return named.then(|| Self::Folder(path.into())).ok_or(MailUrlError::NoFolder);
        }
        if let Some(rest) = text.strip_prefix("smtps://") {
            return SmtpUrl::parse(rest, true).map(Self::Smtp);
        }
        let rest = text.strip_prefix("smtp://").ok_or(MailUrlError::Scheme)?;
        SmtpUrl::parse(rest, false).map(Self::Smtp)
    }
}

impl SmtpUrl {
    fn parse(rest: &str, tls_at_once: bool) -> Result<Self, MailUrlError> {
        let (authority, query) = match rest.split_once('?') {
            Some((authority, query)) => (authority, Some(query)),
            None => (rest, None),
        };
        let (login, server) = match authority.rsplit_once('@') {
            Some((login, server)) => (Some(Login::parse(login)?), server),
            None => (None, authority),
        };
        let (host, port) = split_port(server.strip_suffix('/').unwrap_or(server))?;
        let security = security(tls_at_once, query, is_loopback(&host))?;
        let open = matches!(security, Security::Plain | Security::OpportunisticStartTls);
        if login.is_some() && open && !is_loopback(&host) {
            return Err(MailUrlError::OpenLogin);
        }
        let usual = match security {
            Security::Tls => 465,
            Security::RequiredStartTls => 587,
            Security::Plain | Security::OpportunisticStartTls => 25,
        };
        Ok(Self { host, port: port.unwrap_or(usual), security, login })
    }
}

/// Without a word about it, a connection is protected unless it stays on this machine.
fn security(tls_at_once: bool, query: Option<&str>, loopback: bool) -> Result<Security, MailUrlError> {
    match (tls_at_once, query) {
        (true, None) => Ok(Security::Tls),
        (false, None) if loopback => Ok(Security::Plain),
        (false, None | Some("tls=required")) => Ok(Security::RequiredStartTls),
        (false, Some("tls=none")) => Ok(Security::Plain),
        (false, Some("tls=opportunistic")) => Ok(Security::OpportunisticStartTls),
        _ => Err(MailUrlError::Query),
    }
}

fn split_port(server: &str) -> Result<(String, Option<u16>), MailUrlError> {
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
    };
    let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:_".contains(&b));
    if !named {
        return Err(MailUrlError::Host);
    }
    let port = port.map(|port| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or(MailUrlError::Port));
    Ok((host.to_owned(), port.transpose()?))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Login {
    fn parse(text: &str) -> Result<Self, MailUrlError> {
        let (user, password) = text.split_once(':').ok_or(MailUrlError::Login)?;
        let decode = |part: &str| match percent_decode_str(part).decode_utf8() {
            Ok(text) if !text.is_empty() && !text.contains(char::is_control) => Ok(text.into_owned()),
            _ => Err(MailUrlError::Login),
        };
        Ok(Self { user: decode(user)?, password: decode(password)? })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The address without user and password.
impl fmt::Display for MailUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "folder:{}", path.display()),
            Self::Smtp(SmtpUrl { host, port, security, .. }) => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                let (scheme, tls) = match security {
                    Security::Tls => ("smtps", ""),
                    Security::Plain => ("smtp", "?tls=none"),
                    Security::OpportunisticStartTls => ("smtp", "?tls=opportunistic"),
                    Security::RequiredStartTls => ("smtp", "?tls=required"),
                };
                write!(f, "{scheme}://{host}:{port}{tls}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<MailUrl>().unwrap().to_string()
    }

    #[test]
    fn what_is_left_out_is_filled_in_safely() {
        for (text, meant) in [
            ("smtp://localhost:1025", "smtp://localhost:1025?tls=none"),
            ("smtp://127.0.0.1", "smtp://127.0.0.1:25?tls=none"),
            ("smtp://[::1]:2525/", "smtp://[::1]:2525?tls=none"),
            ("smtp://mail.example.org", "smtp://mail.example.org:587?tls=required"),
            ("smtp://mail.example.org?tls=none", "smtp://mail.example.org:25?tls=none"),
            ("smtp://mail.example.org:26?tls=opportunistic", "smtp://mail.example.org:26?tls=opportunistic"),
            ("smtps://mail.example.org", "smtps://mail.example.org:465"),
            ("folder:data/mail", "folder:data/mail"),
        ] {
            assert_eq!(shown(text), meant, "{text}");
        }
    }

    #[test]
    fn the_password_is_read_and_never_shown() {
        let url: MailUrl = "smtps://portal:s%40cret%3A@mail.example.org".parse().unwrap();
        let MailUrl::Smtp(smtp) = &url else { panic!("{url} is no server") };
        assert_eq!(smtp.login.as_ref().unwrap().password, "s@cret:");
        for shown in [format!("{url}"), format!("{url:?}")] {
            assert!(!shown.contains("cret"), "{shown}");
        }
    }

    #[test]
    fn each_mistake_has_its_words() {
        use MailUrlError as E;
        for (text, error) in [
            ("", E::Scheme),
            ("http://mail.example.org", E::Scheme),
            ("folder:", E::NoFolder),
            ("smtp://", E::Host),
            ("smtp://a b", E::Host),
            ("smtp://mail.example.org/path", E::Host),
            ("smtp://mail.example.org:0", E::Port),
            ("smtp://mail.example.org:smtp", E::Port),
            ("smtps://user@mail.example.org", E::Login),
            ("smtps://user:%ff@mail.example.org", E::Login),
            ("smtps://mail.example.org?tls=none", E::Query),
            ("smtp://mail.example.org?ssl=yes", E::Query),
            ("smtp://user:secret@mail.example.org?tls=none", E::OpenLogin),
            ("smtp://user:secret@mail.example.org?tls=opportunistic", E::OpenLogin),
        ] {
            assert_eq!(text.parse::<MailUrl>(), Err(error), "{text}");
        }
    }
}
