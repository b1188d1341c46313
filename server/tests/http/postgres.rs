//! The same portal on PostgreSQL, and two portals on one database.

use http::StatusCode;
use jiff::SignedDuration;
use regatta_trial_database::TrialServer;

use crate::editor::no_zero_byte;
use crate::support::{Harbour, event, link, property, registering};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

async fn portal(database: &str, policy: &str) -> Harbour {
    let settings = [("REGATTA__DATABASE__URL", database), ("REGATTA__SECRET_KEY", KEY)];
    let files = [("events/open.md", event("open", "An open meetup", &registering(policy)))];
    Harbour::configured(&files, &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_from_the_first_click_to_the_next_in_line() {
    let database = TrialServer::shared().database().await;
    let harbour = portal(&database, "capacity: 1, waitlist: true, party_size: 2").await;
    let manage = harbour.register_and_confirm("open", ADA).await;
    let late = harbour.sign_up("open", &[("name", "Bob"), ("email", BOB), ("party", "1")]).await;
    assert_eq!(late.location(), "/events/open/registered?place=waitlist");
    let confirm = link(&harbour.last_mail_to(BOB).await, "/registrations/confirm/");
    assert_eq!(harbour.post(&confirm, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(harbour.mails().await.len(), 4, "Bob is told where he stands");
    let refused = harbour.post(&format!("{manage}/change"), &[("party", "2")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert_eq!(harbour.get(&format!("{manage}/ticket")).await.status, StatusCode::OK);
    harbour.post(&format!("{manage}/cancel"), &[]).await;
    let promoted = harbour.last_mail_to(BOB).await.calendar.expect("a calendar part");
    assert_eq!(property(&promoted, "METHOD"), "REQUEST");
    assert_eq!(harbour.seats("open").await.taken, 1);
    assert_eq!(harbour.mails().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_began_at_one_portal_goes_on_at_the_other() {
    let database = TrialServer::shared().database().await;
    let (one, other) = (portal(&database, "capacity: 2").await, portal(&database, "capacity: 2").await);
    // The form of one is sent to the other, as behind a balancer of load.
    let token = one.token("/events/open").await;
    let fields = [("name", "Ada"), ("email", ADA), ("form", token.as_str())];
    assert_eq!(other.post("/events/open/register", &fields).await.status, StatusCode::SEE_OTHER);
    let asked = one.last_mail_to(ADA).await;
    let confirmed = other.post(&link(&asked, "/registrations/confirm/"), &[]).await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER);
    let page = one.get(confirmed.location()).await;
    assert!(page.status == StatusCode::OK && page.body.contains("You have a seat"), "{}", page.body);
    let (at_one, at_other) = (one.mails().await.len(), other.mails().await.len());
    assert_eq!(at_one + at_other, 2, "each mail goes out once, from whichever portal");
    for harbour in [&one, &other] {
        assert_eq!(harbour.seats("open").await.taken, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_portals_give_away_no_seat_twice() {
    let database = TrialServer::shared().database().await;
    let policy = "capacity: 5, waitlist: true";
    let portals = [portal(&database, policy).await, portal(&database, policy).await];
    let mut sent = Vec::new();
    for (number, harbour) in portals.iter().cycle().take(40).enumerate() {
        let token = harbour.token("/events/open").await;
        sent.push((harbour, token, format!("visitor{number}@example.org")));
    }
    for harbour in &portals {
        harbour.later(SignedDuration::from_secs(4));
    }
    let posts = sent.iter().map(|(harbour, token, address)| async move {
        let fields = [("name", "Visitor"), ("email", address.as_str()), ("form", token.as_str())];
        harbour.post("/events/open/register", &fields).await
    });
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::SEE_OTHER));
    let seated = answers.iter().filter(|answer| answer.location().ends_with("place=seat")).count();
    assert_eq!(seated, 5);
    let seats = portals[0].seats("open").await;
    assert_eq!((seats.taken, seats.waiting), (5, 35));
    let mails = portals[0].mails().await.len() + portals[1].mails().await.len();
    assert_eq!(mails, 40, "each of them is told, once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zero_byte_in_a_text_is_refused_before_the_database_is_asked() {
    let database = TrialServer::shared().database().await;
    no_zero_byte(&portal(&database, "capacity: 1").await).await;
}
