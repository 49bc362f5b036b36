//! Strikes: what is held against a source before it is banned.

use std::collections::HashMap;
use std::time::Instant;

use super::ban::{BanPolicy, Banned};

/// The most sources and pairs remembered in one generation.
const GENERATION: usize = 10_000;

/// All strikes of this node, in two generations: who has not struck while [`GENERATION`] others did is forgotten, so neither
/// memory nor the work for one strike grows with the number of guessers.
#[derive(Default)]
pub(super) struct Strikes {
    /// The latest strikes of each, oldest first; never more than are too many.
    young: HashMap<Banned, Vec<Instant>>,
    old: HashMap<Banned, Vec<Instant>>,
}

impl Strikes {
    /// Adds a strike; how many there are within the window when that is too many.
    pub(super) fn note(&mut self, who: &Banned, policy: &BanPolicy, now: Instant) -> Option<u32> {
        let most = most(policy);
        let strikes = self.of(who);
        strikes.retain(|strike| now.saturating_duration_since(*strike) < policy.window);
        if strikes.len() >= most {
            strikes.remove(0);
        }
        strikes.push(now);
        (strikes.len() >= most).then(|| u32::try_from(strikes.len()).unwrap_or(u32::MAX))
    }

    /// Whether there are too many within the window.
    pub(super) fn are_too_many(&self, who: &Banned, policy: &BanPolicy, now: Instant) -> bool {
        let strikes = self.young.get(who).or_else(|| self.old.get(who));
        let counts = |strike: &&Instant| now.saturating_duration_since(**strike) < policy.window;
        strikes.is_some_and(|strikes| strikes.iter().filter(counts).count() >= most(policy))
    }

    /// Counting begins anew.
    pub(super) fn forget(&mut self, who: &Banned) {
        self.young.remove(who);
        self.old.remove(who);
    }

    /// The strikes of a source, taken into the young generation.
    fn of(&mut self, who: &Banned) -> &mut Vec<Instant> {
        if self.young.len() >= GENERATION && !self.young.contains_key(who) {
            self.old = std::mem::take(&mut self.young);
        }
        let known = self.old.remove(who).unwrap_or_default();
        self.young.entry(who.clone()).or_insert(known)
    }
}

fn most(policy: &BanPolicy) -> usize {
    usize::try_from(policy.max_attempts).unwrap_or(usize::MAX).clamp(1, 1000)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
    fn a_flood_of_sources_does_not_grow_without_bound_and_who_goes_on_is_not_forgotten() {
        let (mut strikes, now, policy) = (Strikes::default(), Instant::now(), BanPolicy::default());
        let guesser = Banned::Address([192, 0, 2, 1].into());
        let mut attempts = Vec::new();
        for number in 0..30_000u32 {
            strikes.note(&Banned::Address(Ipv4Addr::from(number).into()), &policy, now);
            if number % 2000 == 0 {
                attempts.extend(strikes.note(&guesser, &policy, now));
            }
        }
        assert!(strikes.young.len() + strikes.old.len() <= 2 * GENERATION);
        assert_eq!(attempts, [5; 11], "15 strikes, and from the fifth on too many");
    }
}
