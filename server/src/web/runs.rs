//! One run: its page, its live stream, stopping it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use regatta_app::pages::run::{RunPageView, run as run_page};
use regatta_app::paths;
use regatta_domain::ids::RunId;
use regatta_domain::run::{RunEvent, RunFact};
use regatta_playground::{Availability, Cancellation};
use serde::Deserialize;

use super::errors::Refusal;
use super::headers::NEVER_KEEP;
use super::site::{PageResult, page, see_other, shell};
use super::state::Portal;

/// Often enough that no proxy thinks the connection dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a browser comes back after a broken connection.
const COME_BACK: Duration = Duration::from_secs(1);

fn run_id(text: &str) -> Result<RunId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

/// `GET /runs/{id}`: the run so far, complete without JavaScript.
pub async fn show(State(portal): State<Portal>, Path(id): Path<String>) -> PageResult {
    let id = run_id(&id)?;
    let (run, view) = portal.playground.view(&id).await?.ok_or(Refusal::NotFound)?;
    let queue_position = portal.playground.position(&id);
    let view = RunPageView {
        id,
        title: run.title,
        demo: run.demo,
        edited: run.edited,
        source: run.source,
        isolation: run.isolation.or_else(|| isolation_to_come(&portal)),
        accepted_at: run.accepted_at,
        queue_position,
        run: view,
    };
    Ok(page(run_page(&shell(&portal, &portal.shelf.library()), &view)))
}

/// What will isolate a run that waits, where that is known already.
fn isolation_to_come(portal: &Portal) -> Option<String> {
    match portal.playground.availability() {
        Availability::Ready(executor) => Some(executor.isolation().words()),
        Availability::Checking | Availability::Off { .. } => None,
    }
}

/// `POST /runs/{id}/cancel`: whoever has the address may stop the run.
pub async fn cancel(State(portal): State<Portal>, Path(id): Path<String>) -> PageResult {
    let id = run_id(&id)?;
    match portal.playground.cancel(&id).await? {
        Cancellation::Unknown => Err(Refusal::NotFound),
        Cancellation::Over | Cancellation::Stopping | Cancellation::TooLate => {
            Ok(see_other(&paths::run(&id)))
        }
    }
}

/// Where a stream begins: after the event with this number.
#[derive(Deserialize)]
pub struct From {
    #[serde(default)]
    after: u64,
}

/// `GET /runs/{id}/events`: the run's events as server-sent events. Each message is a JSON list of events; its id is the
/// number of the last one, with which a browser that lost the connection comes back (`Last-Event-ID`). After the final
/// event comes `event: end`, and the stream is over.
pub async fn events(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = run_id(&id)?;
    if portal.store.run(&id).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    let seat = portal.viewers.clone().try_acquire_owned().map_err(|_| {
        Refusal::Unavailable(
            "Too many people are watching live at the moment; reload the page to see how far the run is."
                .into(),
        )
    })?;
    let after = last_event_id(&headers).unwrap_or(from.after);
    let batches =
        portal.playground.subscribe(&id, after).take_until(portal.closing.clone().cancelled_owned());
    let told_its_end = Arc::new(AtomicBool::new(false));
    let telling = told_its_end.clone();
    let log = batches.map(move |batch| {
        // The seat is given back when the stream is dropped.
        let _held = &seat;
        telling.fetch_or(batch.iter().any(is_final), Ordering::Relaxed);
        log_message(&batch)
    });
    let hint = stream::once(std::future::ready(Event::default().retry(COME_BACK)));
    let end = stream::once(end_message(portal.clone(), id, told_its_end)).filter_map(std::future::ready);
    let sse = Sse::new(hint.chain(log).chain(end).map(Ok::<_, Infallible>));
    // Proxies that buffer would make a live log anything but live.
    let headers = ([(CACHE_CONTROL, NEVER_KEEP)], [("x-accel-buffering", "no")]);
    Ok((headers, sse.keep_alive(KeepAlive::new().interval(HEARTBEAT))).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

fn log_message(batch: &[RunEvent]) -> Event {
    let last = batch.last().map_or(0, |event| event.seq);
    // Events are made of numbers and texts only: they always have a JSON form.
    let data = serde_json::to_string(batch).unwrap_or_default();
    Event::default().event("log").id(last.to_string()).data(data)
}

fn is_final(event: &RunEvent) -> bool {
    matches!(&event.what, RunFact::Run { state, .. } if state.is_final())
}

/// What a stream ends with when its run is over, also where it was resumed behind the last event; a stream that ends
/// without it is to be resumed.
async fn end_message(portal: Portal, id: RunId, told: Arc<AtomicBool>) -> Option<Event> {
    let over = told.load(Ordering::Relaxed)
        || matches!(portal.store.run(&id).await, Ok(Some(run)) if run.state.is_final());
    over.then(|| Event::default().event("end").data("over"))
}
