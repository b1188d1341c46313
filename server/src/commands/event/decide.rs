//! `regatta event open|close|capacity`: what organizers decide over what an event's file says.

use regatta_domain::event::ForcedWindow;
use regatta_domain::seats::Attendance;
use regatta_registration::{By, Decided, OrganizerError};

use crate::cli::{Accountable, Switch};
use crate::commands::naming;
use crate::commands::office::{CommandError, Office, actor, say};

/// Opens or closes registration by hand, or lets the file's times count again.
pub async fn switch(office: &Office, asked: &Switch, window: ForcedWindow) -> Result<(), CommandError> {
    let event = naming::event(&office.library, &asked.event)?;
    let by = by(&asked.accountable)?;
    let window = if asked.reset { None } else { Some(window) };
    told(event.id.as_str(), office.desk.set_window(&event.id, window, &by).await)
}

/// How many seats there are to be.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// On site.
    pub in_person: Option<u32>,
    /// On the web.
    pub online: Option<u32>,
}

/// Sets the number of seats of one kind or both; of neither, what the file says holds again.
pub async fn capacity(
    office: &Office,
    event: &str,
    capacity: Capacity,
    accountable: &Accountable,
) -> Result<(), CommandError> {
    let event = naming::event(&office.library, event)?;
    let by = by(accountable)?;
    let set = [(Attendance::InPerson, capacity.in_person), (Attendance::Online, capacity.online)];
    let set: Vec<_> = set.into_iter().filter_map(|(kind, seats)| seats.map(|seats| (kind, seats))).collect();
    if set.is_empty() {
        return told(event.id.as_str(), office.desk.reset_capacity(&event.id, &by).await);
    }
    for (kind, seats) in set {
        told(event.id.as_str(), office.desk.set_capacity(&event.id, kind, seats, &by).await)?;
    }
    Ok(())
}

fn by(accountable: &Accountable) -> Result<By, CommandError> {
    Ok(By { actor: actor(accountable.actor.as_deref())?, reason: accountable.reason.clone() })
}

fn counted(seats: u32) -> String {
    format!("{seats} {}", if seats == 1 { "seat" } else { "seats" })
}

fn told(event: &str, decided: Result<Decided, OrganizerError>) -> Result<(), CommandError> {
    let Decided { overrides, swept } = decided.map_err(|error| match error {
        OrganizerError::Store(error) => error.into(),
        error => CommandError::Refused(format!("{event}: {error}")),
    })?;
    let window = overrides.window.map(|window| format!("registration {} by hand", window.as_str()));
    let in_person = overrides.in_person.map(|seats| format!("{} on site by hand", counted(seats)));
    let online = overrides.online.map(|seats| format!("{} on the web by hand", counted(seats)));
    let promoted = (swept.promoted > 0).then(|| format!("seated from the waitlist: {}", swept.promoted));
    let words: Vec<_> = [window, in_person, online, promoted].into_iter().flatten().collect();
    let words = if words.is_empty() { "as its file says".to_owned() } else { words.join(", ") };
    say(&format!("{event}: {words}"))
}
