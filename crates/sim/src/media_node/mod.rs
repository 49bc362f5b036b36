//! The media side of the system under test: a pool of ports that nobody binds, and the real relay sessions.

mod music;
mod tape;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use warden_call::call_event::CallId;
use warden_call::media::{LegOpening, MediaCommand, MediaEvent, PortPair};
use warden_media::relay::{Event, Leg, OUTPUT_LEN, Output, Program, Session, Side, Verdict};
use warden_media::srtp::MAX_GROWTH;
use warden_media::station::{Stations, Tuned};

use crate::network::Datagram;

pub use tape::Tape;

/// The first RTP port.
pub(crate) const FIRST_PORT: u16 = 10_000;
/// How many pairs are told at the start, and the most there are, unless the test says otherwise.
const USUAL: (u16, u16) = (16, 1000);
/// What the wall clock shows at the start.
const WALL: Duration = Duration::from_secs(1_790_000_000);

/// One call's session with the ports of A and B.
struct Joined {
    session: Session,
    ports: [PortPair; 2],
    /// What A and B listen to, as the stations know it.
    tuned: [Option<Tuned>; 2],
}

pub(crate) struct MediaNode {
    address: IpAddr,
    start: Instant,
    /// Whether packets and timers happen.
    pub(crate) is_simulated: bool,
    /// Whether every new session is refused.
    pub(crate) refuses: bool,
    /// How long it takes to close a session, or to give back the ports of a leg that was replaced.
    pub(crate) closes_within: Duration,
    closing: VecDeque<(Instant, CallId, Joined)>,
    /// Pairs of legs that were replaced.
    returning: VecDeque<(Instant, PortPair)>,
    at_start: u16,
    limit: u16,
    /// How many pairs have been told at least once.
    bound: u16,
    sessions: BTreeMap<CallId, Joined>,
    stations: Stations<(CallId, Side)>,
    in_use: BTreeSet<u16>,
    seeds: u64,
    pub(crate) commands: Vec<MediaCommand>,
    pub(crate) faults: Vec<String>,
    pub(crate) tapes: Vec<Tape>,
    events: VecDeque<MediaEvent>,
}

impl MediaNode {
    pub(crate) fn new(address: IpAddr, start: Instant) -> Self {
        let (at_start, limit) = USUAL;
        Self {
            address,
            start,
            is_simulated: false,
            refuses: false,
            closes_within: Duration::ZERO,
            closing: VecDeque::new(),
            returning: VecDeque::new(),
            at_start,
            limit,
            bound: 0,
            sessions: BTreeMap::new(),
            stations: Stations::default(),
            in_use: BTreeSet::new(),
            seeds: 0,
            commands: Vec::new(),
            faults: Vec::new(),
            tapes: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// From now on there are this many pairs and no more; to be called before time passes.
    pub(crate) fn set_ports(&mut self, count: u16) {
        (self.at_start, self.limit) = (count, count);
    }

    /// Tells the first ports, once.
    pub(crate) fn begin(&mut self) {
        if self.bound == 0 && self.at_start > 0 {
            self.bind(self.address, usize::from(self.at_start));
        }
    }

    pub(crate) fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    /// Calls with an open session.
    pub(crate) fn open(&self) -> impl Iterator<Item = CallId> {
        self.sessions.keys().copied()
    }

    /// Pairs that were told and that no session uses: they are in the core's hands.
    pub(crate) fn free_ports(&self) -> usize {
        usize::from(self.bound).saturating_sub(self.in_use.len())
    }

    pub(crate) fn carry_out(&mut self, command: MediaCommand, now: Instant) {
        self.commands.push(command.clone());
        let call = match &command {
            MediaCommand::Close { call } => {
                self.tune_out(*call, now);
                None
            }
            MediaCommand::SetUp { call, .. }
            | MediaCommand::Replace { call, .. }
            | MediaCommand::Play { call, .. }
            | MediaCommand::Stop { call, .. } => Some(*call),
            MediaCommand::Bind { .. }
            | MediaCommand::Open { .. }
            | MediaCommand::Digit { .. }
            | MediaCommand::Record { .. } => None,
        };
        self.obey(command, now);
        if let Some(call) = call {
            self.retune(call, now);
        }
    }

    fn obey(&mut self, command: MediaCommand, now: Instant) {
        self.end_recording(&command, now);
        match command {
            MediaCommand::Bind { address, count } => self.bind(address, count),
            MediaCommand::Open { call, legs } => self.join(call, &legs, now),
            MediaCommand::SetUp { call, side, setup } => match self.sessions.get_mut(&call) {
                Some(joined) => joined.session.set_up(side, &setup, now),
                None => self.faults.push(format!("SetUp of {call}, which is not open")),
            },
            MediaCommand::Play { call, side, program } => self.play(call, side, Some(program), now),
            MediaCommand::Digit { call, side, digit, duration } => match self.sessions.get_mut(&call) {
                Some(joined) => joined.session.say_digit(side, digit, duration, now),
                None => self.faults.push(format!("Digit in {call}, which is not open")),
            },
            MediaCommand::Stop { call, side } => self.play(call, side, None, now),
            MediaCommand::Replace { call, side, leg } => self.replace(call, side, &leg, now),
            MediaCommand::Record { call, order } => self.record(call, order, now),
            MediaCommand::Close { call } => match self.sessions.remove(&call) {
                Some(joined) => {
                    self.closing.push_back((now + self.closes_within, call, joined));
                    self.close_all(now);
                }
                None => self.faults.push(format!("Close of {call}, which is not open")),
            },
        }
    }

    /// Tells of the sessions that are closed and the ports that are back by now.
    fn close_all(&mut self, now: Instant) {
        while let Some((_, freed)) = self.returning.pop_front_if(|(at, _)| *at <= now) {
            self.give_back(&[freed]);
        }
        while let Some((_, call, Joined { session, ports, .. })) = self.closing.pop_front_if(|(at, ..)| *at <= now) {
            self.events.push_back(MediaEvent::Closed { call, statistics: Box::new(session.close()) });
            self.give_back(&ports);
        }
    }

    fn bind(&mut self, address: IpAddr, count: usize) {
        if address != self.address {
            self.faults.push(format!("Bind at {address}, where nobody listens"));
            return;
        }
        let count = u16::try_from(count).unwrap_or(u16::MAX).min(self.limit - self.bound);
        if count == 0 {
            self.events.push_back(MediaEvent::NoMorePorts { address });
            return;
        }
        let pairs = self.bound..self.bound + count;
        self.bound += count;
        let pairs = pairs.map(|index| PortPair { address, rtp: FIRST_PORT + 2 * index });
        self.events.push_back(MediaEvent::Ports(pairs.collect()));
    }

    fn join(&mut self, call: CallId, legs: &[LegOpening; 2], now: Instant) {
        if self.sessions.contains_key(&call) {
            self.faults.push(format!("Open of {call}, which is open"));
            return;
        }
        let [a, b] = legs;
        self.take(a.ports);
        self.take(b.ports);
        let mut session = Session::new(self.new_leg(now), self.new_leg(now));
        if self.refuses {
            self.events.push_back(MediaEvent::Closed { call, statistics: Box::new(session.close()) });
            return self.give_back(&[a.ports, b.ports]);
        }
        session.set_up(Side::A, &a.setup, now);
        session.set_up(Side::B, &b.setup, now);
        self.sessions.insert(call, Joined { session, ports: [a.ports, b.ports], tuned: [None, None] });
    }

    fn play(&mut self, call: CallId, side: Side, program: Option<Program>, now: Instant) {
        match self.sessions.get_mut(&call) {
            Some(joined) => joined.session.play(side, program, now),
            None => self.faults.push(format!("Play or Stop in {call}, which is not open")),
        }
    }

    fn replace(&mut self, call: CallId, side: Side, leg: &LegOpening, now: Instant) {
        let new = self.new_leg(now);
        let Some(Joined { session, ports: [a, b], .. }) = self.sessions.get_mut(&call) else {
            self.faults.push(format!("Replace in {call}, which is not open"));
            return;
        };
        session.replace(side, new);
        session.set_up(side, &leg.setup, now);
        let place = match side {
            Side::A => a,
            Side::B => b,
        };
        let freed = std::mem::replace(place, leg.ports);
        self.take(leg.ports);
        self.returning.push_back((now + self.closes_within, freed));
        self.close_all(now);
    }

    fn new_leg(&mut self, now: Instant) -> Leg {
        self.seeds += 1;
        Leg::new(self.seeds, now, WALL + (now - self.start))
    }

    fn take(&mut self, pair: PortPair) {
        let is_told = (FIRST_PORT..FIRST_PORT + 2 * self.bound).contains(&pair.rtp) && pair.rtp.is_multiple_of(2);
        if !is_told || pair.address != self.address {
            self.faults.push(format!("port {} was never told", pair.rtp));
        }
        if !self.in_use.insert(pair.rtp) {
            self.faults.push(format!("port {} is in use", pair.rtp));
        }
    }

    fn give_back(&mut self, pairs: &[PortPair]) {
        for pair in pairs {
            self.in_use.remove(&pair.rtp);
        }
        self.events.push_back(MediaEvent::Ports(pairs.to_vec()));
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let returned = self.returning.front().map(|(at, _)| *at);
        let closed = self.closing.front().map(|(at, ..)| *at).into_iter().chain(returned);
        let sessions = self.sessions.values().filter(|_| self.is_simulated);
        let music = self.stations.next_timeout().filter(|_| self.is_simulated);
        sessions.filter_map(|joined| joined.session.next_timeout()).chain(closed).chain(music).min()
    }

    /// What the sessions send and tell by `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<Datagram> {
        self.close_all(now);
        let mut sent = Vec::new();
        if !self.is_simulated {
            return sent;
        }
        for (call, joined) in &mut self.sessions {
            joined.drain(*call, now, &mut self.events, &mut sent);
        }
        self.broadcast(now, &mut sent);
        self.take_recorded(now);
        sent
    }

    /// A packet has come.
    pub(crate) fn receive(&mut self, mut datagram: Datagram, now: Instant) -> Vec<Datagram> {
        let mut sent = Vec::new();
        let (port, pair) = (datagram.to.port(), datagram.to.port() & !1);
        let side_of = |joined: &Joined| {
            let [a, b] = joined.ports;
            if a.rtp == pair { Some(Side::A) } else { (b.rtp == pair).then_some(Side::B) }
        };
        let found = self.sessions.iter_mut().find_map(|(call, joined)| Some((*call, side_of(joined)?, joined)));
        let Some((call, side, joined)) = found else { return sent };
        let source = datagram.from;
        let verdict = if port == pair {
            let len = datagram.bytes.len();
            datagram.bytes.resize(len + MAX_GROWTH, 0);
            joined.session.receive(side, source, now, &mut datagram.bytes, len)
        } else {
            joined.session.receive_rtcp(side, source, now, &mut datagram.bytes)
        };
        match verdict {
            Verdict::Forward { side, to, len } => {
                datagram.bytes.truncate(len);
                sent.push(Datagram { from: joined.address(side, 0), to, bytes: datagram.bytes });
            }
            Verdict::Taken | Verdict::Drop(_) => {}
        }
        if joined.session.has_output() {
            joined.drain(call, now, &mut self.events, &mut sent);
            self.take_recorded(now);
        }
        sent
    }
}

impl Joined {
    fn address(&self, side: Side, offset: u16) -> SocketAddr {
        let [a, b] = self.ports;
        let pair = match side {
            Side::A => a,
            Side::B => b,
        };
        SocketAddr::new(pair.address, pair.rtp + offset)
    }

    fn drain(&mut self, call: CallId, now: Instant, events: &mut VecDeque<MediaEvent>, sent: &mut Vec<Datagram>) {
        let mut out = [0; OUTPUT_LEN];
        loop {
            let (side, offset, to, len) = match self.session.poll(now, &mut out) {
                Output::Rtp { side, to, len } => (side, 0, to, len),
                Output::Rtcp { side, to, len } => (side, 1, to, len),
                Output::Event(event) => {
                    events.push_back(told(call, event));
                    continue;
                }
                Output::Wait(_) => return,
            };
            let bytes = out.get(..len).unwrap_or_default().to_vec();
            sent.push(Datagram { from: self.address(side, offset), to, bytes });
        }
    }
}

fn told(call: CallId, event: Event) -> MediaEvent {
    match event {
        Event::Silent { side, lasting, finding } => {
            MediaEvent::Silent { call, side, lasting, finding: Box::new(finding) }
        }
        Event::AudioBack { side } => MediaEvent::AudioBack { call, side },
        Event::WrongKey { side } => MediaEvent::WrongKey { call, side },
        Event::Digit { side, heard } => MediaEvent::Digit { call, side, heard },
        Event::Dead { side } => MediaEvent::Dead { call, side },
    }
}
