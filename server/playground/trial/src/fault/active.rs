//! What goes wrong at the moment, and whom it befalls.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Fault, PodFault, When};
use crate::api::request::Request;
use crate::api::status::Refusal;
use crate::kind::Kind;

/// What befalls a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchFault {
    /// 410 Gone.
    Gone,
    /// The connection breaks.
    Dropped,
    /// Nothing more is said.
    Silent,
}

/// What befalls a log that is followed, after so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFault {
    /// Where.
    pub after_bytes: u64,
    /// What.
    pub end: LogEnd,
}

/// How a log that is followed ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEnd {
    /// As if that were all.
    Orderly,
    /// The connection breaks.
    Broken,
    /// It does not: nothing more is said.
    Silent,
}

struct Active {
    fault: Fault,
    left: u32,
    since: Instant,
}

/// What goes wrong at the moment.
pub struct Faults {
    active: Mutex<Vec<Active>>,
    version: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { active: Mutex::default(), version: watch::Sender::new(0) }
    }
}

impl Faults {
    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        let left = fault.times();
        self.lock().push(Active { fault, left, since: Instant::now() });
        self.version.send_modify(|version| *version += 1);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.lock().clear();
        self.version.send_modify(|version| *version += 1);
    }

    /// Changes with what goes wrong.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first that `pick` takes something from; it is there once less.
    fn take<R>(&self, mut pick: impl FnMut(&Fault) -> Option<R>) -> Option<R> {
        let mut active = self.lock();
        let (at, found) = active.iter().enumerate().find_map(|(at, one)| Some((at, pick(&one.fault)?)))?;
        active[at].left -= 1;
        if active[at].left == 0 {
            active.remove(at);
        }
        Some(found)
    }

    fn is(&self, fault: &Fault) -> bool {
        self.lock().iter().any(|active| active.fault == *fault)
    }

    /// The end of the longest that `pick` says a duration of, where that is to come.
    fn until(&self, pick: impl Fn(&Fault) -> Option<u64>) -> Option<Instant> {
        let active = self.lock();
        let ends = active.iter().filter_map(|one| Some(one.since + Duration::from_millis(pick(&one.fault)?)));
        ends.max().filter(|end| *end > Instant::now())
    }

    /// How a request is refused.
    pub fn refuse(&self, request: &Request) -> Option<Refusal> {
        self.take(|fault| match fault {
            Fault::Refuse { verb, resource, code, retry_after, .. } if concerns(verb, resource, request) => {
                Some(Refusal::trouble(*code, *retry_after))
            }
            _ => None,
        })
    }

    /// By how much a request is answered later.
    pub fn delay(&self, request: &Request) -> Option<Duration> {
        self.take(|fault| match fault {
            Fault::Slow { verb, resource, millis, .. } if concerns(verb, resource, request) => {
                Some(Duration::from_millis(*millis))
            }
            _ => None,
        })
    }

    /// How a policy refuses an object.
    pub fn refuse_admission(&self, kind: &Kind, name: &str) -> Option<Refusal> {
        self.take(|fault| match fault {
            Fault::Admission { message, .. } if kind.plural == "pods" => {
                Some(Refusal::forbidden(kind, name, message))
            }
            _ => None,
        })
    }

    /// What befalls a watch now.
    pub fn watch_fault(&self) -> Option<WatchFault> {
        self.take(|fault| match fault {
            Fault::WatchGone { .. } => Some(WatchFault::Gone),
            Fault::WatchDropped { .. } => Some(WatchFault::Dropped),
            Fault::WatchSilent { .. } => Some(WatchFault::Silent),
            _ => None,
        })
    }

    /// What befalls a log that somebody begins to follow.
    pub fn log_fault(&self) -> Option<LogFault> {
        self.take(|fault| match *fault {
            Fault::LogCut { after_bytes, orderly, .. } => {
                let end = if orderly { LogEnd::Orderly } else { LogEnd::Broken };
                Some(LogFault { after_bytes, end })
            }
            Fault::LogStalls { after_bytes, .. } => Some(LogFault { after_bytes, end: LogEnd::Silent }),
            _ => None,
        })
    }

    /// How much later than printed lines are readable.
    pub fn log_lag(&self) -> Duration {
        let active = self.lock();
        let lags = active.iter().filter_map(|one| match one.fault {
            Fault::LogLate { millis } => Some(Duration::from_millis(millis)),
            _ => None,
        });
        lags.max().unwrap_or_default()
    }

    /// What befalls the pod with this name, now that it came to this point.
    pub fn pod_fault(&self, pod: &str, reached: When) -> Option<PodFault> {
        self.take(|fault| match fault {
            Fault::Pod { what, when, name, .. }
                if pod.contains(name) && when.is_due(reached) && !what.is_before_start() =>
            {
                Some(what.clone())
            }
            _ => None,
        })
    }

    /// Whether `befalling` befalls the pod with this name before it starts.
    pub fn pod_starts_with(&self, pod: &str, befalling: &PodFault) -> bool {
        let found = self.take(|fault| match fault {
            Fault::Pod { what, name, .. } if pod.contains(name) && what == befalling => Some(()),
            _ => None,
        });
        found.is_some()
    }

    /// Until when the API server is away.
    pub fn away_until(&self) -> Option<Instant> {
        self.until(|fault| match fault {
            Fault::Away { millis } => Some(*millis),
            _ => None,
        })
    }

    /// Until when quotas have no status.
    pub fn quota_blind_until(&self) -> Option<Instant> {
        self.until(|fault| match fault {
            Fault::QuotaBlind { millis } => Some(*millis),
            _ => None,
        })
    }

    /// Whether pods have the node's network.
    pub fn network_is_open(&self) -> bool {
        self.is(&Fault::NetworkOpen)
    }

    /// Whether nodes have the kernel that containers see.
    pub fn kernel_is_shared(&self) -> bool {
        self.is(&Fault::SameKernel)
    }

    /// Whether tokens are mounted that nobody asked for.
    pub fn tokens_are_mounted(&self) -> bool {
        self.is(&Fault::TokenMounted)
    }
}

fn concerns(verb: &str, resource: &str, request: &Request) -> bool {
    (verb.is_empty() || verb == request.verb) && (resource.is_empty() || resource == request.resource())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_it_says() {
        let faults = Faults::default();
        faults.inject(Fault::WatchGone { times: 2 });
        let all: Vec<_> = std::iter::from_fn(|| faults.watch_fault()).collect();
        assert_eq!(all, [WatchFault::Gone, WatchFault::Gone]);
    }

    #[test]
    fn a_pods_fault_waits_for_its_pod_and_its_moment() {
        let faults = Faults::default();
        let when = When::Printed(10);
        faults.inject(Fault::Pod { what: PodFault::Vanishes, when, name: "-a-".to_owned(), times: 1 });
        assert_eq!(faults.pod_fault("pod-b-", When::Printed(20)), None);
        assert_eq!(faults.pod_fault("pod-a-", When::Running), None);
        assert_eq!(faults.pod_fault("pod-a-", When::Printed(9)), None);
        assert_eq!(faults.pod_fault("pod-a-", When::Printed(10)), Some(PodFault::Vanishes));
        assert_eq!(faults.pod_fault("pod-a-", When::Printed(10)), None);
    }
}
