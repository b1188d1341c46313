//! Whether the program lives, for those who watch over it.

use axum::extract::State;

use super::errors::Refusal;
use super::state::Portal;

/// `GET /healthz`: the program answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the program answers and so does its database.
pub async fn ready(State(portal): State<Portal>) -> Result<&'static str, Refusal> {
    portal.store.health().await?;
    Ok("ready\n")
}
