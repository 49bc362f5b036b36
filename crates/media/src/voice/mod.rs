//! Sound that does not pass a call as it came: heard from one leg as samples, and said to another in its codec.

mod described;
mod ear;
mod mouth;

pub use described::described;
pub(crate) use ear::{Ear, Listener, Piece};
pub(crate) use mouth::{Mouth, Source};

use warden_codec::Codec;

/// What a leg is told when the sound is not passed on as it came: converted, or our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// How it is encoded.
    pub codec: Codec,
    /// Under which number, 0 to 127.
    pub payload_type: u8,
    /// How long a packet is to be; the codec may allow another length only.
    pub packet_ms: u8,
}

impl Voice {
    /// In packets of 20 ms.
    #[must_use]
    pub const fn new(codec: Codec, payload_type: u8) -> Self {
        Self { codec, payload_type, packet_ms: 20 }
    }

    /// Whether the payloads are the same, under whatever number.
    #[must_use]
    pub(crate) fn is_same_sound(self, other: Self) -> bool {
        self == Self { payload_type: self.payload_type, ..other }
    }
}
