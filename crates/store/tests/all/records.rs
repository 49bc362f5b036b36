//! Call records and their events.

use std::time::Duration;

use warden_call::call_event::{CallEvent, CallId};
use warden_store::{FinishedCall, RecordFilter};

use crate::database::TestDatabase;
use crate::sample::{at_s, extension, finished, missed, talk, transferred};

pub(crate) async fn a_record_holds_what_the_call_was(database: TestDatabase) {
    let store = database.open().await;
    let start = at_s(0) + Duration::from_micros(123_456);
    let talk = finished(0xfeed, &talk("1001", "1002", start));
    let missed = finished(1, &missed("1001", "1003", at_s(60)));
    store.insert_records(&[talk, missed]).await.expect("put");
    let list = store.records(&RecordFilter::default()).await.expect("list");
    let [missed, talk] = &*list else { panic!("two records") };
    assert_eq!((talk.call, talk.started_at), (CallId(0xfeed), start));
    assert_eq!((&*talk.caller, talk.callee.as_deref(), &*talk.dialled), ("1001", Some("1002"), "1002"));
    assert_eq!((&*talk.caller_name, talk.callee_name.as_deref()), ("Ada Lovelace", Some("Charles Babbage")));
    assert_eq!((talk.duration_ms, talk.ring_ms, talk.talk_ms, talk.holds), (33_000, 2000, 30_000, 1));
    assert_eq!((&*talk.disposition, &*talk.ended_by, &*talk.cause), ("answered", "callee", "hung_up"));
    assert_eq!((&*talk.cause_text, talk.status), ("hung up by the called phone", None));
    assert_eq!((&*talk.direction, &*talk.recordings), ("internal", &[][..]));
    let leg = &talk.callee_leg;
    assert_eq!((leg.codec.as_deref(), leg.mos, leg.packets), (Some("PCMU"), Some(4.375), Some(1498)));
    assert_eq!((leg.worst_jitter, leg.lost), (Some(Duration::from_micros(1500)), Some(2)));
    assert_eq!(leg.round_trip, Some(Duration::from_millis(21)));
    let agents = (talk.caller_leg.user_agent.as_deref(), leg.user_agent.as_deref());
    assert_eq!(agents, (Some("Phone A/1.0"), Some("Phone B/2.0")));
    assert_eq!((&*missed.disposition, &missed.callee, missed.status), ("no_answer", &None, Some(480)));
    assert_eq!((missed.answered_at, missed.caller_leg.mos), (None, None));
    store.close().await;
}

pub(crate) async fn a_record_that_is_put_twice_is_there_once(database: TestDatabase) {
    let store = database.open().await;
    let calls: Vec<_> = (0..150).map(|n| finished(n, &talk("1001", "1002", at_s(n)))).collect();
    store.insert_records(&calls[..100]).await.expect("put");
    store.insert_records(&calls).await.expect("put again, and more");
    let changed = FinishedCall::fold(CallId(0), &missed("1009", "1002", at_s(0))).expect("over");
    store.insert_records(&[changed]).await.expect("put otherwise");
    let list = store.records(&RecordFilter::default()).await.expect("list");
    assert_eq!(list.len(), 150);
    assert!(list.iter().all(|record| record.caller == "1001"));
    store.close().await;
}

pub(crate) async fn lists_are_paged_newest_first(database: TestDatabase) {
    let store = database.open().await;
    // Three calls in each second, so that pages end within one.
    let calls: Vec<_> = (0..100).map(|n| finished(n, &missed("1001", "1002", at_s(n / 3)))).collect();
    store.insert_records(&calls).await.expect("put");
    let (mut filter, mut seen) = (RecordFilter { limit: 7, ..RecordFilter::default() }, Vec::new());
    loop {
        let page = store.records(&filter).await.expect("list");
        let Some(last) = page.last() else { break };
        filter.before = Some(last.key());
        seen.extend(page.iter().map(|record| record.call.0));
    }
    assert_eq!(seen, (0..100).rev().collect::<Vec<_>>());
    store.close().await;
}

pub(crate) async fn lists_are_filtered_by_time_and_extension(database: TestDatabase) {
    let store = database.open().await;
    let pairs = [("1001", "1002"), ("1003", "1001"), ("1002", "1003"), ("1004", "1002")];
    let calls: Vec<_> = (0..).zip(pairs).map(|(n, (from, to))| finished(n, &talk(from, to, at_s(n)))).collect();
    store.insert_records(&calls).await.expect("put");
    store.insert_records(&[finished(9, &missed("1005", "1001", at_s(9)))]).await.expect("put");
    let found = async |filter| {
        let list = store.records(&filter).await.expect("list");
        list.iter().map(|record| record.call.0).collect::<Vec<_>>()
    };
    let all = RecordFilter::default();
    assert_eq!(found(RecordFilter { from: Some(at_s(2)), ..all.clone() }).await, [9, 3, 2]);
    assert_eq!(found(RecordFilter { to: Some(at_s(2)), ..all.clone() }).await, [1, 0]);
    let of_1001 = RecordFilter { extension: Some(extension("1001")), ..all };
    assert_eq!(found(of_1001.clone()).await, [9, 1, 0], "made, answered and missed");
    assert_eq!(found(RecordFilter { from: Some(at_s(1)), to: Some(at_s(9)), ..of_1001 }).await, [1]);
    store.close().await;
}

pub(crate) async fn who_joined_a_call_later_is_found_by_it(database: TestDatabase) {
    let store = database.open().await;
    let joined = finished(7, &transferred("1001", "1002", "1003", at_s(0)));
    let [usual, others] = [("1001", "1002"), ("1004", "1005")].map(|(from, to)| talk(from, to, at_s(9)));
    let calls = [joined, finished(8, &usual), finished(9, &others)];
    store.insert_records(&calls).await.expect("put");
    store.insert_records(&calls).await.expect("put again");
    let of_1003 = RecordFilter { extension: Some(extension("1003")), ..RecordFilter::default() };
    let list = store.records(&of_1003).await.expect("list");
    let [record] = &*list else { panic!("one record: {list:?}") };
    assert_eq!((record.call, &*record.caller, record.callee.as_deref()), (CallId(7), "1001", Some("1002")));
    let [carol, back] = &*record.joined else { panic!("two of them: {record:?}") };
    assert_eq!((&*carol.extension, &*carol.name, &*carol.side), ("1003", "Grace Hopper", "callee"));
    assert_eq!((carol.at, carol.from), (at_s(20), Some(CallId(0xfeed))));
    assert_eq!((&*back.extension, back.at), ("1002", at_s(30)), "who answered has come back");
    let all = store.records(&RecordFilter::default()).await.expect("list");
    assert_eq!(all.iter().map(|record| record.joined.len()).collect::<Vec<_>>(), [0, 0, 2]);
    store.close().await;
}

pub(crate) async fn more_may_join_than_one_statement_takes(database: TestDatabase) {
    let store = database.open().await;
    let calls: Vec<_> = (0..150).map(|n| finished(n, &transferred("1001", "1002", "1003", at_s(n)))).collect();
    store.insert_records(&calls).await.expect("put");
    let of_1003 = RecordFilter { extension: Some(extension("1003")), ..RecordFilter::default() };
    let list = store.records(&of_1003).await.expect("list");
    assert_eq!((list.len(), list.iter().filter(|record| record.joined.len() == 2).count()), (150, 150));
    store.close().await;
}

pub(crate) async fn events_come_back_as_they_went_in(database: TestDatabase) {
    let store = database.open().await;
    let events = talk("1001", "1002", at_s(0));
    store.insert_records(&[finished(7, &events)]).await.expect("put");
    assert_eq!(store.call_events(CallId(7)).await.expect("read"), Some(events));
    assert_eq!(store.call_events(CallId(8)).await.expect("read"), None);
    store.close().await;
}

pub(crate) async fn what_phones_say_cannot_break_a_record(database: TestDatabase) {
    let store = database.open().await;
    let mut events = talk("1001", "1002", at_s(0));
    let Some((_, CallEvent::Started(started))) = events.first_mut() else { panic!("a start") };
    started.user_agent = "a\0b".into();
    started.caller_name = "'); DROP TABLE call_records; --".into();
    started.dialled = "\u{10ffff}".repeat(20_000);
    store.insert_records(&[finished(u64::MAX, &events)]).await.expect("put");
    let list = store.records(&RecordFilter::default()).await.expect("list");
    assert_eq!(list[0].caller_leg.user_agent.as_deref(), Some("a\u{fffd}b"));
    assert_eq!((&*list[0].caller_name, list[0].call), ("'); DROP TABLE call_records; --", CallId(u64::MAX)));
    store.close().await;
}
