//! The phones that are called for one number, until one of them answers or none is left.

use warden_sip::endpoint::ClientId;
use warden_sip::uri::OwnedUri;

use super::dial::{MAX_FORKS, ring};
use super::leg::{Fork, Leg};
use super::refresh::usual_interval_s;
use super::refusal::Refusal;
use super::turn::Turn;
use crate::directory::Extension;
use crate::registrar::Binding;

/// A search for somebody who answers.
pub(super) struct Hunt {
    /// Whom the phones show.
    pub(super) caller: Extension,
    /// The caller does not want to be known.
    pub(super) is_private: bool,
    /// Who has asked for it, if that is not the caller.
    pub(super) referrer: Option<Extension>,
    /// For every INVITE that is sent.
    pub(super) max_forwards: u8,
    pub(super) forks: Vec<Fork>,
    /// The failure that says most so far.
    refusal: Option<Refusal>,
    /// Every phone that was called: each is called once (RFC 3261 §16.5).
    called: Vec<OwnedUri>,
}

impl Hunt {
    pub(super) fn new(caller: Extension, is_private: bool, max_forwards: u8) -> Self {
        Self { caller, is_private, referrer: None, max_forwards, forks: Vec::new(), refusal: None, called: Vec::new() }
    }

    /// Calls every phone of an extension, for who is at `a`.
    ///
    /// # Errors
    /// Why none is called; then nothing is kept.
    pub(super) fn call_all(&mut self, a: &Leg, extension: &Extension, turn: &mut Turn<'_>) -> Result<(), Refusal> {
        let bindings: Vec<&Binding> = turn.registrar.bindings_of(extension).collect();
        let mut refused = Refusal::NOT_REGISTERED;
        for binding in bindings {
            match ring(a, self, binding, usual_interval_s(turn.directory), Vec::new(), turn) {
                Ok(fork) => self.add(fork),
                Err(refusal) => refused = refusal,
            }
        }
        if self.forks.is_empty() { Err(refused) } else { Ok(()) }
    }

    /// All that there is of it, for another call to go on with.
    pub(super) fn hand_over(&mut self) -> Self {
        let empty = Self::new(self.caller.clone(), self.is_private, self.max_forwards);
        std::mem::replace(self, empty)
    }

    /// A phone has been called.
    pub(super) fn add(&mut self, fork: Fork) {
        self.called.push(fork.contact.clone());
        self.forks.push(fork);
    }

    /// Whether one more phone may be called.
    pub(super) fn may_call(&self, contact: &OwnedUri) -> bool {
        self.called.len() < MAX_FORKS && !self.called.contains(contact)
    }

    pub(super) fn fork(&self, client: ClientId) -> Option<usize> {
        self.forks.iter().position(|fork| fork.client == client)
    }

    /// A phone is out of the search. Gives the failure that says most when it was the last, or speaks for all (6xx).
    pub(super) fn note(&mut self, refusal: Refusal) -> Option<Refusal> {
        let most = self.refusal.filter(|known| known.rank() <= refusal.rank()).unwrap_or(refusal);
        self.refusal = Some(most);
        (self.forks.is_empty() || refusal.speaks_for_all()).then_some(most)
    }
}
