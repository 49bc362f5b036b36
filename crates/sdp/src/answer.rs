//! Answers an offer (RFC 3264 §6): one stream, audio or fax, is taken, all other media refused in their places.

use crate::codec::{Format, answered_fmtp, drop_foreign_clocks};
use crate::compose::{OurAudio, Stamp, begin, push_audio, push_fax, push_refused};
use crate::description::{Description, Media, MediaKind};
use crate::local::LocalMedia;
use crate::negotiated::{Negotiated, OurTerms, Pair};
use crate::srtp::{Chosen, Encryption, KeyError, suites};
use crate::t38::{FORMAT, T38};

/// Whose order of codecs an answer follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of [`LocalMedia::codecs`].
    Ours,
    /// The offerer's.
    Theirs,
}

/// An answer and what it agrees on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to send.
    pub description: Description,
    /// What holds once it is sent.
    pub negotiated: Negotiated,
}

/// Why an offer cannot be taken; SIP answers 488.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No media line is live audio.
    #[error("no audio is offered")]
    NoAudio,
    /// Audio, but carried in a way that we do not speak, or not with this phone.
    #[error("audio is offered over {protocol} only")]
    Protocol {
        /// As it is written.
        protocol: String,
    },
    /// Encrypted audio, or plain one where it must be encrypted, with no key that we can use.
    #[error("no common crypto suite, offered are {offered}")]
    NoCommonSuite {
        /// The names of those offered, as they are written.
        offered: String,
    },
    /// Audio, but no codec that is ours too.
    #[error("no common codec, offered are {offered}")]
    NoCommonCodec {
        /// The names of those offered.
        offered: String,
    },
    /// We want to answer with fax, and no media line is fax that we can carry.
    #[error("no fax is offered")]
    NoFax,
}

/// Answers `offer` with `local`, codecs in the given order and with the offerer's numbers, and without encryption, which
/// is a [`Session`](crate::Session)'s.
///
/// # Errors
/// [`Refusal`] names what was offered instead.
pub fn answer(offer: &Description, local: &LocalMedia, order: Order, stamp: Stamp) -> Result<Answer, Refusal> {
    answer_encrypted(offer, local, &Encryption::default(), order, stamp)
}

/// The same, encrypted as `encryption` says.
pub(crate) fn answer_encrypted(
    offer: &Description,
    local: &LocalMedia,
    encryption: &Encryption,
    order: Order,
    stamp: Stamp,
) -> Result<Answer, Refusal> {
    if let Some(fax) = &local.fax {
        return answer_fax(offer, local, fax, encryption, stamp);
    }
    let Taken { index, media, chosen, pairs } = take(offer, &local.codecs, encryption, order)?;
    let (line, srtp) = chosen.map(|Chosen { line, keys }| (line, keys)).unzip();
    let direction = local.direction.intersect(media.direction().reversed());
    let rtcp_mux = local.endpoint.rtcp_mux && media.rtcp_mux();
    let audio = OurAudio {
        endpoint: &local.endpoint,
        protocol: media.protocol_text(),
        direction,
        ptime_ms: local.ptime_ms,
        rtcp_mux,
        cryptos: line.as_slice(),
    };
    let mut builder = begin(stamp, local.endpoint.address);
    for (at, other) in offer.media().enumerate() {
        if at == index {
            push_audio(&mut builder, &audio, pairs.iter().map(|pair| &pair.ours));
        } else {
            push_refused(&mut builder, &other);
        }
    }
    let terms = OurTerms { direction, rtcp_mux, srtp };
    let negotiated = Negotiated::conclude(pairs, terms, &media).ok_or(Refusal::NoAudio)?;
    Ok(Answer { description: builder.finish(), negotiated })
}

/// Answers with fax in place of sound.
fn answer_fax(
    offer: &Description,
    local: &LocalMedia,
    ours: &T38,
    encryption: &Encryption,
    stamp: Stamp,
) -> Result<Answer, Refusal> {
    let (index, media, theirs) = T38::find(offer, encryption).ok_or(Refusal::NoFax)?;
    let direction = local.direction.intersect(media.direction().reversed());
    let words = [media.protocol_text(), T38::format(&media).unwrap_or(FORMAT)];
    let mut builder = begin(stamp, local.endpoint.address);
    for (at, other) in offer.media().enumerate() {
        if at == index {
            push_fax(&mut builder, local.endpoint.rtp_port, words, ours, direction);
        } else {
            push_refused(&mut builder, &other);
        }
    }
    let negotiated = Negotiated::fax(theirs, direction, &media);
    Ok(Answer { description: builder.finish(), negotiated })
}

/// The media line that is answered, and with which codecs.
struct Taken<'o> {
    index: usize,
    media: Media<'o>,
    chosen: Option<Chosen>,
    pairs: Vec<Pair>,
}

/// The first live audio with a codec of ours; one that can be encrypted goes before others, as some phones offer both.
fn take<'o>(
    offer: &'o Description,
    ours: &[Format],
    encryption: &Encryption,
    order: Order,
) -> Result<Taken<'o>, Refusal> {
    let (mut refusal, mut plain) = (Refusal::NoAudio, None);
    for (index, media) in offer.media().enumerate() {
        if media.kind() != MediaKind::Audio || !media.is_live() {
            continue;
        }
        let chosen = match encryption.choose(&media) {
            Ok(chosen) => chosen,
            Err(error) => {
                refusal = refusal.or(error, &media);
                continue;
            }
        };
        let theirs = media.codecs();
        let pairs = common(ours, &theirs, order);
        if pairs.iter().any(|pair| pair.ours.codec.is_audio()) {
            let is_plain = chosen.is_none();
            let taken = Taken { index, media, chosen, pairs };
            if !is_plain {
                return Ok(taken);
            }
            plain.get_or_insert(taken);
            continue;
        }
        refusal = Refusal::NoCommonCodec { offered: names(&theirs) };
    }
    plain.ok_or(refusal)
}

impl Refusal {
    /// A codec that does not fit says more than a key that does not, and that more than a protocol.
    fn or(self, error: KeyError, media: &Media<'_>) -> Self {
        match (self, error) {
            (Self::NoAudio | Self::Protocol { .. }, KeyError::Protocol) => {
                Self::Protocol { protocol: String::from_utf8_lossy(media.protocol_text()).into_owned() }
            }
            (Self::NoAudio | Self::Protocol { .. } | Self::NoCommonSuite { .. }, KeyError::NoKey) => {
                Self::NoCommonSuite { offered: suites(media) }
            }
            (said @ (Self::NoCommonSuite { .. } | Self::NoCommonCodec { .. } | Self::NoFax), _) => said,
        }
    }
}

pub(crate) fn names(formats: &[Format]) -> String {
    let names: Vec<_> = formats.iter().map(|format| format.codec.encoding.name()).collect();
    names.join(", ")
}

/// The codecs that both have, in the order asked for. Each keeps the offerer's number.
fn common(ours: &[Format], theirs: &[Format], order: Order) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::with_capacity(theirs.len());
    let mut add = |our: &Format, their: &Format| {
        let is_new = pairs.iter().all(|pair| pair.ours.payload_type != their.payload_type);
        if is_new && our.codec.matches(&their.codec) {
            pairs.push(pair(our, their));
        }
    };
    match order {
        Order::Ours => ours.iter().for_each(|our| theirs.iter().for_each(|their| add(our, their))),
        Order::Theirs => theirs.iter().for_each(|their| ours.iter().for_each(|our| add(our, their))),
    }
    drop_foreign_clocks(&mut pairs, |pair| &pair.ours.codec);
    pairs
}

fn pair(our: &Format, their: &Format) -> Pair {
    let mut answered = our.codec.clone();
    answered.fmtp = answered_fmtp(&our.codec, &their.codec);
    Pair::new(Format::new(their.payload_type, answered), their.clone())
}
