//! The enabled codecs as session descriptions name them.

use warden_config::{Codec, Codecs};
use warden_sdp::codec::{Codec as SdpCodec, Encoding, Format};
use warden_sdp::{Capabilities, Capability, Use};

/// The codecs in order of preference, then telephone events, by which phones send digits.
pub(crate) fn capabilities(codecs: &Codecs) -> Capabilities {
    let sound = codecs.order.iter().map(|codec| {
        let used_for = if codec.is_built() { Use::Any } else { Use::Relay };
        Capability { format: format(*codec), used_for }
    });
    // The rate of Opus only passes between two phones that both have it; we understand the usual one.
    let digits = [(101, 8000, Use::Any), (102, 48_000, Use::Relay)];
    let digits = digits.map(|(number, clock_rate_hz, used_for)| Capability {
        format: Format::new(number, SdpCodec::telephone_event(clock_rate_hz)),
        used_for,
    });
    Capabilities { list: sound.chain(digits).collect() }
}

fn format(codec: Codec) -> Format {
    match codec {
        Codec::Pcmu => Format::new(0, SdpCodec::narrow(Encoding::Pcmu)),
        Codec::Pcma => Format::new(8, SdpCodec::narrow(Encoding::Pcma)),
        Codec::G722 => Format::new(9, SdpCodec::narrow(Encoding::G722)),
        Codec::Opus => Format::new(107, SdpCodec::opus().with_fmtp("useinbandfec=1")),
        Codec::G729 => Format::new(18, SdpCodec::narrow(Encoding::G729)),
        Codec::G726 => Format::new(96, SdpCodec::narrow(Encoding::G726At32)),
        Codec::Ilbc => Format::new(97, SdpCodec::narrow(Encoding::Ilbc)),
        Codec::Speex => Format::new(98, SdpCodec::narrow(Encoding::Speex)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_decoded_is_only_relayed() {
        let codecs = Codecs { order: vec![Codec::Opus, Codec::Pcma] };
        let list = capabilities(&codecs).list;
        let uses: Vec<_> = list.iter().map(|it| (it.format.codec.encoding.name(), it.used_for)).collect();
        let expected =
            [("opus", Use::Relay), ("PCMA", Use::Any), ("telephone-event", Use::Any), ("telephone-event", Use::Relay)];
        assert_eq!(uses, expected);
    }
}
