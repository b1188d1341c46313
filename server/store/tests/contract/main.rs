//! The contract of the store: one suite for every engine. Each test gets a store of its own, empty and migrated.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod desk;
mod fixtures;
mod follows;
mod herald;
mod holds;
mod mails;
mod outbox;
mod playground;
mod purge;
mod records;
mod registrations;

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
    ($open:path, in $house:ident; $($room:ident: [$($promise:ident),+ $(,)?])+) => {
        mod $house {
            $(mod $room {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let fresh = $open().await;
                    crate::$house::$room::$promise(fresh.store.clone()).await;
                })+
            })+
        }
    };
}

/// The whole contract for one engine.
macro_rules! contract {
    ($engine:ident: $open:path) => {
        mod $engine {
            fulfils! { $open;
                registrations: [
                    keeps_a_registration_as_it_was,
                    a_crowd_is_stored_at_once,
                    nothing_is_stored_of_nothing,
                    a_save_changes_it_and_raises_its_version,
                    a_stale_save_is_refused,
                    an_address_has_one_live_registration_per_event,
                    a_save_takes_no_address_that_is_taken,
                    one_refused_registration_refuses_all,
                    a_place_is_given_once,
                    finds_live_registrations_by_address,
                    finds_all_registrations_of_an_address_newest_first,
                    finds_what_was_booked_together,
                    lists_page_by_page,
                    lists_by_event_and_state,
                    a_search_means_its_letters,
                    a_history_is_kept_in_its_order,
                ]
                desk: [
                    a_transaction_that_is_not_committed_leaves_nothing,
                    others_see_only_what_is_committed,
                    counts_seats_by_state_and_kind,
                    its_counters_always_equal_a_recount,
                    places_rise_per_event,
                    one_transaction_has_several_desks,
                    a_desk_that_was_not_begun_is_refused,
                    desks_in_another_order_lock_nobody_out,
                    overrides_stay_until_they_are_taken_back,
                    the_line_is_who_waits_with_a_confirmed_address,
                    finds_registrations_by_standing,
                    knows_where_somebody_waits,
                    positions_count_everybody_in_line,
                    sequences_rise_together,
                    the_time_to_keep_data_moves_with_the_event,
                    writers_take_turns,
                    an_abandoned_wait_harms_nobody,
                ]
                holds: [
                    holds_lapse_at_their_moment,
                    knows_for_whom_a_mail_to_confirm_is_owed,
                ]
                purge: [
                    data_is_due_for_purge_at_its_moment,
                    owed_mail_comes_before_the_purge,
                    erasing_leaves_only_what_counts,
                    erasing_one_touches_nobody_else,
                    what_is_erased_stays_so,
                    who_was_erased_can_come_again,
                ]
                outbox: [
                    a_mail_is_due_when_its_change_is_committed,
                    keeps_all_that_a_mail_has_to_say,
                    what_may_be_once_is_once,
                    a_crowd_is_owed_mail_at_once,
                    knows_what_was_mailed_since,
                    the_longest_due_is_claimed_first,
                    claimers_never_share_a_mail,
                    no_more_go_out_in_a_minute_than_may,
                    claimers_keep_the_rate_together,
                    a_slow_domain_holds_up_no_other,
                    a_sent_mail_is_over,
                    a_retry_comes_back_at_its_time,
                    what_ends_badly_is_counted,
                    only_its_claimer_settles_a_mail,
                    a_text_is_handed_over_once_by_its_claimer,
                    an_interrupted_mail_is_unknown_and_stays_so,
                    a_claim_that_nobody_knows_of_ends,
                    a_clock_that_is_put_back_holds_up_no_mail,
                    a_mail_that_was_not_handed_over_is_due_again,
                    health_tells_the_age_of_the_oldest,
                ]
                mails: [
                    a_mail_is_seen_as_it_stands,
                    mails_are_listed_newest_first,
                    what_stopped_can_be_tried_anew,
                    what_is_not_sent_yet_can_be_stopped,
                    an_unreachable_address_is_known_until_it_is_taken_back,
                    settled_mails_are_forgotten_in_two_steps,
                ]
                follows: [
                    a_follow_and_its_question_are_kept_together,
                    an_address_follows_a_topic_once,
                    a_follow_is_confirmed_once,
                    a_question_is_repeated_after_a_while,
                    a_question_is_not_repeated_twice_at_once,
                    who_stops_is_forgotten,
                    who_never_confirms_is_forgotten,
                    one_mail_goes_to_each_address,
                ]
                herald: [
                    what_people_were_told_is_kept_as_it_was,
                    a_lease_is_held_by_one_until_it_lapses,
                    it_is_known_who_holds_what,
                    an_engine_tells_how_it_is,
                    a_lease_that_is_given_back_is_free,
                    of_many_who_want_a_lease_one_gets_it,
                    what_is_kept_for_life_is_decided_once,
                ]
                records: [
                    the_audit_log_is_read_newest_first,
                    what_is_done_and_its_entry_come_together,
                    the_last_word_of_each_is_kept,
                ]
            }
            fulfils! { $open, in playground;
                admission: [
                    keeps_a_run_as_it_was,
                    a_run_is_added_once,
                    a_full_queue_takes_no_more,
                    a_visitor_has_so_many_at_a_time,
                    a_visitor_has_so_many_in_a_while,
                    a_visitors_own_limits_are_told_first,
                    of_many_who_want_the_last_place_one_gets_it,
                    a_visitor_in_haste_gets_no_more_than_others,
                    the_line_is_oldest_first_and_knows_who_has_what_under_way,
                    the_line_is_one_moment,
                ]
                holds: [
                    a_run_that_is_taken_waits_no_more,
                    of_many_who_take_a_run_one_gets_it,
                    only_its_holder_gets_a_run_under_way,
                    holds_tell_whether_they_are_kept,
                    a_run_is_taken_over_once_from_the_hold_that_was_seen,
                    a_hold_is_kept_or_lost,
                    a_run_that_is_given_up_is_whoever_comes_firsts,
                    an_end_is_final_and_all_of_it_is_kept,
                    an_end_comes_from_whoever_holds_the_run,
                    a_run_may_end_before_any_step,
                    whoever_holds_a_run_hears_that_it_is_to_be_cancelled,
                    a_run_has_one_end,
                    a_waiting_run_is_cancelled_or_taken,
                ]
                logs: [
                    a_log_has_no_gaps,
                    a_log_is_read_from_anywhere,
                    a_log_reads_back_as_it_was,
                    any_number_of_events_is_appended_at_once,
                    a_log_needs_its_run,
                    a_log_is_closed_with_its_run,
                    of_two_who_append_one_is_refused,
                    nothing_is_appended_after_the_end,
                    readers_follow_a_log_without_gaps,
                ]
                lists: [
                    runs_are_listed_newest_first,
                    the_public_sees_ended_runs_of_demos,
                    every_filter_narrows_the_list,
                    a_list_tells_all_but_the_texts,
                ]
                shares: [
                    a_shared_text_is_kept_as_it_was,
                    a_visitor_shares_so_many_in_a_while,
                    a_visitor_in_haste_shares_no_more_than_others,
                ]
                operation: [
                    what_is_hidden_is_written_down,
                    the_switches_are_as_they_were_last_set,
                ]
                retention: [
                    old_logs_go_and_summaries_stay,
                    who_asked_is_forgotten_with_the_log,
                    old_texts_of_visitors_go_with_all_that_is_kept_of_them,
                    however_much_is_old_all_of_it_goes,
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
