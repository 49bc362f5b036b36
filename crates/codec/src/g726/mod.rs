//! ITU-T G.726: 8 kHz speech in 16, 24, 32 or 40 kbit/s of ADPCM, to and from linear samples (its annex A).
//!
//! Bit-exact with libspandsp, but for one thing: what a decoder makes beyond 14 bits is limited here, as annex A wants it,
//! and wraps around in libspandsp 0.0.6. ffmpeg's is not exact: it rounds the step differently, which is not heard, and at
//! 40 kbit/s its zeros forget too fast, so that it understands only itself. Samples have two bits more than the
//! recommendation knows; they are rounded down, as in libspandsp.
//!
//! What is heard in place of a payload that is lost is [`crate::conceal`]'s. The state then goes on from where it was, and
//! differs from the encoder's until both have forgotten: after 200 ms little of it is heard.

mod adaptation;
mod float;
mod packing;
mod predictor;
mod quantizer;
mod state;

pub use packing::Packing;

use quantizer::Quantizer;
use state::State;

/// Samples a second.
pub const SAMPLE_RATE_HZ: u32 = 8000;

/// The bit rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// 16 kbit/s, two bits a sample.
    Kbit16,
    /// 24 kbit/s, three bits a sample.
    Kbit24,
    /// 32 kbit/s, four bits a sample.
    Kbit32,
    /// 40 kbit/s, five bits a sample.
    Kbit40,
}

impl Rate {
    /// How many bits a sample takes.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            Self::Kbit16 => 2,
            Self::Kbit24 => 3,
            Self::Kbit32 => 4,
            Self::Kbit40 => 5,
        }
    }

    /// The fewest samples that fill whole bytes.
    #[must_use]
    pub const fn samples_in_unit(self) -> usize {
        match self {
            Self::Kbit32 => 2,
            Self::Kbit16 => 4,
            Self::Kbit24 | Self::Kbit40 => 8,
        }
    }

    /// How many bytes those fill.
    #[must_use]
    pub const fn bytes_in_unit(self) -> usize {
        self.samples_in_unit() * self.bits() / 8
    }
}

/// Samples to payloads.
#[derive(Clone, Debug)]
pub struct Encoder {
    rate: Rate,
    packing: Packing,
    quantizer: &'static Quantizer,
    state: State,
}

impl Encoder {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new(rate: Rate, packing: Packing) -> Self {
        Self { rate, packing, quantizer: Quantizer::of(rate), state: State::default() }
    }

    /// Encodes `samples`, as many as fill whole bytes and not none, into the beginning of `payload`: its length. `None` when
    /// they are not so many ([`Rate::samples_in_unit`]) or there is no room for the payload.
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let (in_unit, bytes) = (self.rate.samples_in_unit(), self.rate.bytes_in_unit());
        if samples.is_empty() || !samples.len().is_multiple_of(in_unit) {
            return None;
        }
        let len = samples.len() / in_unit * bytes;
        let units = payload.get_mut(..len)?.chunks_exact_mut(bytes);
        for (samples, unit) in samples.chunks_exact(in_unit).zip(units) {
            let codes = samples.iter().map(|&sample| self.state.encode(self.quantizer, sample));
            self.packing.pack(self.rate.bits(), codes, unit);
        }
        Some(len)
    }
}

/// Payloads to samples.
#[derive(Clone, Debug)]
pub struct Decoder {
    rate: Rate,
    packing: Packing,
    quantizer: &'static Quantizer,
    state: State,
}

impl Decoder {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new(rate: Rate, packing: Packing) -> Self {
        Self { rate, packing, quantizer: Quantizer::of(rate), state: State::default() }
    }

    /// Decodes `payload` into the beginning of `samples`: how many they are. `None` when there is no room for them, or the
    /// payload is empty or no whole number of units ([`Rate::bytes_in_unit`]).
    pub fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize> {
        let (in_unit, bytes) = (self.rate.samples_in_unit(), self.rate.bytes_in_unit());
        if payload.is_empty() || !payload.len().is_multiple_of(bytes) {
            return None;
        }
        let len = (payload.len() / bytes).checked_mul(in_unit)?;
        let units = samples.get_mut(..len)?.chunks_exact_mut(in_unit);
        for (samples, unit) in units.zip(payload.chunks_exact(bytes)) {
            for (sample, code) in samples.iter_mut().zip(self.packing.unpack(self.rate.bits(), unit)) {
                *sample = self.state.decode(self.quantizer, code);
            }
        }
        Some(len)
    }
}
