//! What a form of the editor asks for, with all that is known of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use regatta_app::forms::{RunForm, RunFormError};
use regatta_app::pages::editor::{Asked, EditorView, Origin};
use regatta_content::{Demo, Library};
use regatta_domain::pipeline::{ArgumentError, Arguments, Diagnostic, Dialect, Problem, Reading};

use super::shown::{card_of_demo, no_place, openness};
use crate::web::errors::Refusal;
use crate::web::state::Portal;

/// A text and what was chosen for it, on its way to being run, checked or shared.
pub struct Draft {
    /// The demo it came from.
    pub demo: Option<Arc<Demo>>,
    /// Whether it is no longer the demo's own text.
    pub edited: bool,
    /// The text.
    pub source: String,
    /// What it means.
    pub reading: Reading,
    /// What was chosen for parameters that it has, by name.
    pub values: BTreeMap<String, String>,
    /// Whether a replay of an earlier run will not do.
    pub fresh: bool,
    /// Why there is nothing to run in it.
    pub flaw: Option<RunFormError>,
}

impl Draft {
    /// What `form` asks for. A demo that is none is not found.
    pub async fn of(portal: &Portal, library: &Library, form: RunForm) -> Result<Self, Refusal> {
        let flaw = form.parse().err();
        let demo = match &form.demo {
            Some(slug) => Some(library.pipeline(slug).ok_or(Refusal::NotFound)?),
            None => None,
        };
        let own_text = demo.as_ref().map(|demo| demo.source.clone());
        let source = form.pipeline.or_else(|| own_text.clone()).unwrap_or_default();
        let edited = own_text.is_none_or(|own| own.trim_end() != source.trim_end());
        let (reading, source) = match (&demo, &flaw) {
            (Some(demo), _) if !edited => (demo.reading.clone(), demo.source.clone()),
            (_, Some(flaw)) => (unread(flaw, form.dialect.unwrap_or_default()), source),
            _ => read(portal, form.dialect, source).await,
        };
        // A form knows the parameters of the text that it was made for; of others it says nothing.
        let known =
            |name: &String| reading.pipeline.parameters.iter().any(|parameter| parameter.name == *name);
        let values = form.parameters.into_iter().filter(|(name, _)| known(name)).collect();
        Ok(Self { demo, edited, source, reading, values, fresh: form.fresh, flaw })
    }

    /// A checked value for each parameter.
    pub fn arguments(&self) -> Result<Arguments, Vec<ArgumentError>> {
        self.reading.pipeline.arguments(&self.values)
    }

    /// The editor with all that was sent, and what came of it.
    pub async fn view(
        self,
        portal: &Portal,
        asked: Asked,
        errors: Vec<ArgumentError>,
    ) -> Result<EditorView, Refusal> {
        let origin = origin_of(portal, self.demo.as_deref(), self.reading.dialect).await?;
        let no_place = no_place(portal, &self.reading);
        let view = EditorView::opened(origin, openness(portal), self.source, self.reading);
        Ok(EditorView { no_place, values: self.values, errors, asked, ..view })
    }
}

/// A text that is not read at all, for the reason that it tells at its beginning.
fn unread(flaw: &RunFormError, dialect: Dialect) -> Reading {
    let (problem, message) = (Problem::Mistake, flaw.to_string());
    let diagnostic = Diagnostic { line: 1, column: 1, problem, message, hint: None };
    Reading { dialect, diagnostics: vec![diagnostic], ..Reading::default() }
}

/// A demo's page, or that of a text of one's own.
pub async fn origin_of(portal: &Portal, demo: Option<&Demo>, dialect: Dialect) -> Result<Origin, Refusal> {
    let Some(demo) = demo else { return Ok(Origin::Own(dialect)) };
    Ok(Origin::Demo(Box::new(card_of_demo(portal, demo).await?)))
}

/// Reads a visitor's text, aside from the threads that answer others: the longest takes some tens of milliseconds.
/// Few are read at once, and others wait.
pub async fn read(portal: &Portal, dialect: Option<Dialect>, source: String) -> (Reading, String) {
    let _turn = portal.crowd.read().await;
    let reading = move || {
        let dialect = dialect.unwrap_or_else(|| regatta_dialects::detect(&source));
        (regatta_dialects::read(dialect, &source), source)
    };
    // It only fails where a reader panics, which no text brings about.
    tokio::task::spawn_blocking(reading).await.unwrap_or_default()
}
