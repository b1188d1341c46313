//! The line of jobs that wait for room in the cluster.
//!
//! Only the head of the line tries; so order is kept, and two hundred who wait ask no more than one. It tries again when a
//! pod has gone, and now and then because others may have left room. Over quota is never a failure, nor is an API server
//! that is away or busy.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::problem::Problem;

/// How long somebody stands in line before being told so.
const NOTICE: Duration = Duration::from_millis(500);
/// The least time between two tries of the head.
const BREATH: Duration = Duration::from_millis(500);
/// Pauses of the head while nothing is heard of room.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The longest that the API server may ask to be left alone.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// Why somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The quota is used up, or others are first.
    Room,
    /// The API server is busy or away.
    Answer,
}

/// Somebody who wants a place.
pub trait Applicant: Send {
    /// What a place is.
    type Place: Send;

    /// Tries to take a place now.
    fn take_place(&mut self) -> impl Future<Output = Result<Self::Place, Problem>> + Send;

    /// Whether there is certainly no room, as far as anybody here knows: then nobody is asked until something changes.
    fn sees_none(&self) -> bool;

    /// Is told why it waits, once for each reason.
    fn wait(&mut self, why: Wait) -> impl Future<Output = ()> + Send;
}

/// The line.
pub struct Room {
    line: watch::Sender<Line>,
    departures: watch::Receiver<u64>,
}

/// Who stands in line, by number.
#[derive(Debug, Default)]
struct Line {
    standing: VecDeque<u64>,
    next: u64,
}

/// Somebody's place in the line; given up when it is dropped.
pub struct Turn {
    number: u64,
    line: watch::Sender<Line>,
}

impl Turn {
    /// Waits until everybody before has gone.
    async fn comes(&self) {
        let mut line = self.line.subscribe();
        // The line is there for as long as this place in it.
        let _ = line.wait_for(|line| line.standing.front() == Some(&self.number)).await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.line.send_modify(|line| line.standing.retain(|number| *number != self.number));
    }
}

impl Room {
    /// A line whose head looks up when `departures` changes.
    pub fn new(departures: watch::Receiver<u64>) -> Self {
        Self { line: watch::Sender::default(), departures }
    }

    /// Joins the line at its end.
    pub fn join(&self) -> Turn {
        let mut number = 0;
        self.line.send_modify(|line| {
            number = line.next;
            line.next += 1;
            line.standing.push_back(number);
        });
        Turn { number, line: self.line.clone() }
    }

    /// Waits in line for a place. Fails only for what waiting does not mend.
    pub async fn enter<A: Applicant>(&self, turn: Turn, applicant: &mut A) -> Result<A::Place, Problem> {
        let mut told = None;
        if tokio::time::timeout(NOTICE, turn.comes()).await.is_err() {
            tell(applicant, &mut told, Wait::Room).await;
            turn.comes().await;
        }
        self.take_place(applicant, &mut told).await
    }

    async fn take_place<A: Applicant>(
        &self,
        applicant: &mut A,
        told: &mut Option<Wait>,
    ) -> Result<A::Place, Problem> {
        let mut departures = self.departures.clone();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut sure = true;
        loop {
            departures.mark_unchanged();
            let tried = Instant::now();
            let (rest, collided) = match self.try_once(applicant, sure).await {
                Ok(place) => return Ok(place),
                Err(problem) => {
                    // Nobody knows yet whether there is room: it is only to be tried again.
                    let collided = matches!(problem, Problem::Conflict(_));
                    let why = rest(&problem).ok_or(problem)?;
                    tell(applicant, told, why.0).await;
                    (why.1, collided)
                }
            };
            let pause = if collided { BREATH } else { backoff.pause().max(rest.unwrap_or_default()) };
            let heard = tokio::time::timeout(pause, heed(&mut departures, rest.is_none())).await;
            // What nobody here sees may be there all the same: others have left, or the quota was raised.
            sure = heard.is_ok();
            if heard.is_ok() {
                backoff.reset();
            }
            tokio::time::sleep_until(tried + BREATH).await;
        }
    }

    async fn try_once<A: Applicant>(&self, applicant: &mut A, sure: bool) -> Result<A::Place, Problem> {
        if sure && applicant.sees_none() {
            return Err(Problem::OverQuota("as many pods as it takes are under way".to_owned()));
        }
        applicant.take_place().await
    }
}

/// Why waiting helps against a problem, and how long the API server wants to be left alone; `None` where it does not help.
fn rest(problem: &Problem) -> Option<(Wait, Option<Duration>)> {
    match problem {
        // A conflict: others were counted in the same quota at the same moment.
        Problem::OverQuota(_) | Problem::Conflict(_) => Some((Wait::Room, None)),
        Problem::Busy { after } => Some((Wait::Answer, Some(after.unwrap_or_default().min(LONGEST_REST)))),
        Problem::Away(_) => Some((Wait::Answer, Some(Duration::ZERO))),
        _ => None,
    }
}

/// Ends when a pod goes, where that is a reason to try again.
async fn heed(departures: &mut watch::Receiver<u64>, is_a_reason: bool) {
    if !is_a_reason || departures.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn tell<A: Applicant>(applicant: &mut A, told: &mut Option<Wait>, why: Wait) {
    if told.replace(why) != Some(why) {
        applicant.wait(why).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A cluster that takes so many pods.
    #[derive(Default)]
    struct Quota {
        free: AtomicUsize,
        asked: AtomicUsize,
        placed: std::sync::Mutex<Vec<usize>>,
    }

    struct Job {
        quota: Arc<Quota>,
        number: usize,
        waits: Vec<Wait>,
        trouble: Vec<Problem>,
        full: bool,
    }

    impl Job {
        fn new(quota: &Arc<Quota>, number: usize) -> Self {
            Self { quota: Arc::clone(quota), number, waits: Vec::new(), trouble: Vec::new(), full: false }
        }
    }

    impl Applicant for Job {
        type Place = usize;

        async fn take_place(&mut self) -> Result<usize, Problem> {
            self.quota.asked.fetch_add(1, Ordering::SeqCst);
            if let Some(problem) = self.trouble.pop() {
                return Err(problem);
            }
            let take = |free: usize| free.checked_sub(1);
            match self.quota.free.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
                Ok(_) => {
                    self.quota.placed.lock().unwrap().push(self.number);
                    Ok(self.number)
                }
                Err(_) => Err(Problem::OverQuota("exceeded quota".into())),
            }
        }

        fn sees_none(&self) -> bool {
            self.full
        }

        async fn wait(&mut self, why: Wait) {
            self.waits.push(why);
        }
    }

    fn room() -> (watch::Sender<u64>, Arc<Room>) {
        let departures = watch::Sender::new(0);
        let room = Arc::new(Room::new(departures.subscribe()));
        (departures, room)
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_pass_twelve_places_in_order_and_without_a_storm() {
        let (departures, room) = room();
        let quota = Arc::new(Quota::default());
        quota.free.store(12, Ordering::SeqCst);
        let began = Instant::now();
        let mut jobs = tokio::task::JoinSet::new();
        for number in 0..200 {
            let (room, mut job) = (Arc::clone(&room), Job::new(&quota, number));
            let turn = room.join();
            jobs.spawn(async move { room.enter(turn, &mut job).await });
        }
        let mut ended = 0;
        while let Some(entered) = jobs.join_next().await {
            assert!(entered.unwrap().is_ok());
            ended += 1;
            // Every pod takes half a minute.
            let (quota, departures) = (Arc::clone(&quota), departures.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(30)).await;
                quota.free.fetch_add(1, Ordering::SeqCst);
                departures.send_modify(|count| *count += 1);
            });
        }
        assert_eq!(ended, 200);
        let placed = quota.placed.lock().unwrap().clone();
        assert_eq!(placed, (0..200).collect::<Vec<_>>());
        let asked = quota.asked.load(Ordering::SeqCst);
        let seconds = began.elapsed().as_secs();
        assert!(asked as u64 <= 200 + seconds, "{asked} calls in {seconds} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_nobody_saw_leave_is_found_all_the_same() {
        let (_departures, room) = room();
        let quota = Arc::new(Quota::default());
        let mut job = Job::new(&quota, 0);
        job.full = true;
        let later = async {
            tokio::time::sleep(Duration::from_mins(1)).await;
            quota.free.store(1, Ordering::SeqCst);
        };
        let (entered, ()) = tokio::join!(room.enter(room.join(), &mut job), later);
        assert_eq!(entered, Ok(0));
        assert_eq!(job.waits, [Wait::Room]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_api_server_that_is_away_or_busy_is_waited_for() {
        let (_departures, room) = room();
        let quota = Arc::new(Quota::default());
        quota.free.store(1, Ordering::SeqCst);
        let mut job = Job::new(&quota, 0);
        let busy = Problem::Busy { after: Some(Duration::from_secs(7)) };
        job.trouble = vec![busy, Problem::Away("refused".into()), Problem::Away("refused".into())];
        let began = Instant::now();
        assert_eq!(room.enter(room.join(), &mut job).await, Ok(0));
        assert_eq!(job.waits, [Wait::Answer]);
        assert_eq!(began.elapsed(), Duration::from_secs(1 + 2 + 7));
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_counted_together_with_others_tries_again_soon() {
        let (_departures, room) = room();
        let quota = Arc::new(Quota::default());
        quota.free.store(1, Ordering::SeqCst);
        let mut job = Job::new(&quota, 0);
        job.trouble = vec![Problem::Conflict("the object has been modified".into()); 4];
        let began = Instant::now();
        assert_eq!(room.enter(room.join(), &mut job).await, Ok(0));
        assert_eq!(began.elapsed(), 4 * BREATH);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_waited_for_and_who_leaves_the_line_blocks_nobody() {
        let (_departures, room) = room();
        let quota = Arc::new(Quota::default());
        let mut refused = Job::new(&quota, 0);
        refused.trouble = vec![Problem::Refused("violates PodSecurity".into())];
        assert!(matches!(room.enter(room.join(), &mut refused).await, Err(Problem::Refused(_))));
        let mut impatient = Job::new(&quota, 1);
        let waited =
            tokio::time::timeout(Duration::from_secs(5), room.enter(room.join(), &mut impatient)).await;
        assert!(waited.is_err());
        quota.free.store(1, Ordering::SeqCst);
        assert_eq!(room.enter(room.join(), &mut Job::new(&quota, 2)).await, Ok(2));
    }
}
