//! How a phone puts its level into packets, and what it makes of those that come.

use warden_codec::g711::Law;
use warden_codec::{Codec, Decoder, Encoder};
use warden_media::voice::described;
use warden_sdp::codec::Codec as Described;

/// Of every packet that a phone sends.
pub(super) const PACKET_MS: u64 = 20;
/// So many packets pass until a codec that adapts has found a level.
const SETTLING: u32 = 10;
/// Recordings have this rate.
const RECORDED_HZ: u32 = 8000;

/// The codecs that are in use.
#[derive(Default)]
pub(super) struct Coder {
    mouth: Option<(Codec, Encoder)>,
    ear: Option<(Codec, Decoder, u32)>,
}

/// A packet that was heard.
pub(super) struct Heard {
    /// `None` while the codec has not found it.
    pub(super) level: Option<i16>,
    /// At [`RECORDED_HZ`].
    pub(super) samples: Vec<i16>,
}

impl Coder {
    /// Writes the payload of a packet of these samples: its length.
    pub(super) fn say(&mut self, codec: &Described, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let codec = spoken(codec);
        let rate_hz = codec.sample_rate_hz(None);
        if self.mouth.as_ref().is_none_or(|(before, _)| *before != codec) {
            self.mouth = Some((codec, Encoder::new(codec, rate_hz)?));
        }
        self.mouth.as_mut()?.1.encode(samples, payload)
    }

    /// At which rate samples are said.
    pub(super) fn sample_rate_hz(codec: &Described) -> u32 {
        spoken(codec).sample_rate_hz(None)
    }

    /// Reads a packet's payload.
    pub(super) fn hear(&mut self, codec: &Described, payload: &[u8]) -> Option<Heard> {
        let codec = spoken(codec);
        let rate_hz = codec.sample_rate_hz(None);
        if self.ear.as_ref().is_none_or(|(before, ..)| *before != codec) {
            self.ear = Some((codec, Decoder::new(codec, rate_hz)?, 0));
        }
        let (_, decoder, packets) = self.ear.as_mut()?;
        let mut samples = vec![0; 5760];
        let length = decoder.decode(payload, &mut samples)?;
        samples.truncate(length);
        *packets += 1;
        let is_settled = matches!(codec, Codec::G711(_)) || *packets > SETTLING;
        let level = samples.last().copied().filter(|_| is_settled);
        let step = usize::try_from(rate_hz / RECORDED_HZ).unwrap_or(1);
        Some(Heard { level, samples: samples.into_iter().step_by(step.max(1)).collect() })
    }
}

/// Codecs that nobody can speak carry µ-law.
fn spoken(codec: &Described) -> Codec {
    described(codec).unwrap_or(Codec::G711(Law::Pcmu))
}
