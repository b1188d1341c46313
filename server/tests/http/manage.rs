//! What owners do by the links in their mails, from the first click to being forgotten.

use http::StatusCode;
use jiff::SignedDuration;
use regatta_registration::verify_ticket;

use crate::support::{Harbour, event, link, property, registering};

const ADA: &str = "ada@example.org";
const BOB: &str = "bob@example.org";

/// Two seats on site, five on the web, parties, questions.
async fn rich() -> Harbour {
    let policy = registering(
        "quotas: {in_person: 2, online: 5}, waitlist: true, party_size: 3, questions: [{id: meal, ask: Meal, type: choice, \
         choices: [Vegan, Other], required: true}, {id: which, ask: Which one, required: true, when: {meal: Other}}]",
    );
    Harbour::with(&[("events/open.md", event("open", "A rich meetup", &policy))]).await
}

fn answers(address: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("name", "Ada"),
        ("email", address),
        ("attendance", "in_person"),
        ("party", "1"),
        ("q-meal", "Vegan"),
    ]
}

/// Registers, confirms, and returns the path of the registration's page.
async fn seated(harbour: &Harbour, address: &'static str) -> String {
    let answer = harbour.sign_up("open", &answers(address)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let confirm = link(&harbour.last_mail_to(address).await, "/registrations/confirm/");
    harbour.post(&confirm, &[]).await.location().to_owned()
}

#[tokio::test]
async fn one_entry_lives_in_a_calendar_from_the_first_mail_to_the_last() {
    let harbour = rich().await;
    let manage = seated(&harbour, ADA).await;
    let first = harbour.last_mail_to(ADA).await.calendar.expect("a calendar part");
    assert_eq!((property(&first, "METHOD"), property(&first, "SEQUENCE")), ("REQUEST".into(), "0".into()));

    let change = [("attendance", "online"), ("party", "2"), ("q-meal", "Other"), ("q-which", "Halal")];
    let changed = harbour.post(&format!("{manage}/change"), &change).await;
    assert_eq!(changed.location(), format!("{manage}?done=changed"), "{}", changed.body);
    let page = harbour.get(changed.location()).await.body;
    assert!(page.contains("was changed") && page.contains("Halal"), "{page}");
    let second = harbour.last_mail_to(ADA).await.calendar.expect("a calendar part");
    let file = harbour.get(&format!("{manage}/calendar.ics")).await.body;
    for later in [&second, &file] {
        assert_eq!(property(later, "UID"), property(&first, "UID"));
        assert_eq!(property(later, "SEQUENCE"), "1");
    }
    assert_eq!(harbour.seats("open").await.taken, 0, "they moved to the web");

    harbour.post(&format!("{manage}/cancel"), &[]).await;
    let last = harbour.last_mail_to(ADA).await.calendar.expect("a calendar part");
    assert_eq!((property(&last, "METHOD"), property(&last, "SEQUENCE")), ("CANCEL".into(), "2".into()));
    assert_eq!(property(&last, "UID"), property(&first, "UID"));
}

#[tokio::test]
async fn a_seat_given_back_goes_to_the_first_in_line_with_a_mail() {
    let harbour = rich().await;
    let ada = seated(&harbour, ADA).await;
    seated(&harbour, BOB).await;
    let late = harbour.sign_up("open", &answers("cleo@example.org")).await;
    assert_eq!(late.location(), "/events/open/registered?place=waitlist");
    let confirm = link(&harbour.last_mail_to("cleo@example.org").await, "/registrations/confirm/");
    let cleo = harbour.post(&confirm, &[]).await.location().to_owned();
    assert!(harbour.get(&cleo).await.body.contains("waitlist"));
    harbour.post(&format!("{ada}/cancel"), &[]).await;
    let promoted = harbour.last_mail_to("cleo@example.org").await.calendar.expect("a calendar part");
    assert_eq!(property(&promoted, "METHOD"), "REQUEST");
    assert!(harbour.get(&cleo).await.body.contains("You have a seat"));
}

#[tokio::test]
async fn a_change_that_cannot_be_takes_nothing_away() {
    let harbour = rich().await;
    let manage = seated(&harbour, ADA).await;
    seated(&harbour, BOB).await;
    let change = format!("{manage}/change");
    let too_many = [("attendance", "in_person"), ("party", "3"), ("q-meal", "Vegan")];
    let refused = harbour.post(&change, &too_many).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("not enough free seats"), "{}", refused.body);
    for (fields, words) in [
        (vec![("party", "1")], "Please answer this"),
        (vec![("attendance", "by boat"), ("party", "1"), ("q-meal", "Vegan")], "how you want to take part"),
        (vec![("attendance", "online"), ("party", "9"), ("q-meal", "Vegan")], "for how many people"),
        (vec![("attendance", "online"), ("party", "1"), ("q-meal", "Steak")], "from the answers given"),
    ] {
        let refused = harbour.post(&change, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    assert_eq!(harbour.seats("open").await.taken, 2);
    assert_eq!(harbour.mails().await.len(), 4, "nobody is told of what did not happen");
}

#[tokio::test]
async fn the_ticket_can_be_told_with_the_published_key_alone() {
    let harbour = rich().await;
    let manage = seated(&harbour, ADA).await;
    let page = harbour.get(&format!("{manage}/ticket")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<svg") && !page.body.contains("<?xml"));
    let code = page.body.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    let code = code.replace("<span>", "").replace("</span>", "");
    let key: serde_json::Value = serde_json::from_str(&harbour.get("/tickets/key.json").await.body).unwrap();
    let key = data_encoding::HEXLOWER.decode(key["public_key"].as_str().unwrap().as_bytes()).unwrap();
    let ticket =
        verify_ticket(&key.try_into().unwrap(), &code).unwrap_or_else(|error| panic!("{error}: {code:?}"));
    assert!(ticket.is_for(&"open".parse().unwrap()) && ticket.party == 1);

    let picture = harbour.get(&format!("{manage}/ticket.svg")).await;
    assert_eq!(picture.headers["content-type"], "image/svg+xml");
    harbour.post(&format!("{manage}/cancel"), &[]).await;
    assert_eq!(harbour.get(&format!("{manage}/ticket.svg")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(harbour.get(&format!("{manage}/ticket")).await.location(), manage, "no seat, no ticket");
}

#[tokio::test]
async fn everything_kept_can_be_taken_along_and_is_forgotten_on_a_word() {
    let harbour = rich().await;
    let manage = seated(&harbour, ADA).await;
    let export = harbour.get(&format!("{manage}/export.json")).await;
    assert!(export.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let kept: serde_json::Value = serde_json::from_str(&export.body).unwrap();
    assert_eq!(kept["registrations"][0]["answers"]["meal"][0], "Vegan");

    let asked = harbour.get(&format!("{manage}/erase")).await;
    assert!(asked.body.contains("A rich meetup"), "what is given up is named: {}", asked.body);
    assert_eq!(harbour.seats("open").await.taken, 1, "asking gives nothing up");
    assert_eq!(harbour.post(&format!("{manage}/erase"), &[]).await.status, StatusCode::OK);
    assert_eq!(harbour.seats("open").await.taken, 0);
    assert_eq!(
        property(&harbour.last_mail_to(ADA).await.calendar.expect("a calendar part"), "METHOD"),
        "CANCEL"
    );
    harbour.open.portal.desk.purge().await.unwrap();
    assert_eq!(harbour.get(&manage).await.status, StatusCode::NOT_FOUND);
    assert!(harbour.open.portal.store.by_address(ADA).await.unwrap().is_empty());
}

#[tokio::test]
async fn guards_of_mailboxes_may_open_every_link_there_is() {
    let harbour = rich().await;
    let answer = harbour.sign_up("open", &answers(ADA)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let confirm = link(&harbour.last_mail_to(ADA).await, "/registrations/confirm/");
    for _ in 0..2 {
        assert_eq!(harbour.get(&confirm).await.status, StatusCode::OK);
    }
    assert_eq!(harbour.mails().await.len(), 1, "looking confirms nothing");
    let manage = harbour.post(&confirm, &[]).await.location().to_owned();
    let below =
        ["", "/change", "/cancel", "/erase", "/ticket", "/ticket.svg", "/calendar.ics", "/export.json"];
    let before = harbour.get(&format!("{manage}/export.json")).await.body;
    for path in below.iter().cycle().take(2 * below.len()) {
        let answer = harbour.get(&format!("{manage}{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for (name, value) in [
            ("cache-control", "private, no-store"),
            ("x-robots-tag", "noindex"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
    }
    let kept = |body: &str| body.replace(|c: char| c.is_ascii_digit(), "");
    let after = harbour.get(&format!("{manage}/export.json")).await.body;
    assert_eq!(kept(&before), kept(&after));
    assert_eq!(harbour.seats("open").await.taken, 1);
    assert_eq!(harbour.mails().await.len(), 2);
}

/// A refusal tells as little of the address as the page does: it was the right one but for a letter.
#[tokio::test]
async fn nothing_behind_a_secret_address_is_kept_or_told_elsewhere() {
    let harbour = rich().await;
    let manage = seated(&harbour, ADA).await;
    let huge = "x".repeat(200_000);
    let answers = [
        (harbour.get(&format!("{manage}/")).await, StatusCode::PERMANENT_REDIRECT),
        (harbour.get(&format!("{manage}/nothing")).await, StatusCode::NOT_FOUND),
        (harbour.get(&format!("{manage}x")).await, StatusCode::NOT_FOUND),
        (harbour.post(&manage, &[]).await, StatusCode::METHOD_NOT_ALLOWED),
        (
            harbour.post(&format!("{manage}/change"), &[("q-meal", &huge)]).await,
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (harbour.get("/follow/confirm/x").await, StatusCode::NOT_FOUND),
        (harbour.get("/follow/stop/x/").await, StatusCode::PERMANENT_REDIRECT),
    ];
    for (answer, status) in answers {
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["cache-control"], "private, no-store", "{status}");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{status}");
        assert_eq!(answer.headers["x-robots-tag"], "noindex", "{status}");
    }
    assert_eq!(harbour.get("/follow").await.headers["referrer-policy"], "same-origin");
}

/// The page keeps its address to itself, so that older browsers cannot say where its form comes from.
#[tokio::test]
async fn a_link_works_in_browsers_that_do_not_say_where_they_come_from() {
    let harbour = rich().await;
    harbour.sign_up("open", &answers(ADA)).await;
    let confirm = link(&harbour.last_mail_to(ADA).await, "/registrations/confirm/");
    let mut request = crate::support::form(&confirm, &[]);
    request.headers_mut().insert("origin", "null".parse().unwrap());
    request.headers_mut().insert("host", "harbour.example.org".parse().unwrap());
    assert_eq!(harbour.send(request).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn links_lead_nowhere_where_they_were_not_sent() {
    let harbour = rich().await;
    let manage = seated(&harbour, ADA).await;
    let token = manage.rsplit('/').next().unwrap();
    for action in ["cancel", "erase"] {
        let wrong = format!("/registrations/manage/{}x/{action}", &token[..token.len() - 1]);
        assert_eq!(harbour.post(&wrong, &[]).await.status, StatusCode::NOT_FOUND, "{action}");
        assert_eq!(harbour.get(&wrong).await.status, StatusCode::NOT_FOUND, "{action}");
    }
    for path in ["feedback", "confirm"] {
        let other = format!("/registrations/{path}/{token}");
        assert_eq!(harbour.post(&other, &[("rating", "5")]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/follow/confirm/", "/follow/stop/"] {
        assert_eq!(harbour.get(&format!("{path}{token}")).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            harbour.post(&format!("{path}{token}"), &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let huge = "x".repeat(200_000);
    let change = harbour.post(&format!("{manage}/change"), &[("q-meal", &huge)]).await;
    assert_eq!(change.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(harbour.seats("open").await.taken, 1);
}

#[tokio::test]
async fn those_who_came_say_how_it_was() {
    let harbour = rich().await;
    seated(&harbour, ADA).await;
    harbour.open.portal.desk.herald().await.unwrap();
    harbour.later(SignedDuration::from_hours(34 * 24));
    harbour.open.portal.desk.herald().await.unwrap();
    harbour.open.portal.desk.wrap_up().await.unwrap();
    let path = link(&harbour.last_mail_to(ADA).await, "/registrations/feedback/");
    assert_eq!(harbour.get(&path).await.status, StatusCode::OK);
    for (fields, words) in
        [(vec![("comment", "fine")], "Please choose one"), (vec![("rating", "6")], "Please choose one")]
    {
        let refused = harbour.post(&path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(words), "{}", refused.body);
    }
    let thanked = harbour.post(&path, &[("rating", "4"), ("comment", "<b>More</b> talks")]).await;
    assert!(thanked.status == StatusCode::OK && thanked.body.contains("Thank you"), "{}", thanked.body);
    let said = harbour.open.portal.store.feedback_on(&"open".parse().unwrap()).await.unwrap();
    assert_eq!((said.len(), said[0].rating.number(), said[0].comment.as_str()), (1, 4, "<b>More</b> talks"));
    let again = harbour.get(&path).await.body;
    assert!(again.contains("&lt;b&gt;More") && !again.contains("<b>More"), "what was said is shown as text");
}

/// What a visitor types is text in every page and mail.
#[tokio::test]
async fn nothing_typed_becomes_markup() {
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let policy =
        registering("capacity: 2, party_size: 3, questions: [{id: say, ask: Say something, required: true}]");
    let harbour = Harbour::with(&[("events/open.md", event("open", "Open", &policy))]).await;
    let fields = |email| [("name", hostile), ("email", email), ("party", hostile), ("q-say", hostile)];
    let refused = harbour.sign_up("open", &fields(hostile)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [("name", hostile), ("email", ADA), ("party", "1"), ("q-say", hostile)];
    let taken = harbour.sign_up("open", &fields).await;
    let mut shown = vec![refused.body, taken.body];
    if taken.status == StatusCode::SEE_OTHER {
        let mail = harbour.last_mail_to(ADA).await;
        let confirm = link(&mail, "/registrations/confirm/");
        shown.push(harbour.get(&confirm).await.body);
        let manage = harbour.post(&confirm, &[]).await.location().to_owned();
        shown.push(harbour.get(&manage).await.body);
        shown.push(harbour.get(&format!("{manage}/ticket")).await.body);
        shown.push(harbour.get(&format!("{manage}/erase")).await.body);
        shown.push(harbour.last_mail_to(ADA).await.html);
    }
    assert!(shown.len() > 2, "the name is one that can be stored");
    for page in shown {
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    }
}
