//! How long runs take here, counted by what isolates them and by whether their image had to be fetched; and what others
//! published of theirs.

use leptos::prelude::*;
use regatta_domain::run::{Ending, ImageState, IsolationLevel, Percentiles, RunState, RunTiming};
use regatta_islands::run::duration;

use super::runs::RunSummary;
use super::tables::framed;

/// The times of all runs of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What kept their first job from the machine.
    pub level: IsolationLevel,
    /// Whether that job's image had to be fetched.
    pub image_state: ImageState,
    /// From acceptance to the start of the first step, and to the end; absent where there was no such run.
    pub times: Option<Times>,
}

/// Set-up and whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From acceptance to the start of the first step.
    pub setup: Percentiles,
    /// From acceptance to the end.
    pub total: Percentiles,
}

/// A row of the published table, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// What ran the builds.
    pub system: &'static str,
    /// Whether the image had to be fetched.
    pub image_state: ImageState,
    /// Until the build began.
    pub setup_s: u64,
    /// Until it was over.
    pub total_s: u64,
}

const KATA: &str = "Screwdriver with Kata Containers";
const HYPER: &str = "Screwdriver with Hyper";

/// As published by the Screwdriver team in 2020, for a build that waits for one minute in the image node:12.
pub const PUBLISHED: [Published; 4] = [
    Published { system: KATA, image_state: ImageState::Cached, setup_s: 28, total_s: 92 },
    Published { system: KATA, image_state: ImageState::Fetched, setup_s: 51, total_s: 115 },
    Published { system: HYPER, image_state: ImageState::Cached, setup_s: 50, total_s: 116 },
    Published { system: HYPER, image_state: ImageState::Fetched, setup_s: 92, total_s: 160 },
];

/// The times of runs that count: those that came to their own end. A run that somebody cancelled or that a limit stopped
/// says nothing of how long such a run takes.
pub fn counted_times(runs: &[RunSummary]) -> impl Iterator<Item = (&RunSummary, &RunTiming)> {
    let came_to_its_end =
        |run: &&RunSummary| matches!(run.state, RunState::Ended(Ending::Succeeded | Ending::Failed));
    runs.iter().filter(came_to_its_end).filter_map(|run| Some((run, run.timing.as_ref()?)))
}

/// The figures of `runs`, one for each kind of isolation and state of the image, also where there was no such run.
pub fn figures(runs: &[RunSummary]) -> Vec<Figure> {
    let kinds = IsolationLevel::ALL
        .into_iter()
        .flat_map(|level| ImageState::ALL.into_iter().map(move |image_state| (level, image_state)));
    kinds.map(|(level, image_state)| figure(runs, level, image_state)).collect()
}

fn figure(runs: &[RunSummary], level: IsolationLevel, image_state: ImageState) -> Figure {
    let of_kind = |timing: &&RunTiming| timing.level == level && timing.image_state == image_state;
    let times = || counted_times(runs).map(|(_, timing)| timing).filter(of_kind);
    let setup = Percentiles::of(times().map(|timing| timing.setup_ms).collect());
    let total = Percentiles::of(times().map(|timing| timing.total_ms).collect());
    Figure { level, image_state, times: setup.zip(total).map(|(setup, total)| Times { setup, total }) }
}

/// The figures beside what others published, as a table. On a phone each cell stands on a line of its own and says what it is
/// (`data-label`).
pub fn figure_table(figures: &[Figure]) -> AnyView {
    let table = view! {
        <table class="figures timing">
            <caption class="visually-hidden">"Set-up and whole run, here and as published elsewhere"</caption>
            <thead>
                <tr>
                    <th scope="col" rowspan="2">"Where, and how it is isolated"</th>
                    <th scope="col" rowspan="2">"Image"</th>
                    <th scope="col" rowspan="2" class="number">"Runs"</th>
                    <th scope="colgroup" colspan="2" class="number">"Set-up"</th>
                    <th scope="colgroup" colspan="2" class="number">"Whole run"</th>
                </tr>
                <tr>
                    <th scope="col" class="number">"half within"</th>
                    <th scope="col" class="number">"95 % within"</th>
                    <th scope="col" class="number">"half within"</th>
                    <th scope="col" class="number">"95 % within"</th>
                </tr>
            </thead>
            <tbody>{own_rows(figures)}</tbody>
            <tbody class="published">{PUBLISHED.iter().map(published_row).collect_view()}</tbody>
        </table>
    };
    framed("Figures of this portal and published ones", table.into_any())
}

/// A row for each kind that ran, and one for each isolation of which there was no run: not a wall of rows that say nothing.
fn own_rows(figures: &[Figure]) -> AnyView {
    let of_level = |level: IsolationLevel| {
        let mut rows: Vec<AnyView> =
            figures.iter().filter(|figure| figure.level == level).filter_map(own_row).collect();
        if rows.is_empty() {
            rows.push(empty_row(level));
        }
        rows
    };
    IsolationLevel::ALL.into_iter().flat_map(of_level).collect_view().into_any()
}

fn own_row(figure: &Figure) -> Option<AnyView> {
    let Times { setup, total } = figure.times?;
    Some(
        view! {
            <tr class="own">
                <th scope="row">{own_words(figure.level)}</th>
                <td data-label="Image">{image_words(figure.image_state)}</td>
                <td class="number" data-label="Runs">{setup.count}</td>
                <td class="number" data-label="Set-up, half within">{duration(setup.p50_ms)}</td>
                <td class="number" data-label="Set-up, 95 % within">{duration(setup.p95_ms)}</td>
                <td class="number" data-label="Whole run, half within">{duration(total.p50_ms)}</td>
                <td class="number" data-label="Whole run, 95 % within">{duration(total.p95_ms)}</td>
            </tr>
        }
        .into_any(),
    )
}

fn empty_row(level: IsolationLevel) -> AnyView {
    view! {
        <tr class="own own-empty">
            <th scope="row">{own_words(level)}</th>
            <td colspan="6">"No such run has ended here."</td>
        </tr>
    }
    .into_any()
}

fn own_words(level: IsolationLevel) -> String {
    format!("This portal: {}", level.words())
}

fn published_row(published: &Published) -> AnyView {
    view! {
        <tr>
            <th scope="row">{published.system}</th>
            <td data-label="Image">{image_words(published.image_state)}</td>
            <td class="number" data-label="Runs">"not told"</td>
            <td class="number" colspan="2" data-label="Set-up">{whole(published.setup_s)}</td>
            <td class="number" colspan="2" data-label="Whole run">{whole(published.total_s)}</td>
        </tr>
    }
    .into_any()
}

fn image_words(state: ImageState) -> &'static str {
    match state {
        ImageState::Local => "part of the machine",
        ImageState::Cached => "there already",
        ImageState::Fetched => "fetched first",
    }
}

/// Seconds as the source gives them, whole: `28 s`, `1 min 32 s`.
fn whole(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(setup_ms: u64, state: RunState) -> RunSummary {
        let timing = RunTiming {
            executor: "bubblewrap".into(),
            level: IsolationLevel::Process,
            image_state: ImageState::Local,
            queued_ms: 0,
            setup_ms,
            total_ms: 10 * setup_ms,
            phases: vec![],
        };
        RunSummary {
            id: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(),
            title: "Demo".into(),
            demo: None,
            state,
            accepted_at: "2026-11-22T12:00:00Z".parse().unwrap(),
            total_ms: Some(10 * setup_ms),
            timing: Some(timing),
        }
    }

    #[test]
    fn every_kind_has_a_row_and_only_runs_with_an_end_of_their_own_count() {
        let ended = |ending| RunState::Ended(ending);
        let runs = [
            run(40, ended(Ending::Succeeded)),
            run(60, ended(Ending::Failed)),
            run(9_000, ended(Ending::Cancelled)),
        ];
        let figures = figures(&runs);
        assert_eq!(figures.len(), 9);
        let times = figures[0].times.unwrap();
        assert_eq!((times.setup.count, times.setup.p50_ms, times.total.p95_ms), (2, 40, 600));
        assert!(figures[1..].iter().all(|figure| figure.times.is_none()));
        let html = figure_table(&figures).to_html();
        assert_eq!(html.matches("class=\"own\"").count(), 1, "{html}");
        let empty = html.matches("No such run has ended here.").count();
        assert_eq!(
            empty,
            IsolationLevel::ALL.len() - 1,
            "a row for all that never ran by such isolation: {html}"
        );
        assert!(html.contains("28 s") && html.contains("2 min 40 s"), "{html}");
    }
}
