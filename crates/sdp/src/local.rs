//! Our side: where we receive, which way, and which codecs in which order.

use std::net::IpAddr;

use crate::codec::Format;
use crate::direction::Direction;
use crate::t38::T38;

/// Where one leg of ours receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Written in `o=` and `c=`.
    pub address: IpAddr,
    /// Port for RTP.
    pub rtp_port: u16,
    /// Port for RTCP; named in `a=rtcp` unless it is the next one.
    pub rtcp_port: u16,
    /// Whether both may share the RTP port: then `a=rtcp-mux` is offered, and answered when offered.
    pub rtcp_mux: bool,
}

/// What we offer, or answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    /// Where we receive.
    pub endpoint: Endpoint,
    /// The most we want: an answer never says more than the offer allows.
    pub direction: Direction,
    /// Milliseconds per packet that we like to receive; `None` leaves it unsaid, which means 20.
    pub ptime_ms: Option<u8>,
    /// In order of priority. In an answer the numbers are the offerer's; in an offer these are wishes, which give
    /// way to numbers that the session has bound and to those that a codec has for everybody.
    pub codecs: Vec<Format>,
    /// Fax in place of sound: then no codec counts. It is not encrypted.
    pub fax: Option<T38>,
}

/// What a codec may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// We can encode and decode it (or, for telephone events, send and understand it).
    Any,
    /// The same, but it is offered only to who is to talk to somebody who has named it.
    WhenAsked,
    /// We can only pass it on between two legs that both want it.
    Relay,
}

/// One enabled codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// The codec with our parameters, and the number we like for it.
    pub format: Format,
    /// What for.
    pub used_for: Use,
}

/// All enabled codecs in order of priority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The first is the one we like most.
    pub list: Vec<Capability>,
}

impl Capabilities {
    /// What to offer with nobody behind us: for prompts, voicemail, conferences.
    #[must_use]
    pub fn own(&self) -> Vec<Format> {
        self.offered().cloned().collect()
    }

    /// What to offer to one leg when the other has `formats`, as offered or agreed there.
    ///
    /// First the enabled ones among `formats` in their order, with their numbers and parameters, so that packets can
    /// pass unchanged. Then what else we can encode and decode, if one of `formats` can be converted by what the other
    /// leg has `enabled_there`; `None` keeps to what passes. Telephone events and the like that we can end ourselves are always there, since a digit can be passed on in
    /// another way.
    #[must_use]
    pub fn carrying(&self, formats: &[Format], enabled_there: Option<&Self>) -> Vec<Format> {
        let mut carried: Vec<_> = formats.iter().filter(|format| self.enables(format)).cloned().collect();
        let converts = enabled_there.is_some_and(|there| there.converts_any(formats));
        for own in self.offered().filter(|own| converts || !own.codec.is_audio()) {
            if carried.iter().all(|format| !format.codec.matches(&own.codec)) {
                carried.push(own.clone());
            }
        }
        carried
    }

    /// What to answer to a leg that offers `offered` when the other leg has agreed on `agreed`.
    ///
    /// Only what can pass unchanged, if there is any sound among it; else everything we can encode and decode.
    #[must_use]
    pub fn answering(&self, offered: &[Format], agreed: &[Format]) -> Vec<Format> {
        let shared = self.carrying(agreed, None);
        let passes = |format: &Format| offered.iter().any(|other| other.codec.matches(&format.codec));
        if shared.iter().any(|format| format.codec.is_audio() && passes(format)) { shared } else { self.ends() }
    }

    fn offered(&self) -> impl Iterator<Item = &Format> {
        self.list.iter().filter(|capability| capability.used_for == Use::Any).map(|capability| &capability.format)
    }

    /// All that we can encode and decode.
    fn ends(&self) -> Vec<Format> {
        let ends = self.list.iter().filter(|capability| capability.used_for != Use::Relay);
        ends.map(|capability| capability.format.clone()).collect()
    }

    /// Whether there is sound among `formats` that we can encode and decode.
    fn converts_any(&self, formats: &[Format]) -> bool {
        let converts = |format: &Format| {
            let is_it = |capability: &&Capability| capability.format.codec.matches(&format.codec);
            self.list.iter().find(is_it).is_some_and(|capability| capability.used_for != Use::Relay)
        };
        formats.iter().any(|format| format.codec.is_audio() && converts(format))
    }

    fn enables(&self, format: &Format) -> bool {
        self.list.iter().any(|capability| capability.format.codec.matches(&format.codec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Codec, Encoding};

    fn capabilities() -> Capabilities {
        let any = |payload_type, codec| Capability { format: Format::new(payload_type, codec), used_for: Use::Any };
        let relay = |payload_type, codec| Capability { format: Format::new(payload_type, codec), used_for: Use::Relay };
        Capabilities {
            list: vec![
                any(9, Codec::narrow(Encoding::G722)),
                any(8, Codec::narrow(Encoding::Pcma)),
                any(0, Codec::narrow(Encoding::Pcmu)),
                relay(18, Codec::narrow(Encoding::G729)),
                Capability { format: Format::new(96, Codec::narrow(Encoding::G726At24)), used_for: Use::WhenAsked },
                any(101, Codec::telephone_event(8000)),
            ],
        }
    }

    fn numbers(formats: &[Format]) -> Vec<u8> {
        formats.iter().map(|format| format.payload_type).collect()
    }

    fn formats(payload_types: &[u8]) -> Vec<Format> {
        let codec = |number| crate::codec::static_codec(number).unwrap_or(Codec::telephone_event(8000));
        payload_types.iter().map(|&number| Format::new(number, codec(number))).collect()
    }

    #[test]
    fn what_can_only_be_relayed_is_never_ours_to_end() {
        assert_eq!(numbers(&capabilities().own()), [9, 8, 0, 101]);
    }

    #[test]
    fn the_other_legs_codecs_come_first_in_its_order_and_with_its_numbers() {
        let capabilities = capabilities();
        let carried = capabilities.carrying(&formats(&[18, 3, 0, 96]), Some(&capabilities));
        assert_eq!(numbers(&carried), [18, 0, 96, 9, 8]);
        assert_eq!(numbers(&capabilities.carrying(&formats(&[18, 0]), None)), [18, 0, 101]);
        assert_eq!(numbers(&capabilities.carrying(&formats(&[18, 3]), Some(&capabilities))), [18, 101], "as it is");
    }

    #[test]
    fn comfort_noise_is_offered_to_who_talks_to_somebody_who_has_it() {
        let mut capabilities = capabilities();
        let noise = Format::new(13, Codec::narrow(Encoding::ComfortNoise));
        capabilities.list.push(Capability { format: noise, used_for: Use::Relay });
        assert_eq!(numbers(&capabilities.carrying(&formats(&[0, 13]), None)), [0, 13, 101]);
        assert_eq!(numbers(&capabilities.carrying(&formats(&[0]), Some(&capabilities))), [0, 9, 8, 101]);
        assert_eq!(numbers(&capabilities.own()), [9, 8, 0, 101]);
    }

    #[test]
    fn transcoding_is_avoided_where_both_legs_share_a_codec() {
        let capabilities = capabilities();
        assert_eq!(numbers(&capabilities.answering(&formats(&[9, 0, 101]), &formats(&[0, 101]))), [0, 101]);
        assert_eq!(numbers(&capabilities.answering(&formats(&[8, 101]), &formats(&[0, 101]))), [9, 8, 0, 96, 101]);
        assert_eq!(numbers(&capabilities.answering(&formats(&[8, 18]), &formats(&[18]))), [18, 101]);
    }
}
