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
    /// The store says that it has ended: somebody else ended it.
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

    /// What there is to say beside the ending.
    pub(crate) fn reason(self) -> Option<String> {
        (self != Self::Cancelled).then(|| self.words().to_owned())
    }
}

/// A switch that is pulled at most once; the first cause counts.
#[derive(Debug, Default)]
pub(crate) struct StopSwitch {
    cause: OnceLock<StopCause>,
    pulled: CancellationToken,
}

impl StopSwitch {
    pub(crate) fn pull(&self, cause: StopCause) {
        // A second cause is not kept: what is being stopped is being stopped.
        let _ = self.cause.set(cause);
        self.pulled.cancel();
    }

    pub(crate) fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }

    /// A token that is cancelled when the switch is pulled, and that can be cancelled alone.
    pub(crate) fn token(&self) -> CancellationToken {
        self.pulled.child_token()
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
}
