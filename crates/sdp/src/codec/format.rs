//! Payload types: the codecs that have a number of their own (RFC 3551 §6), and what `a=rtpmap` gives the others.

use smallvec::SmallVec;

use super::{Codec, Encoding};
use crate::description::{Attribute, Media};
use crate::grammar::{small, take_word};

/// A codec and the number that its packets carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// 0 to 127.
    pub payload_type: u8,
    /// What it stands for.
    pub codec: Codec,
}

impl Format {
    /// `codec` under this number.
    #[must_use]
    pub const fn new(payload_type: u8, codec: Codec) -> Self {
        Self { payload_type, codec }
    }
}

static STATIC: [(u8, Encoding, u32, u8); 12] = [
    (0, Encoding::Pcmu, 8000, 1),
    // Withdrawn (RFC 3551 §6), but phones go on using it.
    (2, Encoding::G726At32, 8000, 1),
    (3, Encoding::Gsm, 8000, 1),
    (4, Encoding::G723, 8000, 1),
    (8, Encoding::Pcma, 8000, 1),
    (9, Encoding::G722, 8000, 1),
    (10, Encoding::L16, 44_100, 2),
    (11, Encoding::L16, 44_100, 1),
    (13, Encoding::ComfortNoise, 8000, 1),
    (15, Encoding::G728, 8000, 1),
    (18, Encoding::G729, 8000, 1),
    // Cisco's comfort noise, from before 13 was assigned.
    (19, Encoding::ComfortNoise, 8000, 1),
];

/// The codec that has the number `payload_type` without any `a=rtpmap`.
#[must_use]
pub fn static_codec(payload_type: u8) -> Option<Codec> {
    let (_, encoding, clock_rate_hz, channels) = STATIC.iter().find(|row| row.0 == payload_type)?;
    Some(Codec::new(encoding.clone(), *clock_rate_hz, *channels))
}

/// The number that `codec` has for everybody; withdrawn ones are not given.
#[must_use]
pub fn static_payload_type(codec: &Codec) -> Option<u8> {
    STATIC
        .iter()
        .filter(|row| !matches!(row.0, 2 | 19))
        .find(|row| row.1 == codec.encoding && (row.2, row.3) == (codec.clock_rate_hz, codec.channels))
        .map(|row| row.0)
}

/// What is known of one payload type while attributes are read.
struct Draft<'d> {
    payload_type: u8,
    map: Option<&'d [u8]>,
    fmtp: Option<&'d [u8]>,
}

impl Draft<'_> {
    /// A number that nothing explains is no codec.
    fn finish(&self) -> Option<Format> {
        let mapped = self.map.and_then(Codec::parse_map);
        let mut codec = mapped.or_else(|| static_codec(self.payload_type))?;
        codec.fmtp = self.fmtp.and_then(|text| std::str::from_utf8(text).ok()).map(Into::into);
        Some(Format::new(self.payload_type, codec))
    }
}

/// A number below 128 without zeros in front: an answer must be able to repeat it as it stands.
fn read_payload_type(word: &[u8]) -> Option<u8> {
    let is_plain = word.len() == 1 || word.first() != Some(&b'0');
    small(word).filter(|&number: &u8| is_plain && number < 128)
}

impl Media<'_> {
    /// The codecs in the order of the media line. Payload types that nothing explains are left out.
    #[must_use]
    pub fn codecs(&self) -> Vec<Format> {
        let mut drafts: SmallVec<[Draft<'_>; 16]> = SmallVec::new();
        for payload_type in self.format_words().filter_map(read_payload_type) {
            if drafts.iter().all(|draft| draft.payload_type != payload_type) {
                drafts.push(Draft { payload_type, map: None, fmtp: None });
            }
        }
        for text in self.attribute_texts() {
            let map = Attribute::value_if(text, "rtpmap");
            let Some(value) = map.or_else(|| Attribute::value_if(text, "fmtp")) else { continue };
            let (number, rest) = take_word(value);
            let number = read_payload_type(number);
            let Some(draft) = drafts.iter_mut().find(|draft| Some(draft.payload_type) == number) else { continue };
            let slot = if map.is_some() { &mut draft.map } else { &mut draft.fmtp };
            *slot = slot.or(Some(rest));
        }
        drafts.iter().filter_map(Draft::finish).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::Description;

    fn codecs(lines: &str) -> Vec<Format> {
        let text = format!("v=0\nc=IN IP4 192.0.2.1\n{lines}");
        let description = Description::parse(text.as_bytes()).expect("valid");
        description.media_at(0).expect("one media line").codecs()
    }

    #[test]
    fn numbers_of_their_own_need_no_map() {
        let names: Vec<_> = codecs("m=audio 4000 RTP/AVP 18 0 8 9 3 4 15 13\n")
            .iter()
            .map(|format| format!("{} {}", format.payload_type, format.codec.encoding.name()))
            .collect();
        assert_eq!(names, ["18 G729", "0 PCMU", "8 PCMA", "9 G722", "3 GSM", "4 G723", "15 G728", "13 CN"]);
    }

    #[test]
    fn a_map_explains_a_number_and_the_first_one_holds() {
        let lines = "m=audio 4000 RTP/AVP 111 101\na=fmtp:111 useinbandfec=1\na=rtpmap:111 opus/48000/2\n\
            a=rtpmap:101 telephone-event/8000\na=rtpmap:101 PCMU/8000\na=rtpmap:8 PCMA/8000\n";
        assert_eq!(
            codecs(lines),
            [
                Format::new(111, Codec::opus().with_fmtp("useinbandfec=1")),
                Format::new(101, Codec::narrow(Encoding::TelephoneEvent))
            ]
        );
    }

    #[test]
    fn a_number_that_nothing_explains_is_left_out() {
        assert_eq!(codecs("m=audio 4000 RTP/AVP 96 200 x 0 0 1\na=rtpmap:96 \n").len(), 1);
        assert_eq!(codecs("m=audio 4000 RTP/AVP 0\na=rtpmap:0 nonsense\n").len(), 1, "a broken map is ignored");
        assert_eq!(codecs("m=audio 4000 RTP/AVP\n"), []);
        assert_eq!(codecs("m=audio 4000 RTP/AVP 008 00\n"), [], "zeros in front cannot be repeated");
    }

    #[test]
    fn a_map_wins_over_the_number_of_its_own() {
        assert_eq!(
            codecs("m=audio 4000 RTP/AVP 2\na=rtpmap:2 x/8000\n"),
            [Format::new(2, Codec::narrow(Encoding::Other("x".into())))]
        );
    }

    #[test]
    fn a_codec_finds_its_number() {
        assert_eq!(static_payload_type(&Codec::narrow(Encoding::G729).with_fmtp("annexb=no")), Some(18));
        assert_eq!(static_payload_type(&Codec::narrow(Encoding::ComfortNoise)), Some(13));
        assert_eq!(static_payload_type(&Codec::opus()), None);
        assert_eq!(static_payload_type(&Codec::new(Encoding::Pcmu, 16_000, 1)), None);
    }
}
