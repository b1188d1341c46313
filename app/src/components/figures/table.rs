//! The figures beside what others published, as a table.

use leptos::prelude::*;
use regatta_islands::run::duration;

use super::{Figure, PUBLISHED, Published, Times, image_words};
use crate::components::tables::framed;

/// The table. On a phone each cell stands on a line of its own and says what it is (`data-label`).
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
            <tbody>{figures.iter().map(own_row).collect_view()}</tbody>
            <tbody class="published">{PUBLISHED.iter().map(published_row).collect_view()}</tbody>
        </table>
    };
    framed("Figures of this portal and published ones", table.into_any())
}

fn own_row(figure: &Figure) -> AnyView {
    let words = format!("This portal: {}", figure.kind.words());
    let image = image_words(figure.kind.image_state);
    let Some(Times { setup, total }) = figure.times else {
        return view! {
            <tr class="own own-empty">
                <th scope="row">{words}</th>
                <td data-label="Image">{image}</td>
                <td colspan="5">"No run yet on this portal."</td>
            </tr>
        }
        .into_any();
    };
    view! {
        <tr class="own">
            <th scope="row">{words}</th>
            <td data-label="Image">{image}</td>
            <td class="number" data-label="Runs">{setup.count}</td>
            <td class="number" data-label="Set-up, half within">{duration(setup.p50_ms)}</td>
            <td class="number" data-label="Set-up, 95 % within">{duration(setup.p95_ms)}</td>
            <td class="number" data-label="Whole run, half within">{duration(total.p50_ms)}</td>
            <td class="number" data-label="Whole run, 95 % within">{duration(total.p95_ms)}</td>
        </tr>
    }
    .into_any()
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

/// Seconds as the source gives them, whole: `28 s`, `1 min 32 s`.
fn whole(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::run::IsolationLevel;

    use super::*;
    use crate::components::figures::figures;
    use crate::components::figures::tests::{SUCCEEDED, run};

    #[test]
    fn virtual_machines_stand_beside_the_published_ones_also_before_there_was_a_run() {
        let html =
            figure_table(&figures(&[run("bubblewrap", IsolationLevel::Process, 40, SUCCEEDED)])).to_html();
        assert_eq!(html.matches("class=\"own\"").count(), 1, "{html}");
        assert_eq!(html.matches("No run yet on this portal.").count(), 3, "{html}");
        assert_eq!(html.matches("Kubernetes with Kata Containers").count(), 2, "cached, and not: {html}");
        assert!(html.contains("28 s") && html.contains("51 s") && html.contains("2 min 40 s"), "{html}");
        let run = run("kubernetes", IsolationLevel::VirtualMachine, 2_400, SUCCEEDED);
        let html = figure_table(&figures(&[run])).to_html();
        assert!(html.contains(">2.4 s<") && html.contains(">24.0 s<"), "{html}");
    }
}
