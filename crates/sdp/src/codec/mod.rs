//! Codecs as descriptions name them: when two are the same, what their parameters mean, which number they have.

mod clock;
mod encoding;
mod fmtp;
mod format;

pub use encoding::Encoding;
pub use fmtp::fmtp_value;
pub use format::{Format, static_codec, static_payload_type};

pub(crate) use clock::drop_foreign_clocks;
pub(crate) use fmtp::{answered_fmtp, ilbc_mode};

use crate::grammar::{push_number, small};

/// A codec with the parameters of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codec {
    /// Which it is.
    pub encoding: Encoding,
    /// The rate of RTP timestamps in Hz; 8000 for G.722 though it samples at 16000 (RFC 3551 §4.5.2).
    pub clock_rate_hz: u32,
    /// 2 for opus always (RFC 7587 §7).
    pub channels: u8,
    /// The value of `a=fmtp` without the payload type.
    pub fmtp: Option<Box<str>>,
}

impl Codec {
    /// A codec without parameters.
    #[must_use]
    pub const fn new(encoding: Encoding, clock_rate_hz: u32, channels: u8) -> Self {
        Self { encoding, clock_rate_hz, channels, fmtp: None }
    }

    /// A codec with one channel, a clock of 8000 Hz and no parameters.
    #[must_use]
    pub const fn narrow(encoding: Encoding) -> Self {
        Self::new(encoding, 8000, 1)
    }

    /// `opus/48000/2` without parameters.
    #[must_use]
    pub const fn opus() -> Self {
        Self::new(Encoding::Opus, 48_000, 2)
    }

    /// `telephone-event` with the usual events 0 to 16 (RFC 4733, and 16 for flash).
    #[must_use]
    pub fn telephone_event(clock_rate_hz: u32) -> Self {
        Self::new(Encoding::TelephoneEvent, clock_rate_hz, 1).with_fmtp("0-16")
    }

    /// The same with these parameters.
    #[must_use]
    pub fn with_fmtp(mut self, fmtp: &str) -> Self {
        self.fmtp = Some(fmtp.into());
        self
    }

    /// Parses the value of `a=rtpmap` behind the payload type: `opus/48000/2`.
    ///
    /// G.722 with a clock of 16000 and opus with one channel are common mistakes and corrected.
    pub(crate) fn parse_map(text: &[u8]) -> Option<Self> {
        let mut parts = text.split(|&b| b == b'/');
        let encoding = Encoding::from_name(parts.next()?.trim_ascii())?;
        let clock_rate_hz = small(parts.next()?.trim_ascii()).filter(|&rate| rate > 0)?;
        let channels = parts.next().map_or(Some(1), |text| small(text.trim_ascii())).filter(|&count| count > 0)?;
        if encoding == Encoding::G722 {
            return Some(Self::narrow(encoding));
        }
        let channels = if encoding == Encoding::Opus { 2 } else { channels };
        Some(Self::new(encoding, clock_rate_hz, channels))
    }

    /// Appends `opus/48000/2`.
    pub(crate) fn push_map(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.encoding.name().as_bytes());
        out.push(b'/');
        push_number(self.clock_rate_hz, out);
        if self.channels > 1 {
            out.push(b'/');
            push_number(self.channels, out);
        }
    }

    /// Whether it carries sound, unlike telephone events, comfort noise and redundancy.
    #[must_use]
    pub fn is_audio(&self) -> bool {
        !matches!(self.encoding, Encoding::TelephoneEvent | Encoding::ComfortNoise | Encoding::Redundancy)
    }

    /// Whether both sides mean the same codec and can agree on its parameters.
    ///
    /// Most parameters only say what their side likes to receive. AMR's `octet-align` changes the packets, so it must
    /// be equal; `mode` of iLBC and `annexb` of G.729 are settled in the answer.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        (self.clock_rate_hz, self.channels) == (other.clock_rate_hz, other.channels)
            && self.encoding == other.encoding
            && (!matches!(self.encoding, Encoding::Amr | Encoding::AmrWb)
                || self.is_octet_aligned() == other.is_octet_aligned())
    }

    /// Whether packets of one may be passed on as packets of the other.
    #[must_use]
    pub fn is_interchangeable(&self, other: &Self) -> bool {
        self.matches(other) && (self.encoding != Encoding::Ilbc || ilbc_mode(self) == ilbc_mode(other))
    }

    /// Milliseconds in a packet when nobody says: 30 for iLBC without `mode=20` and for G.723, else 20.
    #[must_use]
    pub fn usual_ptime_ms(&self) -> u8 {
        if self.encoding == Encoding::Ilbc {
            return ilbc_mode(self);
        }
        if self.encoding == Encoding::G723 { 30 } else { 20 }
    }

    fn is_octet_aligned(&self) -> bool {
        self.fmtp.as_deref().and_then(|text| fmtp_value(text, "octet-align")) == Some("1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(text: &str) -> Codec {
        Codec::parse_map(text.as_bytes()).expect("a codec")
    }

    #[test]
    fn names_are_compared_without_regard_to_case() {
        assert!(codec("pcmu/8000").matches(&Codec::narrow(Encoding::Pcmu)));
        assert!(codec("PCMU/8000/1").matches(&codec("PCMU/8000")));
        assert!(codec("x-Foo/8000").matches(&codec("X-foo/8000")));
        assert!(!codec("x-foo/8000").matches(&codec("x-bar/8000")));
    }

    #[test]
    fn rate_and_channels_must_be_equal() {
        assert!(!codec("speex/8000").matches(&codec("speex/16000")));
        assert!(!codec("L16/44100").matches(&codec("L16/44100/2")));
        assert!(!codec("telephone-event/8000").matches(&codec("telephone-event/48000")));
    }

    #[test]
    fn common_mistakes_are_corrected() {
        assert!(codec("G722/16000").matches(&codec("G722/8000")));
        assert!(codec("opus/48000").matches(&Codec::opus()));
        assert!(codec("G729A/8000").matches(&codec("G729/8000")));
    }

    #[test]
    fn a_map_without_name_or_rate_is_none() {
        for bad in ["", "PCMU", "PCMU/", "/8000", "PCMU/0", "PCMU/x", "PCMU/8000/0", "P CMU/8000", "PCMU/4294967296"] {
            assert_eq!(Codec::parse_map(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_map_prints_as_it_was_read() {
        for text in ["opus/48000/2", "PCMU/8000", "AMR-WB/16000", "x-foo/12345/3"] {
            let mut out = Vec::new();
            codec(text).push_map(&mut out);
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn octet_alignment_of_amr_must_be_equal() {
        let aligned = codec("AMR/8000").with_fmtp("mode-set=0,7; octet-align=1");
        assert!(!aligned.matches(&codec("AMR/8000")));
        assert!(codec("AMR/8000").with_fmtp("octet-align=0").matches(&codec("AMR/8000")));
    }

    #[test]
    fn ilbc_of_another_mode_is_the_same_codec_but_not_the_same_packets() {
        let (short, long) = (codec("iLBC/8000").with_fmtp("mode=20"), codec("iLBC/8000"));
        assert!(short.matches(&long) && !short.is_interchangeable(&long));
        assert_eq!((short.usual_ptime_ms(), long.usual_ptime_ms()), (20, 30));
    }
}
