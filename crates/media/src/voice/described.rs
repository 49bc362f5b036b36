//! The codecs of session descriptions that can be encoded and decoded.

use warden_codec::Codec;
use warden_codec::g711::Law;
use warden_codec::g726::{Packing, Rate};
use warden_codec::speex::Band;
use warden_codec::{g729, ilbc, opus};
use warden_sdp::codec::{Codec as Described, Encoding};

/// What a description means; `None` when it can only be passed on.
#[must_use]
pub fn described(codec: &Described) -> Option<Codec> {
    let Described { encoding, clock_rate_hz, channels, fmtp } = codec;
    let narrow = |codec| ((*clock_rate_hz, *channels) == (8000, 1)).then_some(codec);
    let g726 = |rate, packing| narrow(Codec::G726(rate, packing));
    match encoding {
        Encoding::Pcmu => narrow(Codec::G711(Law::Pcmu)),
        Encoding::Pcma => narrow(Codec::G711(Law::Pcma)),
        Encoding::G722 => narrow(Codec::G722),
        Encoding::G729 if g729::IS_BUILT_IN => narrow(Codec::G729),
        Encoding::G726At16 => g726(Rate::Kbit16, Packing::Rfc3551),
        Encoding::G726At24 => g726(Rate::Kbit24, Packing::Rfc3551),
        Encoding::G726At32 => g726(Rate::Kbit32, Packing::Rfc3551),
        Encoding::G726At40 => g726(Rate::Kbit40, Packing::Rfc3551),
        Encoding::Aal2G726At16 => g726(Rate::Kbit16, Packing::Aal2),
        Encoding::Aal2G726At24 => g726(Rate::Kbit24, Packing::Aal2),
        Encoding::Aal2G726At32 => g726(Rate::Kbit32, Packing::Aal2),
        Encoding::Aal2G726At40 => g726(Rate::Kbit40, Packing::Aal2),
        Encoding::Ilbc if codec.usual_ptime_ms() == 20 => narrow(Codec::Ilbc(ilbc::Mode::Ms20)),
        Encoding::Ilbc => narrow(Codec::Ilbc(ilbc::Mode::Ms30)),
        Encoding::Opus => {
            let parameters = fmtp.as_deref().map(opus::Parameters::parse).unwrap_or_default();
            (*clock_rate_hz == 48_000).then_some(Codec::Opus(parameters))
        }
        Encoding::Speex => match (*clock_rate_hz, *channels) {
            (8000, 1) => Some(Codec::Speex(Band::Narrow)),
            (16_000, 1) => Some(Codec::Speex(Band::Wide)),
            _ => None,
        },
        Encoding::G723
        | Encoding::G728
        | Encoding::G729
        | Encoding::Gsm
        | Encoding::Amr
        | Encoding::AmrWb
        | Encoding::L16
        | Encoding::TelephoneEvent
        | Encoding::ComfortNoise
        | Encoding::Redundancy
        | Encoding::Other(_) => None,
    }
}
