//! The short form after an event: how good it was, and a few words.

use std::sync::Arc;

use regatta_domain::event::Event;
use regatta_domain::feedback::{Feedback, MAX_COMMENT_CHARS, Rating};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_store::StoreError;

use crate::desk::Desk;
use crate::links::{LinkPurpose, LinkRefused};

/// The form as somebody who was there sees it.
#[derive(Clone, Debug)]
pub struct FeedbackView {
    /// Whose it is.
    pub registration: Registration,
    /// On which event; `None` while no readable file declares it.
    pub event: Option<Arc<Event>>,
    /// What they said before.
    pub given: Option<Feedback>,
}

/// Why nothing can be said so.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// Not a link of ours for this purpose: cut short, mistyped or made up.
    #[error("this is not a link that we sent")]
    Invalid,
    /// It was valid once; its time is over, or a newer one has replaced it.
    #[error("the time of this link is over")]
    Expired,
    /// The registration it speaks of is not kept any more, or had no seat.
    #[error("there is no such seat")]
    Gone,
    /// The event is not over yet.
    #[error("the event is not over yet")]
    TooEarly,
    /// More than [`MAX_COMMENT_CHARS`].
    #[error("a comment has at most {MAX_COMMENT_CHARS} characters")]
    TooLong,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkRefused> for FeedbackError {
    fn from(refused: LinkRefused) -> Self {
        match refused {
            LinkRefused::Invalid => Self::Invalid,
            LinkRefused::Expired => Self::Expired,
        }
    }
}

impl Desk {
    /// Shows the form with what was said before. Changes nothing.
    pub async fn look_feedback(&self, token: &str) -> Result<FeedbackView, FeedbackError> {
        let link = self.links.verify(token, self.clock.now())?;
        if link.purpose != LinkPurpose::Feedback {
            return Err(FeedbackError::Invalid);
        }
        let registration = self.store.registration(&link.registration).await?.ok_or(FeedbackError::Gone)?;
        if registration.generation != link.generation {
            return Err(FeedbackError::Expired);
        }
        let had_seat =
            matches!(registration.state, RegistrationState::Confirmed | RegistrationState::Attended);
        if !had_seat {
            return Err(FeedbackError::Gone);
        }
        let event = self.schedule.event(&registration.event);
        if event.as_ref().is_some_and(|event| !event.is_past(self.clock.now())) {
            return Err(FeedbackError::TooEarly);
        }
        let given = self.store.feedback(&registration.id).await?;
        Ok(FeedbackView { registration, event, given })
    }

    /// Takes down what somebody says, in place of what they said before. Spaces around the comment, and signs that
    /// nobody sees, are left out.
    pub async fn give_feedback(
        &self,
        token: &str,
        rating: Rating,
        comment: &str,
    ) -> Result<FeedbackView, FeedbackError> {
        let mut view = self.look_feedback(token).await?;
        let comment = tidied(comment);
        if comment.chars().count() > MAX_COMMENT_CHARS {
            return Err(FeedbackError::TooLong);
        }
        let feedback = Feedback {
            registration: view.registration.id.clone(),
            event: view.registration.event.clone(),
            rating,
            comment,
            given_at: self.clock.now(),
        };
        self.store.give_feedback(&feedback).await?;
        view.given = Some(feedback);
        Ok(view)
    }
}

/// Forms send line ends as two characters (WHATWG HTML, 4.10.21.8); one is kept.
fn tidied(comment: &str) -> String {
    let kept = |letter: &char| *letter == '\n' || !letter.is_control();
    comment.replace("\r\n", "\n").chars().filter(kept).collect::<String>().trim().to_owned()
}
