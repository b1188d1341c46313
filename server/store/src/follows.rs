//! Those who want to hear of new meetups.

use async_trait::async_trait;
use jiff::Timestamp;
use regatta_domain::follow::{Follow, Topic};
use regatta_domain::ids::FollowId;

use crate::StoreError;
use crate::outbox::NewMail;

/// Follows as they are kept. An address follows a topic at most once.
#[async_trait]
pub trait FollowStore: Send + Sync {
    /// The follow with this identity.
    async fn follow(&self, id: &FollowId) -> Result<Option<Follow>, StoreError>;

    /// The follow of this address (in normal form) and topic.
    async fn follow_of(&self, normalized: &str, topic: &Topic) -> Result<Option<Follow>, StoreError>;

    /// Every follow of this address (in normal form), confirmed or not.
    async fn follows_by_address(&self, normalized: &str) -> Result<Vec<Follow>, StoreError>;

    /// Stores a new follow and the mail that asks to confirm it, together; [`StoreError::Stale`] where the address got
    /// one for this topic in between.
    async fn add_follow(&self, follow: &Follow, mail: &NewMail) -> Result<(), StoreError>;

    /// Puts the mail that asks to confirm an existing follow into the outbox once more, where none was caused at `since`
    /// or later. Returns whether it was.
    async fn remind_follow(&self, mail: &NewMail, since: Timestamp) -> Result<bool, StoreError>;

    /// Notes that the owner of the address confirmed; nothing where it was before or is gone.
    async fn confirm_follow(&self, id: &FollowId, now: Timestamp) -> Result<(), StoreError>;

    /// Forgets a follow and the mail that is still owed for it. Nothing where it is gone.
    async fn unfollow(&self, id: &FollowId) -> Result<(), StoreError>;

    /// Forgets follows that nobody confirmed since `before`. Returns how many.
    async fn forget_unconfirmed(&self, before: Timestamp) -> Result<u32, StoreError>;

    /// The confirmed follows of any of these topics: one for each address, the one of the earliest topic in `topics`.
    async fn followers(&self, topics: &[Topic]) -> Result<Vec<Follow>, StoreError>;
}
