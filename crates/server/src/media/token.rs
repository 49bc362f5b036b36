//! Which socket is ready: packed into the number that the kernel keeps with it.

use warden_media::relay::Side;

/// What a ready descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Orders have come.
    Bell,
    /// A socket of a call.
    Socket {
        /// The place of the call.
        place: usize,
        /// Which leg.
        side: Side,
        /// Which of its two sockets.
        port: Port,
    },
}

/// One of the two sockets of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// The even one.
    Rtp,
    /// The odd one.
    Rtcp,
}

const B: u64 = 1;
const RTCP: u64 = 2;

impl Token {
    pub(crate) fn pack(self) -> u64 {
        match self {
            Self::Bell => u64::MAX,
            Self::Socket { place, side, port } => {
                let side = if side == Side::B { B } else { 0 };
                let port = if port == Port::Rtcp { RTCP } else { 0 };
                (place as u64) << 2 | port | side
            }
        }
    }

    pub(crate) fn unpack(packed: u64) -> Self {
        if packed == u64::MAX {
            return Self::Bell;
        }
        let side = if packed & B == 0 { Side::A } else { Side::B };
        let port = if packed & RTCP == 0 { Port::Rtp } else { Port::Rtcp };
        Self::Socket { place: usize::try_from(packed >> 2).unwrap_or(usize::MAX), side, port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_socket_has_a_number_of_its_own() {
        let all = [Side::A, Side::B].map(|side| {
            [Port::Rtp, Port::Rtcp].map(|port| [0, 1, 70_000].map(|place| Token::Socket { place, side, port }))
        });
        for token in all.into_iter().flatten().flatten().chain([Token::Bell]) {
            assert_eq!(Token::unpack(token.pack()), token);
        }
    }
}
