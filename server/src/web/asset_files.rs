//! Stylesheet, scripts, WebAssembly and fonts, as they were built in.

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, Uri};

use super::errors::Refusal;
use super::headers::FOREVER;
use super::site::see_other;
use crate::assets;

/// `GET /assets/{name}`; the name carries a digest of the content.
pub async fn asset(uri: Uri, headers: HeaderMap) -> Result<Response, Refusal> {
    let asset = assets::at(uri.path()).ok_or(Refusal::NotFound)?;
    let common = [(CONTENT_TYPE, asset.content_type), (VARY, "accept-encoding")];
    let keep = [(CACHE_CONTROL, FOREVER)];
    match asset.brotli {
        Some(brotli) if accepts_brotli(&headers) => {
            Ok((common, keep, [(CONTENT_ENCODING, "br")], brotli).into_response())
        }
        _ => Ok((common, keep, asset.plain).into_response()),
    }
}

/// `GET /robots.txt` (RFC 9309): runs and registrations are known to those who have their address.
pub async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /runs/\nDisallow: /playground/shared/\nDisallow: /registrations/\nDisallow: /dev/\n"
}

/// `GET /favicon.ico`: for browsers that ask without looking at the page first.
pub async fn favicon() -> Result<Response, Refusal> {
    assets::named("icon.svg").map(|icon| see_other(icon.path)).ok_or(Refusal::NotFound)
}

/// Whether the browser takes brotli: named, and not with quality zero (RFC 9110 section 12.5.3).
fn accepts_brotli(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        let refused =
            parts.any(|weight| weight.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0_f32));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_for_those_who_ask_for_it() {
        let accepts =
            |value: &str| accepts_brotli(&HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]));
        assert!(accepts("gzip, deflate, br"));
        assert!(accepts("br;q=0.5"));
        assert!(!accepts("gzip"));
        assert!(!accepts("br;q=0, gzip"));
        assert!(!accepts("brotli"));
    }
}
