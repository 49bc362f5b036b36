//! Digits out of the packets of telephone events of one stream (RFC 4733 §2.5.2).
//!
//! A digit is told once, when it is over, whatever packets of it are lost, doubled or overtaken. One packet is enough.

use std::time::{Duration, Instant};

use super::{By, Digit, EventPayload, Heard};
use crate::ticks::span;

/// An event of which nothing more has come for this time is over.
const LOST_AFTER: Duration = Duration::from_millis(500);
/// The same, when sound has come since: its sender has gone on.
const LOST_AFTER_SOUND: Duration = Duration::from_millis(200);
/// From this many ticks on, the next segment of a long event may begin (RFC 4733 §2.5.1.3): senders may end a segment a
/// little before the duration's end.
const LONG: u32 = 0xC000;
/// How many digits that are over are still known, so that a packet that was overtaken tells nothing twice.
const KNOWN: usize = 4;

/// A packet of an event.
#[derive(Clone, Copy, Debug)]
pub struct EventPacket {
    /// Numbers and timestamps can be compared within one stream only. Some phones say events in a stream of their own, so
    /// that packets of two may alternate.
    pub stream: u64,
    /// The sequence number without wrapping.
    pub extended: u64,
    /// When the event, or this segment of it, has begun.
    pub timestamp: u32,
    /// Of timestamp and duration.
    pub clock_rate_hz: u32,
    /// The first one of an event has it.
    pub marker: bool,
    /// What it says.
    pub payload: EventPayload,
    /// It goes on to the other leg.
    pub passed: bool,
}

/// The event that is going on, or was the last one.
#[derive(Clone, Copy, Debug)]
struct Current {
    digit: Option<Digit>,
    event: u8,
    /// That of its last packet.
    stream: u64,
    /// Of its first packet, as far as one has come.
    first: u64,
    timestamp: u32,
    clock_rate_hz: u32,
    /// Of this segment.
    ticks: u32,
    /// Of the segments before.
    earlier: Duration,
    passed: bool,
    heard_at: Instant,
    sound_since: bool,
    is_over: bool,
}

/// Follows the events of one stream.
#[derive(Clone, Debug, Default)]
pub struct EventReceiver {
    current: Option<Current>,
    /// Timestamps of events that are over, the oldest first.
    known: [Option<u32>; KNOWN],
}

impl EventReceiver {
    /// Takes a packet: the digit that is over by it, and another one if one that was not is over too. In their order.
    pub fn take(&mut self, packet: &EventPacket, now: Instant) -> [Option<Heard>; 2] {
        let Some(current) = &mut self.current else { return [None, self.begin(packet, now)] };
        if current.is_same(packet) {
            return [None, current.go_on(packet, now)];
        }
        if self.known.contains(&Some(packet.timestamp)) {
            return [None, None];
        }
        let is_of_stream = packet.stream == current.stream;
        if is_of_stream && packet.extended < current.first {
            let heard = current.overtaken(packet);
            self.know(packet.timestamp);
            return [None, heard];
        }
        if is_of_stream && current.goes_on_in(packet) {
            let before = current.timestamp;
            current.next_segment(packet);
            let heard = current.go_on(packet, now);
            self.know(before);
            return [None, heard];
        }
        let before = self.end();
        [before, self.begin(packet, now)]
    }

    /// Other sound of the same stream has come.
    #[inline]
    pub fn hear_sound(&mut self) {
        if let Some(current) = &mut self.current {
            current.sound_since = true;
        }
    }

    /// Whether a digit has begun and is not over.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.current.is_some_and(|current| !current.is_over)
    }

    /// When to ask [`EventReceiver::poll`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let current = self.current.filter(|current| !current.is_over)?;
        Some(current.heard_at + if current.sound_since { LOST_AFTER_SOUND } else { LOST_AFTER })
    }

    /// A digit whose end was lost.
    pub fn poll(&mut self, now: Instant) -> Option<Heard> {
        self.next_timeout().filter(|at| *at <= now).and_then(|_| self.end())
    }

    /// What was going on is over.
    pub fn end(&mut self) -> Option<Heard> {
        self.current.as_mut()?.end()
    }

    fn begin(&mut self, packet: &EventPacket, now: Instant) -> Option<Heard> {
        if let Some(before) = self.current {
            self.know(before.timestamp);
        }
        let mut current = Current {
            digit: Digit::from_event(packet.payload.event),
            event: packet.payload.event,
            stream: packet.stream,
            first: packet.extended,
            timestamp: packet.timestamp,
            clock_rate_hz: packet.clock_rate_hz,
            ticks: 0,
            earlier: Duration::ZERO,
            passed: false,
            heard_at: now,
            sound_since: false,
            is_over: false,
        };
        let heard = current.go_on(packet, now);
        self.current = Some(current);
        heard
    }

    fn know(&mut self, timestamp: u32) {
        self.known.rotate_left(1);
        if let Some(last) = self.known.last_mut() {
            *last = Some(timestamp);
        }
    }
}

impl Current {
    fn is_same(&self, packet: &EventPacket) -> bool {
        (self.timestamp, self.event) == (packet.timestamp, packet.payload.event)
    }

    /// Whether `packet` is of the next segment of this event. A pressed key again would have the marker.
    fn goes_on_in(&self, packet: &EventPacket) -> bool {
        let passed = packet.timestamp.wrapping_sub(self.timestamp);
        let is_next = (self.ticks.max(LONG)..=0xFFFF).contains(&passed);
        is_next && !self.is_over && !packet.marker && packet.payload.event == self.event
    }

    fn next_segment(&mut self, packet: &EventPacket) {
        self.earlier += span(packet.timestamp.wrapping_sub(self.timestamp), self.clock_rate_hz);
        (self.timestamp, self.ticks) = (packet.timestamp, 0);
    }

    fn go_on(&mut self, packet: &EventPacket, now: Instant) -> Option<Heard> {
        if self.is_over {
            return None;
        }
        let first = if packet.stream == self.stream { self.first.min(packet.extended) } else { packet.extended };
        (self.stream, self.first) = (packet.stream, first);
        self.ticks = self.ticks.max(u32::from(packet.payload.duration));
        self.passed |= packet.passed;
        (self.heard_at, self.sound_since) = (now, false);
        if packet.payload.is_end { self.end() } else { None }
    }

    /// All that has come of an event before this one, which nobody has been told of yet.
    fn overtaken(&self, packet: &EventPacket) -> Option<Heard> {
        let digit = Digit::from_event(packet.payload.event).filter(|_| !self.is_over)?;
        let duration = span(u32::from(packet.payload.duration), packet.clock_rate_hz);
        Some(Heard { digit, duration, by: By::Event, passed: packet.passed })
    }

    fn end(&mut self) -> Option<Heard> {
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        let duration = self.earlier + span(self.ticks, self.clock_rate_hz);
        Some(Heard { digit: self.digit?, duration, by: By::Event, passed: self.passed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::start;

    const RATE_HZ: u32 = 8000;

    /// A receiver, the time, and what was told: digit and milliseconds.
    struct Rig {
        stream: u64,
        receiver: EventReceiver,
        now: Instant,
        told: Vec<(char, u128)>,
    }

    impl Rig {
        fn new() -> Self {
            Self { stream: 0, receiver: EventReceiver::default(), now: start(), told: Vec::new() }
        }

        fn tell(&mut self, heard: impl IntoIterator<Item = Heard>) {
            self.told.extend(heard.into_iter().map(|heard| (heard.digit.char(), heard.duration.as_millis())));
        }

        fn packet(&mut self, extended: u64, timestamp: u32, digit: char, ticks: u16, is_end: bool, marker: bool) {
            let event = Digit::from_char(digit).unwrap().event();
            let payload = EventPayload { event, is_end, level_below_dbm0: 10, duration: ticks };
            let stream = self.stream;
            let packet =
                EventPacket { stream, extended, timestamp, clock_rate_hz: RATE_HZ, marker, payload, passed: false };
            let heard = self.receiver.take(&packet, self.now);
            self.tell(heard.into_iter().flatten());
            self.pass(20);
        }

        fn pass(&mut self, ms: u64) {
            let until = self.now + Duration::from_millis(ms);
            while let Some(at) = self.receiver.next_timeout().filter(|at| *at <= until) {
                let heard = self.receiver.poll(at);
                self.tell(heard);
            }
            self.now = until;
        }
    }

    /// The packets of a digit of 100 ms, as `(number, ticks, end, marker)`.
    const USUAL: [(u64, u16, bool, bool); 7] = [
        (0, 160, false, true),
        (1, 320, false, false),
        (2, 480, false, false),
        (3, 640, false, false),
        (4, 800, true, false),
        (5, 800, true, false),
        (6, 800, true, false),
    ];

    fn usual(rig: &mut Rig, first: u64, timestamp: u32, digit: char, comes: impl Fn(u64) -> bool) {
        for (number, ticks, is_end, marker) in USUAL.into_iter().filter(|(number, ..)| comes(*number)) {
            rig.packet(first + number, timestamp, digit, ticks, is_end, marker);
        }
    }

    #[test]
    fn three_end_packets_are_one_digit_with_its_length() {
        let mut rig = Rig::new();
        usual(&mut rig, 100, 5000, '5', |_| true);
        usual(&mut rig, 107, 7000, '5', |_| true);
        rig.pass(2000);
        assert_eq!(rig.told, [('5', 100), ('5', 100)]);
    }

    #[test]
    fn one_packet_of_a_digit_is_enough_whichever_it_is() {
        for only in 0..7 {
            let mut rig = Rig::new();
            usual(&mut rig, 100, 5000, '7', |number| number == only);
            rig.pass(2000);
            assert_eq!(rig.told, [('7', 20 * u128::from(only.min(4) + 1))]);
        }
    }

    #[test]
    fn a_lost_end_is_replaced_by_the_next_digit_or_by_sound_or_by_time() {
        let mut rig = Rig::new();
        usual(&mut rig, 100, 5000, '1', |number| number < 3);
        usual(&mut rig, 110, 6000, '2', |number| number < 3);
        assert_eq!(rig.told, [('1', 60)]);
        rig.receiver.hear_sound();
        rig.pass(170);
        assert_eq!(rig.told.len(), 1);
        rig.pass(20);
        assert_eq!(rig.told, [('1', 60), ('2', 60)]);
        usual(&mut rig, 120, 9000, '3', |number| number < 3);
        rig.pass(470);
        assert_eq!(rig.told.len(), 2);
        rig.pass(20);
        assert_eq!(rig.told.last(), Some(&('3', 60)));
        usual(&mut rig, 120, 9000, '3', |number| number > 2);
        assert_eq!(rig.told.len(), 3, "its end comes at last");
    }

    #[test]
    fn packets_in_any_order_and_doubled_are_one_digit() {
        let mut rig = Rig::new();
        for number in [2u64, 0, 0, 1, 3, 5, 4, 6, 1, 2] {
            let (_, ticks, is_end, marker) = USUAL[usize::try_from(number).unwrap()];
            rig.packet(100 + number, 5000, '9', ticks, is_end, marker);
        }
        assert_eq!(rig.told, [('9', 100)]);
    }

    #[test]
    fn a_digit_that_alternates_with_another_stream_is_one() {
        let mut rig = Rig::new();
        for (number, ticks, is_end, marker) in USUAL {
            rig.stream += 2; // each time that it comes back it is a new one
            rig.packet(900 - 100 * number, 5000, '9', ticks, is_end, marker);
        }
        rig.pass(1000);
        usual(&mut rig, 10, 6000, '9', |_| true);
        assert_eq!(rig.told, [('9', 100), ('9', 100)]);
    }

    #[test]
    fn packets_of_earlier_digits_tell_nothing_again() {
        let mut rig = Rig::new();
        usual(&mut rig, 100, 5000, '1', |_| true);
        usual(&mut rig, 107, 7000, '2', |number| number < 2);
        rig.packet(106, 5000, '1', 800, true, false);
        rig.packet(105, 5000, '1', 800, true, false);
        usual(&mut rig, 107, 7000, '2', |number| number >= 2);
        assert_eq!(rig.told, [('1', 100), ('2', 100)]);
    }

    #[test]
    fn a_digit_that_the_next_one_has_overtaken_comes_before_it() {
        let mut rig = Rig::new();
        usual(&mut rig, 107, 7000, '2', |number| number < 2);
        rig.packet(106, 5000, '1', 800, true, false);
        rig.packet(105, 5000, '1', 800, true, false);
        usual(&mut rig, 107, 7000, '2', |number| number >= 2);
        assert_eq!(rig.told, [('1', 100), ('2', 100)]);
    }

    /// A key is held for 20 s: three segments at 8 kHz.
    fn long(rig: &mut Rig, lost: impl Fn(u64) -> bool) {
        let mut segment = 0;
        for number in 0..1000u64 {
            let ticks = u32::try_from(160 * (number + 1)).unwrap() - segment;
            let said = u16::try_from(ticks).unwrap_or(u16::MAX);
            if !lost(number) {
                rig.packet(100 + number, 5000 + segment, '#', said, number == 999, number == 0);
            }
            segment += if ticks >= 0xFFFF { 0xFFFF } else { 0 };
        }
        rig.pass(1000);
    }

    #[test]
    fn a_long_event_in_segments_is_one_digit() {
        let mut rig = Rig::new();
        long(&mut rig, |_| false);
        assert_eq!(rig.told, [('#', 20_000)]);
        let mut rig = Rig::new();
        long(&mut rig, |number| (395..420).contains(&number));
        assert_eq!(rig.told, [('#', 20_000)], "the turn from one to the next is lost");
    }

    #[test]
    fn events_that_are_no_digits_tell_nothing_and_end_what_went_before() {
        let mut rig = Rig::new();
        usual(&mut rig, 100, 5000, '1', |number| number < 2);
        let payload = EventPayload { event: 32, is_end: false, level_below_dbm0: 10, duration: 160 };
        let packet = EventPacket {
            stream: 0,
            extended: 110,
            timestamp: 6000,
            clock_rate_hz: RATE_HZ,
            marker: true,
            payload,
            passed: false,
        };
        let heard = rig.receiver.take(&packet, rig.now);
        rig.tell(heard.into_iter().flatten());
        rig.pass(1000);
        assert_eq!(rig.told, [('1', 40)]);
    }
}
