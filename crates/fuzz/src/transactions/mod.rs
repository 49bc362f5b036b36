//! A row of choices as the life of one SIP engine: messages come, the user answers and asks, connections break, time
//! passes. Whatever happens, each transaction is told about in order, answered once, and forgotten.

mod peer;
mod watch;

use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_sip::dialog::Opening;
use warden_sip::endpoint::{ClientId, ConnectionId, Endpoint, Flow, Output, Reply, Request, ServerId, Settings};
use warden_sip::header::Transport;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::transaction::Timers;
use warden_sip::uas::Capabilities;
use warden_sip::write::Headers;

use self::peer::Peer;
use self::watch::Watch;
use crate::choices::Choices;
use crate::unreadable::check_unreadable;

/// So few places that a run fills them.
const PLACES: usize = 16;

const SETTINGS: Settings = Settings {
    timers: Timers::RFC3261,
    capabilities: Capabilities {
        methods: &[
            Method::Invite,
            Method::Ack,
            Method::Cancel,
            Method::Bye,
            Method::Options,
            Method::Register,
            Method::Prack,
            Method::Update,
        ],
        options: &["timer", "100rel"],
    },
    max_server_transactions: PLACES,
};

/// More than this in one run teaches nothing new.
const MAX_STEPS: usize = 300;

/// What is sent and answered by the engine's user.
const METHODS: [Method; 5] = [Method::Invite, Method::Bye, Method::Options, Method::Update, Method::Prack];
const STATUSES: [u32; 12] = [100, 180, 183, 200, 202, 302, 401, 404, 481, 487, 503, 600];
const SPANS_MS: [u64; 12] = [0, 1, 20, 200, 499, 500, 1000, 4000, 5000, 31_999, 32_000, 200_000];

/// Runs the target.
pub(crate) fn run(data: &[u8]) {
    let (mut choices, mut bench) = (Choices::new(data), Bench::new());
    for _ in 0..MAX_STEPS {
        if choices.is_over() {
            break;
        }
        bench.step(&mut choices);
    }
    bench.end();
}

/// A request of the engine's user.
fn ours(method: Method) -> Request {
    let opening = Opening {
        method,
        uri: b"sip:bob@10.0.0.9",
        from: b"<sip:warden@10.0.0.1>",
        tag: Tag::from_bits(9),
        to: b"<sip:bob@10.0.0.9>",
        call_id: b"ours",
        sequence: 1,
        max_forwards: 70,
    };
    opening.request()
}

/// One of four ways by which messages come and go.
fn flow(number: usize) -> Flow {
    let transport = if number < 3 { Transport::Udp } else { Transport::Tcp };
    let host = u8::try_from(number / 2 + 1).unwrap_or_default();
    let connection = (number >= 3).then_some(ConnectionId(std::num::NonZeroU32::MIN));
    let remote = ([10, 0, 0, host], if number == 1 { 5060 } else { 40_000 }).into();
    Flow { transport, local: ([10, 0, 0, 200], 5060).into(), remote, connection }
}

struct Bench {
    endpoint: Endpoint,
    now: Instant,
    peer: Peer,
    watch: Watch,
    next_client: u64,
}

impl Bench {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            endpoint: Endpoint::new(SETTINGS, Random::from_seed([1; 32]), now),
            now,
            peer: Peer::default(),
            watch: Watch::default(),
            next_client: 1,
        }
    }

    /// One thing happens.
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.below(14) {
            0 | 1 => {
                let request = self.peer.request(choices);
                self.deliver(request, choices);
            }
            2 | 3 => {
                let response = self.peer.response(choices);
                self.deliver(response, choices);
            }
            4 => {
                let companion = self.peer.companion(choices);
                self.deliver(companion, choices);
            }
            5 => {
                let repeated = self.peer.repeat(choices);
                self.deliver(repeated, choices);
            }
            6 | 7 => self.answer(choices),
            8 => self.send(choices),
            9 => self.acknowledge(choices),
            10 => self.cancel(choices),
            11 => self.confirm(choices),
            12 => self.run_for(Duration::from_millis(choices.pick(&SPANS_MS))),
            _ => self.fail(choices),
        }
    }

    /// A message comes, most of the time as it was written.
    fn deliver(&mut self, mut bytes: Vec<u8>, choices: &mut Choices<'_>) {
        choices.damage(&mut bytes);
        let flow = flow(choices.below(4));
        let bytes = Bytes::from(bytes);
        self.peer.remember(&bytes);
        let last_word = self.watch.last_word(&bytes).cloned();
        self.endpoint.receive(bytes, flow, self.now);
        let (count, transmits) = self.drain();
        // A response may bring its ACK, itself, and a CANCEL that waited for it.
        assert!(count <= 3, "a message has more than three consequences");
        if let Some(last_word) = last_word {
            let said: Vec<_> = [last_word].into_iter().filter(|word| !word.is_empty()).collect();
            assert_eq!(transmits, said, "who asks again is told the same");
        }
    }

    fn answer(&mut self, choices: &mut Choices<'_>) {
        let Some(id) = self.watch.server(choices) else { return };
        let status = Status::from_code(choices.pick(&STATUSES)).expect("a status");
        let kind = choices.below(8);
        let reply = Reply {
            // Nothing confirms a 100.
            rseq: (kind & 1 == 1 && status > Status::TRYING).then_some(7),
            tag: (kind & 2 == 2).then_some(Tag::from_bits(7)),
            is_repeatable: kind & 4 == 4 && !status.is_provisional(),
            ..Reply::new(status)
        };
        self.give_answer(id, &reply);
    }

    fn give_answer(&mut self, id: ServerId, reply: &Reply) {
        self.endpoint.answer(id, reply, self.now);
        let (_, transmits) = self.drain();
        self.watch.note_answer(id, reply, &transmits);
    }

    fn send(&mut self, choices: &mut Choices<'_>) {
        let method = choices.pick(&METHODS);
        let id = ClientId(self.next_client);
        self.next_client += 1;
        self.watch.note_sent(id, method);
        self.endpoint.send(id, &ours(method), flow(choices.below(4)), self.now);
        assert_eq!(self.drain().0, 1, "a request is sent at once");
    }

    /// The user acknowledges a 2xx, as it must.
    fn acknowledge(&mut self, choices: &mut Choices<'_>) {
        let Some((id, to_tag)) = self.watch.accepted(choices) else { return };
        self.endpoint.acknowledge(id, &to_tag, &ours(Method::Ack), flow(choices.below(4)));
        assert_eq!(self.drain().0, 1, "an ACK is sent at once");
    }

    fn cancel(&mut self, choices: &mut Choices<'_>) {
        let Some(id) = self.watch.client(choices) else { return };
        self.endpoint.cancel(id, Headers::new(), self.now);
        assert!(self.drain().0 <= 1, "a CANCEL is sent once");
    }

    fn confirm(&mut self, choices: &mut Choices<'_>) {
        let Some(id) = self.watch.server(choices) else { return };
        self.endpoint.confirm(id, self.now);
        assert_eq!(self.drain().0, 0, "nothing comes of a PRACK");
    }

    fn fail(&mut self, choices: &mut Choices<'_>) {
        let (_, under_way) = self.endpoint.transactions();
        self.endpoint.flow_failed(&flow(choices.below(4)));
        assert!(self.drain().0 <= under_way, "each request fails once");
    }

    /// Lets time pass, one wake after another.
    fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.endpoint.next_timeout().filter(|at| *at <= end) {
            // The wheel may ask to be looked at early.
            self.now = self.now.max(at);
            let (received, sent) = self.endpoint.transactions();
            self.endpoint.handle_timeout(self.now);
            let (count, transmits) = self.drain();
            assert!(count <= received + sent, "a timer has more than one consequence");
            for bytes in transmits.iter().filter(|bytes| bytes.starts_with(b"SIP/2.0 100 ")) {
                self.watch.note_trying(bytes);
            }
        }
        self.now = end;
    }

    /// All is answered and given up; then nothing is left.
    fn end(mut self) {
        for id in self.watch.unanswered() {
            self.give_answer(id, &Reply::new(Status::SERVER_INTERNAL_ERROR));
        }
        for id in self.watch.pending() {
            self.endpoint.cancel(id, Headers::new(), self.now);
            self.drain();
        }
        self.run_for(Duration::from_mins(5));
        assert_eq!(self.endpoint.transactions(), (0, 0), "a transaction is left");
        assert_eq!(self.endpoint.next_timeout(), None, "a timer is left");
        self.watch.check_all_told();
        self.check_room();
    }

    /// Every place is free again: so many sources get one as at the start.
    fn check_room(&mut self) {
        for host in 0..u8::try_from(PLACES - PLACES / 8).unwrap_or_default() {
            let flow = Flow { remote: ([10, 1, 0, host], 5060).into(), ..flow(0) };
            self.endpoint.receive(peer::fresh(host), flow, self.now);
            let told = self.endpoint.poll();
            assert!(matches!(told, Some(Output::Event(_))), "a place is not given back: {told:?}");
        }
    }

    /// Hands out everything: how much it was, and what was sent.
    fn drain(&mut self) -> (usize, Vec<Bytes>) {
        let (mut count, mut transmits) = (0, Vec::new());
        while let Some(output) = self.endpoint.poll() {
            count += 1;
            match output {
                Output::Transmit { bytes, .. } => {
                    match Message::parse(bytes.clone()) {
                        Ok(message) => self.peer.hear(&message),
                        Err(malformed) => check_unreadable(&bytes, &malformed),
                    }
                    self.watch.check_cancelled(&bytes);
                    transmits.push(bytes);
                }
                Output::Event(event) => self.watch.check_event(&event),
            }
        }
        (count, transmits)
    }
}
