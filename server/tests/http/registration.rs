//! Registration through the pages and the mails, from the first click to the last.

use http::StatusCode;
use jiff::SignedDuration;

use crate::support::{Harbour, event, link, registering};

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn a_seat_from_the_first_click_to_giving_it_up() {
    let harbour = Harbour::open().await;
    let answer = harbour.sign_up("open", &[("name", "Ada L."), ("email", ADA)]).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::SEE_OTHER, "/events/open/registered?place=seat")
    );
    assert_eq!(harbour.get(answer.location()).await.status, StatusCode::OK);
    assert_eq!(harbour.seats("open").await.taken, 1);

    let asked = harbour.last_mail_to(ADA).await;
    assert!(!asked.raw.contains("Ada L."), "nothing typed is in a mail before the address is confirmed");
    let confirm = link(&asked, "/registrations/confirm/");
    assert!(
        asked.text.contains("https://harbour.example.org/registrations/confirm/"),
        "links come from the base URL"
    );

    let confirmed = harbour.post(&confirm, &[]).await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER);
    let second = harbour.last_mail_to(ADA).await;
    assert!(second.text.contains("Ada L."));
    let calendar = second.calendar.expect("a calendar part");
    assert!(
        calendar.contains("METHOD:REQUEST")
            && calendar.contains("DTSTART;TZID=Europe/Berlin:20260701T180000")
    );

    let manage = confirmed.location().to_owned();
    let page = harbour.get(&manage).await;
    assert_eq!(
        (page.status, page.headers["cache-control"].to_str().unwrap()),
        (StatusCode::OK, "private, no-store")
    );
    let file = harbour.get(&format!("{manage}/calendar.ics")).await;
    let uid = |text: &str| text.lines().find(|line| line.starts_with("UID:")).unwrap().to_owned();
    assert_eq!(uid(&file.body), uid(&calendar), "both are one entry in a calendar");

    assert_eq!(harbour.post(&format!("{manage}/cancel"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(harbour.seats("open").await.taken, 0);
    let last = harbour.last_mail_to(ADA).await;
    assert!(last.calendar.expect("a calendar part").contains("METHOD:CANCEL"));
    assert_eq!(harbour.mails().await.len(), 3);
}

#[tokio::test]
async fn opening_links_changes_nothing() {
    let harbour = Harbour::open().await;
    let confirm = harbour.register("open", ADA).await;
    for _ in 0..3 {
        assert_eq!(harbour.get(&confirm).await.status, StatusCode::OK);
    }
    assert_eq!(harbour.mails().await.len(), 1, "looking confirms nothing");
    let manage = harbour.post(&confirm, &[]).await.location().to_owned();
    for path in [manage.clone(), format!("{manage}/cancel")] {
        assert_eq!(harbour.get(&path).await.status, StatusCode::OK);
    }
    assert_eq!(harbour.seats("open").await.taken, 1, "looking gives nothing up");
    assert_eq!(harbour.mails().await.len(), 2);
}

#[tokio::test]
async fn confirming_twice_mails_once() {
    let harbour = Harbour::open().await;
    let confirm = harbour.register("open", ADA).await;
    let (first, second) = (harbour.post(&confirm, &[]).await, harbour.post(&confirm, &[]).await);
    assert_eq!(first.location(), second.location());
    assert_eq!(harbour.mails().await.len(), 2);
}

#[tokio::test]
async fn mistakes_are_told_beside_the_field_and_nothing_is_stored() {
    let harbour = Harbour::open().await;
    let long = "x".repeat(20_000);
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("name", "Ada"), ("email", "ada")], "does not look like an e-mail address"),
        (&[("name", ""), ("email", ADA)], "Enter the name"),
        (&[], "Enter your e-mail address"),
        (&[("name", &long), ("email", ADA)], "too long"),
        (&[("name", "Ada"), ("email", &long)], "too long"),
        (&[("name", "Ada\u{202e}"), ("email", ADA)], "cannot be printed"),
    ];
    for (fields, words) in cases {
        let answer = harbour.sign_up("open", fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(answer.body.contains(words), "{words}");
        for (_, value) in *fields {
            // What is far too long is cut where it is noticed.
            let kept: String = value.chars().take(80).collect();
            assert!(answer.body.contains(&format!("value=\"{kept}")), "the input is kept: {words}");
        }
    }
    assert_eq!(harbour.seats("open").await.taken, 0);
    assert!(harbour.mails().await.is_empty());
}

#[tokio::test]
async fn a_form_beyond_all_measure_is_refused_before_it_is_read() {
    let harbour = Harbour::open().await;
    let huge = "x".repeat(200_000);
    let answer = harbour.sign_up("open", &[("name", &huge), ("email", ADA)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("<h1"));
}

#[tokio::test]
async fn where_one_cannot_register_nothing_is_stored() {
    let harbour = Harbour::with(&[
        (
            "events/closed.md",
            event("closed", "Closed", &registering("capacity: 2, closes: 2026-05-20 10:00")),
        ),
        ("events/early.md", event("early", "Early", &registering("capacity: 2, opens: 2026-06-20 10:00"))),
        (
            "events/past.md",
            event("past", "Past", "start: 2026-05-01 10:00\nzone: UTC\nregistration: {capacity: 2}"),
        ),
        ("events/off.md", event("off", "Off", &format!("status: cancelled\n{}", registering("capacity: 2")))),
        ("events/plain.md", event("plain", "Plain", "date: 2026-07-01")),
    ])
    .await;
    assert!(
        harbour.open.portal.shelf.library().problems().is_empty(),
        "{:?}",
        harbour.open.portal.shelf.library().problems()
    );
    for (name, words) in [
        ("closed", "has closed"),
        ("early", "not open yet"),
        ("past", "is over"),
        ("off", "was cancelled"),
        ("plain", "does not register here"),
    ] {
        let fields = [("name", "Ada"), ("email", ADA)];
        let answer = harbour.post(&format!("/events/{name}/register"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(answer.body.contains(words), "{name}: {}", answer.body);
        assert_eq!(harbour.seats(name).await.taken, 0, "{name}");
    }
    let unknown = harbour.post("/events/none/register", &[("name", "Ada"), ("email", ADA)]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.body.contains("no meetup at this address"));
    assert!(harbour.mails().await.is_empty());
}

#[tokio::test]
async fn a_second_registration_answers_alike_and_takes_no_seat() {
    let harbour = Harbour::open().await;
    harbour.register_and_confirm("open", ADA).await;
    let again = harbour.sign_up("open", &[("name", "Eve"), ("email", "ADA@example.org")]).await;
    let other = harbour.sign_up("open", &[("name", "Bob"), ("email", "bob@example.org")]).await;
    assert_eq!((again.status, again.location()), (other.status, other.location()));
    assert_eq!(harbour.get(again.location()).await.body, harbour.get(other.location()).await.body);
    assert_eq!(harbour.seats("open").await.taken, 2, "Ada once, Bob once");
    let told = harbour.last_mail_to(ADA).await;
    assert!(!told.raw.contains("Eve"));
    let page = harbour.get(&link(&told, "/registrations/manage/")).await;
    assert_eq!(page.status, StatusCode::OK);
}

#[tokio::test]
async fn who_comes_late_waits_and_moves_up() {
    let harbour = Harbour::open().await;
    let first = harbour.register_and_confirm("open", ADA).await;
    harbour.register_and_confirm("open", "bob@example.org").await;
    let late = harbour.sign_up("open", &[("name", "Cleo"), ("email", "cleo@example.org")]).await;
    assert_eq!(late.location(), "/events/open/registered?place=waitlist");
    assert!(harbour.get(late.location()).await.body.contains("waitlist"));
    let confirm = link(&harbour.last_mail_to("cleo@example.org").await, "/registrations/confirm/");
    let own = harbour.post(&confirm, &[]).await.location().to_owned();
    let waiting = harbour.get(&own).await;
    assert!(waiting.body.contains("waitlist"), "{}", waiting.body);

    harbour.post(&format!("{first}/cancel"), &[]).await;
    let promoted = harbour.last_mail_to("cleo@example.org").await;
    assert!(promoted.calendar.expect("a calendar part").contains("METHOD:REQUEST"));
    assert_eq!(harbour.seats("open").await.taken, 2);
}

#[tokio::test]
async fn a_seat_that_nobody_confirms_goes_to_others() {
    let harbour = Harbour::open().await;
    let confirm = harbour.register("open", ADA).await;
    harbour.later(SignedDuration::from_mins(31));
    let answer = harbour.post(&confirm, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "too late is told, not forgiven");
    assert_eq!(harbour.seats("open").await.taken, 0);
}

#[tokio::test]
async fn one_network_cannot_take_every_seat_and_write_to_everybody() {
    let policy = registering("capacity: 500, waitlist: true");
    let harbour = Harbour::with(&[("events/open.md", event("open", "Many seats", &policy))]).await;
    for n in 0..60 {
        harbour.register("open", &format!("visitor{n}@example.org")).await;
    }
    let fields = [("name", "One too many"), ("email", "late@example.org")];
    let refused = harbour.sign_up("open", &fields).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after") && refused.body.contains("value=\"One too many\""));
    assert_eq!(harbour.seats("open").await.taken, 60);
    harbour.later(SignedDuration::from_mins(61));
    assert_eq!(harbour.sign_up("open", &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn made_up_links_open_nothing() {
    let harbour = Harbour::open().await;
    let confirm = harbour.register("open", ADA).await;
    let mut forged = confirm.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    let as_manage = confirm.replace("/confirm/", "/manage/") + "/cancel";
    for path in [forged.as_str(), "/registrations/confirm/x", "/registrations/manage/%00"] {
        assert_eq!(harbour.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(harbour.post(&forged, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        harbour.post(&as_manage, &[]).await.status,
        StatusCode::NOT_FOUND,
        "a link does what it was made for"
    );
    assert_eq!(harbour.seats("open").await.taken, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_at_once_for_the_last_seat_and_exactly_one_gets_it() {
    let policy = registering("capacity: 1, waitlist: true");
    let harbour = Harbour::with(&[("events/open.md", event("open", "One seat", &policy))]).await;
    let addresses: Vec<String> = (0..8).map(|n| format!("visitor{n}@example.org")).collect();
    let posts = addresses.iter().map(|address| {
        let fields = [("name", "Visitor"), ("email", address.as_str())];
        let harbour = &harbour;
        async move { harbour.sign_up("open", &fields).await }
    });
    let answers = futures_util::future::join_all(posts).await;
    let with_a_seat = answers.iter().filter(|answer| answer.location().ends_with("place=seat")).count();
    assert_eq!(with_a_seat, 1);
    let seats = harbour.seats("open").await;
    assert_eq!((seats.taken, seats.waiting), (1, 7));
    assert_eq!(harbour.mails().await.len(), 8, "each of them is told");
}
