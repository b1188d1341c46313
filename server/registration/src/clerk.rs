//! Many at once: whoever comes while the desk is busy with an event is taken on together with all others who wait there,
//! in one transaction, in the order in which they came.
//!
//! Each event has its own queue and, while somebody stands in it, one clerk who serves it. The clerk is a task of its own,
//! so that a visitor who goes away takes nobody's turn; whoever left before being served is passed over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regatta_domain::ids::EventId;
use tokio::sync::oneshot;

use crate::application::Application;
use crate::desk::Desk;
use crate::register::{Answer, RegisterError};

/// How many are taken on in one transaction at most; whoever comes behind waits for the next one. Keeps statements within
/// what engines take and the others' wait short.
const MOST_AT_ONCE: usize = 256;

/// The most who stand in line at all events together: some hundred times what a busy desk serves at once, and no more
/// memory than a small machine can spare while the store stands still.
pub(crate) const MOST_WAITING: usize = 8_192;

/// After so many that could not be stored one after the other, the store is taken to be out of order.
const MOST_FAILURES_IN_A_ROW: u32 = 2;

type Reply = Result<Answer, RegisterError>;

struct Waiting {
    application: Application,
    reply: oneshot::Sender<Reply>,
}

/// The queues of all events at which somebody stands.
#[derive(Default)]
pub(crate) struct Queues(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    /// An event is in it exactly while a clerk serves it.
    by_event: HashMap<EventId, Vec<Waiting>>,
    /// How many stand in all of them.
    waiting: usize,
}

/// What becomes of somebody who wants to stand in line.
enum Joined {
    /// A clerk is there.
    Line,
    /// No clerk is there yet.
    EmptyDesk,
    /// Too many stand there.
    TurnedAway,
}

impl Queues {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Nothing that could panic happens while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, event: &EventId, waiting: Waiting) -> Joined {
        let mut lines = self.lock();
        if lines.waiting >= MOST_WAITING {
            return Joined::TurnedAway;
        }
        lines.waiting += 1;
        let clerk_missing = !lines.by_event.contains_key(event);
        lines.by_event.entry(event.clone()).or_default().push(waiting);
        if clerk_missing { Joined::EmptyDesk } else { Joined::Line }
    }

    /// The next ones to serve, in order. None: the queue is closed with that, and whoever comes next calls a clerk.
    fn next(&self, event: &EventId) -> Vec<Waiting> {
        let mut lines = self.lock();
        let Some(queue) = lines.by_event.get_mut(event) else { return Vec::new() };
        let next: Vec<_> = queue.drain(..queue.len().min(MOST_AT_ONCE)).collect();
        if next.is_empty() {
            lines.by_event.remove(event);
        }
        lines.waiting -= next.len();
        next
    }

    /// Closes the queue, whoever stands there.
    fn close(&self, event: &EventId) {
        let mut lines = self.lock();
        let left = lines.by_event.remove(event).unwrap_or_default();
        lines.waiting -= left.len();
        drop(lines);
        // Each hears that nothing came of it.
        drop(left);
    }
}

/// A clerk at work. However it ends, nobody is left standing before an empty desk.
struct Shift {
    desk: Arc<Desk>,
    event: EventId,
    /// Whether the queue was closed in order; another clerk may have opened it again since.
    over: bool,
}

impl Drop for Shift {
    fn drop(&mut self) {
        if !self.over {
            self.desk.queues.close(&self.event);
        }
    }
}

impl Desk {
    /// Has the application handled with those of all others who come at the same time.
    pub(crate) async fn stand_in_line(self: &Arc<Self>, event: &EventId, application: Application) -> Reply {
        let (reply, answer) = oneshot::channel();
        match self.queues.join(event, Waiting { application, reply }) {
            Joined::Line => {}
            Joined::EmptyDesk => {
                let shift = Shift { desk: Arc::clone(self), event: event.clone(), over: false };
                tokio::spawn(shift.serve());
            }
            Joined::TurnedAway => return Err(RegisterError::TooMany),
        }
        answer.await.unwrap_or(Err(RegisterError::Interrupted))
    }
}

impl Shift {
    async fn serve(mut self) {
        loop {
            let mut next = self.desk.queues.next(&self.event);
            if next.is_empty() {
                self.over = true;
                return;
            }
            next.retain(|one| !one.reply.is_closed());
            let (applications, replies) = next.into_iter().map(|one| (one.application, one.reply)).unzip();
            self.handle(applications, replies).await;
        }
    }

    async fn handle(&self, applications: Vec<Application>, replies: Vec<oneshot::Sender<Reply>>) {
        match self.desk.register_together(&self.event, &applications).await {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // Nobody hears it where the visitor left; the mail tells them.
                    reply.send(answer).ok();
                }
            }
            Err(error) => {
                tracing::warn!(%error, together = applications.len(), "registering failed; one by one now");
                self.one_by_one(&applications, replies).await;
            }
        }
    }

    /// What is wrong with one keeps nobody else from being registered; what fails again and again is not about any of
    /// them, and nobody has to wait for it as often as people stand in line.
    async fn one_by_one(&self, applications: &[Application], replies: Vec<oneshot::Sender<Reply>>) {
        let mut failures_in_a_row = 0;
        for (application, reply) in applications.iter().zip(replies) {
            if failures_in_a_row == MOST_FAILURES_IN_A_ROW {
                reply.send(Err(RegisterError::Interrupted)).ok();
                continue;
            }
            let alone = self.desk.register_together(&self.event, std::slice::from_ref(application)).await;
            failures_in_a_row = if alone.is_ok() { 0 } else { failures_in_a_row + 1 };
            let answer = match alone {
                Ok(answers) => answers.into_iter().next().unwrap_or(Err(RegisterError::Interrupted)),
                Err(error) => Err(error.into()),
            };
            reply.send(answer).ok();
        }
    }
}
