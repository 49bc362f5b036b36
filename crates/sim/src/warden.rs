//! The system under test: the call core and the SIP engine, wired as the server wires them.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use warden_call::directory::Directory;
use warden_call::{CAPABILITIES, Event, Input, Output, Pbx};
use warden_sip::endpoint::{self, Endpoint, Flow, Settings};
use warden_sip::random::Random;
use warden_sip::transaction::Timers;

pub(crate) struct Warden {
    pub(crate) endpoint: Endpoint,
    pub(crate) pbx: Pbx,
    /// All that was told.
    pub(crate) events: Vec<Event>,
}

impl Warden {
    pub(crate) fn new(seeds: [[u8; 32]; 2], now: Instant) -> Self {
        let settings =
            Settings { timers: Timers::RFC3261, capabilities: CAPABILITIES, max_server_transactions: 10_000 };
        let [engine, core] = seeds.map(Random::from_seed);
        Self {
            endpoint: Endpoint::new(settings, engine, now),
            pbx: Pbx::new(Arc::new(Directory::default()), core, now),
            events: Vec::new(),
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.endpoint.next_timeout().into_iter().chain(self.pbx.next_timeout()).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.pbx.handle_timeout(now);
    }

    /// Carries values between the engines until both are done; what is left is to be transmitted.
    pub(crate) fn drain(&mut self, now: Instant) -> Vec<(Flow, Bytes)> {
        let mut transmits = Vec::new();
        loop {
            if let Some(output) = self.pbx.poll() {
                self.carry_out(output, now);
            } else if let Some(output) = self.endpoint.poll() {
                match output {
                    endpoint::Output::Transmit { flow, bytes } => transmits.push((flow, bytes)),
                    endpoint::Output::Event(event) => self.pbx.handle(Input::Sip(event), now),
                }
            } else {
                return transmits;
            }
        }
    }

    fn carry_out(&mut self, output: Output, now: Instant) {
        match output {
            Output::Answer { id, reply } => self.endpoint.answer(id, &reply, now),
            Output::Send { id, request, flow } => self.endpoint.send(id, &request, flow, now),
            Output::Save(_) => {}
            Output::Event(event) => self.events.push(event),
        }
    }
}
