//! How an engine is, for those who watch over the portal.

use std::time::Duration;

use jiff::Timestamp;

/// A pool of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// What it is for.
    pub name: &'static str,
    /// Connections that are open.
    pub open: u32,
    /// Those of them that somebody uses at this moment.
    pub in_use: u32,
    /// How many there may be.
    pub most: u32,
}

impl PoolUse {
    pub(crate) fn of<DB: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<DB>) -> Self {
        let open = pool.size();
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        Self { name, open, in_use: open.saturating_sub(idle), most: pool.options().get_max_connections() }
    }
}

/// What was found by asking a database for nothing but a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// How long it took until there was a connection to ask on.
    pub waited: Duration,
    /// How long the answer took after that.
    pub answered: Duration,
}

/// Who does what only one of several processes may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseHeld {
    /// What for.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
}
