//! What one media thread does: rounds of packets, orders and timers. A packet costs no lock and no allocation.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use slab::Slab;
use warden_call::call_event::CallId;
use warden_call::media::MediaEvent;
use warden_media::relay::{Event, Leg, Output, Side, Verdict};
use warden_media::srtp::MAX_GROWTH;
use warden_media::station::Stations;
use warden_sip::random::Random;
use warden_sip::wheel::Wheel;

use super::call::{Alarm, Call};
use super::clock::Clock;
use super::io::Io;
use super::orders::{Inbox, Next};
use super::radio::Radio;
use super::tally::Tally;
use super::token::{Port, Token};
use super::told::{Outbox, Told};
use super::wire::Wire;
use crate::counters::Counters;
use crate::epoll::MAX_READY;

/// The longest datagram that UDP has room for, which may grow when it is encrypted; pages that none has reached cost nothing.
const MAX_DATAGRAM: usize = 65_535 + MAX_GROWTH;
/// How soon to try again when the signalling thread lags.
const RETRY: Duration = Duration::from_millis(10);

/// Everything that one media thread owns.
pub(crate) struct Worker<I> {
    pub(super) wire: Wire<I>,
    inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) calls: Slab<Call>,
    pub(super) places: HashMap<CallId, usize>,
    pub(super) alarms: Wheel<usize>,
    pub(super) stations: Stations<(usize, Side)>,
    pub(super) radio: Radio,
    random: Random,
    clock: Clock,
    ready: Vec<u64>,
    datagram: Box<[u8]>,
    counters: Arc<Counters>,
}

/// Whether there is another round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    GoOn,
    Stop,
}

impl<I: Io> Worker<I> {
    /// A thread without calls.
    ///
    /// # Errors
    /// The kernel does not take the bell.
    pub(crate) fn new(
        mut io: I,
        inbox: Inbox,
        outbox: Outbox,
        radio: Radio,
        random: Random,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        io.watch(inbox.bell().as_fd(), Token::Bell.pack())?;
        let clock = Clock::new();
        Ok(Self {
            wire: Wire::new(io),
            inbox,
            outbox,
            calls: Slab::new(),
            places: HashMap::new(),
            alarms: Wheel::new(clock.start()),
            stations: Stations::default(),
            radio,
            random,
            clock,
            ready: Vec::with_capacity(MAX_READY),
            datagram: vec![0; MAX_DATAGRAM].into_boxed_slice(),
            counters,
        })
    }

    /// Waits until something is to be done, and does it.
    ///
    /// # Errors
    /// The kernel cannot wait.
    pub(crate) fn round(&mut self) -> io::Result<Outcome> {
        let timeout = if self.inbox.bell().begin_wait() { self.timeout() } else { Some(Duration::ZERO) };
        let mut ready = std::mem::take(&mut self.ready);
        let waited = self.wire.io.wait(timeout, &mut ready);
        let has_rung = self.inbox.bell().end_wait(ready.contains(&Token::Bell.pack()));
        for packed in ready.drain(..) {
            match Token::unpack(packed) {
                Token::Bell => {}
                Token::Socket { place, side, port } => self.read(place, side, port),
            }
        }
        self.ready = ready;
        waited?;
        let outcome = if has_rung { self.obey_all() } else { Outcome::GoOn };
        self.ring_alarms();
        self.broadcast();
        self.outbox.retry();
        self.wire.tally.publish(&self.counters);
        Ok(outcome)
    }

    fn timeout(&self) -> Option<Duration> {
        let wake = earlier(self.alarms.next_wake(), self.stations.next_timeout());
        let alarm = wake.map(|at| at.saturating_duration_since(Instant::now()));
        if self.outbox.is_behind() { Some(alarm.map_or(RETRY, |alarm| alarm.min(RETRY))) } else { alarm }
    }

    /// Takes one datagram from a socket that has some, and sends it on. The next wait tells of what is left: to ask
    /// until there is nothing would cost every packet one system call more, and others would wait for a flood.
    fn read(&mut self, place: usize, side: Side, port: Port) {
        // A call that ended in this round may have left a token.
        let Some(call) = self.calls.get_mut(place) else { return };
        let (length, source) = match self.wire.io.receive(call.pair(side).socket(port), &mut self.datagram) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            // Something that we sent did not arrive, say. It means nothing for what comes.
            Err(_) => {
                self.wire.tally.receive_errors += 1;
                return;
            }
        };
        self.wire.tally.received += 1;
        let now = Instant::now();
        let verdict = match port {
            Port::Rtp => call.session.receive(side, source, now, &mut self.datagram, length),
            Port::Rtcp => {
                let datagram = self.datagram.get_mut(..length).unwrap_or_default();
                call.session.receive_rtcp(side, source, now, datagram)
            }
        };
        match verdict {
            Verdict::Forward { side, to, len } => {
                let datagram = self.datagram.get(..len).unwrap_or_default();
                let sent = self.wire.io.send(&call.pair(side).rtp, datagram, to);
                self.wire.tally.note_forwarded(&sent);
            }
            Verdict::Taken => {}
            Verdict::Drop(_) => self.wire.tally.dropped += 1,
        }
        if call.session.has_output() {
            self.poll(place);
        }
    }

    /// A leg without a peer.
    pub(super) fn new_leg(&mut self, now: Instant) -> Leg {
        Leg::new(self.random.next_u64(), now, self.clock.since_epoch(now))
    }

    fn obey_all(&mut self) -> Outcome {
        // Whoever is told that a session has ended finds all its packets counted.
        self.wire.tally.publish(&self.counters);
        loop {
            match self.inbox.next() {
                Next::Order(order) => self.obey(order),
                Next::Nothing => return Outcome::GoOn,
                Next::End => {
                    self.close_all();
                    return Outcome::Stop;
                }
            }
        }
    }

    fn ring_alarms(&mut self) {
        if self.alarms.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some(place) = self.alarms.pop_expired(now) {
            if let Some(call) = self.calls.get_mut(place) {
                call.alarm = None;
                self.poll(place);
            }
        }
    }

    /// Does what a session wants, until it wants to wait.
    pub(super) fn poll(&mut self, place: usize) {
        let Some(call) = self.calls.get_mut(place) else { return };
        let now = Instant::now();
        loop {
            let (socket, to, length) = match call.session.poll(now, &mut self.wire.out) {
                Output::Rtp { side, to, len } => (&call.pair(side).rtp, to, len),
                Output::Rtcp { side, to, len } => (call.rtcp(side), to, len),
                Output::Event(event) => {
                    tell(call.id, event, &mut self.outbox, &mut self.wire.tally);
                    continue;
                }
                Output::Wait(at) => {
                    call.pass_recorded(now);
                    if let Some(at) = at {
                        set_alarm(call, place, at, &mut self.alarms);
                    }
                    return;
                }
            };
            self.wire.send_out(socket, length, to);
        }
    }
}

/// Wakes the call not later than `at`. An alarm that is set too early stays: packets move deadlines to later all the
/// time, and it is cheaper to ask again when it rings.
fn set_alarm(call: &mut Call, place: usize, at: Instant, alarms: &mut Wheel<usize>) {
    if let Some(alarm) = call.alarm {
        if alarm.at <= at {
            return;
        }
        alarms.cancel(alarm.id);
    }
    call.alarm = Some(Alarm { at, id: alarms.insert(at, place) });
}

/// The earlier of two times, where `None` is never.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

fn tell(call: CallId, event: Event, outbox: &mut Outbox, tally: &mut Tally) {
    let event = match event {
        Event::Silent { side, lasting, finding } => {
            MediaEvent::Silent { call, side, lasting, finding: Box::new(finding) }
        }
        Event::AudioBack { side } => MediaEvent::AudioBack { call, side },
        Event::WrongKey { side } => MediaEvent::WrongKey { call, side },
        Event::Digit { side, heard } => {
            if !outbox.tell_digit(MediaEvent::Digit { call, side, heard }) {
                tally.events_dropped += 1;
            }
            return;
        }
        Event::Dead { side } => return outbox.tell(Told::Event(MediaEvent::Dead { call, side })),
    };
    if !outbox.mention(event) {
        tally.events_dropped += 1;
    }
}
