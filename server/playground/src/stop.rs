//! Stopping a run that is under way, once and for one cause.

use std::sync::OnceLock;

use regatta_domain::run::Ending;
use tokio_util::sync::CancellationToken;

/// Why a run is stopped before its own end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopCause {
    /// Somebody pressed the button.
    Cancelled,
    /// The portal goes down.
    Shutdown,
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
            Self::Shutdown | Self::LogLost | Self::Superseded => Ending::InfraError,
        }
    }

    /// The cause in words for the visitor.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "the run was cancelled",
            Self::Shutdown => "the portal was restarted while it ran",
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
