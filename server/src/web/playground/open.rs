//! The editor as it is opened: with a demo, a text of one's own, one that was shared, or that of an earlier run.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use regatta_app::pages::editor::{EditorView, Origin, editor};
use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::pipeline::{Arguments, Dialect};
use regatta_store::runs::{SharedText, StoredRun};
use serde::Deserialize;

use super::draft::{origin_of, read};
use super::examples::smallest;
use super::shown::{no_place, openness};
use crate::web::errors::Refusal;
use crate::web::site::{PageResult, page, shell};
use crate::web::state::Portal;

/// Where the text in the editor comes from, if not from where the address leads by itself.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Editing {
    /// A run, or a text that was shared.
    from: Option<String>,
    /// What a text of one's own is written in.
    dialect: Option<String>,
}

/// `GET /playground/{slug}`
pub async fn demo(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    Query(editing): Query<Editing>,
) -> PageResult {
    let library = portal.shelf.library();
    let demo = library.pipeline(&slug).ok_or(Refusal::NotFound)?;
    let origin = origin_of(&portal, Some(&demo), demo.dialect).await?;
    let original = EditorView::opened(origin, openness(&portal), demo.source.clone(), demo.reading.clone());
    let view = begun_with(&portal, editing.from.as_deref(), original).await?;
    Ok(page(editor(&shell(&portal, &library), &view)))
}

/// `GET /playground/new`
pub async fn own(State(portal): State<Portal>, Query(editing): Query<Editing>) -> PageResult {
    let dialect = editing.dialect.as_deref().and_then(Dialect::named).unwrap_or_default();
    let source = smallest(dialect).to_owned();
    let reading = regatta_dialects::read(dialect, &source);
    let original = EditorView::opened(Origin::Own(dialect), openness(&portal), source, reading);
    let view = begun_with(&portal, editing.from.as_deref(), original).await?;
    Ok(page(editor(&shell(&portal, &portal.shelf.library()), &view)))
}

/// `GET /playground/shared/{id}`: for whoever knows the address.
pub async fn shared(State(portal): State<Portal>, Path(id): Path<String>) -> PageResult {
    let id: ShareId = id.parse().map_err(|_| Refusal::NotFound)?;
    let text = shared_text(&portal, &id).await?.ok_or(Refusal::NotFound)?;
    let (reading, source) = read(&portal, Some(text.dialect), text.source).await;
    let origin = Origin::Shared { id, shared_at: text.shared_at };
    let no_place = no_place(&portal, &reading);
    let view = EditorView { no_place, ..EditorView::opened(origin, openness(&portal), source, reading) };
    Ok(page(editor(&shell(&portal, &portal.shelf.library()), &view)))
}

/// The editor with the text `from` names, where it names one that is there; else as it is.
async fn begun_with(
    portal: &Portal,
    from: Option<&str>,
    original: EditorView,
) -> Result<EditorView, Refusal> {
    let Some(from) = from else { return Ok(original) };
    if let Ok(id) = from.parse::<RunId>()
        && let Some(run) = public_run(portal, &id).await?
    {
        let (reading, source) = read(portal, Some(run.dialect), run.source).await;
        let values = chosen(&run.arguments);
        return Ok(EditorView { from: Some(run.id), source, reading, values, ..original });
    }
    let Ok(id) = from.parse::<ShareId>() else { return Ok(original) };
    match shared_text(portal, &id).await? {
        Some(text) => {
            let (reading, source) = read(portal, Some(text.dialect), text.source).await;
            Ok(EditorView { source, reading, ..original })
        }
        None => Ok(original),
    }
}

fn chosen(arguments: &Arguments) -> BTreeMap<String, String> {
    arguments.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

async fn public_run(portal: &Portal, id: &RunId) -> Result<Option<StoredRun>, Refusal> {
    Ok(portal.store.run(id).await?.filter(|run| !run.hidden))
}

async fn shared_text(portal: &Portal, id: &ShareId) -> Result<Option<SharedText>, Refusal> {
    Ok(portal.store.shared_text(id).await?.filter(|text| !text.hidden))
}
