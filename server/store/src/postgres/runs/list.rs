//! Lists of runs in PostgreSQL.

use sqlx::{Postgres, QueryBuilder};

use crate::rows::micros;
use crate::runs::RunFilter;

/// The runs that pass `filter`, newest first, without their texts.
pub fn select(filter: &RunFilter) -> QueryBuilder<Postgres> {
    let mut select = QueryBuilder::new(
        "select id, demo, edited, hidden, title, state, accepted_at, ended_at,
                executor, level, image_state, queued_ms, setup_ms, total_ms, phases
         from runs where accepted_at >= ",
    );
    select.push_bind(filter.since.map_or(i64::MIN, micros));
    if filter.public {
        select.push(" and ended_at is not null and demo is not null and not edited and not hidden");
    }
    if let Some(demo) = &filter.demo {
        select.push(" and demo = ").push_bind(demo.as_str().to_owned());
    }
    if let Some(state) = filter.state {
        select.push(" and state = ").push_bind(state.as_str());
    }
    select.push(" order by accepted_at desc, id desc limit ").push_bind(i64::from(filter.limit));
    select
}
