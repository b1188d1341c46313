//! Whether the program lives and does its work, for those who watch over it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use regatta_content::Library;
use regatta_store::outbox::OutboxHealth;
use serde::Serialize;
use tokio::time::timeout;

use super::state::Portal;

/// How long the database may take before it is taken to be away: less than those who ask wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /healthz`: the program answers. It asks nobody: starting it anew would mend nothing that is wrong elsewhere.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// What `GET /readyz` says. The names of its fields never change.
#[derive(Debug, Serialize)]
struct Readiness {
    /// `ready`; `failed` where something is missing; `draining` where the program was told to stop.
    status: &'static str,
    /// What is missing; absent where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
    /// How the outbox stands, where the database answers. Trouble here is for an operator to look into, not for a load
    /// balancer: the portal still serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<MailReadiness>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct MailReadiness {
    /// Mails that are still to be sent.
    owed: u32,
    /// Mails that no server will take.
    failed: u32,
    /// Mails of which nobody knows whether they arrived.
    unknown: u32,
    /// For how many seconds the oldest mail that is still to be sent has waited; `null` where none is.
    oldest_owed_seconds: Option<i64>,
}

/// `GET /readyz`: whether visitors should be led here: the database answers in the shape that this program needs, there is
/// content, and the program was not told to stop; and how old the oldest unsent mail is.
pub async fn ready(State(portal): State<Portal>) -> Response {
    let health = match timeout(PATIENCE, portal.store.health()).await {
        Ok(Ok(health)) => Some(health),
        Ok(Err(error)) => {
            tracing::error!(%error, "the database does not answer");
            None
        }
        Err(_) => {
            tracing::error!("the database takes too long to answer");
            None
        }
    };
    let missing = missing(&portal, health.is_some());
    let status = match (portal.draining.is_cancelled(), missing.is_empty()) {
        (true, _) => "draining",
        (false, true) => "ready",
        (false, false) => "failed",
    };
    let code = if status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mail = health.map(|health| mail_readiness(health, portal.clock.now()));
    (code, Json(Readiness { status, missing, mail })).into_response()
}

/// What the portal needs and has not. The tables have the right shape since it was opened.
pub fn missing(portal: &Portal, database_answers: bool) -> Vec<&'static str> {
    let library = portal.shelf.library();
    [(!database_answers, "database"), (has_nothing(&library), "content")]
        .into_iter()
        .filter_map(|(is_missing, what)| is_missing.then_some(what))
        .collect()
}

/// Whether not even the site's own words could be read.
fn has_nothing(library: &Library) -> bool {
    let pages =
        library.events().len() + library.posts().len() + library.pages().len() + library.pipelines().len();
    pages == 0 && library.site().description.is_empty()
}

fn mail_readiness(health: OutboxHealth, now: Timestamp) -> MailReadiness {
    let OutboxHealth { owed, failed, unknown, oldest_owed } = health;
    let age = |since: Timestamp| now.duration_since(since).as_secs().max(0);
    MailReadiness { owed, failed, unknown, oldest_owed_seconds: oldest_owed.map(age) }
}
