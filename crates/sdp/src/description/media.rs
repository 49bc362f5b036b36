//! One media description: the `m=` line and what belongs to it, with the session's values where it has none.

use super::address::Address;
use super::attribute::Attribute;
use super::protocol::Protocol;
use super::{Description, Line, MAX_CRYPTOS, Span};
use crate::direction::Direction;
use crate::grammar::{small, take_word, words};
use crate::srtp::Crypto;

/// What kind of media it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// `audio`.
    Audio,
    /// `video`.
    Video,
    /// `image`: fax by T.38.
    Image,
    /// `text`: real-time text.
    Text,
    /// `application`: data channels, far-end camera control.
    Application,
    /// `message`: MSRP.
    Message,
    /// Anything else.
    Other,
}

const KINDS: [(&str, MediaKind); 6] = [
    ("audio", MediaKind::Audio),
    ("video", MediaKind::Video),
    ("image", MediaKind::Image),
    ("text", MediaKind::Text),
    ("application", MediaKind::Application),
    ("message", MediaKind::Message),
];

impl MediaKind {
    pub(crate) fn from_text(text: &[u8]) -> Self {
        KINDS.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes())).map_or(Self::Other, |it| it.1)
    }
}

/// A media line as the description keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MediaLine {
    /// Its number among the lines.
    pub(super) at: usize,
    pub(super) kind: MediaKind,
    pub(super) kind_text: Span,
    pub(super) port: u16,
    pub(super) port_count: u16,
    pub(super) protocol: Protocol,
    pub(super) protocol_text: Span,
    pub(super) formats: Span,
}

/// A view of one media description.
#[derive(Clone, Copy, Debug)]
pub struct Media<'d> {
    description: &'d Description,
    line: &'d MediaLine,
    lines: &'d [Line],
}

impl<'d> Media<'d> {
    pub(super) fn new(description: &'d Description, line: &'d MediaLine, lines: &'d [Line]) -> Self {
        Self { description, line, lines }
    }

    /// Audio, video or other.
    #[must_use]
    pub fn kind(&self) -> MediaKind {
        self.line.kind
    }

    /// The kind as it is written.
    #[must_use]
    pub fn kind_text(&self) -> &'d [u8] {
        self.line.kind_text.of(&self.description.text)
    }

    /// The port; 0 when the media is refused or ended.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.line.port
    }

    /// Whether the port is not 0.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.line.port != 0
    }

    /// How many ports there are: 2 for `49170/2`.
    #[must_use]
    pub fn port_count(&self) -> u16 {
        self.line.port_count
    }

    /// The transport.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.line.protocol
    }

    /// The transport as it is written.
    #[must_use]
    pub fn protocol_text(&self) -> &'d [u8] {
        self.line.protocol_text.of(&self.description.text)
    }

    /// The formats as they are written: payload types for RTP.
    pub fn format_words(&self) -> impl Iterator<Item = &'d [u8]> + use<'d> {
        words(self.formats_text())
    }

    /// The formats as they are written, each with a space in front.
    pub(crate) fn formats_text(&self) -> &'d [u8] {
        self.line.formats.of(&self.description.text)
    }

    /// Its own attributes.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'d>> + use<'d> {
        self.attribute_texts().map(Attribute::parse)
    }

    /// Its own attributes as they stand.
    pub(crate) fn attribute_texts(&self) -> impl Iterator<Item = &'d [u8]> + use<'d> {
        self.description.values(self.lines, b'a')
    }

    /// The value of its first attribute called `name`; empty for a property.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'d [u8]> {
        self.attribute_texts().find_map(|text| Attribute::value_if(text, name))
    }

    /// Its keys (`a=crypto`, RFC 4568) in their order, without those that we cannot use; of more than [`MAX_CRYPTOS`]
    /// lines the first ones.
    pub fn cryptos(&self) -> impl Iterator<Item = Crypto> + use<'d> {
        self.crypto_texts().filter_map(|text| Crypto::parse(text).ok())
    }

    /// The same with those that we cannot use, as they stand.
    pub(crate) fn crypto_texts(&self) -> impl Iterator<Item = &'d [u8]> + use<'d> {
        self.attribute_texts().filter_map(|text| Attribute::value_if(text, "crypto")).take(MAX_CRYPTOS)
    }

    /// Where it is to be sent: its own `c=` or the session's.
    #[must_use]
    pub fn address(&self) -> Option<Address<'d>> {
        let own = self.description.values(self.lines, b'c').find_map(Address::parse_connection);
        own.or_else(|| self.description.address())
    }

    /// The direction as its sender sees it: its own attribute, the session's, or both ways.
    ///
    /// An address of zeros means that nothing is to be sent there, the hold of RFC 2543.
    #[must_use]
    pub fn direction(&self) -> Direction {
        let named = |text: &[u8]| Direction::from_name(text.trim_ascii());
        let own = self.attribute_texts().find_map(named);
        let direction = own.or_else(|| self.description.session_lines(b'a').find_map(named)).unwrap_or_default();
        match self.address() {
            Some(address) if address.is_unspecified() => direction.intersect(Direction::SendOnly),
            Some(_) | None => direction,
        }
    }

    /// `a=ptime` in milliseconds, if it is one that can be meant: 1 to 200.
    #[must_use]
    pub fn ptime_ms(&self) -> Option<u8> {
        self.milliseconds("ptime")
    }

    /// `a=maxptime` in milliseconds, if it is one that can be meant: 1 to 200.
    #[must_use]
    pub fn max_ptime_ms(&self) -> Option<u8> {
        self.milliseconds("maxptime")
    }

    /// Some devices write `20.0`.
    fn milliseconds(&self, name: &str) -> Option<u8> {
        let whole = self.attribute(name)?.split(|&b| b == b'.').next()?;
        small(whole).filter(|ms| (1..=200).contains(ms))
    }

    /// `a=rtcp`: port and, if written, address for RTCP (RFC 3605).
    #[must_use]
    pub fn rtcp(&self) -> Option<(u16, Option<Address<'d>>)> {
        let (port, rest) = take_word(self.attribute("rtcp")?);
        let port = small(port).filter(|&port| port != 0)?;
        Some((port, Address::parse_connection(rest)))
    }

    /// Whether RTP and RTCP may share the port (RFC 5761).
    #[must_use]
    pub fn rtcp_mux(&self) -> bool {
        self.attribute("rtcp-mux").is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_audio<T>(lines: &str, read: impl FnOnce(Media<'_>) -> T) -> T {
        let text = format!("v=0\nc=IN IP4 192.0.2.1\na=recvonly\nm=AUDIO 4000/2 rtp/avp 0 x\n{lines}");
        let description = Description::parse(text.as_bytes()).expect("valid");
        read(description.media_at(0).expect("one media line"))
    }

    #[test]
    fn a_media_line_is_read_in_any_case() {
        with_audio("", |audio| {
            assert_eq!((audio.kind(), audio.protocol()), (MediaKind::Audio, Protocol::RtpAvp));
            assert_eq!((audio.kind_text(), audio.protocol_text()), (&b"AUDIO"[..], &b"rtp/avp"[..]));
            assert_eq!((audio.port(), audio.port_count(), audio.is_live()), (4000, 2, true));
            assert_eq!(audio.format_words().collect::<Vec<_>>(), [b"0", b"x"]);
        });
    }

    #[test]
    fn the_medias_own_direction_wins_over_the_sessions() {
        assert_eq!(with_audio("", |audio| audio.direction()), Direction::RecvOnly);
        assert_eq!(with_audio("a=sendonly\n", |audio| audio.direction()), Direction::SendOnly);
        assert_eq!(with_audio("a=inactive\n", |audio| audio.direction()), Direction::Inactive);
    }

    #[test]
    fn an_address_of_zeros_is_a_hold() {
        let direction = |lines| with_audio(lines, |audio| audio.direction());
        assert_eq!(direction("c=IN IP4 0.0.0.0\na=sendrecv\n"), Direction::SendOnly);
        assert_eq!(direction("c=IN IP4 0.0.0.0\n"), Direction::Inactive);
        assert_eq!(direction("c=IN IP6 ::\na=sendonly\n"), Direction::SendOnly);
    }

    #[test]
    fn packet_times_that_cannot_be_meant_count_as_absent() {
        let ptime = |value| with_audio(&format!("a=ptime:{value}\n"), |audio| audio.ptime_ms());
        assert_eq!(ptime("20"), Some(20));
        assert_eq!(ptime(" 30.0"), Some(30));
        assert_eq!([ptime("0"), ptime("201"), ptime("x"), ptime("")], [None; 4]);
        assert_eq!(with_audio("a=maxptime:150\n", |audio| audio.max_ptime_ms()), Some(150));
    }

    #[test]
    fn rtcp_has_a_port_and_perhaps_an_address() {
        let address = Address::Ip([192, 0, 2, 9].into());
        with_audio("a=rtcp:4011 IN IP4 192.0.2.9\n", |audio| assert_eq!(audio.rtcp(), Some((4011, Some(address)))));
        with_audio("a=rtcp:4011\na=rtcp-mux\n", |audio| {
            assert_eq!((audio.rtcp(), audio.rtcp_mux()), (Some((4011, None)), true));
        });
        with_audio("a=rtcp:0\n", |audio| assert_eq!((audio.rtcp(), audio.rtcp_mux()), (None, false)));
    }

    #[test]
    fn keys_that_we_cannot_use_are_passed_over() {
        let key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
        let lines = format!("a=crypto:2 X {key}\na=crypto:3 AES_CM_128_HMAC_SHA1_32 {key}\na=crypto:4\n");
        with_audio(&lines, |audio| {
            assert_eq!(audio.cryptos().map(|crypto| crypto.tag).collect::<Vec<_>>(), [3]);
            assert_eq!(audio.crypto_texts().count(), 3);
        });
    }
}
