//! What the playground is and has, as pages show it.

use std::collections::BTreeMap;
use std::sync::Arc;

use regatta_app::components::demo_card::{Demo as ShownDemo, DemoCard};
use regatta_app::components::openness::{IsolationStatus, Openness, Sandbox};
use regatta_app::components::surroundings::{ImageAlias, ImageContents, MissingSandbox, Surroundings};
use regatta_content::{Demo, Library};
use regatta_domain::pipeline::Reading;
use regatta_playground::executor::{Executor, ImageMeaning, Isolation};
use regatta_playground::{Availability, Router};

use super::sizes::sizes;
use crate::opening::{Looked, Missing, Sighting};
use crate::web::errors::Refusal;
use crate::web::showcase::latest_run_of;
use crate::web::state::Portal;

/// Names under which people know images, to tell which of them are run as another one here.
const WELL_KNOWN: [&str; 12] = [
    "alpine", "bash", "busybox", "debian", "ubuntu", "fedora", "node", "python", "golang", "rust", "maven",
    "docker",
];

/// Whether something can be run at this moment.
pub fn openness(portal: &Portal) -> Openness {
    let isolation = match portal.playground.availability() {
        Availability::Checking => IsolationStatus::Checking,
        Availability::Ready(router) => {
            let sightings = portal.lookout.sightings();
            let sandbox = |executor: &Arc<dyn Executor>| sandbox(executor.as_ref(), &sightings);
            IsolationStatus::Ready(router.executors().iter().map(sandbox).collect())
        }
        Availability::Off { reason } => IsolationStatus::Unavailable { reason },
    };
    Openness { isolation, switches: portal.playground.switches() }
}

/// Why a text that can be read has a job that runs nowhere here, where it has: its image is not to be had.
pub fn no_place(portal: &Portal, reading: &Reading) -> Option<String> {
    let Availability::Ready(router) = portal.playground.availability() else { return None };
    let no_route = router.check(&reading.pipeline).err()?;
    // A job that names no image is among the problems of the text.
    (!no_route.image.is_empty()).then(|| sentence(&no_route.to_string()))
}

/// Words that begin small and have no full stop, as a sentence.
pub fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

fn sandbox(executor: &dyn Executor, sightings: &[Sighting]) -> Sandbox {
    let Isolation { executor, level, findings } = executor.isolation().clone();
    let found = sightings.iter().find_map(|sighting| match &sighting.looked {
        Looked::Found(found) if sighting.name.as_str() == executor => Some(found),
        _ => None,
    });
    let cluster = found.and_then(|found| found.cluster.as_ref()).map(|open| open.cluster());
    let sizes = cluster.map(|cluster| {
        let pods = cluster.capacity().map(|capacity| capacity.pods);
        sizes(cluster.settings(), cluster.limits(), pods)
    });
    let (probed_at, sizes) = (found.map(|found| found.at), sizes.unwrap_or_default());
    Sandbox { executor, level, findings, probed_at, sizes }
}

/// What should isolate jobs and does not.
fn missing(sightings: Vec<Sighting>) -> Vec<MissingSandbox> {
    let missing = |sighting: Sighting| match sighting.looked {
        Looked::Missing(Missing { told, .. }) => {
            Some(MissingSandbox { executor: sighting.name.as_str().to_owned(), reason: told })
        }
        Looked::Checking | Looked::Found(_) => None,
    };
    sightings.into_iter().filter_map(missing).collect()
}

/// The demos that can be read, as pages show them: of each dialect the simplest first. The others are told by
/// `regatta check`.
pub fn shown_demos(library: &Library) -> Vec<ShownDemo> {
    let readable = library.pipelines().iter().filter(|demo| demo.reading.is_runnable());
    let mut demos: Vec<ShownDemo> = readable.map(|demo| shown(demo)).collect();
    let parts = |demo: &ShownDemo| demo.plan.jobs.len() + demo.parameters.len();
    demos.sort_by_key(|demo| (demo.dialect, parts(demo)));
    demos
}

/// The demos that can be read, each with its latest run.
pub async fn demo_cards(portal: &Portal, library: &Library) -> Result<Vec<DemoCard>, Refusal> {
    let mut cards = Vec::new();
    for demo in shown_demos(library) {
        let latest = latest_run_of(portal, &demo.slug).await?;
        cards.push(DemoCard { demo, latest });
    }
    Ok(cards)
}

/// A demo with its latest run.
pub async fn card_of_demo(portal: &Portal, demo: &Demo) -> Result<DemoCard, Refusal> {
    Ok(DemoCard { demo: shown(demo), latest: latest_run_of(portal, &demo.slug).await? })
}

fn shown(demo: &Demo) -> ShownDemo {
    ShownDemo {
        slug: demo.slug.clone(),
        title: demo.title.clone(),
        summary: demo.summary.clone(),
        dialect: demo.dialect,
        source: demo.source.clone(),
        plan: demo.reading.plan(),
        parameters: demo.reading.pipeline.parameters.clone(),
    }
}

/// What runs have around them at this moment.
pub fn surroundings(portal: &Portal) -> Surroundings {
    let limits = limit_words(portal);
    let Availability::Ready(router) = portal.playground.availability() else {
        return Surroundings { limits, ..Surroundings::default() };
    };
    let missing = missing(portal.lookout.sightings());
    Surroundings { images: images(&router), stand_ins: stand_ins(&router), limits, missing }
}

/// The images that some executor has a meaning for, by name, with what the preferred one makes of them first.
fn images(router: &Router) -> Vec<ImageAlias> {
    let mut images: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for executor in router.executors() {
        for alias in executor.images() {
            let meaning = executor.image(alias).map(contents);
            images.entry(alias).or_default().push((executor.isolation().executor.clone(), meaning));
        }
    }
    images.into_iter().map(|(alias, meanings)| ImageAlias { alias: alias.to_owned(), meanings }).collect()
}

fn contents(meaning: &ImageMeaning) -> ImageContents {
    let tools = meaning.tools.iter().map(|tool| (tool.name.clone(), tool.version.clone())).collect();
    ImageContents { description: meaning.description.clone(), tools }
}

/// Which well-known images are run as another one, and which are not to be had: as the router decides it.
fn stand_ins(router: &Router) -> Vec<String> {
    let mut instead: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut missing = Vec::new();
    for image in WELL_KNOWN {
        match router.route("", image, None) {
            Ok(route) if route.alias != image => instead.entry(route.alias).or_default().push(image),
            Ok(_) => {}
            Err(_) => missing.push(image),
        }
    }
    let told = |(alias, images): (String, Vec<&str>)| {
        format!("{} are run as {alias}; each run says so.", images.join(", "))
    };
    let not_here = (!missing.is_empty()).then(|| {
        format!(
            "{} and other images are not to be had: such a pipeline is drawn and explained.",
            missing.join(", ")
        )
    });
    instead.into_iter().map(told).chain(not_here).collect()
}

/// What one run may use, one limit a line.
fn limit_words(portal: &Portal) -> Vec<String> {
    let settings = portal.playground.settings();
    let limits = &settings.limits;
    let mib = |bytes: u64| bytes >> 20;
    vec![
        format!("{} seconds for each job", limits.time.as_secs()),
        format!("{} MiB of memory", mib(limits.memory_bytes)),
        format!("{} processes at once", limits.processes),
        format!("{} MiB of workspace", mib(limits.disk_bytes)),
        format!("{} MiB or {} lines of output", mib(limits.output_bytes), settings.log_lines),
        "no network".to_owned(),
        format!(
            "{} runs of yours at once, {} within an hour",
            settings.unended_per_visitor, settings.hourly_per_visitor
        ),
    ]
}
