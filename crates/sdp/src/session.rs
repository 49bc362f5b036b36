//! Offers and answers in one dialog (RFC 3264 §4 and §8): whose turn it is, what holds, which version we are at.

use std::sync::Arc;

use crate::accept::{AnswerError, read_answer};
use crate::answer::{Answer, Order, Refusal, answer_encrypted};
use crate::compose::{Stamp, restamped};
use crate::description::{Description, MediaKind};
use crate::local::LocalMedia;
use crate::negotiated::Negotiated;
use crate::offer::{Numbering, Previous, is_ours, next_offer};
use crate::srtp::{Encryption, Srtp};

/// One end of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Ourselves.
    Us,
    /// The other end.
    Them,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No offer is open.
    Stable,
    /// They owe an answer.
    WeOffered,
    /// We owe an answer.
    TheyOffered,
}

/// How their new offer relates to their description that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// None holds yet.
    First,
    /// The same as before: a session refresh.
    Unchanged,
    /// Something else than before.
    Changed {
        /// Whether `o=` says so too; some phones forget to raise the version.
        is_announced: bool,
    },
}

/// Why no offer was made or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// An offer is open; for SIP this is glare or a mistake, 491 or 500.
    #[error("an offer by {by:?} is open")]
    Open {
        /// Whose.
        by: Side,
    },
    /// We have nothing to offer.
    #[error("no codec to offer")]
    NoCodec,
    /// Fax is not encrypted, and everything must be.
    #[error("fax cannot be encrypted")]
    PlainFax,
}

/// Why our answer was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RespondError {
    /// No offer of theirs is open.
    #[error("nothing to answer")]
    NothingOffered,
    /// The offer cannot be taken. It stays open until it is answered otherwise or rejected.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why their answer was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// No offer of ours waits for one.
    #[error("an answer to nothing")]
    NothingOffered,
    /// It does not fit. The offer stays open until it is answered otherwise or rejected.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

/// Our end of the offers and answers of one dialog. A clone serves another branch of a forked call.
#[derive(Clone, Debug)]
pub struct Session {
    stamp: Stamp,
    /// The last description we made, agreed on or not: the next version counts from it.
    sent: Option<Arc<Description>>,
    numbering: Numbering,
    encryption: Encryption,
    agreed: Option<Agreed>,
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Agreed {
    local: Arc<Description>,
    remote: Arc<Description>,
    negotiated: Negotiated,
    offered_by: Side,
    /// In a fax, what was agreed on before it: sound goes on as it was.
    before_fax: Option<Box<Agreed>>,
}

impl Agreed {
    fn sound(&self) -> Option<&Self> {
        if self.negotiated.fax.is_none() { Some(self) } else { self.before_fax.as_deref() }
    }
}

#[derive(Clone, Debug)]
enum Open {
    Ours(Arc<Description>),
    Theirs(Arc<Description>),
}

impl Session {
    /// A session that nothing is agreed on in. `session_id` is ours alone at our address, best below 2^31.
    #[must_use]
    pub fn new(session_id: u64) -> Self {
        let stamp = Stamp { session_id, version: 0 };
        Self {
            stamp,
            sent: None,
            numbering: Numbering::default(),
            encryption: Encryption::default(),
            agreed: None,
            open: None,
        }
    }

    /// Encrypts from the next offer or answer on. The keys must be no other session's; new ones are in place when the
    /// other end is another device than before, which cannot know how far the old ones have counted.
    pub fn encrypt(&mut self, encryption: Encryption) {
        self.encryption = encryption;
    }

    /// What [`Session::encrypt`] was told last; none before.
    #[must_use]
    pub fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// Whose turn it is.
    #[must_use]
    pub fn state(&self) -> State {
        match self.open {
            None => State::Stable,
            Some(Open::Ours(_)) => State::WeOffered,
            Some(Open::Theirs(_)) => State::TheyOffered,
        }
    }

    /// What holds, whatever is open.
    #[must_use]
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.agreed.as_ref().map(|agreed| &agreed.negotiated)
    }

    /// Our description that holds.
    #[must_use]
    pub fn local(&self) -> Option<&Description> {
        self.agreed.as_ref().map(|agreed| &*agreed.local)
    }

    /// Their description that holds.
    #[must_use]
    pub fn remote(&self) -> Option<&Description> {
        self.agreed.as_ref().map(|agreed| &*agreed.remote)
    }

    /// The offer that waits for an answer, whoever made it.
    #[must_use]
    pub fn open_offer(&self) -> Option<&Description> {
        match self.open.as_ref()? {
            Open::Ours(offer) | Open::Theirs(offer) => Some(offer),
        }
    }

    /// Whether the open offer is ours, and is of fax.
    #[must_use]
    pub fn offers_fax(&self) -> bool {
        match &self.open {
            Some(Open::Ours(offer)) => offer.media().any(|media| is_ours(&media) && media.kind() == MediaKind::Image),
            Some(Open::Theirs(_)) | None => false,
        }
    }

    /// Makes an offer. Media lines and numbers of earlier descriptions are kept; the version rises only with a change.
    ///
    /// # Errors
    /// [`OfferError`]; nothing has changed then.
    pub fn offer(&mut self, local: &LocalMedia) -> Result<Arc<Description>, OfferError> {
        self.check_nothing_open()?;
        if local.fax.is_some() && self.encryption.policy() == Srtp::Required {
            return Err(OfferError::PlainFax);
        }
        let formats = self.numbering.assign(&local.codecs);
        if local.fax.is_none() && formats.iter().all(|format| !format.codec.is_audio()) {
            return Err(OfferError::NoCodec);
        }
        self.numbering.bind(&formats);
        let previous = self.agreed.as_ref().map(|agreed| Previous {
            local: &agreed.local,
            sound: agreed.sound().map(|sound| (&*sound.local, &sound.negotiated)),
        });
        let offer = self.publish(next_offer(local, &formats, &self.encryption, self.next_stamp(), previous));
        self.open = Some(Open::Ours(Arc::clone(&offer)));
        Ok(offer)
    }

    /// Offers again what holds: the offer of a session refresh.
    ///
    /// # Errors
    /// [`OfferError`]; nothing has changed then.
    pub fn repeat_offer(&mut self) -> Result<Arc<Description>, OfferError> {
        self.check_nothing_open()?;
        let holding = self.agreed.as_ref().map(|agreed| Arc::clone(&agreed.local)).ok_or(OfferError::NoCodec)?;
        // After a refused offer the version that holds is not the last one any more (RFC 3264 §8).
        let offer = self.publish(restamped(&holding, self.next_stamp()));
        self.open = Some(Open::Ours(Arc::clone(&offer)));
        Ok(offer)
    }

    /// Takes the answer to our offer.
    ///
    /// A further answer to the same offer replaces the first, as 183 and 200 may come from different devices.
    /// # Errors
    /// [`AcceptError`]; nothing has changed then.
    pub fn accept(&mut self, answer: Description) -> Result<&Negotiated, AcceptError> {
        let offer = match (&self.open, &self.agreed) {
            (Some(Open::Ours(offer)), _) => Arc::clone(offer),
            (None, Some(agreed)) if agreed.offered_by == Side::Us => Arc::clone(&agreed.local),
            (Some(Open::Theirs(_)) | None, _) => return Err(AcceptError::NothingOffered),
        };
        let negotiated = read_answer(&offer, &answer)?;
        Ok(self.agree(offer, answer.into(), negotiated, Side::Us))
    }

    /// Takes an offer of theirs; [`Session::answer`] or [`Session::reject`] follows.
    ///
    /// # Errors
    /// [`OfferError::Open`]; nothing has changed then.
    pub fn receive_offer(&mut self, offer: Description) -> Result<Change, OfferError> {
        self.check_nothing_open()?;
        let change = self.remote().map_or(Change::First, |before| change(before, &offer));
        self.open = Some(Open::Theirs(offer.into()));
        Ok(change)
    }

    /// Answers their offer.
    ///
    /// # Errors
    /// [`RespondError`]; nothing has changed then.
    pub fn answer(&mut self, local: &LocalMedia, order: Order) -> Result<Arc<Description>, RespondError> {
        let Some(Open::Theirs(offer)) = &self.open else { return Err(RespondError::NothingOffered) };
        let remote = Arc::clone(offer);
        let Answer { description, negotiated } =
            answer_encrypted(&remote, local, &self.encryption, order, self.next_stamp())?;
        self.bind_answer(&description);
        let local = self.publish(description);
        self.agree(Arc::clone(&local), remote, negotiated, Side::Them);
        Ok(local)
    }

    /// Drops the open offer, ours or theirs; what held before holds on.
    pub fn reject(&mut self) {
        self.open = None;
    }

    /// What a clone has said was said to the same other end: versions and numbers go on from there (RFC 3264 §8).
    pub fn count_on_from(&mut self, told: &Self) {
        self.stamp = told.stamp;
        self.sent.clone_from(&told.sent);
        self.numbering.clone_from(&told.numbering);
    }

    fn check_nothing_open(&self) -> Result<(), OfferError> {
        match self.open {
            None => Ok(()),
            Some(Open::Ours(_)) => Err(OfferError::Open { by: Side::Us }),
            Some(Open::Theirs(_)) => Err(OfferError::Open { by: Side::Them }),
        }
    }

    fn next_stamp(&self) -> Stamp {
        Stamp { version: self.stamp.version + 1, ..self.stamp }
    }

    /// The description to send: the last one again, when it says the same.
    fn publish(&mut self, description: Description) -> Arc<Description> {
        if let Some(sent) = self.sent.as_ref().filter(|sent| sent.is_same_session(&description)) {
            return Arc::clone(sent);
        }
        self.stamp = self.next_stamp();
        let sent = Arc::new(description);
        self.sent = Some(Arc::clone(&sent));
        sent
    }

    fn bind_answer(&mut self, description: &Description) {
        if let Some(audio) = description.media().find(|media| is_ours(media) && media.kind() == MediaKind::Audio) {
            self.numbering.bind(&audio.codecs());
        }
    }

    fn agree(
        &mut self,
        local: Arc<Description>,
        remote: Arc<Description>,
        negotiated: Negotiated,
        offered_by: Side,
    ) -> &Negotiated {
        self.open = None;
        let before = self.agreed.take().filter(|_| negotiated.fax.is_some());
        let before_fax = before.and_then(|before| match before.before_fax {
            None if before.negotiated.fax.is_none() => Some(Box::new(before)),
            earlier => earlier,
        });
        &self.agreed.insert(Agreed { local, remote, negotiated, offered_by, before_fax }).negotiated
    }
}

fn change(before: &Description, offer: &Description) -> Change {
    if before.is_same_session(offer) {
        return Change::Unchanged;
    }
    let version = |description: &Description| description.origin().and_then(|origin| origin.version());
    Change::Changed { is_announced: version(before) != version(offer) }
}
