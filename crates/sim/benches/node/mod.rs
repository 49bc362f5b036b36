//! The engines as the server wires them, without sockets: text in, messages out.

#![allow(dead_code, unreachable_pub, reason = "each benchmark uses a part of it")]
#![expect(clippy::expect_used, reason = "the messages are known to be valid")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_call::directory::{Device, Directory, Extension, Person};
use warden_call::media::{MediaCommand, MediaEvent, PortPair};
use warden_call::route::{Action, Dialplan, Pattern};
use warden_call::{CAPABILITIES, Input, Output, Pbx};
use warden_media::relay::LegStatistics;
use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::{Capabilities, Capability, Use};
use warden_sip::digest::{Challenge, Exchange, Ha1};
use warden_sip::endpoint::{self, Endpoint, Flow, Settings};
use warden_sip::header::{HeaderName, Transport};
use warden_sip::message::Message;
use warden_sip::random::Random;
use warden_sip::transaction::Timers;

pub const WARDEN: ([u8; 4], u16) = ([127, 0, 0, 1], 5060);

pub struct Node {
    endpoint: Endpoint,
    pbx: Pbx,
    now: Instant,
    pub sent: Vec<Bytes>,
    /// What the phones share.
    pub ha1: Ha1,
    statistics: LegStatistics,
}

impl Node {
    /// Knows `numbers`, each with the same secret.
    pub fn new(numbers: &[&str]) -> Self {
        let settings =
            Settings { timers: Timers::RFC3261, capabilities: CAPABILITIES, max_server_transactions: 1_000_000 };
        let now = Instant::now();
        let [engine, core] = [[1; 32], [2; 32]].map(Random::from_seed);
        let leg = warden_media::relay::Leg::new(1, now, Duration::ZERO);
        let mut node = Self {
            endpoint: Endpoint::new(settings, engine, now),
            pbx: Pbx::new(Arc::new(directory(numbers)), core, now),
            now,
            sent: Vec::new(),
            ha1: ha1(numbers.first().copied().unwrap_or_default()),
            statistics: leg.statistics(),
        };
        let ports = (5000..10_000).map(|half| PortPair { address: [0, 0, 0, 0].into(), rtp: 2 * half }).collect();
        node.pbx.handle(Input::Media(MediaEvent::Ports(ports)), now);
        node
    }

    /// One turn; what is sent is in `sent`.
    pub fn receive(&mut self, text: Vec<u8>, flow: Flow) {
        self.sent.clear();
        self.now += Duration::from_millis(1);
        self.endpoint.handle_timeout(self.now);
        self.pbx.handle_timeout(self.now);
        let message = Message::parse(Bytes::from(text)).expect("valid");
        self.pbx.admit(&message, flow, self.now).expect("heard");
        self.endpoint.receive_message(message, flow, self.now);
        loop {
            if let Some(output) = self.pbx.poll() {
                self.carry_out(output);
            } else if let Some(output) = self.endpoint.poll() {
                match output {
                    endpoint::Output::Transmit { bytes, .. } => self.sent.push(bytes),
                    endpoint::Output::Event(event) => self.pbx.handle(Input::Sip(event), self.now),
                }
            } else {
                return;
            }
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Answer { id, reply } => self.endpoint.answer(id, &reply, self.now),
            Output::Send { id, request, flow } => self.endpoint.send(id, &request, flow, self.now),
            Output::Acknowledge { id, to_tag, ack, flow } => self.endpoint.acknowledge(id, &to_tag, &ack, flow),
            Output::Confirm { id } => self.endpoint.confirm(id, self.now),
            Output::Cancel { id, headers } => self.endpoint.cancel(id, headers, self.now),
            Output::Media(MediaCommand::Close { call }) => {
                let statistics = Box::new([self.statistics.clone(), self.statistics.clone()]);
                self.pbx.handle(Input::Media(MediaEvent::Closed { call, statistics }), self.now);
            }
            Output::Media(MediaCommand::Open { legs, .. }) => {
                // They come back at once: the benchmark is not about the pool.
                let ports = legs.iter().map(|leg| leg.ports).collect();
                self.pbx.handle(Input::Media(MediaEvent::Ports(ports)), self.now);
            }
            // Nobody asks for DNS or a way yet.
            Output::Ask(_)
            | Output::Open { .. }
            | Output::Media(_)
            | Output::Save(_)
            | Output::SaveBan(_)
            | Output::SaveMessage(_)
            | Output::Leg { .. }
            | Output::KeepAlive { .. }
            | Output::SignedIn(_)
            | Output::Event(_) => {}
        }
    }

    /// The only message that was sent.
    pub fn sole(&self) -> Message {
        Message::parse(self.sent.last().expect("a message").clone()).expect("valid")
    }

    /// The message sent that begins like this.
    pub fn sent(&self, start: &str) -> Message {
        let found = self.sent.iter().find(|bytes| bytes.starts_with(start.as_bytes()));
        Message::parse(found.unwrap_or_else(|| no_message(start, &self.sent)).clone()).expect("valid")
    }
}

fn no_message<'a>(start: &str, sent: &[Bytes]) -> &'a Bytes {
    let texts: Vec<_> = sent.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    unreachable!("no {start} among {texts:#?}")
}

/// From a phone of the loopback.
pub fn flow(port: u16) -> Flow {
    Flow { transport: Transport::Udp, local: WARDEN.into(), remote: ([127, 0, 0, 1], port).into(), connection: None }
}

/// The header that answers a challenge.
pub fn credentials(challenge: &[u8], username: &str, ha1: &Ha1, method: &str) -> String {
    let challenge = Challenge::parse(challenge).expect("a challenge");
    let exchange = Exchange { method: method.as_bytes(), uri: b"sip:127.0.0.1", nc: 1, cnonce: b"0a4f113b" };
    let value = challenge.answer(username.as_bytes(), ha1, &exchange);
    format!("Authorization: {}\r\n", String::from_utf8_lossy(&value))
}

pub fn challenge(refused: &Message) -> Vec<u8> {
    refused.header(HeaderName::WwwAuthenticate).expect("a challenge").to_vec()
}

pub fn ha1(number: &str) -> Ha1 {
    Ha1::derive(number.as_bytes(), b"warden-pbx", b"a password")
}

fn directory(numbers: &[&str]) -> Directory {
    let mut directory = Directory { realm: "warden-pbx".into(), ..Directory::default() };
    for number in numbers {
        let extension = Extension::parse(number.as_bytes()).expect("an extension");
        directory.people.insert(extension.clone(), Person { name: (*number).into() });
        directory.add_device(number.as_bytes(), Device::new(extension, ha1(number)));
    }
    let pattern = Pattern::new("^1[0-9]{3}$", Action::Extension).expect("a regular expression");
    directory.dialplan = Dialplan::new(["911", "933"], [pattern]);
    let sound = [(0, Encoding::Pcmu), (8, Encoding::Pcma)].map(|(number, it)| Format::new(number, Codec::narrow(it)));
    let formats = sound.into_iter().chain([Format::new(101, Codec::telephone_event(8000))]);
    let list = formats.map(|format| Capability { format, used_for: Use::Any }).collect();
    directory.codecs = Capabilities { list };
    directory
}
