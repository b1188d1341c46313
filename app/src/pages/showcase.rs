//! What the demos did lately on this machine, and how long it took, beside the figures that the Screwdriver team published
//! for its own.

mod json;

use leptos::prelude::*;
use regatta_domain::run::RunTiming;
use regatta_islands::run::duration;

use crate::components::chart::{Chart, Point};
use crate::components::dates::moment;
use crate::components::demo_card::DemoCard;
use crate::components::figures::{Figure, counted_times, figure_table, figures, phase_bars};
use crate::components::layout::{Page, Section, page_head};
use crate::components::runs::{RunSummary, latest_run, run_table};
use crate::components::tables::framed;
use crate::paths;
use crate::shell::Shell;

pub use json::showcase_json;

/// The most runs that charts show and tables list.
const RUNS_IN_SIGHT: usize = 100;
/// The most runs in the list of the latest ones.
const LATEST: usize = 12;
/// The set-up of the published figures that is nearest to what is done here: Kata Containers, with the image on the node.
const PUBLISHED_SETUP: (u64, &str) = (28_000, "Screwdriver with Kata, 2020");
const PUBLISHED_TOTAL: (u64, &str) = (92_000, "Screwdriver with Kata, 2020");

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct ShowcaseView {
    /// The demos, each with its latest run.
    pub demos: Vec<DemoCard>,
    /// Runs of unedited demos that ended, the latest first: those that are counted.
    pub runs: Vec<RunSummary>,
}

/// The showcase's page.
pub fn showcase(shell: &Shell, view: &ShowcaseView) -> String {
    let lede = "What the demos did lately and how long it took, from this portal’s own runs. No run is left out because it \
                was slow.";
    let figures = figures(&view.runs);
    let main = view! {
        {page_head("Showcase", "How fast it is", Some(lede), "showcase")}
        {timing(&figures)}
        {parts(&figures)}
        {charts(view)}
        <section aria-labelledby="gallery">
            <h2 id="gallery" class="section-title">"The demos"</h2>
            <ul class="showcase-demos">{view.demos.iter().map(|card| demo(shell, card)).collect_view()}</ul>
        </section>
        <section aria-labelledby="runs">
            <h2 id="runs" class="section-title">"Latest runs"</h2>
            {run_table("The latest runs of the demos", &view.runs[..view.runs.len().min(LATEST)])}
            <p><a class="button" href=paths::PLAYGROUND>"Start one yourself"</a></p>
        </section>
        {for_programs()}
    };
    let page = Page {
        title: Some("Showcase".to_owned()),
        description: lede.to_owned(),
        path: Some(paths::SHOWCASE.to_owned()),
        section: Some(Section::Showcase),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

fn timing(figures: &[Figure]) -> AnyView {
    view! {
        <section aria-labelledby="figures">
            <h2 id="figures" class="section-title">"Set-up and whole run"</h2>
            <p class="measured">
                "Set-up is the time from the press of the button to the first command: waiting for one’s turn, making the sandbox, \
                 starting what runs the steps. The whole run ends with the last command. “Half within 2 s” means that of all \
                 runs one half took at most that long."
            </p>
            {figure_table(figures)}
            <p class="section-note">
                "Not the same work on the same machines. The rows of this portal count its own demo runs that came to their own \
                 end, on the machine it runs on; they do short work. The rows of Screwdriver are single figures that its team published \
                 in 2020, for a build in a Kubernetes cluster that waits for one minute. They tell an order of magnitude, not a \
                 winner: a shared kernel isolates less than a virtual machine does. Screwdriver’s with Kata Containers and this \
                 portal’s are alike in what isolates: a pod whose job runs in a virtual machine."
            </p>
        </section>
    }
    .into_any()
}

fn parts(figures: &[Figure]) -> Option<AnyView> {
    let bars = phase_bars(figures)?;
    Some(
        view! {
            <section aria-labelledby="parts">
                <h2 id="parts" class="section-title">"Where the set-up’s time goes"</h2>
                <p class="measured">
                    "Each bar is a whole set-up, made of the median of each of its parts by this portal’s clock. Each run’s \
                     page tells its own, in a cluster also by the cluster’s clock."
                </p>
                {bars}
            </section>
        }
        .into_any(),
    )
}

fn charts(view: &ShowcaseView) -> Option<AnyView> {
    let counted: Vec<_> = counted_times(&view.runs).take(RUNS_IN_SIGHT).collect();
    let points = |of: fn(&RunTiming) -> u64| -> Vec<Point> {
        counted
            .iter()
            .map(|(run, timing)| Point { at: run.accepted_at, ms: of(timing), level: timing.level })
            .collect()
    };
    let (setup, total) = (points(|timing| timing.setup_ms), points(|timing| timing.total_ms));
    let chart = |id, title, points: &[Point], reference| {
        let drawing = Chart { id, title, points, reference: Some(reference) }.render()?;
        Some(view! { <figure><figcaption>{title}</figcaption>{drawing}</figure> })
    };
    let setup = chart("chart-setup", "Set-up, run by run", &setup, PUBLISHED_SETUP)?;
    let total = chart("chart-total", "Whole run, run by run", &total, PUBLISHED_TOTAL)?;
    Some(
        view! {
            <section aria-labelledby="over-time">
                <h2 id="over-time" class="section-title">"Over time"</h2>
                <div class="charts">{setup} {total}</div>
                <p class="field-hint">
                    "Each mark is a run: a square for process isolation, a disc for a kernel in user space, a diamond for a virtual \
                     machine. Each line stands for ten times the time of the one below it. Moments are in UTC."
                </p>
                <details>
                    <summary>"The same as a table"</summary>
                    {chart_table(&counted)}
                </details>
            </section>
        }
        .into_any(),
    )
}

fn chart_table(counted: &[(&RunSummary, &RunTiming)]) -> AnyView {
    let row = |(run, timing): &(&RunSummary, &RunTiming)| {
        view! {
            <tr>
                <th scope="row">
                    <a href=paths::run(&run.id)>
                        {run.title.clone()} ", "
                        <time datetime=run.accepted_at.to_string()>{moment(run.accepted_at)}</time>
                    </a>
                </th>
                <td>{timing.executor.clone()}</td>
                <td>{timing.image_state.words()}</td>
                <td class="number">{duration(timing.setup_ms)}</td>
                <td class="number">{duration(timing.total_ms)}</td>
            </tr>
        }
    };
    let table = view! {
        <table class="figures">
            <thead>
                <tr>
                    <th scope="col">"Run"</th>
                    <th scope="col">"By"</th>
                    <th scope="col">"Image"</th>
                    <th scope="col" class="number">"Set-up"</th>
                    <th scope="col" class="number">"Whole run"</th>
                </tr>
            </thead>
            <tbody>{counted.iter().map(row).collect_view()}</tbody>
        </table>
    };
    framed("The runs of the charts", table.into_any())
}

/// A demo with its badge, and what one needs to show it elsewhere.
fn demo(shell: &Shell, card: &DemoCard) -> AnyView {
    let demo = &card.demo;
    let badge = paths::badge(&demo.slug);
    let picture = format!(
        "[![{}]({})]({})",
        demo.title,
        shell.absolute(&badge),
        shell.absolute(&paths::demo(&demo.slug))
    );
    let frame = format!(
        "<iframe src=\"{}\" title=\"{}\" width=\"100%\" height=\"480\"></iframe>",
        shell.absolute(&paths::demo_embed(&demo.slug)),
        demo.title.replace('&', "&amp;").replace('"', "&quot;")
    );
    view! {
        <li>
            <h3><a href=paths::demo(&demo.slug)>{demo.title.clone()}</a></h3>
            <p>{demo.summary.clone()}</p>
            {latest_run(card.latest.as_ref())}
            <details>
                <summary>"Show it elsewhere"</summary>
                <p class="badge-line">
                    <img src=badge alt=format!("Badge of {}", demo.title) height="20"/>
                </p>
                <p>"As a badge, in Markdown:"</p>
                <pre tabindex="0"><code>{picture}</code></pre>
                <p>"In a frame, where the operator of this portal allows the other site:"</p>
                <pre tabindex="0"><code>{frame}</code></pre>
            </details>
        </li>
    }
    .into_any()
}

/// What programs get, field by field.
fn for_programs() -> AnyView {
    view! {
        <section aria-labelledby="programs">
            <h2 id="programs" class="section-title">"For programs"</h2>
            <p>"All of this as " <a href=paths::SHOWCASE_JSON>"JSON"</a> "; times ending in _ms are milliseconds, those in _s seconds."</p>
            <details>
                <summary>"Its fields"</summary>
                <dl class="json-fields">
                    {json::FIELDS
                        .iter()
                        .map(|(name, meaning)| view! { <div><dt><code>{*name}</code></dt><dd>{*meaning}</dd></div> })
                        .collect_view()}
                </dl>
            </details>
        </section>
    }
    .into_any()
}
