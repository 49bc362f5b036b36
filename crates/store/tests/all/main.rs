//! The store on SQLite and on PostgreSQL: the same cases on both.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, and names its case"
)]

mod bans;
mod bindings;
mod database;
mod extensions;
mod messages;
mod migrations;
mod postgres;
mod records;
mod sample;
mod spool;
mod spool_trouble;
mod sqlite;

use std::time::{Duration, Instant};

use database::TestDatabase;

/// Every case as a test of its own on SQLite, and all of them on one PostgreSQL server.
macro_rules! on_both {
    ($($module:ident :: $case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $case() {
                crate::run(crate::$module::$case(crate::TestDatabase::sqlite()));
            })*
        }

        #[test]
        fn every_case_holds_on_postgresql() {
            let server = postgres::Server::start();
            $({
                println!("{}", stringify!($module::$case));
                run($module::$case(TestDatabase::postgres(server.database(stringify!($case)))));
            })*
        }
    };
}

on_both! {
    bans::bans_come_back_until_they_end_or_are_lifted,
    bans::the_last_change_of_a_ban_holds_and_ended_ones_are_cleared_away,
    bindings::bindings_come_back_until_they_are_removed,
    bindings::a_way_to_a_phone_comes_back_with_all_that_is_known_of_it,
    bindings::a_binding_that_needs_a_connection_is_not_kept,
    bindings::an_expired_binding_does_not_come_back,
    bindings::the_last_change_of_a_binding_holds,
    extensions::an_extension_is_added_once,
    extensions::removing_an_extension_removes_its_devices_and_bindings,
    extensions::a_new_password_replaces_the_old_one,
    messages::messages_come_back_in_order_until_they_are_removed,
    messages::the_last_change_of_a_message_holds,
    migrations::tables_go_down_and_up_again,
    migrations::registrations_of_an_older_warden_are_taken_over_and_given_back,
    migrations::tables_of_a_newer_warden_are_refused,
    migrations::two_programs_may_start_at_once,
    records::a_record_holds_what_the_call_was,
    records::a_record_that_is_put_twice_is_there_once,
    records::lists_are_paged_newest_first,
    records::lists_are_filtered_by_time_and_extension,
    records::who_joined_a_call_later_is_found_by_it,
    records::more_may_join_than_one_statement_takes,
    records::events_come_back_as_they_went_in,
    records::what_phones_say_cannot_break_a_record,
    spool::a_thousand_calls_are_each_recorded_once,
    spool::a_killed_run_is_finished_by_the_next,
    spool::a_call_without_media_is_recorded_at_a_stop,
    spool::a_call_that_spans_segments_keeps_them,
    spool_trouble::nothing_is_lost_while_the_database_is_away,
}

/// Runs a case on a runtime like the program's, and gives it a minute.
fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let case = async { tokio::time::timeout(Duration::from_mins(1), case).await };
    runtime.expect("runtime").block_on(case).expect("done within a minute");
}

/// Polls until something holds; a test that waits in vain fails.
async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for 30 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
