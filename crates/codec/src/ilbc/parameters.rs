//! What a frame says, and where its bits are (RFC 3951 §3.8, table 3.2).
#![expect(clippy::indexing_slicing, reason = "rows of tables whose length is the number of rows that are asked for")]

use super::Mode;
use super::bits::{Reader, Writer};
use super::blocks::Placement;
use super::gain::STAGES;

/// A vector of the codebook: three indices, each with its gain.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct VectorCode {
    pub(super) index: [u8; STAGES],
    pub(super) gain: [u8; STAGES],
}

/// Everything that a frame says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters {
    /// An index for each codebook and set of LSFs.
    pub(super) lsf: [[u8; 3]; 2],
    /// The second one of the sub-blocks with the start state, counted from 0.
    pub(super) start: u8,
    /// 1 when the samples of the start state come first in the two sub-blocks, 0 when they come last.
    pub(super) state_first: u8,
    pub(super) scale: u8,
    pub(super) state: [u8; 58],
    /// In the order of `blocks::order`: the rest of the start state, then one for each of the other sub-blocks.
    pub(super) vectors: [VectorCode; 5],
}

/// Bits of a value in each of the three classes of importance, most significant bits first.
type Split = [u32; 3];

const LSF: [Split; 3] = [[6, 0, 0], [7, 0, 0], [7, 0, 0]];
const STATE_FIRST: Split = [1, 0, 0];
const SCALE: Split = [6, 0, 0];
const STATE: Split = [0, 1, 2];

/// What the two modes do not share, as bits.
struct Layout {
    start: Split,
    index: [[Split; STAGES]; 5],
    gain: [[Split; STAGES]; 5],
}

const TAIL_7: Split = [0, 0, 7];
const TAIL_8: Split = [0, 0, 8];
const TAIL_3: Split = [0, 0, 3];

static MS20: Layout = Layout {
    start: [2, 0, 0],
    index: [
        [[6, 0, 1], TAIL_7, TAIL_7],
        [[7, 0, 1], TAIL_7, TAIL_7],
        [TAIL_8; STAGES],
        [[0; 3]; STAGES],
        [[0; 3]; STAGES],
    ],
    gain: [
        [[2, 0, 3], [1, 1, 2], TAIL_3],
        [[1, 2, 2], [1, 1, 2], TAIL_3],
        [[1, 1, 3], [0, 2, 2], TAIL_3],
        [[0; 3]; STAGES],
        [[0; 3]; STAGES],
    ],
};

static MS30: Layout = Layout {
    start: [3, 0, 0],
    index: [
        [[4, 2, 1], TAIL_7, TAIL_7],
        [[6, 1, 1], TAIL_7, TAIL_7],
        [[0, 7, 1], TAIL_8, TAIL_8],
        [[0, 7, 1], TAIL_8, TAIL_8],
        [[0, 7, 1], TAIL_8, TAIL_8],
    ],
    gain: [
        [[1, 1, 3], [1, 1, 2], TAIL_3],
        [[1, 2, 2], [1, 2, 1], TAIL_3],
        [[0, 2, 3], [0, 2, 2], TAIL_3],
        [[0, 1, 4], [0, 1, 3], TAIL_3],
        [[0, 1, 4], [0, 1, 3], TAIL_3],
    ],
};

impl Parameters {
    pub(super) const fn new() -> Self {
        let vector = VectorCode { index: [0; STAGES], gain: [0; STAGES] };
        Self { lsf: [[0; 3]; 2], start: 0, state_first: 0, scale: 0, state: [0; 58], vectors: [vector; 5] }
    }

    /// Fills a frame.
    pub(super) fn pack(mut self, mode: Mode, frame: &mut [u8]) {
        for index in &mut self.vectors[1].index[1..] {
            *index = shorten(*index);
        }
        let mut bits = Writer::new(frame);
        self.each_field(mode, |value, after, count| bits.push(*value >> after, count));
        bits.push(0, 1); // this frame is none that was lost
    }

    /// Reads a frame. `None` if it says that it was lost, or what no encoder says.
    pub(super) fn unpack(mode: Mode, frame: &[u8]) -> Option<Self> {
        let mut bits = Reader::new(frame);
        let mut parameters = Self::new();
        parameters.each_field(mode, |value, after, count| *value |= bits.pull(count) << after);
        for index in &mut parameters.vectors[1].index[1..] {
            *index = lengthen(*index);
        }
        let known = (1..mode.sub_blocks()).contains(&usize::from(parameters.start));
        (bits.pull(1) == 0 && known).then_some(parameters)
    }

    /// Where the start state is.
    pub(super) fn placement(&self, mode: Mode) -> Placement {
        Placement::new(mode, usize::from(self.start), self.state_first == 1)
    }

    /// Every part of every value in the order of the frame: the value, its bits that come later, its bits here.
    fn each_field(&mut self, mode: Mode, mut each: impl FnMut(&mut u8, u32, u32)) {
        let layout = match mode {
            Mode::Ms20 => &MS20,
            Mode::Ms30 => &MS30,
        };
        for class in 0..3 {
            let mut part = |value: &mut u8, split: &Split| {
                let after = split[class + 1..].iter().sum();
                if split[class] > 0 {
                    each(value, after, split[class]);
                }
            };
            for lsf in &mut self.lsf[..mode.envelopes()] {
                lsf.iter_mut().zip(&LSF).for_each(|(value, split)| part(value, split));
            }
            part(&mut self.start, &layout.start);
            part(&mut self.state_first, &STATE_FIRST);
            part(&mut self.scale, &SCALE);
            self.state[..mode.state_samples()].iter_mut().for_each(|value| part(value, &STATE));
            let (rest, blocks) = (0..1, 1..mode.sub_blocks() - 1);
            for range in [rest, blocks] {
                for (vector, splits) in self.vectors[range.clone()].iter_mut().zip(&layout.index[range.clone()]) {
                    vector.index.iter_mut().zip(splits).for_each(|(value, split)| part(value, split));
                }
                for (vector, splits) in self.vectors[range.clone()].iter_mut().zip(&layout.gain[range]) {
                    vector.gain.iter_mut().zip(splits).for_each(|(value, split)| part(value, split));
                }
            }
        }
    }
}

/// The later indices of the first sub-block are never 44 to 107 or 172 to 235 (`search::RANGES`), so 7 bits hold them.
fn shorten(index: u8) -> u8 {
    match index {
        0..108 => index,
        108..236 => index - 64,
        236.. => index - 128,
    }
}

fn lengthen(index: u8) -> u8 {
    match index {
        44..108 => index + 64,
        108..128 => index + 128,
        0..44 | 128.. => index,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bits_of_a_frame_fill_its_bytes() {
        for mode in [Mode::Ms20, Mode::Ms30] {
            let mut bits = 1;
            Parameters::new().each_field(mode, |_, _, count| bits += count as usize);
            assert_eq!(bits, 8 * mode.bytes());
        }
    }

    #[test]
    fn a_frame_that_was_lost_or_has_no_start_says_nothing() {
        let mut frame = [0xFF; 38];
        assert_eq!(Parameters::unpack(Mode::Ms20, &frame), None);
        frame[37] = 0xFE;
        assert!(Parameters::unpack(Mode::Ms20, &frame).is_some());
        frame[2] = 0xF0; // bits 20 and 21 are the start
        assert!(Parameters::unpack(Mode::Ms20, &frame).is_none());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_again(bytes: [u8; 32], more: [u8; 18]) {
            let frame = [&bytes[..], &more[..]].concat();
            for mode in [Mode::Ms20, Mode::Ms30] {
                let Some(parameters) = Parameters::unpack(mode, &frame[..mode.bytes()]) else { continue };
                let mut again = vec![0; mode.bytes()];
                parameters.pack(mode, &mut again);
                prop_assert_eq!(&again, &frame[..mode.bytes()]);
            }
        }
    }
}
