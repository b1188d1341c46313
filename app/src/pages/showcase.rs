//! What the demos did lately on this machine, beside the figures that the Screwdriver team published for its own.

use leptos::prelude::*;
use regatta_islands::run::duration;

use crate::components::layout::{Page, Section, page_head};
use crate::components::runs::{RunSummary, run_table};
use crate::components::tables::framed;
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct ShowcaseView {
    /// Runs of unedited demos that ended lately, the latest first.
    pub runs: Vec<RunSummary>,
    /// This portal's own figures, once there are any.
    pub local: Option<LocalFigures>,
}

/// What runs took on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFigures {
    /// Over how many runs the medians are taken.
    pub runs: usize,
    /// How they are isolated: "bubblewrap".
    pub isolation: String,
    /// The median from acceptance to the start of the first step, in milliseconds.
    pub setup_ms: u64,
    /// The median from acceptance to the end, in milliseconds.
    pub total_ms: u64,
}

/// A row of the published table: the case, then set-up and whole run for Kata Containers and for Hyper, in seconds.
struct Published {
    case: &'static str,
    kata: (u64, u64),
    hyper: (u64, u64),
}

/// As published by the Screwdriver team in 2020, for a build that waits for one minute in the image node:12.
const PUBLISHED: [Published; 2] = [
    Published { case: "Image on the node already", kata: (28, 92), hyper: (50, 116) },
    Published { case: "Image fetched first", kata: (51, 115), hyper: (92, 160) },
];

/// The showcase's page.
pub fn showcase(shell: &Shell, view: &ShowcaseView) -> String {
    let lede = "Every ended run of a demo, with its times, as this portal measured them.";
    let main = view! {
        {page_head("Showcase", "How fast it is", Some(lede), "showcase")}
        {figures(view.local.as_ref())}
        <section aria-labelledby="runs">
            <h2 id="runs" class="section-title">"Latest runs"</h2>
            {run_table("The latest runs of the demos", &view.runs)}
            <p><a class="button" href=paths::PLAYGROUND>"Start one yourself"</a></p>
        </section>
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

fn figures(local: Option<&LocalFigures>) -> AnyView {
    let table = view! {
        <table class="figures">
            <thead>
                <tr>
                    <th scope="col">"Where"</th>
                    <th scope="col">"Case"</th>
                    <th scope="col" class="number">"Set-up"</th>
                    <th scope="col" class="number">"Whole run"</th>
                </tr>
            </thead>
            <tbody>
                {local.map(local_row)}
                {PUBLISHED.iter().map(published_rows).collect_view()}
            </tbody>
        </table>
    };
    view! {
        <section aria-labelledby="figures">
            <h2 id="figures" class="section-title">"Set-up and whole run"</h2>
            {framed("Published figures and our own", table.into_any())}
            <p class="section-note">
                "Not the same work on the same machines: the rows of Screwdriver are as its team published them in 2020, "
                "for a build in a Kubernetes cluster that waits for one minute. The row of this portal is the median "
                "of its own latest demo runs, which do other and shorter work."
            </p>
        </section>
    }
    .into_any()
}

fn local_row(local: &LocalFigures) -> AnyView {
    let runs = if local.runs == 1 { "one run".to_owned() } else { format!("{} runs", local.runs) };
    view! {
        <tr class="own">
            <th scope="row">{format!("This portal, {}", local.isolation)}</th>
            <td>{format!("Median of {runs}")}</td>
            <td class="number">{duration(local.setup_ms)}</td>
            <td class="number">{duration(local.total_ms)}</td>
        </tr>
    }
    .into_any()
}

fn published_rows(published: &Published) -> AnyView {
    let row = |name: &'static str, (setup, total): (u64, u64)| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{published.case}</td>
                <td class="number">{whole(setup)}</td>
                <td class="number">{whole(total)}</td>
            </tr>
        }
    };
    view! { {row("Screwdriver with Kata Containers", published.kata)} {row("Screwdriver with Hyper", published.hyper)} }
        .into_any()
}

/// Seconds as the source gives them, whole: `28 s`, `1 min 32 s`.
fn whole(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
