//! Samples to payloads.

use crate::Band;
use crate::native::EncoderState;

/// The most frames of a payload: 120 ms.
pub(crate) const MOST_FRAMES: usize = 6;

/// 15 kbit/s at 8 kHz, 27.8 at 16 kHz: what libspeex takes when nobody asks for another.
const QUALITY: u8 = 8;
/// What libspeex takes too; 3 costs half as much again, and nobody hears it.
const COMPLEXITY: u8 = 2;

/// Makes payloads, all of the same length.
#[derive(Debug)]
pub struct Encoder {
    state: EncoderState,
    band: Band,
    frame_bits: usize,
}

impl Encoder {
    /// `None` when there is no memory.
    #[must_use]
    pub fn new(band: Band) -> Option<Self> {
        Self::with_quality(band, QUALITY)
    }

    /// With more or fewer bits than usual: 0 to 10.
    #[must_use]
    pub fn with_quality(band: Band, quality: u8) -> Option<Self> {
        let mut state = EncoderState::new(band, quality.min(10), COMPLEXITY)?;
        let frame_bits = usize::try_from(state.bitrate_bps()).ok()? / 50;
        Some(Self { state, band, frame_bits })
    }

    /// Encodes one to six frames of 20 ms into the beginning of `payload`: its length. `None` for other samples, or when
    /// the room is too small.
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let frames = samples.len() / self.band.frame_len();
        let whole = samples.len() == frames * self.band.frame_len() && (1..=MOST_FRAMES).contains(&frames);
        let length = (frames * self.frame_bits).div_ceil(8);
        let payload = payload.get_mut(..length).filter(|_| whole)?;
        self.state.encode(self.band, samples, payload)
    }
}
