//! A program in one codec, and who hears it so.

use super::{FRAME, SAMPLE_RATE_HZ};
use crate::relay::MAX_PAYLOAD;
use crate::voice::{Listener, Mouth, Source, Voice};

/// What every listener of a channel is told, each under a header of its own.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'p> {
    /// The channel. No other one has its number, however many come after it.
    pub(crate) channel: u64,
    /// The payload type in it is not the listener's.
    pub(crate) voice: Voice,
    /// Counts the channel's packets.
    pub(crate) number: u64,
    /// In ticks of the codec's clock.
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) payload: &'p [u8],
}

#[derive(Debug)]
pub(super) struct Channel<L> {
    number: u64,
    mouth: Mouth,
    pub(super) listeners: Vec<L>,
    payload: Box<[u8]>,
}

impl<L: Copy> Channel<L> {
    /// `None` when there is no way from the program to the codec.
    pub(super) fn new(number: u64, voice: Voice, listener: L) -> Option<Self> {
        let mouth = Mouth::new(voice, SAMPLE_RATE_HZ, Source::Player(number), 0, None)?;
        let payload = vec![0; MAX_PAYLOAD].into_boxed_slice();
        Some(Self { number, mouth, listeners: vec![listener], payload })
    }

    pub(super) fn is_for(&self, voice: Voice) -> bool {
        self.mouth.voice().is_same_sound(voice)
    }

    pub(super) fn hear(&mut self, frame: &[i16; FRAME], send: &mut impl FnMut(L, &Packet<'_>)) {
        let Self { number: channel, mouth, listeners, payload } = self;
        mouth.hear(frame);
        while let Some(said) = mouth.say(payload) {
            let packet = Packet {
                channel: *channel,
                voice: mouth.voice(),
                number: said.number,
                timestamp: said.timestamp,
                marker: said.marker,
                payload: payload.get(..said.len).unwrap_or_default(),
            };
            for listener in &*listeners {
                send(*listener, &packet);
            }
        }
    }

    /// Time passes in which nothing is said.
    pub(super) fn pause(&mut self, samples: u64) {
        self.mouth.pause(samples);
    }
}
