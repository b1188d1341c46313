//! What an event's file says of registering, as the desk understands it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::Arc;

use jiff::Timestamp;
use regatta_content::Library;
use regatta_domain::event::{Event, EventStatus, InvitationCode, RegistrationPolicy};
use regatta_domain::questions::{Condition, QuestionKind};
use regatta_domain::seats::Quotas;

/// The event with these lines of front matter beside what every event has.
fn event(lines: &str) -> Arc<Event> {
    let dir = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("site.yaml", "name: Test\ntagline: T\ndescription: D.\n");
    put("series/evenings.md", "---\ntitle: Evenings\nsummary: S.\n---\nText\n");
    let start = "start: 2030-05-01 18:00\nzone: Europe/Berlin\n";
    put("events/e.md", &format!("---\nid: e\ntitle: E\nsummary: S.\n{start}{lines}---\n"));
    let library = Library::load(dir.path(), Timestamp::UNIX_EPOCH);
    assert!(library.problems().is_empty(), "{:?}", library.problems());
    let mut all = library.events().iter().chain(library.drafts());
    all.next().cloned().unwrap()
}

fn policy(lines: &str) -> RegistrationPolicy {
    event(lines).registration.clone().unwrap()
}

#[test]
fn what_is_not_said_is_plain() {
    let plain = RegistrationPolicy::plain(Quotas::in_person(5));
    assert_eq!(policy("registration: {capacity: 5}\n"), plain);
}

#[test]
fn the_kind_of_seats_goes_by_the_place() {
    let seats = |lines: &str| policy(lines).quotas;
    let online = Quotas { in_person: None, online: Some(5) };
    assert_eq!(seats("place: Hamburg\nregistration: {capacity: 5}\n"), Quotas::in_person(5));
    assert_eq!(seats("place: online\nregistration: {capacity: 5}\n"), online);
    assert_eq!(
        seats("place: Hamburg\nregistration: {quotas: {in_person: 5, online: 7}}\n"),
        Quotas { in_person: Some(5), online: Some(7) }
    );
    assert_eq!(
        seats("place: online\nstatus: moved_online\nregistration: {capacity: 5}\n"),
        Quotas::in_person(5),
        "who had a seat on site counts against the same seats"
    );
}

#[test]
fn everything_that_can_be_said_is_read() {
    let policy = policy(
        "registration:\n  capacity: 5\n  waitlist: true\n  hold_minutes: 10\n  party_size: 3\n  approval: true\n  \
         retention_days: 7\n  terms: {title: Rules, url: /rules}\n  invitation_codes: [ahoy-there, \
         'sha256:00000000000000000000000000000000000000000000000000000000000000FF']\n  opens: 2030-04-01 10:00\n",
    );
    assert_eq!((policy.hold_minutes, policy.party_size, policy.retention_days), (10, 3, 7));
    assert!(policy.waitlist && policy.approval);
    assert_eq!(policy.terms.unwrap().url, "/rules");
    assert_eq!(policy.opens.unwrap().to_string(), "2030-04-01T08:00:00Z");
    let mut digest = [0; 32];
    digest[31] = 255;
    assert_eq!(
        policy.invitations,
        [InvitationCode::Plain("ahoy-there".to_owned()), InvitationCode::Digest(digest)]
    );
}

#[test]
fn questions_are_read_in_order_with_their_conditions() {
    let policy = policy(
        "registration:\n  capacity: 5\n  questions:\n    - {id: meal, ask: Meal?, hint: Supper., type: choice, \
         choices: [Any, Vegan, Other], required: true}\n    - {id: which, ask: Which?, when: {meal: [Vegan, Other]}}\n    \
         - {id: notes, ask: Notes?, type: lines, when: {meal: Other}}\n    - {id: tools, ask: Tools?, type: \
         multiple_choice, choices: [A, 2]}\n    - {id: photos, ask: Photos?, type: consent}\n    - {id: name, ask: \
         Name?, when: {photos: yes}}\n",
    );
    let questions: Vec<_> = policy.questions.iter().collect();
    let ids: Vec<_> = questions.iter().map(|question| question.id.as_str()).collect();
    assert_eq!(ids, ["meal", "which", "notes", "tools", "photos", "name"]);
    assert!(questions[0].required && !questions[1].required);
    assert_eq!(questions[0].hint.as_deref(), Some("Supper."));
    assert_eq!(questions[2].kind, QuestionKind::Text { lines: true });
    assert_eq!(questions[3].kind, QuestionKind::MultipleChoice(vec!["A".into(), "2".into()]));
    let when = |question: &str, answers: &[&str]| {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Some(Condition { question: question.parse().unwrap(), answers })
    };
    assert_eq!(questions[1].condition, when("meal", &["Vegan", "Other"]));
    assert_eq!(questions[5].condition, when("photos", &["yes"]));
}

#[test]
fn every_status_is_read() {
    for (lines, status) in [
        ("", EventStatus::Published),
        ("status: draft\n", EventStatus::Draft),
        ("status: published\n", EventStatus::Published),
        ("status: rescheduled\n", EventStatus::Rescheduled),
        ("status: moved_online\nplace: online\n", EventStatus::MovedOnline),
        ("status: postponed\n", EventStatus::Postponed),
        ("status: cancelled\n", EventStatus::Cancelled),
    ] {
        assert_eq!(event(lines).status, status, "{lines}");
    }
}

/// A file that could not be read any more would keep its cancellation from everybody.
#[test]
fn what_was_moved_can_be_postponed_and_cancelled_as_its_file_stands() {
    for status in ["moved_online", "rescheduled", "postponed", "cancelled"] {
        let event = event(&format!(
            "status: {status}\nplace: online\nprevious_start: 2030-04-01 18:00\n\
             registration: {{quotas: {{in_person: 5, online: 7}}}}\n"
        ));
        let quotas = event.registration.as_ref().unwrap().quotas;
        assert_eq!(quotas, Quotas { in_person: Some(5), online: Some(7) }, "{status}");
        assert!(event.previous_start.is_some(), "{status}");
    }
}

#[test]
fn where_it_was_before_and_what_came_of_it() {
    let event = event(
        "status: rescheduled\nprevious_start: 2030-04-01 18:00\nseries: evenings\ncontact: crew@example.org\n\
         recordings: [{title: The talk, url: 'https://example.org/talk'}]\n",
    );
    assert_eq!(
        event.previous_start.as_ref().unwrap().to_string(),
        "2030-04-01T18:00:00+02:00[Europe/Berlin]"
    );
    assert_eq!(event.series.as_ref().unwrap().as_str(), "evenings");
    assert_eq!(event.contact.as_ref().unwrap().as_str(), "crew@example.org");
    assert_eq!(event.recordings[0].title, "The talk");
}
