//! In development the portal shows everybody's mail, so it answers only to names of this machine: a page elsewhere cannot
//! reach it by a name of its own that leads here (DNS rebinding).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, StatusCode};

use super::state::Portal;
use crate::config::Mode;

/// Answers 421 to names that are not ours (RFC 9110 section 15.5.20), in development only: in production the proxy in
/// front decides which names lead here.
pub async fn known(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let strict = portal.config.mode == Mode::Development;
    if strict && !is_ours(request.headers(), &portal.config.http.base_url) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    next.run(request).await
}

fn is_ours(headers: &HeaderMap, base_url: &str) -> bool {
    let Some(host) = headers.get(HOST) else { return true };
    let Some(name) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else { return false };
    let own = base_url.split_once("://").and_then(|(_, authority)| authority.parse::<Authority>().ok());
    let local = ["localhost", "127.0.0.1", "[::1]"].contains(&name.host());
    local || own.is_some_and(|own| own.host().eq_ignore_ascii_case(name.host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_ours_and_others_are_not() {
        let ours = |host: &str| {
            is_ours(&HeaderMap::from_iter([(HOST, host.parse().unwrap())]), "http://portal.test:3000")
        };
        for host in ["localhost:3000", "127.0.0.1:8080", "[::1]:3000", "portal.test", "PORTAL.test:3000"] {
            assert!(ours(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:3000", "a@b@c"] {
            assert!(!ours(host), "{host}");
        }
    }
}
