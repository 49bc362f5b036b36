//! Reads the answer to an offer of ours (RFC 3264 §7).

use crate::answer::names;
use crate::codec::Format;
use crate::description::{Description, Media, MediaKind};
use crate::negotiated::{Negotiated, OurTerms, Pair};
use crate::offer::is_ours;
use crate::srtp::{KeyError, SrtpKeys, keys_of_answer, suites};
use crate::t38::T38;

/// Why an answer does not answer our offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Every media line of an offer must be answered, and no other.
    #[error("{offered} media lines were offered, {answered} answered")]
    MediaCount {
        /// How many we offered.
        offered: usize,
        /// How many came back.
        answered: usize,
    },
    /// The stream is answered by something else.
    #[error("media line {index} offers {offered} and is answered by {answered}")]
    MediaKind {
        /// Number of the media line, from one.
        index: usize,
        /// What we offered.
        offered: String,
        /// What came back.
        answered: String,
    },
    /// The stream is answered over another transport.
    #[error("the stream was offered over {offered} and is answered over {answered}")]
    Protocol {
        /// What we offered.
        offered: String,
        /// What came back.
        answered: String,
    },
    /// The audio is answered as encrypted, with no key for a suite that was offered.
    #[error("the audio is to be encrypted and is answered with {answered}")]
    Key {
        /// The names of the suites answered, as they are written.
        answered: String,
    },
    /// The stream is answered with port 0.
    #[error("the stream is refused")]
    Refused,
    /// None of the codecs answered was offered.
    #[error("{answered} was not offered, and nothing else is answered")]
    NotOffered {
        /// The names of those answered; empty when none is known.
        answered: String,
    },
    /// Fax is answered without an address, or as another format than T.38.
    #[error("the fax is answered by something else")]
    Fax,
}

/// What `answer` agrees on, being the answer to our `offer`.
///
/// Codecs that were not offered are ignored as long as one was: an answerer may name more (RFC 3264 §6.1).
/// # Errors
/// [`AnswerError`] names what is wrong.
pub fn read_answer(offer: &Description, answer: &Description) -> Result<Negotiated, AnswerError> {
    let (offered, answered) = (offer.media_count(), answer.media_count());
    if offered != answered {
        return Err(AnswerError::MediaCount { offered, answered });
    }
    let (index, ours) = offer.media().enumerate().find(|(_, media)| is_ours(media)).ok_or(AnswerError::Refused)?;
    let theirs = answer.media_at(index).ok_or(AnswerError::Refused)?;
    check_line(index, &ours, &theirs)?;
    if ours.kind() == MediaKind::Image {
        return read_fax(&ours, &theirs);
    }
    let srtp = keys(&ours, &theirs)?;
    let formats = theirs.codecs();
    let terms = OurTerms { direction: ours.direction(), rtcp_mux: ours.rtcp_mux(), srtp };
    Negotiated::conclude(pairs(&ours.codecs(), &formats), terms, &theirs)
        .ok_or_else(|| AnswerError::NotOffered { answered: names(&formats) })
}

fn check_line(index: usize, ours: &Media<'_>, theirs: &Media<'_>) -> Result<(), AnswerError> {
    if ours.kind() != theirs.kind() {
        let (offered, answered) = (text(ours.kind_text()), text(theirs.kind_text()));
        return Err(AnswerError::MediaKind { index: index + 1, offered, answered });
    }
    if theirs.is_live() { Ok(()) } else { Err(AnswerError::Refused) }
}

/// The keys that hold by the answer.
fn keys(ours: &Media<'_>, theirs: &Media<'_>) -> Result<Option<SrtpKeys>, AnswerError> {
    // Feedback makes no difference to us: AVP and AVPF answer each other.
    keys_of_answer(ours, theirs).map_err(|error| match error {
        KeyError::Protocol => other_protocol(ours, theirs),
        KeyError::NoKey => AnswerError::Key { answered: suites(theirs) },
    })
}

fn read_fax(ours: &Media<'_>, theirs: &Media<'_>) -> Result<Negotiated, AnswerError> {
    if ours.protocol() != theirs.protocol() {
        return Err(other_protocol(ours, theirs));
    }
    let said = T38::offered(theirs).ok_or(AnswerError::Fax)?;
    Ok(Negotiated::fax(said, ours.direction(), theirs))
}

fn other_protocol(ours: &Media<'_>, theirs: &Media<'_>) -> AnswerError {
    AnswerError::Protocol { offered: text(ours.protocol_text()), answered: text(theirs.protocol_text()) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The codecs of the answer that were offered, in its order. Of two that match the one with the same number is meant.
fn pairs(ours: &[Format], theirs: &[Format]) -> Vec<Pair> {
    let find = |their: &Format| {
        let mut matching = ours.iter().filter(|our| our.codec.matches(&their.codec));
        let first = matching.clone().next()?;
        Some(matching.find(|our| our.payload_type == their.payload_type).unwrap_or(first))
    };
    theirs.iter().filter_map(|their| Some(Pair::new(find(their)?.clone(), their.clone()))).collect()
}
