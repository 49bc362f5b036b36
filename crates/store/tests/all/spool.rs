//! Events through the spool into the database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::runtime::Handle;
use warden_call::call_event::{CallEvent, CallId};
use warden_store::spool::{Keeper, Spool, SpoolLimits};
use warden_store::{RecordFilter, Store};

use crate::database::TestDatabase;
use crate::sample::{Events, at_s, missed, started, talk};
use crate::until;

/// Small segments, so that there are some.
pub(crate) const SMALL: SpoolLimits = SpoolLimits { segment: 16 << 10, total: 64 << 20, unwritten: 4096 };

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn folder(database: &TestDatabase) -> PathBuf {
    database.directory.path().join("events")
}

/// Appends each event in a turn of its own.
pub(crate) fn append(spool: &mut Spool, call: u64, events: &[(Duration, CallEvent)]) {
    for (at, event) in events {
        spool.append([(CallId(call), *at, event)]).expect("appended");
    }
}

/// Opens the spool and empties it, as a start and a stop do.
pub(crate) async fn start_and_stop(folder: &Path, store: &Store) {
    let (spool, leftovers) = Spool::open(folder, SMALL).expect("opens");
    let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
    drop(spool);
    stop(keeper).await;
}

pub(crate) async fn stop(keeper: Keeper) {
    tokio::task::spawn_blocking(|| keeper.stop(PATIENCE)).await.expect("stops");
}

/// The calls in the database, rising, and what is said of how they ended.
pub(crate) async fn recorded(store: &Store) -> Vec<(u64, String)> {
    let (mut filter, mut found) = (RecordFilter::default(), Vec::new());
    loop {
        let page = store.records(&filter).await.expect("list");
        let Some(last) = page.last() else { break };
        filter.before = Some(last.key());
        found.extend(page.into_iter().map(|record| (record.call.0, record.cause_text)));
    }
    found.sort_unstable();
    found
}

pub(crate) fn segments(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("listed");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<_> = names.filter(|name| name.contains('.')).collect();
    names.sort_unstable();
    names
}

pub(crate) async fn a_thousand_calls_are_each_recorded_once(database: TestDatabase) {
    let (store, folder) = (database.open().await, folder(&database));
    let (mut spool, leftovers) = Spool::open(&folder, SMALL).expect("opens");
    assert!(leftovers.is_empty());
    let watch = spool.watch();
    let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
    let calls: Vec<(u64, Events)> = (0..1000).map(|n| (n, talk("1001", "1002", at_s(n)))).collect();
    for step in 0..calls[0].1.len() {
        // All calls at the same time, in turns of ten.
        for turn in calls.chunks(10) {
            let events: Vec<_> = turn.iter().map(|(n, events)| (CallId(*n), events[step].0, &events[step].1)).collect();
            spool.append(events).expect("appended");
        }
    }
    until(async || (recorded(&store).await.len() == 1000).then_some(())).await;
    until(async || (segments(&folder).len() == 1).then_some(())).await; // all but the current one
    drop(spool);
    stop(keeper).await;
    assert_eq!(segments(&folder), [""; 0], "{:?}", watch.status());
    let status = watch.status();
    assert_eq!((status.backlog_calls, status.bytes, status.failed_appends, status.last_error), (0, 0, 0, None));

    start_and_stop(&folder, &store).await;
    assert_eq!(recorded(&store).await.len(), 1000);
    let (n, events) = &calls[500];
    assert_eq!(store.call_events(CallId(*n)).await.expect("read").as_ref(), Some(events));
    store.close().await;
}

pub(crate) async fn a_killed_run_is_finished_by_the_next(database: TestDatabase) {
    let (store, folder) = (database.open().await, folder(&database));
    let copy = database.directory.path().join("copy");
    let (mut spool, leftovers) = Spool::open(&folder, SMALL).expect("opens");
    let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
    for n in 0..50 {
        append(&mut spool, n, &talk("1001", "1002", at_s(n)));
    }
    append(&mut spool, 50, &talk("1001", "1002", at_s(50))[..4]);
    append(&mut spool, 51, &missed("1001", "1002", at_s(51)));
    // What is on the disk at this moment, in the middle of the keeper's work; then the last line is torn.
    std::fs::create_dir(&copy).expect("made");
    for name in segments(&folder) {
        // One that is gone meanwhile is in the database.
        std::fs::copy(folder.join(&name), copy.join(&name)).ok();
    }
    drop((keeper, spool));
    let last = segments(&copy).pop().map(|name| copy.join(name)).expect("the current segment");
    let mut bytes = std::fs::read(&last).expect("read");
    bytes.extend_from_slice(b"1 000000ff 01234567 {\"call\":\"0000");
    std::fs::write(&last, bytes).expect("written");

    start_and_stop(&copy, &store).await;
    let found = recorded(&store).await;
    assert_eq!(found.iter().map(|(call, _)| *call).collect::<Vec<_>>(), (0..52).collect::<Vec<_>>());
    assert_eq!((&*found[50].1, &*found[51].1), ("ended by restart", "nobody answered"));
    assert_eq!(segments(&copy), [""; 0]);
    start_and_stop(&copy, &store).await;
    assert_eq!(recorded(&store).await, found);
    store.close().await;
}

pub(crate) async fn a_call_without_media_is_recorded_at_a_stop(database: TestDatabase) {
    let (store, folder) = (database.open().await, folder(&database));
    let (mut spool, leftovers) = Spool::open(&folder, SMALL).expect("opens");
    let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
    append(&mut spool, 1, &missed("1001", "1002", at_s(0)));
    append(&mut spool, 2, &[(at_s(0), started("1001", "1002"))]);
    drop(spool);
    stop(keeper).await;
    assert_eq!(recorded(&store).await, [(1, "nobody answered".into())]);
    assert_eq!(segments(&folder).len(), 1, "the other call is not over");
    start_and_stop(&folder, &store).await;
    assert_eq!(recorded(&store).await.last(), Some(&(2, "ended by restart".into())));
    store.close().await;
}

pub(crate) async fn a_call_that_spans_segments_keeps_them(database: TestDatabase) {
    let (store, folder) = (database.open().await, folder(&database));
    let (mut spool, leftovers) = Spool::open(&folder, SMALL).expect("opens");
    let keeper = Keeper::start(&spool, leftovers, store.clone(), Handle::current()).expect("starts");
    let long = talk("1001", "1002", at_s(0));
    append(&mut spool, 1000, &long[..4]);
    for n in 0..100 {
        append(&mut spool, n, &talk("1003", "1004", at_s(n)));
    }
    let kept = until(async || {
        let names = segments(&folder);
        (recorded(&store).await.len() == 100 && names.len() == 2).then_some(names)
    });
    assert_eq!(kept.await[0], "00000001.events");
    append(&mut spool, 1000, &long[4..]);
    until(async || (segments(&folder).len() == 1).then_some(())).await;
    assert_eq!(store.call_events(CallId(1000)).await.expect("read"), Some(long));
    drop(spool);
    stop(keeper).await;
    store.close().await;
}
