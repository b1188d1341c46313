//! Ports: what the rules need from the world, named after what they need it for.

use std::sync::Arc;

use jiff::Timestamp;

use crate::event::Event;
use crate::ids::EventId;
use crate::series::Series;
use crate::slug::Slug;

/// The current time. The program passes the wall clock, tests pass a hand they move themselves.
pub trait Clock: Send + Sync {
    /// Now, to the precision the clock has.
    fn now(&self) -> Timestamp;
}

/// Randomness good enough for secrets. The program passes the operating system's, tests pass a fixed sequence.
pub trait Entropy: Send + Sync {
    /// Fills the whole slice with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// What events there are, as the desk needs to know it.
pub trait Schedule: Send + Sync {
    /// The event with this identity, or `None` where no readable file declares it (which is never a cancellation).
    fn event(&self, id: &EventId) -> Option<Arc<Event>>;

    /// Every event there is, drafts included, by their start.
    fn events(&self) -> Vec<Arc<Event>>;

    /// What the portal is called at the moment.
    fn site_name(&self) -> String;

    /// The series with this slug.
    fn series(&self, slug: &Slug) -> Option<Arc<Series>>;
}
