//! What all messages to somebody who registered have in common.

use jiff::Timestamp;
use regatta_domain::calendar::Method;
use regatta_domain::event::{Event, EventTime, Place};
use regatta_domain::seats::Attendance;
use regatta_language::{Value, Words};

use super::content::Content;
use super::small_print;
use crate::layout::{Block, Fact};
use crate::letter::{Confirmation, RegistrationLetter, Site, Standing};
use crate::words;

/// A letter to somebody who registered, on its way into words.
pub(super) struct RegistrationPage<'a> {
    pub words: Words,
    pub site: &'a Site,
    pub letter: &'a RegistrationLetter,
    /// When it is read, as far as one can know.
    pub now: Timestamp,
}

impl<'a> RegistrationPage<'a> {
    pub fn event(&self) -> &'a Event {
        &self.letter.event
    }

    /// Whether the organizers decide on each registration.
    pub fn needs_approval(&self) -> bool {
        self.event().registration.as_ref().is_some_and(|policy| policy.approval)
    }

    /// The message `key`, which may speak of the event and of the seats.
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The message `key`, which may speak of the event, of the seats and of these values.
    pub fn say_with(&self, key: &str, values: &[(&'static str, Value<'_>)]) -> String {
        let title = words::one_line(&self.event().title);
        let mut all = vec![("event", Value::from(title)), ("seats", self.letter.registration.party.into())];
        all.extend_from_slice(values);
        self.words.say_with(key, &all)
    }

    pub fn paragraph(&self, key: &str) -> Block {
        Block::Paragraph(self.say(key))
    }

    pub fn paragraph_with(&self, key: &str, values: &[(&'static str, Value<'_>)]) -> Block {
        Block::Paragraph(self.say_with(key, values))
    }

    /// The whole message: a greeting, `middle`, and the small print.
    pub fn content(&self, subject: String, middle: Vec<Block>) -> Content {
        let greeting = if self.letter.matter.greets() {
            let name = words::one_line(self.letter.registration.name.as_str());
            self.say_with("mail-greeting", &[("name", name.into())])
        } else {
            self.say("mail-greeting-stranger")
        };
        let mut blocks = vec![Block::Paragraph(greeting)];
        blocks.extend(middle);
        blocks.push(self.footer());
        Content {
            language: self.words.language(),
            subject,
            preview: self.when_and_where(),
            blocks,
            calendar: None,
            list: None,
        }
    }

    /// A whole message that asks to confirm: why, the button, the facts, and what happens if one does not.
    pub fn question(&self, subject: String, confirmation: &Confirmation, lead: Block) -> Content {
        let middle = vec![
            lead,
            self.confirm_button(confirmation),
            self.facts(),
            self.paragraph("mail-confirm-stranger"),
        ];
        self.content(subject, middle).with_preview(self.confirm_preview(confirmation))
    }

    /// The message `key`, which says until when to confirm.
    pub fn leading(&self, key: &str, confirmation: &Confirmation) -> Block {
        self.paragraph_with(key, &[("deadline", self.deadline(confirmation).into())])
    }

    /// Until when to confirm.
    pub fn deadline(&self, confirmation: &Confirmation) -> String {
        self.words.deadline(confirmation.held_until, self.now)
    }

    pub fn confirm_preview(&self, confirmation: &Confirmation) -> String {
        self.say_with("mail-confirm-preview", &[("deadline", self.deadline(confirmation).into())])
    }

    pub fn confirm_button(&self, confirmation: &Confirmation) -> Block {
        Block::Action {
            label: self.say("mail-confirm-action"),
            url: confirmation.url.clone(),
            help: self.say("mail-button-help"),
        }
    }

    fn when_and_where(&self) -> String {
        let when = self.words.when(&self.event().when);
        self.place().map_or(when.clone(), |place| format!("{when} · {place}"))
    }

    fn place(&self) -> Option<String> {
        let attendance = self.letter.registration.attendance;
        let place = self.words.place(self.event().place.as_ref(), Some(attendance))?;
        Some(words::one_line(&place))
    }

    /// What, when, where, and for how many.
    pub fn facts(&self) -> Block {
        let when = Fact::Words(self.words.when(&self.event().when));
        let place = self.place().map(Fact::Words);
        self.facts_with("mail-when", when, place)
    }

    /// The facts of an event that does not take place when it should have.
    pub fn facts_of_plan(&self, planned: &EventTime) -> Block {
        let place = self.place().map(Fact::Words);
        self.facts_with("mail-was-planned", Fact::Words(self.words.when(planned)), place)
    }

    /// The facts, with time and place told in these words.
    pub fn facts_with(&self, when_label: &str, when: Fact, place: Option<Fact>) -> Block {
        let (event, registration) = (self.event(), &self.letter.registration);
        let words = |key, value| (self.say(key), Fact::Words(value));
        let mut facts = vec![words("mail-what", words::one_line(&event.title)), (self.say(when_label), when)];
        facts.extend(place.map(|place| (self.say("mail-where"), place)));
        if !self.is_online() && offers_a_choice(event) {
            facts.push(words("mail-how", self.say("mail-how-in-person")));
        }
        if registration.party > 1 {
            facts.push(words("mail-seats", registration.party.to_string()));
        }
        if event.sample {
            facts.push((self.say("mail-note"), Fact::Aside(self.say("mail-sample"))));
        }
        Block::Facts(facts)
    }

    /// What whoever has a seat wants to know: how to get in, what is in their calendar, what to do when they cannot come.
    pub fn seat(&self) -> Vec<Block> {
        let mut blocks = self.way_in();
        blocks.push(self.paragraph("mail-calendar-attached"));
        blocks.extend(self.giving_up());
        blocks
    }

    /// How to get in.
    pub fn way_in(&self) -> Vec<Block> {
        if self.is_online() {
            return vec![self.way_to_the_event()];
        }
        vec![
            self.paragraph("mail-ticket-note"),
            self.link("mail-ticket", &self.letter.ticket_url),
            self.way_to_the_event(),
        ]
    }

    /// The event's page, which on the web is also the way in.
    pub fn way_to_the_event(&self) -> Block {
        let label = if self.is_online() { "mail-how-to-join" } else { "mail-event-page" };
        self.link(label, &self.site.event_url(self.event()))
    }

    /// Whether this reader takes part on the web: by choice, or because everybody does.
    fn is_online(&self) -> bool {
        self.letter.registration.attendance == Attendance::Online || self.event().place == Some(Place::Online)
    }

    /// That a seat is better given up than left empty, and where.
    pub fn giving_up(&self) -> [Block; 2] {
        [self.paragraph("mail-give-up"), self.link("mail-manage-seat", &self.letter.manage_url)]
    }

    /// Where somebody stands.
    pub fn standing(&self, standing: Standing) -> Block {
        match standing {
            Standing::Seat => self.paragraph("mail-standing-seat"),
            Standing::AwaitingApproval => self.paragraph("mail-standing-approval"),
            Standing::Waitlist(position) => {
                self.paragraph_with("mail-standing-waitlist", &[("position", position.into())])
            }
        }
    }

    /// The page of the registration, in the words of who stands so.
    pub fn manage(&self, standing: Standing) -> Block {
        let label = match standing {
            Standing::Seat => "mail-manage-seat",
            Standing::AwaitingApproval => "mail-manage",
            Standing::Waitlist(_) => "mail-manage-place",
        };
        self.link(label, &self.letter.manage_url)
    }

    pub fn link(&self, label: &str, url: &str) -> Block {
        Block::Link { label: self.say(label), url: url.to_owned() }
    }

    pub fn event_page(&self) -> Block {
        self.link("mail-event-page", &self.site.event_url(self.event()))
    }

    /// Where to find something else, for who has nothing to come to any more.
    pub fn other_events(&self) -> Block {
        self.link("mail-other-events", &format!("{}/", self.site.base_url))
    }

    /// What the organizers wrote, where they did.
    pub fn reason(&self, reason: Option<&String>) -> Option<Block> {
        let lines = words::lines(reason?);
        (!lines.is_empty()).then(|| Block::Quote { label: self.say("mail-reason"), lines })
    }

    /// What takes the calendar entry away, where one was ever sent: who never had one must not get one by its
    /// cancellation. The sequence rises with every change and every end of an entry.
    pub fn cancellation(&self) -> Option<Method> {
        let registration = &self.letter.registration;
        (registration.sequence > 0 || registration.state.has_calendar_entry()).then_some(Method::Cancel)
    }

    /// That the calendar entry goes away, where it does.
    pub fn entry_removed(&self) -> Option<Block> {
        self.cancellation().map(|_| self.paragraph("mail-calendar-removed"))
    }

    fn footer(&self) -> Block {
        let known = self.letter.matter.greets();
        let why = if known { "mail-because-registered" } else { "mail-because-typed" };
        let mut lines = vec![self.say(why)];
        lines.extend(small_print::contact(self.words, self.event()));
        small_print::footer(lines, None, self.site)
    }
}

fn offers_a_choice(event: &Event) -> bool {
    event.registration.as_ref().is_some_and(|policy| policy.quotas.offered().count() > 1)
}
