//! Tones to one leg of a session, in simulated time.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::Codec;
use warden_codec::g711::Law;
use warden_media::relay::{
    Direction, DropReason, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Program, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtp::{Fields, RtpHeader};
use warden_media::tone::{Plan, Tone};
use warden_media::voice::Voice;

const MS: Duration = Duration::from_millis(1);
const PCMU: Voice = Voice::new(Codec::G711(Law::Pcmu), 0);
const PCMA: Voice = Voice::new(Codec::G711(Law::Pcma), 8);
const US: Tone = Tone::ring_back(Plan::Us);

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn addr(side: Side) -> SocketAddr {
    match side {
        Side::A => SocketAddr::from(([192, 0, 2, 1], 4000)),
        Side::B => SocketAddr::from(([192, 0, 2, 2], 5000)),
    }
}

fn setup(side: Side) -> LegSetup {
    let remote = Some(Remote { rtp: addr(side), rtcp: addr(side) });
    let routes = Routes::between(&[Payload::PCMU], &[Payload::PCMU]);
    LegSetup { remote, routes, tones: Some(PCMU), ..LegSetup::default() }
}

/// B hears tones.
struct Call {
    session: Session,
    now: Instant,
    /// Of A's stream.
    sequence: u16,
}

#[derive(Debug)]
struct Heard {
    header: RtpHeader,
    payload: Vec<u8>,
}

impl Call {
    fn new(a: &LegSetup, b: &LegSetup) -> Self {
        let now = start();
        let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
        session.set_up(Side::A, a, now);
        session.set_up(Side::B, b, now);
        Self { session, now, sequence: 0 }
    }

    fn between_phones() -> Self {
        Self::new(&setup(Side::A), &setup(Side::B))
    }

    fn play(&mut self, tone: Option<Tone>) {
        self.session.play(Side::B, tone.map(Program::Tone), self.now);
    }

    fn set_up_b(&mut self, setup: &LegSetup) {
        self.session.set_up(Side::B, setup, self.now);
    }

    /// A packet from A, 20 ms later; what B gets.
    fn speak(&mut self) -> Result<RtpHeader, DropReason> {
        self.now += 20 * MS;
        self.sequence += 1;
        let timestamp = u32::from(self.sequence) * 160;
        let mut packet = [0; 172];
        Fields { marker: false, payload_type: 0, sequence: self.sequence, timestamp, ssrc: 9 }.write(&mut packet);
        match self.session.receive(Side::A, addr(Side::A), self.now, &mut packet, 172) {
            Verdict::Forward { .. } => Ok(RtpHeader::parse(&packet).unwrap()),
            Verdict::Drop(reason) => Err(reason),
            Verdict::Taken => unreachable!("that was no RTCP"),
        }
    }

    /// Lets `ms` pass; what B hears of us, from 0 ms up to but not including the end, and how often a timer rang.
    fn run(&mut self, ms: u32) -> (Vec<Heard>, usize) {
        let (end, mut heard, mut rung, mut out) = (self.now + ms * MS, Vec::new(), 0, [0; OUTPUT_LEN]);
        loop {
            match self.session.poll(self.now, &mut out) {
                Output::Wait(at) => match at.filter(|at| *at < end) {
                    Some(at) => (self.now, rung) = (at, rung + 1),
                    None => break,
                },
                Output::Rtp { side, to, len } => {
                    assert_eq!((side, to), (Side::B, addr(Side::B)));
                    let header = RtpHeader::parse(&out[..len]).unwrap();
                    heard.push(Heard { header, payload: header.payload(&out[..len]).to_vec() });
                }
                Output::Rtcp { .. } | Output::Event(_) => {}
            }
        }
        self.now = end;
        (heard, rung)
    }

    fn hear(&mut self, ms: u32) -> Vec<Heard> {
        self.run(ms).0
    }
}

/// Sequence number, timestamp and SSRC as distances from `first`.
fn after(first: &RtpHeader, header: &RtpHeader) -> (u16, u32, u32) {
    let (sequence, timestamp) = (header.sequence, header.timestamp);
    (sequence.wrapping_sub(first.sequence), timestamp.wrapping_sub(first.timestamp), header.ssrc ^ first.ssrc)
}

#[test]
fn speech_tone_and_speech_are_one_stream_without_a_jump() {
    let mut call = Call::between_phones();
    let first = call.speak().unwrap();
    call.run(20);
    call.play(Some(US));
    let tone = call.hear(100);
    let places: Vec<_> = tone.iter().map(|heard| after(&first, &heard.header)).collect();
    assert_eq!(places, [1, 2, 3, 4, 5].map(|n| (n, 160 * u32::from(n), 0)));
    assert_eq!(tone.iter().map(|heard| heard.header.marker).collect::<Vec<_>>(), [true, false, false, false, false]);
    assert_eq!(call.speak().err(), Some(DropReason::Playing));
    call.play(None);
    let last = call.speak().unwrap();
    assert_eq!((after(&first, &last), last.marker), ((6, 160 * 8, 0), true), "140 ms after the first one");
    assert_eq!(after(&first, &call.speak().unwrap()), (7, 160 * 9, 0));
}

#[test]
fn a_beep_ends_by_itself_and_the_other_leg_is_heard_again() {
    let mut call = Call::between_phones();
    call.play(Some(Tone::beep()));
    assert_eq!(call.hear(400).len(), 15);
    assert!(call.speak().is_ok());
}

#[test]
fn a_leg_hears_tones_in_what_it_has_agreed_to_and_under_its_number() {
    let mut call = Call::between_phones();
    call.play(Some(US));
    let mu = call.hear(20).remove(0);
    call.set_up_b(&LegSetup { tones: Some(Voice { payload_type: 96, ..PCMA }), ..setup(Side::B) });
    let a = call.hear(20).remove(0);
    assert_eq!((mu.header.payload_type, a.header.payload_type), (0, 96));
    assert_eq!(after(&mu.header, &a.header), (1, 160, 0));
    let loudest = |codes: &[u8], law: Law| codes.iter().map(|code| law.decode(*code).unsigned_abs()).max().unwrap();
    let levels = [loudest(&mu.payload, Law::Pcmu), loudest(&a.payload, Law::Pcma)];
    assert!(levels.iter().all(|level| (3000..7000).contains(level)), "{levels:?}");
}

#[test]
fn a_leg_without_g711_hears_the_other_one_and_wakes_nobody() {
    let mut call = Call::new(&setup(Side::A), &LegSetup { tones: None, ..setup(Side::B) });
    call.play(Some(US));
    let (heard, rung) = call.run(2000);
    assert!(heard.is_empty() && rung <= 2, "{rung}"); // the reports
    assert!(call.speak().is_ok());
    call.set_up_b(&setup(Side::B));
    assert_eq!(call.hear(100).len(), 5, "it begins when it can be heard");
}

#[test]
fn while_a_leg_is_on_hold_its_tone_waits_and_wakes_nobody() {
    let mut call = Call::between_phones();
    call.play(Some(US));
    let first = call.hear(20).remove(0);
    call.set_up_b(&LegSetup { direction: Direction::SendOnly, ..setup(Side::B) });
    let (heard, rung) = call.run(2000);
    assert!(heard.is_empty() && rung <= 2, "{rung}");
    call.set_up_b(&setup(Side::B));
    let next = call.hear(20).remove(0);
    assert_eq!(after(&first.header, &next.header), (1, 160 * 101, 0), "its timestamps have gone on");
}

#[test]
fn a_tone_needs_nobody_on_the_other_leg() {
    let mut call = Call::new(&LegSetup::default(), &setup(Side::B));
    call.play(Some(US));
    assert_eq!(call.hear(1000).len(), 50);
    call.session.replace(Side::A, Leg::new(3, call.now, Duration::ZERO));
    assert_eq!(call.hear(1000).len(), 50, "who comes there does not end it");
    call.session.replace(Side::B, Leg::new(4, call.now, Duration::ZERO));
    call.set_up_b(&setup(Side::B));
    assert!(call.hear(1000).is_empty(), "it ends with its own leg");
}
