//! Made-up values to render pages from. Every text that a visitor or an author may write carries markup, so that each
//! page shows whether it escapes.

use std::sync::Arc;

use jiff::Timestamp;
use regatta_app::forms::{RegisterErrors, RegisterForm};
use regatta_app::pages::event::EventView;
use regatta_app::shell::{Assets, Shell};
use regatta_domain::event::{
    AgendaItem, Event, EventStatus, EventTime, InvitationCode, Link, Place, RegistrationPolicy, Speaker,
};
use regatta_domain::html::SafeHtml;
use regatta_domain::ids::{RegistrationId, RunId};
use regatta_domain::language::Language;
use regatta_domain::page::StandingPage;
use regatta_domain::people::Ambassador;
use regatta_domain::pipeline::{Needs, Plan, PlannedJob};
use regatta_domain::post::Post;
use regatta_domain::questions::{Answers, Condition, Question, QuestionKind, Questions};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::run::{RunEvent, RunFact, RunState, RunView, Stream};
use regatta_domain::seats::{Attendance, Quotas, SeatCount, Seats};
use regatta_domain::series::Series;
use regatta_domain::site::{Project, Site};

/// What a hostile hand would type anywhere; it must never arrive as markup.
pub const HOSTILE: &str = "</title></textarea><script>alert('x')</script>\"'&amp;<!>";

pub const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

pub fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub fn shell() -> Shell {
    let project = Project {
        name: "Tekton".into(),
        summary: "Building blocks for pipelines".into(),
        url: Some("https://tekton.dev".into()),
    };
    Shell {
        site: Arc::new(Site {
            name: "Regatta".into(),
            tagline: "Where the delivery community meets".into(),
            description: "Profiles, meetups, news and a playground.".into(),
            projects: vec![project],
            ..Site::default()
        }),
        base_url: "https://cd.example.org".into(),
        assets: Assets {
            stylesheet: "/assets/site-1.css".into(),
            elements_js: "/assets/elements-2.js".into(),
            islands_boot_js: Some("/assets/islands-3.js".into()),
            editor_js: Some("/assets/editor-6.js".into()),
            icon: "/assets/icon-4.svg".into(),
            preload_fonts: vec!["/assets/display-5.woff2".into()],
        },
        standing: vec![Link { title: "Privacy".into(), url: "/privacy".into() }],
        development: false,
    }
}

#[expect(clippy::disallowed_methods, reason = "stands for what the sanitiser lets through")]
pub fn html(html: &str) -> SafeHtml {
    SafeHtml::trust(html.to_owned())
}

/// A meetup to come, in Berlin, with four seats.
pub fn meetup() -> Event {
    let at = |time: &str| format!("2026-12-10T{time}[Europe/Berlin]").parse().unwrap();
    let talk = AgendaItem {
        title: "Sails and pipelines".into(),
        start: Some(at("18:30")),
        speakers: vec![
            Speaker {
                name: "Ada".into(),
                affiliation: Some("Engineer, Analytical Engines".into()),
                ambassador: Some("ada".parse().unwrap()),
            },
            Speaker { name: "Grace".into(), affiliation: None, ambassador: None },
        ],
        body: html("<p>How to set them.</p>"),
    };
    Event {
        id: "harbour-2026".parse().unwrap(),
        slug: "harbour-evening".parse().unwrap(),
        formerly: vec![],
        title: "Harbour evening".into(),
        summary: "An evening on pipelines.".into(),
        when: EventTime::At { start: at("18:00"), end: Some(at("20:00")) },
        previous_start: None,
        place: Some(Place::Located("Berlin, Germany".into())),
        series: None,
        hosts: vec!["The crew".into()],
        topics: vec!["Tekton".into()],
        links: vec![Link { title: "Recording".into(), url: "https://example.org/recording".into() }],
        recordings: vec![],
        contact: None,
        agenda: vec![talk],
        registration: Some(RegistrationPolicy {
            waitlist: true,
            ..RegistrationPolicy::plain(Quotas::in_person(4))
        }),
        status: EventStatus::Published,
        sample: true,
        body: html("<p>Come <em>aboard</em>.</p>"),
    }
}

/// Rules that use everything there is: both kinds of seats, parties, approval, a code, terms, and every kind of question.
pub fn everything() -> RegistrationPolicy {
    let question = |id: &str, kind: QuestionKind, required: bool| Question {
        id: id.parse().unwrap(),
        label: format!("Label of {id}"),
        hint: Some(format!("Hint of {id}")),
        kind,
        required,
        condition: None,
    };
    let choices = || vec!["Vegan".to_owned(), "Other".to_owned()];
    let which = Question {
        condition: Some(Condition { question: "meal".parse().unwrap(), answers: vec!["Other".into()] }),
        ..question("which", QuestionKind::Text { lines: false }, true)
    };
    let questions = vec![
        question("meal", QuestionKind::Choice(choices()), true),
        which,
        question("tools", QuestionKind::MultipleChoice(choices()), false),
        question("notes", QuestionKind::Text { lines: true }, false),
        question("photos", QuestionKind::Consent, false),
    ];
    RegistrationPolicy {
        waitlist: true,
        party_size: 3,
        approval: true,
        invitations: vec![InvitationCode::Plain("ahoy-there".into())],
        questions: Questions::new(questions).unwrap(),
        terms: Some(Link { title: "House rules".into(), url: "/rules".into() }),
        ..RegistrationPolicy::plain(Quotas { in_person: Some(4), online: Some(50) })
    }
}

/// A meetup with [`everything`].
pub fn rich_meetup() -> Event {
    Event { registration: Some(everything()), ..meetup() }
}

pub fn series() -> Series {
    Series {
        slug: "evenings".parse().unwrap(),
        title: "Harbour evenings".into(),
        summary: "One each month.".into(),
        body: html("<p>Come <em>often</em>.</p>"),
    }
}

/// On site so many seats are taken and awaited; nobody is online.
pub fn seats(taken: u32, waiting: u32) -> Seats {
    Seats { in_person: SeatCount { taken, waiting }, online: SeatCount::default() }
}

/// A meetup's page as it is at first, with its seats free.
pub fn event_view(event: Event) -> EventView {
    EventView {
        event: Arc::new(event),
        series: None,
        now: now(),
        seats: Some(seats(0, 0)),
        form: RegisterForm::fresh(Language::English, "handed-out-at-noon".into()),
        errors: RegisterErrors::default(),
    }
}

/// A meetup of which only the day and an agenda without times are known.
pub fn past_meetup() -> Event {
    let talk = |title: &str| AgendaItem {
        title: title.into(),
        start: None,
        speakers: vec![],
        body: SafeHtml::default(),
    };
    Event {
        id: "china-2".parse().unwrap(),
        slug: "second-cicd-meetup-china".parse().unwrap(),
        title: "Second CI/CD meetup in China".into(),
        when: EventTime::Day(jiff::civil::date(2020, 6, 19)),
        place: None,
        hosts: vec![],
        links: vec![],
        agenda: vec![talk("Code review"), talk("Test environments")],
        registration: None,
        sample: false,
        ..meetup()
    }
}

pub fn post() -> Post {
    Post {
        slug: "kata".parse().unwrap(),
        title: "Screwdriver moves to Kata".into(),
        summary: "Why and how.".into(),
        date: None,
        authors: vec![],
        topics: vec!["Screwdriver".into()],
        body: html("<p>Once there was a hypervisor.</p>"),
    }
}

pub fn ambassador() -> Ambassador {
    Ambassador {
        slug: "eduardo".parse().unwrap(),
        name: "Eduardo".into(),
        affiliation: Some("Performance engineer, Red Hat".into()),
        location: None,
        summary: "A performance engineer.".into(),
        interests: vec!["Research computing".into()],
        links: vec![],
        body: html("<p>Works on performance.</p>"),
    }
}

pub fn standing_page() -> StandingPage {
    StandingPage {
        slug: "privacy".parse().unwrap(),
        title: "Privacy".into(),
        summary: "What is kept.".into(),
        body: html("<p>Little.</p>"),
    }
}

pub fn registration(state: RegistrationState) -> Registration {
    Registration {
        id: ID.parse::<RegistrationId>().unwrap(),
        event: "harbour-2026".parse().unwrap(),
        name: "Ada".parse().unwrap(),
        email: "ada@example.org".parse().unwrap(),
        language: Language::English,
        attendance: Attendance::InPerson,
        party: 1,
        answers: Answers::default(),
        state,
        place: 1,
        booking: None,
        held_until: "2026-11-22T12:30:00Z".parse().unwrap(),
        seated_at: None,
        purge_at: "2027-03-10T18:00:00Z".parse().unwrap(),
        generation: 1,
        sequence: 0,
        version: 1,
        created_at: now(),
        updated_at: now(),
    }
}

pub fn plan() -> Plan {
    let job = |name: &str, all: Vec<usize>| PlannedJob {
        name: name.into(),
        needs: Needs::successes(&all, &[]),
        image: "host-tools".into(),
        steps: vec!["one".into()],
        cell: None,
    };
    Plan { jobs: vec![job("hull", vec![]), job("launch", vec![0])], stages: vec![] }
}

pub fn run_id() -> RunId {
    ID.parse().unwrap()
}

/// A run of [`plan`] that printed one line and is in `state`.
pub fn run(state: RunState) -> RunView {
    let mut view = RunView::queued(&plan());
    let line = RunFact::Line { job: 0, step: 0, stream: Stream::Out, text: HOSTILE.into(), spans: vec![] };
    for (seq, what) in (1..).zip([line, RunFact::Run { state, reason: None }]) {
        view.apply(&RunEvent { seq, at_ms: seq * 10, what });
    }
    view
}
