//! The contract of the store: one suite for every engine. Each test gets a store of its own, empty and migrated.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;
mod fixtures;
mod outbox;
mod runs;

use std::any::Any;
use std::sync::Arc;

use regatta_store::Store;
use regatta_trial_database::TrialServer;

/// A store that nobody has used yet, and whatever must outlive it.
struct Fresh {
    store: Arc<dyn Store>,
    _keep: Box<dyn Any + Send>,
}

/// Makes a test of each function for the engine that `$open` opens.
macro_rules! fulfils {
    ($open:path; $($room:ident: [$($promise:ident),+ $(,)?])+) => {
        $(mod $room {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let fresh = $open().await;
                crate::$room::$promise(fresh.store.clone()).await;
            })+
        })+
    };
}

/// The whole contract for one engine.
macro_rules! contract {
    ($engine:ident: $open:path) => {
        mod $engine {
            fulfils! { $open;
                desk: [
                    keeps_a_registration_as_it_was,
                    a_save_changes_it_and_raises_its_version,
                    a_stale_save_is_refused,
                    a_transaction_that_is_not_committed_leaves_nothing,
                    others_see_only_what_is_committed,
                    counts_seats_by_state,
                    an_address_has_one_live_registration_per_event,
                    finds_a_live_registration_by_any_spelling,
                    places_rise_per_event,
                    a_place_is_given_once,
                    the_line_is_everybody_who_waits_by_place,
                    holds_lapse_at_their_moment,
                    knows_where_somebody_waits,
                    positions_count_everybody_in_line,
                    knows_what_was_mailed_since,
                    writers_take_turns,
                    an_abandoned_wait_harms_nobody,
                ]
                outbox: [
                    a_mail_is_due_when_its_change_is_committed,
                    the_longest_due_is_claimed_first,
                    claimers_never_share_a_mail,
                    a_sent_mail_is_over,
                    a_retry_comes_back_at_its_time,
                    what_ends_badly_is_counted,
                    only_a_claimed_mail_is_settled,
                    an_interrupted_mail_is_unknown_and_stays_so,
                    health_tells_the_age_of_the_oldest,
                ]
                runs: [
                    keeps_a_run_as_it_was,
                    the_queue_is_first_come_first_served,
                    a_state_changes_only_from_the_expected_one,
                    of_many_who_take_a_run_one_gets_it,
                    an_end_is_final,
                    keeps_the_isolation,
                    a_log_has_no_gaps,
                    a_log_reads_back_as_it_was,
                    a_log_needs_its_run,
                    finds_what_was_interrupted,
                    lists_ended_unedited_demos_newest_first,
                    counts_a_visitors_runs,
                    deletes_old_runs_with_their_logs,
                ]
            }
        }
    };
}

contract!(sqlite: crate::open_sqlite);
contract!(postgres: crate::open_postgres);

async fn open_sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("regatta.db").display());
    Fresh { store: regatta_store::open(&url).await.unwrap(), _keep: Box::new(folder) }
}

async fn open_postgres() -> Fresh {
    let url = TrialServer::shared().database().await;
    Fresh { store: regatta_store::open(&url).await.unwrap(), _keep: Box::new(()) }
}
