//! What those who came say afterwards.

use jiff::Timestamp;

use crate::ids::{EventId, RegistrationId};

/// The longest comment, in characters.
pub const MAX_COMMENT_CHARS: usize = 2000;

/// How good it was, from 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rating(u8);

impl Rating {
    /// The rating with this number, from 1 to 5.
    pub fn new(number: u8) -> Option<Self> {
        (1..=5).contains(&number).then_some(Self(number))
    }

    /// Its number, from 1 to 5.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// One answer to the short form after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Whose; one each.
    pub registration: RegistrationId,
    /// On which event.
    pub event: EventId,
    /// How good it was.
    pub rating: Rating,
    /// What they say; may be empty. At most [`MAX_COMMENT_CHARS`].
    pub comment: String,
    /// When it was given or last changed.
    pub given_at: Timestamp,
}
