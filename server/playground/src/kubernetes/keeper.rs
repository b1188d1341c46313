//! Keeps an eye on a job's times.
//!
//! Nothing is concluded from silence: while the API server is away a job's times stand still here (the cluster ends a pod by
//! its own deadline), and while a log cannot be read it is not known how long its job took. What the runner's own clock says
//! counts whenever it is heard.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};

use super::link::Link;
use crate::executor::JobEvent;
use crate::frames::follower::Progress;

/// How often one looks.
const LOOK: Duration = Duration::from_millis(100);
/// How long something must have been heard until what it does not say counts as not being so.
const CATCH_UP: Duration = Duration::from_secs(2);
/// How long a log may be unreadable while the API server answers.
const LOST: Duration = Duration::from_secs(30);
/// How long the API server may be away before visitors are told.
const NOTICE: Duration = Duration::from_secs(5);
/// How long after an API server did not answer it is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// What a job waits for then.
pub const FOR_AN_ANSWER: &str = "for the cluster to answer";

/// What follows from how long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its runner did not come to speak in time.
    NotReady,
    /// The job's time is over.
    OutOfTime,
    /// The cluster answers, but the job's node does not.
    Unheard,
}

/// What a job's times are.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Since when its pod is there.
    pub created: Instant,
    /// How long its runner may take to be ready.
    pub setup: Duration,
    /// How long it may run from then on.
    pub limit: Duration,
}

/// Who keeps an eye on a job.
pub struct Keeper<'a> {
    /// Asks the API server something, and says whether it answers.
    pub asks: Box<dyn Fn() -> BoxFuture<'a, bool> + Send + Sync + 'a>,
    /// Its times.
    pub times: Times,
    /// Whether the API server is heard.
    pub watch: watch::Receiver<Link>,
    /// Whoever is told why it waits.
    pub events: mpsc::Sender<JobEvent>,
}

/// What is known of a job that has come so far as to be heard.
pub struct Heard {
    /// How far it has come.
    pub progress: watch::Receiver<Progress>,
    /// Whether its log can be read.
    pub log: watch::Receiver<Link>,
}

impl Keeper<'_> {
    /// Ends with the first verdict. `heard` is there once there is something to be heard, `over` says whether the job's
    /// container has ended.
    pub async fn verdict(&self, heard: Option<&Heard>, over: impl Fn() -> bool) -> Verdict {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = false;
        loop {
            look.tick().await;
            let seen = Look {
                now: Instant::now(),
                times: self.times,
                watch: *self.watch.borrow(),
                heard: heard.map(|heard| (*heard.progress.borrow(), *heard.log.borrow())),
                over: over(),
            };
            match seen.verdict() {
                // A connection that is dead may not say so, and then its silence is not the node's.
                Some(Verdict::Unheard) if !(self.asks)().await => look.reset_after(ASK_AGAIN),
                Some(verdict) => return verdict,
                None => {}
            }
            let away = seen.watch.down_since().is_some_and(|since| seen.lasts(since, NOTICE));
            if away && !told {
                // Nobody who listens ends the job by its other events.
                let _ = self.events.send(JobEvent::Waiting { why: FOR_AN_ANSWER.to_owned() }).await;
            }
            told = away;
        }
    }
}

/// What is known at one look.
#[derive(Clone, Copy, Debug)]
struct Look {
    now: Instant,
    times: Times,
    watch: Link,
    heard: Option<(Progress, Link)>,
    over: bool,
}

impl Look {
    fn lasts(&self, since: Instant, time: Duration) -> bool {
        self.now.saturating_duration_since(since) >= time
    }

    fn verdict(&self) -> Option<Verdict> {
        let progress = self.heard.map(|(progress, _)| progress).unwrap_or_default();
        if progress.ran >= self.times.limit {
            return Some(Verdict::OutOfTime);
        }
        let answers = |time| self.watch.up_since().is_some_and(|since| self.lasts(since, time));
        if !answers(CATCH_UP) {
            return None;
        }
        let log = self.heard.map(|(_, log)| log);
        let lost = log.and_then(Link::down_since).is_some_and(|since| self.lasts(since, LOST));
        let caught_up = log.and_then(Link::up_since).is_some_and(|since| self.lasts(since, CATCH_UP))
            && progress.heard.is_none_or(|heard| self.lasts(heard, CATCH_UP));
        match progress.since {
            None => {
                let due = self.lasts(self.times.created, self.times.setup);
                (due && (log.is_none() || lost || caught_up)).then_some(Verdict::NotReady)
            }
            Some(since) => {
                let due = self.lasts(since, self.times.limit);
                if lost && answers(LOST) && (due || self.over) {
                    return Some(Verdict::Unheard);
                }
                // One that has ended may have done so in time: its log says so.
                (due && caught_up && !self.over).then_some(Verdict::OutOfTime)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETUP: Duration = Duration::from_secs(100);
    const LIMIT: Duration = Duration::from_mins(1);

    /// A look at `now` seconds, at a job whose log and whose API server have been heard since the beginning.
    fn look(began: Instant, now: u64) -> Look {
        Look {
            now: began + Duration::from_secs(now),
            times: Times { created: began, setup: SETUP, limit: LIMIT },
            watch: Link::Up(began),
            heard: None,
            over: false,
        }
    }

    fn ready(began: Instant, heard: u64) -> Progress {
        let heard = Duration::from_secs(heard);
        Progress { since: Some(began), heard: Some(began + heard), ran: heard, ..Progress::default() }
    }

    #[tokio::test]
    async fn a_runner_that_never_speaks_is_not_ready() {
        let began = Instant::now();
        assert_eq!(look(began, 99).verdict(), None);
        assert_eq!(look(began, 100).verdict(), Some(Verdict::NotReady));
        let heard = Some((Progress::default(), Link::Up(began)));
        assert_eq!(Look { heard, ..look(began, 100) }.verdict(), Some(Verdict::NotReady));
        // Its log was opened only now: it may have spoken long ago.
        let heard = Some((Progress::default(), Link::Up(began + Duration::from_secs(99))));
        assert_eq!(Look { heard, ..look(began, 100) }.verdict(), None);
    }

    #[tokio::test]
    async fn a_job_is_out_of_time_by_its_runners_clock_or_by_ours() {
        let began = Instant::now();
        let at =
            |now, heard| Look { heard: Some((ready(began, heard), Link::Up(began))), ..look(began, now) };
        assert_eq!(at(59, 55).verdict(), None);
        assert_eq!(at(60, 55).verdict(), Some(Verdict::OutOfTime));
        // It has just been heard, and may have more to tell of the time before.
        assert_eq!(at(60, 59).verdict(), None);
        assert_eq!(at(61, 60).verdict(), Some(Verdict::OutOfTime));
        assert_eq!(Look { over: true, ..at(90, 55) }.verdict(), None);
    }

    #[tokio::test]
    async fn nothing_is_concluded_from_silence() {
        let began = Instant::now();
        let down = Link::Down(began);
        let heard = Some((ready(began, 10), Link::Down(began)));
        for over in [false, true] {
            assert_eq!(Look { watch: down, heard, over, ..look(began, 1000) }.verdict(), None);
        }
        assert_eq!(Look { watch: down, ..look(began, 1000) }.verdict(), None);
        // Back for a moment.
        let back = Link::Up(began + Duration::from_secs(999));
        assert_eq!(Look { watch: back, heard, ..look(began, 1000) }.verdict(), None);
        assert_eq!(Look { watch: back, heard, ..look(began, 1031) }.verdict(), Some(Verdict::Unheard));
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_read_counts_only_when_the_job_should_be_over() {
        let began = Instant::now();
        let heard = Some((ready(began, 5), Link::Down(began + Duration::from_secs(5))));
        assert_eq!(Look { heard, ..look(began, 50) }.verdict(), None);
        assert_eq!(Look { heard, over: true, ..look(began, 50) }.verdict(), Some(Verdict::Unheard));
        assert_eq!(Look { heard, ..look(began, 60) }.verdict(), Some(Verdict::Unheard));
    }

    fn answers(whether: bool) -> Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync> {
        Box::new(move || Box::pin(std::future::ready(whether)))
    }

    #[tokio::test(start_paused = true)]
    async fn silence_of_an_api_server_is_not_taken_for_its_nodes() {
        let (events, _told) = mpsc::channel(8);
        let (link, log) = (Link::begin(), Link::begin());
        super::super::link::set(&link, true);
        let since = Some(Instant::now());
        let progress = watch::Sender::new(Progress { since, ..Progress::default() });
        let heard = Heard { progress: progress.subscribe(), log: log.subscribe() };
        let times = Times { created: Instant::now(), setup: SETUP, limit: LIMIT };
        let mut keeper = Keeper { asks: answers(false), times, watch: link.subscribe(), events };
        let over = || true;
        let judged = tokio::time::timeout(Duration::from_mins(10), keeper.verdict(Some(&heard), over)).await;
        assert!(judged.is_err());
        keeper.asks = answers(true);
        assert_eq!(keeper.verdict(Some(&heard), over).await, Verdict::Unheard);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_is_told_once_that_the_cluster_is_away() {
        let (events, mut told) = mpsc::channel(8);
        let link = Link::begin();
        let times = Times { created: Instant::now(), setup: SETUP, limit: LIMIT };
        let keeper = Keeper { asks: answers(true), times, watch: link.subscribe(), events };
        let judged = tokio::time::timeout(Duration::from_mins(10), keeper.verdict(None, || false)).await;
        assert!(judged.is_err());
        assert_eq!(told.recv().await, Some(JobEvent::Waiting { why: FOR_AN_ANSWER.to_owned() }));
        assert!(told.try_recv().is_err());
        super::super::link::set(&link, true);
        assert_eq!(keeper.verdict(None, || false).await, Verdict::NotReady);
    }
}
