//! `regatta tickets verify`: whether a ticket is genuine. Needs no database, and with a key no configuration either.

use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use regatta_domain::ids::EventId;
use regatta_registration::tickets::{Ticket, TicketSigner, verify_ticket};

use super::office::{CommandError, say};
use crate::config::{Config, SecretKey};
use crate::opening::secret_key;
use crate::world::SystemEntropy;

/// Says whose ticket `text` is; an error where it is none of the portal with this key, or for another event.
pub fn verify(
    config: Option<&Path>,
    text: &str,
    key: Option<&str>,
    event: Option<&str>,
) -> Result<(), CommandError> {
    let ticket = verify_ticket(&public_key(config, key)?, text)
        .map_err(|refused| CommandError::Refused(refused.to_string()))?;
    if let Some(event) = event {
        let id: EventId = event
            .parse()
            .map_err(|_| CommandError::Refused(format!("{event:?} is not the id of an event")))?;
        if !ticket.is_for(&id) {
            return Err(CommandError::Refused(format!("this ticket is genuine, but not for {id}")));
        }
    }
    let Ticket { registration, party, .. } = ticket;
    say(&format!(
        "genuine: registration {registration}, {party} {}",
        if party == 1 { "seat" } else { "seats" }
    ))
}

fn public_key(config: Option<&Path>, given: Option<&str>) -> Result<[u8; 32], CommandError> {
    if let Some(hex) = given {
        let bytes = HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).ok();
        let key = bytes.and_then(|bytes| bytes.try_into().ok());
        return key.ok_or_else(|| CommandError::Refused("--key: give 64 hexadecimal digits".to_owned()));
    }
    let config = Config::load(config, std::env::vars())?;
    let secret: SecretKey = secret_key(&config, &SystemEntropy)?;
    Ok(TicketSigner::new(secret.bytes()).public_key())
}
