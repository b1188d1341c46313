//! Who was told to expect a mail gets one, and has time to act on it, also where mail servers keep it waiting.

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::Event;
use regatta_domain::registration::RegistrationState::{Confirmed, Expired, Held, HeldForWaitlist};
use regatta_mail::{LetterSource, Matter};
use regatta_registration::{Answer, LinkError, Swept};
use regatta_store::outbox::{MailKind, Settlement};

use crate::harbour::{Engine, Harbour, Posted, WORKER, address, application, beginning, meetup_after};

on_each_engine!(
    who_is_asked_late_has_all_the_time_to_confirm,
    patience_with_mail_servers_ends_after_a_day,
    what_is_not_owed_any_more_lapses,
    a_link_that_came_through_works_while_its_mail_is_tried_again,
    a_late_mail_in_time_extends_nothing,
    a_booking_is_kept_for_its_one_mail,
);

/// Tries to send the next mail, to a server that asks for so much patience.
async fn put_off(harbour: &Harbour, minutes: i64) -> Posted {
    let claimed = harbour.claim().await.unwrap();
    let letter = harbour.desk.letter(&claimed).await.unwrap();
    let at = harbour.now() + SignedDuration::from_mins(minutes);
    let retry = Settlement::Retry { at, why: "451 4.7.1 later".into() };
    harbour.store.settle(WORKER, &claimed.mail.id, &retry, harbour.now()).await.unwrap();
    Posted { claimed, letter }
}

/// Until when the reader is told to confirm.
fn until(mail: &Posted) -> Timestamp {
    match mail.matter() {
        Matter::ConfirmSeat(confirmation)
        | Matter::ConfirmWaitlist(confirmation)
        | Matter::ConfirmSeries { confirmation, .. } => confirmation.held_until,
        _ => panic!("asks nobody to confirm: {mail:?}"),
    }
}

fn in_half_an_hour(harbour: &Harbour) -> Timestamp {
    harbour.now() + SignedDuration::from_mins(30)
}

async fn who_is_asked_late_has_all_the_time_to_confirm(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.register("ada").await.unwrap();
    put_off(&harbour, 120).await;
    harbour.clock.minutes(31);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default());
    assert_eq!(harbour.register("eve").await.unwrap(), Answer::OnWaitlist, "the seat is kept");
    harbour.clock.minutes(89);
    let mails = harbour.collect().await;
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        assert_eq!(until(mail), in_half_an_hour(&harbour));
        let kept = harbour.registration(mail.registration()).await;
        assert_eq!((kept.held_until, kept.version), (in_half_an_hour(&harbour), 2));
    }
    let ada = mails.iter().find(|mail| mail.to() == address("ada")).unwrap();
    harbour.clock.minutes(29);
    let view = harbour.desk.confirm(&ada.token()).await.unwrap();
    assert_eq!(view.registration.state, Confirmed);
    assert_eq!(view.history.len(), 2, "that there was more time is no news: {:?}", view.history);
    assert_eq!(harbour.registration_of("eve").await.state, HeldForWaitlist);
    harbour.clock.minutes(1);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept { expired: 1, promoted: 0 });
    assert_eq!(harbour.registration_of("eve").await.state, Expired, "her mail was sent");
}

async fn patience_with_mail_servers_ends_after_a_day(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.register("ada").await.unwrap();
    put_off(&harbour, 24 * 60).await;
    harbour.join("bob").await;
    harbour.clock.minutes(24 * 60 - 1);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default());
    harbour.clock.minutes(1);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept { expired: 1, promoted: 1 });
    assert_eq!(harbour.registration_of("ada").await.state, Expired);
    assert_eq!(harbour.registration_of("bob").await.state, Confirmed);
    let mut said: Vec<_> =
        harbour.collect().await.iter().map(|mail| (mail.kind(), mail.letter.is_some())).collect();
    said.sort_unstable();
    assert_eq!(said, [(MailKind::ConfirmSeat, false), (MailKind::Promoted, true)]);
}

async fn what_is_not_owed_any_more_lapses(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.register("ada").await.unwrap();
    let put_off = put_off(&harbour, 120).await;
    harbour.clock.minutes(60);
    assert_eq!(harbour.desk.look(&put_off.token()).await.unwrap().registration.state, Held);
    harbour.store.abort(&put_off.claimed.mail.id, "a typing error", harbour.now()).await.unwrap();
    assert_eq!(harbour.desk.look(&put_off.token()).await.unwrap().registration.state, Expired);
    assert!(matches!(harbour.desk.confirm(&put_off.token()).await, Err(LinkError::HoldOver(_))));
    assert_eq!(harbour.seats().await, (0, 0));
}

async fn a_link_that_came_through_works_while_its_mail_is_tried_again(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.register("ada").await.unwrap();
    let token = put_off(&harbour, 120).await.token();
    harbour.clock.minutes(60);
    assert_eq!(harbour.desk.look(&token).await.unwrap().registration.state, Held);
    assert_eq!(harbour.desk.confirm(&token).await.unwrap().registration.state, Confirmed);
    harbour.clock.minutes(60);
    let said: Vec<_> =
        harbour.collect().await.iter().map(|mail| (mail.kind(), mail.letter.is_some())).collect();
    assert!(said.contains(&(MailKind::ConfirmSeat, false)), "nothing is left to ask: {said:?}");
}

async fn a_late_mail_in_time_extends_nothing(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.register("ada").await.unwrap();
    harbour.clock.minutes(15);
    let mail = harbour.only_mail().await;
    assert_eq!(until(&mail), beginning() + SignedDuration::from_mins(30));
    assert_eq!(harbour.registration(mail.registration()).await.version, 1, "nothing is written");
    harbour.clock.minutes(15);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept { expired: 1, promoted: 0 });
}

async fn a_booking_is_kept_for_its_one_mail(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.programme.declare_series("evenings");
    for (id, days) in [("a", 7), ("b", 14), ("c", 21)] {
        let series = Some("evenings".parse().unwrap());
        harbour.programme.declare(Event { series, ..meetup_after(id, 1, days) });
    }
    harbour.desk.register_series(&"evenings".parse().unwrap(), application("ada")).await.unwrap();
    let token = put_off(&harbour, 120).await.token();
    harbour.clock.minutes(120);
    assert_eq!(harbour.desk.sweep().await.unwrap(), Swept::default());
    let view = harbour.desk.look(&token).await.unwrap();
    assert!(view.others.iter().all(|other| other.registration.state == Held), "{view:?}");
    let mail = harbour.only_mail().await;
    assert_eq!(until(&mail), in_half_an_hour(&harbour));
    let dates = harbour.store.by_address(&address("ada")).await.unwrap();
    assert!(dates.iter().all(|date| date.held_until == in_half_an_hour(&harbour)), "{dates:?}");
    harbour.clock.minutes(29);
    harbour.desk.confirm(&mail.token()).await.unwrap();
    let dates = harbour.store.by_address(&address("ada")).await.unwrap();
    assert_eq!(dates.iter().map(|date| date.state).collect::<Vec<_>>(), [Confirmed; 3]);
}
