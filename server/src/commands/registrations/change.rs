//! `regatta registrations approve|decline|cancel|seat|check-in|undo-check-in`: what organizers do to registrations.

use regatta_domain::ids::{EventId, RegistrationId};
use regatta_registration::{By, Done, OrganizerError};

use crate::cli::{AtTheDoor, RegistrationsToChange};
use crate::commands::naming;
use crate::commands::office::{CommandError, Office, actor, say};

/// What is done to each of several registrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The organizers decided for it.
    Approve,
    /// The organizers decided against it.
    Decline,
    /// It is taken back.
    Cancel,
    /// It is given a seat out of turn; beyond the capacity where that is said.
    Seat {
        /// Whether there need not be a seat free.
        beyond_capacity: bool,
    },
}

/// Does the same to all of them, one after the other. The first that it cannot be done to ends it; those before stay
/// done, and each is told.
pub async fn change(office: &Office, asked: &RegistrationsToChange, deed: Deed) -> Result<(), CommandError> {
    let accountable = &asked.accountable;
    let by = By { actor: actor(accountable.actor.as_deref())?, reason: accountable.reason.clone() };
    for name in &asked.registrations {
        let id = naming::registration(&*office.store, name).await?.id;
        told(&id, done(office, &id, deed, &by).await)?;
    }
    Ok(())
}

async fn done(office: &Office, id: &RegistrationId, deed: Deed, by: &By) -> Result<Done, OrganizerError> {
    match deed {
        Deed::Approve => office.desk.approve(id, by).await,
        Deed::Decline => office.desk.decline(id, by).await,
        Deed::Cancel => office.desk.cancel_for(id, by).await,
        Deed::Seat { beyond_capacity } => office.desk.seat_out_of_turn(id, beyond_capacity, by).await,
    }
}

/// Notes that they came, or takes that back. What is read at the door may be a ticket.
pub async fn at_the_door(office: &Office, asked: &AtTheDoor, came: bool) -> Result<(), CommandError> {
    let by = By { actor: actor(asked.actor.as_deref())?, reason: asked.reason.clone() };
    let door = asked.event.as_deref().map(|event| naming::event(&office.library, event)).transpose()?;
    for name in &asked.registrations {
        let id = registration_or_ticket(office, name).await?;
        if let Some(door) = &door {
            is_for(office, &id, &door.id).await?;
        }
        let desk = &office.desk;
        let done = if came { desk.check_in(&id, &by).await } else { desk.undo_check_in(&id, &by).await };
        told(&id, done)?;
    }
    Ok(())
}

/// Whose ticket this is, or the registration with this name. A text as long as a ticket was meant as one.
async fn registration_or_ticket(office: &Office, text: &str) -> Result<RegistrationId, CommandError> {
    const LONGEST_IDENTITY: usize = 26;
    if text.trim().len() <= LONGEST_IDENTITY {
        return Ok(naming::registration(&*office.store, text.trim()).await?.id);
    }
    match office.tickets.verify(text) {
        Ok(ticket) => Ok(ticket.registration),
        Err(refused) => Err(CommandError::Refused(refused.to_string())),
    }
}

/// Refuses who is registered for another event than the one at whose door they stand.
async fn is_for(office: &Office, id: &RegistrationId, door: &EventId) -> Result<(), CommandError> {
    match office.store.registration(id).await? {
        Some(found) if found.event != *door => {
            Err(CommandError::Refused(format!("{id}: is for {}, not for {door}", found.event)))
        }
        // Who is not there at all is told by whatever is to be done next.
        _ => Ok(()),
    }
}

fn told(id: &RegistrationId, done: Result<Done, OrganizerError>) -> Result<(), CommandError> {
    let Done { registration, already } = done.map_err(|error| match error {
        OrganizerError::Store(error) => error.into(),
        error => CommandError::Refused(format!("{id}: {error}")),
    })?;
    let already = if already { ", as it was" } else { "" };
    say(&format!("{id}: {}{already}", registration.state.as_str()))
}
