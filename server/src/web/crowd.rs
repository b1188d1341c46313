//! What a crowd asks for at once, and must not be done for all of it at once: reading texts, and telling long logs.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method, StatusCode};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::seats::Seats;
use super::state::Portal;
use super::visitor::VisitorNetwork;
use crate::telemetry::metrics::Seat;

/// Texts that are being sent in, read and answered at once: each takes some hundred kilobytes meanwhile.
const TEXTS: usize = 256;
/// When to try again where one's network has sent too many at once: each takes some tens of milliseconds.
const AGAIN: Duration = Duration::from_secs(1);

/// How much may be done at once of what keeps a processor busy.
pub struct Crowd {
    texts: Arc<Seats>,
    readers: Semaphore,
    tellers: Semaphore,
}

impl Crowd {
    /// For a machine with so many processors: half of them may read texts, and half tell logs. The rest is for pages,
    /// live streams and runs.
    pub fn new(processors: usize) -> Self {
        let half = (processors / 2).max(1);
        Self { texts: Seats::new(TEXTS), readers: Semaphore::new(half), tellers: Semaphore::new(half) }
    }

    /// Waits until a text may be read.
    pub async fn read(&self) -> Option<SemaphorePermit<'_>> {
        // They are never closed.
        self.readers.acquire().await.ok()
    }

    /// Waits until a whole log may be gone through.
    pub async fn tell(&self) -> Option<SemaphorePermit<'_>> {
        self.tellers.acquire().await.ok()
    }
}

/// Lets a network send in few texts at once, be they slow or many.
pub async fn few_texts(
    State(portal): State<Portal>,
    visitor: VisitorNetwork,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let Some(_seat) = portal.crowd.texts.take(&visitor.0) else {
        portal.telemetry.metrics.web.refuse(Seat::Text);
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, HeaderValue::from(AGAIN.as_secs()))])
            .into_response();
    };
    next.run(request).await
}
