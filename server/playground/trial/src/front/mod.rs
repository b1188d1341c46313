//! Where the API server is reached: connections, made private, that can break on demand.

pub mod certificates;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::world::World;

/// Serves for ever, but for the times when the API server is away. `first` listens already.
pub async fn serve(world: Arc<World>, first: TcpListener, acceptor: TlsAcceptor, router: Router) {
    let mut listener = Some(first);
    loop {
        let listening = match listener.take() {
            Some(listening) => listening,
            None => listen(world.address).await,
        };
        let here = CancellationToken::new();
        let _gone = here.clone().drop_guard();
        accept(&world, listening, &acceptor, &router, &here).await;
        here.cancel();
        while let Some(until) = world.faults.away_until() {
            tokio::time::sleep_until(until).await;
        }
    }
}

/// The address is this server's own: what still holds it lets go.
async fn listen(address: SocketAddr) -> TcpListener {
    loop {
        if let Ok(listener) = TcpListener::bind(address).await {
            return listener;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Accepts connections until the API server is away.
async fn accept(
    world: &World,
    listener: TcpListener,
    acceptor: &TlsAcceptor,
    router: &Router,
    here: &CancellationToken,
) {
    let mut faults = world.faults.subscribe();
    loop {
        faults.borrow_and_update();
        if world.faults.away_until().is_some() {
            return;
        }
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let connection = connection(stream, acceptor.clone(), router.clone());
                tokio::spawn(here.clone().run_until_cancelled_owned(connection));
            }
            _ = faults.changed() => {}
        }
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router) {
    // Small answers are not held back.
    drop(stream.set_nodelay(true));
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = TowerToHyperService::new(router);
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    // Who breaks a connection knows it.
    drop(connection.await);
}
