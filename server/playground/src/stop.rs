//! Stopping a run that is under way, once and for one cause.

use std::sync::OnceLock;

use regatta_domain::run::Ending;
use tokio_util::sync::CancellationToken;

/// How the reason of every run begins that went down with its portal.
const INTERRUPTED: &str = "interrupted";

/// Whether this is the reason of a run that went down with the portal which ran it: nothing is wrong with the run, and it
/// is worth running again.
pub fn was_interrupted(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| reason.starts_with(INTERRUPTED))
}

/// Why a run is stopped before its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopCause {
    /// Somebody pressed the button.
    Cancelled,
    /// The portal goes down.
    Shutdown,
    /// The portal that ran it is gone.
    Abandoned,
    /// Its events cannot be stored any more.
    LogLost,
    /// The store says that it is somebody else's, or has ended.
    Superseded,
}

impl StopCause {
    /// How a run ends that is stopped for this cause.
    pub(crate) fn ending(self) -> Ending {
        match self {
            Self::Cancelled => Ending::Cancelled,
            Self::Shutdown | Self::Abandoned | Self::LogLost | Self::Superseded => Ending::InfraError,
        }
    }

    /// The cause in words for the visitor.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "the run was cancelled",
            Self::Shutdown => "interrupted: the portal was restarted while it ran; run it again",
            Self::Abandoned => "interrupted: the portal that ran it stopped answering; run it again",
            Self::LogLost => "its log could not be stored",
            Self::Superseded => "it was ended elsewhere",
        }
    }

    /// Whether jobs that outlive the portal may be left to whoever takes the run up, for nobody wants them stopped.
    fn may_leave_jobs(self) -> bool {
        match self {
            Self::Shutdown | Self::LogLost | Self::Superseded => true,
            Self::Cancelled | Self::Abandoned => false,
        }
    }

    /// What there is to say beside the ending.
    pub(crate) fn reason(self) -> Option<String> {
        (self != Self::Cancelled).then(|| self.words().to_owned())
    }
}

/// A switch that is pulled at most once; the first cause counts.
///
/// What runs is not stopped by every cause at once: jobs that outlive the portal may be left to whoever takes the run up.
/// Whoever conducts the run decides, and halts them where they may not.
#[derive(Debug, Default)]
pub(crate) struct StopSwitch {
    cause: OnceLock<StopCause>,
    pulled: CancellationToken,
    halted: CancellationToken,
}

impl StopSwitch {
    pub(crate) fn pull(&self, cause: StopCause) {
        // A second cause is not kept: what is being stopped is being stopped.
        if self.cause.set(cause).is_ok() && !cause.may_leave_jobs() {
            self.halted.cancel();
        }
        self.pulled.cancel();
    }

    /// Stops what runs.
    pub(crate) fn halt(&self) {
        self.halted.cancel();
    }

    /// Why no further job is started.
    pub(crate) fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }

    /// Why what runs is stopped, once it is.
    pub(crate) fn halted_by(&self) -> Option<StopCause> {
        self.cause().filter(|_| self.halted.is_cancelled())
    }

    /// Whether it is pulled and not decided yet what becomes of what runs.
    pub(crate) fn is_undecided(&self) -> bool {
        self.pulled.is_cancelled() && !self.halted.is_cancelled()
    }

    /// Returns when it is pulled.
    pub(crate) async fn pulled(&self) {
        self.pulled.cancelled().await;
    }

    /// Returns when what runs is stopped, or at once where nothing was pulled. Where the run is left, whoever waits here is
    /// dropped.
    pub(crate) async fn decided(&self) {
        if self.is_undecided() {
            self.halted.cancelled().await;
        }
    }

    /// A token that is cancelled when what runs is stopped, and that can be cancelled alone.
    pub(crate) fn token(&self) -> CancellationToken {
        self.halted.child_token()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_portals_end_is_an_interruption() {
        assert!(was_interrupted(StopCause::Shutdown.reason().as_deref()));
        assert!(was_interrupted(StopCause::Abandoned.reason().as_deref()));
        assert!(!was_interrupted(StopCause::LogLost.reason().as_deref()));
        assert!(!was_interrupted(None));
    }

    #[test]
    fn a_wish_to_cancel_stops_what_runs_at_once_and_nothing_else_does() {
        for (cause, stops) in [
            (StopCause::Cancelled, true),
            (StopCause::Shutdown, false),
            (StopCause::LogLost, false),
            (StopCause::Superseded, false),
        ] {
            let switch = StopSwitch::default();
            let token = switch.token();
            switch.pull(cause);
            assert_eq!((token.is_cancelled(), switch.is_undecided()), (stops, !stops), "{cause:?}");
            assert_eq!(switch.halted_by(), stops.then_some(cause));
            switch.pull(StopCause::Cancelled);
            assert_eq!(token.is_cancelled(), stops, "the first cause counts");
            switch.halt();
            assert!(token.is_cancelled() && !switch.is_undecided());
            assert_eq!(switch.halted_by(), Some(cause));
        }
    }
}
