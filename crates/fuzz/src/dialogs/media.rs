//! Media threads that have no sockets: what they are told must make sense, and every port comes back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use warden_call::call_event::CallId;
use warden_call::media::{LegOpening, MediaCommand, MediaEvent, PortPair, RecordingNews, RecordingOrder};
use warden_media::relay::{Leg, Session, Side};

/// So few pairs that a run can use them up.
const PAIRS: u16 = 8;
const FIRST_PORT: u16 = 10_000;

struct Joined {
    session: Session,
    ports: [PortPair; 2],
}

pub(super) struct Media {
    address: IpAddr,
    /// Whether every new session is refused.
    pub(super) refuses: bool,
    /// Whether sessions that are to be closed wait for [`Media::close_all`].
    pub(super) is_slow: bool,
    bound: u16,
    sessions: BTreeMap<CallId, Joined>,
    closing: Vec<(CallId, Joined)>,
    in_use: BTreeSet<u16>,
    events: VecDeque<MediaEvent>,
}

impl Media {
    /// With half of the ports told.
    pub(super) fn new(address: IpAddr) -> Self {
        let mut media = Self {
            address,
            refuses: false,
            is_slow: false,
            bound: 0,
            sessions: BTreeMap::new(),
            closing: Vec::new(),
            in_use: BTreeSet::new(),
            events: VecDeque::new(),
        };
        media.bind(address, usize::from(PAIRS / 2));
        media
    }

    pub(super) fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    pub(super) fn has_sessions(&self) -> bool {
        !self.sessions.is_empty() || !self.closing.is_empty()
    }

    /// How many pairs are in the core's hands.
    pub(super) fn free_ports(&self) -> usize {
        usize::from(self.bound) - self.in_use.len()
    }

    /// An open session, by its place among them.
    pub(super) fn session(&self, place: usize) -> Option<CallId> {
        let place = place.checked_rem(self.sessions.len())?;
        self.sessions.keys().nth(place).copied()
    }

    pub(super) fn tell(&mut self, event: MediaEvent) {
        self.events.push_back(event);
    }

    pub(super) fn carry_out(&mut self, command: MediaCommand, now: Instant) {
        match command {
            MediaCommand::Bind { address, count } => self.bind(address, count),
            MediaCommand::Open { call, legs } => self.open(call, &legs, now),
            MediaCommand::SetUp { call, side, setup } => self.joined(call).session.set_up(side, &setup, now),
            MediaCommand::Play { call, side, program } => self.joined(call).session.play(side, Some(program), now),
            MediaCommand::Digit { call, side, digit, duration } => {
                self.joined(call).session.say_digit(side, digit, duration, now);
            }
            MediaCommand::Stop { call, side } => self.joined(call).session.play(side, None, now),
            MediaCommand::Replace { call, side, leg } => self.replace(call, side, &leg, now),
            MediaCommand::Record { call, order } => {
                self.joined(call);
                if matches!(order, RecordingOrder::Start { .. }) {
                    let news = RecordingNews::Begun { file: String::new() };
                    self.events.push_back(MediaEvent::Recording { call, news });
                }
            }
            MediaCommand::Close { call } => {
                let joined = self.sessions.remove(&call).expect("what is closed is open");
                self.closing.push((call, joined));
                if !self.is_slow {
                    self.close_all();
                }
            }
        }
    }

    /// Tells of the sessions that are closed by now.
    pub(super) fn close_all(&mut self) {
        for (call, Joined { session, ports }) in std::mem::take(&mut self.closing) {
            self.events.push_back(MediaEvent::Closed { call, statistics: Box::new(session.close()) });
            self.give_back(&ports);
        }
    }

    fn joined(&mut self, call: CallId) -> &mut Joined {
        self.sessions.get_mut(&call).expect("what is ordered is for an open session")
    }

    fn bind(&mut self, address: IpAddr, count: usize) {
        assert_eq!(address, self.address, "ports are wanted where nobody listens");
        let count = u16::try_from(count).unwrap_or(u16::MAX).min(PAIRS - self.bound);
        if count == 0 {
            self.events.push_back(MediaEvent::NoMorePorts { address });
            return;
        }
        let pairs = (self.bound..self.bound + count).map(|index| PortPair { address, rtp: FIRST_PORT + 2 * index });
        self.events.push_back(MediaEvent::Ports(pairs.collect()));
        self.bound += count;
    }

    fn open(&mut self, call: CallId, legs: &[LegOpening; 2], now: Instant) {
        let ports = legs.each_ref().map(|leg| leg.ports);
        for pair in ports {
            self.take(pair);
        }
        let mut session = Session::new(new_leg(now), new_leg(now));
        if self.refuses {
            self.events.push_back(MediaEvent::Closed { call, statistics: Box::new(session.close()) });
            return self.give_back(&ports);
        }
        for (side, leg) in [Side::A, Side::B].into_iter().zip(legs) {
            session.set_up(side, &leg.setup, now);
        }
        let before = self.sessions.insert(call, Joined { session, ports });
        assert!(before.is_none(), "a session is opened twice");
    }

    fn replace(&mut self, call: CallId, side: Side, leg: &LegOpening, now: Instant) {
        self.take(leg.ports);
        let Joined { session, ports: [a, b] } = self.joined(call);
        session.replace(side, new_leg(now));
        session.set_up(side, &leg.setup, now);
        let place = match side {
            Side::A => a,
            Side::B => b,
        };
        let freed = std::mem::replace(place, leg.ports);
        self.give_back(&[freed]);
    }

    fn take(&mut self, pair: PortPair) {
        let is_told = (FIRST_PORT..FIRST_PORT + 2 * self.bound).contains(&pair.rtp);
        assert!(is_told && pair.rtp.is_multiple_of(2) && pair.address == self.address, "{pair:?} was never told");
        assert!(self.in_use.insert(pair.rtp), "{pair:?} is in use");
    }

    fn give_back(&mut self, pairs: &[PortPair]) {
        for pair in pairs {
            assert!(self.in_use.remove(&pair.rtp), "{pair:?} is not in use");
        }
        self.events.push_back(MediaEvent::Ports(pairs.to_vec()));
    }
}

fn new_leg(now: Instant) -> Leg {
    Leg::new(1, now, Duration::ZERO)
}
