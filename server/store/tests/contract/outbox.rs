//! What the workers of the mail room rely on.

use std::collections::BTreeSet;
use std::sync::Arc;

use regatta_domain::announcement::Standing;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::ids::MailId;
use regatta_domain::language::Language;
use regatta_domain::registration::RegistrationState::Held;
use regatta_store::outbox::{
    ClaimedMail, MailDetail, MailKind, MailState, MailSubject, NewMail, OutboxHealth, Rates, Settlement,
};
use regatta_store::{Store, StoreError};

use crate::fixtures::{
    WORKER, add, at, begin, claim, enqueue, event, facts, follow, mail, mail_for, owe, registration, settle,
    why,
};

pub async fn a_mail_is_due_when_its_change_is_committed(store: Arc<dyn Store>) {
    let owner = registration(1, Held);
    add(&*store, std::slice::from_ref(&owner)).await;
    for (number, kind) in (1..).zip(MailKind::ALL) {
        let new = mail(number, &owner, kind, at(number));
        let mut tx = begin(&*store, &["sail"]).await;
        assert_eq!(tx.enqueue(std::slice::from_ref(&new)).await.unwrap(), 1);
        assert_eq!(store.next_due().await.unwrap(), None, "not before the commit");
        tx.commit().await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(number)));
        assert_eq!(claim(&*store, at(number)).await, Some(ClaimedMail { mail: new, attempt: 1 }));
        assert_eq!(store.next_due().await.unwrap(), None, "a claimed mail is not due");
    }
}

pub async fn keeps_all_that_a_mail_has_to_say(store: Arc<dyn Store>) {
    let owner = registration(1, Held);
    add(&*store, std::slice::from_ref(&owner)).await;
    let plain = mail(1, &owner, MailKind::EventChanged, at(1));
    let follower = follow(1, "city:上海");
    let published = MailSubject::Follow { follow: follower.id.clone(), event: Some(event("sail")) };
    let mails = [
        NewMail { detail: Some(MailDetail::EventWas(facts(Standing::Postponed))), ..plain.clone() },
        NewMail { id: mail(2, &owner, plain.kind, at(2)).id, created_at: at(2), ..plain.clone() },
        NewMail {
            detail: Some(MailDetail::Starts(at(99))),
            once: Some("day:1".into()),
            language: Language::Chinese,
            ..mail(3, &owner, MailKind::DayBefore, at(3))
        },
        NewMail {
            detail: Some(MailDetail::Reason("Too many \"sails\"\nand 太少 seats".into())),
            ..mail(4, &owner, MailKind::Declined, at(4))
        },
        mail_for(5, &follower, MailKind::ConfirmFollow, at(5)),
        NewMail { subject: published, ..mail_for(6, &follower, MailKind::EventPublished, at(6)) },
    ];
    assert_eq!(enqueue(&*store, &mails).await, 6);
    for new in mails {
        assert_eq!(claim(&*store, at(9)).await, Some(ClaimedMail { mail: new, attempt: 1 }));
    }
}

pub async fn what_may_be_once_is_once(store: Arc<dyn Store>) {
    let owner = registration(1, Held);
    add(&*store, std::slice::from_ref(&owner)).await;
    let once = |number, key: &str| NewMail {
        once: Some(key.into()),
        ..mail(number, &owner, MailKind::DayBefore, at(number))
    };
    let mut lost = begin(&*store, &["sail"]).await;
    assert_eq!(lost.enqueue(&[once(1, "a")]).await.unwrap(), 1);
    drop(lost);
    assert_eq!(enqueue(&*store, &[once(2, "a"), once(3, "b"), once(4, "a")]).await, 2);
    let plain = mail(7, &owner, MailKind::DayBefore, at(7));
    assert_eq!(enqueue(&*store, &[once(5, "b"), once(6, "c"), plain]).await, 2);
    let mut sent = Vec::new();
    while let Some(claimed) = claim(&*store, at(99)).await {
        settle(&*store, &claimed.mail.id, &Settlement::Sent, at(99)).await;
        sent.push(claimed.mail.once);
    }
    assert_eq!(sent, [Some("a".into()), Some("b".into()), Some("c".into()), None]);
    assert_eq!(enqueue(&*store, &[once(8, "a")]).await, 0, "also once it was sent");
}

/// More than fit into one statement.
pub async fn a_crowd_is_owed_mail_at_once(store: Arc<dyn Store>) {
    assert_eq!(owe(&*store, &[at(0); 300]).await.len(), 300);
    assert_eq!(store.health().await.unwrap().owed, 300);
}

pub async fn knows_what_was_mailed_since(store: Arc<dyn Store>) {
    let (owner, other) = (registration(1, Held), registration(2, Held));
    let both = [owner.id.clone(), other.id.clone()];
    let mut tx = begin(&*store, &["sail"]).await;
    tx.add(&[owner.clone(), other.clone()]).await.unwrap();
    let again = MailKind::AlreadyRegistered;
    tx.enqueue(&[mail(1, &owner, again, at(5)), mail(2, &owner, again, at(6))]).await.unwrap();
    tx.enqueue(&[mail(3, &other, MailKind::ConfirmSeat, at(5))]).await.unwrap();
    let mine = [owner.id.clone()];
    assert_eq!(tx.mailed_since(&both, again, at(5)).await.unwrap(), mine, "within the transaction");
    tx.commit().await.unwrap();
    claim(&*store, at(5)).await.unwrap();
    let mut tx = begin(&*store, &["sail"]).await;
    assert_eq!(tx.mailed_since(&both, again, at(6)).await.unwrap(), mine);
    assert_eq!(tx.mailed_since(&both, again, at(7)).await.unwrap(), []);
    assert_eq!(tx.mailed_since(&both[1..], again, at(0)).await.unwrap(), []);
    assert_eq!(tx.mailed_since(&both, MailKind::ConfirmSeat, at(0)).await.unwrap(), [other.id]);
    assert_eq!(tx.mailed_since(&[], again, at(0)).await.unwrap(), []);
}

pub async fn the_longest_due_is_claimed_first(store: Arc<dyn Store>) {
    owe(&*store, &[at(3), at(1), at(2)]).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(1)));
    assert_eq!(claim(&*store, at(0)).await, None, "nothing is due yet");
    let mut order = Vec::new();
    while let Some(claimed) = claim(&*store, at(2)).await {
        order.push(claimed.mail.created_at);
    }
    assert_eq!(order, [at(1), at(2)]);
}

pub async fn claimers_never_share_a_mail(store: Arc<dyn Store>) {
    const MAILS: usize = 40;
    let owed = owe(&*store, &[at(0); MAILS]).await;
    let claimers: Vec<_> = (0..4)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let worker = format!("worker-{number}");
                let mut mine = Vec::new();
                while let Some(claimed) = store.claim(&worker, Rates::default(), at(1)).await.unwrap() {
                    assert_eq!(claimed.attempt, 1);
                    mine.push(claimed.mail.id);
                }
                mine
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for claimer in claimers {
        claimed.extend(claimer.await.unwrap());
    }
    assert_eq!(claimed.len(), MAILS);
    let expected: BTreeSet<_> = owed.into_iter().map(|mail| mail.id).collect();
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// Counts attempts, whoever made them and whatever came of them.
pub async fn no_more_go_out_in_a_minute_than_may(store: Arc<dyn Store>) {
    owe(&*store, &[at(0); 4]).await;
    let rates = Rates { per_minute: Some(2), per_domain: None };
    let first = store.claim("one", rates, at(1)).await.unwrap().unwrap();
    store.settle("one", &first.mail.id, &Settlement::Failed { why: why() }, at(1)).await.unwrap();
    store.claim("two", rates, at(2)).await.unwrap().unwrap();
    assert_eq!(store.claim("one", rates, at(60)).await.unwrap(), None, "two within this minute");
    assert!(store.claim("one", rates, at(61)).await.unwrap().is_some(), "the first was a minute ago");
    assert_eq!(store.claim("one", rates, at(61)).await.unwrap(), None);
    let never = Rates { per_minute: Some(0), per_domain: None };
    assert_eq!(store.claim("one", never, at(999)).await.unwrap(), None);
    assert!(store.claim("one", rates, at(999)).await.unwrap().is_some());
}

/// Many claimers at once keep the rate together.
pub async fn claimers_keep_the_rate_together(store: Arc<dyn Store>) {
    owe(&*store, &[at(0); 40]).await;
    let rates = Rates { per_minute: Some(10), per_domain: Some(10) };
    let claimers: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut mine = 0;
                while store.claim(WORKER, rates, at(1)).await.unwrap().is_some() {
                    mine += 1;
                }
                mine
            })
        })
        .collect();
    let mut together = 0;
    for claimer in claimers {
        together += claimer.await.unwrap();
    }
    assert_eq!(together, 10);
}

pub async fn a_slow_domain_holds_up_no_other(store: Arc<dyn Store>) {
    let owner = registration(1, Held);
    add(&*store, std::slice::from_ref(&owner)).await;
    let addresses = ["a@one.example", "b@ONE.example", "c@two.example", "d@sub.one.example", "e@one.example"];
    let mails: Vec<_> = (1..)
        .zip(addresses)
        .map(|(number, address)| NewMail {
            recipient: address.parse::<EmailAddress>().unwrap(),
            ..mail(number, &owner, MailKind::ConfirmSeat, at(number))
        })
        .collect();
    enqueue(&*store, &mails).await;
    let rates = Rates { per_minute: None, per_domain: Some(1) };
    let mut order = Vec::new();
    for second in [10, 11, 12, 13, 69, 70, 129, 130] {
        let claimed = store.claim(WORKER, rates, at(second)).await.unwrap();
        order.push(claimed.map(|claimed| claimed.mail.recipient.as_str().to_owned()));
    }
    let expected = [
        Some("a@one.example"),
        Some("c@two.example"),
        Some("d@sub.one.example"),
        None,
        None,
        Some("b@ONE.example"),
        None,
        Some("e@one.example"),
    ];
    assert_eq!(order, expected.map(|address| address.map(str::to_owned)));
}

async fn claim_the_only_one(store: &dyn Store) -> MailId {
    owe(store, &[at(0)]).await;
    claim(store, at(1)).await.unwrap().mail.id
}

async fn state(store: &dyn Store, id: &MailId) -> MailState {
    store.mail(id).await.unwrap().unwrap().state
}

pub async fn a_sent_mail_is_over(store: Arc<dyn Store>) {
    let id = claim_the_only_one(&*store).await;
    settle(&*store, &id, &Settlement::Sent, at(2)).await;
    assert_eq!(claim(&*store, at(99_999)).await, None);
    assert_eq!(store.health().await.unwrap(), OutboxHealth::default());
    let sent = store.mail(&id).await.unwrap().unwrap();
    assert_eq!((sent.state, sent.settled_at, sent.why), (MailState::Sent, Some(at(2)), None));
}

pub async fn a_retry_comes_back_at_its_time(store: Arc<dyn Store>) {
    let id = claim_the_only_one(&*store).await;
    settle(&*store, &id, &Settlement::Retry { at: at(60), why: why() }, at(2)).await;
    let waiting = store.mail(&id).await.unwrap().unwrap();
    assert_eq!((waiting.state, waiting.attempts), (MailState::Retrying, 1));
    assert_eq!((waiting.settled_at, waiting.why), (None, Some(why())), "it is not at its end");
    assert_eq!(store.next_due().await.unwrap(), Some(at(60)));
    assert_eq!(claim(&*store, at(59)).await, None);
    let again = claim(&*store, at(60)).await.unwrap();
    assert_eq!((again.mail.id, again.attempt), (id, 2));
    assert_eq!(again.mail.created_at, at(0), "its age stays");
}

pub async fn what_ends_badly_is_counted(store: Arc<dyn Store>) {
    let mails = owe(&*store, &[at(0); 3]).await;
    let ends = [
        Settlement::Failed { why: why() },
        Settlement::Unknown { why: why() },
        Settlement::Dropped { why: "cancelled before it was sent".into() },
    ];
    for end in ends {
        let claimed = claim(&*store, at(1)).await.unwrap();
        settle(&*store, &claimed.mail.id, &end, at(2)).await;
        assert_eq!(store.mail(&claimed.mail.id).await.unwrap().unwrap().settled_at, Some(at(2)));
    }
    assert_eq!(claim(&*store, at(99_999)).await, None, "none of {} comes back", mails.len());
    let expected = OutboxHealth { owed: 0, failed: 1, unknown: 1, oldest_owed: None };
    assert_eq!(store.health().await.unwrap(), expected);
}

pub async fn only_its_claimer_settles_a_mail(store: Arc<dyn Store>) {
    let mail = owe(&*store, &[at(0)]).await.remove(0);
    let refused = async |worker: &str, settlement: Settlement| {
        let answer = store.settle(worker, &mail.id, &settlement, at(3)).await;
        assert!(matches!(answer, Err(StoreError::Stale(_))), "{answer:?}");
    };
    refused(WORKER, Settlement::Sent).await;
    claim(&*store, at(1)).await.unwrap();
    refused("another", Settlement::Sent).await;
    settle(&*store, &mail.id, &Settlement::Sent, at(2)).await;
    refused(WORKER, Settlement::Retry { at: at(3), why: why() }).await;
    assert_eq!(claim(&*store, at(99)).await, None);
}

/// From the moment its text is handed over, nobody else may hand it over.
pub async fn a_text_is_handed_over_once_by_its_claimer(store: Arc<dyn Store>) {
    let mail = owe(&*store, &[at(0)]).await.remove(0);
    let refused = async |worker: &str| {
        let answer = store.hand_over(worker, &mail.id, at(2)).await;
        assert!(matches!(answer, Err(StoreError::Stale(_))), "{worker}: {answer:?}");
    };
    refused(WORKER).await;
    claim(&*store, at(1)).await.unwrap();
    refused("another").await;
    store.hand_over(WORKER, &mail.id, at(2)).await.unwrap();
    refused(WORKER).await;
    settle(&*store, &mail.id, &Settlement::Retry { at: at(3), why: why() }, at(2)).await;
    refused(WORKER).await;
    claim(&*store, at(3)).await.unwrap();
    store.hand_over(WORKER, &mail.id, at(3)).await.unwrap();
}

/// Claims the next mail for `worker`, which holds a lease until `until`, and hands its text over.
async fn hand_over_next(store: &dyn Store, worker: &str, until: i64) -> MailId {
    assert!(store.lease(worker, worker, at(1), at(until)).await.unwrap());
    let claimed = store.claim(worker, Rates::default(), at(1)).await.unwrap().unwrap();
    store.hand_over(worker, &claimed.mail.id, at(1)).await.unwrap();
    claimed.mail.id
}

/// Its worker was gone after the text was handed over: it may have arrived, so it is never sent again by itself.
pub async fn an_interrupted_mail_is_unknown_and_stays_so(store: Arc<dyn Store>) {
    owe(&*store, &[at(0); 3]).await;
    let early = hand_over_next(&*store, "early", 5).await;
    let late = hand_over_next(&*store, "late", 9).await;
    assert_eq!(store.mark_interrupted(at(4)).await.unwrap(), 0, "both hold their leases");
    assert_eq!(store.mark_interrupted(at(5)).await.unwrap(), 1);
    let marked = store.mail(&early).await.unwrap().unwrap();
    assert_eq!((marked.state, marked.settled_at), (MailState::Unknown, Some(at(5))));
    assert!(marked.why.unwrap().contains("interrupted"));
    let settled = store.settle("early", &early, &Settlement::Sent, at(6)).await;
    assert!(matches!(settled, Err(StoreError::Stale(_))), "{settled:?}");
    assert!(store.lease("late", "late", at(8), at(20)).await.unwrap());
    assert_eq!(store.mark_interrupted(at(9)).await.unwrap(), 0, "the other renewed its lease");
    store.settle("late", &late, &Settlement::Sent, at(10)).await.unwrap();
    store.release("late", "late").await.unwrap();
    assert_eq!(store.mark_interrupted(at(99)).await.unwrap(), 0);
    let rest = claim(&*store, at(99_999)).await.unwrap();
    assert_ne!(rest.mail.id, early);
    assert_eq!(claim(&*store, at(99_999)).await, None);
    assert_eq!(store.health().await.unwrap().unknown, 1);
}

/// Its worker was gone before the text was handed over: it cannot have arrived.
pub async fn a_mail_that_was_not_handed_over_is_due_again(store: Arc<dyn Store>) {
    let id = claim_the_only_one(&*store).await;
    assert_eq!(store.mark_interrupted(at(2)).await.unwrap(), 0);
    let again = store.mail(&id).await.unwrap().unwrap();
    assert_eq!((again.state, again.attempts), (MailState::Queued, 0));
    assert_eq!(store.next_due().await.unwrap(), Some(at(0)), "as before it was claimed");
    let refused = store.settle(WORKER, &id, &Settlement::Sent, at(3)).await;
    assert!(matches!(refused, Err(StoreError::Stale(_))), "{refused:?}");
    assert_eq!(claim(&*store, at(3)).await.unwrap().attempt, 1);
    settle(&*store, &id, &Settlement::Retry { at: at(4), why: why() }, at(3)).await;
    assert_eq!(claim(&*store, at(4)).await.unwrap().attempt, 2);
    store.mark_interrupted(at(5)).await.unwrap();
    assert_eq!(state(&*store, &id).await, MailState::Retrying);
    assert_eq!(claim(&*store, at(5)).await.unwrap().attempt, 2);
    store.hand_over(WORKER, &id, at(5)).await.unwrap();
    assert_eq!(store.mark_interrupted(at(6)).await.unwrap(), 1, "what was handed over is something else");
}

/// Its worker lives and does not know of its claim: the store's answer got lost on the way.
pub async fn a_claim_that_nobody_knows_of_ends(store: Arc<dyn Store>) {
    let (term, worker) = (600, "alive");
    owe(&*store, &[at(0); 2]).await;
    assert!(store.lease(worker, worker, at(1), at(9999)).await.unwrap());
    let known = hand_over_next(&*store, worker, 9999).await;
    let lost = store.claim(worker, Rates::default(), at(1)).await.unwrap().unwrap().mail.id;
    assert_eq!(store.mark_interrupted(at(term)).await.unwrap(), 0);
    assert_eq!(state(&*store, &lost).await, MailState::Sending);
    assert_eq!(store.mark_interrupted(at(term + 1)).await.unwrap(), 0);
    assert_eq!(
        (state(&*store, &lost).await, state(&*store, &known).await),
        (MailState::Queued, MailState::Sending)
    );
    let again = store.claim(worker, Rates::default(), at(term + 2)).await.unwrap().unwrap();
    assert_eq!((&again.mail.id, again.attempt), (&lost, 1));
    store.hand_over(worker, &lost, at(term + 2)).await.unwrap();
    let twice = store.hand_over(worker, &lost, at(term + 2)).await;
    assert!(matches!(twice, Err(StoreError::Stale(_))), "who was only slow must not send it, too: {twice:?}");
}

/// What was attempted at a later time than now is of a clock that was put back since.
pub async fn a_clock_that_is_put_back_holds_up_no_mail(store: Arc<dyn Store>) {
    owe(&*store, &[at(0); 3]).await;
    let rates = Rates { per_minute: Some(1), per_domain: Some(1) };
    store.claim(WORKER, rates, at(9000)).await.unwrap().unwrap();
    assert_eq!(store.claim(WORKER, rates, at(8941)).await.unwrap(), None, "clocks differ by a little");
    assert!(store.claim(WORKER, rates, at(5000)).await.unwrap().is_some());
    assert_eq!(store.claim(WORKER, rates, at(5001)).await.unwrap(), None);
}

pub async fn health_tells_the_age_of_the_oldest(store: Arc<dyn Store>) {
    assert_eq!(store.health().await.unwrap(), OutboxHealth::default());
    owe(&*store, &[at(4), at(3), at(5)]).await;
    let oldest = claim(&*store, at(3)).await.unwrap();
    let health = store.health().await.unwrap();
    assert_eq!((health.owed, health.oldest_owed), (3, Some(at(3))), "being sent is not sent");
    settle(&*store, &oldest.mail.id, &Settlement::Sent, at(4)).await;
    let health = store.health().await.unwrap();
    assert_eq!((health.owed, health.oldest_owed), (2, Some(at(4))));
}
