//! A leg that is not heard: what is told of why.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_media::latch::LatchMode;
use warden_media::relay::{
    Clue, Direction, Event, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, SILENT_AFTER, Session, Side,
};
use warden_media::rtcp::Report;
use warden_media::rtp::Fields;

const PHONE: &str = "192.0.2.1:4000";
const STRANGER: &str = "203.0.113.9:4000";

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

struct Call {
    session: Session,
    now: Instant,
    sequence: u16,
}

impl Call {
    #[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
    fn new() -> Self {
        let now = Instant::now();
        let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
        for (side, rtp) in [(Side::A, at(PHONE)), (Side::B, at("192.0.2.2:5000"))] {
            let setup = LegSetup {
                remote: Some(Remote { rtp, rtcp: SocketAddr::new(rtp.ip(), rtp.port() + 1) }),
                mode: LatchMode::Strict,
                direction: if side == Side::A { Direction::SendRecv } else { Direction::RecvOnly },
                routes: Routes::between(&[Payload::PCMU], &[Payload::PCMU]),
                answered: true,
                ..LegSetup::default()
            };
            session.set_up(side, &setup, now);
        }
        Self { session, now, sequence: 0 }
    }

    /// Packets of this kind from there for so long.
    fn send(&mut self, from: &str, payload_type: u8, lasting: Duration) -> &mut Self {
        for _ in 0..lasting.as_millis() / 20 {
            let mut packet = [0; 172];
            let (sequence, timestamp) = (self.sequence, u32::from(self.sequence) * 160);
            Fields { marker: false, payload_type, sequence, timestamp, ssrc: 7 }.write(&mut packet).unwrap();
            self.sequence += 1;
            self.session.receive(Side::A, at(from), self.now, &mut packet, 172);
            self.pass(Duration::from_millis(20));
        }
        self
    }

    fn pass(&mut self, time: Duration) -> Vec<Event> {
        let (end, mut out, mut events) = (self.now + time, [0; OUTPUT_LEN], Vec::new());
        loop {
            match self.session.poll(self.now, &mut out) {
                Output::Event(event) => events.push(event),
                Output::Wait(at) => match at.filter(|at| *at <= end) {
                    Some(at) => self.now = at,
                    None => break,
                },
                Output::Rtp { .. } | Output::Rtcp { .. } => {}
            }
        }
        self.now = end;
        events
    }

    /// What is told once the silence has lasted.
    fn clue(&mut self) -> Clue {
        self.events_to_clue(Duration::from_millis(500))
    }

    fn events_to_clue(&mut self, time: Duration) -> Clue {
        let events = self.pass(time);
        let clue = |event: &Event| match event {
            Event::Silent { side: Side::A, finding, .. } => Some((finding.promised, finding.clue)),
            Event::Silent { .. }
            | Event::AudioBack { .. }
            | Event::WrongKey { .. }
            | Event::Digit { .. }
            | Event::Dead { .. } => None,
        };
        let (promised, clue) = events.iter().find_map(clue).unwrap();
        assert_eq!(promised, Some(at(PHONE)));
        clue
    }
}

/// A little less than [`SILENT_AFTER`].
const NEARLY: Duration = Duration::from_millis(2900);

#[test]
fn a_phone_that_sends_nothing_is_told_from_one_that_sends_from_elsewhere() {
    assert_eq!(Call::new().events_to_clue(SILENT_AFTER), Clue::Nothing);
    let clue = Call::new().send(STRANGER, 0, NEARLY).clue();
    assert_eq!(clue, Clue::Elsewhere { from: at(STRANGER), packets: 145 });
}

#[test]
fn another_codec_than_agreed_is_no_stranger() {
    assert_eq!(Call::new().send(PHONE, 9, NEARLY).clue(), Clue::PayloadType);
    let mut call = Call::new();
    call.send(PHONE, 0, Duration::from_secs(10));
    assert_eq!(call.send(PHONE, 9, NEARLY).clue(), Clue::PayloadType, "changed without a word");
}

#[test]
fn only_what_has_come_since_it_was_heard_is_a_clue() {
    let mut call = Call::new();
    call.send(STRANGER, 0, Duration::from_secs(1)).send(PHONE, 0, Duration::from_secs(20));
    assert_eq!(call.events_to_clue(SILENT_AFTER), Clue::Nothing);
}

#[test]
fn reports_without_sound_show_that_the_phone_is_there() {
    let mut call = Call::new();
    let mut report = [0; 200];
    let len = Report { ssrc: 7, sender: None, blocks: &[], cname: &[b'a'; 16], goodbye: false }.write(&mut report);
    call.session.receive_rtcp(Side::A, at("192.0.2.1:4001"), call.now, &mut report[..len.unwrap()]);
    assert_eq!(call.events_to_clue(SILENT_AFTER), Clue::Reports);
}

#[test]
fn what_is_no_rtp_is_said_to_be_none() {
    let mut call = Call::new();
    call.session.receive(Side::A, at(PHONE), call.now, &mut [0xff; 40], 40);
    assert_eq!(call.events_to_clue(SILENT_AFTER), Clue::NotRtp);
}
