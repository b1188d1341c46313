//! What every mail is written on.

use crate::sender::Sender;

/// What every mail of the portal has in common, as the operator configured it.
#[derive(Clone, Debug)]
pub struct Stationery {
    /// Who writes; also the organizer in calendars.
    pub sender: Sender,
}
