//! Having a text read without running it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use http::HeaderMap;
use http::header::ACCEPT;
use regatta_app::components::editor::editor_parts;
use regatta_app::forms::RunForm;
use regatta_app::pages::editor::{Asked, editor};
use regatta_app::paths;
use regatta_domain::pipeline::{Diagnostic, Note, NoteKind, Parameter, ParameterKind, Problem};
use serde::Serialize;

use super::draft::Draft;
use super::shown::{no_place, openness};
use crate::web::site::{PageResult, page, see_other, shell};
use crate::web::state::Portal;

/// What the editor learns of its text.
#[derive(Serialize)]
struct Checked {
    /// Whether it can run.
    runnable: bool,
    /// Why it is not run all the same at the moment, where it is not.
    closed: Option<String>,
    /// In a sentence, what comes of it; for those who hear the page.
    said: String,
    /// What to mark in the text.
    marks: Vec<Mark>,
    /// The parameters by name and kind: the fields are only replaced when this changes.
    parameters_key: String,
    /// Fields for the parameters, in HTML.
    parameters: String,
    /// The jobs as a drawing, in HTML.
    drawing: String,
    /// What is in the way and what is done with the rest, in HTML.
    findings: String,
}

/// A place of the text that there is something to say about.
#[derive(Serialize)]
struct Mark {
    line: usize,
    column: Option<usize>,
    kind: &'static str,
    words: String,
}

/// `GET /playground/check`: what stands in the address bar after a check without scripts.
pub async fn to_the_editor() -> Response {
    see_other(paths::OWN_PIPELINE)
}

/// `POST /playground/check`: the editor with what its text means; for the editor's own module as JSON.
pub async fn check(
    State(portal): State<Portal>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let library = portal.shelf.library();
    let draft = Draft::of(&portal, &library, RunForm::read(&fields)).await?;
    let wants_json =
        headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    if wants_json {
        return Ok(Json(checked(&portal, &draft)).into_response());
    }
    let view = draft.view(&portal, Asked::ToCheck, vec![]).await?;
    Ok(page(editor(&shell(&portal, &library), &view)))
}

fn checked(portal: &Portal, draft: &Draft) -> Checked {
    let reading = &draft.reading;
    let parts = editor_parts(reading, &draft.source, &draft.values);
    let problems = reading.diagnostics.iter().map(Mark::of_diagnostic);
    let notes = reading.pipeline.notes.iter().filter_map(Mark::of_note);
    Checked {
        runnable: reading.is_runnable(),
        closed: closed(portal, draft),
        said: said(draft),
        marks: problems.chain(notes).collect(),
        parameters_key: reading.pipeline.parameters.iter().map(key).collect(),
        parameters: parts.parameters,
        drawing: parts.drawing,
        findings: parts.findings,
    }
}

/// Why the text would not be run at the moment, were it sent.
fn closed(portal: &Portal, draft: &Draft) -> Option<String> {
    let openness = openness(portal);
    let closed = if draft.edited { openness.closed_to_own_texts() } else { openness.closed() };
    closed.or_else(|| no_place(portal, &draft.reading))
}

fn said(draft: &Draft) -> String {
    match draft.reading.diagnostics.as_slice() {
        [] => "It can run.".to_owned(),
        [one] => format!("Line {}: {}", one.line, one.message),
        [first, rest @ ..] => format!("Line {}: {} And {} more.", first.line, first.message, rest.len()),
    }
}

fn key(parameter: &Parameter) -> String {
    let kind = match &parameter.kind {
        ParameterKind::Text => "text".to_owned(),
        ParameterKind::Boolean => "boolean".to_owned(),
        ParameterKind::Choice(choices) => choices.join("|"),
    };
    let words = parameter.description.as_deref().unwrap_or_default();
    format!("{}\n{kind}\n{words}\n{:?}\n", parameter.name, parameter.default)
}

impl Mark {
    fn of_diagnostic(diagnostic: &Diagnostic) -> Self {
        let kind = match diagnostic.problem {
            Problem::Mistake => "mistake",
            Problem::Refused => "refused",
        };
        let hint = diagnostic.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
        let words = format!("{}{hint}", diagnostic.message);
        Self { line: diagnostic.line, column: Some(diagnostic.column), kind, words }
    }

    fn of_note(note: &Note) -> Option<Self> {
        let kind = match note.kind {
            NoteKind::Ignored => "ignored",
            NoteKind::Simulated => "simulated",
            NoteKind::Explained => "explained",
        };
        Some(Self { line: note.line?, column: None, kind, words: note.text.clone() })
    }
}
