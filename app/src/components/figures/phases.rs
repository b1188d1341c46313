//! Where the set-up's time goes: for each kind of run a bar of the medians of its parts.

use leptos::prelude::*;
use regatta_domain::run::Phase;
use regatta_islands::run::duration;

use super::{Figure, image_words};
use crate::components::run::setup::bar_legend;
use crate::components::tables::framed;

/// The width of a bar, in its own units.
const WIDTH: u64 = 1_000;

/// A bar for each kind whose parts are known, and the same as a table; nothing where none is.
pub fn phase_bars(figures: &[Figure]) -> Option<AnyView> {
    let known: Vec<&Figure> = figures.iter().filter(|figure| !figure.phases.is_empty()).collect();
    (!known.is_empty()).then(|| {
        view! {
            <ul class="phase-bars">{known.iter().map(|figure| entry(figure)).collect_view()}</ul>
            {bar_legend(false)}
            <details>
                <summary>"The same as a table"</summary>
                {table(&known)}
            </details>
        }
        .into_any()
    })
}

fn entry(figure: &Figure) -> AnyView {
    let parts = figure.phases.iter().map(|(phase, ms)| format!("{} {}", phase.doing(), duration(*ms)));
    let words = parts.collect::<Vec<_>>().join(", ");
    view! {
        <li>
            <p>
                {name(figure)} ": " <span class="phase-total">{duration(whole(figure))}</span>
            </p>
            <svg class="phase-bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label=words>
                {stretches(&figure.phases)}
            </svg>
        </li>
    }
    .into_any()
}

fn name(figure: &Figure) -> String {
    format!("{}, image {}", figure.kind.words(), image_words(figure.kind.image_state))
}

fn whole(figure: &Figure) -> u64 {
    figure.phases.iter().map(|(_, ms)| ms).sum()
}

fn stretches(phases: &[(Phase, u64)]) -> AnyView {
    let whole = phases.iter().map(|(_, ms)| ms).sum::<u64>().max(1);
    let mut before = 0;
    let mut bars = Vec::with_capacity(phases.len());
    for (phase, ms) in phases {
        let (x, end) = (before * WIDTH / whole, (before + ms) * WIDTH / whole);
        before += ms;
        bars.push(view! {
            <rect
                class=format!("bar bar-{}", phase.as_str())
                x=x.to_string()
                width=(end - x).to_string()
                height="12"
            ></rect>
        });
    }
    bars.collect_view().into_any()
}

fn table(figures: &[&Figure]) -> AnyView {
    let mut phases: Vec<Phase> =
        figures.iter().flat_map(|figure| &figure.phases).map(|(phase, _)| *phase).collect();
    phases.sort_unstable();
    phases.dedup();
    let head = phases.iter().map(|phase| view! { <th scope="col" class="number">{phase.words()}</th> });
    let row = |figure: &&Figure| {
        let cells = phases.iter().map(|phase| {
            let ms = figure.phases.iter().find(|(told, _)| told == phase).map(|(_, ms)| duration(*ms));
            view! { <td class="number">{ms.unwrap_or_else(|| "–".to_owned())}</td> }
        });
        view! { <tr><th scope="row">{name(figure)}</th>{cells.collect_view()}</tr> }
    };
    let table = view! {
        <table class="figures">
            <thead><tr><th scope="col">"Until"</th>{head.collect_view()}</tr></thead>
            <tbody>{figures.iter().map(row).collect_view()}</tbody>
        </table>
    };
    framed("The parts of set-ups", table.into_any())
}

#[cfg(test)]
mod tests {
    use regatta_domain::run::IsolationLevel;

    use super::*;
    use crate::components::figures::figures;
    use crate::components::figures::tests::{SUCCEEDED, run};

    #[test]
    fn the_parts_of_a_set_up_fill_its_bar_and_are_told_in_words() {
        let run = run("kubernetes", IsolationLevel::VirtualMachine, 2_000, SUCCEEDED);
        let html = phase_bars(&figures(&[run])).unwrap().to_html();
        for part in [
            "Kubernetes with Kata Containers: a virtual machine with a kernel of its own, image there already",
            "starting the sandbox 1.0 s, starting the runner 500 ms",
            "x=\"0\" width=\"500\" height=\"12\" class=\"bar bar-sandbox_started\"",
            "x=\"750\" width=\"250\" height=\"12\" class=\"bar bar-first_step\"",
        ] {
            assert!(html.contains(part), "{part} is missing: {html}");
        }
        assert!(phase_bars(&figures(&[])).is_none());
    }
}
