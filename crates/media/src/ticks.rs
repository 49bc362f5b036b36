//! Between durations and the ticks of an RTP clock, and the low bits that travel in a header.

use std::time::Duration;

const NANOS: u64 = 1_000_000_000;

/// How many ticks `elapsed` is, modulo 2³², as timestamps are.
pub(crate) fn ticks(elapsed: Duration, clock_rate_hz: u32) -> u32 {
    let rate = u64::from(clock_rate_hz);
    let whole = elapsed.as_secs().wrapping_mul(rate);
    low32(whole.wrapping_add(u64::from(elapsed.subsec_nanos()) * rate / NANOS))
}

/// How long `count` ticks last.
pub(crate) fn span(count: u32, clock_rate_hz: u32) -> Duration {
    Duration::from_nanos(u64::from(count) * NANOS / u64::from(clock_rate_hz.max(1)))
}

/// The low 32 bits.
pub(crate) fn low32(number: u64) -> u32 {
    u32::try_from(number & 0xFFFF_FFFF).unwrap_or_default()
}

/// The low 16 bits.
pub(crate) fn low16(number: u64) -> u16 {
    u16::try_from(number & 0xFFFF).unwrap_or_default()
}

/// The earlier of two times, where `None` is never.
pub(crate) fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_durations_agree() {
        assert_eq!(ticks(Duration::from_millis(20), 8000), 160);
        assert_eq!(ticks(Duration::from_millis(1500), 48_000), 72_000);
        assert_eq!(span(160, 8000), Duration::from_millis(20));
        assert_eq!(span(1, 0), Duration::from_secs(1));
        assert_eq!(ticks(Duration::from_secs(u64::from(u32::MAX)), 8000), 0u32.wrapping_sub(8000));
    }

    #[test]
    fn never_is_later_than_any_time() {
        assert_eq!(earlier(Some(2), Some(1)), Some(1));
        assert_eq!(earlier(None, Some(1)), Some(1));
        assert_eq!(earlier::<u8>(None, None), None);
    }
}
