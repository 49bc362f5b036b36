//! Makes offers (RFC 3264 §5 and §8): one stream of audio or fax, its codecs numbered so that no number changes its meaning.

use crate::codec::{Format, drop_foreign_clocks, static_payload_type};
use crate::compose::{OurAudio, Stamp, begin, push_audio, push_fax, push_refused};
use crate::description::{Builder, Description, Media, MediaKind};
use crate::local::LocalMedia;
use crate::negotiated::Negotiated;
use crate::srtp::Encryption;
use crate::t38::FORMAT;

/// A first offer of `local`, without encryption.
///
/// Later ones come from a [`Session`](crate::Session), which keeps what must not change.
#[must_use]
pub fn offer(local: &LocalMedia, stamp: Stamp) -> Description {
    next_offer(local, &Numbering::default().assign(&local.codecs), &Encryption::default(), stamp, None)
}

/// What holds in a session.
#[derive(Clone, Copy)]
pub(crate) struct Previous<'s> {
    /// Our description.
    pub(crate) local: &'s Description,
    /// Our description of the sound that is agreed on, or was before a fax, and the agreement.
    pub(crate) sound: Option<(&'s Description, &'s Negotiated)>,
}

/// An offer in a session where `previous` holds: as many media lines, in the same order.
pub(crate) fn next_offer(
    local: &LocalMedia,
    formats: &[Format],
    encryption: &Encryption,
    stamp: Stamp,
    previous: Option<Previous<'_>>,
) -> Description {
    let sound = previous.and_then(|previous| previous.sound);
    let cryptos = encryption.offered(sound.map(|(_, negotiated)| negotiated));
    let our_sound = sound.and_then(|(description, _)| description.media().find(is_ours));
    let audio = OurAudio {
        endpoint: &local.endpoint,
        protocol: our_sound.map_or_else(|| encryption.protocol(), |media| media.protocol_text()),
        direction: local.direction,
        ptime_ms: local.ptime_ms,
        rtcp_mux: local.endpoint.rtcp_mux,
        cryptos: &cryptos,
    };
    let push_stream = |builder: &mut Builder| match &local.fax {
        Some(fax) => push_fax(builder, local.endpoint.rtp_port, [b"udptl", FORMAT], fax, local.direction),
        None => push_audio(builder, &audio, formats.iter()),
    };
    let kind = if local.fax.is_some() { MediaKind::Image } else { MediaKind::Audio };
    let place = previous.and_then(|previous| place(previous.local, kind));
    let mut builder = begin(stamp, local.endpoint.address);
    for (index, media) in previous.into_iter().flat_map(|previous| previous.local.media().enumerate()) {
        if place == Some(index) {
            push_stream(&mut builder);
        } else {
            push_refused(&mut builder, &media);
        }
    }
    if place.is_none() {
        push_stream(&mut builder);
    }
    builder.finish()
}

/// Which line of our description becomes a stream of this kind: the one in use if it is of the kind, else one that was so
/// before, as some gateways keep a line for each; else the one in use, which changes (RFC 3264 §8.3.3).
fn place(local: &Description, kind: MediaKind) -> Option<usize> {
    let find = |is_it: &dyn Fn(&Media<'_>) -> bool| local.media().position(|media| is_it(&media));
    find(&|media| is_ours(media) && media.kind() == kind)
        .or_else(|| find(&|media| media.kind() == kind))
        .or_else(|| find(&is_ours))
}

/// Whether it is the stream of a description that we made, audio or fax; there is at most one.
pub(crate) fn is_ours(media: &Media<'_>) -> bool {
    matches!(media.kind(), MediaKind::Audio | MediaKind::Image) && media.is_live()
}

/// Which number stands for which codec in a session; once bound it stays so (RFC 3264 §8.3.2).
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering {
    bound: Vec<Format>,
}

impl Numbering {
    /// Notes that these numbers have been used. A number that the other side gave a new meaning takes it.
    pub(crate) fn bind(&mut self, formats: &[Format]) {
        for format in formats {
            self.bound.retain(|bound| bound.payload_type != format.payload_type);
            self.bound.push(format.clone());
        }
    }

    /// `wanted` with the numbers they can have. A codec for which no number is left is dropped, and so are telephone
    /// events on a clock that no sound has.
    pub(crate) fn assign(&self, wanted: &[Format]) -> Vec<Format> {
        let mut assigned: Vec<Format> = Vec::with_capacity(wanted.len());
        for format in wanted {
            if let Some(payload_type) = self.number(format, wanted, &assigned) {
                assigned.push(Format::new(payload_type, format.codec.clone()));
            }
        }
        drop_foreign_clocks(&mut assigned, |format| &format.codec);
        assigned
    }

    /// The number bound to it, the one it has for everybody, the one wished for, or any that nobody wants.
    fn number(&self, format: &Format, wanted: &[Format], assigned: &[Format]) -> Option<u8> {
        let is_taken = |number: u8| assigned.iter().any(|other| other.payload_type == number);
        let is_bound = |number: u8| self.bound.iter().any(|bound| bound.payload_type == number);
        let is_wanted = |number: u8| wanted.iter().any(|other| other.payload_type == number);
        let bound = self.bound.iter().filter(|bound| bound.codec.matches(&format.codec)).map(|it| it.payload_type);
        let wish = Some(format.payload_type).filter(|number| (96..128).contains(number) && !is_bound(*number));
        let free = dynamic().filter(|&number| !is_bound(number) && !is_wanted(number));
        let reused = dynamic().filter(|&number| !is_wanted(number));
        bound.chain(static_payload_type(&format.codec)).chain(wish).chain(free).chain(reused).find(|&it| !is_taken(it))
    }
}

/// The numbers for codecs without one of their own; below 64 only when the usual ones are used up (RFC 5761 §4).
fn dynamic() -> impl Iterator<Item = u8> {
    (96..128).chain(35..64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Codec, Encoding};

    fn named(name: &str) -> Codec {
        Codec::narrow(Encoding::Other(name.into()))
    }

    fn numbers(formats: &[Format]) -> Vec<u8> {
        formats.iter().map(|format| format.payload_type).collect()
    }

    #[test]
    fn wishes_are_met_unless_two_want_the_same_number() {
        let wanted = [Format::new(100, named("a")), Format::new(100, named("b")), Format::new(96, named("c"))];
        assert_eq!(numbers(&Numbering::default().assign(&wanted)), [100, 97, 96]);
    }

    #[test]
    fn a_number_for_everybody_goes_before_a_wish() {
        let wanted = [Format::new(96, Codec::narrow(Encoding::Pcmu)), Format::new(0, named("a"))];
        assert_eq!(numbers(&Numbering::default().assign(&wanted)), [0, 97]);
    }

    #[test]
    fn a_bound_number_stays_with_its_codec() {
        let mut numbering = Numbering::default();
        numbering.bind(&[Format::new(101, named("a")), Format::new(98, Codec::narrow(Encoding::Pcmu))]);
        let wanted =
            [Format::new(101, named("b")), Format::new(102, named("a")), Format::new(0, Codec::narrow(Encoding::Pcmu))];
        assert_eq!(numbers(&numbering.assign(&wanted)), [96, 101, 98]);
    }

    #[test]
    fn more_codecs_than_numbers_lose_the_last() {
        let wanted: Vec<_> = (0..70).map(|index| Format::new(96, named(&format!("x{index}")))).collect();
        assert_eq!(Numbering::default().assign(&wanted).len(), 61);
    }
}
