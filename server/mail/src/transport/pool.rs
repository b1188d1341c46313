//! Connections kept from one mail to the next.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Connections to one server: a bounded number of them in use, those not in use kept for a while.
pub(super) struct Pool {
    places: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Pool {
    pub(super) fn new(connections: usize) -> Self {
        Self { places: Semaphore::new(connections.max(1)), idle: Mutex::default() }
    }

    /// A place for one connection in use; waits while all are taken.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.places.acquire().await.ok()
    }

    /// The connection that was used last, so that the others get old where fewer are needed.
    pub(super) fn take(&self) -> Option<AsyncSmtpConnection> {
        self.idle(Vec::pop).map(|idle| idle.connection)
    }

    pub(super) fn put_back(&self, connection: AsyncSmtpConnection) {
        self.idle(|kept| kept.push(Idle { connection, since: Instant::now() }));
    }

    /// Takes out all connections that have not been used for so long.
    pub(super) fn take_unused(&self, unused_for: Duration) -> Vec<AsyncSmtpConnection> {
        let unused = self.idle(|kept| {
            let (unused, fresh) = kept.drain(..).partition(|idle| idle.since.elapsed() >= unused_for);
            *kept = fresh;
            unused
        });
        unused.into_iter().map(|idle: Idle| idle.connection).collect()
    }

    fn idle<T>(&self, act: impl FnOnce(&mut Vec<Idle>) -> T) -> T {
        act(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
