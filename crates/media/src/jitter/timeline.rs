//! When a packet's sound was taken, by the sender's clock: from its timestamp where that can be true, from its number
//! where it cannot.
//!
//! Timestamps jump when a phone holds or another source is put in; some run at a rate that is not the codec's, or not at
//! all. A packet cannot come before it was sent: that tells a jump from silence that was left out.

/// Silence is no longer than this; what is, is a jump.
const LONGEST_PAUSE_US: i64 = 60_000_000;
/// So much sooner than the fastest before it a packet may come.
const EARLY_US: i64 = 60_000;
/// So much later than the fastest one it may come; else the sender's clock has stood still.
const LATE_US: i64 = 1_000_000;
/// Over so many packets timestamps are compared with the time that passes.
const COMPARED: u32 = 8;
/// By so much timestamps must be further from the time that passes than numbers are.
const DISAGREEMENT_US: i64 = 50_000;

#[derive(Clone, Copy, Debug)]
struct Newest {
    extended: u64,
    timestamp: u32,
    media_us: i64,
    arrival_us: i64,
}

/// What has passed since the comparison began, by our clock, by timestamps, and by numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    packets: u32,
    arrival_us: i64,
    stamps_us: i64,
    numbers_us: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Timeline {
    clock_rate_hz: u32,
    /// How long a packet is.
    packet_us: i64,
    newest: Option<Newest>,
    passed: Passed,
    /// Timestamps mean nothing.
    by_numbers: bool,
}

impl Timeline {
    pub(super) fn new(clock_rate_hz: u32) -> Self {
        let passed = Passed::default();
        Self { clock_rate_hz, packet_us: 20_000, newest: None, passed, by_numbers: false }
    }

    /// Packets are so long.
    pub(super) fn set_packet(&mut self, packet_us: i64) {
        self.packet_us = packet_us.max(1000);
    }

    pub(super) fn packet_us(&self) -> i64 {
        self.packet_us
    }

    /// When the sound of a packet was taken. `transit_us` is the least time that one took from then to `arrival_us`.
    pub(super) fn place(&mut self, extended: u64, timestamp: u32, arrival_us: i64, transit_us: i64) -> i64 {
        let fastest = arrival_us - transit_us;
        let Some(newest) = self.newest else {
            self.newest = Some(Newest { extended, timestamp, media_us: fastest, arrival_us });
            return fastest;
        };
        let steps = i64::try_from(extended.abs_diff(newest.extended)).unwrap_or(i64::MAX).min(1 << 16);
        let numbers_us = if extended < newest.extended { -steps } else { steps } * self.packet_us;
        let stamps_us = self.span_us(timestamp.wrapping_sub(newest.timestamp).cast_signed());
        let media_us = self.reckon(newest.media_us, numbers_us, stamps_us, fastest);
        if extended > newest.extended {
            self.compare(arrival_us - newest.arrival_us, stamps_us, numbers_us);
            self.newest = Some(Newest { extended, timestamp, media_us, arrival_us });
        }
        media_us
    }

    fn reckon(&self, before_us: i64, numbers_us: i64, stamps_us: i64, fastest: i64) -> i64 {
        let is_near = (stamps_us - numbers_us).abs() <= self.packet_us.max(numbers_us.abs() / 4);
        let media_us = before_us + if self.by_numbers { numbers_us } else { stamps_us };
        let is_pause = stamps_us > numbers_us && stamps_us < LONGEST_PAUSE_US && media_us <= fastest + EARLY_US;
        if numbers_us < 0 {
            return if is_near { media_us } else { before_us + numbers_us };
        }
        if !(is_near || is_pause || self.by_numbers) || media_us < fastest - LATE_US {
            return fastest.max(before_us + numbers_us);
        }
        media_us
    }

    fn compare(&mut self, arrival_us: i64, stamps_us: i64, numbers_us: i64) {
        if stamps_us.abs() > LONGEST_PAUSE_US {
            return;
        }
        let passed = &mut self.passed;
        passed.packets += 1;
        passed.arrival_us += arrival_us;
        passed.stamps_us += stamps_us;
        passed.numbers_us += numbers_us;
        if passed.packets == COMPARED {
            let off = |by_us: i64| (passed.arrival_us - by_us).abs();
            self.by_numbers = off(passed.stamps_us) > off(passed.numbers_us) + DISAGREEMENT_US;
            self.passed = Passed::default();
        }
    }

    fn span_us(&self, ticks: i32) -> i64 {
        i64::from(ticks) * 1_000_000 / i64::from(self.clock_rate_hz.max(1))
    }
}
