//! NTP timestamps (RFC 3550 §4), and the round trip measured with them.

use std::time::{Duration, Instant};

use crate::ticks::low32;

/// From 1900 to 1970.
const UNIX_EPOCH_S: u64 = 2_208_988_800;

/// Seconds since 1900 in the upper 32 bits, fractions of a second in the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// From the time since the Unix epoch. The seconds wrap in 2036, as the format has it.
    #[must_use]
    pub fn from_unix(since_epoch: Duration) -> Self {
        let seconds = u64::from(low32(since_epoch.as_secs().wrapping_add(UNIX_EPOCH_S)));
        Self((seconds << 32) | ((u64::from(since_epoch.subsec_nanos()) << 32) / 1_000_000_000))
    }

    /// The middle 32 bits, which reports refer to: 65,536ths of a second.
    #[must_use]
    pub fn middle(self) -> u32 {
        low32(self.0 >> 16)
    }

    /// How long a packet and its answer travelled: this is when the report came, `last_sr` and `delay` what it says
    /// (§6.4.1). `None` when it refers to no report, or says what cannot be.
    #[must_use]
    pub fn round_trip(self, last_sr: u32, delay: u32) -> Option<Duration> {
        if last_sr == 0 {
            return None;
        }
        let units = self.middle().wrapping_sub(last_sr).checked_sub(delay)?;
        // More than a minute is a wrong report, not a long way.
        (units < 60 << 16).then(|| units_to_duration(units))
    }
}

/// 65,536ths of a second as a duration.
fn units_to_duration(units: u32) -> Duration {
    Duration::from_nanos((u64::from(units) * 1_000_000_000) >> 16)
}

/// `elapsed` in 65,536ths of a second; a time beyond 18 hours as 18 hours.
pub(crate) fn duration_to_units(elapsed: Duration) -> u32 {
    let units = (u128::from(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)) << 16) / 1_000_000_000;
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// The wall clock, read once and then carried on by the steady one, so that a corrected clock does not spoil a round
/// trip. It drifts from the true time as much as the machine's oscillator does.
#[derive(Clone, Copy, Debug)]
pub struct NtpClock {
    then: Instant,
    wall: Duration,
}

impl NtpClock {
    /// At `now` it is `since_epoch` after the Unix epoch.
    #[must_use]
    pub fn new(now: Instant, since_epoch: Duration) -> Self {
        Self { then: now, wall: since_epoch }
    }

    /// What it shows at `now`.
    #[must_use]
    pub fn at(&self, now: Instant) -> NtpTime {
        NtpTime::from_unix(self.wall.saturating_add(now.saturating_duration_since(self.then)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unix_epoch_is_70_years_after_the_ntp_epoch() {
        assert_eq!(NtpTime::from_unix(Duration::ZERO).0 >> 32, UNIX_EPOCH_S);
        let half = NtpTime::from_unix(Duration::from_millis(1500));
        assert_eq!(half.0 & 0xFFFF_FFFF, 1 << 31);
        assert_eq!(half.middle() & 0xFFFF, 1 << 15);
    }

    #[test]
    fn the_round_trip_is_what_the_far_end_did_not_hold() {
        // The example of RFC 3550 figure 2: A = 0xb710:8000, DLSR 5.25 s, LSR 0xb705:2000, so 6.125 s.
        let arrival = NtpTime(0xb44d_b710_8000_0000);
        assert_eq!(arrival.round_trip(0xb705_2000, 0x0005_4000), Some(Duration::from_millis(6125)));
        assert_eq!(arrival.round_trip(0, 0), None);
        assert_eq!(arrival.round_trip(0xb705_2000, 0x000C_0000), None, "held longer than it was away");
        assert_eq!(arrival.round_trip(0xb710_8001, 0), None, "answers a report of the future");
    }

    #[test]
    fn delays_are_counted_in_65536ths() {
        assert_eq!(duration_to_units(Duration::from_millis(5250)), 0x0005_4000);
        assert_eq!(duration_to_units(Duration::MAX), u32::MAX);
    }
}
