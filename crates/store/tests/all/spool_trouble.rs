//! The spool when the database or the disk is not as it should be.

use std::fs;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use tokio::runtime::Handle;
use warden_call::call_event::CallId;
use warden_store::spool::{AppendError, Keeper, Spool, SpoolError, SpoolLimits};
use warden_store::{Store, StoreOptions};

use crate::database::TestDatabase;
use crate::sample::{at_s, started, talk};
use crate::spool::{SMALL, append, folder, recorded, segments, start_and_stop, stop};
use crate::{run, until};

pub(crate) async fn nothing_is_lost_while_the_database_is_away(database: TestDatabase) {
    let (store, folder) = (database.open().await, folder(&database));
    let (mut spool, leftovers) = Spool::open(&folder, SMALL).expect("opens");
    let watch = spool.watch();
    let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
    database.execute("ALTER TABLE call_records RENAME TO elsewhere").await;
    for n in 0..1500 {
        append(&mut spool, n, &talk("1001", "1002", at_s(n)));
    }
    let status = until(async || Some(watch.status()).filter(|status| status.last_error.is_some())).await;
    assert!(status.backlog_calls > 0, "{status:?}");
    database.execute("ALTER TABLE elsewhere RENAME TO call_records").await;
    until(async || (watch.status().last_error.is_none() && recorded(&store).await.len() == 1500).then_some(())).await;
    drop(spool);
    stop(keeper).await;
    assert_eq!((watch.status().backlog_calls, segments(&folder).len()), (0, 0));
    store.close().await;
}

#[test]
fn another_writer_on_sqlite_only_delays_records() {
    run(async {
        let database = TestDatabase::sqlite();
        let options = StoreOptions { busy_timeout: Duration::from_millis(20), ..StoreOptions::default() };
        let store = Store::open(&database.url, options).await.expect("opens");
        let (mut spool, leftovers) = Spool::open(&folder(&database), SMALL).expect("opens");
        let watch = spool.watch();
        let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
        let aside = database.aside().await;
        aside.execute_unprepared("BEGIN IMMEDIATE").await.expect("begun");
        append(&mut spool, 1, &talk("1001", "1002", at_s(0)));
        let status = until(async || Some(watch.status()).filter(|status| status.last_error.is_some())).await;
        assert!(status.last_error.is_some_and(|error| error.contains("locked")));
        aside.execute_unprepared("COMMIT").await.expect("done");
        until(async || (recorded(&store).await.len() == 1).then_some(())).await;
        drop(spool);
        stop(keeper).await;
    });
}

#[test]
fn a_database_that_fails_in_the_middle_is_written_to_again_and_not_kept_locked() {
    run(async {
        let database = TestDatabase::sqlite();
        let (store, folder) = (database.open().await, folder(&database));
        let (mut spool, leftovers) = Spool::open(&folder, SMALL).expect("opens");
        let watch = spool.watch();
        let aside = database.aside().await;
        aside
            .execute_unprepared("CREATE TABLE wrong (how TEXT); INSERT INTO wrong VALUES ('full')")
            .await
            .expect("made");
        // A full disk ends the transaction by itself, other mistakes do not.
        for (how, end) in [("full", "ROLLBACK"), ("other", "ABORT")] {
            let trigger = format!(
                "CREATE TRIGGER {how} BEFORE INSERT ON call_records WHEN (SELECT how FROM wrong) = '{how}' \
                 BEGIN SELECT RAISE({end}, 'it is {how}'); END"
            );
            aside.execute_unprepared(&trigger).await.expect("made");
        }
        let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
        append(&mut spool, 1, &talk("1001", "1002", at_s(0)));
        let says = |words: &'static str| {
            let watch = watch.clone();
            until(async move || watch.status().last_error.filter(|error| error.contains(words)))
        };
        says("it is full").await;
        aside.execute_unprepared("UPDATE wrong SET how = 'other'").await.expect("nobody holds the lock");
        says("it is other").await;
        aside.execute_unprepared("UPDATE wrong SET how = 'nothing'").await.expect("nobody holds the lock");
        until(async || (recorded(&store).await.len() == 1).then_some(())).await;
        drop(spool);
        stop(keeper).await;
    });
}

#[test]
fn trouble_with_the_files_is_over_once_they_can_be_written_though_nobody_calls() {
    run(async {
        let database = TestDatabase::sqlite();
        let (store, folder) = (database.open().await, folder(&database));
        let (mut spool, leftovers) = Spool::open(&folder, SMALL).expect("opens");
        let watch = spool.watch();
        let in_the_way = folder.join("progress.new");
        fs::create_dir(&in_the_way).expect("made");
        let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
        append(&mut spool, 1, &talk("1001", "1002", at_s(0)));
        until(async || (recorded(&store).await.len() == 1).then_some(())).await;
        let error = until(async || watch.status().last_error).await;
        assert!(error.starts_with("cannot keep the spool: "), "{error}");
        fs::remove_dir(&in_the_way).expect("removed");
        until(async || watch.status().last_error.is_none().then_some(())).await;
        drop(spool);
        stop(keeper).await;
    });
}

#[test]
fn a_full_spool_refuses_and_counts_and_takes_again() {
    let directory = tempfile::tempdir().expect("temporary directory");
    let limits = SpoolLimits { segment: 1 << 20, total: 2000, unwritten: 1000 };
    let (mut spool, _leftovers) = Spool::open(directory.path(), limits).expect("opens");
    let event = started("1001", "1002");
    let results: Vec<_> = (0..20).map(|n| spool.append([(CallId(n), at_s(n), &event)])).collect();
    assert!(results[0].is_ok());
    assert!(matches!(results[19], Err(AppendError::Full { limit: 2000 })));
    let status = spool.watch().status();
    let failed = results.iter().filter(|result| result.is_err()).count() as u64;
    assert_eq!(status.failed_appends, failed);
    assert!((1..failed).contains(&status.lost_events), "some wait in memory: {status:?}");
    assert!(status.bytes <= 2000 && status.last_error.is_some(), "{status:?}");
}

#[test]
fn damaged_segments_are_kept_and_stop_nothing() {
    run(async {
        let database = TestDatabase::sqlite();
        let (store, folder) = (database.open().await, folder(&database));
        let (mut spool, _) = Spool::open(&folder, SMALL).expect("opens");
        for n in 0..20 {
            append(&mut spool, n, &talk("1001", "1002", at_s(n)));
        }
        drop(spool);
        let names = segments(&folder);
        let path = folder.join(&names[0]);
        let mut bytes = fs::read(&path).expect("read");
        bytes[10_000] ^= 0x55;
        fs::write(&path, bytes).expect("written");
        fs::write(folder.join("00000077.events"), [b"\n\xff\0".as_slice(), &b"x".repeat(700_000)].concat())
            .expect("written");
        fs::write(folder.join("progress"), "not a place").expect("written");
        start_and_stop(&folder, &store).await;
        assert!(recorded(&store).await.len() >= 19);
        assert_eq!(segments(&folder), ["00000001.damaged"]);
        start_and_stop(&folder, &store).await;
        assert!(recorded(&store).await.len() >= 19);
    });
}

#[test]
fn a_spool_has_one_writer() {
    let directory = tempfile::tempdir().expect("temporary directory");
    let (_spool, _) = Spool::open(directory.path(), SMALL).expect("opens");
    assert!(matches!(Spool::open(directory.path(), SMALL), Err(SpoolError::InUse { .. })));
}
