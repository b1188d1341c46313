//! Whether the program lives and does its work, for those who watch over it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use regatta_store::outbox::OutboxHealth;
use serde::Serialize;

use super::state::Portal;

/// `GET /healthz`: the program answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// What `GET /readyz` says. The names of its fields never change.
#[derive(Debug, Serialize)]
struct Readiness {
    /// `ready`, or `failed` where the database does not answer.
    status: &'static str,
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

/// `GET /readyz`: the program answers and so does its database; and how old the oldest unsent mail is.
pub async fn ready(State(portal): State<Portal>) -> Response {
    match portal.store.health().await {
        Ok(health) => {
            let mail = Some(mail_readiness(health, portal.clock.now()));
            Json(Readiness { status: "ready", mail }).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            let failed = Readiness { status: "failed", mail: None };
            (StatusCode::SERVICE_UNAVAILABLE, Json(failed)).into_response()
        }
    }
}

fn mail_readiness(health: OutboxHealth, now: Timestamp) -> MailReadiness {
    let OutboxHealth { owed, failed, unknown, oldest_owed } = health;
    let age = |since: Timestamp| now.duration_since(since).as_secs().max(0);
    MailReadiness { owed, failed, unknown, oldest_owed_seconds: oldest_owed.map(age) }
}
