//! Payloads to samples, also where one is missing.

use opus::{Channels, packet};

use super::SAMPLE_RATES_HZ;

/// Makes samples of payloads of whatever rate, mode and number of channels. Costs about 19 KB.
#[derive(Debug)]
pub struct Decoder {
    state: opus::Decoder,
    sample_rate_hz: u32,
}

impl Decoder {
    /// Gives samples of this rate: 8000, 12,000, 16,000, 24,000 or 48,000. `None` for another, or when there is no
    /// memory.
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Option<Self> {
        SAMPLE_RATES_HZ.contains(&sample_rate_hz).then_some(())?;
        let state = opus::Decoder::new(sample_rate_hz, Channels::Mono).ok()?;
        Some(Self { state, sample_rate_hz })
    }

    /// Decodes a payload, at most 120 ms, into the beginning of `samples`; two channels become one. The answer is the
    /// number of samples.
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let count = packet::get_nb_samples(payload, self.sample_rate_hz).ok()?;
        let samples = samples.get_mut(..count).filter(|_| !payload.is_empty())?;
        self.state.decode(payload, samples, false).ok()
    }

    /// Fills `samples` with what may have been in a payload that is lost. After some of these in a row
    /// only the noise of the background is left.
    pub fn conceal(&mut self, samples: &mut [i16]) {
        self.fill(None, samples);
    }

    /// Fills `samples` with the frame that is lost before `next_payload`, which has come: as well as that repeats it,
    /// and as [`Decoder::conceal`] does if it does not. `next_payload` itself is decoded afterwards.
    ///
    /// The length is that of the lost frame.
    pub fn recover(&mut self, next_payload: &[u8], samples: &mut [i16]) {
        self.fill(Some(next_payload), samples);
    }

    fn fill(&mut self, next_payload: Option<&[u8]>, samples: &mut [i16]) {
        // libopus works in steps of 2.5 ms, and takes room on the stack for what it is asked for.
        let step = usize::try_from(self.sample_rate_hz / 400).unwrap_or(usize::MAX);
        let whole = samples.len() - samples.len() % step;
        let (steps, rest) = samples.split_at_mut(whole);
        rest.fill(0);
        let mut parts = steps.chunks_mut(LONGEST_STEPS * step).peekable();
        while let Some(part) = parts.next() {
            // What a payload repeats is what comes right before it.
            let repeated = if parts.peek().is_none() { next_payload } else { None };
            self.fill_steps(repeated, part);
        }
    }

    fn fill_steps(&mut self, next_payload: Option<&[u8]>, samples: &mut [i16]) {
        let done = match next_payload {
            Some(payload) if !payload.is_empty() => self.state.decode(payload, samples, true),
            Some(_) | None => self.state.decode(&[], samples, false),
        };
        if done.is_err() && self.state.decode(&[], samples, false).is_err() {
            samples.fill(0);
        }
    }
}

/// 120 ms, the longest packet.
const LONGEST_STEPS: usize = 48;
