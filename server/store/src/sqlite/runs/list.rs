//! Lists of runs in SQLite.

use sqlx::{QueryBuilder, Sqlite};

use crate::rows::micros;
use crate::runs::RunFilter;

/// The runs that pass `filter`, newest first, by columns that the indexes hold.
pub fn select(filter: &RunFilter) -> QueryBuilder<Sqlite> {
    let mut select = QueryBuilder::new(
        "select id, demo, edited, hidden, title, state, accepted_at, ended_at,
                executor, level, image_state, queued_ms, setup_ms, total_ms, phases
         from runs where accepted_at >= ",
    );
    select.push_bind(filter.since.map_or(i64::MIN, micros));
    if filter.public {
        // In the words of the indexes `runs_shown…`: SQLite compares them to know that it may use them.
        select.push(" and ended_at is not null and demo is not null and edited = 0 and hidden = 0");
    }
    if let Some(demo) = &filter.demo {
        select.push(" and demo = ").push_bind(demo.as_str().to_owned());
    }
    if let Some(state) = filter.state {
        // The plus keeps it from the index by state, which lacks most of what the public is shown.
        select.push(if filter.public { " and +state = " } else { " and state = " }).push_bind(state.as_str());
    }
    select.push(" order by accepted_at desc, id desc limit ").push_bind(filter.limit);
    select
}

#[cfg(test)]
mod tests {
    use regatta_domain::run::{Ending, RunState};

    use super::*;
    use crate::sqlite::runs::plans::steps;

    /// The one step in which the runs that pass `filter` are read, in their order.
    async fn step(filter: &RunFilter) -> String {
        let steps = steps(select(filter).sql().as_str()).await;
        assert_eq!(steps.len(), 1, "nothing is sorted: {steps:#?}");
        steps.concat()
    }

    /// The showcase reads thousands of runs, and the texts of none.
    #[tokio::test]
    async fn what_the_public_is_shown_stands_in_the_indexes() {
        let state = Some(RunState::Ended(Ending::Succeeded));
        let since = Some(jiff::Timestamp::UNIX_EPOCH);
        let public = RunFilter { public: true, limit: 10_000, ..RunFilter::default() };
        let demo = RunFilter { demo: Some("hello".parse().unwrap()), ..public.clone() };
        for (index, all) in
            [("COVERING INDEX runs_shown", public), ("COVERING INDEX runs_shown_by_demo", demo)]
        {
            for filter in [
                all.clone(),
                RunFilter { state, ..all.clone() },
                RunFilter { since, ..all.clone() },
                RunFilter { state, since, ..all },
            ] {
                let step = step(&filter).await;
                assert!(step.contains(&format!("{index} ")), "{filter:?}: {step}");
            }
        }
    }

    #[tokio::test]
    async fn what_operators_are_shown_comes_sorted() {
        let all = RunFilter { limit: 50, ..RunFilter::default() };
        let state = Some(RunState::Queued);
        let demo = Some("hello".parse().unwrap());
        for (index, filter) in [
            ("runs_by_time", all.clone()),
            ("runs_by_time", RunFilter { demo, ..all.clone() }),
            ("runs_by_state", RunFilter { state, ..all }),
        ] {
            let step = step(&filter).await;
            assert!(step.contains(index), "{filter:?}: {step}");
        }
    }
}
