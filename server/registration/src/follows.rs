//! Following: asked for by anybody, wanted only where the owner of the address says so, ended in one click.

use jiff::{SignedDuration, Timestamp};
use regatta_domain::email_address::EmailAddress;
use regatta_domain::follow::{Follow, Topic};
use regatta_domain::ids::{FollowId, MailId};
use regatta_domain::language::Language;
use regatta_store::StoreError;
use regatta_store::outbox::{MailKind, MailSubject, NewMail};

use crate::desk::Desk;
use crate::links::{FollowLink, FollowPurpose, LinkRefused};
use crate::retention::FOLLOW_UNCONFIRMED;

/// How long an address that was asked about a topic is not asked about it again.
const QUIET_AFTER_ASKING: SignedDuration = SignedDuration::from_hours(1);

/// About how many topics an address is asked within that time at most, so that nobody can fill a mailbox of others.
const MOST_ASKED: usize = 3;

/// A follow as the owner of the address sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowView {
    /// The follow. It is confirmed where `confirmed_at` is there.
    pub follow: Follow,
    /// What the topic is called: the city's name as it is written, the title of the series, the portal's name.
    pub topic_name: String,
    /// The path on this site where it is ended.
    pub stop_path: String,
}

/// Why nothing can be followed so.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// No event was ever in this city, or there is no such series.
    #[error("there is no such topic")]
    UnknownTopic,
    /// Not a link of ours for this purpose: cut short, mistyped or made up.
    #[error("this is not a link that we sent")]
    Invalid,
    /// It was valid once; its time is over.
    #[error("the time of this link is over")]
    Expired,
    /// It was ended, or nobody confirmed it in time.
    #[error("this is not followed any more")]
    Gone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkRefused> for FollowError {
    fn from(refused: LinkRefused) -> Self {
        match refused {
            LinkRefused::Invalid => Self::Invalid,
            LinkRefused::Expired => Self::Expired,
        }
    }
}

impl Desk {
    /// Asks the owner of `email` whether they want to follow `topic`. What the visitor reads is the same whether the
    /// address follows it, was asked already, or was asked too often.
    pub async fn follow(
        &self,
        email: EmailAddress,
        topic: Topic,
        language: Language,
    ) -> Result<(), FollowError> {
        if self.name_as_written(&topic).is_none() {
            // Names go into mails to strangers: only those that our own files write.
            return Err(FollowError::UnknownTopic);
        }
        match self.store.follow_of(&email.normalized(), &topic).await? {
            Some(Follow { confirmed_at: Some(_), .. }) => Ok(()),
            Some(asked) => self.ask_again(&asked).await,
            None => self.ask(email, topic, language).await,
        }
    }

    async fn ask_again(&self, follow: &Follow) -> Result<(), FollowError> {
        if self.store.remind_follow(&self.question(follow), self.quiet_since()).await? {
            self.ring_for(1);
        }
        Ok(())
    }

    async fn ask(&self, email: EmailAddress, topic: Topic, language: Language) -> Result<(), FollowError> {
        let since = self.quiet_since();
        let asked = self.store.follows_by_address(&email.normalized()).await?;
        let lately = asked.iter().filter(|one| one.confirmed_at.is_none() && one.created_at > since).count();
        if lately >= MOST_ASKED {
            return Ok(());
        }
        let id = FollowId::random(&*self.entropy);
        let follow = Follow { id, email, language, topic, created_at: self.clock.now(), confirmed_at: None };
        match self.store.add_follow(&follow, &self.question(&follow)).await {
            Ok(()) => self.ring_for(1),
            // Somebody asked for the same at the same moment, and has caused the mail.
            Err(StoreError::Stale(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Shows a follow to the owner of the address, by either link of theirs. Changes nothing.
    pub async fn look_follow(&self, token: &str) -> Result<FollowView, FollowError> {
        let link = self.links.verify_follow(token, self.clock.now())?;
        let follow = self.store.follow(&link.follow).await?.ok_or(FollowError::Gone)?;
        Ok(self.follow_view(follow))
    }

    /// Confirms that mails are wanted. Can be repeated without harm.
    pub async fn confirm_follow(&self, token: &str) -> Result<FollowView, FollowError> {
        let id = self.follow_for(FollowPurpose::Follow, token)?;
        self.store.confirm_follow(&id, self.clock.now()).await?;
        let follow = self.store.follow(&id).await?.ok_or(FollowError::Gone)?;
        Ok(self.follow_view(follow))
    }

    /// Ends a follow, and the mail still owed for it. Where it was ended before, that is as good.
    pub async fn unfollow(&self, token: &str) -> Result<(), FollowError> {
        let id = self.follow_for(FollowPurpose::Unfollow, token)?;
        Ok(self.store.unfollow(&id).await?)
    }

    fn follow_for(&self, purpose: FollowPurpose, token: &str) -> Result<FollowId, FollowError> {
        let link = self.links.verify_follow(token, self.clock.now())?;
        if link.purpose == purpose { Ok(link.follow) } else { Err(FollowError::Invalid) }
    }

    fn follow_view(&self, follow: Follow) -> FollowView {
        FollowView {
            topic_name: self.topic_name(&follow.topic),
            stop_path: self.links.path(&unfollow_link(&follow)),
            follow,
        }
    }

    fn question(&self, follow: &Follow) -> NewMail {
        NewMail {
            id: MailId::random(&*self.entropy),
            kind: MailKind::ConfirmFollow,
            subject: MailSubject::Follow { follow: follow.id.clone(), event: None },
            recipient: follow.email.clone(),
            language: follow.language,
            detail: None,
            once: None,
            created_at: self.clock.now(),
        }
    }

    fn quiet_since(&self) -> Timestamp {
        self.clock.now().checked_sub(QUIET_AFTER_ASKING).unwrap_or(Timestamp::MIN)
    }

    /// What `topic` is called, for people.
    pub(crate) fn topic_name(&self, topic: &Topic) -> String {
        self.name_as_written(topic).unwrap_or_else(|| match topic {
            Topic::Portal => self.schedule.site_name(),
            Topic::City(name) => name.clone(),
            Topic::Series(slug) => slug.to_string(),
        })
    }

    /// What our own files call `topic`; `None` where they say nothing of it.
    fn name_as_written(&self, topic: &Topic) -> Option<String> {
        match topic {
            Topic::Portal => Some(self.schedule.site_name()),
            Topic::Series(slug) => self.schedule.series(slug).map(|series| series.title.clone()),
            Topic::City(_) => self
                .schedule
                .events()
                .iter()
                .filter(|event| event.is_public())
                .filter_map(|event| event.place.as_ref()?.city().map(str::to_owned))
                .find(|city| Topic::city(city).as_ref() == Some(topic)),
        }
    }
}

/// The link that confirms, for as long as an unconfirmed follow is kept.
pub(crate) fn follow_link(follow: &Follow) -> FollowLink {
    let expires = follow.created_at.checked_add(FOLLOW_UNCONFIRMED).unwrap_or(Timestamp::MAX);
    FollowLink { purpose: FollowPurpose::Follow, follow: follow.id.clone(), expires }
}

/// The link that ends it. It works for ever: nobody should have to look for a newer mail to be left alone.
pub(crate) fn unfollow_link(follow: &Follow) -> FollowLink {
    FollowLink { purpose: FollowPurpose::Unfollow, follow: follow.id.clone(), expires: Timestamp::MAX }
}
