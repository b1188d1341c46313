//! What the mail room relies on.

use std::collections::BTreeSet;
use std::sync::Arc;

use regatta_domain::ids::MailId;
use regatta_domain::registration::RegistrationState::Held;
use regatta_store::outbox::{ClaimedMail, MailKind, OutboxHealth, Settlement};
use regatta_store::{Store, StoreError};

use crate::fixtures::{add, at, mail, owe, registration};

fn why() -> String {
    "450 4.2.0 greylisted".into()
}

pub async fn a_mail_is_due_when_its_change_is_committed(store: Arc<dyn Store>) {
    let owner = registration(1, Held);
    add(&*store, std::slice::from_ref(&owner)).await;
    for (number, kind) in (1..).zip(MailKind::ALL) {
        let new = mail(number, &owner, kind, at(number));
        let mut tx = store.begin().await.unwrap();
        tx.enqueue(&new).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), None, "not before the commit");
        tx.commit().await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(number)));
        let claimed = store.claim(at(number)).await.unwrap();
        assert_eq!(claimed, Some(ClaimedMail { mail: new, attempt: 1 }));
        assert_eq!(store.next_due().await.unwrap(), None, "a claimed mail is not due");
    }
}

pub async fn the_longest_due_is_claimed_first(store: Arc<dyn Store>) {
    owe(&*store, &[at(3), at(1), at(2)]).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(1)));
    assert_eq!(store.claim(at(0)).await.unwrap(), None, "nothing is due yet");
    let mut order = Vec::new();
    while let Some(claimed) = store.claim(at(2)).await.unwrap() {
        order.push(claimed.mail.created_at);
    }
    assert_eq!(order, [at(1), at(2)]);
}

pub async fn claimers_never_share_a_mail(store: Arc<dyn Store>) {
    const MAILS: usize = 40;
    let owed = owe(&*store, &[at(0); MAILS]).await;
    let claimers: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let Some(claimed) = store.claim(at(1)).await.unwrap() {
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

async fn claim_the_only_one(store: &dyn Store) -> MailId {
    owe(store, &[at(0)]).await;
    store.claim(at(1)).await.unwrap().unwrap().mail.id
}

pub async fn a_sent_mail_is_over(store: Arc<dyn Store>) {
    let id = claim_the_only_one(&*store).await;
    store.settle(&id, &Settlement::Sent, at(2)).await.unwrap();
    assert_eq!(store.claim(at(99_999)).await.unwrap(), None);
    assert_eq!(store.health().await.unwrap(), OutboxHealth::default());
}

pub async fn a_retry_comes_back_at_its_time(store: Arc<dyn Store>) {
    let id = claim_the_only_one(&*store).await;
    store.settle(&id, &Settlement::Retry { at: at(60), why: why() }, at(2)).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(at(60)));
    assert_eq!(store.claim(at(59)).await.unwrap(), None);
    let again = store.claim(at(60)).await.unwrap().unwrap();
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
        let claimed = store.claim(at(1)).await.unwrap().unwrap();
        store.settle(&claimed.mail.id, &end, at(2)).await.unwrap();
    }
    assert_eq!(store.claim(at(99_999)).await.unwrap(), None, "none of {} comes back", mails.len());
    let expected = OutboxHealth { owed: 0, failed: 1, unknown: 1, oldest_owed: None };
    assert_eq!(store.health().await.unwrap(), expected);
}

pub async fn only_a_claimed_mail_is_settled(store: Arc<dyn Store>) {
    let mail = owe(&*store, &[at(0)]).await.remove(0);
    let early = store.settle(&mail.id, &Settlement::Sent, at(1)).await;
    assert!(matches!(early, Err(StoreError::Stale(_))), "{early:?}");
    store.claim(at(1)).await.unwrap().unwrap();
    store.settle(&mail.id, &Settlement::Sent, at(2)).await.unwrap();
    let twice = store.settle(&mail.id, &Settlement::Retry { at: at(3), why: why() }, at(2)).await;
    assert!(matches!(twice, Err(StoreError::Stale(_))), "{twice:?}");
    assert_eq!(store.claim(at(99)).await.unwrap(), None);
}

pub async fn an_interrupted_mail_is_unknown_and_stays_so(store: Arc<dyn Store>) {
    owe(&*store, &[at(0); 3]).await;
    let early = store.claim(at(1)).await.unwrap().unwrap();
    let late = store.claim(at(5)).await.unwrap().unwrap();
    assert_eq!(store.mark_interrupted(at(1)).await.unwrap(), 0, "claimed at that moment is not before it");
    assert_eq!(store.mark_interrupted(at(5)).await.unwrap(), 1);
    let settled = store.settle(&early.mail.id, &Settlement::Retry { at: at(6), why: why() }, at(6)).await;
    assert!(matches!(settled, Err(StoreError::Stale(_))), "{settled:?}");
    store.settle(&late.mail.id, &Settlement::Sent, at(6)).await.unwrap();
    let rest = store.claim(at(99_999)).await.unwrap().unwrap();
    assert_ne!(rest.mail.id, early.mail.id);
    assert_eq!(store.claim(at(99_999)).await.unwrap(), None);
    assert_eq!(store.health().await.unwrap().unknown, 1);
}

pub async fn health_tells_the_age_of_the_oldest(store: Arc<dyn Store>) {
    assert_eq!(store.health().await.unwrap(), OutboxHealth::default());
    owe(&*store, &[at(4), at(3), at(5)]).await;
    let oldest = store.claim(at(3)).await.unwrap().unwrap();
    let health = store.health().await.unwrap();
    assert_eq!((health.owed, health.oldest_owed), (3, Some(at(3))), "being sent is not sent");
    store.settle(&oldest.mail.id, &Settlement::Sent, at(4)).await.unwrap();
    let health = store.health().await.unwrap();
    assert_eq!((health.owed, health.oldest_owed), (2, Some(at(4))));
}
