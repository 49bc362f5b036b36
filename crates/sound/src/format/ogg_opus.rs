//! Opus in Ogg (RFC 7845), by libopus: one or two channels, at the rate that is wanted where Opus has it.

use warden_codec::opus;

use super::ogg::{Packet, Packets};
use super::{Decode, mix};
use crate::error::{ReadError, Refusal};

/// An Ogg Opus file, after its header.
pub(super) struct OggOpus {
    packets: Packets,
    decoder: opus::Decoder,
    sample_rate_hz: u32,
    /// How many samples of what is decoded are not heard: the codec had to warm up.
    to_skip: usize,
    pre_skip: u64,
    /// How many samples were given.
    given: u64,
    /// By how much the file asks to be louder, if it does.
    gain: Option<f64>,
    room: Box<[i16]>,
}

/// Of positions in a file, whatever the sound was sampled at.
const CLOCK_HZ: u32 = 48_000;
/// The longest packet, at the highest rate.
const LONGEST: usize = 120 * 48;

impl OggOpus {
    /// `head` is the stream's first packet.
    pub(super) fn open(mut packets: Packets, head: &[u8], wanted_hz: u32) -> Result<Self, Refusal> {
        let [version, channels, s0, s1, _, _, _, _, g0, g1, mapping, ..] = head.get(8..).unwrap_or_default() else {
            return Err("its header is damaged".into());
        };
        if version >> 4 != 0 || *mapping != 0 || !matches!(channels, 1 | 2) {
            return Err("it holds Opus of more than two channels; convert it to two or one".into());
        }
        let sample_rate_hz = if opus::SAMPLE_RATES_HZ.contains(&wanted_hz) { wanted_hz } else { CLOCK_HZ };
        let decoder = opus::Decoder::new(sample_rate_hz).ok_or("no memory is left for its decoder")?;
        let tags = packets.next_for_header()?;
        if !tags.is_some_and(|tags| tags.bytes.starts_with(b"OpusTags")) {
            return Err("its header is damaged".into());
        }
        let pre_skip = u16::from_le_bytes([*s0, *s1]);
        let gain = i16::from_le_bytes([*g0, *g1]);
        Ok(Self {
            packets,
            decoder,
            sample_rate_hz,
            to_skip: usize::from(pre_skip) * at_rate(sample_rate_hz, 1) / at_rate(CLOCK_HZ, 1),
            pre_skip: pre_skip.into(),
            given: 0,
            gain: (gain != 0).then(|| 10_f64.powf(f64::from(gain) / 256.0 / 20.0)),
            room: vec![0; LONGEST].into_boxed_slice(),
        })
    }

    /// How many of `count` samples are still sound where the packet tells the end.
    fn within_end(&self, packet: &Packet, count: usize) -> usize {
        let Some(ends_at) = packet.ends_at else { return count };
        let whole =
            ends_at.saturating_sub(self.pre_skip).saturating_mul(self.sample_rate_hz.into()) / u64::from(CLOCK_HZ);
        count.min(usize::try_from(whole.saturating_sub(self.given)).unwrap_or(usize::MAX))
    }
}

fn at_rate(rate_hz: u32, seconds: usize) -> usize {
    seconds * usize::try_from(rate_hz).unwrap_or_default()
}

impl Decode for OggOpus {
    fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    fn decode(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        let Some(packet) = self.packets.next()? else { return Ok(false) };
        // What is no packet of Opus is left out.
        let count = self.decoder.decode(&packet.bytes, &mut self.room).unwrap_or_default();
        let skipped = self.to_skip.min(count);
        self.to_skip -= skipped;
        let count = self.within_end(&packet, count - skipped);
        let heard = self.room.get(skipped..skipped + count).unwrap_or_default();
        self.given += u64::try_from(heard.len()).unwrap_or_default();
        match self.gain {
            None => samples.extend_from_slice(heard),
            Some(gain) => {
                let louder = |sample: &i16| mix::from_float(f64::from(*sample) * gain / 32_768.0);
                samples.extend(heard.iter().map(louder));
            }
        }
        Ok(true)
    }
}
