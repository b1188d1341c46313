//! Faults and counts for those who do not share this process: on a second port, by plain HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use k8s_openapi::api::core::v1::Pod;

use crate::api::calls::Calls;
use crate::cluster;
use crate::fault::Fault;
use crate::world::World;

/// `POST /faults` lets something go wrong, `DELETE /faults` heals; `GET /calls` and `GET /pods` tell.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/faults", post(inject).delete(heal))
        .route("/calls", get(calls))
        .route("/pods", get(pods))
        .with_state(world)
}

async fn inject(State(world): State<Arc<World>>, Json(fault): Json<Fault>) -> StatusCode {
    cluster::inject(&world, fault);
    StatusCode::NO_CONTENT
}

async fn heal(State(world): State<Arc<World>>) -> StatusCode {
    cluster::heal(&world);
    StatusCode::NO_CONTENT
}

async fn calls(State(world): State<Arc<World>>) -> Json<Calls> {
    Json(world.counter.calls())
}

async fn pods(State(world): State<Arc<World>>) -> Json<Vec<Pod>> {
    Json(world.store.read(|objects| objects.typed("pods", None)))
}
