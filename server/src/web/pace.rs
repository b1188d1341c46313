//! Answers that take the same time whatever was found, so that a clock tells a stranger nothing.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Answers are given at multiples of this: more than any of them takes on a machine that is not overloaded, and too little
/// for a person to notice.
pub const STEP: Duration = Duration::from_millis(100);

/// Does the work, and gives its outcome at the end of the step within which it is done.
///
/// Where a form asks for nothing new, there is nothing to write to disk, and the answer would come sooner.
pub async fn evenly<T>(work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let outcome = work.await;
    let steps = began.elapsed().as_nanos() / STEP.as_nanos() + 1;
    sleep_until(began + STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))).await;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn quick_and_slow_work_take_the_same() {
        let taken = async |work: u64| {
            let began = Instant::now();
            assert_eq!(
                evenly(async {
                    tokio::time::sleep(Duration::from_millis(work)).await;
                    7
                })
                .await,
                7
            );
            began.elapsed()
        };
        for work in [0, 3, 60, 99] {
            assert_eq!(taken(work).await, STEP, "{work} ms");
        }
        assert_eq!(taken(130).await, 2 * STEP);
    }
}
