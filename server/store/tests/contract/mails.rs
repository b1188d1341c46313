//! What the operators of the mail room rely on: they see mails, have them sent again or not at all, and know which
//! addresses mail does not reach.

use std::sync::Arc;

use regatta_domain::ids::MailId;
use regatta_domain::registration::RegistrationState::Held;
use regatta_store::Store;
use regatta_store::outbox::{
    MailFilter, MailKind, MailState, MailSubject, Settlement, StoredMail, Suppression,
};

use crate::fixtures::{add, at, claim, enqueue, mail, mail_id, owe, registration, settle, why};

/// Owes one mail in each state. Those that could be claimed in place of the next one come last.
async fn one_in_each_state(store: &dyn Store) -> Vec<(MailId, MailState)> {
    use MailState as S;
    let states = [S::Sent, S::Failed, S::Unknown, S::Dropped, S::Aborted, S::Sending, S::Retrying, S::Queued];
    let owner = registration(1, Held);
    add(store, std::slice::from_ref(&owner)).await;
    let mut mails = Vec::new();
    for (number, state) in (1..).zip(states) {
        let id = mail_id(number);
        enqueue(store, &[mail(number, &owner, MailKind::ConfirmSeat, at(number))]).await;
        if !matches!(state, S::Queued | S::Aborted) {
            assert_eq!(claim(store, at(number)).await.unwrap().mail.id, id);
        }
        let end = match state {
            S::Sent => Some(Settlement::Sent),
            S::Failed => Some(Settlement::Failed { why: why() }),
            S::Unknown => Some(Settlement::Unknown { why: why() }),
            S::Dropped => Some(Settlement::Dropped { why: why() }),
            S::Retrying => Some(Settlement::Retry { at: at(9_000), why: why() }),
            S::Queued | S::Aborted | S::Sending => None,
        };
        match end {
            Some(end) => settle(store, &id, &end, at(20)).await,
            None if state == S::Aborted => {
                assert_eq!(store.abort(&id, "not wanted", at(20)).await.unwrap(), Some(S::Queued));
            }
            None => {}
        }
        assert_eq!(store.mail(&id).await.unwrap().unwrap().state, state);
        mails.push((id, state));
    }
    assert_eq!(mails.len(), MailState::ALL.len());
    mails
}

pub async fn a_mail_is_seen_as_it_stands(store: Arc<dyn Store>) {
    let owed = owe(&*store, &[at(3)]).await.remove(0);
    let mut expected = StoredMail {
        id: owed.id.clone(),
        kind: owed.kind,
        subject: MailSubject::Registration(registration(1, Held).id),
        recipient: Some(owed.recipient.clone()),
        state: MailState::Queued,
        attempts: 0,
        due_at: at(3),
        created_at: at(3),
        settled_at: None,
        why: None,
    };
    assert_eq!(store.mail(&owed.id).await.unwrap().as_ref(), Some(&expected));
    claim(&*store, at(4)).await.unwrap();
    settle(&*store, &owed.id, &Settlement::Retry { at: at(60), why: why() }, at(5)).await;
    expected.state = MailState::Retrying;
    expected.attempts = 1;
    expected.due_at = at(60);
    expected.why = Some(why());
    assert_eq!(store.mail(&owed.id).await.unwrap(), Some(expected));
    assert_eq!(store.mail(&mail_id(99)).await.unwrap(), None);
}

pub async fn mails_are_listed_newest_first(store: Arc<dyn Store>) {
    let mails = one_in_each_state(&*store).await;
    let other = registration(2, Held);
    add(&*store, std::slice::from_ref(&other)).await;
    enqueue(&*store, &[mail(50, &other, MailKind::ConfirmSeat, at(50))]).await;
    let list = async |filter: MailFilter| -> Vec<MailId> {
        store.mails(&filter).await.unwrap().into_iter().map(|mail| mail.id).collect()
    };
    let everything = MailFilter { limit: 99, ..MailFilter::default() };
    let newest_first: Vec<_> =
        [mail_id(50)].into_iter().chain(mails.iter().rev().map(|(id, _)| id.clone())).collect();
    assert_eq!(list(everything.clone()).await, newest_first);
    assert_eq!(list(MailFilter { limit: 3, ..everything.clone() }).await, newest_first[..3]);
    let states = vec![MailState::Failed, MailState::Unknown];
    assert_eq!(list(MailFilter { states, ..everything.clone() }).await, [mail_id(3), mail_id(2)]);
    let about = Some(other.id.clone());
    assert_eq!(list(MailFilter { registration: about, ..everything.clone() }).await, [mail_id(50)]);
    let recipient = Some("visitor2@example.org".to_owned());
    assert_eq!(list(MailFilter { recipient: recipient.clone(), ..everything.clone() }).await, [mail_id(50)]);
    let states = vec![MailState::Sent];
    assert_eq!(list(MailFilter { recipient, states, ..everything }).await, []);
}

pub async fn what_stopped_can_be_tried_anew(store: Arc<dyn Store>) {
    use MailState as S;
    for (id, state) in one_in_each_state(&*store).await {
        let before = store.mail(&id).await.unwrap().unwrap();
        assert_eq!(store.retry(&id, at(500)).await.unwrap(), Some(state));
        let after = store.mail(&id).await.unwrap().unwrap();
        if matches!(state, S::Failed | S::Unknown | S::Aborted | S::Retrying) {
            let anew = StoredMail {
                state: S::Queued,
                attempts: 0,
                due_at: at(500),
                settled_at: None,
                why: None,
                ..before
            };
            assert_eq!(after, anew, "{state:?}");
        } else {
            assert_eq!(after, before, "{state:?} stays as it is");
        }
    }
    assert_eq!(store.retry(&mail_id(99), at(500)).await.unwrap(), None);
    let mut attempts = Vec::new();
    while let Some(claimed) = claim(&*store, at(500)).await {
        attempts.push((claimed.mail.id, claimed.attempt));
    }
    assert_eq!(attempts.len(), 5, "four that were tried anew, and one that was queued: {attempts:?}");
    assert!(attempts.iter().all(|(_, attempt)| *attempt == 1));
}

pub async fn what_is_not_sent_yet_can_be_stopped(store: Arc<dyn Store>) {
    use MailState as S;
    for (id, state) in one_in_each_state(&*store).await {
        let before = store.mail(&id).await.unwrap().unwrap();
        assert_eq!(store.abort(&id, "the address is a trap", at(500)).await.unwrap(), Some(state));
        let after = store.mail(&id).await.unwrap().unwrap();
        if matches!(state, S::Queued | S::Retrying | S::Failed | S::Unknown) {
            let why = Some("the address is a trap".to_owned());
            let stopped = StoredMail { state: S::Aborted, settled_at: Some(at(500)), why, ..before };
            assert_eq!(after, stopped, "{state:?}");
        } else {
            assert_eq!(after, before, "{state:?} stays as it is");
        }
    }
    assert_eq!(store.abort(&mail_id(99), "", at(500)).await.unwrap(), None);
    assert_eq!(claim(&*store, at(99_999)).await, None);
}

pub async fn an_unreachable_address_is_known_until_it_is_taken_back(store: Arc<dyn Store>) {
    let unreachable = |address: &str, second, why: &str| Suppression {
        address: address.into(),
        since: at(second),
        why: why.into(),
    };
    let (ada, zhou) = (
        unreachable("ada@example.org", 5, "550 no such user"),
        unreachable("zhou@example.org", 1, "552 full"),
    );
    store.suppress(&zhou).await.unwrap();
    store.suppress(&ada).await.unwrap();
    store.suppress(&unreachable("ada@example.org", 9, "something else")).await.unwrap();
    assert_eq!(
        store.suppression("ada@example.org").await.unwrap().as_ref(),
        Some(&ada),
        "the first word stays"
    );
    assert_eq!(store.suppression("bob@example.org").await.unwrap(), None);
    assert_eq!(store.suppressions().await.unwrap(), [ada, zhou.clone()]);
    assert!(store.unsuppress("ada@example.org").await.unwrap());
    assert!(!store.unsuppress("ada@example.org").await.unwrap());
    assert_eq!(store.suppressions().await.unwrap(), [zhou]);
}

/// Whom a mail went to is not kept for ever, nor that there was one. What is owed stays.
pub async fn settled_mails_are_forgotten_in_two_steps(store: Arc<dyn Store>) {
    let owed = owe(&*store, &[at(0); 4]).await;
    for (mail, second) in owed.iter().zip([10, 20, 30]) {
        claim(&*store, at(5)).await.unwrap();
        let end = Settlement::Failed { why: format!("550 {} unknown", mail.recipient) };
        settle(&*store, &mail.id, &end, at(second)).await;
    }
    assert_eq!(store.purge_settled(at(30), at(20)).await.unwrap(), 2, "before, not at that moment");
    assert_eq!(store.mail(&owed[0].id).await.unwrap(), None, "forgotten");
    let erased = store.mail(&owed[1].id).await.unwrap().unwrap();
    assert_eq!((erased.state, erased.recipient, erased.why), (MailState::Failed, None, None));
    for kept in &owed[2..] {
        let kept = store.mail(&kept.id).await.unwrap().unwrap();
        assert!(kept.recipient.is_some(), "{kept:?}");
    }
    let to_owner =
        MailFilter { recipient: Some(owed[0].recipient.normalized()), limit: 9, ..MailFilter::default() };
    assert_eq!(store.mails(&to_owner).await.unwrap().len(), 2);
    assert_eq!(store.purge_settled(at(30), at(20)).await.unwrap(), 0, "once is enough");
    assert_eq!(store.retry(&owed[1].id, at(40)).await.unwrap(), Some(MailState::Failed));
    assert_eq!(store.mail(&owed[1].id).await.unwrap().unwrap().state, MailState::Failed, "to nobody");
}
