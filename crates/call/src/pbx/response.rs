//! What comes back for requests of ours: it goes to the part that has asked.

use std::time::Instant;

use warden_sip::endpoint::{ClientId, Failure, Flow};
use warden_sip::message::Message;

use super::Pbx;
use crate::numbers::Part;

impl Pbx {
    /// An answer goes to the part that has asked.
    pub(super) fn handle_response(&mut self, id: ClientId, response: &Message, flow: Flow, now: Instant) {
        match Part::of(id) {
            Some(Part::Calls) => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_response(id, response, flow, world);
            }
            Some(Part::Subscriptions) => {
                let (subscriptions, mut scene) = self.subscriptions(now);
                subscriptions.handle_response(id, response, &mut scene);
            }
            Some(Part::Registrant) => {
                let (registrant, around) = self.registrant(now);
                registrant.handle_response(id, response, around);
            }
            Some(Part::KeepAlives) => self.keep_alives.handle_response(id, response, now),
            Some(Part::InstantMessages) => {
                let (messages, mut scene) = self.messages(now);
                messages.handle_response(id, response, &mut scene);
            }
            None => {}
        }
    }

    /// No answer will come: that, too, the part that has asked is told.
    pub(super) fn handle_failed(&mut self, id: ClientId, failure: Failure, now: Instant) {
        match Part::of(id) {
            Some(Part::Calls) => {
                let (bridge, world) = self.bridge(now);
                bridge.handle_failed(id, failure, world);
            }
            Some(Part::Subscriptions) => self.subscriptions.handle_failed(id),
            Some(Part::InstantMessages) => {
                let (messages, mut scene) = self.messages(now);
                messages.handle_failed(id, failure, &mut scene);
            }
            Some(Part::Registrant) => {
                let (registrant, around) = self.registrant(now);
                registrant.handle_failed(id, failure, around);
            }
            Some(Part::KeepAlives) => self.keep_alives.handle_failed(id),
            None => {}
        }
    }
}
