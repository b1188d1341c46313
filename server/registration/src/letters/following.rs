//! Letters to those who follow.

use std::sync::Arc;

use regatta_domain::follow::Follow;
use regatta_domain::ids::EventId;
use regatta_mail::{FollowLetter, FollowMatter, LetterError};
use regatta_store::outbox::MailKind;

use crate::desk::Desk;
use crate::follows::{follow_link, unfollow_link};

impl Desk {
    /// What a mail of `kind` says to somebody who follows; `None` where it has nothing to tell any more.
    pub(super) async fn about_follow(
        &self,
        kind: MailKind,
        follow: &Follow,
        event: Option<&EventId>,
    ) -> Result<Option<FollowLetter>, LetterError> {
        let matter = match (kind, event, follow.confirmed_at) {
            (MailKind::ConfirmFollow, None, None) => self.question_matter(follow),
            (MailKind::EventPublished, Some(event), Some(_)) => self.published_matter(event).await?,
            _ => None,
        };
        Ok(matter.map(|matter| FollowLetter {
            topic: follow.topic.clone(),
            topic_name: self.topic_name(&follow.topic),
            unfollow_url: self.links.url(&unfollow_link(follow)),
            matter,
        }))
    }

    /// Asks while an answer still counts.
    fn question_matter(&self, follow: &Follow) -> Option<FollowMatter> {
        let link = follow_link(follow);
        (link.expires > self.clock.now()).then(|| FollowMatter::Confirm { url: self.links.url(&link) })
    }

    /// Tells of an event while one can go there.
    async fn published_matter(&self, event: &EventId) -> Result<Option<FollowMatter>, LetterError> {
        let event = self.schedule.event(event).ok_or_else(|| LetterError::EventUnreadable(event.clone()))?;
        if !event.status.takes_place() || event.when.begins_at() <= self.clock.now() {
            return Ok(None);
        }
        Ok(Some(FollowMatter::Published { event: Arc::new(self.as_decided(&event).await?) }))
    }
}
