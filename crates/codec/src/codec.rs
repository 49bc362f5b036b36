//! Which codec: what it needs to know to run, and how it runs beside another one.

use crate::g711::Law;
use crate::g726;
use crate::ilbc;
use crate::opus;
use crate::speex;

/// A codec that can be encoded and decoded, with what its packets depend on, and what the other side likes to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// G.711, either law.
    G711(Law),
    /// G.722 at 64 kbit/s.
    G722,
    /// G.729, where it is built in: [`crate::g729::IS_BUILT_IN`].
    G729,
    /// G.726 in all its forms.
    G726(g726::Rate, g726::Packing),
    /// iLBC.
    Ilbc(ilbc::Mode),
    /// Opus, and what the other side has said about it.
    Opus(opus::Parameters),
    /// Speex.
    Speex(speex::Band),
}

impl Codec {
    /// Of RTP timestamps (RFC 3551 §6). That of G.722 is half of what it samples at.
    #[must_use]
    pub fn clock_rate_hz(self) -> u32 {
        match self {
            Self::G711(_) | Self::G722 | Self::G726(..) | Self::G729 | Self::Ilbc(_) => 8000,
            Self::Opus(_) => 48_000,
            Self::Speex(band) => band.sample_rate_hz(),
        }
    }

    /// The rate of its samples, when the other end of the sound has `wanted_hz`. Most have one rate only.
    #[must_use]
    pub fn sample_rate_hz(self, wanted_hz: Option<u32>) -> u32 {
        match self {
            Self::G711(_) | Self::G726(..) | Self::G729 | Self::Ilbc(_) => 8000,
            Self::G722 => 16_000,
            Self::Opus(_) => wanted_hz.filter(|rate_hz| opus::SAMPLE_RATES_HZ.contains(rate_hz)).unwrap_or(48_000),
            Self::Speex(band) => band.sample_rate_hz(),
        }
    }

    /// The rates at which to decode this one and to encode the `other`: the same for both where one can choose.
    #[must_use]
    pub fn rates_to(self, other: Self) -> (u32, u32) {
        let others = other.sample_rate_hz(Some(self.sample_rate_hz(None)));
        (self.sample_rate_hz(Some(others)), others)
    }

    /// How long a packet is that is to be about `wanted_ms` long: 10 to 60 ms, and whole frames of the codec.
    #[must_use]
    pub fn packet_ms(self, wanted_ms: u8) -> u8 {
        let wanted = wanted_ms.clamp(10, 60);
        let whole = |frame: u8| (wanted / frame).max(1) * frame;
        match self {
            Self::G711(_) | Self::G722 | Self::G726(..) | Self::G729 => whole(10),
            Self::Ilbc(ilbc::Mode::Ms30) => whole(30),
            // 30 and 50 ms would be several frames in a packet, which costs more than a shorter one.
            Self::Opus(_) if wanted < 20 => 10,
            Self::Ilbc(ilbc::Mode::Ms20) | Self::Speex(_) | Self::Opus(_) => whole(20),
        }
    }

    /// Whether packets of one may be passed on as packets of the other.
    #[must_use]
    pub fn is_interchangeable(self, other: Self) -> bool {
        // What each side likes to receive is for the other side to honour.
        self == other || matches!((self, other), (Self::Opus(_), Self::Opus(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PCMU: Codec = Codec::G711(Law::Pcmu);

    fn opus() -> Codec {
        Codec::Opus(opus::Parameters::default())
    }

    #[test]
    fn a_codec_that_can_choose_runs_at_the_rate_of_the_other_one() {
        assert_eq!((PCMU.rates_to(opus()), opus().rates_to(PCMU)), ((8000, 8000), (8000, 8000)));
        assert_eq!((Codec::G722.rates_to(opus()), opus().rates_to(Codec::G722)), ((16_000, 16_000), (16_000, 16_000)));
        assert_eq!((PCMU.rates_to(Codec::G722), Codec::G722.rates_to(PCMU)), ((8000, 16_000), (16_000, 8000)));
        assert_eq!(opus().rates_to(opus()), (48_000, 48_000));
    }

    #[test]
    fn packets_are_whole_frames_of_10_to_60_ms() {
        let times = |codec: Codec| [0, 10, 20, 25, 30, 40, 60, 200].map(|wanted| codec.packet_ms(wanted));
        assert_eq!(times(PCMU), [10, 10, 20, 20, 30, 40, 60, 60]);
        assert_eq!(times(opus()), [10, 10, 20, 20, 20, 40, 60, 60]);
        assert_eq!(times(Codec::Ilbc(ilbc::Mode::Ms30)), [30, 30, 30, 30, 30, 30, 60, 60]);
        assert_eq!(times(Codec::Ilbc(ilbc::Mode::Ms20)), [20, 20, 20, 20, 20, 40, 60, 60]);
    }

    #[test]
    fn opus_is_opus_whatever_each_side_likes() {
        let careful = Codec::Opus(opus::Parameters::parse("useinbandfec=1"));
        assert!(careful.is_interchangeable(opus()) && careful != opus());
        assert!(!Codec::Ilbc(ilbc::Mode::Ms20).is_interchangeable(Codec::Ilbc(ilbc::Mode::Ms30)));
    }
}
