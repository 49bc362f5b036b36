//! A codec that runs: one way to call whichever it is.

use crate::codec::Codec;
use crate::conceal::Concealer;
use crate::g711::Law;
use crate::opus::EncoderSettings;
use crate::{g722, g726, g729, ilbc, opus, speex};

/// Makes payloads of one codec.
#[derive(Debug)]
pub struct Encoder(Making);

#[derive(Debug)]
enum Making {
    G711(Law),
    G722(Box<g722::Encoder>),
    G726(Box<g726::Encoder>),
    G729(g729::Encoder),
    Ilbc(Box<ilbc::Encoder>),
    Opus(opus::Encoder),
    Speex(speex::Encoder),
}

/// Opus payloads of this length say that nothing has changed since the one before.
const UNCHANGED: usize = 2;

impl Encoder {
    /// At `sample_rate_hz`, one of those that [`Codec::sample_rate_hz`] gives. `None` for one that is not built in.
    #[must_use]
    pub fn new(codec: Codec, sample_rate_hz: u32) -> Option<Self> {
        let making = match codec {
            Codec::G711(law) => Making::G711(law),
            Codec::G722 => Making::G722(Box::new(g722::Encoder::new())),
            Codec::G726(rate, packing) => Making::G726(Box::new(g726::Encoder::new(rate, packing))),
            Codec::G729 => Making::G729(g729::Encoder::new()?),
            Codec::Ilbc(mode) => Making::Ilbc(Box::new(ilbc::Encoder::new(mode))),
            Codec::Opus(peer) => Making::Opus(opus::Encoder::new(EncoderSettings::for_peer(&peer, sample_rate_hz))?),
            Codec::Speex(band) => Making::Speex(speex::Encoder::new(band)?),
        };
        (codec.sample_rate_hz(Some(sample_rate_hz)) == sample_rate_hz).then_some(Self(making))
    }

    /// The samples of one packet become its payload: its length, 0 where nothing need be sent. `None` when they are no
    /// whole frames of the codec, or the room is too small.
    #[must_use]
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        match &mut self.0 {
            Making::G711(law) => law.encode_all(samples, payload),
            Making::G722(encoder) => encoder.encode(samples, payload),
            Making::G726(encoder) => encoder.encode(samples, payload),
            Making::G729(encoder) => encoder.encode(samples, payload),
            Making::Ilbc(encoder) => encoder.encode(samples, payload),
            Making::Opus(encoder) => {
                encoder.encode(samples, payload).map(|length| if length <= UNCHANGED { 0 } else { length })
            }
            Making::Speex(encoder) => encoder.encode(samples, payload),
        }
    }
}

/// Makes samples of one codec's payloads.
#[derive(Debug)]
pub struct Decoder(Reading);

#[derive(Debug)]
enum Reading {
    G711(Law, Box<Concealer>),
    G722(Box<g722::Decoder>, Box<Concealer>),
    G726(Box<g726::Decoder>, Box<Concealer>),
    G729(g729::Decoder),
    Ilbc(Box<ilbc::Decoder>),
    Opus(opus::Decoder),
    Speex(speex::Decoder),
}

impl Decoder {
    /// At `sample_rate_hz`, one of those that [`Codec::sample_rate_hz`] gives. `None` for one that is not built in.
    #[must_use]
    pub fn new(codec: Codec, sample_rate_hz: u32) -> Option<Self> {
        let concealer = || Box::new(Concealer::new(sample_rate_hz));
        let reading = match codec {
            Codec::G711(law) => Reading::G711(law, concealer()),
            Codec::G722 => Reading::G722(Box::new(g722::Decoder::new()), concealer()),
            Codec::G726(rate, packing) => Reading::G726(Box::new(g726::Decoder::new(rate, packing)), concealer()),
            Codec::G729 => Reading::G729(g729::Decoder::new()?),
            Codec::Ilbc(mode) => Reading::Ilbc(Box::new(ilbc::Decoder::new(mode))),
            Codec::Opus(_) => Reading::Opus(opus::Decoder::new(sample_rate_hz)?),
            Codec::Speex(band) => Reading::Speex(speex::Decoder::new(band)?),
        };
        (codec.sample_rate_hz(Some(sample_rate_hz)) == sample_rate_hz).then_some(Self(reading))
    }

    /// A payload becomes samples: how many. `None` when it is no payload of this codec, or the room is too small.
    #[must_use]
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let (length, concealer) = match &mut self.0 {
            Reading::G711(law, concealer) => (law.decode_all(payload, samples)?, concealer),
            Reading::G722(decoder, concealer) => (decoder.decode(payload, samples)?, concealer),
            Reading::G726(decoder, concealer) => (decoder.decode(payload, samples)?, concealer),
            Reading::G729(decoder) => return decoder.decode(payload, samples),
            Reading::Ilbc(decoder) => return decoder.decode(payload, samples),
            Reading::Opus(decoder) => return decoder.decode(payload, samples),
            Reading::Speex(decoder) => return decoder.decode(payload, samples),
        };
        concealer.good(samples.get_mut(..length)?);
        Some(length)
    }

    /// What is heard in place of a payload that is lost.
    pub fn conceal(&mut self, samples: &mut [i16]) {
        match &mut self.0 {
            Reading::G711(_, concealer) | Reading::G722(_, concealer) | Reading::G726(_, concealer) => {
                concealer.lost(samples);
            }
            Reading::G729(decoder) => decoder.conceal(samples),
            Reading::Ilbc(decoder) => decoder.conceal(samples),
            Reading::Opus(decoder) => decoder.conceal(samples),
            Reading::Speex(decoder) => decoder.conceal(samples),
        }
    }

    /// What is heard in place of the payload before `next`, which was lost; Opus may carry it along.
    pub fn recover(&mut self, next: &[u8], samples: &mut [i16]) {
        match &mut self.0 {
            Reading::Opus(decoder) => decoder.recover(next, samples),
            Reading::G711(..)
            | Reading::G722(..)
            | Reading::G726(..)
            | Reading::G729(_)
            | Reading::Ilbc(_)
            | Reading::Speex(_) => {
                self.conceal(samples);
            }
        }
    }
}
