//! The enabled codecs as session descriptions name them.

use warden_config::Codec;
use warden_media::voice::described;
use warden_sdp::codec::{Codec as Described, Encoding, Format};
use warden_sdp::{Capabilities, Capability, Use};

/// Numbers of telephone events that no codec has.
const EVENTS: [u8; 2] = [101, 102];

/// The codecs in order of preference, then telephone events, by which phones send digits: with the number `events`, or
/// none. Last comes comfort noise, which passes between phones that both know it.
pub(crate) fn capabilities(order: &[Codec], events: Option<u8>) -> Capabilities {
    let [usual, second] = EVENTS;
    // One that has the number of events gets the usual one of events.
    let sound = order.iter().flat_map(|codec| formats(*codec)).map(|mut capability| {
        let number = &mut capability.format.payload_type;
        *number = if Some(*number) == events { usual } else { *number };
        capability
    });
    let wideband = if events == Some(second) { usual } else { second };
    let digits = events.into_iter().flat_map(|number| [(number, 8000), (wideband, 48_000)]);
    let digits = digits.map(|(number, clock_rate_hz)| Capability {
        format: Format::new(number, Described::telephone_event(clock_rate_hz)),
        used_for: Use::Any,
    });
    let noise = Format::new(13, Described::narrow(Encoding::ComfortNoise));
    let noise = Capability { format: noise, used_for: Use::Relay };
    Capabilities { list: sound.chain(digits).chain([noise]).collect() }
}

/// Every form of a codec: the first is the usual one, the others are offered only where somebody has named them.
fn formats(codec: Codec) -> Vec<Capability> {
    let narrow = |number, encoding| Format::new(number, Described::narrow(encoding));
    let forms = match codec {
        Codec::Pcmu => vec![narrow(0, Encoding::Pcmu)],
        Codec::Pcma => vec![narrow(8, Encoding::Pcma)],
        Codec::G722 => vec![narrow(9, Encoding::G722)],
        Codec::Opus => vec![Format::new(107, Described::opus().with_fmtp("useinbandfec=1"))],
        Codec::G729 => vec![narrow(18, Encoding::G729)],
        Codec::G726 => vec![
            narrow(96, Encoding::G726At32),
            narrow(110, Encoding::G726At40),
            narrow(111, Encoding::G726At24),
            narrow(112, Encoding::G726At16),
            narrow(113, Encoding::Aal2G726At32),
            narrow(114, Encoding::Aal2G726At40),
            narrow(115, Encoding::Aal2G726At24),
            narrow(116, Encoding::Aal2G726At16),
        ],
        Codec::Ilbc => vec![narrow(97, Encoding::Ilbc)],
        Codec::Speex => {
            vec![Format::new(99, Described::new(Encoding::Speex, 16_000, 1)), narrow(98, Encoding::Speex)]
        }
    };
    let is_offered = |index| index == 0 || codec == Codec::Speex;
    let used_for = |index, format: &Format| match described(&format.codec) {
        None => Use::Relay,
        Some(_) if is_offered(index) => Use::Any,
        Some(_) => Use::WhenAsked,
    };
    let capability = |(index, format)| Capability { used_for: used_for(index, &format), format };
    forms.into_iter().enumerate().map(capability).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(order: &[Codec]) -> Vec<(String, Use)> {
        let list = capabilities(order, Some(101)).list;
        let noise = list.last().map(|it| (it.format.payload_type, it.used_for));
        assert_eq!(noise, Some((13, Use::Relay)), "comfort noise is not ours to make");
        list.into_iter()
            .filter(|it| it.format.codec.encoding != Encoding::ComfortNoise)
            .map(|it| (it.format.codec.encoding.name().to_owned(), it.used_for))
            .collect()
    }

    #[test]
    fn what_cannot_be_decoded_is_only_relayed() {
        let uses = uses(&[Codec::G729, Codec::Pcma]);
        let uses: Vec<_> = uses.iter().map(|(name, used_for)| (name.as_str(), *used_for)).collect();
        let events = ("telephone-event", Use::Any);
        let g729 = if cfg!(feature = "g729") { Use::Any } else { Use::Relay };
        assert_eq!(uses, [("G729", g729), ("PCMA", Use::Any), events, events]);
    }

    #[test]
    fn the_configuration_says_of_each_codec_whether_it_can_be_converted() {
        for codec in Codec::ALL {
            let is_relayed_only = uses(&[codec]).iter().any(|(_, used_for)| *used_for == Use::Relay);
            assert_eq!(is_relayed_only, codec.is_relayed_only(), "{codec:?}");
        }
    }

    #[test]
    fn every_form_of_every_codec_and_events_have_numbers_of_their_own() {
        for events in 96..=127 {
            let list = capabilities(&Codec::ALL, Some(events)).list;
            let mut numbers: Vec<_> = list.iter().map(|it| it.format.payload_type).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), list.len(), "{events}");
            let is_it = |it: &Capability| it.format == Format::new(events, Described::telephone_event(8000));
            assert!(list.iter().any(is_it), "{events}");
        }
        let none = capabilities(&Codec::ALL, None).list;
        assert!(none.iter().all(|it| it.format.codec.encoding != Encoding::TelephoneEvent));
    }

    #[test]
    fn of_the_forms_of_g726_one_is_offered() {
        let list = capabilities(&Codec::ALL, Some(101)).list;
        let offered =
            list.iter().filter(|it| it.used_for == Use::Any && it.format.codec.encoding.name().contains("G726"));
        assert_eq!(offered.count(), 1);
    }
}
