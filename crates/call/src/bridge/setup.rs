//! From what two legs have agreed on to what the media threads must know.

use warden_codec::Codec;
use warden_media::dtmf::DigitSetup;
use warden_media::latch::LatchMode;
use warden_media::quality::Impairment;
use warden_media::relay::{Format, LegSetup, Payload, Remote, Routes};
use warden_media::voice::{Voice, described};
use warden_sdp::Negotiated;
use warden_sdp::codec::{Codec as Described, Encoding, Format as SdpFormat};

use crate::directory::{Directory, Extension, Nat};

/// A leg's setup: `own` is its agreement, `other` that of the leg it is joined with.
///
/// What it has to do with digits is not in it. `kept` is where it received before: the old hold names no address, and the phone is still where it was.
pub(super) fn setup(
    own: &Negotiated,
    other: &Negotiated,
    kept: Option<Remote>,
    mode: LatchMode,
    answered: bool,
) -> LegSetup {
    LegSetup {
        remote: remote(own).or(kept),
        mode,
        direction: own.direction.reversed(),
        routes: routes(own, other),
        voice: voice(own, |_| true),
        tones: voice(own, |codec| matches!(codec, Codec::G711(_))).or_else(|| voice(own, |_| true)),
        digits: DigitSetup::default(),
        srtp: own.srtp.clone(),
        is_fax: own.fax.is_some(),
        answered,
    }
}

/// The first of what may be sent to a phone that can be encoded and suits, which is what it likes best.
fn voice(own: &Negotiated, suits: impl Fn(Codec) -> bool) -> Option<Voice> {
    own.send.iter().find_map(|SdpFormat { payload_type, codec }| {
        let codec = described(codec).filter(|codec| suits(*codec))?;
        Some(Voice { codec, payload_type: *payload_type, packet_ms: own.ptime_ms })
    })
}

/// Whether sound is taken only from where a phone of `owner` says, or from where such a phone turns out to be.
pub(super) fn latch_mode(owner: &Extension, directory: &Directory) -> LatchMode {
    match directory.nat_of(owner) {
        Nat::Auto | Nat::Always => LatchMode::Relaxed,
        Nat::Never => LatchMode::Strict,
    }
}

/// Whether sound, or fax, can pass between two legs that have agreed on this.
pub(super) fn can_join(a: &Negotiated, b: &Negotiated) -> bool {
    if a.fax.is_some() || b.fax.is_some() {
        return a.fax.is_some() && b.fax.is_some();
    }
    a.send.iter().any(|one| b.send.iter().any(|other| passes(one, other)))
}

/// Whether all sound that either may send is heard by the other, or fax is.
pub(super) fn is_joined(a: &Negotiated, b: &Negotiated) -> bool {
    let hears = |from: &Negotiated, to: &Negotiated| {
        let mut sounds = from.receive.iter().filter(|format| format.codec.is_audio());
        sounds.all(|one| to.send.iter().any(|other| passes(one, other)))
    };
    hears(a, b) && hears(b, a)
}

fn passes(one: &SdpFormat, other: &SdpFormat) -> bool {
    let is_converted = described(&one.codec).is_some() && described(&other.codec).is_some();
    one.codec.is_audio() && (is_converted || one.codec.is_interchangeable(&other.codec))
}

/// Where a peer receives; `None` when its description does not say.
pub(super) fn remote(own: &Negotiated) -> Option<Remote> {
    let rtp = own.remote_rtp?;
    Some(Remote { rtp, rtcp: own.remote_rtcp.unwrap_or(rtp) })
}

fn routes(from: &Negotiated, to: &Negotiated) -> Routes {
    // Codecs that are the same on both legs get the same number.
    let mut known: Vec<&Described> = Vec::new();
    let sources: Vec<_> = from.receive.iter().map(|format| payload(format, &mut known)).collect();
    let targets: Vec<_> = to.send.iter().map(|format| payload(format, &mut known)).collect();
    Routes::between(&sources, &targets)
}

fn payload<'n>(format: &'n SdpFormat, known: &mut Vec<&'n Described>) -> Payload {
    let SdpFormat { payload_type, codec } = format;
    if let Some(codec) = described(codec) {
        return Payload::sound(*payload_type, codec);
    }
    if codec.encoding == Encoding::TelephoneEvent {
        return Payload::telephone_event(*payload_type, codec.clock_rate_hz);
    }
    if codec.encoding == Encoding::ComfortNoise {
        return Payload::comfort_noise(*payload_type, codec.clock_rate_hz);
    }
    let index = known.iter().position(|other| other.is_interchangeable(codec)).unwrap_or_else(|| {
        known.push(codec);
        known.len() - 1
    });
    let impairment = (codec.encoding == Encoding::G729).then_some(Impairment::G729);
    let format = Format::Other(u16::try_from(index).unwrap_or(u16::MAX));
    Payload { payload_type: *payload_type, format, clock_rate_hz: codec.clock_rate_hz, impairment }
}

/// The name of the codec with this payload type, as packets come.
pub(super) fn codec_name(own: &Negotiated, payload_type: u8) -> Option<String> {
    own.received(payload_type).map(|codec| codec.encoding.name().to_owned())
}
