//! While a registration stands, and at its end: its path, its Contact, its connection.

use warden_sip::endpoint::Flow;
use warden_sip::resolve::Attempts;

use super::{Line, Stage};
use crate::bridge::address_for;
use crate::registrant::account::AccountNews;
use crate::registrant::hand::Hand;
use crate::registrant::{pace, request};

impl Line {
    /// Our address, as others see it, may have changed: then calls are wanted there from now on.
    pub(in crate::registrant) fn check_contact(&mut self, hand: &mut Hand<'_>) {
        let Stage::Waiting { .. } = self.stage else { return };
        let Some(flow) = self.way.filter(|_| self.is_registered(hand.now)) else { return };
        if self.contact.as_ref() != Some(&request::contact(&self.account, &flow, address_for(&flow, hand.directory))) {
            self.stage = Stage::Waiting { until: hand.now };
        }
    }

    /// The path is kept open from now on, unless it does not leave the own network.
    pub(super) fn begin_to_keep_alive(&mut self, flow: &Flow, hand: &mut Hand<'_>) {
        let is_near = hand.directory.local_networks.contains(flow.remote.ip());
        self.keep_alive_at = (!is_near).then(|| hand.now + pace::keep_alive_after(flow.transport, hand.random));
    }

    /// The path is shown to be in use, as long as calls may come by it.
    pub(super) fn keep_alive(&mut self, hand: &mut Hand<'_>) {
        self.keep_alive_at = None;
        if let Some(flow) = self.way.filter(|_| self.is_registered(hand.now)) {
            hand.keep_alive(flow);
            self.keep_alive_at = Some(hand.now + pace::keep_alive_after(flow.transport, hand.random));
        }
    }

    /// A connection has ended: if it was that of the registration, calls cannot come by it any more.
    pub(in crate::registrant) fn handle_flow_ended(&mut self, flow: &Flow, hand: &mut Hand<'_>) {
        if self.way != Some(*flow) {
            return;
        }
        self.lose_way();
        let was_registered = self.registered_until.take().is_some();
        if let Stage::Waiting { .. } = self.stage
            && was_registered
        {
            let (reason, retry) = ("the connection has ended".to_owned(), pace::reconnect(hand.random));
            self.error = Some(reason.clone());
            self.stage = Stage::Waiting { until: hand.now + retry };
            self.tell(AccountNews::Failed { reason, retry, still_registered: false }, hand);
        }
    }

    /// Gives the registration up, if there is one.
    pub(in crate::registrant) fn leave(&mut self, hand: &mut Hand<'_>) {
        self.successor = None;
        if std::mem::replace(&mut self.is_leaving, true) {
            return;
        }
        // What is under way may still be granted.
        let is_registered = self.is_registered(hand.now) || matches!(self.stage, Stage::Asked { .. });
        match self.way.filter(|_| is_registered) {
            Some(flow) => {
                self.tries = 0;
                self.keys.begin();
                self.attempts = Attempts::default();
                self.ask(flow, hand);
            }
            None => self.stage = Stage::Over,
        }
    }
}
