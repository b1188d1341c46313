//! What is said to whom.

use regatta_domain::announcement::{EventFacts, Standing as EventStanding};
use regatta_domain::event::EventTime;
use regatta_domain::seats::Quotas;
use regatta_mail::Matter;

use super::*;

#[test]
fn a_bare_day_is_told_and_entered_as_a_day() {
    let mut letter = sample("confirmed");
    event_of(&mut letter).when = EventTime::Day("2020-06-19".parse().unwrap());
    assert!(text_of(&letter).contains("When: Friday, 19 June 2020\n"));
    assert!(calendar_of(&mail(&letter)).unwrap().contains("DTSTART;VALUE=DATE:20200619\r\n"));
}

#[test]
fn nobody_is_greeted_before_the_address_is_known_to_be_theirs() {
    for mut letter in all_samples() {
        let About::Registration(about) = &mut letter.about else { continue };
        about.registration.name = "Buy My Pills".parse().unwrap();
        let greets = about.matter.greets();
        let said = String::from_utf8(mail(&letter).bytes).unwrap();
        assert_eq!(text_of(&letter).contains("Buy My Pills"), greets);
        assert!(greets || !said.contains("Buy My Pills"));
    }
}

#[test]
fn the_seats_are_counted_where_there_are_several() {
    let mut letter = sample("confirmed");
    assert!(text_of(&letter).contains("you have a seat at"));
    assert!(!text_of(&letter).contains("Seats: "));
    registered(&mut letter).registration.party = 3;
    assert!(text_of(&letter).contains("you have 3 seats at"));
    assert!(text_of(&letter).contains("Seats: 3\n"));
}

#[test]
fn how_one_takes_part_is_said_where_there_is_a_choice() {
    let mut letter = sample("confirmed");
    assert!(text_of(&letter).contains("How: On site\n"));
    event_of(&mut letter).registration.as_mut().unwrap().quotas = Quotas::in_person(30);
    assert!(!text_of(&letter).contains("How:"));
    let online = text_of(&sample("confirmed_online"));
    assert!(online.contains("Where: Online\n") && !online.contains("Hamburg") && !online.contains("ticket"));
}

#[test]
fn a_change_says_what_was_only_where_it_was_different() {
    let mut letter = sample("event_changed");
    assert!(text_of(&letter).contains("instead of Bremen, Germany\n"));
    let about = registered(&mut letter);
    let (when, place) = (about.event.when.clone(), about.event.place.clone());
    let Matter::EventChanged { was } = &mut about.matter else { panic!() };
    was.place = place;
    let content = compose(&letter, NOW);
    assert_eq!(content.subject, "New time: Pipelines by the harbour");
    assert!(!text_of(&letter).contains("Bremen") && text_of(&letter).contains("instead of Wednesday"));
    registered(&mut letter).matter =
        Matter::EventChanged { was: EventFacts { when, place: None, standing: EventStanding::Postponed } };
    assert!(text_of(&letter).contains("was postponed. Now there is a time for it."));
    let Matter::EventChanged { was } = &mut registered(&mut letter).matter else { panic!() };
    was.standing = EventStanding::Cancelled;
    assert_eq!(compose(&letter, NOW).subject, "It takes place after all: Pipelines by the harbour");
}

#[test]
fn a_new_time_on_the_web_is_no_other_place() {
    let mut letter = sample("event_moved_online");
    let Matter::EventChanged { was } = &mut registered(&mut letter).matter else { panic!() };
    was.when = EventTime::Day("2026-10-01".parse().unwrap());
    assert_eq!(compose(&letter, NOW).subject, "New time, and online: Pipelines by the harbour");
    assert!(words_of(&letter).contains("has a new time, and takes place online now."));
}

#[test]
fn nobody_in_line_is_promised_a_seat_on_which_the_organizers_decide() {
    let mut letter = sample("waitlisted");
    assert!(words_of(&letter).contains("you get them together"));
    event_of(&mut letter).registration.as_mut().unwrap().approval = true;
    let words = words_of(&letter);
    assert!(!words.contains("you get them together"));
    assert!(words.contains("the organizers decide on your registration"), "{words}");
}

/// The text without its line breaks.
fn words_of(letter: &Letter) -> String {
    text_of(letter).replace('\n', " ")
}

#[test]
fn a_reminder_that_was_held_up_does_not_say_tomorrow_on_the_day() {
    let letter = sample("day_before");
    let subject = |moment: &str| compose(&letter, moment.parse().unwrap()).subject;
    assert_eq!(subject("2026-10-07T16:30:00Z"), "Tomorrow: Pipelines by the harbour");
    assert_eq!(
        subject("2026-10-07T22:30:00Z"),
        "Today: Pipelines by the harbour",
        "it is past midnight in Berlin"
    );
}

#[test]
fn recordings_are_told_and_none_is_promised() {
    let mut letter = sample("afterwards");
    assert!(text_of(&letter).contains("https://videos.example.org/harbour\n"));
    event_of(&mut letter).recordings[0].url = "/files/talk.webm".into();
    assert!(text_of(&letter).contains("https://regatta.example.org/files/talk.webm\n"));
    event_of(&mut letter).recordings.clear();
    assert!(text_of(&letter).contains("Should there be recordings"));
}

#[test]
fn no_title_and_no_name_becomes_a_header() {
    let hostile = "Evening\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>";
    for mut letter in all_samples() {
        letter.site.name = hostile.to_owned();
        match &mut letter.about {
            About::Registration(about) => {
                Arc::make_mut(&mut about.event).title = hostile.to_owned();
                if let Matter::ConfirmSeries { series, .. } = &mut about.matter {
                    hostile.clone_into(series);
                }
            }
            About::Follow(about) => {
                hostile.clone_into(&mut about.topic_name);
                if let FollowMatter::Published { event } = &mut about.matter {
                    Arc::make_mut(event).title = hostile.to_owned();
                }
            }
        }
        let outgoing = mail(&letter);
        let message = parsed(&outgoing.bytes);
        assert!(message.bcc().is_none());
        assert_eq!(outgoing.envelope.to().len(), 1);
        assert!(message.subject().unwrap().contains("Evening Bcc: eve@example.org <script>"));
        assert!(!message.body_html(0).unwrap().contains("<script"));
    }
}

#[test]
fn a_name_is_text_wherever_it_stands() {
    let mut letter = sample("confirmed");
    registered(&mut letter).registration.name = "周帆 <img src=x onerror=alert(1)>\";X=\"".parse().unwrap();
    assert!(text_of(&letter).contains("Hello 周帆 <img src=x onerror=alert(1)>\";X=\","));
    let outgoing = mail(&letter);
    let html = parsed(&outgoing.bytes).body_html(0).unwrap().into_owned();
    assert!(html.contains("Hello 周帆 &lt;img src=x onerror=alert(1)&gt;&quot;;X=&quot;,"));
    let ics = calendar_of(&outgoing).unwrap().replace("\r\n ", "");
    assert!(ics.contains(";CN=\"周帆 <img src=x onerror=alert(1)>^';X=^'\":mailto:ada@example.org"), "{ics}");
}

#[test]
fn the_organizers_words_are_quoted_and_stay_theirs() {
    let mut letter = sample("declined");
    registered(&mut letter).matter =
        Matter::Declined { reason: Some("One\r\n\r\n<b>Two</b> https://example.org".into()) };
    assert!(text_of(&letter).contains("The organizers write:\n> One\n> <b>Two</b> https://example.org\n"));
    registered(&mut letter).matter = Matter::Declined { reason: Some(" \n ".into()) };
    assert!(!text_of(&letter).contains("The organizers write"));
}
