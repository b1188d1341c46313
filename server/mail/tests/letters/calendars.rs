//! Which mail carries which calendar, and that one entry stays one entry through all of them.

use regatta_domain::calendar::Method;
use regatta_domain::event::EventStatus;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::Attendance;
use regatta_mail::{Matter, Standing};

use super::*;

fn method(letter: &Letter) -> Option<Method> {
    compose(letter, NOW).calendar
}

#[test]
fn each_kind_asks_for_what_is_right() {
    let requests = [
        "confirmed",
        "confirmed_online",
        "approved",
        "promoted",
        "changed",
        "event_changed",
        "event_moved_online",
        "event_postponed",
    ];
    let cancels = ["cancelled", "cancelled_by_organizer", "event_cancelled", "changed_on_the_waitlist"];
    for language in Language::ALL {
        for sample in samples(language) {
            let expected = if requests.contains(&sample.name) {
                Some(Method::Request)
            } else if cancels.contains(&sample.name) {
                Some(Method::Cancel)
            } else {
                None
            };
            assert_eq!(method(&sample.letter), expected, "{}", sample.name);
        }
    }
}

#[test]
fn the_mime_method_is_the_method_of_the_calendar() {
    for letter in all_samples() {
        let Some(method) = method(&letter) else {
            assert_eq!(calendar_of(&mail(&letter)), None);
            continue;
        };
        let outgoing = mail(&letter);
        let message = parsed(&outgoing.bytes);
        let part = message.parts.iter().find(|part| part.is_content_type("text", "calendar")).unwrap();
        assert_eq!(part.content_type().unwrap().attribute("method"), Some(method.as_str()));
        let ics = calendar_of(&outgoing).unwrap();
        assert!(ics.contains(&format!("METHOD:{}\r\n", method.as_str())));
        let file = message.attachments().find(|part| part.attachment_name() == Some("invite.ics")).unwrap();
        assert_eq!(file.contents(), part.contents());
    }
}

#[test]
fn one_entry_has_one_identity_and_one_organizer_for_life() {
    for letter in all_samples() {
        let Some(ics) = calendar_of(&mail(&letter)) else { continue };
        let ics = ics.replace("\r\n ", "");
        let About::Registration(about) = &letter.about else { panic!("only registrations have entries") };
        let Registration { id, sequence, .. } = &about.registration;
        for line in [
            format!("UID:{id}@regatta.example.org"),
            format!("SEQUENCE:{sequence}"),
            "ORGANIZER;CN=\"Regatta\":mailto:regatta@example.org".to_owned(),
            "LAST-MODIFIED:20260901T120000Z".to_owned(),
            "URL:https://regatta.example.org/events/sample-evening".to_owned(),
        ] {
            assert!(ics.split("\r\n").any(|found| found == line), "{line} is missing in {ics}");
        }
    }
}

#[test]
fn who_never_had_an_entry_gets_none_by_a_cancellation() {
    for name in ["cancelled", "cancelled_by_organizer", "event_cancelled", "changed_on_the_waitlist"] {
        let mut letter = sample(name);
        let registration = &mut registered(&mut letter).registration;
        registration.sequence = 0;
        registration.state = RegistrationState::Waitlisted;
        assert_eq!(method(&letter), None, "{name}");
        assert!(!text_of(&letter).contains("calendar"), "{name}");
    }
}

#[test]
fn who_waits_is_told_of_a_change_without_an_entry() {
    let letter = sample("event_changed_on_the_waitlist");
    assert_eq!(method(&letter), None);
    assert!(text_of(&letter).contains("You keep your place in line."));
    assert!(!text_of(&letter).contains("calendar"));
}

#[test]
fn the_place_is_that_of_who_takes_part_in_their_language() {
    for (language, name, place) in [
        (Language::English, "confirmed", "LOCATION:Hamburg\\, Germany"),
        (Language::English, "confirmed_online", "LOCATION:Online"),
        (Language::Chinese, "confirmed_online", "LOCATION:线上"),
        (Language::Chinese, "event_moved_online", "LOCATION:线上"),
    ] {
        let ics = calendar_of(&mail(&sample_in(language, name))).unwrap();
        assert!(ics.split("\r\n").any(|line| line == place), "{place} is missing in {ics}");
    }
    let mut letter = sample("confirmed_online");
    event_of(&mut letter).place = None;
    assert!(calendar_of(&mail(&letter)).unwrap().contains("LOCATION:Online\r\n"));
    registered(&mut letter).registration.attendance = Attendance::InPerson;
    assert!(!calendar_of(&mail(&letter)).unwrap().contains("LOCATION"));
}

#[test]
fn what_is_postponed_says_so_in_the_calendar() {
    for (language, summary) in [
        (Language::English, "SUMMARY:Postponed: Pipelines by the harbour"),
        (Language::Chinese, "SUMMARY:已延期：港口边的流水线"),
    ] {
        let mut letter = sample_in(language, "event_postponed");
        let ics = calendar_of(&mail(&letter)).unwrap();
        for line in [summary, "STATUS:TENTATIVE", "TRANSP:TRANSPARENT"] {
            assert!(ics.split("\r\n").any(|found| found == line), "{line} is missing in {ics}");
        }
        event_of(&mut letter).status = EventStatus::Rescheduled;
        let ics = calendar_of(&mail(&letter)).unwrap();
        assert!(ics.contains("STATUS:CONFIRMED") && !ics.contains("TRANSP"));
    }
}

#[test]
fn a_changed_registration_without_a_seat_says_where_it_stands() {
    let mut letter = sample("changed_on_the_waitlist");
    assert!(text_of(&letter).contains("You are number 2 in line on the waitlist."));
    registered(&mut letter).matter = Matter::Changed { standing: Standing::AwaitingApproval };
    assert!(text_of(&letter).contains("The organizers have not decided on it yet."));
}
