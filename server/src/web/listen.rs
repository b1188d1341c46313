//! Taking connections: bounded in number, and none may dawdle over its request's head.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use ipnet::IpNet;
use rustix::process::{Resource, getrlimit, setrlimit};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::seats::{Seat, Seats};
use super::visitor::network;
use crate::telemetry::metrics::{self, UnderWay, WebMetrics};

/// How long a head may take to arrive, and how long a connection may be kept open between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long one who reads may leave what was sent to them unread: nobody, or a machine that is no longer there, does not
/// hold a connection, and what is meant for it, for ever (RFC 5482).
const UNREAD_TIMEOUT: Duration = Duration::from_mins(1);
/// How long requests may go on after the program was told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long to wait when the system has no descriptor for another connection.
const BREATH: Duration = Duration::from_millis(100);
/// Descriptors that are kept for everything but connections: database, sandboxes, content.
const KEPT_DESCRIPTORS: u64 = 256;

/// Raises the limit of open descriptors as far as the system allows, and returns how many connections it leaves room for.
pub fn raise_descriptor_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    let reached = if setrlimit(Resource::Nofile, limit).is_ok() { limit.current } else { before };
    let room = reached.unwrap_or(u64::MAX).saturating_sub(KEPT_DESCRIPTORS).max(16);
    usize::try_from(room).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

/// Where connections come in.
pub struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
    /// The same seats, by network, so that none takes them all.
    seats: Arc<Seats>,
    proxies: Vec<IpNet>,
    metrics: WebMetrics,
}

/// A connection that was taken.
struct Guest {
    stream: TcpStream,
    peer: SocketAddr,
    /// Given back at its end. Proxies, who come for everybody, need no seat.
    _seat: (Option<OwnedSemaphorePermit>, Option<Seat>, UnderWay),
}

impl Door {
    /// Takes at most `connections` at once from `listener`; more wait in the system's queue. A network that has more than
    /// its share of them is turned away, unless these are the operator's `proxies`.
    pub fn new(listener: TcpListener, connections: usize, proxies: Vec<IpNet>) -> Self {
        Self {
            listener,
            room: Arc::new(Semaphore::new(connections)),
            seats: Seats::new(connections),
            proxies,
            metrics: WebMetrics::default(),
        }
    }

    /// Counts who comes in, and who is turned away.
    #[must_use]
    pub fn counted(self, metrics: WebMetrics) -> Self {
        Self { metrics, ..self }
    }

    /// Serves until `closing` is cancelled, then lets requests end for a while.
    pub async fn serve(self, router: Router, closing: CancellationToken) {
        let connections = GracefulShutdown::new();
        while let Some(guest) = closing.run_until_cancelled(self.next()).await {
            tokio::spawn(serve_connection(guest, router.clone(), connections.watcher()));
        }
        drop(self.listener);
        if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }

    async fn next(&self) -> Guest {
        // The semaphore is never closed.
        let room = Arc::clone(&self.room).acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let is_proxy = self.proxies.iter().any(|net| net.contains(&peer.ip().to_canonical()));
                    let seat = self.seats.take(&network(peer.ip()).to_string());
                    if is_proxy || seat.is_some() {
                        let seat = seat.filter(|_| !is_proxy);
                        return Guest { stream, peer, _seat: (room, seat, self.metrics.connected()) };
                    }
                    self.metrics.refuse(metrics::Seat::Connection);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }
}

/// What is written is meant to be seen: lines of a live log do not wait for company, nor for ever for who does not read.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_tcp_user_timeout(Some(UNREAD_TIMEOUT));
}

async fn serve_connection(guest: Guest, router: Router, watcher: Watcher) {
    let Guest { stream, peer, _seat } = guest;
    prepare(&stream);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request);
        async { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_nobody_reads_comes_to_its_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        prepare(&stream);
        assert_eq!(SockRef::from(&stream).tcp_user_timeout().unwrap(), Some(UNREAD_TIMEOUT));
    }
}
