//! The showcase's figures for programs.

use regatta_domain::run::Percentiles;
use regatta_domain::slug::Slug;
use serde::Serialize;

use super::{RUNS_IN_SIGHT, ShowcaseView};
use crate::components::demo_card::DemoCard;
use crate::components::figures::{Figure, PUBLISHED, Published, counted_times, figures};
use crate::components::runs::RunSummary;
use crate::paths;
use crate::shell::Shell;

/// What each field means, for the page.
pub const FIELDS: [(&str, &str); 18] = [
    (
        "counted_runs",
        "how many runs the figures are made of: runs of unchanged demos that succeeded or failed by themselves",
    ),
    (
        "figures[].isolation",
        "process, application_kernel or virtual_machine: what kept the first job from the machine",
    ),
    (
        "figures[].executor",
        "bubblewrap, gvisor or kubernetes: what ran that job; kubernetes with virtual_machine is Kata Containers",
    ),
    ("figures[].image", "local, cached or fetched: whether that job’s image had to be fetched"),
    ("figures[].runs", "how many runs of this kind; 0 where there was none"),
    (
        "figures[].setup_ms",
        "half (p50) and 95 of 100 (p95) began their first command within this time; null where there was no run",
    ),
    ("figures[].total_ms", "the same to the end of the run"),
    (
        "figures[].phases_ms",
        "the median of each part of the set-up, by what it led to: asked, pod_created, scheduled, sandbox_started, \
         image_pulled, container_started, runner_ready, first_step; empty where it is not known",
    ),
    ("published[]", "what others measured elsewhere, in seconds: system, image, setup_s, total_s"),
    ("demos[].slug", "the demo’s name in addresses; title is its name for people"),
    ("demos[].dialect", "screwdriver or tekton"),
    ("demos[].url, .badge", "its page, and its latest result as an SVG picture"),
    ("demos[].latest", "its latest run, as in runs[]; null where it never ran"),
    ("runs[].id, .url", "the run, the latest first, at most 100"),
    ("runs[].demo", "the slug of its demo"),
    ("runs[].state", "succeeded, failed, or what stopped it"),
    ("runs[].accepted_at", "when it was asked for, in UTC"),
    (
        "runs[].executor, .isolation, .image, .queued_ms, .setup_ms, .total_ms",
        "what it ran in and what it took; null where no command began",
    ),
];

#[derive(Serialize)]
struct Showcase<'a> {
    counted_runs: usize,
    figures: Vec<FigureJson>,
    published: Vec<PublishedJson>,
    demos: Vec<DemoJson<'a>>,
    runs: Vec<RunJson<'a>>,
}

#[derive(Serialize)]
struct FigureJson {
    executor: String,
    isolation: &'static str,
    image: &'static str,
    runs: usize,
    setup_ms: Option<PercentilesJson>,
    total_ms: Option<PercentilesJson>,
    phases_ms: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct PercentilesJson {
    p50: u64,
    p95: u64,
}

#[derive(Serialize)]
struct PublishedJson {
    system: &'static str,
    image: &'static str,
    setup_s: u64,
    total_s: u64,
}

#[derive(Serialize)]
struct DemoJson<'a> {
    slug: &'a str,
    title: &'a str,
    dialect: &'static str,
    url: String,
    badge: String,
    latest: Option<RunJson<'a>>,
}

#[derive(Serialize)]
struct RunJson<'a> {
    id: &'a str,
    url: String,
    demo: Option<&'a str>,
    title: &'a str,
    state: &'static str,
    accepted_at: String,
    executor: Option<&'a str>,
    isolation: Option<&'static str>,
    image: Option<&'static str>,
    queued_ms: Option<u64>,
    setup_ms: Option<u64>,
    total_ms: Option<u64>,
}

/// What the showcase's page shows, as JSON.
pub fn showcase_json(shell: &Shell, view: &ShowcaseView) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Showcase {
        counted_runs: counted_times(&view.runs).count(),
        figures: figures(&view.runs).iter().map(FigureJson::from).collect(),
        published: PUBLISHED.iter().map(PublishedJson::from).collect(),
        demos: view.demos.iter().map(|card| demo(shell, card)).collect(),
        runs: view.runs.iter().take(RUNS_IN_SIGHT).map(|summary| run(shell, summary)).collect(),
    })
}

impl From<&Figure> for FigureJson {
    fn from(figure: &Figure) -> Self {
        Self {
            executor: figure.kind.executor.clone(),
            isolation: figure.kind.level.as_str(),
            image: figure.kind.image_state.as_str(),
            runs: figure.times.map_or(0, |times| times.setup.count),
            setup_ms: figure.times.map(|times| times.setup.into()),
            total_ms: figure.times.map(|times| times.total.into()),
            phases_ms: figure
                .phases
                .iter()
                .map(|(phase, ms)| (phase.as_str().to_owned(), (*ms).into()))
                .collect(),
        }
    }
}

impl From<Percentiles> for PercentilesJson {
    fn from(percentiles: Percentiles) -> Self {
        Self { p50: percentiles.p50_ms, p95: percentiles.p95_ms }
    }
}

impl From<&Published> for PublishedJson {
    fn from(published: &Published) -> Self {
        let Published { system, image_state, setup_s, total_s } = *published;
        Self { system, image: image_state.as_str(), setup_s, total_s }
    }
}

fn demo<'a>(shell: &Shell, card: &'a DemoCard) -> DemoJson<'a> {
    let demo = &card.demo;
    DemoJson {
        slug: demo.slug.as_str(),
        title: &demo.title,
        dialect: demo.dialect.as_str(),
        url: shell.absolute(&paths::demo(&demo.slug)),
        badge: shell.absolute(&paths::badge(&demo.slug)),
        latest: card.latest.as_ref().map(|latest| run(shell, latest)),
    }
}

fn run<'a>(shell: &Shell, run: &'a RunSummary) -> RunJson<'a> {
    let timing = run.timing.as_ref();
    RunJson {
        id: run.id.as_str(),
        url: shell.absolute(&paths::run(&run.id)),
        demo: run.demo.as_ref().map(Slug::as_str),
        title: &run.title,
        state: run.state.as_str(),
        accepted_at: run.accepted_at.to_string(),
        executor: timing.map(|timing| timing.executor.as_str()),
        isolation: timing.map(|timing| timing.level.as_str()),
        image: timing.map(|timing| timing.image_state.as_str()),
        queued_ms: timing.map(|timing| timing.queued_ms),
        setup_ms: timing.map(|timing| timing.setup_ms),
        total_ms: timing.map(|timing| timing.total_ms),
    }
}
