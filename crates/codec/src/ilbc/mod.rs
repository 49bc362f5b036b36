//! iLBC, RFC 3951: speech at 8 kHz in frames of 20 or 30 ms, of which each can be decoded without the one before.
//!
//! A frame's residual (what linear prediction leaves over) is cut into sub-blocks of 40 samples. The two that have the
//! most power hold the **start state**, which is coded sample by sample. All others are made of pieces of what is
//! already coded, forwards from there to the end of the frame, then backwards to its beginning. The decoder smooths the
//! residual along the pitch, which costs 5 or 10 ms, and goes on with it when a frame is lost.

mod bits;
mod blocks;
mod codebook;
mod concealment;
mod construct;
mod correlate;
mod decoder;
mod encoder;
mod enhancer;
mod filter;
mod gain;
mod lpc;
mod lsf;
mod lsf_codebook;
mod parameters;
mod pitch;
mod refine;
mod search;
mod start_state;
mod windows;

pub use decoder::Decoder;
pub use encoder::Encoder;

/// Samples of a sub-block.
const SUB_BLOCK: usize = 40;
/// Sub-blocks of the longest frame.
const MAX_SUB_BLOCKS: usize = 6;
/// Samples of the longest frame.
const MAX_SAMPLES: usize = MAX_SUB_BLOCKS * SUB_BLOCK;

/// How long a frame is. Both ends of a call use the same: `mode` in SDP (RFC 3952 §4.2), 30 where it is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// 20 ms in 38 bytes, 15.2 kbit/s.
    Ms20,
    /// 30 ms in 50 bytes, 13.33 kbit/s.
    Ms30,
}

impl Mode {
    /// Samples of a frame, at 8 kHz.
    #[must_use]
    pub const fn samples(self) -> usize {
        self.sub_blocks() * SUB_BLOCK
    }

    /// Bytes of a frame; a payload has one frame or more (RFC 3952 §3.2).
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Ms20 => 38,
            Self::Ms30 => 50,
        }
    }

    const fn sub_blocks(self) -> usize {
        match self {
            Self::Ms20 => 4,
            Self::Ms30 => 6,
        }
    }

    /// Sets of LSFs in a frame.
    const fn envelopes(self) -> usize {
        match self {
            Self::Ms20 => 1,
            Self::Ms30 => 2,
        }
    }

    /// Samples of the start state that are coded one by one; the codebook gives the rest of its two sub-blocks.
    const fn state_samples(self) -> usize {
        match self {
            Self::Ms20 => 57,
            Self::Ms30 => 58,
        }
    }
}
