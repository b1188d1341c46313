//! How often, how fast and how much: what is refused, and that a refusal keeps what was typed.

use http::StatusCode;
use jiff::SignedDuration;

use crate::support::{Answer, Harbour, event, form, link, registering};

const ADA: [(&str, &str); 2] = [("name", "Ada"), ("email", "ada@example.org")];

async fn roomy(settings: &[(&str, &str)]) -> Harbour {
    let policy = registering("capacity: 500, waitlist: true");
    Harbour::configured(&[("events/open.md", event("open", "Many seats", &policy))], settings).await
}

#[tokio::test]
async fn an_address_is_written_to_a_few_times_an_hour_whoever_asks() {
    let harbour = roomy(&[("REGATTA__LIMITS__REGISTRATIONS_PER_ADDRESS", "2")]).await;
    for _ in 0..2 {
        assert_eq!(harbour.sign_up("open", &ADA).await.status, StatusCode::SEE_OTHER);
    }
    let written = [("name", "Ada"), ("email", "ADA@Example.org")];
    let refused = harbour.sign_up("open", &written).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "written otherwise, it is the same");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    assert!(refused.body.contains("value=\"ADA@Example.org\""), "the form is filled in again");
    let bob = [("name", "Bob"), ("email", "bob@example.org")];
    assert_eq!(harbour.sign_up("open", &bob).await.status, StatusCode::SEE_OTHER);
    let follow = [("email", "ada@example.org"), ("topic", "portal")];
    let asked = harbour.fill_in("/follow", "/follow", &follow).await;
    assert_eq!(asked.status, StatusCode::TOO_MANY_REQUESTS, "one address, whatever the form");
    harbour.later(SignedDuration::from_mins(61));
    assert_eq!(harbour.sign_up("open", &ADA).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_network_follows_a_few_times_an_hour() {
    let harbour = roomy(&[("REGATTA__LIMITS__FOLLOWS_PER_HOUR", "2")]).await;
    let ask = async |address: &str| {
        harbour.fill_in("/follow", "/follow", &[("email", address), ("topic", "portal")]).await.status
    };
    assert_eq!(ask("a@example.org").await, StatusCode::SEE_OTHER);
    assert_eq!(ask("b@example.org").await, StatusCode::SEE_OTHER);
    assert_eq!(ask("c@example.org").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(harbour.mails().await.len(), 2);
}

/// Behind a proxy, networks are told apart by what the proxy says, and by nobody else's word.
#[tokio::test]
async fn networks_behind_a_trusted_proxy_have_a_share_each() {
    let settings =
        [("REGATTA__LIMITS__REGISTRATIONS_PER_HOUR", "1"), ("REGATTA__HTTP__TRUSTED_PROXIES", "127.0.0.0/8")];
    let harbour = roomy(&settings).await;
    let from = async |forwarded: &str, address: &str| {
        let token = harbour.token("/events/open").await;
        harbour.later(SignedDuration::from_secs(4));
        let fields = [("name", "Ada"), ("email", address), ("form", token.as_str())];
        let mut request = form("/events/open/register", &fields);
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        harbour.send(request).await.status
    };
    assert_eq!(from("198.51.100.7", "a@example.org").await, StatusCode::SEE_OTHER);
    assert_eq!(from("198.51.100.9", "b@example.org").await, StatusCode::TOO_MANY_REQUESTS, "one network");
    assert_eq!(from("1.2.3.4, 198.51.100.9", "c@example.org").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from("203.0.113.5", "d@example.org").await, StatusCode::SEE_OTHER);
}

/// That it is refused for a while, above the form as it was filled in.
fn refused_with(answer: &Answer, kept: &[&str]) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_000..=3_600).contains(&wait), "{wait}");
    assert!(answer.body.contains("role=\"alert\"") && answer.body.contains("very often"), "{}", answer.body);
    for typed in kept {
        assert!(answer.body.contains(typed), "{typed} is lost: {}", answer.body);
    }
}

/// Who guesses codes spends what the network may send, and who has the right one is told to come back.
#[tokio::test]
async fn codes_of_invitations_are_guessed_a_few_times_an_hour() {
    let policy = registering("capacity: 9, invitation_codes: [ahoy-sailor]");
    let files = [("events/open.md", event("open", "Open", &policy))];
    let harbour = Harbour::configured(&files, &[("REGATTA__LIMITS__REGISTRATIONS_PER_HOUR", "3")]).await;
    let with = async |code: &str, address: &str| {
        harbour.sign_up("open", &[ADA[0], ("email", address), ("invitation", code)]).await
    };
    for (code, address) in
        [("ahoy-1", "a@example.org"), ("ahoy-2", "b@example.org"), ("ahoy-3", "c@example.org")]
    {
        let refused = with(code, address).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("not known") && refused.body.contains(code), "{}", refused.body);
    }
    refused_with(&with("ahoy-sailor", "d@example.org").await, &["ahoy-sailor", "d@example.org"]);
    harbour.later(SignedDuration::from_mins(61));
    assert_eq!(with("ahoy-sailor", "d@example.org").await.status, StatusCode::SEE_OTHER);
}

/// Each change is a mail: whoever has a link could fill a mailbox by it, and keep everybody else's mail waiting.
#[tokio::test]
async fn owners_change_their_mind_a_few_times_an_hour() {
    let policy = registering(
        "quotas: {in_person: 9, online: 9}, party_size: 3, questions: [{id: tools, ask: Tools, type: multiple_choice, \
         choices: [Drone, Tekton]}, {id: say, ask: Say, type: lines}]",
    );
    let files = [("events/open.md", event("open", "Open", &policy))];
    let harbour = Harbour::configured(&files, &[("REGATTA__LIMITS__CHANGES_PER_HOUR", "2")]).await;
    harbour.sign_up("open", &[ADA[0], ADA[1], ("attendance", "in_person")]).await;
    let confirm = link(&harbour.last_mail_to(ADA[1].1).await, "/registrations/confirm/");
    let change = format!("{}/change", harbour.post(&confirm, &[]).await.location());
    let to = async |party: &str| {
        let fields =
            [("attendance", "online"), ("party", party), ("q-tools", "Tekton"), ("q-say", "a\r\nb <i>")];
        harbour.post(&change, &fields).await
    };
    assert_eq!(to("9").await.status, StatusCode::UNPROCESSABLE_ENTITY, "a mistake costs nothing");
    for party in ["2", "3"] {
        assert_eq!(to(party).await.status, StatusCode::SEE_OTHER);
    }
    let kept = [
        "value=\"online\" checked",
        "value=\"2\" selected",
        "value=\"Tekton\" checked",
        "a\nb &lt;i&gt;</textarea>",
    ];
    refused_with(&to("2").await, &kept);
    assert_eq!(harbour.mails().await.len(), 4, "to confirm, confirmed, and two changes");
    harbour.later(SignedDuration::from_mins(61));
    assert_eq!(to("2").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn opinions_are_given_a_few_times_an_hour() {
    let harbour = roomy(&[("REGATTA__LIMITS__CHANGES_PER_HOUR", "1")]).await;
    harbour.register_and_confirm("open", ADA[1].1).await;
    let desk = &harbour.open.portal.desk;
    desk.herald().await.unwrap();
    harbour.later(SignedDuration::from_hours(34 * 24));
    desk.herald().await.unwrap();
    desk.wrap_up().await.unwrap();
    let path = link(&harbour.last_mail_to(ADA[1].1).await, "/registrations/feedback/");
    let say =
        async |rating: &str| harbour.post(&path, &[("rating", rating), ("comment", "More <tea>")]).await;
    assert_eq!(say("4").await.status, StatusCode::OK);
    refused_with(&say("1").await, &["value=\"1\" checked", "More &lt;tea&gt;</textarea>"]);
    let said = harbour.open.portal.store.feedback_on(&"open".parse().unwrap()).await.unwrap();
    assert_eq!(said[0].rating.number(), 4);
}

#[tokio::test]
async fn a_form_that_was_not_handed_out_is_filled_in_again() {
    let harbour = roomy(&[]).await;
    let old = harbour.token("/events/open").await;
    harbour.later(SignedDuration::from_hours(25));
    let other = harbour.token("/follow").await;
    for token in ["", "nonsense", old.as_str(), other.as_str()] {
        let fields = [ADA[0], ADA[1], ("form", token)];
        let refused = harbour.post("/events/open/register", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{token:?}");
        assert!(
            refused.body.contains("value=\"ada@example.org\"") && refused.body.contains("send it once more")
        );
        let fresh = crate::support::hidden(&refused.body, "form");
        let fields = [("name", "Bob"), ("email", "bob@example.org"), ("form", fresh.as_str())];
        assert_eq!(harbour.post("/events/open/register", &fields).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn a_field_that_nobody_sees_stays_empty() {
    let harbour = roomy(&[]).await;
    let filled = [ADA[0], ADA[1], ("website", "https://spam.example")];
    let refused = harbour.sign_up("open", &filled).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        !refused.body.contains("spam.example"),
        "it is empty again, for people whose browser filled it in"
    );
    let follow = [("email", "ada@example.org"), ("topic", "portal"), ("website", "x")];
    let refused = harbour.fill_in("/follow", "/follow", &follow).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(harbour.mails().await.is_empty());
}

/// A browser that fills in a form for somebody is no machine, and a company whose people all do is one network: only
/// what is left when nearly all was sent is kept for those who take their time.
#[tokio::test]
async fn speed_counts_only_where_much_is_sent() {
    let harbour = roomy(&[("REGATTA__LIMITS__REGISTRATIONS_PER_HOUR", "10")]).await;
    let at_once = async |address: &str| {
        let token = harbour.token("/events/open").await;
        let fields = [("name", "Ada"), ("email", address), ("form", token.as_str())];
        harbour.post("/events/open/register", &fields).await
    };
    for number in 0..9 {
        assert_eq!(at_once(&format!("{number}@example.org")).await.status, StatusCode::SEE_OTHER);
    }
    let refused = at_once("c@example.org").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"c@example.org\""));
    let slowly = harbour.sign_up("open", &[("name", "Ada"), ("email", "c@example.org")]).await;
    assert_eq!(slowly.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn forms_offer_the_language_that_the_reader_prefers() {
    let harbour = roomy(&[]).await;
    for (path, accept, wanted) in
        [("/events/open", "zh-CN,en;q=0.5", "zh"), ("/events/open", "de", "en"), ("/follow", "zh", "zh")]
    {
        let request = http::Request::get(path).header("accept-language", accept);
        let page = harbour.send(request.body(axum::body::Body::empty()).unwrap()).await.body;
        let chosen = page.split("<option").skip(1).find(|option| {
            let tag = option.split('>').next().unwrap();
            tag.contains("selected") && (tag.contains("\"zh\"") || tag.contains("\"en\""))
        });
        assert!(chosen.unwrap_or_default().contains(&format!("\"{wanted}\"")), "{path} {accept}");
    }
    let fields = [("name", "明"), ("email", "ming@example.org"), ("language", "zh")];
    harbour.sign_up("open", &fields).await;
    let mail = harbour.last_mail_to("ming@example.org").await;
    assert!(mail.raw.contains("Content-Language: zh"), "{}", mail.raw);
}
