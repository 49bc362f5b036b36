//! How many connections there may be, in all and from one source, and who makes way when there is no more room.
//!
//! Newcomers are not kept out by those who hold many connections and have never shown who they are. When all places are
//! taken, the source with the most of these loses its oldest one, as long as it has more of them than the newcomer's source.
//! When one source has its share, its own oldest one makes way: behind one address there may be a whole office.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use warden_sip::endpoint::network;

/// The places for connections; clones share them.
#[derive(Clone, Debug)]
pub struct Places {
    most: usize,
    most_per_source: usize,
    table: Arc<Mutex<Table>>,
}

/// One connection's place; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    seat: Arc<Seat>,
    number: u64,
    source: IpAddr,
    table: Arc<Mutex<Table>>,
}

/// What a place shares with the thread that learns who has it; neither waits for the other.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    is_known: AtomicBool,
    lost: Notify,
}

impl Places {
    /// So many in all, and from one source: an IPv4 address or an IPv6 /64.
    #[must_use]
    pub fn new(most: usize, most_per_source: usize) -> Self {
        Self { most, most_per_source, table: Arc::default() }
    }

    /// A place for a connection from `address`; `None` when there is none, and nobody makes way. Nobody from a source that
    /// `is_trusted` does for other sources.
    #[must_use]
    pub fn admit(&self, address: IpAddr, is_trusted: bool) -> Option<Place> {
        let source = network(address);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let from_here = table.sources.get(&source).map_or(0, Source::len);
        let has_room = if from_here < self.most_per_source {
            table.taken < self.most || table.make_room(source, is_trusted)
        } else {
            // One that may have all places has nobody else to share them with.
            self.most_per_source < self.most && table.displace(source)
        };
        if !has_room {
            return None;
        }
        let seat = Arc::<Seat>::default();
        let number = table.enter(source, is_trusted, &seat);
        Some(Place { seat, number, source, table: Arc::clone(&self.table) })
    }
}

impl Place {
    /// Returns when the place has gone to somebody else: the connection is to end at once.
    pub async fn lost(&self) {
        self.seat.lost().await;
    }

    pub(crate) fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).leave(self.source, self.number);
    }
}

impl Seat {
    /// Who has the place has shown who it is, and keeps it.
    pub(crate) fn keep(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }

    /// As [`Place::lost`].
    pub(crate) async fn lost(&self) {
        self.lost.notified().await;
    }
}

/// How many strangers a source has, and its oldest, which comes last among as many.
type Rank = (usize, Reverse<u64>, IpAddr);

#[derive(Debug, Default)]
struct Table {
    taken: usize,
    /// The number of the last one; a lower one is older.
    last: u64,
    sources: HashMap<IpAddr, Source>,
    /// Of all sources that have strangers.
    ranks: BTreeSet<Rank>,
}

#[derive(Debug, Default)]
struct Source {
    known: BTreeSet<u64>,
    /// Those that had not shown who they are when they were last looked at.
    strangers: BTreeMap<u64, Arc<Seat>>,
    /// Nobody there makes way for others.
    is_trusted: bool,
}

impl Source {
    fn len(&self) -> usize {
        self.known.len() + self.strangers.len()
    }

    fn rank(&self, source: IpAddr) -> Option<Rank> {
        if self.is_trusted {
            return None;
        }
        let (oldest, _) = self.strangers.first_key_value()?;
        Some((self.strangers.len(), Reverse(*oldest), source))
    }

    /// Looks at the strangers again.
    fn recognise(&mut self) {
        let known = &mut self.known;
        self.strangers.retain(|number, seat| {
            let is_known = seat.is_known.load(Ordering::Relaxed);
            if is_known {
                known.insert(*number);
            }
            !is_known
        });
    }
}

impl Table {
    fn enter(&mut self, source: IpAddr, is_trusted: bool, seat: &Arc<Seat>) -> u64 {
        (self.taken, self.last) = (self.taken + 1, self.last + 1);
        let number = self.last;
        self.change(source, |places| {
            places.is_trusted = is_trusted;
            places.strangers.insert(number, Arc::clone(seat));
        });
        number
    }

    /// Nothing happens when the place was lost before.
    fn leave(&mut self, source: IpAddr, number: u64) {
        let had_it =
            self.change(source, |places| places.strangers.remove(&number).is_some() | places.known.remove(&number));
        self.taken -= usize::from(had_it);
    }

    /// Changes what a source has, and its rank with that.
    fn change<T>(&mut self, source: IpAddr, change: impl FnOnce(&mut Source) -> T) -> T {
        let places = self.sources.entry(source).or_default();
        let before = places.rank(source);
        let outcome = change(places);
        let after = places.rank(source);
        if places.len() == 0 {
            self.sources.remove(&source);
        }
        if let Some(before) = before {
            self.ranks.remove(&before);
        }
        self.ranks.extend(after);
        outcome
    }

    /// Takes a place from the source with the most strangers; false when none has more of them than the newcomer's source.
    fn make_room(&mut self, newcomer: IpAddr, is_trusted: bool) -> bool {
        self.change(newcomer, Source::recognise);
        let strangers = |places: &Source| places.strangers.len();
        let own = self.sources.get(&newcomer).filter(|_| !is_trusted).map_or(0, strangers);
        while let Some(&rank @ (count, _, source)) = self.ranks.last() {
            self.change(source, Source::recognise);
            // Else some have shown who they are by now.
            if self.ranks.last() == Some(&rank) {
                return count > own && self.take_oldest(source);
            }
        }
        false
    }

    /// Takes a place from a stranger at this source; false when there is none.
    fn displace(&mut self, source: IpAddr) -> bool {
        self.change(source, Source::recognise);
        self.take_oldest(source)
    }

    fn take_oldest(&mut self, source: IpAddr) -> bool {
        let Some((_, seat)) = self.change(source, |places| places.strangers.pop_first()) else { return false };
        seat.lost.notify_one();
        self.taken -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    fn ip(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    fn admit(places: &Places, source: u32) -> Option<Place> {
        places.admit(ip(source), false)
    }

    /// So many places for each of these sources.
    fn fill(places: &Places, sources: impl IntoIterator<Item = u32>, each: usize) -> Vec<Place> {
        sources.into_iter().flat_map(|source| (0..each).filter_map(move |_| admit(places, source))).collect()
    }

    fn lost(held: &[Place]) -> Vec<usize> {
        let is_lost = |place: &Place| pin!(place.lost()).poll(&mut Context::from_waker(Waker::noop())).is_ready();
        held.iter().enumerate().filter(|(_, place)| is_lost(place)).map(|(index, _)| index).collect()
    }

    #[test]
    fn one_source_gets_its_share_and_a_place_given_back_is_free() {
        let places = Places::new(10, 4);
        let mut held = fill(&places, [1], 9);
        assert_eq!(lost(&held), [0, 1, 2, 3, 4]);
        assert_eq!(places.table.lock().unwrap().taken, 4);
        assert!(admit(&places, 2).is_some());
        held.pop();
        assert!(admit(&places, 1).is_some());
        held.clear();
        let table = places.table.lock().unwrap();
        assert!(table.taken == 0 && table.sources.is_empty() && table.ranks.is_empty());
    }

    #[test]
    fn who_has_a_whole_ipv6_network_is_one_source() {
        let places = Places::new(1000, 16);
        let address = |number: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number).into();
        let held: Vec<_> = (0..1000).filter_map(|number| places.admit(address(number), false)).collect();
        assert_eq!(lost(&held).len(), 984);
    }

    #[test]
    fn a_newcomer_takes_the_place_of_a_stranger_from_its_own_full_source_and_of_nobody_who_has_signed_in() {
        for is_trusted in [false, true] {
            let places = Places::new(100, 8);
            let admit = || places.admit(ip(1), is_trusted);
            let mut held: Vec<_> = (0..8).filter_map(|_| admit()).collect();
            held[0].seat().keep();
            held[2].seat().keep();
            held.extend(admit());
            assert_eq!((held.len(), lost(&held)), (9, vec![1]));
            for place in &held {
                place.seat().keep();
            }
            assert!(admit().is_none(), "all have signed in");
        }
    }

    #[test]
    fn a_newcomer_takes_the_place_of_the_oldest_stranger_of_the_source_with_the_most() {
        let places = Places::new(12, 8);
        let mut held = fill(&places, [1], 3);
        held.extend(fill(&places, [2], 5));
        held.extend(fill(&places, [3], 4));
        let newcomer = admit(&places, 4).expect("a place");
        assert_eq!(lost(&held), [3]);
        // Both of these have four now, and the second is older.
        let another = admit(&places, 5).expect("a place");
        assert_eq!(lost(&held), [4]);
        assert_eq!(places.table.lock().unwrap().taken, 12);
        drop((held, newcomer, another));
        assert_eq!(places.table.lock().unwrap().taken, 0, "a place that was lost is not given back again");
    }

    #[test]
    fn who_holds_the_most_gets_no_more_of_it() {
        let places = Places::new(8, 8);
        let held = fill(&places, [1, 2], 4);
        assert!(admit(&places, 1).is_none());
        assert_eq!(lost(&held), [0; 0]);
    }

    #[test]
    fn who_has_shown_who_it_is_keeps_its_place() {
        let places = Places::new(10, 8);
        let office = fill(&places, [1], 7);
        let stranger = fill(&places, [2], 3);
        for place in &office {
            place.seat().keep();
        }
        let newcomers = fill(&places, [3], 2);
        assert_eq!((newcomers.len(), lost(&office), lost(&stranger)), (2, vec![], vec![0, 1]));
        for place in stranger.iter().skip(2).chain(&newcomers) {
            place.seat().keep();
        }
        assert!(admit(&places, 4).is_none(), "nobody has to go");
        let trunk = places.admit(ip(2), true);
        assert!(trunk.is_none());
    }

    #[test]
    fn who_is_known_from_the_beginning_never_has_to_go() {
        let places = Places::new(4, 4);
        let trunk: Vec<_> = (0..4).filter_map(|_| places.admit(ip(1), true)).collect();
        assert_eq!((trunk.len(), admit(&places, 2).is_none()), (4, true));
    }

    #[test]
    fn many_hosts_together_keep_nobody_out() {
        let places = Places::new(4096, 256);
        let mut held = fill(&places, 0..64, 64);
        assert_eq!(held.len(), 4096);
        let newcomers = fill(&places, 1000..2000, 1);
        assert_eq!((newcomers.len(), lost(&newcomers).len(), lost(&held).len()), (1000, 0, 1000));
        held.clear();
        assert_eq!(places.table.lock().unwrap().taken, 1000);
    }
}
