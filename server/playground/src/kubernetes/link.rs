//! Whether somebody at the other end can be heard.

use tokio::sync::watch;
use tokio::time::Instant;

/// A connection that comes and goes, and since when it is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// What there is to be heard is heard.
    Up(Instant),
    /// Nothing is heard, and nothing follows from that.
    Down(Instant),
}

impl Link {
    /// A connection that has not been made yet.
    pub fn begin() -> watch::Sender<Self> {
        watch::Sender::new(Self::Down(Instant::now()))
    }

    /// Since when it is up.
    pub fn up_since(self) -> Option<Instant> {
        match self {
            Self::Up(since) => Some(since),
            Self::Down(_) => None,
        }
    }

    /// Since when it is down.
    pub fn down_since(self) -> Option<Instant> {
        match self {
            Self::Up(_) => None,
            Self::Down(since) => Some(since),
        }
    }
}

/// Tells that a connection stands, or not; since when, only where that is new.
pub fn set(link: &watch::Sender<Link>, up: bool) {
    link.send_if_modified(|link| {
        let changes = link.up_since().is_some() != up;
        if changes {
            let now = Instant::now();
            *link = if up { Link::Up(now) } else { Link::Down(now) };
        }
        changes
    });
}
