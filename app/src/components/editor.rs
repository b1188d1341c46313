//! The form in which a pipeline's text is changed, its parameters are chosen and it is run, checked or shared. Complete
//! without scripts: the text is a plain field, and each button sends the form. The module `editor.js` makes the field an
//! editor and renews drawing, findings and parameters while one types.

use std::collections::BTreeMap;

use leptos::prelude::*;
use regatta_domain::pipeline::{MAX_SOURCE_BYTES, Reading};

use super::fields::{TextArea, Wrong};
use super::findings::findings;
use super::graph::plan_graph;
use super::parameters::parameter_fields;
use crate::paths;
use crate::render;

/// The name of the field that holds the text; also its id.
pub const AREA: &str = "pipeline";

/// The form and what it says of its text.
pub struct Editor<'a> {
    /// The demo it came from, by its slug.
    pub demo: Option<&'a str>,
    /// The text.
    pub source: &'a str,
    /// What the text means.
    pub reading: &'a Reading,
    /// What was chosen for parameters, by name.
    pub values: &'a BTreeMap<String, String>,
    /// What is wrong with fields.
    pub wrong: &'a Wrong,
    /// Why it cannot be run as it stands, where it cannot.
    pub closed: Option<String>,
    /// Why a job of it runs nowhere here, where that is so. Without scripts nothing notices that the text was mended since, so
    /// its button stays.
    pub no_place: Option<String>,
    /// Why a changed text could not be run, where it could not.
    pub closed_when_changed: Option<String>,
    /// The page on which the original text stands.
    pub original: String,
    /// Under which name a draft is kept in the browser.
    pub draft: String,
    /// Whether the text is as the page was asked for, and not as it was sent.
    pub untouched: bool,
}

/// The parts of an editor that follow from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorParts {
    /// Its jobs as a drawing.
    pub drawing: String,
    /// What keeps it from running, and what is done with the rest.
    pub findings: String,
    /// Fields for its parameters; empty where it has none.
    pub parameters: String,
}

/// The parts of an editor for this text, in HTML.
pub fn editor_parts(reading: &Reading, source: &str, values: &BTreeMap<String, String>) -> EditorParts {
    let wrong = Wrong::default();
    EditorParts {
        drawing: render::fragment(|| drawing(reading)),
        findings: render::fragment(|| findings(reading, source, AREA)),
        parameters: render::fragment(|| parameters(reading, values, &wrong)),
    }
}

impl Editor<'_> {
    /// The form.
    pub fn render(&self) -> AnyView {
        let slug = self.demo.map(str::to_owned);
        view! {
            <pipeline-editor
                check=paths::CHECK
                draft=self.draft.clone()
                original=self.original.clone()
                untouched=self.untouched
                closed=self.closed.is_some()
                closed-when-changed=self.closed_when_changed.clone()
            >
                <form class="editor" method="post" action=paths::RUNS>
                    {slug.map(|slug| view! { <input type="hidden" name="demo" value=slug/> })}
                    <div class="editor-parts">
                        <section class="editor-drawing" aria-labelledby="jobs">
                            <h2 id="jobs">"What it does"</h2>
                            <p class="field-hint">
                                "Each box is a job: a sandbox of its own, in which the job’s steps (commands from the text) run one \
                                 after the other. A line leads from a job to those that wait for it."
                            </p>
                            <div data-part="drawing">{drawing(self.reading)}</div>
                        </section>
                        <div class="editor-side">
                            <div class="editor-parameters" data-part="parameters">
                                {parameters(self.reading, self.values, self.wrong)}
                            </div>
                            <p class="editor-shown" role="status" data-part="shown"></p>
                            <div class="editor-findings" data-part="findings">
                                {findings(self.reading, self.source, AREA)}
                            </div>
                            <p class="visually-hidden" role="status" data-part="said"></p>
                        </div>
                        <div class="editor-text">{self.area()} {around()}</div>
                    </div>
                    {self.actions()}
                </form>
            </pipeline-editor>
        }
        .into_any()
    }

    fn area(&self) -> AnyView {
        let area = TextArea {
            name: AREA,
            label: "The text of the pipeline",
            hint: Some("Change what you like. A changed run is seen only by those who have its address."),
            rows: self.source.lines().count().clamp(14, 32),
            max_length: MAX_SOURCE_BYTES,
            value: self.source,
            required: true,
            code: true,
        };
        area.render(self.wrong)
    }

    /// What one can press. It comes last, so that keys reach it after what it sends, and stays in sight at the window's end.
    fn actions(&self) -> AnyView {
        let run = match &self.closed {
            None => view! { <button class="button" type="submit" data-run="">"Run this pipeline"</button> }.into_any(),
            Some(_) => {
                view! { <button class="button" type="submit" disabled=true data-run="">"Cannot be run now"</button> }.into_any()
            }
        };
        view! {
            <div class="editor-bar">
                <div class="editor-run">
                    {run}
                    <p class="editor-closed" data-part="closed">{self.closed.clone().or_else(|| self.no_place.clone())}</p>
                </div>
                <div class="form-actions form-actions-minor">
                    <button class="button button-quiet" type="submit" formaction=paths::CHECK>"Check"</button>
                    <button class="button button-quiet" type="submit" formaction=paths::SHARE>"Share"</button>
                    <a class="button button-quiet" href=self.original.clone() data-reset="">"Back to the original"</a>
                </div>
            </div>
            <p class="field-hint editor-hint">
                "Check reads the text without running it. Share keeps it under an address to pass on."
            </p>
        }
        .into_any()
    }
}

fn drawing(reading: &Reading) -> AnyView {
    if reading.pipeline.jobs.is_empty() {
        return view! { <p class="empty">"No job could be made out yet."</p> }.into_any();
    }
    plan_graph(&reading.plan())
}

fn parameters(reading: &Reading, values: &BTreeMap<String, String>, wrong: &Wrong) -> AnyView {
    let fields = parameter_fields(&reading.pipeline.parameters, values, wrong);
    fields
        .map(|fields| {
            view! {
                <fieldset class="parameters">
                    <legend>"Choose before it runs"</legend>
                    {fields}
                </fieldset>
            }
        })
        .into_any()
}

fn around() -> AnyView {
    view! {
        <p class="field-hint">
            "What a pipeline may use here: " <a href=format!("{}#images", paths::PLAYGROUND)>"images and their tools"</a>
            ", " <a href=format!("{}#limits", paths::PLAYGROUND)>"limits"</a> "."
        </p>
    }
    .into_any()
}
