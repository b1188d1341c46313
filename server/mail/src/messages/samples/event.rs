//! The event that the samples are about, in words of their reader's language.

use jiff::ToSpan;
use jiff::civil::date;
use jiff::tz::TimeZone;
use regatta_domain::event::{Event, EventStatus, EventTime, Link, Place, RegistrationPolicy};
use regatta_domain::html::SafeHtml;
use regatta_domain::language::Language;
use regatta_domain::seats::Quotas;

/// What organizers and readers of a language might have written.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub name: &'static str,
    title: &'static str,
    summary: &'static str,
    place: &'static str,
    pub former_place: &'static str,
    pub city: &'static str,
    pub series: &'static str,
    recording: &'static str,
    pub reason: &'static str,
}

const ENGLISH: Words = Words {
    name: "Ada",
    title: "Pipelines by the harbour",
    summary: "An evening about deployments that nobody has to stay up for.",
    place: "Hamburg, Germany",
    former_place: "Bremen, Germany",
    city: "Hamburg",
    series: "Harbour evenings",
    recording: "All talks of the evening",
    reason: "The house has fewer seats than we were told.\nWe are sorry, and hope to see you in spring.",
};

const CHINESE: Words = Words {
    name: "周帆",
    title: "港口边的流水线",
    summary: "一个聊部署的夜晚，让谁都不必再熬夜上线。",
    place: "汉堡，德国",
    former_place: "不来梅，德国",
    city: "汉堡",
    series: "港口之夜",
    recording: "当晚全部演讲",
    reason: "场地的座位比原先告知的要少。\n非常抱歉，希望春天能与您见面。",
};

impl Words {
    pub fn of(language: Language) -> Self {
        match language {
            Language::English => ENGLISH,
            Language::Chinese => CHINESE,
        }
    }
}

/// An evening in Hamburg, on site and on the web.
pub(super) fn sample_event(words: Words) -> Option<Event> {
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    let at = |hour, minute| date(2026, 10, 8).at(hour, minute, 0, 0).to_zoned(zone.clone());
    let quotas = Quotas { in_person: Some(30), online: Some(200) };
    Some(Event {
        id: "sample-evening".parse().ok()?,
        slug: "sample-evening".parse().ok()?,
        formerly: Vec::new(),
        title: words.title.to_owned(),
        summary: words.summary.to_owned(),
        when: EventTime::At { start: at(18, 30).ok()?, end: at(21, 0).ok() },
        previous_start: None,
        place: Some(Place::Located(words.place.to_owned())),
        series: "harbour-evenings".parse().ok(),
        hosts: Vec::new(),
        topics: Vec::new(),
        links: Vec::new(),
        recordings: vec![Link {
            title: words.recording.to_owned(),
            url: "https://videos.example.org/harbour".to_owned(),
        }],
        contact: "harbour@example.org".parse().ok(),
        agenda: Vec::new(),
        registration: Some(RegistrationPolicy {
            waitlist: true,
            party_size: 4,
            ..RegistrationPolicy::plain(quotas)
        }),
        status: EventStatus::Published,
        sample: true,
        body: SafeHtml::default(),
    })
}

/// The same hours a day earlier.
pub(super) fn a_day_earlier(when: &EventTime) -> EventTime {
    let earlier = |time: &jiff::Zoned| time.checked_sub(1.day()).unwrap_or_else(|_| time.clone());
    match when {
        EventTime::Day(day) => EventTime::Day(day.saturating_sub(1.day())),
        EventTime::At { start, end } => {
            EventTime::At { start: earlier(start), end: end.as_ref().map(earlier) }
        }
    }
}
