//! What a datagram on a media port is, by its first two bytes (RFC 7983 §7, RFC 5761 §4).

/// The protocols that share a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// STUN, for ICE.
    Stun,
    /// ZRTP.
    Zrtp,
    /// DTLS, for the keys of SRTP.
    Dtls,
    /// A TURN channel.
    TurnChannel,
    /// RTP or SRTP.
    Rtp,
    /// RTCP or SRTCP.
    Rtcp,
    /// None of these, or less than two bytes.
    Unknown,
}

impl PacketKind {
    /// Tells the kinds apart. An RTP payload type of 64 to 95 with the marker bit would look like RTCP; nobody may use
    /// these types where both share a port, and we never offer them.
    #[inline]
    #[must_use]
    pub fn of(packet: &[u8]) -> Self {
        match packet {
            [128..=191, 192..=223, ..] => Self::Rtcp,
            [128..=191, _, ..] => Self::Rtp,
            [0..=3, _, ..] => Self::Stun,
            [16..=19, _, ..] => Self::Zrtp,
            [20..=63, _, ..] => Self::Dtls,
            [64..=79, _, ..] => Self::TurnChannel,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_bytes_tell_the_protocol() {
        let cases = [
            ([0x80, 0x00], PacketKind::Rtp),
            ([0x80, 0xE5], PacketKind::Rtp),
            ([0x80, 200], PacketKind::Rtcp),
            ([0xBF, 223], PacketKind::Rtcp),
            ([0x00, 0x01], PacketKind::Stun),
            ([22, 254], PacketKind::Dtls),
            ([16, 0], PacketKind::Zrtp),
            ([64, 0], PacketKind::TurnChannel),
            ([200, 0], PacketKind::Unknown),
            ([4, 0], PacketKind::Unknown),
        ];
        for (bytes, kind) in cases {
            assert_eq!(PacketKind::of(&bytes), kind, "{bytes:?}");
        }
        assert_eq!(PacketKind::of(&[0x80]), PacketKind::Unknown);
    }
}
