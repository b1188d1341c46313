//! Why a pod's containers have to end, and how.

use std::time::Duration;

use tokio::sync::watch;

use crate::fault::OomShape;

/// Why a pod's containers have to end.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is deleted.
    Deleted,
    /// It is no longer there.
    Removed,
    /// It ran for too long.
    Overdue,
    /// It holds more than it may, or its node needs the room.
    Evicted(String),
    /// It is out of memory.
    OutOfMemory(OomShape),
    /// Its node is lost.
    NodeLost,
    /// Its machine dies, and it is said to have succeeded.
    FalseSuccess,
    /// Its container is killed.
    Killed,
    /// Its container is started again.
    Restarted,
}

/// The order to end.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Why.
    pub verdict: Verdict,
    /// How long containers may take to end by themselves.
    pub grace: Duration,
}

impl Stop {
    /// At once.
    pub fn now(verdict: Verdict) -> Self {
        Self { verdict, grace: Duration::ZERO }
    }
}

/// Where the order is given; the first one stands.
pub type Orders = watch::Receiver<Option<Stop>>;

/// Waits for the order.
pub async fn ordered(orders: &mut Orders) -> Stop {
    loop {
        if let Some(stop) = orders.borrow_and_update().clone() {
            return stop;
        }
        if orders.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
