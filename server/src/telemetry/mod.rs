//! What the portal tells of itself: [`logs`] for whoever reads them, [`metrics`] for whoever counts, [`traces`] for whoever
//! wants to know where the time went. None of it has a word of a visitor in it.

pub mod logs;
pub mod metrics;
pub mod traces;

use jiff::Timestamp;

use self::logs::Faults;
use self::metrics::Metrics;

/// What is remembered for those who watch over the portal.
#[derive(Debug)]
pub struct Telemetry {
    /// When the process began.
    pub started: Timestamp,
    /// What is measured.
    pub metrics: Metrics,
    /// The latest warnings and errors.
    pub faults: Faults,
}

impl Telemetry {
    /// Of a process that began at this moment, and whose log remembers its faults here.
    pub fn new(started: Timestamp, faults: Faults) -> Self {
        Self { started, metrics: Metrics::new(started), faults }
    }
}
