//! What operators do, and that it is written down.

use std::sync::Arc;

use regatta_domain::switches::{PlaygroundMode, Switches};
use regatta_store::Store;
use regatta_store::records::AuditEntry;

use super::samples::{deed, queue, run, run_id, stored};
use super::shares::{share_id, shared};
use crate::fixtures::at;

async fn audit(store: &dyn Store) -> Vec<AuditEntry> {
    store.audit_log(None, 99).await.unwrap()
}

pub async fn what_is_hidden_is_written_down(store: Arc<dyn Store>) {
    assert!(!store.hide_run(&run_id(1), true, &deed("run")).await.unwrap());
    assert!(!store.hide_shared_text(&share_id(1), true, &deed("text")).await.unwrap());
    assert_eq!(audit(&*store).await, [], "there was nothing to hide");
    queue(&*store, &run(1)).await;
    assert!(store.share_text(&shared(1), 9, at(0)).await.unwrap());
    for hidden in [true, false] {
        assert!(store.hide_run(&run_id(1), hidden, &deed("run")).await.unwrap());
        assert_eq!(stored(&*store, 1).await.hidden, hidden);
        assert!(store.hide_shared_text(&share_id(1), hidden, &deed("text")).await.unwrap());
        assert_eq!(store.shared_text(&share_id(1)).await.unwrap().unwrap().hidden, hidden);
    }
    assert_eq!(audit(&*store).await, ["text", "run", "text", "run"].map(deed));
}

pub async fn the_switches_are_as_they_were_last_set(store: Arc<dyn Store>) {
    assert_eq!(store.switches().await.unwrap(), None);
    let mut switches = Switches::default();
    for mode in PlaygroundMode::ALL {
        for edited_runs in [true, false] {
            let reason = edited_runs.then(|| format!("because of {mode:?} 周"));
            switches = Switches { mode, edited_runs, reason };
            store.set_switches(&switches, &deed(mode.as_str())).await.unwrap();
            assert_eq!(store.switches().await.unwrap().as_ref(), Some(&switches));
        }
    }
    assert_eq!(audit(&*store).await.len(), 8, "each with who and why");
    assert_eq!(audit(&*store).await[0], deed(switches.mode.as_str()));
}
