//! One stream under one SSRC: where a sequence number belongs, and what a report says.

use std::time::Instant;

use crate::rtcp::{ReportBlock, duration_to_units};
use crate::ticks::{low16, low32};

/// A packet further ahead than this is not believed at once (A.1).
const MAX_DROPOUT: u16 = 3000;
/// A packet further behind than this belongs to something else (A.1).
const MAX_MISORDER: u16 = 100;
/// Extended numbers begin one cycle up, so that packets from before the first one have a number, too.
const CYCLE: u64 = 1 << 16;

pub(super) enum Placement {
    Newest(u64),
    Late(u64),
    Duplicate,
    Jump,
    Restart,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) ssrc: u32,
    base: u64,
    pub(super) highest: u64,
    /// Bit n tells whether `highest` - n has come.
    seen: u128,
    pub(super) received: u64,
    /// The number that would confirm a jump.
    after_jump: Option<u16>,
    transit: Option<u32>,
    /// Sixteen times the jitter in ticks, as A.8 keeps it.
    jitter_x16: u32,
    pub(super) last_sr: Option<(u32, Instant)>,
    reported_expected: u64,
    reported_received: u64,
}

impl Source {
    pub(super) fn new(ssrc: u32, sequence: u16) -> Self {
        let first = CYCLE + u64::from(sequence);
        Self {
            ssrc,
            base: first,
            highest: first,
            seen: 1,
            received: 1,
            after_jump: None,
            transit: None,
            jitter_x16: 0,
            last_sr: None,
            reported_expected: 0,
            reported_received: 0,
        }
    }

    pub(super) fn place(&mut self, sequence: u16) -> Placement {
        let ahead = sequence.wrapping_sub(low16(self.highest));
        let behind = 0u16.wrapping_sub(ahead);
        if ahead == 0 {
            Placement::Duplicate
        } else if ahead < MAX_DROPOUT {
            self.advance(ahead)
        } else if behind <= MAX_MISORDER {
            self.fill(behind)
        } else if self.after_jump == Some(sequence) {
            Placement::Restart
        } else {
            self.after_jump = Some(sequence.wrapping_add(1));
            Placement::Jump
        }
    }

    fn advance(&mut self, ahead: u16) -> Placement {
        self.highest += u64::from(ahead);
        self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
        self.received += 1;
        self.after_jump = None;
        Placement::Newest(self.highest)
    }

    fn fill(&mut self, behind: u16) -> Placement {
        let bit = 1u128 << behind;
        if self.seen & bit != 0 {
            return Placement::Duplicate;
        }
        self.seen |= bit;
        self.received += 1;
        let extended = self.highest.saturating_sub(u64::from(behind));
        self.base = self.base.min(extended);
        Placement::Late(extended)
    }

    pub(super) fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    /// A.8. A step of more than a second is a timestamp set anew, as after a hold, and no jitter.
    pub(super) fn measure(&mut self, arrival: u32, timestamp: u32, clock_rate_hz: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        let before = self.transit.replace(transit).unwrap_or(transit);
        let difference = transit.wrapping_sub(before).cast_signed().unsigned_abs();
        if difference < clock_rate_hz {
            self.jitter_x16 = self.jitter_x16 + difference - ((self.jitter_x16 + 8) >> 4);
        }
    }

    pub(super) fn forget_timing(&mut self) {
        (self.transit, self.jitter_x16) = (None, 0);
    }

    pub(super) fn jitter(&self) -> u32 {
        self.jitter_x16 >> 4
    }

    pub(super) fn report(&mut self, now: Instant) -> ReportBlock {
        let fraction_lost = self.fraction_lost();
        let lost = self.expected().saturating_sub(self.received).min(0x7F_FFFF);
        let delay = |(_, at): (u32, Instant)| duration_to_units(now.saturating_duration_since(at));
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost,
            lost: i32::try_from(lost).unwrap_or(i32::MAX),
            highest: low32(self.highest.saturating_sub(CYCLE)),
            jitter: self.jitter(),
            last_sr: self.last_sr.map_or(0, |(middle, _)| middle),
            delay_since_sr: self.last_sr.map_or(0, delay),
        }
    }

    /// A.3: lost since the last report, in 256ths.
    fn fraction_lost(&mut self) -> u8 {
        let expected = self.expected() - self.reported_expected;
        let lost = expected.saturating_sub(self.received - self.reported_received);
        (self.reported_expected, self.reported_received) = (self.expected(), self.received);
        u8::try_from((lost << 8).checked_div(expected).unwrap_or(0)).unwrap_or(u8::MAX)
    }
}
