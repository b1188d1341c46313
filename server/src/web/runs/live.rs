//! A run's events as they happen.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use regatta_app::components::run::headline::turn_in_words;
use regatta_domain::ids::RunId;
use regatta_domain::run::RunState;
use regatta_playground::Batch;
use serde::Deserialize;
use tokio::time::timeout;

use super::{run_id, run_with_log};
use crate::telemetry::metrics;
use crate::web::errors::Refusal;
use crate::web::headers::NEVER_KEEP;
use crate::web::seats::Seat;
use crate::web::state::Portal;
use crate::web::visitor::VisitorNetwork;

/// How long a stream is silent at most: no proxy thinks it dead, and a page knows when one swallows it.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often those who wait are told of their place.
const TURN: Duration = Duration::from_secs(3);

/// What a stream begins with: how soon a browser that came by itself comes back after a broken connection.
const HINT: &[u8] = b"retry: 1000\n\n";
/// When whoever watched comes back after the portal was told to stop, in milliseconds: at the soonest, how much later than the
/// next one, and at most so much later.
const PARTING_MS: usize = 1000;
const PARTING_STEP_MS: usize = 7;
const PARTING_SPREAD_MS: usize = 4000;
/// What is said when there is no news. A comment would not reach the page.
const BEAT: &[u8] = b"event: beat\ndata: still here\n\n";
/// What a stream ends with when its run is over, also where it was resumed behind the last event; a stream that ends
/// without it is to be resumed.
const END: &[u8] = b"event: end\ndata: over\n\n";

/// Where a stream begins: after the event with this number.
#[derive(Deserialize)]
pub struct From {
    #[serde(default)]
    after: u64,
}

/// `GET /runs/{id}/events`: the run's events as server-sent events. Each message is a JSON list of events; its id is the
/// number of the last one, with which a browser that lost the connection comes back (`Last-Event-ID`). All who watch
/// share one message, and nothing is compressed: a compressor for each would be most of what a viewer costs.
pub async fn events(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    Query(from): Query<From>,
    visitor: VisitorNetwork,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = run_id(&id)?;
    let run = run_with_log(&portal, &id).await?;
    let seat = portal.viewers.take(&visitor.0).ok_or_else(|| {
        portal.telemetry.metrics.web.refuse(metrics::Seat::LiveStream);
        Refusal::Unavailable(
            "Too many people are watching live at the moment; reload the page to see how far the run is."
                .into(),
        )
    })?;
    let after = last_event_id(&headers).unwrap_or(from.after);
    let batches =
        portal.playground.subscribe(&id, after).take_until(portal.closing.clone().cancelled_owned()).boxed();
    let stage = Stage::Greeting;
    let telling = Telling { portal, id, batches, stage, waits: run.state == RunState::Queued, _seat: seat };
    let body = futures_util::stream::unfold(telling, Telling::next).fuse();
    let headers = [
        (CONTENT_TYPE, http::HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, NEVER_KEEP),
        // Proxies that buffer would make a live log anything but live.
        (http::HeaderName::from_static("x-accel-buffering"), http::HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// A stream on its way.
struct Telling {
    portal: Portal,
    id: RunId,
    batches: BoxStream<'static, Arc<Batch>>,
    stage: Stage,
    /// The run waited when nothing had been told yet.
    waits: bool,
    /// Given back when the stream is dropped.
    _seat: Seat,
}

enum Stage {
    Greeting,
    News,
    /// Whether the final event was told.
    Ending(bool),
    Over,
}

impl Telling {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let said = match self.stage {
            Stage::Greeting => {
                self.stage = Stage::News;
                Bytes::from_static(HINT)
            }
            Stage::News => self.news().await?,
            Stage::Ending(told) => self.end(told).await?,
            Stage::Over => return None,
        };
        Some((Ok(said), self))
    }

    async fn news(&mut self) -> Option<Bytes> {
        let patience = if self.waits { TURN } else { HEARTBEAT };
        match timeout(patience, self.batches.next()).await {
            Err(_) => Some(self.silence().await),
            Ok(Some(batch)) => {
                self.waits = false;
                if batch.is_final() {
                    self.stage = Stage::Ending(true);
                }
                Some(batch.framed(message))
            }
            Ok(None) => self.end(false).await,
        }
    }

    /// What is said when there is no news: the place of a run that waits.
    async fn silence(&mut self) -> Bytes {
        if self.waits
            && let Ok(turn) = self.portal.playground.turn(&self.id).await
        {
            self.waits = turn.is_some();
            if let Some(turn) = turn {
                return Bytes::from(format!("event: turn\ndata: {}\n\n", turn_in_words(turn)));
            }
        }
        Bytes::from_static(BEAT)
    }

    async fn end(&mut self, told: bool) -> Option<Bytes> {
        self.stage = Stage::Over;
        let over = told
            || matches!(self.portal.playground.run(&self.id).await, Ok(Some(run)) if run.state.is_final());
        match over {
            true => Some(Bytes::from_static(END)),
            false if self.portal.closing.is_cancelled() => Some(self.parting()),
            false => None,
        }
    }

    /// What a stream says that ends because the portal does: when to come back, each a little later than another, so that
    /// not everybody is at the door at once.
    fn parting(&self) -> Bytes {
        let apart = self.portal.viewers.taken() * PARTING_STEP_MS % PARTING_SPREAD_MS;
        Bytes::from(format!("retry: {}\n\n", PARTING_MS + apart))
    }
}

/// A batch as a message: JSON on one line, with the number of its last event.
fn message(batch: &Batch) -> Bytes {
    Bytes::from(format!("event: log\nid: {}\ndata: {}\n\n", batch.last, batch.json))
}
