//! Texts that are shared.

use std::sync::Arc;

use regatta_domain::ids::ShareId;
use regatta_domain::pipeline::Dialect;
use regatta_store::Store;
use regatta_store::runs::SharedText;
use tokio::task::JoinSet;

use crate::fixtures::{at, bytes};

pub fn share_id(number: i64) -> ShareId {
    ShareId::from_bytes(bytes(number))
}

/// A text that somebody shared `number` seconds after the beginning.
pub fn shared(number: i64) -> SharedText {
    SharedText {
        id: share_id(number),
        demo: Some("hello".parse().unwrap()),
        dialect: Dialect::Tekton,
        source: format!("# 周 {number}\n\tjobs: [\"{{}}\"]\n"),
        visitor: "somebody".into(),
        shared_at: at(number),
        hidden: false,
    }
}

pub async fn a_shared_text_is_kept_as_it_was(store: Arc<dyn Store>) {
    let long =
        SharedText { demo: None, dialect: Dialect::Screwdriver, source: "x".repeat(64 << 10), ..shared(2) };
    for text in [shared(1), long] {
        assert!(store.share_text(&text, 9, at(0)).await.unwrap());
        assert_eq!(store.shared_text(&text.id).await.unwrap(), Some(text));
    }
    assert_eq!(store.shared_text(&share_id(9)).await.unwrap(), None);
    assert!(store.share_text(&shared(1), 9, at(0)).await.is_err(), "an identity is given once");
}

pub async fn a_visitor_shares_so_many_in_a_while(store: Arc<dyn Store>) {
    for number in [1, 2] {
        assert!(store.share_text(&shared(number), 2, at(0)).await.unwrap());
    }
    assert!(!store.share_text(&shared(3), 2, at(1)).await.unwrap());
    assert_eq!(store.shared_text(&share_id(3)).await.unwrap(), None);
    let other = SharedText { visitor: "somebody else".into(), ..shared(4) };
    assert!(store.share_text(&other, 2, at(0)).await.unwrap());
    assert!(store.share_text(&shared(3), 2, at(2)).await.unwrap());
    assert!(!store.share_text(&shared(5), 0, at(9)).await.unwrap());
}

pub async fn a_visitor_in_haste_shares_no_more_than_others(store: Arc<dyn Store>) {
    let mut sharing = JoinSet::new();
    for number in 1..=32 {
        let store = Arc::clone(&store);
        sharing.spawn(async move { store.share_text(&shared(number), 3, at(0)).await.unwrap() });
    }
    assert_eq!(sharing.join_all().await.into_iter().filter(|shared| *shared).count(), 3);
}
