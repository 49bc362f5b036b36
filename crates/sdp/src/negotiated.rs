//! What an offer and its answer have agreed on, as we see it: all that the media engine needs of them.

use std::net::SocketAddr;

use crate::codec::{Codec, Encoding, Format, answered_fmtp};
use crate::description::{Address, Media};
use crate::direction::Direction;
use crate::srtp::SrtpKeys;
use crate::t38::T38;

/// The agreed stream of one leg: audio, or fax in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// Where to send RTP; `None` on the old hold and when the description has a host name, so that only packets
    /// received can tell.
    pub remote_rtp: Option<SocketAddr>,
    /// Where to send RTCP; that of RTP when both share the port.
    pub remote_rtcp: Option<SocketAddr>,
    /// As we see it: `SendOnly` means that we send and they do not.
    pub direction: Direction,
    /// All that we may send, the most wanted first, with their numbers; nothing in a fax.
    pub send: Vec<Format>,
    /// All that may come, with our numbers. Where they use another number than ours for a codec, both are here.
    pub receive: Vec<Format>,
    /// How to send digits; `None` when telephone events were not agreed on.
    pub dtmf: Option<Dtmf>,
    /// Milliseconds per packet to send.
    pub ptime_ms: u8,
    /// Whether RTP and RTCP share one port on both sides.
    pub rtcp_mux: bool,
    /// The keys that sound and reports are encrypted with; `None` for plain RTP.
    pub srtp: Option<SrtpKeys>,
    /// What they have said of their fax; `None` for audio.
    pub fax: Option<T38>,
}

/// Telephone events (RFC 4733) to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtmf {
    /// Their number for them.
    pub payload_type: u8,
    /// The rate of their timestamps, in Hz; that of the codec where there is a choice.
    pub clock_rate_hz: u32,
}

/// Of the sound that follows a fax, when nothing else is said.
const USUAL_PTIME_MS: u8 = 20;

/// One codec that both descriptions have.
pub(crate) struct Pair {
    pub(crate) ours: Format,
    pub(crate) theirs: Format,
}

impl Pair {
    /// `ours` is what we say, `theirs` what they say. Where the answer settles a parameter both get it.
    pub(crate) fn new(ours: Format, mut theirs: Format) -> Self {
        if ours.codec.encoding == Encoding::Ilbc {
            theirs.codec.fmtp = answered_fmtp(&ours.codec, &theirs.codec);
        }
        Self { ours, theirs }
    }
}

/// What of our description the agreement depends on, besides the codecs.
pub(crate) struct OurTerms {
    pub(crate) direction: Direction,
    pub(crate) rtcp_mux: bool,
    pub(crate) srtp: Option<SrtpKeys>,
}

impl Negotiated {
    /// What to send, with their number and their parameters; `None` in a fax.
    #[must_use]
    pub fn codec(&self) -> Option<&Format> {
        self.send.iter().find(|format| format.codec.is_audio())
    }

    /// Whether `receive` has the number of a packet.
    #[must_use]
    pub fn received(&self, payload_type: u8) -> Option<&Codec> {
        self.receive.iter().find(|format| format.payload_type == payload_type).map(|format| &format.codec)
    }

    /// The agreement on `pairs`, which are in the order of the answer; `None` when no sound is among them.
    pub(crate) fn conclude(pairs: Vec<Pair>, ours: OurTerms, theirs: &Media<'_>) -> Option<Self> {
        let codec = pairs.iter().find(|pair| pair.theirs.codec.is_audio())?.theirs.codec.clone();
        let rtcp_mux = ours.rtcp_mux && theirs.rtcp_mux();
        let address = theirs.address();
        let remote_rtp = socket(address, Some(theirs.port()));
        let (mut send, mut receive) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
        for Pair { ours, theirs } in pairs {
            receive.push(ours);
            send.push(theirs);
        }
        add_their_numbers(&send, &mut receive);
        Some(Self {
            remote_rtp,
            remote_rtcp: if rtcp_mux { remote_rtp } else { rtcp_socket(theirs, address) },
            direction: ours.direction.intersect(theirs.direction().reversed()),
            dtmf: dtmf(&send, codec.clock_rate_hz),
            ptime_ms: ptime_ms(theirs, &codec),
            send,
            receive,
            rtcp_mux,
            srtp: ours.srtp,
            fax: None,
        })
    }

    /// The agreement on fax, of which they have said this; `direction` is ours.
    pub(crate) fn fax(said: T38, direction: Direction, theirs: &Media<'_>) -> Self {
        Self {
            remote_rtp: socket(theirs.address(), Some(theirs.port())),
            remote_rtcp: None,
            direction: direction.intersect(theirs.direction().reversed()),
            send: Vec::new(),
            receive: Vec::new(),
            dtmf: None,
            ptime_ms: USUAL_PTIME_MS,
            rtcp_mux: false,
            srtp: None,
            fax: Some(said),
        }
    }
}

/// Some devices send with the number they gave, not with ours; that is clear as long as it means nothing else.
fn add_their_numbers(send: &[Format], receive: &mut Vec<Format>) {
    for theirs in send {
        if receive.iter().all(|ours| ours.payload_type != theirs.payload_type) {
            receive.push(theirs.clone());
        }
    }
}

fn dtmf(send: &[Format], clock_rate_hz: u32) -> Option<Dtmf> {
    let events = || send.iter().filter(|format| format.codec.encoding == Encoding::TelephoneEvent);
    let found = events().find(|format| format.codec.clock_rate_hz == clock_rate_hz).or_else(|| events().next())?;
    Some(Dtmf { payload_type: found.payload_type, clock_rate_hz: found.codec.clock_rate_hz })
}

/// What they like to receive, within what they can.
fn ptime_ms(theirs: &Media<'_>, codec: &Codec) -> u8 {
    let wanted = theirs.ptime_ms().unwrap_or_else(|| codec.usual_ptime_ms());
    theirs.max_ptime_ms().map_or(wanted, |most| wanted.min(most))
}

fn socket(address: Option<Address<'_>>, port: Option<u16>) -> Option<SocketAddr> {
    let ip = address?.ip().filter(|ip| !ip.is_unspecified())?;
    Some(SocketAddr::new(ip, port?))
}

/// As `a=rtcp` says, else the next port.
fn rtcp_socket(theirs: &Media<'_>, address: Option<Address<'_>>) -> Option<SocketAddr> {
    match theirs.rtcp() {
        Some((port, own)) => socket(own.or(address), Some(port)),
        None => socket(address, theirs.port().checked_add(1)),
    }
}
