//! What is relied on of the audit log and of feedback.

use std::sync::Arc;

use regatta_domain::feedback::{Feedback, Rating};
use regatta_domain::registration::RegistrationState::Held;
use regatta_store::Store;
use regatta_store::records::AuditEntry;

use crate::fixtures::{add, at, begin, event, registration};

fn entry(seconds: i64, subject: &str) -> AuditEntry {
    AuditEntry {
        at: at(seconds),
        actor: "ada 周".into(),
        action: "capacity".into(),
        subject: subject.into(),
        reason: "a larger room's \"door\"".into(),
        detail: "10 → 20".into(),
    }
}

pub async fn the_audit_log_is_read_newest_first(store: Arc<dyn Store>) {
    assert_eq!(store.audit_log(None, 9).await.unwrap(), []);
    let entries = [entry(1, "sail"), entry(2, "row"), entry(2, "sail")];
    for entry in &entries {
        store.audit_alone(entry).await.unwrap();
    }
    let [first, second, third] = entries;
    let log = store.audit_log(None, 9).await.unwrap();
    assert_eq!(log, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(store.audit_log(None, 2).await.unwrap(), [third.clone(), second]);
    assert_eq!(store.audit_log(Some("sail"), 9).await.unwrap(), [third.clone(), first]);
    assert_eq!(store.audit_log(Some("sail"), 1).await.unwrap(), [third]);
    assert_eq!(store.audit_log(Some("swim"), 9).await.unwrap(), []);
}

pub async fn what_is_done_and_its_entry_come_together(store: Arc<dyn Store>) {
    let mut lost = begin(&*store, &["sail"]).await;
    lost.audit(&entry(1, "sail")).await.unwrap();
    drop(lost);
    assert_eq!(store.audit_log(None, 9).await.unwrap(), []);
    let mut tx = begin(&*store, &["sail"]).await;
    tx.audit(&entry(2, "sail")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.audit_log(None, 9).await.unwrap(), [entry(2, "sail")]);
}

fn said(number: i64, stars: u8, seconds: i64) -> Feedback {
    Feedback {
        registration: registration(number, Held).id,
        event: event("sail"),
        rating: Rating::new(stars).unwrap(),
        comment: format!("Comment {number}\nof two lines 好"),
        given_at: at(seconds),
    }
}

pub async fn the_last_word_of_each_is_kept(store: Arc<dyn Store>) {
    add(&*store, &[1, 2, 3].map(|number| registration(number, Held))).await;
    let (mine, other) = (said(1, 1, 5), said(2, 5, 6));
    let elsewhere = Feedback { event: event("row"), ..said(3, 3, 1) };
    for feedback in [&mine, &other, &elsewhere] {
        store.give_feedback(feedback).await.unwrap();
        assert_eq!(store.feedback(&feedback.registration).await.unwrap().as_ref(), Some(feedback));
    }
    assert_eq!(store.feedback_on(&event("sail")).await.unwrap(), [mine.clone(), other.clone()]);
    let changed = Feedback { comment: String::new(), ..said(1, 4, 9) };
    store.give_feedback(&changed).await.unwrap();
    assert_eq!(store.feedback(&mine.registration).await.unwrap().as_ref(), Some(&changed));
    assert_eq!(store.feedback_on(&event("sail")).await.unwrap(), [other, changed], "by time");
    assert_eq!(store.feedback(&registration(9, Held).id).await.unwrap(), None);
    assert_eq!(store.feedback_on(&event("swim")).await.unwrap(), []);
}
