//! Speex (RFC 5574) at 8 and 16 kHz, by libspeex, which is built into the program: frames of 20 ms, one channel.
//!
//! Payloads come from outside. What is in one is read here (`frames`) before libspeex gets it, so that it decodes whole
//! frames only, and never has to complain. `native` is the only file here with unsafe code.

mod decoder;
mod encoder;
mod frames;
mod native;

pub use decoder::Decoder;
pub use encoder::Encoder;

/// Which Speex: what `a=rtpmap` names by its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Band {
    /// `speex/8000`.
    Narrow,
    /// `speex/16000`.
    Wide,
}

impl Band {
    /// Of its samples, and of its timestamps.
    #[must_use]
    pub const fn sample_rate_hz(self) -> u32 {
        match self {
            Self::Narrow => 8000,
            Self::Wide => 16_000,
        }
    }

    /// Samples of a frame.
    #[must_use]
    pub const fn frame_len(self) -> usize {
        match self {
            Self::Narrow => 160,
            Self::Wide => LONGEST_FRAME,
        }
    }
}

const LONGEST_FRAME: usize = 320;
