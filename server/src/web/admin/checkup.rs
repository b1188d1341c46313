//! The check of what isolates jobs: made at the start, and again whenever an operator asks for it.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

/// When that was, and whether it is wanted again.
#[derive(Debug, Default)]
pub struct Checkup {
    again: Notify,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    under_way: bool,
    done: Option<Timestamp>,
}

impl Checkup {
    /// Asks for another check. Whoever asks while one is under way gets one more after it.
    pub fn ask(&self) {
        self.again.notify_one();
    }

    /// Waits until somebody asks.
    pub async fn asked(&self) {
        self.again.notified().await;
    }

    /// A check begins.
    pub fn begin(&self) {
        self.state().under_way = true;
    }

    /// The check is done.
    pub fn done(&self, at: Timestamp) {
        *self.state() = State { under_way: false, done: Some(at) };
    }

    /// Whether one is under way.
    pub fn is_under_way(&self) -> bool {
        self.state().under_way
    }

    /// When the last one was done.
    pub fn last(&self) -> Option<Timestamp> {
        self.state().done
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
