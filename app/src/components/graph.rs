//! The jobs of a pipeline and what they wait for, as a drawing and as a list.

use leptos::prelude::*;
use regatta_domain::pipeline::{Plan, PlannedJob};

const BOX_WIDTH: usize = 148;
const BOX_HEIGHT: usize = 44;
const COLUMN: usize = BOX_WIDTH + 44;
const ROW: usize = BOX_HEIGHT + 16;
/// The most characters of a name that fit into a box.
const NAME_CHARS: usize = 17;

/// Where a job's box stands, its upper left corner in units of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    x: usize,
    y: usize,
}

/// Up to this width a drawing can be read on a phone; beyond, phones show its words.
const FITS_A_PHONE: usize = COLUMN + BOX_WIDTH;

/// The plan drawn from left to right, each job in the column after the last it waits for. The list beside it tells the
/// same in words.
pub fn plan_graph(plan: &Plan) -> AnyView {
    let spots = layout(plan);
    let width = spots.iter().map(|spot| spot.x + BOX_WIDTH).max().unwrap_or(0);
    let height = spots.iter().map(|spot| spot.y + BOX_HEIGHT).max().unwrap_or(0);
    let edges = plan.jobs.iter().zip(&spots).flat_map(|(job, to)| {
        job.needs.jobs().filter_map(|from| spots.get(from)).map(|from| edge(*from, *to)).collect::<Vec<_>>()
    });
    let boxes = plan.jobs.iter().zip(&spots).map(|(job, spot)| job_box(job, *spot));
    let long = width > FITS_A_PHONE;
    view! {
        <figure class="plan" class:plan-long=long>
            <div class="plan-scroll" role="group" aria-label="The jobs as a drawing" tabindex="0">
                <svg
                    class="plan-drawing"
                    viewBox=format!("-2 -2 {} {}", width + 4, height + 4)
                    width=(width + 4).to_string()
                    height=(height + 4).to_string()
                    aria-hidden="true"
                    focusable="false"
                >
                    {edges.collect_view()}
                    {boxes.collect_view()}
                </svg>
            </div>
            <figcaption class="plan-words">
                <ul>{plan.jobs.iter().map(|job| view! { <li>{in_words(plan, job)}</li> }).collect_view()}</ul>
            </figcaption>
        </figure>
    }
    .into_any()
}

/// What a job waits for, in words.
pub fn in_words(plan: &Plan, job: &PlannedJob) -> String {
    let names = |places: &[usize], word: &str| {
        let names: Vec<&str> =
            places.iter().filter_map(|at| plan.jobs.get(*at)).map(|job| job.name.as_str()).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
            _ => names.concat(),
        }
    };
    let all = names(&job.needs.all, "and");
    let any = names(&job.needs.any, "or");
    match (all.is_empty(), any.is_empty()) {
        (true, true) => format!("{} starts at once.", job.name),
        (false, true) => format!("{} waits for {all}.", job.name),
        (true, false) => format!("{} waits for {any}.", job.name),
        (false, false) => format!("{} waits for {all}, or for {any} alone.", job.name),
    }
}

/// Each job in the column after its needs, the columns centred. Jobs stand behind those they need.
fn layout(plan: &Plan) -> Vec<Spot> {
    let mut columns: Vec<usize> = Vec::with_capacity(plan.jobs.len());
    for job in &plan.jobs {
        let after = job.needs.jobs().filter_map(|from| columns.get(from)).map(|column| column + 1).max();
        columns.push(after.unwrap_or(0));
    }
    let jobs_in = |column: usize| columns.iter().filter(|other| **other == column).count();
    let tallest = columns.iter().map(|column| jobs_in(*column)).max().unwrap_or(0);
    let place = |(at, column): (usize, &usize)| {
        let above = columns[..at].iter().filter(|other| *other == column).count();
        Spot { x: column * COLUMN, y: above * ROW + (tallest - jobs_in(*column)) * ROW / 2 }
    };
    columns.iter().enumerate().map(place).collect()
}

fn edge(from: Spot, to: Spot) -> AnyView {
    let (x1, y1) = (from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2);
    let (x2, y2) = (to.x, to.y + BOX_HEIGHT / 2);
    let bend = x2.saturating_sub(22);
    view! { <path class="plan-edge" d=format!("M{x1} {y1}H{bend}V{y2}H{x2}")></path> }.into_any()
}

fn job_box(job: &PlannedJob, Spot { x, y }: Spot) -> AnyView {
    let steps = if job.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", job.steps.len()) };
    view! {
        <g transform=format!("translate({x} {y})")>
            <rect class="plan-box" width=BOX_WIDTH.to_string() height=BOX_HEIGHT.to_string()></rect>
            <text class="plan-name" x="12" y="19">{shortened(&job.name)}</text>
            <text class="plan-steps" x="12" y="35">{steps}</text>
        </g>
    }
    .into_any()
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(NAME_CHARS - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use regatta_domain::pipeline::Needs;

    fn job(name: &str, all: &[usize], any: &[usize]) -> PlannedJob {
        PlannedJob {
            name: name.into(),
            needs: Needs { all: all.into(), any: any.into() },
            image: "shell".into(),
            steps: vec!["one".into()],
        }
    }

    #[test]
    fn a_job_stands_behind_all_it_waits_for() {
        let plan = Plan {
            jobs: vec![job("a", &[], &[]), job("b", &[0], &[]), job("c", &[0], &[]), job("d", &[1, 2], &[])],
        };
        let spots: Vec<_> = layout(&plan).iter().map(|spot| (spot.x, spot.y)).collect();
        assert_eq!(spots, [(0, 30), (192, 0), (192, 60), (384, 30)]);
        assert_eq!(in_words(&plan, &plan.jobs[3]), "d waits for b and c.");
        assert_eq!(in_words(&plan, &job("e", &[0, 1, 2], &[3])), "e waits for a, b and c, or for d alone.");
    }

    #[test]
    fn names_are_escaped_and_cut() {
        let plan = Plan { jobs: vec![job("</text><script>", &[], &[]), job(&"x".repeat(40), &[], &[0])] };
        let html = plan_graph(&plan).to_html();
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("xxxxxxxxxxxxxxxx…"), "{html}");
    }
}
