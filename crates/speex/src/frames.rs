//! What is in a payload: frames one behind the other, bit by bit, and what may stand between them.
//!
//! A frame begins with a 0 and four bits that say which submode; up to two layers of higher frequencies follow, each with
//! a 1 and three bits. Between frames may be messages. The end is a terminator, or fewer bits than a frame begins with.

/// Bits of a frame, by its submode: 0 is silence, 8 the smallest.
const FRAME_BITS: [usize; 9] = [5, 43, 119, 160, 220, 300, 364, 492, 79];
/// Bits of a layer, by its submode.
const LAYER_BITS: [usize; 5] = [4, 36, 112, 192, 352];
/// In place of a submode.
const MESSAGE: usize = 14;
const USER_MESSAGE: usize = 13;
const TERMINATOR: usize = 15;
/// No more than this follow a frame, in a stream of 32 kHz.
const MOST_LAYERS: usize = 2;

/// How many frames a payload has. `None` when it is no Speex, has none, or one that is cut off.
pub(crate) fn count(payload: &[u8]) -> Option<usize> {
    let frames = starts(payload).try_fold(0, |frames, start| start.map(|_| frames + 1))?;
    (frames > 0).then_some(frames)
}

/// At which bit each frame begins; `None`, and then no more, at what is no Speex.
pub(crate) fn starts(payload: &[u8]) -> impl Iterator<Item = Option<usize>> {
    let mut bits = Bits { payload, at: 0 };
    std::iter::from_fn(move || match bits.next_frame() {
        Some(Step::Frame(start)) => Some(Some(start)),
        Some(Step::End) => None,
        None => {
            bits.payload = &[];
            bits.at = 0;
            Some(None)
        }
    })
}

enum Step {
    /// The bit that it begins at.
    Frame(usize),
    End,
}

/// RFC 5574 does not have them, the manual of libspeex does.
const fn message_bits(id: usize) -> usize {
    match id {
        0..=1 => 1,
        2..=7 => 4,
        8..=9 => 8,
        10..=11 => 16,
        12..=13 => 32,
        14.. => 64,
    }
}

struct Bits<'a> {
    payload: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// `None` at what is no Speex.
    fn next_frame(&mut self) -> Option<Step> {
        while self.left() >= FRAME_BITS[0] {
            let start = self.at;
            match self.read(FRAME_BITS[0])? {
                TERMINATOR => break,
                MESSAGE => {
                    let id = self.read(4)?;
                    self.skip(message_bits(id))?;
                }
                USER_MESSAGE => {
                    let bytes = self.read(4)?;
                    self.skip(5 + 8 * bytes)?;
                }
                // With a 1 in front it is more than all of these: a layer without a frame.
                submode => {
                    self.skip(FRAME_BITS.get(submode)? - FRAME_BITS[0])?;
                    self.skip_layers()?;
                    return Some(Step::Frame(start));
                }
            }
        }
        // Nothing is behind a terminator.
        self.at = self.payload.len() * 8;
        Some(Step::End)
    }

    fn left(&self) -> usize {
        self.payload.len() * 8 - self.at
    }

    fn read(&mut self, count: usize) -> Option<usize> {
        let start = self.at;
        self.skip(count)?;
        (start..self.at).try_fold(0, |value, at| {
            let byte = self.payload.get(at / 8)?;
            Some(value << 1 | usize::from(byte >> (7 - at % 8) & 1))
        })
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at += (count <= self.left()).then_some(count)?;
        Some(())
    }

    fn skip_layers(&mut self) -> Option<()> {
        for _ in 0..MOST_LAYERS {
            // What is behind the last frame begins with a 0.
            let is_layer = self.payload.get(self.at / 8).is_some_and(|byte| byte << (self.at % 8) & 0x80 != 0);
            if !is_layer || self.left() < LAYER_BITS[0] {
                break;
            }
            let submode = self.read(4)? - 8;
            self.skip(LAYER_BITS.get(submode)? - LAYER_BITS[0])?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A payload of pieces of bits, each a value and how many, filled up with a 0 and with 1.
    fn payload(pieces: &[(u8, usize)]) -> Vec<u8> {
        let mut bits = Vec::new();
        for (value, count) in pieces {
            bits.extend((0..*count).rev().map(|at| if at < 8 { value >> at & 1 } else { 0 }));
        }
        let filling = bits.len().next_multiple_of(8) - bits.len();
        bits.extend((0..filling).map(|at| u8::from(at > 0)));
        bits.chunks(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
    }

    #[test]
    fn frames_of_every_submode_are_counted() {
        for (submode, length) in FRAME_BITS.into_iter().enumerate() {
            let frame = [(u8::try_from(submode).unwrap(), 5), (0, length - 5)];
            for frames in 1..5 {
                assert_eq!(count(&payload(&frame.repeat(frames))), Some(frames), "{submode}");
                let terminated = [&frame.repeat(frames)[..], &[(15, 5), (0, 100)]].concat();
                assert_eq!(count(&payload(&terminated)), Some(frames), "{submode}");
            }
        }
    }

    #[test]
    fn layers_belong_to_the_frame_before() {
        for (submode, length) in LAYER_BITS.into_iter().enumerate() {
            let layer = [(8 | u8::try_from(submode).unwrap(), 4), (0, length - 4)];
            let frame = [(3, 5), (0, 155)];
            let two = [frame, layer, layer, frame, layer].concat();
            assert_eq!(count(&payload(&two)), Some(2), "{submode}");
            assert_eq!(count(&payload(&[frame, layer, layer, layer].concat())), None, "three layers");
            assert_eq!(count(&payload(&[layer, frame].concat())), None, "a layer in front");
        }
    }

    #[test]
    fn messages_between_frames_are_no_frames() {
        let frame = [(8, 5), (0, 74)];
        for (id, length) in [(0, 1), (1, 1), (2, 4), (7, 4), (8, 8), (10, 16), (13, 32), (15, 64)] {
            let message = [(14, 5), (id, 4), (0, length)];
            let pieces = [&frame[..], &message, &frame].concat();
            assert_eq!(count(&payload(&pieces)), Some(2), "{id}");
        }
        let user = [(13, 5), (2, 4), (0, 21)];
        assert_eq!(count(&payload(&[&user[..], &frame].concat())), Some(1));
    }

    #[test]
    fn what_is_cut_off_or_unknown_is_refused() {
        let whole = payload(&[(3, 5), (0, 155)]);
        assert_eq!(count(&whole), Some(1));
        assert_eq!(count(&whole[..19]), None);
        for first in [9, 10, 11, 12, 15] {
            assert_eq!(count(&payload(&[(first, 5), (0, 500)])), None, "{first}");
        }
        assert_eq!((count(&[]), count(&[0x7F])), (None, None));
    }

    #[test]
    fn frames_begin_behind_what_belongs_to_others() {
        let (frame, layer, message) = ([(8, 5), (0, 74)], [(8, 4)], [(14, 5), (0, 5)]);
        let payload = payload(&[&message[..], &frame, &layer, &layer, &message, &frame].concat());
        assert_eq!(starts(&payload).collect::<Vec<_>>(), [Some(10), Some(10 + 79 + 8 + 10)]);
        let broken: Vec<_> = starts(&payload[..20]).collect();
        assert_eq!(broken, [Some(10), None]);
    }
}
