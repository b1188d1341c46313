//! The playground: what isolates runs, the demos, and asking for a run.

use std::sync::Arc;
use std::time::Duration;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use regatta_app::forms::{RunForm, RunRequest};
use regatta_app::pages::demo::{DemoView, demo as demo_page};
use regatta_app::pages::playground::{
    Demo as ShownDemo, ImageAlias, ImageContents, IsolationStatus, PlaygroundView,
    playground as playground_page,
};
use regatta_app::paths;
use regatta_content::{Demo, Library};
use regatta_dialects::screwdriver;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Diagnostic, Pipeline, Plan};
use regatta_playground::executor::ImageMeaning;
use regatta_playground::sandbox::HOST_TOOLS;
use regatta_playground::{Availability, NewRun, SubmitError};
use serde::Deserialize;

use super::errors::Refusal;
use super::showcase::latest_runs;
use super::site::{PageResult, page, see_other, shell, too_many, unprocessable};
use super::state::Portal;
use super::visitor::VisitorNetwork;

const RUNS_ON_PLAYGROUND: u32 = 5;

/// `GET /playground`
pub async fn index(State(portal): State<Portal>) -> PageResult {
    let library = portal.shelf.library();
    let view = PlaygroundView {
        isolation: isolation(&portal),
        images: images(&portal),
        limits: limit_words(&portal),
        demos: shown_demos(&library),
        latest_runs: latest_runs(&portal, RUNS_ON_PLAYGROUND).await?,
    };
    Ok(page(playground_page(&shell(&portal, &library), &view)))
}

/// `GET /runs`: what stands in the address bar after a mistake in a pipeline.
pub async fn to_the_demos() -> Response {
    see_other(paths::PLAYGROUND)
}

/// Where the text in the editor comes from: the demo itself, or a run of it.
#[derive(Deserialize)]
pub struct Editing {
    from: Option<String>,
}

/// `GET /playground/{slug}`
pub async fn demo(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    Query(editing): Query<Editing>,
) -> PageResult {
    let library = portal.shelf.library();
    let demo = library.pipeline(&slug).ok_or(Refusal::NotFound)?;
    let from = match editing.from.and_then(|id| id.parse::<RunId>().ok()) {
        Some(id) => portal.store.run(&id).await?,
        None => None,
    };
    let (source, reading) = match from {
        Some(run) => (run.source, Ok(run.pipeline)),
        None => (demo.source.clone(), demo.reading.clone()),
    };
    Ok(page(demo_page(&shell(&portal, &library), &demo_view(&portal, &demo, source, reading))))
}

/// `POST /runs`
pub async fn submit(
    State(portal): State<Portal>,
    visitor: VisitorNetwork,
    Form(form): Form<RunForm>,
) -> PageResult {
    let library = portal.shelf.library();
    let demo = library.pipeline(&form.demo).ok_or(Refusal::NotFound)?;
    let typed = form.pipeline.clone().unwrap_or_else(|| demo.source.clone());
    let RunRequest { source, .. } = match form.parse() {
        Ok(request) => request,
        Err(error) => return Ok(refused(&portal, &demo, typed, None, error.to_string(), None)),
    };
    let edited = source.as_ref().is_some_and(|source| source.trim_end() != demo.source.trim_end());
    let source = if edited { source.unwrap_or_default() } else { demo.source.clone() };
    let pipeline = match screwdriver::read(&source) {
        Ok(pipeline) => pipeline,
        Err(diagnostics) => return Ok(unreadable(&portal, &demo, source, diagnostics)),
    };
    let new = NewRun {
        demo: Some(demo.slug.clone()),
        edited,
        title: demo.title.clone(),
        source,
        pipeline,
        visitor: visitor.0,
    };
    let (source, pipeline) = (new.source.clone(), new.pipeline.clone());
    match portal.playground.submit(new).await {
        Ok(id) => Ok(see_other(&paths::run(&id))),
        Err(SubmitError::Store(error)) => Err(error.into()),
        Err(error) => {
            let (why, wait) = (sentence(&error.to_string()), error.retry_after());
            Ok(refused(&portal, &demo, source, Some(pipeline), why, wait))
        }
    }
}

/// The demo's page with the text as it was sent, and what is wrong with it at its place.
fn unreadable(portal: &Portal, demo: &Demo, source: String, diagnostics: Vec<Diagnostic>) -> Response {
    let view = demo_view(portal, demo, source, Err(diagnostics));
    unprocessable(demo_page(&shell(portal, &portal.shelf.library()), &view))
}

/// The demo's page with the text as it was sent, and why it is not run.
fn refused(
    portal: &Portal,
    demo: &Demo,
    source: String,
    pipeline: Option<Pipeline>,
    why: String,
    wait: Option<Duration>,
) -> Response {
    let view = demo_view(portal, demo, source, pipeline.ok_or_else(Vec::new));
    let document =
        demo_page(&shell(portal, &portal.shelf.library()), &DemoView { refusal: Some(why), ..view });
    match wait {
        Some(wait) => too_many(document, wait),
        None => unprocessable(document),
    }
}

fn demo_view(
    portal: &Portal,
    demo: &Demo,
    source: String,
    reading: Result<Pipeline, Vec<Diagnostic>>,
) -> DemoView {
    let (plan, notes, diagnostics) = match reading {
        Ok(pipeline) => (Some(pipeline.plan()), pipeline.notes, Vec::new()),
        Err(diagnostics) => (None, Vec::new(), diagnostics),
    };
    let plan_of_demo = demo.reading.as_ref().map(Pipeline::plan).unwrap_or_default();
    DemoView {
        demo: shown(demo, plan_of_demo),
        isolation: isolation(portal),
        source,
        plan,
        notes,
        diagnostics,
        refusal: None,
    }
}

/// The demos that can be read, as pages show them. The others are told by `regatta check`.
pub fn shown_demos(library: &Library) -> Vec<ShownDemo> {
    let readable = |demo: &Arc<Demo>| demo.reading.as_ref().ok().map(|pipeline| shown(demo, pipeline.plan()));
    library.pipelines().iter().filter_map(readable).collect()
}

fn shown(demo: &Demo, plan: Plan) -> ShownDemo {
    ShownDemo {
        slug: demo.slug.clone(),
        title: demo.title.clone(),
        summary: demo.summary.clone(),
        source: demo.source.clone(),
        plan,
    }
}

fn isolation(portal: &Portal) -> IsolationStatus {
    match portal.playground.availability() {
        Availability::Checking => IsolationStatus::Checking,
        Availability::Ready(executor) => {
            let isolation = executor.isolation().clone();
            IsolationStatus::Ready {
                executor: isolation.executor,
                kind: isolation.kind,
                findings: isolation.findings,
            }
        }
        Availability::Off { reason } => IsolationStatus::Unavailable { reason },
    }
}

fn images(portal: &Portal) -> Vec<ImageAlias> {
    let Availability::Ready(executor) = portal.playground.availability() else { return Vec::new() };
    let meaning = executor.image(HOST_TOOLS).map(contents);
    vec![ImageAlias { alias: HOST_TOOLS.to_owned(), meaning }]
}

fn contents(meaning: &ImageMeaning) -> ImageContents {
    let tools = meaning.tools.iter().map(|tool| (tool.name.clone(), tool.version.clone())).collect();
    ImageContents { description: meaning.description.clone(), tools }
}

fn limit_words(portal: &Portal) -> Vec<String> {
    let limits = &portal.playground.settings().limits;
    let mib = |bytes: u64| bytes >> 20;
    vec![
        format!("{} seconds for each job", limits.time.as_secs()),
        format!("{} MiB of memory", mib(limits.memory_bytes)),
        format!("{} processes at once", limits.processes),
        format!("{} MiB of workspace", mib(limits.disk_bytes)),
        format!(
            "{} MiB or {} lines of output",
            mib(limits.output_bytes),
            portal.playground.settings().log_lines
        ),
        "no network".to_owned(),
    ]
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}
