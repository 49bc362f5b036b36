//! The phones that are called for one number, until one of them answers or none is left.
//!
//! Those with the highest q ring together, then the next (RFC 3261 §16.6); of the ways to one phone always one only, the
//! newest first, and another when that one leads nowhere (RFC 5626 §5.3).

use std::time::Duration;

use warden_sdp::srtp::Srtp;
use warden_sip::endpoint::ClientId;
use warden_sip::message::Message;
use warden_sip::status::Status;
use warden_sip::uri::OwnedUri;
use warden_sip::wheel::TimerId;

use super::call::{Call, Stage};
use super::dial::{MAX_FORKS, ring};
use super::diversion::Diversion;
use super::keys::may_insist;
use super::leg::{Fork, Leg};
use super::refresh::{demanded_s, usual_interval_s};
use super::refusal::Refusal;
use super::turn::{Timer, Turn};
use crate::directory::Extension;
use crate::registrar::{Binding, BindingId, Instance, Registrar};

/// How long phones with a higher q ring alone. They ring on when the next ones begin.
const RING_ALONE_FOR: Duration = Duration::from_secs(15);
/// How often a phone is asked in all, when it demands ever longer sessions.
const MAX_ASKED: u32 = 3;

/// A search for somebody who answers.
pub(super) struct Hunt {
    /// Whom the phones show.
    pub(super) caller: Extension,
    /// The caller does not want to be known.
    pub(super) is_private: bool,
    /// The caller wants the phones to pick up by themselves.
    pub(super) wants_auto_answer: bool,
    /// Who has sent the call on before it came to us.
    pub(super) brought: Vec<Diversion>,
    /// Who has asked for it, if that is not the caller and wants to be known.
    pub(super) referrer: Option<Extension>,
    /// For every INVITE that is sent.
    pub(super) max_forwards: u8,
    pub(super) forks: Vec<Fork>,
    /// The failure that says most so far.
    refusal: Option<Refusal>,
    /// Every way that was tried: each is tried once (RFC 3261 §16.5).
    pub(super) called: Vec<(BindingId, OwnedUri)>,
    /// Whose phones ring, once any do.
    callee: Option<Extension>,
    /// The one phone of these that is meant, if not all.
    pub(super) only: Option<Instance>,
    /// The lowest q of those that ring.
    rung_down_to: u16,
    /// When those with the next lower one begin.
    pub(super) next: Option<TimerId>,
}

/// The newest way to each phone. `bindings` come in order of registration, and those that are left keep it.
pub(crate) fn one_way_each<'a>(bindings: impl DoubleEndedIterator<Item = &'a Binding>) -> Vec<&'a Binding> {
    let mut phones: Vec<&Binding> = Vec::new();
    for binding in bindings.rev() {
        if !phones.iter().any(|phone| phone.is_same_phone(binding)) {
            phones.push(binding);
        }
    }
    phones.reverse();
    phones
}

impl Hunt {
    pub(super) fn new(caller: Extension, is_private: bool, max_forwards: u8) -> Self {
        Self {
            caller,
            is_private,
            wants_auto_answer: false,
            brought: Vec::new(),
            referrer: None,
            max_forwards,
            forks: Vec::new(),
            refusal: None,
            called: Vec::new(),
            callee: None,
            only: None,
            rung_down_to: u16::MAX,
            next: None,
        }
    }

    /// Calls the phones of an extension, the most wanted first, for who is at `a`.
    ///
    /// # Errors
    /// Why none is called; then nothing is kept.
    pub(super) fn call_all(&mut self, a: &Leg, extension: &Extension, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        self.callee = Some(extension.clone());
        self.ring_next(a, turn)
    }

    /// Calls the next phones of the extension, and waits some time before those after them.
    ///
    /// # Errors
    /// Why none of them is called, and there are no more.
    pub(super) fn ring_next(&mut self, a: &Leg, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        turn.stop_waiting(&mut self.next);
        let mut refusal = Refusal::NOT_REGISTERED;
        let mut rings = false;
        while !rings {
            let phones = self.next_phones(turn.registrar);
            let Some(first) = phones.first() else { return Err(refusal) };
            self.rung_down_to = first.q_permille;
            for binding in phones {
                if !self.may_call(binding) {
                    continue;
                }
                match ring(a, self, binding, usual_interval_s(turn.directory), Vec::new(), None, turn) {
                    Ok(fork) => {
                        self.forks.push(fork);
                        rings = true;
                    }
                    Err(reason) => refusal = reason,
                }
            }
        }
        if self.phones(turn.registrar).any(|binding| self.is_left(binding)) {
            self.next = Some(turn.wait(RING_ALONE_FOR, Timer::NextPhones));
        }
        Ok(())
    }

    /// Somebody has answered, and is to be given up before others are called.
    fn ring_next_later(&mut self, turn: &mut Turn<'_>) {
        turn.stop_waiting(&mut self.next);
        self.next = Some(turn.wait(RING_ALONE_FOR, Timer::NextPhones));
    }

    /// Whom it is for from now on, and which phone has asked for it; phones that ring already show who it was for.
    pub(super) fn calls_for(&mut self, caller: &Leg, referrer: Option<&Leg>) {
        (self.caller, self.is_private) = (caller.owner.clone(), caller.is_private);
        self.referrer = referrer.filter(|referrer| !referrer.is_private).map(|referrer| referrer.owner.clone());
    }

    /// Whose phones ring.
    pub(super) fn callee(&self) -> Option<&Extension> {
        self.callee.as_ref()
    }

    /// All that there is of it, for another call to go on with. Those with a lower q wait until the others have refused;
    /// what the caller here has brought and asked for is not theirs.
    pub(super) fn hand_over(&mut self) -> Self {
        let empty = Self::new(self.caller.clone(), self.is_private, self.max_forwards);
        Self { next: None, wants_auto_answer: false, brought: Vec::new(), ..std::mem::replace(self, empty) }
    }

    /// The ways to all phones of the extension, in order of registration.
    fn phones<'r>(&self, registrar: &'r Registrar) -> impl DoubleEndedIterator<Item = &'r Binding> {
        self.callee.as_ref().map(|callee| registrar.bindings_of(callee)).into_iter().flatten()
    }

    /// Of the phones that are left those with the highest q, in order of registration.
    fn next_phones<'r>(&self, registrar: &'r Registrar) -> Vec<&'r Binding> {
        let mut phones = one_way_each(self.phones(registrar));
        phones.retain(|binding| self.is_left(binding));
        let highest = phones.iter().map(|binding| binding.q_permille).max();
        phones.retain(|binding| Some(binding.q_permille) == highest);
        phones
    }

    /// Whether a phone is meant, and its q is lower than that of those that were called.
    fn is_left(&self, binding: &Binding) -> bool {
        (self.only.is_none() || binding.instance == self.only) && binding.q_permille < self.rung_down_to
    }

    /// Calls the phone of `fork` again: with the session interval that it demands (RFC 4028 §7.3), with sound that is nothing
    /// but encrypted, or by another of its ways where this one leads nowhere.
    pub(super) fn call_again(
        &mut self,
        a: &Leg,
        fork: &Fork,
        status: Status,
        response: Option<&Message>,
        turn: &mut Turn<'_>,
    ) -> Option<Fork> {
        if let Some(interval_s) = response.and_then(|response| demanded_s(response, fork.interval_s)) {
            let registrar = turn.registrar;
            let binding = registrar.binding(&fork.extension, fork.binding).filter(|_| fork.sequence < MAX_ASKED)?;
            let before = Some((fork, fork.session.encryption().policy()));
            return ring(a, self, binding, interval_s, fork.diversions.clone(), before, turn).ok();
        }
        if may_insist(status, &fork.session) {
            let registrar = turn.registrar;
            let binding = registrar.binding(&fork.extension, fork.binding).filter(|_| fork.sequence < MAX_ASKED)?;
            let before = Some((fork, Srtp::Required));
            return ring(a, self, binding, fork.interval_s, fork.diversions.clone(), before, turn).ok();
        }
        if leads_nowhere(status, response, fork) { self.try_other_way(a, fork, turn) } else { None }
    }

    /// Calls the phone of `fork` by another of its ways that has not been tried; `None` when there is none.
    fn try_other_way(&mut self, a: &Leg, fork: &Fork, turn: &mut Turn<'_>) -> Option<Fork> {
        let instance = fork.instance.as_ref()?;
        let registrar = turn.registrar;
        let is_other = |binding: &&Binding| binding.instance.as_ref() == Some(instance) && self.may_call(binding);
        let binding = registrar.bindings_of(&fork.extension).rev().find(is_other)?;
        ring(a, self, binding, fork.interval_s, fork.diversions.clone(), None, turn).ok()
    }

    /// Whether this way, too, may be tried. Two flows of one phone may have one Contact (RFC 5626 §4.2.1); no others.
    pub(super) fn may_call(&self, binding: &Binding) -> bool {
        let is_this = |(id, contact): &(BindingId, OwnedUri)| {
            *id == binding.id() || (binding.reg_id.is_none() && *contact == binding.contact)
        };
        self.called.len() < MAX_FORKS && !self.called.iter().any(is_this)
    }

    pub(super) fn fork(&self, client: ClientId) -> Option<usize> {
        self.forks.iter().position(|fork| fork.client == client)
    }

    /// A phone is out of the search. When it was the last that rang the next ones do. Gives the failure that says most when
    /// there are none, or it speaks for all (6xx).
    pub(super) fn note(&mut self, refusal: Refusal, a: &Leg, turn: &mut Turn<'_>) -> Option<Refusal> {
        let most = self.refusal.filter(|known| known.rank() <= refusal.rank()).unwrap_or(refusal);
        self.refusal = Some(most);
        (refusal.speaks_for_all() || (self.forks.is_empty() && self.ring_next(a, turn).is_err())).then_some(most)
    }
}

/// Whether a phone was not reached: the way to it has ended, or nothing has come back.
fn leads_nowhere(status: Status, response: Option<&Message>, fork: &Fork) -> bool {
    status == Status::FLOW_FAILED || (response.is_none() && fork.progress.is_none())
}

impl Call {
    /// The first phones have rung for a while.
    pub(super) fn ring_next(&mut self, turn: &mut Turn<'_>) {
        // Others ring already, so that none can be called ends nothing.
        let _none = match &mut self.stage {
            Stage::Ringing(ringing) if ringing.held.is_some() => {
                ringing.hunt.ring_next_later(turn);
                Ok(())
            }
            Stage::Ringing(ringing) => ringing.hunt.ring_next(&self.a, turn),
            Stage::Up(_) => self.ring_next_of_transfer(turn),
            Stage::Over => Ok(()),
        };
    }
}
