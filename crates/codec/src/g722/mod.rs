//! ITU-T G.722: 16 kHz speech in 64 kbit/s, two bands of 8 kHz in ADPCM of their own. Every second pair of samples is a byte.
//!
//! Bit-exact with ffmpeg and libspandsp, but for one thing: where the two bands add up to more than 16 bits, the decoder's
//! samples are limited, as ffmpeg's are and the recommendation wants it, while those of libspandsp 0.0.6 wrap around. The
//! decoder knows mode 1, all eight bits of a byte, which is what RTP carries (RFC 3551 §4.5.2; its clock of 8000 Hz is an
//! old mistake that holds: 320 samples here are 160 there).
//!
//! What is heard in place of a payload that is lost is [`crate::conceal`]'s. The state then goes on from where it was, and
//! differs from the encoder's until both have forgotten: after 200 ms nothing of it is heard.

mod high;
mod low;
mod predictor;
mod qmf;
mod step;

use high::High;
use low::Low;
use qmf::{Analysis, PAIRS_AT_ONCE, Synthesis};

/// Samples a second.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Samples to payloads.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    analysis: Analysis,
    low: Low,
    high: High,
}

impl Encoder {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes `samples`, an even number of them and not none, into the beginning of `payload`: its length, half of theirs.
    /// `None` when there is no such number of samples or no room for the payload.
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let (pairs, []) = samples.as_chunks::<2>() else { return None };
        let payload = payload.get_mut(..pairs.len()).filter(|payload| !payload.is_empty())?;
        for (pairs, codes) in pairs.chunks(PAIRS_AT_ONCE).zip(payload.chunks_mut(PAIRS_AT_ONCE)) {
            let mut bands = [[0; 2]; PAIRS_AT_ONCE];
            self.analysis.split(pairs, &mut bands);
            for (code, [low, high]) in codes.iter_mut().zip(bands) {
                *code = self.high.encode(high) << 6 | self.low.encode(low);
            }
        }
        Some(payload.len())
    }
}

/// Payloads to samples.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    synthesis: Synthesis,
    low: Low,
    high: High,
}

impl Decoder {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes `payload`, of any length but none, into the beginning of `samples`: how many they are, two for each byte.
    /// `None` when the payload is empty or there is no room for the samples.
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let len = payload.len().checked_mul(2)?;
        let samples = samples.get_mut(..len).filter(|samples| !samples.is_empty())?;
        let (pairs, _) = samples.as_chunks_mut::<2>();
        for (codes, pairs) in payload.chunks(PAIRS_AT_ONCE).zip(pairs.chunks_mut(PAIRS_AT_ONCE)) {
            self.synthesis
                .join(codes.iter().map(|code| (self.low.decode(code & 0x3F), self.high.decode(code >> 6))), pairs);
        }
        Some(len)
    }
}

#[inline]
#[expect(clippy::indexing_slicing, reason = "masked to the length of the table, which is a power of two")]
fn entry<const LEN: usize>(table: &[i16; LEN], index: u8) -> i16 {
    const { assert!(LEN.is_power_of_two()) };
    table[index as usize & (LEN - 1)]
}
