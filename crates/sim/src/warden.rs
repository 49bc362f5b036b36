//! The system under test: the call core, the SIP engine and the relay, wired as the server wires them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_call::call_event::{CallEvent, CallId};
use warden_call::cdr::Cdr;
use warden_call::directory::Directory;
use warden_call::instant_message::{InstantMessage, MessageChange};
use warden_call::{CAPABILITIES, Event, Input, Output, Pbx};
use warden_sip::endpoint::{self, Endpoint, Flow, Settings};
use warden_sip::message::Message;
use warden_sip::random::Random;
use warden_sip::transaction::Timers;

use crate::media_node::MediaNode;
use crate::network::Datagram;

pub(crate) struct Warden {
    pub(crate) endpoint: Endpoint,
    pub(crate) pbx: Pbx,
    pub(crate) media: MediaNode,
    /// All that was told.
    pub(crate) events: Vec<Event>,
    /// What happened to calls, with the time since the start.
    pub(crate) timeline: Vec<(Duration, CallId, CallEvent)>,
    /// Messages that wait on disk.
    pub(crate) saved: BTreeMap<u64, InstantMessage>,
    pub(crate) disk_is_full: bool,
    start: Instant,
}

impl Warden {
    pub(crate) fn new(address: SocketAddr, seeds: [[u8; 32]; 2], now: Instant) -> Self {
        let settings =
            Settings { timers: Timers::RFC3261, capabilities: CAPABILITIES, max_server_transactions: 10_000 };
        let [engine, core] = seeds.map(Random::from_seed);
        Self {
            endpoint: Endpoint::new(settings, engine, now),
            pbx: Pbx::new(Arc::new(Directory::default()), core, now),
            media: MediaNode::new(address.ip(), now),
            events: Vec::new(),
            timeline: Vec::new(),
            saved: BTreeMap::new(),
            disk_is_full: false,
            start: now,
        }
    }

    /// A message came; what nothing may come of goes no further.
    pub(crate) fn receive(&mut self, bytes: Bytes, flow: Flow, now: Instant) {
        match Message::parse(bytes) {
            Ok(message) if self.pbx.admit(&message, flow, now).is_ok() => {
                self.endpoint.receive_message(message, flow, now);
            }
            Err(malformed) if self.pbx.admit_unread(flow.remote.ip(), flow.transport, now).is_ok() => {
                self.endpoint.refuse(&malformed, flow);
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// A connection has ended.
    pub(crate) fn flow_failed(&mut self, flow: &Flow, now: Instant) {
        self.endpoint.flow_failed(flow);
        self.pbx.handle(Input::FlowEnded(*flow), now);
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let timeouts = [self.endpoint.next_timeout(), self.pbx.next_timeout(), self.media.next_timeout()];
        timeouts.into_iter().flatten().min()
    }

    /// What is left is media to be sent.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<Datagram> {
        self.endpoint.handle_timeout(now);
        self.pbx.handle_timeout(now);
        self.media.handle_timeout(now)
    }

    /// Carries values between the engines until all are done; what is left is to be transmitted.
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
            } else if let Some(event) = self.media.poll_event() {
                self.pbx.handle(Input::Media(event), now);
            } else {
                return transmits;
            }
        }
    }

    fn carry_out(&mut self, output: Output, now: Instant) {
        match output {
            Output::Answer { id, reply } => self.endpoint.answer(id, &reply, now),
            Output::Send { id, request, flow } => self.endpoint.send(id, &request, flow, now),
            Output::Acknowledge { id, to_tag, ack, flow } => self.endpoint.acknowledge(id, &to_tag, &ack, flow),
            Output::Confirm { id } => self.endpoint.confirm(id, now),
            Output::Cancel { id, headers } => self.endpoint.cancel(id, headers, now),
            Output::Media(command) => self.media.carry_out(command, now),
            // No world has names or other servers.
            Output::Save(_)
            | Output::SaveBan(_)
            | Output::Leg { .. }
            | Output::SignedIn(_)
            | Output::Ask(_)
            | Output::Open { .. }
            | Output::KeepAlive { .. } => {}
            Output::SaveMessage(MessageChange::Put(message)) => {
                if !self.disk_is_full {
                    let id = message.id;
                    self.saved.insert(id, message);
                    self.pbx.handle(Input::MessagesSaved(vec![id]), now);
                }
            }
            Output::SaveMessage(MessageChange::Remove(id)) => drop(self.saved.remove(&id)),
            Output::Event(event) => {
                if let Event::Call { call, event } = &event {
                    self.timeline.push((now - self.start, *call, event.clone()));
                }
                self.events.push(event);
            }
        }
    }

    /// Calls in the order in which they began.
    pub(crate) fn calls(&self) -> Vec<CallId> {
        let begun = self.timeline.iter().filter(|(_, _, event)| matches!(event, CallEvent::Started(_)));
        begun.map(|(_, call, _)| *call).collect()
    }

    pub(crate) fn call_events(&self, call: CallId) -> Vec<(Duration, CallEvent)> {
        let own = self.timeline.iter().filter(|(_, other, _)| *other == call);
        own.map(|(at, _, event)| (*at, event.clone())).collect()
    }

    /// The records of the calls that have ended.
    pub(crate) fn records(&self) -> Vec<Cdr> {
        self.calls().into_iter().filter_map(|call| Cdr::fold(call, &self.call_events(call))).collect()
    }
}
