//! Registering for a series as a whole: one form, one mail to confirm, one registration for each date.

use std::sync::Arc;

use regatta_domain::event::{Event, RegistrationPolicy, RegistrationWindow};
use regatta_domain::ids::{BookingId, EventId};
use regatta_domain::registration::Registration;
use regatta_domain::slug::Slug;
use regatta_store::StoreError;
use regatta_store::outbox::MailKind;

use crate::application::{Application, FormError, Wish};
use crate::desk::Desk;
use crate::register::{Answer, RegisterError};
use crate::session::Session;

/// The most dates that are registered for at once, the next ones.
const MOST_DATES: usize = 60;

/// What the visitor is told. It follows from the public state of the events alone.
#[derive(Clone, Debug)]
pub struct SeriesAnswer {
    /// Every date that one can register for, by its start.
    pub dates: Vec<SeriesDate>,
}

/// One date of a series, as the visitor is told of it.
#[derive(Clone, Debug)]
pub struct SeriesDate {
    /// The event.
    pub event: Arc<Event>,
    /// What is kept for them; `None` where there is nothing to be had, or not as they wish to take part.
    pub answer: Option<Answer>,
}

/// A date with what is wished for there.
struct Date {
    event: Event,
    wish: Option<Wish>,
}

impl Desk {
    /// Registers somebody for every upcoming date of a series that is open, and asks the owner of the address once to
    /// confirm all of it. Dates at which there is nothing to be had are left out, and told. All or nothing is stored.
    pub async fn register_series(
        &self,
        series: &Slug,
        application: Application,
    ) -> Result<SeriesAnswer, RegisterError> {
        let ids = self.upcoming_dates(series)?;
        let mut session = self.session(&ids).await?;
        let dates = session.open_dates(&ids, &application).await?;
        let answer = session.register_for(dates, &application, self).await?;
        session.finish().await?;
        if answer.dates.iter().all(|date| date.answer.is_none()) {
            return Err(RegisterError::Full);
        }
        Ok(answer)
    }

    /// The dates of the series that have not begun, by their start.
    fn upcoming_dates(&self, series: &Slug) -> Result<Vec<EventId>, RegisterError> {
        self.schedule.series(series).ok_or(RegisterError::UnknownEvent)?;
        let now = self.clock.now();
        let events = self.schedule.events().into_iter();
        let dates = events.filter(|event| event.series.as_ref() == Some(series)).filter(|event| {
            event.registration.is_some() && event.is_public() && event.when.begins_at() > now
        });
        Ok(dates.take(MOST_DATES).map(|event| event.id.clone()).collect())
    }
}

impl Session<'_> {
    /// Those of the dates that are open, with what is wished for there, or all that is wrong with the form.
    async fn open_dates(
        &mut self,
        ids: &[EventId],
        application: &Application,
    ) -> Result<Vec<Date>, RegisterError> {
        let (mut dates, mut errors, mut closed) = (Vec::new(), Vec::new(), None);
        for id in ids {
            let Some(event) = self.event(id).await? else { continue };
            let window = event.registration_window(self.now);
            let (RegistrationWindow::Open, Some(policy)) = (window, &event.registration) else {
                closed = closed.or(Some(window));
                continue;
            };
            match wish_at(policy, application) {
                Ok(wish) => dates.push(Date { event, wish }),
                Err(wrong) => {
                    let new: Vec<_> = wrong.into_iter().filter(|one| !errors.contains(one)).collect();
                    errors.extend(new);
                }
            }
        }
        if !errors.is_empty() {
            return Err(RegisterError::Form(errors));
        }
        if dates.is_empty() {
            return Err(RegisterError::NotOpen(closed.unwrap_or(RegistrationWindow::None)));
        }
        if dates.iter().all(|date| date.wish.is_none()) {
            return Err(RegisterError::Form(vec![FormError::Attendance]));
        }
        Ok(dates)
    }

    async fn register_for(
        &mut self,
        dates: Vec<Date>,
        application: &Application,
        desk: &Desk,
    ) -> Result<SeriesAnswer, StoreError> {
        let booking = BookingId::random(&*desk.entropy);
        let hold_minutes = shortest_hold(&dates);
        let (mut answers, mut new, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for Date { event, wish } in dates {
            let answer = match (wish, &event.registration) {
                (Some(wish), Some(policy)) => {
                    self.turn_over(&event.id, Some(&event)).await?;
                    let mut table = self.table(&event, policy, std::slice::from_ref(application)).await?;
                    table.booking = Some(booking.clone());
                    table.hold_minutes = hold_minutes;
                    let answer = table.seat(application, wish, &*desk.entropy);
                    let (arrived, known) = (table.new, table.repeated);
                    new.extend(self.store_new(&event.id, 1, arrived).await?);
                    repeated.extend(known);
                    answer
                }
                _ => None,
            };
            answers.push(SeriesDate { event: Arc::new(event), answer });
        }
        self.write_once(&new, &repeated).await?;
        Ok(SeriesAnswer { dates: answers })
    }

    /// One mail asks for all that is new; where nothing is, one tells of what there is.
    async fn write_once(
        &mut self,
        new: &[Registration],
        repeated: &[Registration],
    ) -> Result<(), StoreError> {
        match new.first() {
            Some(first) => self.owe(MailKind::ConfirmSeat, first),
            None => self.tell_of_repeats(&repeated[..repeated.len().min(1)]).await?,
        }
        Ok(())
    }
}

/// For how many minutes all of a booking is held: one mail confirms it, so one moment ends it.
fn shortest_hold(dates: &[Date]) -> u32 {
    let policies = dates.iter().filter_map(|date| date.event.registration.as_ref());
    policies.map(|policy| policy.hold_minutes).min().unwrap_or_default()
}

/// What is wished for at a date under these rules; `None` where one cannot take part there as wished.
fn wish_at(policy: &RegistrationPolicy, application: &Application) -> Result<Option<Wish>, Vec<FormError>> {
    let elsewhere = application.attendance.is_some_and(|kind| policy.quotas.capacity(kind).is_none());
    if elsewhere { Ok(None) } else { application.read(policy).map(Some) }
}
