//! What the core wants of the world beyond its phones: DNS, ways to servers, and registrations of its own.

use std::sync::Arc;
use std::time::Instant;

use warden_sip::endpoint::{ClientId, Flow};
use warden_sip::resolve::{Answer, Question};

use super::Pbx;
use crate::numbers::Part;
use crate::registrant::{AccountView, Registrant, Surroundings};

impl Pbx {
    /// Tells the parts that keep something of the configuration.
    pub(super) fn configure(&mut self, now: Instant) {
        self.external.configure(&self.directory, now, &mut self.outputs);
        self.place_external();
        let (registrant, around) = self.registrant(now);
        registrant.configure(around);
    }

    /// New calls use what the name of the external address stands for.
    fn place_external(&mut self) {
        let address = self.external.address();
        if self.directory.external_name.is_some() && self.directory.calls.external_address != address {
            Arc::make_mut(&mut self.directory).calls.external_address = address;
        }
    }

    pub(super) fn handle_answer(&mut self, question: &Question, answer: &Answer, now: Instant) {
        if self.external.handle_answer(question, answer, now, &mut self.outputs) {
            self.place_external();
            let (registrant, around) = self.registrant(now);
            registrant.check_contacts(around);
        }
        let (registrant, around) = self.registrant(now);
        registrant.handle_answer(question, answer, around);
    }

    /// A way is known to the part that has asked for it.
    pub(super) fn handle_opened(&mut self, id: ClientId, flow: Option<Flow>, now: Instant) {
        match Part::of(id) {
            Some(Part::Registrant) => {
                let (registrant, around) = self.registrant(now);
                registrant.handle_opened(id, flow, around);
            }
            // These go where a phone has come from.
            Some(Part::Calls | Part::Subscriptions | Part::KeepAlives | Part::InstantMessages) | None => {}
        }
    }

    /// How Warden's own registrations at other servers fare, in the order of the configuration.
    #[must_use]
    pub fn accounts(&self, now: Instant) -> Vec<AccountView> {
        self.registrant.views(now)
    }

    /// Whether all of them have been given up; see [`Input::Leave`](crate::Input::Leave).
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.registrant.has_left()
    }

    /// Our own registrations, and what they decide from.
    pub(super) fn registrant(&mut self, now: Instant) -> (&mut Registrant, Surroundings<'_>) {
        let Self { directory, outputs, registrant, .. } = self;
        (registrant, Surroundings { directory, outputs, now })
    }
}
