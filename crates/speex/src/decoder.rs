//! Payloads to samples, also where one is missing.

use crate::native::DecoderState;
use crate::{Band, frames};

/// Makes samples of payloads of any bitrate, also those of the other [`Band`].
#[derive(Debug)]
pub struct Decoder {
    state: DecoderState,
    band: Band,
}

impl Decoder {
    /// `None` when there is no memory.
    #[must_use]
    pub fn new(band: Band) -> Option<Self> {
        Some(Self { state: DecoderState::new(band)?, band })
    }

    /// Decodes every frame of a payload into the beginning of `samples`: how many there are. `None`, and nothing is
    /// changed, when it is no Speex, is cut off or has no frame, or when the room is too small.
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let count = frames::count(payload)? * self.band.frame_len();
        self.state.decode(self.band, payload, frames::starts(payload).flatten(), samples.get_mut(..count)?)?;
        Some(count)
    }

    /// Fills `samples` with what may have been in a payload that is lost; what is no whole frame at the end is silent.
    pub fn conceal(&mut self, samples: &mut [i16]) {
        let mut frames = samples.chunks_exact_mut(self.band.frame_len());
        for frame in &mut frames {
            self.state.conceal(self.band, frame);
        }
        frames.into_remainder().fill(0);
    }
}
