//! The short form after an event.

use regatta_domain::feedback::{Feedback, MAX_COMMENT_CHARS, Rating};

use super::pairs::Pairs;

/// The form as it was sent; an absent field is an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedbackForm {
    /// How good it was, from 1 to 5.
    pub rating: String,
    /// What there is to say.
    pub comment: String,
}

/// What somebody says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// How good it was.
    pub rating: Rating,
    /// What there is to say; may be empty.
    pub comment: String,
}

/// What is wrong with a [`FeedbackForm`], all of it at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedbackErrors {
    /// With the rating.
    pub rating: Option<NoRating>,
    /// With the comment.
    pub comment: Option<CommentTooLong>,
    /// With the whole: why nothing was stored though every field is right, in words for the visitor.
    pub refusal: Option<&'static str>,
}

/// No rating was chosen. The words are for the person who sent the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Please choose one.")]
pub struct NoRating;

/// The comment is too long. The words are for the person who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is too long: at most {MAX_COMMENT_CHARS} characters.")]
pub struct CommentTooLong;

impl FeedbackForm {
    /// The form as it is at first: what was said before.
    pub fn of(feedback: &Feedback) -> Self {
        Self { rating: feedback.rating.number().to_string(), comment: feedback.comment.clone() }
    }

    /// The form as its fields were sent. Fields that it does not have are passed over.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let pairs = Pairs(pairs);
        Self { rating: pairs.text("rating", 3), comment: pairs.text("comment", MAX_COMMENT_CHARS) }
    }

    /// What is said, or everything that is wrong.
    pub fn parse(&self) -> Result<Opinion, FeedbackErrors> {
        let rating = self.rating.trim().parse().ok().and_then(Rating::new);
        // Nothing that is typed into a form needs these, and some of them act on whoever prints them.
        let comment: String =
            self.comment.trim().chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        let too_long = comment.chars().count() > MAX_COMMENT_CHARS;
        match rating {
            Some(rating) if !too_long => Ok(Opinion { rating, comment }),
            _ => Err(FeedbackErrors {
                rating: rating.is_none().then_some(NoRating),
                comment: too_long.then_some(CommentTooLong),
                refusal: None,
            }),
        }
    }
}

impl FeedbackErrors {
    /// Nothing is wrong with the fields, but the whole is refused for this reason.
    pub fn refused(reason: &'static str) -> Self {
        Self { refusal: Some(reason), ..Self::default() }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(rating: &str, comment: &str) -> FeedbackForm {
        let pairs = [("rating", rating), ("comment", comment)];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        FeedbackForm::read(&pairs)
    }

    #[test]
    fn a_rating_is_enough() {
        let opinion = form("4", " \r\n").parse().unwrap();
        assert_eq!((opinion.rating.number(), opinion.comment.as_str()), (4, ""));
        assert_eq!(form("5", "a\r\nb\u{7}").parse().unwrap().comment, "a\nb");
    }

    #[test]
    fn anything_else_is_told() {
        for bad in ["", "0", "6", "great"] {
            assert_eq!(form(bad, "").parse().unwrap_err().rating, Some(NoRating), "{bad:?}");
        }
        let errors = form("1", &"x".repeat(5_000)).parse().unwrap_err();
        assert_eq!((errors.rating, errors.comment), (None, Some(CommentTooLong)));
    }
}
