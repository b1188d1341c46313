//! A pipeline within the text of a page.

use leptos::prelude::*;
use regatta_domain::pipeline::Reading;

use super::demo_card::{Around, DemoCard};
use super::findings::{counted, notes};
use super::graph::plan_graph;
use super::openness::Openness;
use crate::paths;
use crate::render;

/// A demo's card, to stand in a text.
pub fn demo_fence(card: &DemoCard, openness: &Openness) -> String {
    let card =
        || view! { <div class="fence demo-card">{card.render(openness, Around::Prose)}</div> }.into_any();
    render::fragment(card)
}

/// A whole pipeline that an author wrote into a text: its jobs, how it is read, and the way into the editor. The text goes
/// along in a form: addresses have no room for it.
pub fn text_fence(reading: &Reading, source: &str) -> String {
    let jobs = counted(reading.pipeline.jobs.len(), "job", "jobs");
    let card = || {
        view! {
            <div class="fence demo-card">
                <p class="demo-kind">{format!("Pipeline · {} · {jobs}", reading.dialect.words())}</p>
                {plan_graph(&reading.plan())}
                <details class="fence-source">
                    <summary>"The text of this pipeline"</summary>
                    <pre tabindex="0"><code>{source.to_owned()}</code></pre>
                </details>
                {notes(&reading.pipeline.notes, "fence")}
                <form class="demo-actions" method="post" action=paths::CHECK>
                    <input type="hidden" name="pipeline" value=source.to_owned()/>
                    <button class="button" type="submit">"Open in the playground"</button>
                </form>
            </div>
        }
        .into_any()
    };
    render::fragment(card)
}
