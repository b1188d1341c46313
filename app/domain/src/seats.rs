//! Seats: of which kind, how many there are, how many are taken.

use crate::event::EventOverride;

/// How one takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attendance {
    /// On site.
    InPerson,
    /// On the web.
    Online,
}

impl Attendance {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::InPerson, Self::Online];

    /// The name under which it is stored and sent in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InPerson => "in_person",
            Self::Online => "online",
        }
    }

    /// The kind stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How many seats there are of each kind; a kind that is absent is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// On site.
    pub in_person: Option<u32>,
    /// On the web.
    pub online: Option<u32>,
}

impl Quotas {
    /// Seats on site only.
    pub fn in_person(capacity: u32) -> Self {
        Self { in_person: Some(capacity), online: None }
    }

    /// How many seats of this kind there are; `None` where it is not offered.
    pub fn capacity(self, attendance: Attendance) -> Option<u32> {
        match attendance {
            Attendance::InPerson => self.in_person,
            Attendance::Online => self.online,
        }
    }

    /// The kinds that are offered.
    pub fn offered(self) -> impl Iterator<Item = Attendance> {
        Attendance::ALL.into_iter().filter(move |kind| self.capacity(*kind).is_some())
    }

    /// The kind there is no choice about: the only one offered.
    pub fn only(self) -> Option<Attendance> {
        let mut offered = self.offered();
        let first = offered.next();
        if offered.next().is_some() { None } else { first }
    }

    /// The quotas with those that were set by hand. A kind that is not offered stays so.
    pub(crate) fn overridden(self, by: &EventOverride) -> Self {
        Self {
            in_person: self.in_person.map(|capacity| by.in_person.unwrap_or(capacity)),
            online: self.online.map(|capacity| by.online.unwrap_or(capacity)),
        }
    }
}

/// How the seats of one kind are taken, counted in seats (a party of four counts four).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatCount {
    /// Seats of registrations that take one: held, awaiting approval, confirmed, attended.
    pub taken: u32,
    /// Seats that registrations wait for, whether their address is confirmed or not.
    pub waiting: u32,
}

impl SeatCount {
    /// How many seats are free of `capacity`; none where more are taken than there are (a capacity that was lowered
    /// throws nobody out).
    pub fn free(self, capacity: u32) -> u32 {
        capacity.saturating_sub(self.taken)
    }

    /// How many seats of `capacity` whoever comes now can have: those left when everybody who waits has been given
    /// theirs. Who waits has not always confirmed yet, and keeps the place until then.
    pub fn open_to_newcomers(self, capacity: u32) -> u32 {
        self.free(capacity).saturating_sub(self.waiting)
    }
}

/// How the seats of one event are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seats {
    /// On site.
    pub in_person: SeatCount,
    /// On the web.
    pub online: SeatCount,
}

impl Seats {
    /// The seats of this kind.
    pub fn of(self, attendance: Attendance) -> SeatCount {
        match attendance {
            Attendance::InPerson => self.in_person,
            Attendance::Online => self.online,
        }
    }

    /// The seats of this kind, to change them.
    pub fn of_mut(&mut self, attendance: Attendance) -> &mut SeatCount {
        match attendance {
            Attendance::InPerson => &mut self.in_person,
            Attendance::Online => &mut self.online,
        }
    }
}
