//! What is relied on by those who tell people of events, and by several processes that share the work.

use std::sync::Arc;
use std::time::Duration;

use regatta_domain::announcement::{EventFacts, Standing};
use regatta_domain::event::{EventTime, Place};
use regatta_store::herald::Announced;
use regatta_store::{LeaseHeld, Store};

use crate::fixtures::{at, begin, event, facts};

pub async fn what_people_were_told_is_kept_as_it_was(store: Arc<dyn Store>) {
    let first = Announced {
        told: facts(Standing::On),
        told_at: at(1),
        sequence: 0,
        pending: None,
        published_at: None,
        wrapped_up_at: None,
    };
    let bare_day = EventFacts {
        when: EventTime::Day("2026-12-31".parse().unwrap()),
        place: Some(Place::Online),
        standing: Standing::Cancelled,
    };
    let changed = Announced {
        sequence: 7,
        pending: Some((bare_day, at(5))),
        published_at: Some(at(2)),
        wrapped_up_at: Some(at(3)),
        ..first.clone()
    };
    let told = Announced { told: EventFacts { place: None, ..facts(Standing::Postponed) }, ..first.clone() };
    let sail = event("sail");
    assert_eq!(store.announced(&sail).await.unwrap(), None);
    for announced in [first, changed, told] {
        let mut tx = begin(&*store, &["sail"]).await;
        let before = tx.announced(&sail).await.unwrap();
        tx.set_announced(&sail, &announced).await.unwrap();
        assert_eq!(tx.announced(&sail).await.unwrap().as_ref(), Some(&announced));
        assert_eq!(store.announced(&sail).await.unwrap(), before, "not before the commit");
        tx.commit().await.unwrap();
        assert_eq!(store.announced(&sail).await.unwrap(), Some(announced));
    }
    assert_eq!(store.announced(&event("row")).await.unwrap(), None);
}

pub async fn a_lease_is_held_by_one_until_it_lapses(store: Arc<dyn Store>) {
    let lease =
        async |holder: &str, now, until| store.lease("herald", holder, at(now), at(until)).await.unwrap();
    assert!(lease("one", 0, 30).await, "taken");
    assert!(!lease("two", 10, 40).await);
    assert!(lease("one", 10, 40).await, "renewed");
    assert!(!lease("two", 39, 69).await, "also past the end that it had at first");
    assert!(lease("two", 40, 70).await, "lapsed");
    assert!(!lease("one", 41, 71).await);
    assert!(
        store.lease("another", "one", at(41), at(71)).await.unwrap(),
        "names have nothing to do with each other"
    );
}

pub async fn it_is_known_who_holds_what(store: Arc<dyn Store>) {
    let held = async |now| store.leases(at(now)).await.unwrap();
    assert_eq!(held(0).await, []);
    assert!(store.lease("reaper", "one", at(0), at(30)).await.unwrap());
    assert!(store.lease("herald", "two", at(0), at(60)).await.unwrap());
    let lease = |name: &str, holder: &str, until| LeaseHeld {
        name: name.to_owned(),
        holder: holder.to_owned(),
        until: at(until),
    };
    assert_eq!(held(29).await, [lease("herald", "two", 60), lease("reaper", "one", 30)]);
    assert_eq!(held(30).await, [lease("herald", "two", 60)], "what lapsed is nobody's");
}

pub async fn an_engine_tells_how_it_is(store: Arc<dyn Store>) {
    assert!(["sqlite", "postgres"].contains(&store.engine()));
    let pulse = store.pulse().await.unwrap();
    assert!(pulse.waited < Duration::from_secs(30) && pulse.answered < Duration::from_secs(30));
    let pools = store.pools();
    let used = pools.iter().all(|pool| pool.in_use <= pool.open && pool.open <= pool.most);
    assert!(used && pools.iter().any(|pool| pool.open > 0), "{pools:?}");
}

pub async fn a_lease_that_is_given_back_is_free(store: Arc<dyn Store>) {
    assert!(store.lease("herald", "one", at(0), at(30)).await.unwrap());
    store.release("herald", "two").await.unwrap();
    assert!(!store.lease("herald", "two", at(1), at(31)).await.unwrap(), "only its holder gives it back");
    store.release("herald", "one").await.unwrap();
    store.release("herald", "one").await.unwrap();
    assert!(store.lease("herald", "two", at(1), at(31)).await.unwrap());
}

pub async fn of_many_who_want_a_lease_one_gets_it(store: Arc<dyn Store>) {
    let holders: Vec<_> = (0..12)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                store.lease("herald", &format!("holder-{number}"), at(0), at(30)).await.unwrap()
            })
        })
        .collect();
    let mut got = 0;
    for holder in holders {
        got += u32::from(holder.await.unwrap());
    }
    assert_eq!(got, 1);
}

pub async fn what_is_kept_for_life_is_decided_once(store: Arc<dyn Store>) {
    assert_eq!(store.kept("identity", "meet.example.org").await.unwrap(), "meet.example.org");
    assert_eq!(store.kept("identity", "other.example.org").await.unwrap(), "meet.example.org");
    assert_eq!(store.kept("another", "other.example.org").await.unwrap(), "other.example.org");
    let askers: Vec<_> = (0..8)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.kept("race", &format!("value-{number}")).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for asker in askers {
        answers.push(asker.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "everybody gets the same answer");
}
