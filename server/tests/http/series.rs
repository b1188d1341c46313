//! Registering for a whole series: one form, one mail, a registration for each date.

use http::StatusCode;

use crate::support::{Harbour, event, link, property};

const ADA: &str = "ada@example.org";
const SERIES: &str = "---\ntitle: CI/CD evenings\nsummary: A series.\n---\nText.\n";

fn date(id: &str, day: u8, capacity: u32) -> (String, String) {
    let more = format!(
        "series: cicd\nstart: 2026-07-{day:02} 18:00\nzone: UTC\nregistration: {{capacity: {capacity}, waitlist: true}}"
    );
    (format!("events/{id}.md"), event(id, &format!("Evening {id}"), &more))
}

async fn harbour(dates: &[(String, String)]) -> Harbour {
    let mut files = vec![("series/cicd.md", SERIES.to_owned())];
    files.extend(dates.iter().map(|(name, text)| (name.as_str(), text.clone())));
    Harbour::with(&files).await
}

async fn register(harbour: &Harbour, address: &str) -> crate::support::Answer {
    let fields = [("name", "Ada"), ("email", address)];
    harbour.fill_in("/series/cicd", "/series/cicd/register", &fields).await
}

#[tokio::test]
async fn one_confirmation_gives_a_seat_at_every_date_each_with_its_own_entry() {
    let harbour = harbour(&[date("one", 1, 2), date("two", 8, 2), date("three", 15, 2)]).await;
    let answer = register(&harbour, ADA).await;
    assert_eq!(answer.location(), "/series/cicd/registered", "{}", answer.body);
    assert_eq!(harbour.get(answer.location()).await.status, StatusCode::OK);
    let asked = harbour.mails().await;
    assert_eq!(asked.len(), 1, "one mail asks for all of it");
    let confirm = link(&asked[0], "/registrations/confirm/");
    assert!(harbour.get(&confirm).await.body.contains("Evening three"));
    assert_eq!(harbour.post(&confirm, &[]).await.status, StatusCode::SEE_OTHER);
    let mails = harbour.mails().await;
    assert_eq!(mails.len(), 4, "each date has its own");
    let mut entries: Vec<_> =
        mails[1..].iter().map(|mail| property(mail.calendar.as_ref().unwrap(), "UID")).collect();
    entries.sort();
    entries.dedup();
    assert_eq!(entries.len(), 3);
    for name in ["one", "two", "three"] {
        assert_eq!(harbour.seats(name).await.taken, 1, "{name}");
    }
}

#[tokio::test]
async fn whoever_registers_again_reads_the_same() {
    let harbour = harbour(&[date("one", 1, 5), date("two", 8, 5)]).await;
    register(&harbour, ADA).await;
    let (known, unknown) = (register(&harbour, ADA).await, register(&harbour, "bob@example.org").await);
    assert_eq!((known.status, known.location()), (unknown.status, unknown.location()));
    assert_eq!(harbour.seats("one").await.taken, 2, "Ada once, Bob once");
}

#[tokio::test]
async fn mistakes_are_told_with_what_was_typed() {
    let harbour = harbour(&[date("one", 1, 5), date("two", 8, 5)]).await;
    let refused = register(&harbour, "ada").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"ada\"") && refused.body.contains("value=\"Ada\""));
    let stale = harbour.post("/series/cicd/register", &[("name", "Ada"), ("email", ADA)]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.body.contains("open for a long time"), "{}", stale.body);
    assert_eq!(harbour.get("/series/cicd/register").await.location(), "/series/cicd#register");
    for path in ["/series/none", "/series/none/registered"] {
        assert_eq!(harbour.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(harbour.mails().await.is_empty());
}

#[tokio::test]
async fn one_date_alone_is_no_series_to_register_for() {
    let harbour = harbour(&[date("one", 1, 5)]).await;
    let page = harbour.get("/series/cicd").await.body;
    assert!(page.contains("Evening one") && !page.contains("name=\"email\""), "{page}");
    let posted = harbour.post("/series/cicd/register", &[("name", "Ada"), ("email", ADA)]).await;
    assert_eq!(posted.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn all_dates_are_given_up_with_one_button_and_each_entry_goes() {
    let harbour = harbour(&[date("one", 1, 2), date("two", 8, 2)]).await;
    register(&harbour, ADA).await;
    let confirm = link(&harbour.mails().await[0], "/registrations/confirm/");
    let own = harbour.post(&confirm, &[]).await.location().to_owned();
    let page = harbour.get(&own).await.body;
    assert!(page.contains(&format!("action=\"{own}/cancel-all\"")), "{page}");
    assert_eq!(harbour.get(&format!("{own}/cancel-all")).await.status, StatusCode::OK);
    assert_eq!(harbour.seats("one").await.taken, 1, "looking gives nothing up");
    let given_up = harbour.post(&format!("{own}/cancel-all"), &[]).await;
    assert_eq!((given_up.status, given_up.location()), (StatusCode::SEE_OTHER, own.as_str()));
    for name in ["one", "two"] {
        assert_eq!(harbour.seats(name).await.taken, 0, "{name}");
    }
    let mails = harbour.mails().await;
    let cancelled = mails.iter().filter_map(|mail| mail.calendar.as_ref());
    assert_eq!(cancelled.filter(|calendar| property(calendar, "METHOD") == "CANCEL").count(), 2);
}
