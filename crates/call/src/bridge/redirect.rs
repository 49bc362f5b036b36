//! A phone sends a call elsewhere (3xx): the dialplan decides as if its extension had dialled the number, and only phones
//! of our own are called. A phone could make us call anybody otherwise.

use warden_sip::header::{HeaderName, NameAddr, Star, contacts};
use warden_sip::message::Message;
use warden_sip::uri::{Host, Uri};

use super::dial::{MAX_FORKS, ring};
use super::diversion::{Diversion, hops};
use super::hunt::{Hunt, one_way_each};
use super::identity::address_for;
use super::leg::{Fork, Leg};
use super::refresh::usual_interval_s;
use super::refusal::Refusal;
use super::turn::Turn;
use crate::directory::Extension;
use crate::registrar::Binding;

/// How often a call may be sent on from one phone to the next; nobody means to have more.
pub(super) const MAX_HOPS: u8 = 5;

impl Hunt {
    /// Calls the phones that `fork` redirects to, as far as they may be called and have not been.
    pub(super) fn follow(&mut self, a: &Leg, response: &Message, fork: &Fork, turn: &mut Turn<'_>) {
        let mut diversions = fork.diversions.clone();
        diversions.push(Diversion::by(fork, response));
        if hops(&diversions) > MAX_HOPS.min(self.max_forwards) {
            return;
        }
        for binding in targets(response, fork, turn) {
            if self.may_call(binding)
                && let Ok(fork) =
                    ring(a, self, binding, usual_interval_s(turn.directory), diversions.clone(), None, turn)
            {
                self.forks.push(fork);
            }
        }
    }
}

/// The phones that a 3xx names, each by its own Contact, a GRUU, or a number of ours.
fn targets<'a>(response: &Message, fork: &Fork, turn: &mut Turn<'a>) -> Vec<&'a Binding> {
    let registrar = turn.registrar;
    let mut found = Vec::new();
    for contact in response.headers(HeaderName::Contact).flat_map(contacts).take(MAX_FORKS) {
        let Ok(Star::One(NameAddr { uri_text, .. })) = contact else { continue };
        let Ok(uri) = Uri::parse(uri_text) else { continue };
        let known = one_way_each(registrar.reached_by(&uri));
        if known.is_empty()
            && is_here(&uri, fork, turn)
            && let Some(extension) = uri.dialled().and_then(|number| extension(&number, turn))
        {
            found.extend(one_way_each(registrar.bindings_of(&extension)));
        }
        for binding in known {
            let extension = extension(binding.extension.text().as_bytes(), turn);
            found.extend((extension.as_ref() == Some(&binding.extension)).then_some(binding));
        }
    }
    found
}

/// Whose phones the dialplan rings for a number. Nobody's for an emergency number: only people call for help.
fn extension(number: &[u8], turn: &mut Turn<'_>) -> Option<Extension> {
    let destination = turn.route(std::str::from_utf8(number).ok()?);
    Refusal::or_extension(&destination).ok().cloned()
}

/// Whether a URI has us as its host.
fn is_here(uri: &Uri<'_>, fork: &Fork, turn: &Turn<'_>) -> bool {
    uri.as_sip().is_some_and(|uri| match uri.host.host {
        Host::Address(address) => address == address_for(&fork.flow, turn.directory),
        Host::Name(name) => name.eq_ignore_ascii_case(turn.directory.realm.as_bytes()),
    })
}
