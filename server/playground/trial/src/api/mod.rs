//! The API server: who asks, whether they may, what goes wrong on purpose, and the answer.

pub mod access;
pub mod calls;
mod create;
mod delete;
mod discovery;
mod logs;
mod read;
pub mod request;
pub mod status;
mod watch;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};

use self::access::User;
use self::request::Request;
use self::status::Refusal;
use crate::world::World;

/// All that the API server answers.
pub fn router(world: Arc<World>) -> Router {
    Router::new().fallback(answer).with_state(world)
}

async fn answer(State(world): State<Arc<World>>, request: http::Request<Body>) -> Response {
    handle(&world, request).await.unwrap_or_else(Refusal::into_response)
}

async fn handle(world: &Arc<World>, request: http::Request<Body>) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let user = world.tokens.user(&head.headers)?;
    if let Some(answer) = discovery::answer(head.uri.path()) {
        if user == User::Anonymous {
            let name = user.name(&world.options.namespace);
            return Err(Refusal::forbidden_path(&name, "get", head.uri.path()));
        }
        return Ok(Json(answer).into_response());
    }
    let asked = Request::read(&head.method, &head.uri)?;
    world.counter.count(user, &asked);
    if user != User::Admin {
        if let Some(delay) = world.faults.delay(&asked) {
            tokio::time::sleep(delay).await;
        }
        if let Some(refusal) = world.faults.refuse(&asked) {
            return Err(refusal);
        }
    }
    user.authorize(&asked, &world.options.namespace)?;
    let body = axum::body::to_bytes(body, create::BODY_LIMIT).await;
    let body = body.map_err(|_| Refusal::too_large(create::BODY_LIMIT))?;
    match (asked.verb, asked.part.as_str()) {
        ("get", "log") if asked.kind.plural == "pods" => logs::log(world, &asked),
        ("get", "" | "status") => read::get(&world.store, &asked),
        ("list", "") => read::list(&world.store, &asked),
        ("watch", "") => watch::watch(world, &asked),
        ("create", "") => create::create(world, &asked, &body),
        ("delete", "") => delete::delete(&world.store, &asked, &body),
        (_, "" | "status" | "log") => Err(Refusal::not_allowed()),
        _ => Err(Refusal::no_such_path()),
    }
}
