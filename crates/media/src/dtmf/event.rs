//! The payload of a telephone event (RFC 4733 §2.3).

/// What one packet says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPayload {
    /// Which event: 0 to 15 are digits.
    pub event: u8,
    /// It is over.
    pub is_end: bool,
    /// dB below 0 dBm0, up to 63.
    pub level_below_dbm0: u8,
    /// Ticks since its timestamp.
    pub duration: u16,
}

const END: u8 = 0x80;
const LEVEL: u8 = 0x3F;

impl EventPayload {
    /// Of its bytes.
    pub const LEN: usize = 4;

    /// Reads the first event of a payload, which is that of the packet's timestamp; `None` when it is too short. The
    /// reserved bit is ignored.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low] = *payload.first_chunk::<{ Self::LEN }>()?;
        let duration = u16::from_be_bytes([high, low]);
        Some(Self { event, is_end: flags & END != 0, level_below_dbm0: flags & LEVEL, duration })
    }

    /// As it is sent.
    #[must_use]
    pub fn bytes(self) -> [u8; Self::LEN] {
        let [high, low] = self.duration.to_be_bytes();
        let flags = self.level_below_dbm0.min(LEVEL) | if self.is_end { END } else { 0 };
        [self.event, flags, high, low]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let event = EventPayload { event: 11, is_end: true, level_below_dbm0: 10, duration: 0x1234 };
        assert_eq!(event.bytes(), [11, 0x8A, 0x12, 0x34]);
        assert_eq!(EventPayload::parse(&event.bytes()), Some(event));
        assert_eq!(EventPayload::parse(&[11, 0xCA, 0x12, 0x34, 9]), Some(event), "reserved bit, more behind");
        assert_eq!(EventPayload::parse(&[1, 2, 3]), None);
    }
}
