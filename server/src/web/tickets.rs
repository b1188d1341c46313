//! Tickets as pictures, and the key by which anybody can tell genuine ones.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::header::CONTENT_TYPE;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use regatta_domain::html::SafeHtml;
use regatta_domain::registration::Registration;
use serde::Serialize;

use super::errors::Refusal;
use super::site::PageResult;
use super::state::Portal;

/// How wide the picture is at least, in pixels; it scales.
const WIDTH: u32 = 320;

/// What `GET /tickets/key.json` says. The names of its fields never change.
#[derive(Serialize)]
struct TicketKey {
    /// How tickets are signed (RFC 8032).
    algorithm: &'static str,
    /// The public key, in hexadecimal digits: what `regatta tickets verify --key` takes.
    public_key: String,
    /// Whose it is.
    portal: String,
}

/// `GET /tickets/key.json`
pub async fn key(State(portal): State<Portal>) -> Response {
    let key = TicketKey {
        algorithm: "Ed25519",
        public_key: HEXLOWER.encode(&portal.tickets.public_key()),
        portal: portal.config.http.base_url.clone(),
    };
    Json(key).into_response()
}

/// `GET /registrations/manage/{token}/ticket.svg`
pub async fn picture(State(portal): State<Portal>, Path(token): Path<String>) -> PageResult {
    let own = portal.desk.look(&token).await.map_err(|error| match error {
        regatta_registration::LinkError::Store(error) => Refusal::from(error),
        _ => Refusal::NotFound,
    })?;
    let text = text(&portal, &own.registration).ok_or(Refusal::NotFound)?;
    let picture = qr_code(&text).ok_or(Refusal::Internal)?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], picture).into_response())
}

/// The ticket of a registration, where it has a seat for good.
pub fn text(portal: &Portal, registration: &Registration) -> Option<String> {
    registration.state.has_calendar_entry().then(|| portal.tickets.ticket(registration))
}

/// The ticket as a picture within a page.
#[expect(clippy::disallowed_methods, reason = "the portal draws it itself, of squares")]
pub fn drawn(text: &str) -> Option<SafeHtml> {
    qr_code(text).map(SafeHtml::trust)
}

/// A QR code (ISO/IEC 18004) that can be read with a sixth of it hidden, with the quiet zone that scanners need. `None`
/// where a text does not fit one, as tickets always do.
fn qr_code(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(WIDTH, WIDTH).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_a_small_code() {
        let ticket = "A2".repeat(72);
        let code = QrCode::with_error_correction_level(&ticket, EcLevel::M).unwrap();
        assert!(code.width() <= 49, "{} modules are hard to read from a phone", code.width());
        let picture = qr_code(&ticket).unwrap();
        assert!(picture.starts_with("<?xml") && picture.contains("<svg") && !picture.contains("<script"));
        assert_eq!(qr_code(&"A".repeat(10_000)), None);
    }
}
