//! Passing a text on: it is kept under an address that cannot be guessed.

use std::time::Duration;

use axum::Form;
use axum::extract::State;
use jiff::SignedDuration;
use regatta_app::forms::RunForm;
use regatta_app::pages::editor::{Asked, editor};
use regatta_app::paths;
use regatta_domain::ids::ShareId;
use regatta_store::runs::SharedText;

use super::draft::Draft;
use crate::web::errors::Refusal;
use crate::web::site::{PageResult, see_other, shell, too_many, unprocessable};
use crate::web::state::Portal;
use crate::web::visitor::VisitorNetwork;
use crate::world::SystemEntropy;

/// How long what one shared counts.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// When it is worth trying again: some of what counts is over by then.
const TRY_AGAIN: Duration = Duration::from_mins(10);

/// `POST /playground/share`: 303 to the text's own page, whether it can run or not. A demo's own text has a page already.
pub async fn share(
    State(portal): State<Portal>,
    visitor: VisitorNetwork,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let library = portal.shelf.library();
    let draft = Draft::of(&portal, &library, RunForm::read(&fields)).await?;
    if let Some(flaw) = draft.flaw {
        return Ok(unprocessable(document(&portal, draft, flaw.to_string()).await?));
    }
    if let Some(demo) = draft.demo.as_ref().filter(|_| !draft.edited) {
        return Ok(see_other(&paths::demo(&demo.slug)));
    }
    let now = portal.clock.now();
    let text = SharedText {
        id: ShareId::random(&SystemEntropy),
        demo: draft.demo.as_ref().map(|demo| demo.slug.clone()),
        dialect: draft.reading.dialect,
        source: draft.source.clone(),
        visitor: visitor.0,
        shared_at: now,
        hidden: false,
    };
    let most = portal.config.limits.shares_per_hour;
    if portal.store.share_text(&text, most, now - WINDOW).await? {
        return Ok(see_other(&paths::shared(&text.id)));
    }
    let why = format!(
        "You have shared {most} texts within an hour, which is as many as one visitor may. Try again in a while."
    );
    Ok(too_many(document(&portal, draft, why).await?, TRY_AGAIN))
}

async fn document(portal: &Portal, draft: Draft, why: String) -> Result<String, Refusal> {
    let view = draft.view(portal, Asked::ToShare(why), vec![]).await?;
    Ok(editor(&shell(portal, &portal.shelf.library()), &view))
}
