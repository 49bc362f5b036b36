//! Bans: who keeps guessing passwords is refused for a while (`security.rate_limiting`).
//!
//! A source is an IPv4 address or an IPv6 /64, since a guesser has all of the latter. Behind one address may be an
//! office: while any phone there is registered, only the pair of address and user name is banned, so one phone with a
//! wrong password does not silence the others. An address where nobody is registered is banned as a whole.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use warden_sip::endpoint::network;

/// How many wrong passwords are too many, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanPolicy {
    /// No ban at all if false.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Banned {
    /// Everybody at this address; for IPv6 everybody in its /64.
    Address(IpAddr),
    /// Who claims this user name from this address.
    User(IpAddr, Box<[u8]>),
}

/// What is held against one source.
#[derive(Default)]
struct Record {
    /// The latest strikes, oldest first; never more than are too many.
    strikes: Vec<Instant>,
    banned_until: Option<Instant>,
}

/// Names are told apart by this many bytes; a real one is at most half as long.
const MAX_NAME: usize = 64;

/// The most sources and pairs remembered in one generation.
const GENERATION: usize = 10_000;

/// All strikes and bans of this node, in two generations: who has not struck while [`GENERATION`] others did is forgotten,
/// so neither memory nor the work for one strike grows with the number of guessers.
#[derive(Default)]
pub(crate) struct Bans {
    young: HashMap<Banned, Record>,
    old: HashMap<Banned, Record>,
}

impl Bans {
    /// Whether nothing is held against anybody, so that names need not be read.
    pub(crate) fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    /// Whether a request from `source` in the name of `username` is to be refused unread.
    pub(crate) fn is_banned(&self, source: IpAddr, username: &[u8], now: Instant) -> bool {
        let source = network(source);
        let is_banned = |who: &Banned| {
            let record = self.young.get(who).or_else(|| self.old.get(who));
            record.and_then(|record| record.banned_until).is_some_and(|until| now < until)
        };
        is_banned(&Banned::Address(source)) || is_banned(&user(source, username))
    }

    /// A wrong password came. Who is banned for it, if anybody.
    ///
    /// `is_home` tells whether a phone is registered from the source's address.
    pub(crate) fn strike(
        &mut self,
        source: IpAddr,
        username: &[u8],
        is_home: bool,
        policy: &BanPolicy,
        now: Instant,
    ) -> Option<Banned> {
        if !policy.enabled {
            return None;
        }
        let source = network(source);
        let by_user = self.note(user(source, username), policy, now);
        let by_address = self.note(Banned::Address(source), policy, now);
        let who = match (is_home, by_user, by_address) {
            (false, _, true) => Banned::Address(source),
            (true, true, _) => user(source, username),
            (true, false, _) | (false, _, false) => return None,
        };
        let record = self.young.get_mut(&who)?;
        record.banned_until = Some(now + policy.ban_duration);
        record.strikes.clear();
        Some(who)
    }

    /// Adds a strike; whether there are too many within the window now.
    fn note(&mut self, who: Banned, policy: &BanPolicy, now: Instant) -> bool {
        let most = usize::try_from(policy.max_attempts).unwrap_or(usize::MAX).min(1000);
        let record = self.record(who);
        record.strikes.retain(|strike| now.saturating_duration_since(*strike) < policy.window);
        if record.strikes.len() >= most {
            record.strikes.remove(0);
        }
        record.strikes.push(now);
        record.strikes.len() >= most
    }

    /// The record of a source, taken into the young generation.
    fn record(&mut self, who: Banned) -> &mut Record {
        if self.young.len() >= GENERATION && !self.young.contains_key(&who) {
            self.old = std::mem::take(&mut self.young);
        }
        let known = self.old.remove(&who);
        self.young.entry(who).or_insert_with(|| known.unwrap_or_default())
    }
}

/// A user name at a source; of a long one, which nobody has, only the beginning is kept.
fn user(source: IpAddr, username: &[u8]) -> Banned {
    Banned::User(source, username.get(..MAX_NAME).unwrap_or(username).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        bans: Bans,
        now: Instant,
    }

    impl Bench {
        #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
        fn new() -> Self {
            Self { bans: Bans::default(), now: Instant::now() }
        }

        fn strike(&mut self, source: &str, username: &str, is_home: bool) -> Option<Banned> {
            self.bans.strike(ip(source), username.as_bytes(), is_home, &BanPolicy::default(), self.now)
        }

        fn is_banned(&self, source: &str, username: &str) -> bool {
            self.bans.is_banned(ip(source), username.as_bytes(), self.now)
        }

        fn pass(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_fifth_wrong_password_bans_a_strange_address_for_an_hour() {
        let mut bench = Bench::new();
        for _ in 0..4 {
            assert_eq!(bench.strike("192.0.2.1", "1001", false), None);
        }
        assert!(!bench.is_banned("192.0.2.1", "1001"));
        assert_eq!(bench.strike("192.0.2.1", "1001", false), Some(Banned::Address(ip("192.0.2.1"))));
        assert!(bench.is_banned("192.0.2.1", "1002"), "the whole address is meant");
        assert!(!bench.is_banned("192.0.2.2", "1001"));
        bench.pass(3599);
        assert!(bench.is_banned("192.0.2.1", "1001"));
        bench.pass(1);
        assert!(!bench.is_banned("192.0.2.1", "1001"));
        assert_eq!(bench.strike("192.0.2.1", "1001", false), None, "counting begins anew");
    }

    #[test]
    fn at_home_only_the_one_who_guesses_is_banned() {
        let mut bench = Bench::new();
        for _ in 0..4 {
            assert_eq!(bench.strike("192.0.2.1", "1001", true), None);
        }
        assert_eq!(bench.strike("192.0.2.1", "1001", true), Some(Banned::User(ip("192.0.2.1"), b"1001"[..].into())));
        assert!(bench.is_banned("192.0.2.1", "1001"));
        assert!(!bench.is_banned("192.0.2.1", "1002"));
    }

    #[test]
    fn trying_many_names_once_each_is_guessing_too() {
        let mut bench = Bench::new();
        let outcomes: Vec<_> = (0..5).map(|name| bench.strike("192.0.2.1", &name.to_string(), false)).collect();
        assert_eq!(outcomes.last(), Some(&Some(Banned::Address(ip("192.0.2.1")))));
    }

    #[test]
    fn slow_mistakes_are_forgotten() {
        let mut bench = Bench::new();
        for _ in 0..20 {
            assert_eq!(bench.strike("192.0.2.1", "1001", false), None);
            bench.pass(75);
        }
    }

    #[test]
    fn an_ipv6_network_is_one_source_and_a_mapped_address_is_ipv4() {
        let mut bench = Bench::new();
        let outcomes: Vec<_> = (1..=5).map(|host| bench.strike(&format!("2001:db8::{host}"), "1001", false)).collect();
        assert_eq!(outcomes.last(), Some(&Some(Banned::Address(ip("2001:db8::")))));
        assert!(bench.is_banned("2001:db8::ffff", "1001"));
        for _ in 0..5 {
            bench.strike("::ffff:192.0.2.1", "1001", false);
        }
        assert!(bench.is_banned("192.0.2.1", "1001"));
    }

    #[test]
    fn a_flood_of_sources_does_not_grow_without_bound_and_who_goes_on_is_not_forgotten() {
        let mut bench = Bench::new();
        let mut outcomes = Vec::new();
        for number in 0..30_000u32 {
            bench.strike(&std::net::Ipv4Addr::from(number).to_string(), "1001", true);
            if number % 2000 == 0 {
                outcomes.extend(bench.strike("192.0.2.1", "1001", true));
            }
        }
        assert!(bench.bans.young.len() + bench.bans.old.len() <= 2 * GENERATION);
        assert_eq!(outcomes.len(), 3, "15 strikes are three times five");
    }

    #[test]
    fn a_name_without_end_is_not_kept_whole() {
        let mut bench = Bench::new();
        let name = "x".repeat(4000);
        for _ in 0..5 {
            bench.strike("192.0.2.1", &name, true);
        }
        assert!(bench.is_banned("192.0.2.1", &name));
        let longest = bench.bans.young.keys().filter_map(|who| match who {
            Banned::User(_, name) => Some(name.len()),
            Banned::Address(_) => None,
        });
        assert_eq!(longest.max(), Some(MAX_NAME));
    }

    #[test]
    fn switched_off_it_bans_nobody() {
        let mut bench = Bench::new();
        let policy = BanPolicy { enabled: false, ..BanPolicy::default() };
        for _ in 0..100 {
            assert_eq!(bench.bans.strike(ip("192.0.2.1"), b"1001", false, &policy, bench.now), None);
        }
        assert!(!bench.is_banned("192.0.2.1", "1001"));
    }
}
