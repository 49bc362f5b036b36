//! Two legs and the packets between them, in simulated time.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::Codec;
use warden_codec::g711::Law;
use warden_media::dtmf::DigitSetup;
use warden_media::latch::{LatchMode, LatchState};
use warden_media::relay::{
    Clue, Direction, DropReason, Event, Finding, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Remote, Routes, Session,
    Side, Verdict,
};
use warden_media::rtcp::{Compound, NtpTime, Packet, Report, ReportBlock, SenderInfo};
use warden_media::rtp::{Fields, RtpHeader};
use warden_media::voice::Voice;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

const MS: Duration = Duration::from_millis(1);
const WALL: Duration = Duration::from_secs(1_790_000_000);

fn addr(side: Side) -> SocketAddr {
    match side {
        Side::A => SocketAddr::from(([192, 0, 2, 1], 4000)),
        Side::B => SocketAddr::from(([192, 0, 2, 2], 5000)),
    }
}

fn rtcp_addr(side: Side) -> SocketAddr {
    SocketAddr::new(addr(side).ip(), addr(side).port() + 1)
}

fn setup(side: Side, from: &[Payload], to: &[Payload], direction: Direction) -> LegSetup {
    LegSetup {
        remote: Some(Remote { rtp: addr(side), rtcp: rtcp_addr(side) }),
        mode: LatchMode::Strict,
        direction,
        routes: Routes::between(from, to),
        voice: Some(Voice::new(Codec::G711(Law::Pcmu), 0)),
        tones: Some(Voice::new(Codec::G711(Law::Pcmu), 0)),
        digits: DigitSetup::default(),
        srtp: None,
        is_fax: false,
        answered: true,
    }
}

struct Call {
    session: Session,
    start: Instant,
    now: Instant,
}

const DTMF_A: Payload = Payload::telephone_event(101, 8000);
const DTMF_B: Payload = Payload::telephone_event(96, 8000);

impl Call {
    fn new(a: &[Payload], b: &[Payload]) -> Self {
        let start = start();
        let mut session = Session::new(Leg::new(1, start, WALL), Leg::new(2, start, WALL));
        session.set_up(Side::A, &setup(Side::A, a, b, Direction::SendRecv), start);
        session.set_up(Side::B, &setup(Side::B, b, a, Direction::SendRecv), start);
        Self { session, start, now: start }
    }

    fn direction(&mut self, side: Side, direction: Direction) {
        let routes = Routes::between(&[Payload::PCMU], &[Payload::PCMU]);
        let setup = LegSetup { routes, ..setup(side, &[], &[], direction) };
        self.session.set_up(side, &setup, self.now);
    }

    /// Sends a packet from a peer; what comes out at the other one, or why nothing does.
    fn send(&mut self, side: Side, ssrc: u32, payload_type: u8, sequence: u16) -> Result<Sent, DropReason> {
        let mut packet = [sequence.to_be_bytes()[1]; 172];
        let timestamp = u32::from(sequence) * 160;
        Fields { marker: false, payload_type, sequence, timestamp, ssrc }.write(&mut packet).unwrap();
        self.now += 20 * MS;
        match self.session.receive(side, addr(side), self.now, &mut packet, 172) {
            Verdict::Forward { side: to, to: peer, len } => {
                assert_eq!((to, peer, len), (side.other(), addr(side.other()), packet.len()));
                let header = RtpHeader::parse(&packet).unwrap();
                assert_eq!(header.ssrc, self.session.leg(to).ssrc());
                Ok(Sent { header, payload: header.payload(&packet).to_vec() })
            }
            Verdict::Drop(reason) => Err(reason),
            Verdict::Taken => panic!("that was no RTCP"),
        }
    }

    /// Runs the timers up to `until`; every output with its time in ms.
    fn run(&mut self, until: Duration) -> Vec<(u128, Output, Vec<u8>)> {
        let mut outputs = Vec::new();
        let mut buffer = [0; OUTPUT_LEN];
        loop {
            match self.session.poll(self.now, &mut buffer) {
                Output::Wait(at) => match at.filter(|at| *at <= self.start + until) {
                    Some(at) => self.now = at,
                    None => break,
                },
                output @ (Output::Rtp { .. } | Output::Rtcp { .. } | Output::Event(_)) => {
                    let len = match output {
                        Output::Rtp { len, .. } | Output::Rtcp { len, .. } => len,
                        Output::Event(_) | Output::Wait(_) => 0,
                    };
                    outputs.push(((self.now - self.start).as_millis(), output, buffer[..len].to_vec()));
                }
            }
        }
        self.now = self.start + until;
        outputs
    }

    fn events(&mut self, until: Duration) -> Vec<(u128, Event)> {
        let event = |(at, output, _)| match output {
            Output::Event(event) => Some((at, event)),
            Output::Rtp { .. } | Output::Rtcp { .. } | Output::Wait(_) => None,
        };
        self.run(until).into_iter().filter_map(event).collect()
    }
}

struct Sent {
    header: RtpHeader,
    payload: Vec<u8>,
}

#[test]
fn a_packet_goes_to_the_other_leg_with_our_numbers_and_its_own_payload() {
    let mut call = Call::new(&[Payload::PCMU, DTMF_A], &[Payload::PCMU, DTMF_B]);
    let first = call.send(Side::A, 9, 0, 100).unwrap();
    let second = call.send(Side::A, 9, 0, 102).unwrap();
    assert_eq!(second.header.sequence.wrapping_sub(first.header.sequence), 2, "what was lost stays visible");
    assert_eq!(second.header.timestamp.wrapping_sub(first.header.timestamp), 320);
    assert_eq!(second.payload, [102; 160]);
    assert!(call.send(Side::B, 10, 0, 7).is_ok());
    assert_ne!(call.session.leg(Side::A).ssrc(), call.session.leg(Side::B).ssrc());
}

#[test]
fn digits_keep_their_timestamps_and_get_the_other_legs_payload_type() {
    let mut call = Call::new(&[Payload::PCMU, DTMF_A], &[Payload::PCMU, DTMF_B]);
    call.send(Side::A, 9, 0, 1).unwrap();
    let digit = call.send(Side::A, 9, 101, 2).unwrap();
    assert_eq!(digit.header.payload_type, 96);
    assert_eq!(call.send(Side::B, 9, 96, 2).unwrap().header.payload_type, 101);
}

#[test]
fn the_laws_of_g711_are_converted_where_the_legs_differ() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMA]);
    let sent = call.send(Side::A, 9, 0, 1).unwrap();
    let mut expected = [1; 160];
    Law::Pcmu.convert(&mut expected);
    assert_eq!((sent.header.payload_type, sent.payload), (8, expected.to_vec()));
    assert_eq!(call.send(Side::B, 9, 8, 1).unwrap().header.payload_type, 0);
}

#[test]
fn a_payload_type_that_was_not_negotiated_is_refused_and_leaves_no_gap() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    let before = call.send(Side::A, 9, 0, 1).unwrap().header.sequence;
    assert_eq!(call.send(Side::A, 9, 13, 2).err(), Some(DropReason::PayloadType));
    assert_eq!(call.send(Side::A, 9, 0, 3).unwrap().header.sequence, before.wrapping_add(1));
    assert_eq!(call.session.leg(Side::A).statistics().drops.of(DropReason::PayloadType), 1);
}

#[test]
fn a_new_source_and_a_restart_go_on_where_the_last_one_ended() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    let mut sequences = Vec::new();
    for (ssrc, sequence) in [(9, 1), (9, 2), (77, 40_000), (77, 40_001), (77, 5), (77, 6), (77, 7)] {
        sequences.extend(call.send(Side::A, ssrc, 0, sequence).map(|sent| sent.header.sequence));
    }
    let first = sequences[0];
    let distances: Vec<_> = sequences.iter().map(|sequence| sequence.wrapping_sub(first)).collect();
    assert_eq!(distances, [0, 1, 2, 3, 4, 5], "the first packet of the jump is not believed");
}

#[test]
fn directions_decide_what_is_forwarded() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (a, b, expected) in [
        (SendRecv, SendRecv, None),
        (SendOnly, RecvOnly, None),
        (RecvOnly, SendRecv, Some(DropReason::NotSending)),
        (Inactive, SendRecv, Some(DropReason::NotSending)),
        (SendRecv, SendOnly, Some(DropReason::NotReceiving)),
        (SendRecv, Inactive, Some(DropReason::NotReceiving)),
    ] {
        let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
        call.direction(Side::A, a);
        call.direction(Side::B, b);
        assert_eq!(call.send(Side::A, 9, 0, 1).err(), expected, "{a:?} to {b:?}");
    }
}

#[test]
fn a_hold_leaves_neither_a_gap_nor_loss() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    let before = call.send(Side::A, 9, 0, 1).unwrap().header;
    call.direction(Side::B, Direction::SendOnly);
    (2..100).for_each(|sequence| assert!(call.send(Side::A, 9, 0, sequence).is_err()));
    call.direction(Side::B, Direction::SendRecv);
    let after = call.send(Side::A, 9, 0, 100).unwrap().header;
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 99 * 160, "the time has passed, though");
    assert!(after.marker);
    assert_eq!(call.session.leg(Side::A).statistics().received.lost, 0);
}

/// Three seconds without sound from a phone that promised it.
fn silent(side: Side, clue: Clue) -> Event {
    Event::Silent { side, lasting: Duration::from_secs(3), finding: Finding { promised: Some(addr(side)), clue } }
}

#[test]
fn silence_and_death_are_told_once_each() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    call.direction(Side::B, Direction::RecvOnly);
    assert_eq!(
        call.events(Duration::from_secs(100)),
        [(3000, silent(Side::A, Clue::Nothing)), (60_000, Event::Dead { side: Side::A })]
    );
    call.send(Side::A, 9, 0, 1).unwrap();
    assert!(call.session.has_output());
    assert_eq!(call.events(Duration::from_secs(101)), [(100_020, Event::AudioBack { side: Side::A })]);
}

#[test]
fn who_holds_the_other_may_be_silent_for_long_and_afterwards_not() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    call.direction(Side::A, Direction::SendOnly);
    call.direction(Side::B, Direction::RecvOnly);
    assert_eq!(call.events(Duration::from_mins(5)), []);
    call.direction(Side::A, Direction::SendRecv);
    assert_eq!(call.events(Duration::from_secs(310)), [(303_000, silent(Side::A, Clue::Nothing))]);
}

#[test]
fn before_the_answer_nobody_is_silent() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    for side in [Side::A, Side::B] {
        let early = LegSetup { answered: false, ..setup(side, &[], &[], Direction::SendRecv) };
        call.session.set_up(side, &early, call.now);
    }
    assert_eq!(call.events(Duration::from_secs(100)), []);
}

#[test]
fn each_leg_gets_reports_of_our_own_about_what_it_sends_and_gets() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    for sequence in 1..=100 {
        call.send(Side::A, 9, 0, sequence).unwrap();
    }
    let reports = call.run(Duration::from_secs(30));
    let to = |side| {
        reports.iter().filter_map(move |(at, output, bytes)| match output {
            Output::Rtcp { side: its, to, .. } if *its == side => {
                assert_eq!(*to, rtcp_addr(side));
                Some((*at, bytes))
            }
            Output::Rtcp { .. } | Output::Rtp { .. } | Output::Event(_) | Output::Wait(_) => None,
        })
    };
    let times: Vec<_> = to(Side::A).map(|(at, _)| at).collect();
    assert!(times.windows(2).all(|pair| (2500..7500).contains(&(pair[1] - pair[0]))), "{times:?}");
    let (_, bytes) = to(Side::A).next().unwrap();
    let compound = Compound::parse(bytes).unwrap();
    let Some(Packet::ReceiverReport { ssrc, mut blocks }) = compound.packets().next() else { panic!("{compound:?}") };
    let block = blocks.next().unwrap();
    assert_eq!((ssrc, block.ssrc, block.highest), (call.session.leg(Side::A).ssrc(), 9, 100));
    assert_eq!(compound.cname(ssrc).len(), 16);
    let (_, bytes) = to(Side::B).next().unwrap();
    let Some(Packet::SenderReport { info, .. }) = Compound::parse(bytes).unwrap().packets().next() else {
        panic!("B is sent to")
    };
    assert_eq!((info.packets, info.octets), (100, 16_000));
}

#[test]
fn the_round_trip_comes_from_the_peers_answer_to_our_report() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    call.send(Side::A, 9, 0, 1).unwrap();
    let sent_at = call.now;
    let ssrc = call.session.leg(Side::B).ssrc();
    let last_sr = NtpTime::from_unix(WALL + (sent_at - call.start)).middle();
    let block = ReportBlock { ssrc, last_sr, delay_since_sr: 0x8000, ..ReportBlock::default() };
    let sender = SenderInfo { ntp: NtpTime(1), timestamp: 0, packets: 0, octets: 0 };
    let report = Report { ssrc: 4, sender: Some(sender), blocks: &[block], cname: b"b", goodbye: false };
    let mut bytes = [0; 200];
    let len = report.write(&mut bytes).unwrap();
    let arrival = sent_at + 580 * MS;
    let strange = call.session.receive_rtcp(Side::B, addr(Side::A), arrival, &mut bytes[..len]);
    assert_eq!(strange, Verdict::Drop(DropReason::Stray));
    assert_eq!(call.session.receive_rtcp(Side::B, rtcp_addr(Side::B), arrival, &mut bytes[..len]), Verdict::Taken);
    let round_trip = call.session.leg(Side::B).statistics().round_trip.unwrap();
    assert!(round_trip.abs_diff(80 * MS) < MS, "{round_trip:?}");
}

#[test]
fn rtcp_on_the_rtp_port_is_taken_when_multiplexed_and_never_forwarded() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    let mut bytes = [0; 200];
    let len = Report { ssrc: 4, sender: None, blocks: &[], cname: b"b", goodbye: true }.write(&mut bytes).unwrap();
    let verdict = call.session.receive(Side::A, addr(Side::A), call.now, &mut bytes, len);
    assert_eq!(verdict, Verdict::Drop(DropReason::NotRtp));
    let remote = Some(Remote { rtp: addr(Side::A), rtcp: addr(Side::A) });
    call.session.set_up(Side::A, &LegSetup { remote, ..setup(Side::A, &[], &[], Direction::SendRecv) }, call.now);
    assert_eq!(call.session.receive(Side::A, addr(Side::A), call.now, &mut bytes, len), Verdict::Taken);
}

#[test]
fn joining_with_another_leg_keeps_the_stream_going() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    let before = call.send(Side::A, 9, 0, 1).unwrap().header;
    call.session.replace(Side::A, Leg::new(3, call.now, WALL));
    let setup = setup(Side::A, &[Payload::PCMU], &[Payload::PCMU], Direction::SendRecv);
    call.session.set_up(Side::A, &setup, call.now);
    let after = call.send(Side::A, 1234, 0, 30_000).unwrap().header;
    assert_eq!((after.ssrc, after.sequence), (before.ssrc, before.sequence.wrapping_add(1)));
}

#[test]
fn the_statistics_at_the_end_say_how_it_was() {
    let mut call = Call::new(&[Payload::PCMU, DTMF_A], &[Payload::PCMA, DTMF_B]);
    assert_eq!(call.session.leg(Side::A).statistics().quality, None);
    for sequence in (1..=1000).filter(|sequence| sequence % 20 != 10) {
        call.send(Side::A, 9, 0, sequence).unwrap();
    }
    call.send(Side::A, 9, 101, 1001).unwrap();
    let mut out = [0; OUTPUT_LEN];
    let (to, len) = call.session.goodbye(Side::A, call.now, &mut out).unwrap();
    assert_eq!(to, rtcp_addr(Side::A));
    assert!(Compound::parse(&out[..len]).unwrap().packets().any(|packet| matches!(packet, Packet::Goodbye(_))));
    let [a, b] = call.session.close();
    assert_eq!((a.received.expected, a.received.lost, a.received.packets), (1001, 50, 951));
    assert_eq!((b.sent_packets, b.sent_bytes, a.payload_type), (951, 951 * 160, Some(0)));
    let mos = a.quality.unwrap().mos;
    assert!((3.8..4.0).contains(&mos), "5 % loss: {mos}");
    assert_eq!((b.quality, b.payload_type), (None, None));
}

#[test]
fn the_statistics_at_the_end_count_in_the_legs_that_were_replaced() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    for _ in 0..2 {
        for sequence in (1..=100).filter(|sequence| sequence % 10 != 5) {
            call.send(Side::B, 9, 0, sequence).unwrap();
        }
        call.session.replace(Side::B, Leg::new(3, call.now, WALL));
        call.session.set_up(
            Side::B,
            &setup(Side::B, &[Payload::PCMU], &[Payload::PCMU], Direction::SendRecv),
            call.now,
        );
    }
    for sequence in 1..=10 {
        call.send(Side::B, 9, 0, sequence).unwrap();
        call.send(Side::A, 9, 0, sequence).unwrap();
    }
    let [a, b] = call.session.close();
    assert_eq!((b.received.packets, b.received.lost, b.received.expected), (190, 20, 210));
    assert!(b.quality.is_some() && b.payload_type == Some(0));
    assert_eq!((a.sent_packets, b.sent_packets, a.received.packets), (190, 10, 10));
}

#[test]
fn in_relaxed_mode_audio_follows_the_phone_and_not_the_stranger() {
    let mut call = Call::new(&[Payload::PCMU], &[Payload::PCMU]);
    let relaxed = LegSetup {
        mode: LatchMode::Relaxed,
        ..setup(Side::B, &[Payload::PCMU], &[Payload::PCMU], Direction::SendRecv)
    };
    call.session.set_up(Side::B, &relaxed, call.now);
    let nat = SocketAddr::from(([198, 51, 100, 1], 9));
    for (sequence, expected) in [(1, DropReason::Learning), (2, DropReason::Stray)] {
        let mut packet = [0; 20];
        let fields = Fields { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc: 5 };
        fields.write(&mut packet).unwrap();
        let verdict = call.session.receive(Side::B, nat, call.now, &mut packet, 20);
        if sequence == 1 {
            assert_eq!(verdict, Verdict::Drop(expected));
            continue;
        }
        assert_eq!(verdict, Verdict::Forward { side: Side::A, to: addr(Side::A), len: 20 });
        let stranger = SocketAddr::from(([203, 0, 113, 1], 9));
        assert_eq!(call.session.receive(Side::B, stranger, call.now, &mut packet, 20), Verdict::Drop(expected));
    }
    assert_eq!(call.session.leg(Side::B).latch().state(), LatchState::Provisional(nat));
    assert_eq!(call.session.leg(Side::B).statistics().strays[0].packets, 1);
}
