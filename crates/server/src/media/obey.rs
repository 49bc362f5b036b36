//! What a media thread does for each [`Order`].

use std::io;
use std::time::{Duration, Instant};

use warden_call::call_event::CallId;
use warden_media::dtmf::Digit;
use warden_media::relay::{LegSetup, Program, Session, Side};

use super::call::Call;
use super::io::Io;
use super::orders::Order;
use super::pair::{NewLeg, SocketPair};
use super::told::Told;
use super::worker::Worker;

impl<I: Io> Worker<I> {
    pub(super) fn obey(&mut self, order: Order) {
        match order {
            Order::Open { call, legs } => self.open(call, *legs),
            Order::SetUp { call, side, setup } => self.set_up(call, side, &setup),
            Order::Replace { call, side, leg } => self.replace(call, side, *leg),
            Order::Play { call, side, program } => self.play(call, side, program),
            Order::Digit { call, side, digit, duration } => self.say_digit(call, side, digit, duration),
            Order::Record { call, what } => self.record(call, *what),
            Order::Close { call } => self.close(call),
        }
    }

    fn open(&mut self, id: CallId, [a, b]: [NewLeg; 2]) {
        let now = Instant::now();
        let (leg_a, leg_b) = (self.new_leg(now), self.new_leg(now));
        let mut session = Session::new(leg_a, leg_b);
        session.set_up(Side::A, &a.setup, now);
        session.set_up(Side::B, &b.setup, now);
        let pairs = Box::new([a.pair, b.pair]);
        let entry = self.calls.vacant_entry();
        let place = entry.key();
        if let Err(error) = join_both(&pairs, &mut self.wire.io, place) {
            let statistics = Box::new(session.close());
            return self.outbox.tell(Told::Closed { call: id, statistics, pairs, error: Some(error) });
        }
        entry.insert(Call { id, session, pairs, alarm: None, tuned: [None, None], tape: None });
        self.places.insert(id, place);
        self.poll(place);
    }

    fn set_up(&mut self, id: CallId, side: Side, setup: &LegSetup) {
        let Some(&place) = self.places.get(&id) else { return };
        let Some(call) = self.calls.get_mut(place) else { return };
        call.session.set_up(side, setup, Instant::now());
        self.retune(place);
        self.poll(place);
    }

    /// The other leg keeps its state; the new one starts anew.
    fn replace(&mut self, id: CallId, side: Side, leg: NewLeg) {
        let now = Instant::now();
        let fresh = self.new_leg(now);
        let NewLeg { pair, setup } = leg;
        let place = self.places.get(&id).copied();
        let Some((place, call)) = place.and_then(|place| Some((place, self.calls.get_mut(place)?))) else {
            return self.outbox.tell(Told::Returned(Box::new(pair)));
        };
        if pair.join(&mut self.wire.io, place, side).is_err() {
            self.outbox.tell(Told::Returned(Box::new(pair)));
            return self.close(id);
        }
        self.wire.say_goodbye(call, side, now);
        let old = std::mem::replace(call.pair_mut(side), pair);
        old.leave(&mut self.wire.io);
        call.session.replace(side, fresh);
        call.session.set_up(side, &setup, now);
        self.outbox.tell(Told::Returned(Box::new(old)));
        self.retune(place);
        self.poll(place);
    }

    fn play(&mut self, id: CallId, side: Side, program: Option<Program>) {
        let Some(&place) = self.places.get(&id) else { return };
        let Some(call) = self.calls.get_mut(place) else { return };
        call.session.play(side, program, Instant::now());
        self.retune(place);
        self.poll(place);
    }

    fn say_digit(&mut self, id: CallId, side: Side, digit: Digit, duration: Duration) {
        let Some(&place) = self.places.get(&id) else { return };
        let Some(call) = self.calls.get_mut(place) else { return };
        call.session.say_digit(side, digit, duration, Instant::now());
        self.poll(place);
    }

    fn close(&mut self, id: CallId) {
        let Some(place) = self.places.remove(&id) else { return };
        self.tune_out(place);
        let Some(mut call) = self.calls.try_remove(place) else { return };
        let now = Instant::now();
        for side in [Side::A, Side::B] {
            self.wire.say_goodbye(&mut call, side, now);
            call.pair(side).leave(&mut self.wire.io);
        }
        if let Some(alarm) = call.alarm {
            self.alarms.cancel(alarm.id);
        }
        call.end_recording(now);
        let statistics = Box::new(call.session.close());
        self.outbox.tell(Told::Closed { call: id, statistics, pairs: call.pairs, error: None });
    }

    /// The server stops.
    pub(super) fn close_all(&mut self) {
        let calls: Vec<CallId> = self.places.keys().copied().collect();
        for call in calls {
            self.close(call);
        }
    }
}

/// Both or none.
fn join_both(pairs: &[SocketPair; 2], io: &mut impl Io, place: usize) -> io::Result<()> {
    let [a, b] = pairs;
    a.join(io, place, Side::A)?;
    b.join(io, place, Side::B).inspect_err(|_| a.leave(io))
}
