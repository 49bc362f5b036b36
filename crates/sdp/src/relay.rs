//! Two legs side by side: what one is offered and answered for the other, and how packets pass between them.

use crate::codec::Format;
use crate::description::{Description, Media, MediaKind};
use crate::local::{Capabilities, Endpoint, LocalMedia};
use crate::negotiated::Negotiated;

/// What to offer to leg B for the `offer` of leg A: A's direction, packet time and enabled codecs in A's order.
///
/// With `transcode`, what else we can encode and decode follows. `None` when A offers no audio that we carry.
#[must_use]
pub fn relayed_offer(
    offer: &Description,
    enabled: &Capabilities,
    endpoint: Endpoint,
    transcode: bool,
) -> Option<LocalMedia> {
    let is_carried = |codecs: &[Format]| enabled.carrying(codecs, false).iter().any(|format| format.codec.is_audio());
    let mut offered = plain_audio(offer).map(|audio| (audio, audio.codecs()));
    let (audio, codecs) = offered.find(|(_, codecs)| is_carried(codecs))?;
    let codecs = enabled.carrying(&codecs, transcode);
    Some(LocalMedia { endpoint, direction: audio.direction(), ptime_ms: audio.ptime_ms(), codecs })
}

/// What to answer to the `offer` of leg A once leg B has agreed on `b`: B's direction, packet time and codecs, or all
/// that we can encode and decode when A offers none of B's.
///
/// `None` when A offers no audio that we carry.
#[must_use]
pub fn relayed_answer(
    offer: &Description,
    b: &Negotiated,
    enabled: &Capabilities,
    endpoint: Endpoint,
) -> Option<LocalMedia> {
    let offered: Vec<_> = plain_audio(offer).flat_map(|audio| audio.codecs()).collect();
    let codecs = enabled.answering(&offered, &b.send);
    let direction = b.direction.reversed();
    (!offered.is_empty()).then_some(LocalMedia { endpoint, direction, ptime_ms: Some(b.ptime_ms), codecs })
}

fn plain_audio(offer: &Description) -> impl Iterator<Item = Media<'_>> {
    offer.media().filter(|media| media.kind() == MediaKind::Audio && media.is_live() && media.protocol().is_plain_rtp())
}

/// How sound gets from one leg to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Both have agreed on a codec in common: packets pass with another number. A packet whose number is not in its
    /// map must be converted or dropped.
    Relay {
        /// Numbers of packets from A, for B.
        a_to_b: PayloadMap,
        /// Numbers of packets from B, for A.
        b_to_a: PayloadMap,
    },
    /// They have no codec in common: each is sent its own.
    Transcode {
        /// What to send to A.
        to_a: Format,
        /// What to send to B.
        to_b: Format,
    },
}

/// The path between two legs.
#[must_use]
pub fn path(a: &Negotiated, b: &Negotiated) -> Path {
    let shares = |format: &Format| b.send.iter().any(|other| format.codec.is_interchangeable(&other.codec));
    if a.send.iter().any(|format| format.codec.is_audio() && shares(format)) {
        return Path::Relay { a_to_b: PayloadMap::between(a, b), b_to_a: PayloadMap::between(b, a) };
    }
    Path::Transcode { to_a: a.codec.clone(), to_b: b.codec.clone() }
}

const NONE: u8 = u8::MAX;

/// What a payload type of one leg is called on the other; a table, since it is asked for every packet.
#[derive(Clone, PartialEq, Eq)]
pub struct PayloadMap {
    table: [u8; 128],
}

impl PayloadMap {
    /// The numbers under which packets that come `from` one leg are sent `to` the other.
    #[must_use]
    pub fn between(from: &Negotiated, to: &Negotiated) -> Self {
        let mut map = Self { table: [NONE; 128] };
        for received in &from.receive {
            let sent = to.send.iter().find(|format| format.codec.is_interchangeable(&received.codec));
            if let (Some(sent), Some(slot)) = (sent, map.table.get_mut(usize::from(received.payload_type))) {
                *slot = sent.payload_type;
            }
        }
        map
    }

    /// The number on the other leg; `None` when the codec is not agreed on there. The marker bit is not part of it.
    #[inline]
    #[must_use]
    pub fn translate(&self, payload_type: u8) -> Option<u8> {
        self.table.get(usize::from(payload_type)).copied().filter(|&number| number != NONE)
    }

    /// All numbers that have one on the other leg, with it.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u8)> {
        (0..128).filter_map(|number| Some((number, self.translate(number)?)))
    }
}

impl std::fmt::Debug for PayloadMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
