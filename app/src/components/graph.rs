//! The jobs of a pipeline and what they wait for, as a drawing and as a list.

mod layout;

use leptos::prelude::*;
use regatta_domain::pipeline::{Accepts, Cell, Need, Needs, Plan, PlannedJob};
use regatta_domain::run::{JobView, RunView};
use regatta_islands::run::job_shown;
use regatta_islands::state_mark::{Shown, drawing};

use super::state_mark::mark;
use layout::{Around, BOX_HEIGHT, BOX_WIDTH, Frame, Layout, Node, Spot};

/// The most characters of a name that fit into a box, without and with a shape beside it.
const NAME_CHARS: usize = 20;
const NAME_CHARS_BESIDE_SHAPE: usize = 16;

/// Up to this width a drawing can be read on a phone; beyond, phones show its words.
const FITS_A_PHONE: usize = 2 * BOX_WIDTH;

/// The plan drawn from left to right, each job in the column after the last it waits for. The list beside it tells the
/// same in words.
pub fn plan_graph(plan: &Plan) -> AnyView {
    let nodes: Vec<Node> =
        plan.jobs.iter().map(|job| Node { needs: &job.needs, cell: job.cell.as_ref() }).collect();
    let layout = layout::layout(&nodes, &plan.stages);
    let boxes = plan.jobs.iter().zip(&layout.spots).map(|(job, spot)| job_box(job, *spot)).collect_view();
    let long = layout.width > FITS_A_PHONE;
    let (view_box, width, height) = view_box(&layout);
    let words = plan.jobs.iter().map(|job| view! { <li>{in_words(plan, job)}</li> }).collect_view();
    view! {
        <figure class="plan" class:plan-long=long>
            <div class="plan-scroll" role="group" aria-label="The jobs as a drawing" tabindex="0">
                <svg class="plan-drawing" viewBox=view_box width=width height=height aria-hidden="true" focusable="false">
                    {backdrop(&layout, &nodes)} {boxes}
                </svg>
            </div>
            <figcaption class="plan-words"><ul>{words}</ul></figcaption>
            {legend(&nodes)}
        </figure>
    }
    .into_any()
}

/// The jobs of a run, each with its state and leading to its log: the drawing is a list that keys reach. Phones show the
/// list in words where the drawing has no room. `page` stands before the links to jobs: nothing within the run's page.
pub fn run_graph(run: &RunView, page: &str) -> AnyView {
    let nodes: Vec<Node> =
        run.jobs.iter().map(|job| Node { needs: &job.needs, cell: job.cell.as_ref() }).collect();
    let layout = layout::layout(&nodes, &run.stages);
    let numbered = || run.jobs.iter().enumerate();
    let boxes = numbered()
        .zip(&layout.spots)
        .map(|((at, job), spot)| run_box(page, at + 1, job, *spot))
        .collect_view();
    let long = layout.width > FITS_A_PHONE;
    let (view_box, width, height) = view_box(&layout);
    let entries = numbered().map(|(at, job)| run_entry(page, at + 1, job, run)).collect_view();
    view! {
        <figure class="plan plan-run" class:plan-long=long>
            <div class="plan-scroll" role="group" aria-label="The jobs as a drawing" tabindex="0">
                <svg class="plan-drawing" viewBox=view_box width=width height=height role="list" aria-label="Jobs">
                    <g role="presentation" aria-hidden="true">{backdrop(&layout, &nodes)}</g>
                    {boxes}
                </svg>
            </div>
            <figcaption class="plan-words"><ul>{entries}</ul></figcaption>
            {legend(&nodes)}
        </figure>
    }
    .into_any()
}

/// Room around the drawing, so that no line is cut.
const MARGIN: (usize, usize) = (8, 4);

fn view_box(layout: &Layout) -> (String, String, String) {
    let (width, height) = (layout.width + 2 * MARGIN.0, layout.height + 2 * MARGIN.1);
    (format!("-{} -{} {width} {height}", MARGIN.0, MARGIN.1), width.to_string(), height.to_string())
}

/// What a job waits for, in words.
pub fn in_words(plan: &Plan, job: &PlannedJob) -> String {
    let name = |at: usize| plan.jobs.get(at).map(|job| job.name.as_str());
    format!("{} {}.", job.name, waits_for(&job.needs, name))
}

/// What a job of a run waits for, in words.
pub fn needs_in_words(run: &RunView, job: &JobView) -> String {
    let words = waits_for(&job.needs, |at| run.jobs.get(at).map(|job| job.name.as_str()));
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

fn waits_for<'a>(needs: &Needs, name: impl Fn(usize) -> Option<&'a str>) -> String {
    let named = |need: &Need| {
        let name = name(need.job)?;
        Some(match need.accepts {
            Accepts::Success => name.to_owned(),
            Accepts::SuccessOrLeftOut => format!("{name} (unless left out)"),
            Accepts::AnyEnd => format!("the end of {name}"),
        })
    };
    let all = listed(&needs.all.iter().filter_map(named).collect::<Vec<_>>(), "and");
    let any = listed(&needs.any.iter().filter_map(named).collect::<Vec<_>>(), "or");
    match (all.is_empty(), any.is_empty()) {
        (true, true) => "starts at once".to_owned(),
        (false, true) => format!("waits for {all}"),
        (true, false) => format!("waits for {any}"),
        (false, false) => format!("waits for {all}, or for {any} alone"),
    }
}

fn listed(names: &[String], word: &str) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// The frames and what leads from job to job.
fn backdrop(layout: &Layout, nodes: &[Node]) -> AnyView {
    let frames = layout.frames.iter().map(frame).collect_view();
    let edges = nodes.iter().zip(&layout.spots).map(|(node, to)| {
        let all = node.needs.all.iter().map(|need| (need, false));
        let any = node.needs.any.iter().map(|need| (need, true));
        all.chain(any)
            .filter_map(|(need, is_any)| Some(edge(*layout.spots.get(need.job)?, *to, *need, is_any)))
            .collect_view()
    });
    let edges = edges.collect_view();
    let joins = nodes.iter().zip(&layout.spots).filter_map(|(node, at)| join(node.needs, *at)).collect_view();
    view! { {frames} {edges} {joins} }.into_any()
}

fn frame(frame: &Frame) -> AnyView {
    let class = match frame.around {
        Around::Stage => "plan-frame plan-stage",
        Around::Matrix => "plan-frame plan-matrix",
    };
    let Spot { x, y } = frame.at;
    let baseline = y + if frame.around == Around::Stage { 20 } else { 15 };
    view! {
        <rect
            class=class
            x=x.to_string()
            y=y.to_string()
            width=frame.width.to_string()
            height=frame.height.to_string()
        ></rect>
        <text class="plan-frame-name" x=(x + 10).to_string() y=baseline.to_string()>
            {shortened(&frame.name, NAME_CHARS + 4)}
        </text>
    }
    .into_any()
}

fn edge(from: Spot, to: Spot, need: Need, is_any: bool) -> AnyView {
    let (x1, y1) = (from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2);
    let (x2, y2) = (to.x, to.y + BOX_HEIGHT / 2);
    let bend = x2.saturating_sub(30);
    let class = match (need.accepts, is_any) {
        (Accepts::AnyEnd, _) => "plan-edge plan-edge-end",
        (_, true) => "plan-edge plan-edge-any",
        (_, false) => "plan-edge",
    };
    view! { <path class=class d=format!("M{x1} {y1}H{bend}V{y2}H{x2}")></path> }.into_any()
}

/// The word in front of a job that waits for several: all of them, or one.
fn join(needs: &Needs, at: Spot) -> Option<AnyView> {
    let word = match (needs.all.len(), needs.any.len()) {
        (_, 1..) if needs.all.len() + needs.any.len() > 1 => "or",
        (2.., 0) => "and",
        _ => return None,
    };
    let (x, y) = (at.x.saturating_sub(15), at.y + BOX_HEIGHT / 2);
    Some(
        view! {
            <rect class="plan-join" x=(x.saturating_sub(15)).to_string() y=(y - 8).to_string() width="30" height="16"></rect>
            <text class="plan-join-word" x=x.to_string() y=(y + 4).to_string()>{word}</text>
        }
        .into_any(),
    )
}

/// What the kinds of lines mean, where there are others than plain ones.
fn legend(nodes: &[Node]) -> Option<AnyView> {
    let has_any = nodes.iter().any(|node| !node.needs.any.is_empty());
    let has_end = nodes.iter().any(|node| node.needs.iter().any(|need| need.accepts == Accepts::AnyEnd));
    let any = has_any.then_some("Dashed lines: one of them is enough. ");
    let end = has_end.then_some("Dotted lines: it starts however the other ended.");
    (has_any || has_end).then(|| view! { <p class="plan-legend">{any} {end}</p> }.into_any())
}

fn job_box(job: &PlannedJob, Spot { x, y }: Spot) -> AnyView {
    let steps = if job.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", job.steps.len()) };
    view! {
        <g transform=format!("translate({x} {y})")>
            <rect class="plan-box" width=BOX_WIDTH.to_string() height=BOX_HEIGHT.to_string()></rect>
            <text class="plan-name" x="12" y="23">{shortened(&name_in_box(&job.name, job.cell.as_ref()), NAME_CHARS)}</text>
            <text class="plan-steps" x="12" y="41">{steps}</text>
        </g>
    }
    .into_any()
}

fn run_box(page: &str, number: usize, job: &JobView, Spot { x, y }: Spot) -> AnyView {
    let Shown { name, words } = job_shown(job.state);
    view! {
        <g role="listitem">
            <a class="plan-link" href=format!("{page}#job-{number}")>
                <g id=format!("node-{number}") class=format!("state state-{name}") transform=format!("translate({x} {y})")>
                    <rect class="plan-box" width=BOX_WIDTH.to_string() height=BOX_HEIGHT.to_string()></rect>
                    <svg class="state-shape" x="12" y="16" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" inner_html=drawing(name)></svg>
                    <text class="plan-name" x="44" y="23">
                        {shortened(&name_in_box(&job.name, job.cell.as_ref()), NAME_CHARS_BESIDE_SHAPE)}
                    </text>
                    <text class="plan-steps state-word" x="44" y="41">{words.into_owned()}</text>
                </g>
            </a>
        </g>
    }
    .into_any()
}

fn run_entry(page: &str, number: usize, job: &JobView, run: &RunView) -> AnyView {
    view! {
        <li>
            <a href=format!("{page}#job-{number}")>{job.name.clone()}</a>
            {mark(Some(format!("entry-{number}")), job_shown(job.state))}
            <span class="run-needs">{needs_in_words(run, job)}</span>
        </li>
    }
    .into_any()
}

/// Within a matrix's frame, what makes a cell differ says more than the name they share.
fn name_in_box(name: &str, cell: Option<&Cell>) -> String {
    let values =
        cell.map(|cell| cell.values.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", "));
    values.filter(|values| !values.is_empty()).unwrap_or_else(|| name.to_owned())
}

fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(most - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::Stage;

    use super::*;

    fn job(name: &str, all: &[usize], any: &[usize]) -> PlannedJob {
        PlannedJob {
            name: name.into(),
            needs: Needs::successes(all, any),
            steps: vec!["one".into()],
            ..PlannedJob::default()
        }
    }

    fn plan() -> Plan {
        let jobs = vec![job("a", &[], &[]), job("b", &[0], &[]), job("c", &[0], &[]), job("d", &[1, 2], &[])];
        Plan { jobs, stages: vec![Stage { name: "s".into(), description: None, jobs: vec![1] }] }
    }

    #[test]
    fn needs_are_told_in_words() {
        let plan = plan();
        assert_eq!(in_words(&plan, &plan.jobs[3]), "d waits for b and c.");
        assert_eq!(in_words(&plan, &job("e", &[0, 1, 2], &[3])), "e waits for a, b and c, or for d alone.");
        let last = PlannedJob { needs: Needs { all: vec![Need::end(0)], any: vec![] }, ..job("f", &[], &[]) };
        assert_eq!(in_words(&plan, &last), "f waits for the end of a.");
    }

    #[test]
    fn names_are_escaped_and_cut() {
        let plan = Plan {
            jobs: vec![job("</text><script>", &[], &[]), job(&"x".repeat(40), &[], &[0])],
            stages: vec![],
        };
        let html = plan_graph(&plan).to_html();
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("xxxxxxxxxxxxxxxxxxx…"), "{html}");
        assert!(html.contains("plan-edge-any") && html.contains("Dashed lines"), "{html}");
    }

    #[test]
    fn a_runs_drawing_is_a_list_of_links_with_words_for_states() {
        let html = run_graph(&RunView::queued(&plan()), "").to_html();
        assert_eq!(html.matches("role=\"listitem\"").count(), 4, "{html}");
        for part in [
            "href=\"#job-4\"",
            "id=\"node-4\"",
            "id=\"entry-4\"",
            "Waits for b and c.",
            "plan-stage",
            "viewBox=\"-8",
        ] {
            assert!(html.contains(part), "{part} is missing: {html}");
        }
        assert!(!html.contains(" style="), "{html}");
    }
}
