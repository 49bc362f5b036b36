//! Sound before the answer: what the caller was answered, or offered, before the call was taken.

use warden_media::relay::LegSetup;
use warden_sdp::description::Description;
use warden_sdp::{Capabilities, Direction, Endpoint, LocalMedia, Negotiated, Order, Session, State, relayed_answer};
use warden_sip::write::Body;

use super::digits::{DigitTerms, digit_setup};
use super::fax::sound_for;
use super::leg::{Fork, Leg, body};
use super::setup::{can_join, latch_mode, setup};
use super::turn::Turn;
use crate::directory::Directory;
use crate::media::LegOpening;

/// What the caller was answered before the call was. It holds (RFC 3261 §13.2.1), whoever answers the call, as long as
/// there is a way for sound.
#[derive(Clone)]
pub(super) struct Early {
    pub(super) told: Body,
    /// The caller's offer, so answered. In the leg itself it stays open. For a caller that left the offer to us: our
    /// offer, which is answered in a PRACK.
    pub(super) session: Session,
}

/// What a PRACK says of the session cannot be used.
pub(super) struct Useless;

impl Early {
    /// Whether who has agreed on `b` can be heard with it.
    pub(super) fn suits(&self, b: &Negotiated) -> bool {
        self.session.negotiated().is_some_and(|a| can_join(a, b))
    }

    /// The answer to the caller's offer, as a phone that has agreed on `b` would have it.
    fn answer(a: &mut Leg, b: &Negotiated, turn: &Turn<'_>) -> Option<Self> {
        let mut session = a.session.clone();
        let told = answer_with(&mut session, b, a.endpoint(turn.directory), a.codecs(turn.directory))?;
        a.session.count_on_from(&session);
        Some(Self { told, session })
    }

    /// An offer to a caller that has made none: what a phone has agreed on, or all that we can.
    pub(super) fn offer(a: &mut Leg, b: Option<&Negotiated>, directory: &Directory) -> Option<Self> {
        let mut session = a.session.clone();
        let told = offer_with(&mut session, b, a.offered_endpoint(directory), a.codecs(directory))?;
        a.session.count_on_from(&session);
        Some(Self { told, session })
    }

    /// What the caller has said in a PRACK: the answer to our offer, or an offer of its own (RFC 3262 §5), which is
    /// answered with what a phone has agreed on. What goes into the 200 for it.
    ///
    /// # Errors
    /// [`Useless`]; what held before holds on.
    pub(super) fn take(
        &mut self,
        description: Description,
        a: &mut Leg,
        b: Option<&Negotiated>,
        turn: &Turn<'_>,
    ) -> Result<Option<Body>, Useless> {
        match self.session.state() {
            State::WeOffered => self.session.accept(description).map(|_| None).map_err(|_| Useless),
            State::Stable => {
                self.session.receive_offer(description).map_err(|_| Useless)?;
                let answer = b.and_then(|b| {
                    answer_with(&mut self.session, b, a.endpoint(turn.directory), a.codecs(turn.directory))
                });
                if answer.is_none() {
                    self.session.reject();
                }
                a.session.count_on_from(&self.session);
                self.told = answer.ok_or(Useless)?;
                Ok(Some(self.told.clone()))
            }
            State::TheyOffered => Err(Useless),
        }
    }

    /// How sound gets from a phone to the caller; `None` while one of them has agreed on nothing.
    pub(super) fn join(&self, a: &Leg, fork: &Fork, directory: &Directory) -> Option<Box<[LegOpening; 2]>> {
        let (own, b) = (self.session.negotiated()?, fork.session.negotiated()?);
        let mode = |owner| latch_mode(owner, directory);
        let terms = |owner| DigitTerms::of(owner, directory);
        let (its, other) = ((own, terms(&a.owner)), (b, terms(&fork.extension)));
        let for_a = setup(own, b, None, mode(&a.owner), false);
        let for_b = setup(b, own, None, mode(&fork.extension), false);
        // Before the answer nobody says the digits of one in the way of the other: tones stay where they are.
        let for_a = LegSetup { digits: digit_setup(its, other, directory).without_listening(), ..for_a };
        let for_b = LegSetup { digits: digit_setup(other, its, directory).without_listening(), ..for_b };
        let legs = [(a.ports, for_a), (fork.ports, for_b)];
        Some(Box::new(legs.map(|(ports, setup)| LegOpening { ports, setup })))
    }
}

/// A phone sends sound before it answers: what the caller is told for it. One that confirms what it is told holds us to
/// that, and can be made an offer; to another one that must wait for the 2xx.
pub(super) fn early_media(
    a: &mut Leg,
    told: Option<&Early>,
    fork: &Fork,
    confirms: bool,
    turn: &Turn<'_>,
) -> Option<Early> {
    let b = fork.session.negotiated()?;
    match told {
        Some(told) if told.suits(b) => return Some(told.clone()),
        Some(_) if confirms => return None,
        Some(_) | None => {}
    }
    if a.session.open_offer().is_some() {
        return Early::answer(a, b, turn);
    }
    if confirms { Early::offer(a, Some(b), turn.directory) } else { None }
}

/// Answers the caller's open offer in `session` with what another phone has agreed on.
pub(super) fn answer_with(
    session: &mut Session,
    b: &Negotiated,
    endpoint: Endpoint,
    codecs: &Capabilities,
) -> Option<Body> {
    let local = relayed_answer(session.open_offer()?, session.encryption(), b, codecs, endpoint)?;
    Some(body(&*session.answer(&local, Order::Ours).ok()?))
}

/// Makes the caller an offer in `session`: what another phone has agreed on, or all that we can.
pub(super) fn offer_with(
    session: &mut Session,
    b: Option<&Negotiated>,
    endpoint: Endpoint,
    codecs: &Capabilities,
) -> Option<Body> {
    let local = match b {
        Some(agreed) => LocalMedia {
            endpoint,
            direction: agreed.direction.reversed(),
            ptime_ms: Some(agreed.ptime_ms),
            codecs: sound_for(agreed, codecs, codecs),
            fax: None,
        },
        None => {
            LocalMedia { endpoint, direction: Direction::SendRecv, ptime_ms: None, codecs: codecs.own(), fax: None }
        }
    };
    session.offer(&local).ok().map(|offer| body(&offer))
}
