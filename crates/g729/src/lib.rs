//! G.729 (annexes A and B; RFC 3551 §4.5.6) by libbcg729, where the feature `native` builds it in: frames of 10 ms at 8 kHz.
//!
//! That library is GPL-3.0, so a program with it may be given away under the GPL-3.0 only. Without the feature there is no
//! encoder and no decoder to be had, and packets of G.729 are passed on as they are.
//!
//! Payloads come from outside. Every frame of 80 bits is some sound to libbcg729; what is no such frame does not reach it.

#[cfg_attr(not(feature = "native"), path = "absent.rs")]
mod native;

use native::{DecoderState, EncoderState};

/// Whether G.729 can be encoded and decoded.
pub const IS_BUILT_IN: bool = cfg!(feature = "native");

/// Of its samples, and of its timestamps.
pub const SAMPLE_RATE_HZ: u32 = 8000;

/// Samples of a frame.
pub const FRAME_LEN: usize = 80;
/// Bytes of a frame.
const FRAME_BYTES: usize = 10;
/// Bytes of a frame that describes noise (annex B); the last one of a payload may be such.
const NOISE_BYTES: usize = 2;
/// The most frames of a payload: 240 ms.
const MOST_FRAMES: usize = 24;

/// Makes payloads. It says everything, silence too, as annex B wants for a peer with `annexb=no`.
#[derive(Debug)]
pub struct Encoder(EncoderState);

impl Encoder {
    /// `None` when it is not built in, or there is no memory.
    #[must_use]
    pub fn new() -> Option<Self> {
        EncoderState::new().map(Self)
    }

    /// Encodes frames of 10 ms into the beginning of `payload`: its length. `None` for other samples, for more than 240 ms,
    /// or when the room is too small.
    #[must_use]
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let (frames, rest) = samples.as_chunks();
        let length = frames.len() * FRAME_BYTES;
        let is_whole = rest.is_empty() && (1..=MOST_FRAMES).contains(&frames.len());
        let (room, _) = payload.get_mut(..length).filter(|_| is_whole)?.as_chunks_mut();
        for (frame, room) in frames.iter().zip(room) {
            self.0.encode(frame, room);
        }
        Some(length)
    }
}

/// Makes samples of payloads.
#[derive(Debug)]
pub struct Decoder(DecoderState);

impl Decoder {
    /// `None` when it is not built in, or there is no memory.
    #[must_use]
    pub fn new() -> Option<Self> {
        DecoderState::new().map(Self)
    }

    /// Decodes every frame of a payload into the beginning of `samples`: how many there are. `None`, and nothing is
    /// changed, when it is no G.729, or when the room is too small.
    #[must_use]
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let (sounds, rest) = payload.as_chunks();
        let noise = if rest.is_empty() { None } else { Some(<[u8; NOISE_BYTES]>::try_from(rest).ok()?) };
        let count = sounds.len() + usize::from(noise.is_some());
        let room = samples.get_mut(..count * FRAME_LEN).filter(|_| (1..=MOST_FRAMES).contains(&count))?;
        let mut rooms = room.as_chunks_mut().0.iter_mut();
        for (frame, room) in sounds.iter().zip(&mut rooms) {
            self.0.decode(frame, room);
        }
        if let Some((noise, room)) = noise.zip(rooms.next()) {
            self.0.decode_noise(noise, room);
        }
        Some(count * FRAME_LEN)
    }

    /// Fills `samples` with what may have been in a payload that is lost; what is no whole frame at the end is silent.
    pub fn conceal(&mut self, samples: &mut [i16]) {
        let (frames, rest) = samples.as_chunks_mut();
        for frame in frames {
            self.0.conceal(frame);
        }
        rest.fill(0);
    }
}
