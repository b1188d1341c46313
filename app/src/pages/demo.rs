//! One demo: its text to read and to change, its jobs as a drawing, and the button that runs it.

use leptos::prelude::*;
use regatta_domain::pipeline::{Diagnostic, MAX_SOURCE_BYTES, Note, Plan};

use crate::components::fields::{TextArea, Wrong};
use crate::components::graph::plan_graph;
use crate::components::layout::{Page, Section, compact_head, problem_title};
use crate::pages::playground::{Demo, IsolationStatus, isolation_notice};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct DemoView {
    /// The demo.
    pub demo: Demo,
    /// Whether it can be run.
    pub isolation: IsolationStatus,
    /// The text in the editor: the demo's own at first, what was typed after a refusal.
    pub source: String,
    /// The jobs of `source`, where it could be read.
    pub plan: Option<Plan>,
    /// What the reader of `source` should know.
    pub notes: Vec<Note>,
    /// Why `source` cannot be read; where there is any, answer with status 422.
    pub diagnostics: Vec<Diagnostic>,
    /// Why it is not run though it can be read: a limit, an image that is not to be had.
    pub refusal: Option<String>,
}

impl DemoView {
    /// The page as it is first opened.
    pub fn fresh(demo: Demo, isolation: IsolationStatus, notes: Vec<Note>) -> Self {
        let (source, plan) = (demo.source.clone(), Some(demo.plan.clone()));
        Self { demo, isolation, source, plan, notes, diagnostics: Vec::new(), refusal: None }
    }

    /// Whether it was sent and not run.
    fn is_refused(&self) -> bool {
        self.refusal.is_some() || !self.diagnostics.is_empty()
    }
}

/// A demo's page.
pub fn demo(shell: &Shell, view: &DemoView) -> String {
    let demo = &view.demo;
    let main = view! {
        {compact_head("Demo pipeline", &demo.title, Some(&demo.summary), demo.slug.as_str())}
        {troubles(view)}
        <div class="demo-brief">
            {view.plan.as_ref().map(jobs)}
            {isolation_notice(&view.isolation)}
        </div>
        {editor(view)}
        {notes(&view.notes)}
        <p class="more"><a href=paths::PLAYGROUND>"All demos"</a></p>
    };
    let page = Page {
        title: Some(if view.is_refused() { problem_title(&demo.title) } else { demo.title.clone() }),
        description: demo.summary.clone(),
        path: Some(paths::demo(&demo.slug)),
        section: Some(Section::Playground),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

fn troubles(view: &DemoView) -> Option<AnyView> {
    let refusal = view.refusal.clone().map(|words| view! { <p>{words}</p> });
    let diagnostics = (!view.diagnostics.is_empty()).then(|| {
        let each = view.diagnostics.iter().map(|one| diagnostic(one, &view.source)).collect_view();
        view! { <ol class="diagnostics">{each}</ol> }
    });
    // It takes the focus, so that the answer is in sight and heard, without a fragment that would stay in the address of
    // the next run.
    view.is_refused().then(|| {
        view! {
            <div class="notice notice-bad" id="problem" role="alert" tabindex="-1" autofocus=true>
                <h2>"It was not run"</h2>
                {refusal}
                {diagnostics}
            </div>
        }
        .into_any()
    })
}

fn jobs(plan: &Plan) -> AnyView {
    view! {
        <section class="demo-jobs" aria-labelledby="jobs">
            <h2 id="jobs">"Jobs"</h2>
            {plan_graph(plan)}
        </section>
    }
    .into_any()
}

fn diagnostic(diagnostic: &Diagnostic, source: &str) -> AnyView {
    let hint = diagnostic.hint.clone().map(|hint| view! { <span class="diagnostic-hint">{hint}</span> });
    view! {
        <li>
            <span class="diagnostic-place">{format!("Line {}, column {}", diagnostic.line, diagnostic.column)}</span>
            <span>{diagnostic.message.clone()}</span>
            {quotation(source, diagnostic).map(|lines| view! { <pre class="diagnostic-quote" tabindex="0">{lines}</pre> })}
            {hint}
        </li>
    }
    .into_any()
}

/// The most characters of a line that are quoted on either side of the place that is meant.
const QUOTED_CHARS: usize = 60;

/// The line that is meant, with a caret under its column. A long line is cut around it.
fn quotation(source: &str, diagnostic: &Diagnostic) -> Option<String> {
    let line = source.lines().nth(diagnostic.line.checked_sub(1)?)?;
    let at = diagnostic.column.saturating_sub(1).min(line.chars().count());
    let from = at.saturating_sub(QUOTED_CHARS);
    let quoted: String = line.chars().skip(from).take(2 * QUOTED_CHARS).collect();
    // Tabs stay tabs in the line of the caret, so that it stands where it should however wide they are shown.
    let indent = line.chars().skip(from).take(at - from).map(|c| if c == '\t' { c } else { ' ' });
    (!line.trim().is_empty()).then(|| format!("{quoted}\n{}^", indent.collect::<String>()))
}

fn editor(view: &DemoView) -> AnyView {
    let area = TextArea {
        name: "pipeline",
        label: "The pipeline, in Screwdriver’s form",
        hint: Some("Change what you like. An edited run is seen only by those who have its address."),
        rows: view.source.lines().count().clamp(12, 32),
        max_length: MAX_SOURCE_BYTES,
        value: &view.source,
        required: true,
        code: true,
    };
    let mut wrong = Wrong::default();
    wrong.note("pipeline", view.diagnostics.first());
    let run = if view.isolation.is_ready() {
        view! { <button class="button" type="submit">"Run this pipeline"</button> }.into_any()
    } else {
        view! { <button class="button" type="submit" disabled=true>"Cannot be run now"</button> }.into_any()
    };
    view! {
        <form class="editor" method="post" action=paths::RUNS>
            <input type="hidden" name="demo" value=view.demo.slug.to_string()/>
            {area.render(&wrong)}
            <p class="field-hint">
                "What a pipeline may use here: " <a href=format!("{}#images", paths::PLAYGROUND)>"images and their tools"</a>
                ", " <a href=format!("{}#limits", paths::PLAYGROUND)>"limits"</a> "."
            </p>
            <div class="form-actions">
                {run}
                <a class="button button-quiet" href=paths::demo(&view.demo.slug)>"Back to the original text"</a>
            </div>
        </form>
    }
    .into_any()
}

fn notes(notes: &[Note]) -> Option<AnyView> {
    let one = |note: &Note| {
        let line =
            note.line.map(|line| view! { <span class="diagnostic-place">{format!("Line {line}")}</span> });
        view! { <li>{line}<span>{note.text.clone()}</span></li> }
    };
    (!notes.is_empty()).then(|| {
        view! {
            <section aria-labelledby="notes">
                <h2 id="notes" class="section-title">"How it is read here"</h2>
                <ul class="diagnostics">{notes.iter().map(one).collect_view()}</ul>
            </section>
        }
        .into_any()
    })
}
