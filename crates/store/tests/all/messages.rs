//! Messages between two runs.

use std::time::Duration;

use warden_call::instant_message::{InstantMessage, MessageChange, known_type};
use warden_store::Clock;

use crate::database::TestDatabase;
use crate::sample::extension;

const HOUR: Duration = Duration::from_hours(1);

fn message(id: u64, clock: Clock) -> InstantMessage {
    InstantMessage {
        id,
        from: extension("1001"),
        is_private: id.is_multiple_of(2),
        to: extension("1002"),
        content_type: known_type(b"text/plain").expect("text"),
        content: b"a\0b \xff".as_slice().to_vec().into(),
        sent_at: (id > 1).then_some(Duration::from_millis(1_289_690_940_123)),
        expires_at: clock.now + HOUR,
    }
}

pub(crate) async fn messages_come_back_in_order_until_they_are_removed(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let put: Vec<_> = (1..=120).rev().map(|id| MessageChange::Put(message(id, clock))).collect();
    store.save_messages(&put, clock).await.expect("save");
    store.save_messages(&put, clock).await.expect("save again");
    let saved = store.load_messages().await.expect("load");
    let later = Clock { now: clock.now + 5 * HOUR, wall: clock.wall + Duration::from_mins(1) };
    let back: Vec<_> = saved.into_iter().filter_map(|saved| saved.restore(later)).collect();
    assert_eq!(back.iter().map(|message| message.id).collect::<Vec<_>>(), (1..=120).collect::<Vec<_>>());
    for message in &back {
        let expected = self::message(message.id, clock);
        let left = message.expires_at - later.now;
        assert!(left.abs_diff(Duration::from_mins(59)) <= Duration::from_millis(1), "{left:?}");
        assert_eq!(InstantMessage { expires_at: expected.expires_at, ..message.clone() }, expected);
    }
    let gone: Vec<_> = (2..=120).map(MessageChange::Remove).collect();
    store.save_messages(&gone, clock).await.expect("remove");
    assert_eq!(store.load_messages().await.expect("load").len(), 1);
    store.close().await;
}

pub(crate) async fn the_last_change_of_a_message_holds(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let changes = [MessageChange::Put(message(1, clock)), MessageChange::Remove(1)];
    store.save_messages(&changes, clock).await.expect("save");
    assert!(store.load_messages().await.expect("load").is_empty());
    store.close().await;
}
