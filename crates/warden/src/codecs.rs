//! The enabled codecs as session descriptions name them.

use warden_config::Codec;
use warden_media::voice::described;
use warden_sdp::codec::{Codec as Described, Encoding, Format};
use warden_sdp::{Capabilities, Capability, Use};

/// The codecs in order of preference, then telephone events, by which phones send digits, and comfort noise, which passes
/// between phones that both know it.
pub(crate) fn capabilities(order: &[Codec]) -> Capabilities {
    let sound = order.iter().flat_map(|codec| formats(*codec));
    let digits = [(101, 8000), (102, 48_000)].map(|(number, clock_rate_hz)| Capability {
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
        let list = capabilities(order).list;
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
    fn of_the_forms_of_g726_one_is_offered_and_each_has_a_number_of_its_own() {
        let list = capabilities(&Codec::ALL).list;
        let offered =
            list.iter().filter(|it| it.used_for == Use::Any && it.format.codec.encoding.name().contains("G726"));
        assert_eq!(offered.count(), 1);
        let mut numbers: Vec<_> = list.iter().map(|it| it.format.payload_type).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), list.len());
    }
}
