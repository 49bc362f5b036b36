//! Bans: who is not heard for a while, and why.
//!
//! A source is an IPv4 address or an IPv6 /64, since a guesser has all of the latter. Behind one address may be an
//! office: while any phone there is registered, only the pair of address and user name is banned, so one phone with a
//! wrong password does not silence the others. An address where nobody is registered is banned as a whole.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use warden_sip::endpoint::network;

/// How many wrong passwords are too many, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanPolicy {
    /// Nobody is banned by himself if false.
    pub enabled: bool,
    /// This many within the window are too many.
    pub max_attempts: u32,
    /// How far back strikes count.
    pub window: Duration,
    /// How long a ban lasts.
    pub ban_duration: Duration,
}

impl Default for BanPolicy {
    /// 5 within 300 s, 3600 s.
    fn default() -> Self {
        let (window, ban_duration) = (Duration::from_mins(5), Duration::from_hours(1));
        Self { enabled: true, max_attempts: 5, window, ban_duration }
    }
}

/// Who is banned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Banned {
    /// Everybody at this address; for IPv6 everybody in its /64.
    Address(IpAddr),
    /// Who claims this user name from this address.
    User(IpAddr, Box<[u8]>),
}

impl Banned {
    /// Everybody who counts as the same source as `address`.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        Self::Address(network(address))
    }

    /// A user name at a source; of a long one, which nobody has, only the beginning is kept.
    pub(super) fn user(source: IpAddr, username: &[u8]) -> Self {
        Self::User(network(source), name(username).into())
    }

    /// The source.
    #[must_use]
    pub fn source(&self) -> IpAddr {
        match self {
            Self::Address(source) | Self::User(source, _) => *source,
        }
    }
}

/// Names are told apart by this many bytes; a real one is at most half as long.
const MAX_NAME: usize = 64;

fn name(username: &[u8]) -> &[u8] {
    username.get(..MAX_NAME).unwrap_or(username)
}

/// Why somebody is banned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BanReason {
    /// Too many wrong passwords: told so with 403, since it may be a person with a phone.
    WrongPasswords,
    /// A scanner: gets no answer at all.
    Scanner,
    /// An administrator wants it: no answer at all.
    ByHand,
}

/// One ban. It began `duration` before `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who is not heard.
    pub who: Banned,
    /// Why.
    pub reason: BanReason,
    /// The end.
    pub until: Instant,
    /// How long it lasts in all.
    pub duration: Duration,
    /// How many times it took.
    pub attempts: u32,
}

/// The most bans at a time; with one more the one that would end first ends at once.
const MAX_BANS: usize = 10_000;

/// The bans of this node.
#[derive(Default)]
pub(super) struct Bans {
    by_who: HashMap<Banned, Ban>,
    /// In the order in which they end.
    ends: BTreeSet<(Instant, Banned)>,
    /// How many of them concern a user name.
    users: usize,
    /// In whose name the guess was that got an address banned. Not known of bans of an earlier run.
    guessed: HashMap<IpAddr, Box<[u8]>>,
}

impl Bans {
    /// The ban of a whole address that is on.
    pub(super) fn of_address(&self, source: IpAddr, now: Instant) -> Option<&Ban> {
        if self.by_who.is_empty() {
            return None;
        }
        self.by_who.get(&Banned::address(source)).filter(|ban| now < ban.until)
    }

    /// The ban of a user name at an address that is on.
    pub(super) fn of_user(&self, source: IpAddr, username: &[u8], now: Instant) -> Option<&Ban> {
        if self.users == 0 {
            return None;
        }
        self.by_who.get(&Banned::user(source, username)).filter(|ban| now < ban.until)
    }

    /// Puts a ban in the place of the one before. What has ended for it.
    pub(super) fn put(&mut self, ban: Ban, now: Instant) -> Vec<Ban> {
        self.take(&ban.who);
        let mut ended = Vec::new();
        while let Some((until, who)) = self.ends.first().cloned()
            && (until <= now || self.by_who.len() >= MAX_BANS)
        {
            ended.extend(self.take(&who));
        }
        self.users += usize::from(matches!(ban.who, Banned::User(..)));
        self.ends.insert((ban.until, ban.who.clone()));
        self.by_who.insert(ban.who.clone(), ban);
        ended
    }

    /// The guess that led to the ban of an address was in this name.
    pub(super) fn note_guess(&mut self, who: &Banned, username: &[u8]) {
        let is_banned = self.by_who.contains_key(who);
        if let (Banned::Address(source), true) = (who, is_banned) {
            self.guessed.insert(*source, name(username).into());
        }
    }

    /// Who is banned for wrong passwords of these user names.
    pub(super) fn for_guesses_of(&self, usernames: &HashSet<&[u8]>) -> Vec<Banned> {
        if usernames.is_empty() {
            return Vec::new();
        }
        let is_of = |who: &Banned| match who {
            Banned::Address(source) => self.guessed.get(source).is_some_and(|name| usernames.contains(&**name)),
            Banned::User(_, name) => usernames.contains(&**name),
        };
        let bans = self.by_who.values().filter(|ban| ban.reason == BanReason::WrongPasswords);
        bans.map(|ban| &ban.who).filter(|who| is_of(who)).cloned().collect()
    }

    /// Lifts a ban.
    pub(super) fn take(&mut self, who: &Banned) -> Option<Ban> {
        let ban = self.by_who.remove(who)?;
        self.ends.remove(&(ban.until, ban.who.clone()));
        match who {
            Banned::Address(source) => drop(self.guessed.remove(source)),
            Banned::User(..) => self.users -= 1,
        }
        Some(ban)
    }

    /// Everybody who is banned at an address, by name or as a whole.
    pub(super) fn at(&self, address: IpAddr) -> Vec<Banned> {
        let source = network(address);
        self.by_who.keys().filter(|who| who.source() == source).cloned().collect()
    }

    /// The bans that are on, the next to end first.
    pub(super) fn list(&self, now: Instant) -> impl Iterator<Item = &Ban> {
        self.ends.iter().filter_map(|(_, who)| self.by_who.get(who)).filter(move |ban| now < ban.until)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
    fn start() -> Instant {
        Instant::now()
    }

    fn ban(who: Banned, now: Instant, seconds: u64) -> Ban {
        let duration = Duration::from_secs(seconds);
        Ban { who, reason: BanReason::ByHand, until: now + duration, duration, attempts: 1 }
    }

    #[test]
    fn a_ban_ends_by_itself_or_is_lifted() {
        let (mut bans, now) = (Bans::default(), start());
        let [short, long] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        bans.put(ban(Banned::address(short), now, 10), now);
        bans.put(ban(Banned::address(long), now, 20), now);
        assert_eq!(bans.list(now).map(|ban| ban.who.source()).collect::<Vec<_>>(), [short, long]);
        let later = now + Duration::from_secs(10);
        assert!(bans.of_address(short, later).is_none() && bans.of_address(long, later).is_some());
        assert!(bans.take(&Banned::address(long)).is_some() && bans.of_address(long, later).is_none());
    }

    #[test]
    fn the_table_has_an_end_and_loses_what_would_end_first() {
        let (mut bans, now) = (Bans::default(), start());
        bans.put(ban(Banned::address([192, 0, 2, 1].into()), now, 1_000_000), now);
        let ended: usize = (0..20_000u32)
            .map(|number| bans.put(ban(Banned::address(Ipv4Addr::from(number).into()), now, 3600), now).len())
            .sum();
        assert_eq!((bans.by_who.len(), bans.ends.len(), ended), (MAX_BANS, MAX_BANS, 10_001));
        assert!(bans.of_address([192, 0, 2, 1].into(), now).is_some(), "the longest stays");
    }

    #[test]
    fn a_name_without_end_is_not_kept_whole() {
        let (mut bans, now) = (Bans::default(), start());
        let (source, name) = (IpAddr::from([192, 0, 2, 1]), "x".repeat(4000));
        bans.put(ban(Banned::user(source, name.as_bytes()), now, 60), now);
        assert!(bans.users == 1 && bans.of_user(source, name.as_bytes(), now).is_some());
        assert_eq!(bans.at(source), [Banned::User(source, "x".repeat(MAX_NAME).into_bytes().into())]);
    }
}
