//! From one rate to another, sample by sample: polyphase FIR filters in whole numbers.
//!
//! The filter is designed when a [`Resampler`] is made: a sinc under a Kaiser window, cut off at half of the lower rate.
//! Sound passes unchanged up to 85 % of what the lower rate can carry (3.4 of 4 kHz; 87.5 % at higher rates, 7 of
//! 8 kHz), and what would be heard at a wrong pitch is 60 dB down from as much above that. In between the two mix.
//!
//! Whole numbers, since eight products of 16 bits fit into one instruction of every processor that we run on.

mod filter;

use filter::Filter;

/// Turns sound of one rate into sound of another.
///
/// Late by 14 samples of the lower rate at 8 kHz, by 16 above: 1.75 ms and 1.
#[derive(Clone, Debug)]
pub struct Resampler {
    filter: Filter,
    /// The samples that the filter still reaches back to, then room for a block.
    window: Box<[i16]>,
    /// How many samples of the input the next one of the output is ahead of the window's beginning, and its phase.
    ahead: usize,
    phase: usize,
}

/// How many samples are filtered at once.
const BLOCK: usize = 240;

impl Resampler {
    /// `None` unless both are multiples of 25 from 4000 to 192,000. Between equal rates nothing is changed.
    ///
    /// Between the rates of telephony a filter is some hundred taps; the odder the ratio, the more: 13,000 from 44,100
    /// to 8000, and at most half a million.
    #[must_use]
    pub fn new(from_hz: u32, to_hz: u32) -> Option<Self> {
        let filter = Filter::between(from_hz, to_hz)?;
        let window = vec![0; filter.length - 1 + BLOCK].into_boxed_slice();
        Some(Self { filter, window, ahead: 0, phase: 0 })
    }

    /// The most samples that come out for so many.
    #[must_use]
    pub fn room_for(&self, samples: usize) -> usize {
        (samples * self.filter.up).div_ceil(self.filter.down)
    }

    /// Takes any number of samples, and writes what they make to the beginning of `out`. The answer is how many, over
    /// time exactly the ratio of the rates; `None`, and nothing is changed, unless `out` has
    /// [`Resampler::room_for`] them.
    pub fn resample(&mut self, samples: &[i16], out: &mut [i16]) -> Option<usize> {
        let mut out = out.get_mut(..self.room_for(samples.len()))?;
        if self.filter.length == 1 {
            out.copy_from_slice(samples);
            return Some(samples.len());
        }
        let mut written = 0;
        for block in samples.chunks(BLOCK) {
            let count = self.resample_block(block, out);
            out = out.get_mut(count..)?;
            written += count;
        }
        Some(written)
    }

    fn resample_block(&mut self, block: &[i16], out: &mut [i16]) -> usize {
        let reach = self.filter.length - 1;
        if let Some(room) = self.window.get_mut(reach..reach + block.len()) {
            room.copy_from_slice(block);
        }
        let (whole, part) = (self.filter.down / self.filter.up, self.filter.down % self.filter.up);
        let mut written = 0;
        for sample in out {
            if self.ahead >= block.len() {
                break;
            }
            let Some(heard) = self.window.get(self.ahead..=self.ahead + reach) else { break };
            *sample = self.filter.apply(self.phase, heard);
            written += 1;
            self.ahead += whole;
            self.phase += part;
            if self.phase >= self.filter.up {
                self.phase -= self.filter.up;
                self.ahead += 1;
            }
        }
        self.ahead -= block.len();
        self.window.copy_within(block.len()..block.len() + reach, 0);
        written
    }
}
