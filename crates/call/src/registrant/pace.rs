//! How long is waited: between attempts that fail, before a registration is refreshed, and before its path is kept open.

use std::time::Duration;

use warden_sip::header::Transport;
use warden_sip::random::Random;

/// After the first failure; each further one doubles it (RFC 5626 §4.5).
const BASE: Duration = Duration::from_secs(30);
/// Never longer than this.
const LONGEST: Duration = Duration::from_mins(30);
/// A connection that has ended is made again this soon, as its server was well before.
const RECONNECT: Duration = Duration::from_secs(4);
/// An attempt that times out takes 32 s; a refresh leaves room for one, and for another after it.
const ROOM: Duration = Duration::from_secs(70);

/// Half to all of the time that the number of failures in a row gives (RFC 5626 §4.5).
pub(super) fn after_failures(failures: u32, random: &mut Random) -> Duration {
    let doubled = BASE.saturating_mul(1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
    jittered(doubled.min(LONGEST), random)
}

/// After a refusal that asking again will not change.
pub(super) fn slow(random: &mut Random) -> Duration {
    jittered(LONGEST, random)
}

/// After the connection of a registration has ended: not all at once, should a server restart.
pub(super) fn reconnect(random: &mut Random) -> Duration {
    jittered(RECONNECT, random)
}

/// When a registration that was granted for `expires` is refreshed.
pub(super) fn refresh_after(expires: Duration, random: &mut Random) -> Duration {
    let room = ROOM.max(expires / 10).min(expires / 2);
    let earlier = room.saturating_sub(jittered(room, random));
    expires.saturating_sub(room + earlier / 2).max(Duration::from_secs(1))
}

/// When the path to the server is kept open next (RFC 5626 §4.4): routers forget datagrams soon, and connections later.
pub(super) fn keep_alive_after(transport: Transport, random: &mut Random) -> Duration {
    let [least_ms, spread_ms] = if transport.is_reliable() { [95_000, 25_000] } else { [24_000, 5_000] };
    Duration::from_millis((least_ms + random.below(spread_ms)).into())
}

fn jittered(longest: Duration, random: &mut Random) -> Duration {
    let half_ms = u32::try_from(longest.as_millis() / 2).unwrap_or(u32::MAX);
    longest / 2 + Duration::from_millis(random.below(half_ms.saturating_add(1)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_doubles_from_30_s_to_30_min_and_half_of_it_is_chance() {
        let mut random = Random::from_seed([9; 32]);
        for (failures, longest_s) in [(1, 30), (2, 60), (3, 120), (6, 960), (7, 1800), (40, 1800), (u32::MAX, 1800)] {
            let longest = Duration::from_secs(longest_s);
            let drawn: Vec<_> = (0..200).map(|_| after_failures(failures, &mut random)).collect();
            assert!(drawn.iter().all(|wait| (longest / 2..=longest).contains(wait)), "{failures}: {drawn:?}");
            let spread = drawn.iter().max().zip(drawn.iter().min()).map(|(most, least)| most.abs_diff(*least));
            assert!(spread > Some(longest / 3), "{failures}: {spread:?}");
        }
    }

    #[test]
    fn a_refresh_leaves_time_for_a_second_one() {
        let mut random = Random::from_seed([9; 32]);
        for (expires_s, range_s) in [(3600, 3060..=3240), (600, 512..=530), (60, 22..=30), (1, 1..=1)] {
            let wait = refresh_after(Duration::from_secs(expires_s), &mut random).as_secs();
            assert!(range_s.contains(&wait), "{expires_s}: {wait}");
        }
    }
}
