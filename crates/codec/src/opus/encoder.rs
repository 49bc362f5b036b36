//! Samples to payloads.

use opus::{Application, Bandwidth, Bitrate, Channels};

use super::{EncoderSettings, SAMPLE_RATES_HZ};

/// The room that an encoder asks for. No payload is longer, so each fits into a datagram.
pub const LARGEST_PAYLOAD: usize = 1000;

/// Makes payloads of one channel. Costs about 32 KB.
#[derive(Debug)]
pub struct Encoder {
    state: opus::Encoder,
    samples_per_ms: usize,
}

impl Encoder {
    /// `None` for a rate that Opus does not have, or when there is no memory.
    #[must_use]
    pub fn new(settings: EncoderSettings) -> Option<Self> {
        let rate_hz = settings.sample_rate_hz;
        SAMPLE_RATES_HZ.contains(&rate_hz).then_some(())?;
        let mut state = opus::Encoder::new(rate_hz, Channels::Mono, Application::Voip).ok()?;
        set_up(&mut state, settings).ok()?;
        Some(Self { state, samples_per_ms: usize::try_from(rate_hz / 1000).ok()? })
    }

    /// Says how many of 100 packets the network loses now, as the other side reports.
    pub fn expect_loss(&mut self, percent: u8) {
        // A percentage is never refused.
        self.state.set_packet_loss_perc(i32::from(percent.min(100))).unwrap_or_default();
    }

    /// Encodes a frame of 10, 20, 40 or 60 ms into the beginning of `payload`, which has to have room for
    /// [`LARGEST_PAYLOAD`]. The answer is the length.
    ///
    /// One of 1 or 2 says that nothing has changed and that the packet need not be sent ([`EncoderSettings::dtx`]).
    pub fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize> {
        let frame = [10, 20, 40, 60].iter().any(|ms| ms * self.samples_per_ms == samples.len());
        let payload = payload.get_mut(..LARGEST_PAYLOAD).filter(|_| frame)?;
        self.state.encode(samples, payload).ok()
    }
}

fn set_up(state: &mut opus::Encoder, settings: EncoderSettings) -> opus::Result<()> {
    let bitrate_bps = settings.bitrate_bps.clamp(6000, 128_000);
    state.set_bitrate(Bitrate::Bits(bitrate_bps.cast_signed()))?;
    state.set_vbr(!settings.constant_bitrate)?;
    state.set_max_bandwidth(bandwidth(settings.max_playback_rate_hz))?;
    state.set_inband_fec(settings.fec)?;
    state.set_packet_loss_perc(i32::from(settings.expected_loss_percent.min(100)))?;
    state.set_dtx(settings.dtx)?;
    state.set_complexity(i32::from(settings.complexity.min(10)))
}

/// RFC 7587 §6.1: what is worth sending to who plays at this rate.
const fn bandwidth(playback_rate_hz: u32) -> Bandwidth {
    match playback_rate_hz {
        ..12_000 => Bandwidth::Narrowband,
        12_000..16_000 => Bandwidth::Mediumband,
        16_000..24_000 => Bandwidth::Wideband,
        24_000..48_000 => Bandwidth::Superwideband,
        48_000..=u32::MAX => Bandwidth::Fullband,
    }
}
