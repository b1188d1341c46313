//! Rows of `follows`.

use std::collections::HashSet;

use regatta_domain::follow::{Follow, Topic};
use regatta_domain::language::Language;
use sqlx::FromRow;

use super::RowName;
use crate::StoreError;

/// One address that follows one topic.
#[derive(FromRow)]
pub struct FollowRow {
    id: String,
    email: String,
    language: String,
    topic: String,
    created_at: i64,
    confirmed_at: Option<i64>,
}

impl TryFrom<FollowRow> for Follow {
    type Error = StoreError;

    fn try_from(row: FollowRow) -> Result<Self, StoreError> {
        let at = RowName { what: "follow", id: &row.id };
        Ok(Self {
            id: at.parse(&row.id)?,
            email: at.parse(&row.email)?,
            language: at.named(&row.language, Language::tagged)?,
            topic: at.parse(&row.topic)?,
            created_at: at.moment(row.created_at)?,
            confirmed_at: at.moment_if_any(row.confirmed_at)?,
        })
    }
}

/// The address follows this topic already.
pub fn followed_in_between(follow: &Follow) -> String {
    format!("the follow of {}", follow.topic)
}

/// Of `follows`, one for each address: the one whose topic comes first in `topics`, in their order before.
pub fn one_per_address(mut follows: Vec<Follow>, topics: &[Topic]) -> Vec<Follow> {
    follows.sort_by_key(|follow| topics.iter().position(|topic| *topic == follow.topic));
    let mut seen = HashSet::new();
    follows.retain(|follow| seen.insert(follow.email.normalized()));
    follows
}
