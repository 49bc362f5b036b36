//! Opus (RFC 6716, RFC 7587), by libopus, which is built into the program: one channel, speech.
//!
//! On the wire the clock is always 48 kHz; the sound need not be. An encoder and a decoder work at the rate of whoever
//! has the samples, 8 kHz for a leg that talks G.711 at its other end: libopus then does not make, and we do not pay
//! for, sound that nobody hears. A frame has 10, 20, 40 or 60 ms.

mod decoder;
mod encoder;
mod parameters;
mod settings;

pub use decoder::Decoder;
pub use encoder::{Encoder, LARGEST_PAYLOAD};
pub use parameters::Parameters;
pub use settings::EncoderSettings;

/// The rates at which libopus takes and gives samples.
pub const SAMPLE_RATES_HZ: [u32; 5] = [8000, 12_000, 16_000, 24_000, 48_000];
