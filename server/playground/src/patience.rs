//! How long an executor is waited for.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::executor::JobEvent;

/// Waits for an executor as long as its job may take and a little more; then tells it to stop, and waits a last moment.
pub(crate) struct Patience {
    /// How long all of it may take.
    overrun: Duration,
    /// How long it may take to stop.
    grace: Duration,
    /// When it is told to stop; never, while it waits for room.
    due: Option<Instant>,
    /// When it is dropped, once it was told to stop.
    last: Option<Instant>,
}

impl Patience {
    /// For a job that may take `time` with its setting up.
    pub(crate) fn new(time: Duration, grace: Duration) -> Self {
        // The executor keeps the time limit itself; twice the grace leaves it room to make and unmake its sandbox.
        let overrun = time.saturating_add(grace.saturating_mul(2));
        Self { overrun, grace, due: Instant::now().checked_add(overrun), last: None }
    }

    /// While a job waits for room its time stands still; what happens next begins it anew.
    pub(crate) fn heed(&mut self, event: &JobEvent) {
        if matches!(event, JobEvent::Waiting { .. }) {
            self.due = None;
        } else if self.due.is_none() {
            self.due = Instant::now().checked_add(self.overrun);
        }
    }

    /// Returns when the executor had its time and more, or did not stop when it was told to. May be dropped and called
    /// again at any time.
    pub(crate) async fn ends(&mut self, cancel: &CancellationToken) {
        if !cancel.is_cancelled() {
            match self.due {
                Some(due) => {
                    let _ = tokio::time::timeout_at(due, cancel.cancelled()).await;
                    cancel.cancel();
                }
                None => cancel.cancelled().await,
            }
        }
        let last = *self.last.get_or_insert_with(|| Instant::now() + self.grace);
        tokio::time::sleep_until(last).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const SECOND: Duration = Duration::from_secs(1);

    fn waiting() -> JobEvent {
        JobEvent::Waiting { why: "for room".to_owned() }
    }

    /// After how long it ends, with `cancel` as it is.
    async fn spent(patience: &mut Patience, cancel: &CancellationToken) -> Duration {
        let from = Instant::now();
        patience.ends(cancel).await;
        from.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn an_executor_has_its_time_and_a_last_moment() {
        let cancel = CancellationToken::new();
        let took = spent(&mut Patience::new(MINUTE, SECOND), &cancel).await;
        assert!(took >= MINUTE + 3 * SECOND && took < MINUTE + 4 * SECOND, "{took:?}");
        assert!(cancel.is_cancelled(), "it was told to stop");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_told_to_stop_has_a_last_moment_however_often_it_is_asked() {
        let cancel = CancellationToken::new();
        let mut patience = Patience::new(MINUTE, 10 * SECOND);
        cancel.cancel();
        let from = Instant::now();
        while tokio::time::timeout(SECOND, patience.ends(&cancel)).await.is_err() {}
        assert!(from.elapsed() < 12 * SECOND, "{:?}", from.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn time_stands_still_while_there_is_no_room() {
        let cancel = CancellationToken::new();
        let mut patience = Patience::new(MINUTE, SECOND);
        patience.heed(&waiting());
        assert!(tokio::time::timeout(100 * MINUTE, patience.ends(&cancel)).await.is_err());
        patience.heed(&waiting());
        patience.heed(&JobEvent::StepStarted { step: 0 });
        let took = spent(&mut patience, &cancel).await;
        assert!(took >= MINUTE && took < 2 * MINUTE, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_room_can_be_told_to_stop() {
        let cancel = CancellationToken::new();
        let mut patience = Patience::new(MINUTE, SECOND);
        patience.heed(&waiting());
        cancel.cancel();
        assert!(spent(&mut patience, &cancel).await <= 2 * SECOND);
    }
}
