//! Bans between two runs.

use std::net::IpAddr;
use std::time::Duration;

use warden_call::BanChange;
use warden_call::access::{Ban, BanReason, Banned};
use warden_store::Clock;

use crate::database::TestDatabase;

const HOUR: Duration = Duration::from_hours(1);

fn ban(who: Banned, reason: BanReason, clock: Clock) -> Ban {
    Ban { who, reason, until: clock.now + HOUR, duration: HOUR, attempts: 5 }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(crate) async fn bans_come_back_until_they_end_or_are_lifted(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let whole = ban(Banned::Address(ip("192.0.2.1")), BanReason::Scanner, clock);
    let name = Banned::User(ip("192.0.2.1"), b"1001 \xff\0"[..].into());
    let user = ban(name.clone(), BanReason::WrongPasswords, clock);
    let network = ban(Banned::Address(ip("2001:db8::")), BanReason::ByHand, clock);
    let put: Vec<_> = [&whole, &user, &network].into_iter().cloned().map(BanChange::Put).collect();
    store.save_bans(&put, clock).await.expect("save");
    store.save_bans(&put, clock).await.expect("save again");

    // Half an hour later, in another run:
    let later = Clock { now: clock.now + 5 * HOUR, wall: clock.wall + HOUR / 2 };
    let mut back = store.load_bans(later).await.expect("load");
    back.sort_by(|a, b| a.who.cmp(&b.who));
    let expected = [&whole, &network, &user];
    assert_eq!(back.len(), expected.len());
    for (back, saved) in back.iter().zip(expected) {
        assert_eq!((&back.who, back.reason, back.attempts), (&saved.who, saved.reason, 5));
        assert_eq!(back.duration, HOUR);
        assert!((back.until - later.now).abs_diff(HOUR / 2) <= Duration::from_millis(1), "{back:?}");
    }

    store.save_bans(&[BanChange::Remove(name)], clock).await.expect("lift");
    assert_eq!(store.load_bans(clock).await.expect("load").len(), 2);
    let end = Clock { now: clock.now, wall: clock.wall + HOUR };
    assert_eq!(store.load_bans(end).await.expect("load"), []);
    store.close().await;
}

pub(crate) async fn the_last_change_of_a_ban_holds_and_ended_ones_are_cleared_away(database: TestDatabase) {
    let (store, clock) = (database.open().await, Clock::read());
    let first = ban(Banned::Address(ip("192.0.2.1")), BanReason::Scanner, clock);
    let gone = BanChange::Remove(first.who.clone());
    let second = Ban { attempts: 9, ..first.clone() };
    let changes = [BanChange::Put(first.clone()), gone.clone(), BanChange::Put(second)];
    store.save_bans(&changes, clock).await.expect("save");
    let attempts: Vec<_> = store.load_bans(clock).await.expect("load").iter().map(|ban| ban.attempts).collect();
    assert_eq!(attempts, [9]);
    store.save_bans(&[BanChange::Put(first), gone], clock).await.expect("save");
    assert_eq!(store.load_bans(clock).await.expect("load"), []);

    let brief = Ban { until: clock.now + HOUR / 4, ..ban(Banned::Address(ip("192.0.2.2")), BanReason::ByHand, clock) };
    store.save_bans(&[BanChange::Put(brief)], clock).await.expect("save");
    let later = Clock { now: clock.now, wall: clock.wall + HOUR };
    let other = ban(Banned::Address(ip("192.0.2.3")), BanReason::ByHand, clock);
    store.save_bans(&[BanChange::Put(other)], later).await.expect("save");
    assert_eq!(store.load_bans(clock).await.expect("load").len(), 1, "the ended one is not in the table any more");
    store.close().await;
}
