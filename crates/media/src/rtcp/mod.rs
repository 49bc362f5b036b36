//! RTCP (RFC 3550 §6): compound packets read and written, NTP time, round trip, interval.

mod ntp;
mod parse;
mod write;

use std::time::Duration;

pub(crate) use ntp::duration_to_units;
pub use ntp::{NtpClock, NtpTime};
pub use parse::{Chunks, Compound, Packet, Packets, ReportBlocks, Sources};
pub use write::Report;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const CNAME: u8 = 1;

/// Why bytes are no compound packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtcpError {
    /// A packet is shorter than its header says, or holds less than its kind needs.
    #[error("the packet ends too early")]
    Truncated,
    /// Not version 2.
    #[error("version {0} instead of 2")]
    Version(u8),
    /// Padding that does not fit, or in a packet that is not the last.
    #[error("{0} bytes of padding do not fit")]
    Padding(u8),
    /// It does not begin with a report (§6.1).
    #[error("begins with packet type {0} instead of a report")]
    NoReport(u8),
}

/// What a sender says about its own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    /// When it was sent, by the sender's clock.
    pub ntp: NtpTime,
    /// The same moment in ticks of its stream.
    pub timestamp: u32,
    /// Packets sent so far.
    pub packets: u32,
    /// Payload bytes sent so far.
    pub octets: u32,
}

/// What a receiver says about one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: u32,
    /// Lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Lost since the beginning; 24 bits, below 0 when the reporter counts duplicates as received.
    pub lost: i32,
    /// Highest sequence number received, extended by the count of cycles.
    pub highest: u32,
    /// Interarrival jitter in ticks.
    pub jitter: u32,
    /// The middle of the last sender report's NTP time; 0 for none.
    pub last_sr: u32,
    /// How long ago that came, in 65,536ths of a second.
    pub delay_since_sr: u32,
}

/// The time from one report to the next: 5 s, spread from half to one and a half of it by `random` (§6.2).
///
/// With two members the minimum rules, so the bandwidth does not come in; and as nobody joins or leaves, neither does
/// reconsideration.
#[must_use]
pub fn interval(random: u32) -> Duration {
    Duration::from_micros(2_500_000 + ((u64::from(random) * 5_000_000) >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_spread_around_five_seconds() {
        assert_eq!(interval(0), Duration::from_millis(2500));
        assert_eq!(interval(1 << 31), Duration::from_secs(5));
        assert!(interval(u32::MAX) < Duration::from_millis(7500));
    }
}
