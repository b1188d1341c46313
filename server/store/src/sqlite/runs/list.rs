//! Lists of runs in SQLite.

use sqlx::{QueryBuilder, Sqlite};

use crate::rows::micros;
use crate::runs::RunFilter;

/// The runs that pass `filter`, newest first, by columns that the indexes hold.
pub fn select(filter: &RunFilter) -> QueryBuilder<Sqlite> {
    let mut select = QueryBuilder::new(
        "select id, demo, edited, hidden, title, state, accepted_at, ended_at,
                executor, level, image_state, queued_ms, setup_ms, total_ms
         from runs where accepted_at >= ",
    );
    select.push_bind(filter.since.map_or(i64::MIN, micros));
    if filter.public {
        // In the words of the index `runs_shown`: SQLite compares them to know that it may use it.
        select.push(" and ended_at is not null and demo is not null and edited = 0 and hidden = 0");
    }
    if let Some(demo) = &filter.demo {
        select.push(" and demo = ").push_bind(demo.as_str().to_owned());
    }
    if let Some(state) = filter.state {
        select.push(" and state = ").push_bind(state.as_str());
    }
    select.push(" order by accepted_at desc, id desc limit ").push_bind(filter.limit);
    select
}
