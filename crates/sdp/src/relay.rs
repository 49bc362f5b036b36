//! Two legs side by side: what one is offered and answered for the other.

use crate::codec::Format;
use crate::description::{Description, Media, MediaKind, Protocol};
use crate::direction::Direction;
use crate::local::{Capabilities, Endpoint, LocalMedia};
use crate::negotiated::Negotiated;
use crate::srtp::{Encryption, Srtp};
use crate::t38::T38;

/// What to offer to leg B for the `offer` of leg A: A's direction, packet time and enabled codecs in A's order.
///
/// What else we can encode and decode follows, if A has offered something that can be converted by what it has
/// `enabled_there`. Where there is no such audio it is A's fax: who offers both is told to talk. `None` when A offers
/// nothing that we carry, encrypted as A's session says.
#[must_use]
pub fn relayed_offer(
    offer: &Description,
    encryption: &Encryption,
    enabled: &Capabilities,
    endpoint: Endpoint,
    enabled_there: Option<&Capabilities>,
) -> Option<LocalMedia> {
    let is_carried =
        |codecs: &[Format]| enabled.carrying(codecs, enabled_there).iter().any(|format| format.codec.is_audio());
    let mut offered = carried_audio(offer, encryption).map(|audio| (audio, audio.codecs()));
    let Some((audio, codecs)) = offered.find(|(_, codecs)| is_carried(codecs)) else {
        let (_, media, fax) = T38::find(offer, encryption)?;
        return Some(fax_media(fax, endpoint, media.direction()));
    };
    let codecs = enabled.carrying(&codecs, enabled_there);
    Some(LocalMedia { endpoint, direction: audio.direction(), ptime_ms: audio.ptime_ms(), codecs, fax: None })
}

fn fax_media(fax: T38, endpoint: Endpoint, direction: Direction) -> LocalMedia {
    LocalMedia { endpoint, direction, ptime_ms: None, codecs: Vec::new(), fax: Some(fax) }
}

/// What to answer to the `offer` of leg A once leg B has agreed on `b`: B's direction, packet time and codecs, or all
/// that we can encode and decode when A offers none of B's. Fax, if B has agreed on it and A offers it.
///
/// `None` when A offers nothing of this that we carry, encrypted as A's session says.
#[must_use]
pub fn relayed_answer(
    offer: &Description,
    encryption: &Encryption,
    b: &Negotiated,
    enabled: &Capabilities,
    endpoint: Endpoint,
) -> Option<LocalMedia> {
    if let Some(fax) = b.fax.clone().filter(|_| T38::find(offer, encryption).is_some()) {
        return Some(fax_media(fax, endpoint, b.direction.reversed()));
    }
    let offered: Vec<_> = carried_audio(offer, encryption).flat_map(|audio| audio.codecs()).collect();
    let codecs = enabled.answering(&offered, &b.send);
    let direction = b.direction.reversed();
    (!offered.is_empty()).then_some(LocalMedia { endpoint, direction, ptime_ms: Some(b.ptime_ms), codecs, fax: None })
}

/// How offered sound, or fax, is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// As we take it.
    Taken,
    /// Encrypted with keys in the description, or meant to be, and not as we take it.
    Encrypted,
    /// Not encrypted with a key that we can use, and must be.
    Plain,
    /// It is fax, which is not encrypted, and everything must be.
    PlainFax,
    /// There is none, or in a way that we do not speak.
    Unknown,
}

/// How the sound of `offer`, or its fax, is carried, for a leg that is encrypted so.
#[must_use]
pub fn carriage(offer: &Description, encryption: &Encryption) -> Carriage {
    if carried_audio(offer, encryption).next().is_some() {
        return Carriage::Taken;
    }
    let protocols = offer.media().filter(|media| media.kind() == MediaKind::Audio && media.is_live());
    let mut carriage = match offer.media().find_map(|media| T38::offered(&media)) {
        Some(_) if encryption.policy() == Srtp::Required => Carriage::PlainFax,
        Some(_) => Carriage::Taken,
        None => Carriage::Unknown,
    };
    for media in protocols {
        match media.protocol() {
            Protocol::RtpSavp | Protocol::RtpSavpf if media.crypto_texts().next().is_some() => {
                return Carriage::Encrypted;
            }
            Protocol::RtpAvp | Protocol::RtpAvpf => carriage = Carriage::Plain,
            Protocol::RtpSavp
            | Protocol::RtpSavpf
            | Protocol::DtlsSavp
            | Protocol::DtlsSavpf
            | Protocol::Udptl
            | Protocol::Other => {}
        }
    }
    carriage
}

fn carried_audio<'o>(offer: &'o Description, encryption: &Encryption) -> impl Iterator<Item = Media<'o>> {
    let is_carried =
        |media: &Media<'_>| media.kind() == MediaKind::Audio && media.is_live() && encryption.choose(media).is_ok();
    offer.media().filter(is_carried)
}
