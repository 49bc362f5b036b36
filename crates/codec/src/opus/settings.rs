//! What an encoder is made with, and what of it follows from what the other side has asked for.

use super::Parameters;

/// How an encoder works. What libopus cannot do is brought to the nearest that it can, except for the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// The rate of the samples that go in: 8000, 12,000, 16,000, 24,000 or 48,000.
    pub sample_rate_hz: u32,
    /// The mean of the payloads, without headers: 6000 to 128,000.
    pub bitrate_bps: u32,
    /// Every payload has the same length.
    pub constant_bitrate: bool,
    /// A payload repeats the frame before it, coarsely, when loss is expected and the bitrate has room for it.
    pub fec: bool,
    /// How many of 100 packets the network is expected to lose: 0 to 100.
    pub expected_loss_percent: u8,
    /// What lies above half of this is not sent, whatever the rate of the samples.
    pub max_playback_rate_hz: u32,
    /// Silence becomes payloads of one byte, most of which need not be sent.
    pub dtx: bool,
    /// How much work to do for a better sound: 0 to 10.
    pub complexity: u8,
}

impl EncoderSettings {
    /// What is good for telephony, with protection against loss.
    #[must_use]
    pub const fn new(sample_rate_hz: u32) -> Self {
        Self {
            sample_rate_hz,
            bitrate_bps: bitrate_for(sample_rate_hz, true),
            constant_bitrate: false,
            fec: true,
            expected_loss_percent: EXPECTED_LOSS_PERCENT,
            max_playback_rate_hz: 48_000,
            dtx: false,
            complexity: COMPLEXITY,
        }
    }

    /// The same within what a peer wants to receive, for samples of this rate.
    #[must_use]
    pub fn for_peer(peer: &Parameters, sample_rate_hz: u32) -> Self {
        // No more bits than the sound needs that it can play.
        let usual_bps = bitrate_for(sample_rate_hz.min(peer.max_playback_rate_hz), peer.fec);
        Self {
            bitrate_bps: peer.max_average_bitrate_bps.map_or(usual_bps, |most_bps| usual_bps.min(most_bps)),
            constant_bitrate: peer.constant_bitrate,
            fec: peer.fec,
            max_playback_rate_hz: peer.max_playback_rate_hz,
            dtx: peer.dtx,
            ..Self::new(sample_rate_hz)
        }
    }
}

/// Bits for speech, and with `fec` as many more as libopus asks for before it repeats a frame at the loss and the
/// complexity below: it wants 19,200, 22,100, 25,100 and 33,900 for these rates.
const fn bitrate_for(rate_hz: u32, fec: bool) -> u32 {
    let (speech_bps, with_fec_bps) = match rate_hz {
        ..12_000 => (16_000, 20_000),
        12_000..16_000 => (18_000, 24_000),
        16_000..24_000 => (22_000, 28_000),
        24_000..=u32::MAX => (30_000, 36_000),
    };
    if fec { with_fec_bps } else { speech_bps }
}

/// Until reports of the other side say better.
const EXPECTED_LOSS_PERCENT: u8 = 5;

/// At 8 kHz, 20 ms take 41 µs, and 61 with a repetition; 5 would take 57 and 73, and what is heard differs less than
/// between two voices.
const COMPLEXITY: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_gets_no_more_than_it_asks_for() {
        let peer = Parameters::parse("maxplaybackrate=8000;maxaveragebitrate=12000;usedtx=1;cbr=1");
        let settings = EncoderSettings::for_peer(&peer, 16_000);
        assert_eq!((settings.sample_rate_hz, settings.bitrate_bps), (16_000, 12_000));
        assert_eq!((settings.fec, settings.dtx, settings.constant_bitrate), (false, true, true));
        assert_eq!(settings.max_playback_rate_hz, 8000);
    }

    #[test]
    fn a_peer_that_allows_much_gets_what_is_usual() {
        let peer = Parameters::parse("maxaveragebitrate=510000;useinbandfec=1");
        assert_eq!(EncoderSettings::for_peer(&peer, 16_000), EncoderSettings::new(16_000));
    }

    #[test]
    fn bits_follow_the_narrower_of_both_sides() {
        let peer = Parameters::parse("maxplaybackrate=8000;useinbandfec=1");
        assert_eq!(EncoderSettings::for_peer(&peer, 48_000).bitrate_bps, 20_000);
        assert_eq!(EncoderSettings::for_peer(&Parameters::default(), 8000).bitrate_bps, 16_000);
    }
}
