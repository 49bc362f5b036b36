//! Wrong guesses and bans, as they count together.

use super::*;

struct Bench {
    access: Access,
    policy: AccessPolicy,
    outputs: VecDeque<Output>,
    now: Instant,
}

impl Bench {
    #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
    fn new() -> Self {
        let now = Instant::now();
        let access = Access::new("warden-pbx", Random::from_seed([7; 32]), now);
        Self { access, policy: AccessPolicy::default(), outputs: VecDeque::new(), now }
    }

    /// Who is banned for one wrong guess more.
    fn strike_at(&mut self, door: Door, source: &str, username: &str, is_home: bool) -> Option<Banned> {
        let guess = WrongGuess { door, source: ip(source), username: username.as_bytes().into() };
        self.access.strike(&guess, is_home, &self.policy, self.now, &mut self.outputs);
        self.outputs
            .drain(..)
            .find_map(|output| if let Output::Event(Event::Banned { who, .. }) = output { Some(who) } else { None })
    }

    fn strike(&mut self, source: &str, username: &str, is_home: bool) -> Option<Banned> {
        self.strike_at(Door::Phone, source, username, is_home)
    }

    fn is_banned(&self, source: &str, username: &str) -> bool {
        self.access.is_banned(ip(source), username.as_bytes(), &self.policy, self.now)
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
fn guesses_at_different_doors_count_together() {
    let mut bench = Bench::new();
    for door in [Door::Phone, Door::Web, Door::Pin, Door::Provisioning] {
        assert_eq!(bench.strike_at(door, "192.0.2.1", "admin", false), None);
    }
    assert!(bench.strike_at(Door::Web, "192.0.2.1", "admin", false).is_some());
    assert!(bench.is_banned("192.0.2.1", "1001"), "phones from there are refused too");
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
fn switched_off_it_bans_nobody() {
    let mut bench = Bench::new();
    bench.policy.bans.enabled = false;
    for _ in 0..100 {
        assert_eq!(bench.strike("192.0.2.1", "1001", false), None);
    }
    assert!(!bench.is_banned("192.0.2.1", "1001"));
}

#[test]
fn who_is_allowed_and_a_trunk_peer_are_never_banned() {
    let mut bench = Bench::new();
    bench.policy.allow = [Network::from(ip("192.0.2.1"))].into_iter().collect();
    bench.policy.peers = [Network::from(ip("192.0.2.2"))].into_iter().collect();
    for _ in 0..100 {
        assert_eq!(bench.strike("192.0.2.1", "1001", false), None);
        assert_eq!(bench.strike("192.0.2.2", "1001", true), None);
    }
    let who = Banned::address(ip("192.0.2.1"));
    let (until, duration) = (bench.now + Duration::from_mins(1), Duration::from_mins(1));
    let ban = Ban { who, reason: BanReason::ByHand, until, duration, attempts: 0 };
    bench.access.ban(ban, bench.now, &mut bench.outputs);
    assert!(!bench.is_banned("192.0.2.1", "1001"), "the list of those allowed wins");
}

#[test]
fn what_is_banned_is_to_be_saved_and_what_is_lifted_forgotten() {
    let mut bench = Bench::new();
    for _ in 0..5 {
        bench.strike("192.0.2.1", "1001", false);
    }
    let saved: Vec<_> = bench.access.bans(bench.now).cloned().collect();
    assert_eq!((saved.len(), saved[0].attempts, saved[0].reason), (1, 5, BanReason::WrongPasswords));
    let mut next = Bench::new();
    next.now = bench.now;
    next.access.restore(saved, next.now);
    assert!(next.is_banned("192.0.2.1", "1001"));
    next.access.lift(ip("192.0.2.1"), &mut next.outputs);
    assert!(!next.is_banned("192.0.2.1", "1001"));
    let gone = Output::SaveBan(crate::BanChange::Remove(Banned::Address(ip("192.0.2.1"))));
    assert_eq!(format!("{:?}", next.outputs), format!("{:?}", [gone]));
}
