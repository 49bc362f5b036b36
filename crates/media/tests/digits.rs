//! Digits in a session: tones that are told in another way are muted, events without a counterpart are heard, digits are
//! said in place of sound; and none of that allocates for a packet.

use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::g711::Law;
use warden_media::dtmf::{By, Digit, DigitSetup, EventPayload, Saying};
use warden_media::relay::{
    DropReason, Event, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtp::{Fields, RtpHeader};

const EVENTS: Payload = Payload::telephone_event(101, 8000);
const FRAME: Duration = Duration::from_millis(20);

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn peer() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4000))
}

/// A sends what `from` has, B takes events; A's tones are listened for if it `listens`.
fn session(from: &[Payload], to: &[Payload], listens: bool, now: Instant) -> Session {
    let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
    for (side, from, to) in [(Side::A, from, to), (Side::B, to, from)] {
        let routes = Routes::between(from, to);
        let listens = listens && side == Side::A;
        let said = Some(Saying::Events { payload_type: 101, clock_rate_hz: 8000 });
        let digits = DigitSetup { listens, mutes: listens, said, level_below_dbm0: 6 };
        let remote = Some(Remote { rtp: peer(), rtcp: peer() });
        session.set_up(side, &LegSetup { remote, routes, digits, answered: true, ..LegSetup::default() }, now);
    }
    session
}

fn packet(number: u16, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    Fields { marker, payload_type, sequence: number, timestamp, ssrc: 3 }.write(&mut bytes);
    bytes.extend(payload);
    bytes
}

/// 20 ms of silence, or of the digit 5 as it sounds then.
fn sound(number: u16, is_tone: bool) -> Vec<u8> {
    let sample = |at: u32| {
        let time_s = f64::from(u32::from(number) * 160 + at) / 8000.0;
        #[expect(clippy::cast_possible_truncation, reason = "small")]
        let value = ((TAU * 770.0 * time_s).sin() * 6000.0 + (TAU * 1336.0 * time_s).sin() * 6000.0) as i16;
        Law::Pcmu.encode(if is_tone { value } else { 0 })
    };
    let payload: Vec<u8> = (0..160).map(sample).collect();
    packet(number, 0, false, u32::from(number) * 160, &payload)
}

fn told(session: &mut Session, now: Instant) -> Vec<(char, u128, By, bool)> {
    let (mut out, mut all) = ([0; OUTPUT_LEN], Vec::new());
    loop {
        match session.poll(now, &mut out) {
            Output::Event(Event::Digit { side: Side::A, heard }) => {
                all.push((heard.digit.char(), heard.duration.as_millis(), heard.by, heard.passed));
            }
            Output::Wait(_) => return all,
            Output::Event(_) | Output::Rtp { .. } | Output::Rtcp { .. } => {}
        }
    }
}

#[test]
fn of_a_tone_that_is_told_in_another_way_only_the_beginning_passes() {
    let begin = start();
    let mut session = session(&[Payload::PCMU], &[Payload::PCMU, EVENTS], true, begin);
    let (mut passed, mut digits, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..60u16 {
        let now = begin + FRAME * u32::from(number);
        let mut bytes = sound(number, (20..35).contains(&number));
        let len = bytes.len();
        if let Verdict::Forward { .. } = session.receive(Side::A, peer(), now, &mut bytes, len) {
            passed.push(number);
            numbers.push(RtpHeader::parse(&bytes).unwrap().sequence);
        }
        digits.extend(told(&mut session, now));
    }
    let leaked = passed.iter().filter(|number| (20..35).contains(*number)).count();
    assert!(leaked <= 2, "{leaked} packets of 20 ms");
    assert!(passed.iter().filter(|number| **number > 36).count() >= 22, "sound goes on: {passed:?}");
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)), "nothing looks lost");
    assert_eq!(digits.len(), 1);
    let (digit, ms, by, did_pass) = digits[0];
    assert!((digit, by, did_pass) == ('5', By::Tone, false) && ms.abs_diff(300) <= 10, "{ms} ms");
}

#[test]
fn events_pass_and_are_heard_or_are_only_heard() {
    for (to, passes) in [(&[Payload::PCMU, EVENTS][..], true), (&[Payload::PCMU][..], false)] {
        let begin = start();
        let mut session = session(&[Payload::PCMU, EVENTS], to, false, begin);
        let mut digits = Vec::new();
        for number in 0..7u16 {
            let now = begin + FRAME * u32::from(number);
            let duration = 160 * (number + 1).min(5);
            let payload = EventPayload { event: 11, is_end: number >= 4, level_below_dbm0: 10, duration };
            let mut bytes = packet(number, 101, number == 0, 8000, &payload.bytes());
            let len = bytes.len();
            let verdict = session.receive(Side::A, peer(), now, &mut bytes, len);
            assert_eq!(matches!(verdict, Verdict::Forward { .. }), passes);
            assert!(passes || verdict == Verdict::Drop(DropReason::Digit));
            digits.extend(told(&mut session, now));
        }
        assert_eq!(digits, [('#', 100, By::Event, passes)]);
    }
}

#[test]
fn a_digit_is_said_in_place_of_sound_which_goes_on_at_its_time() {
    let begin = start();
    let mut session = session(&[Payload::PCMU], &[Payload::PCMU, EVENTS], false, begin);
    let mut sent = Vec::new();
    let note = |bytes: &[u8]| {
        let header = RtpHeader::parse(bytes).unwrap();
        (header.sequence, header.timestamp, header.payload_type, header.marker)
    };
    for number in 0..30u16 {
        let now = begin + FRAME * u32::from(number);
        if number == 10 {
            session.say_digit(Side::B, Digit::from_char('5').unwrap(), Duration::from_millis(100), now);
        }
        let mut out = [0; OUTPUT_LEN];
        loop {
            match session.poll(now, &mut out) {
                Output::Rtp { side: Side::B, len, .. } => sent.push(note(&out[..len])),
                Output::Wait(_) => break,
                Output::Event(_) | Output::Rtp { .. } | Output::Rtcp { .. } => {}
            }
        }
        let mut bytes = sound(number, false);
        let len = bytes.len();
        if let Verdict::Forward { .. } = session.receive(Side::A, peer(), now, &mut bytes, len) {
            sent.push(note(&bytes));
        }
    }
    assert!(sent.windows(2).all(|pair| pair[1].0 == pair[0].0.wrapping_add(1)), "{sent:?}");
    let events: Vec<_> = sent.iter().filter(|packet| packet.2 == 101).collect();
    assert_eq!(events.len(), 7, "five packets, two of them again");
    assert!(events.iter().all(|event| event.1 == events[0].1) && events[0].3 && !events[1].3);
    let first = sent[0].1;
    let [before, after] = [9, sent.len() - 1].map(|at| sent[at].1.wrapping_sub(first));
    assert_eq!((before, after), (9 * 160, 29 * 160), "sound keeps its time");
    assert_eq!(events[0].1.wrapping_sub(first), 10 * 160);
}

#[test]
fn listening_allocates_nothing_for_a_packet() {
    let begin = start();
    let mut session = session(&[Payload::PCMU], &[Payload::PCMU, EVENTS], true, begin);
    let mut packets: Vec<Vec<u8>> = (0..1000).map(|number| sound(number, number % 50 > 40)).collect();
    let mut out = [0; OUTPUT_LEN];
    let mut heard = 0;
    let mut take = |session: &mut Session, number: usize, packet: &mut Vec<u8>| {
        let now = begin + FRAME * u32::try_from(number).unwrap();
        let len = packet.len();
        session.receive(Side::A, peer(), now, packet, len);
        while session.has_output() {
            heard += u32::from(matches!(session.poll(now, &mut out), Output::Event(Event::Digit { .. })));
        }
    };
    // The first digit makes room for those that wait to be told.
    for (number, packet) in packets[..60].iter_mut().enumerate() {
        take(&mut session, number, packet);
    }
    let counted = allocation_counter::measure(|| {
        for (number, packet) in packets.iter_mut().enumerate().skip(60) {
            take(&mut session, number, packet);
        }
    });
    assert_eq!((counted.count_total, heard), (0, 19));
}

/// One packet of the event 5 at A, number `number` of its stream: whether it goes on to B.
fn press(session: &mut Session, number: u16, now: Instant) -> bool {
    let payload = EventPayload { event: 5, is_end: false, level_below_dbm0: 10, duration: 160 * (number + 1) };
    let mut bytes = packet(number, 101, number == 0, 8000, &payload.bytes());
    let len = bytes.len();
    matches!(session.receive(Side::A, peer(), now, &mut bytes, len), Verdict::Forward { .. })
}

#[test]
fn a_digit_that_comes_by_events_and_otherwise_too_is_told_once() {
    let (begin, both, length) = (start(), [Payload::PCMU, EVENTS], Duration::from_millis(100));
    let digit = Digit::from_char('5').unwrap();
    let mut call = session(&both, &both, false, begin);
    assert!(press(&mut call, 0, begin));
    call.say_digit(Side::B, digit, length, begin + FRAME);
    assert!(press(&mut call, 1, begin + FRAME), "events were first, and go on");
    let mut call = session(&both, &both, false, begin);
    call.say_digit(Side::B, digit, length, begin);
    for number in 0..20 {
        let now = begin + FRAME * u32::from(number);
        told(&mut call, now);
        assert!(!press(&mut call, number, now), "packet {number}: what was said otherwise was first");
    }
    assert!(press(&mut call, 20, begin + Duration::from_secs(2)));
}
