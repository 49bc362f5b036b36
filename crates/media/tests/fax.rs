//! Calls that become a fax and sound again: what passes, what does not, and what is quiet meanwhile.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use warden_codec::Codec;
use warden_codec::g711::Law;
use warden_media::latch::LatchMode;
use warden_media::relay::{
    Direction, DropReason, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Program, Remote, Routes, Session, Side, Verdict,
};
use warden_media::rtp::Fields;
use warden_media::tone::{Plan, Tone};
use warden_media::udptl;
use warden_media::voice::Voice;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

fn at(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

/// A is at host 1, B at host 2.
fn home(side: Side, port: u16) -> SocketAddr {
    at(if side == Side::A { 1 } else { 2 }, port)
}

fn setup(side: Side, port: u16) -> LegSetup {
    let remote = Some(Remote { rtp: home(side, port), rtcp: home(side, port + 1) });
    LegSetup { remote, mode: LatchMode::Relaxed, answered: true, ..LegSetup::default() }
}

fn sound(side: Side) -> LegSetup {
    let voice = Some(Voice::new(Codec::G711(Law::Pcmu), 0));
    LegSetup { routes: Routes::between(&[Payload::PCMU], &[Payload::PCMU]), voice, tones: voice, ..setup(side, 4000) }
}

fn fax(side: Side) -> LegSetup {
    // Whatever else is set up, a fax is nothing but a fax.
    let remote = setup(side, 4006).remote;
    LegSetup { is_fax: true, remote, ..sound(side) }
}

struct Call {
    session: Session,
    now: Instant,
}

impl Call {
    fn new(set_up: impl Fn(Side) -> LegSetup) -> Self {
        let now = start();
        let session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
        let mut call = Self { session, now };
        call.change(set_up);
        call
    }

    fn change(&mut self, set_up: impl Fn(Side) -> LegSetup) {
        for side in [Side::A, Side::B] {
            self.session.set_up(side, &set_up(side), self.now);
        }
    }

    /// What becomes of a datagram from there.
    fn send(&mut self, side: Side, source: SocketAddr, datagram: &[u8]) -> Result<SocketAddr, DropReason> {
        let mut buffer = datagram.to_vec();
        match self.session.receive(side, source, self.now, &mut buffer, datagram.len()) {
            Verdict::Forward { side: to, to: peer, len } => {
                assert_eq!((to, len), (side.other(), datagram.len()));
                Ok(peer)
            }
            Verdict::Drop(reason) => Err(reason),
            Verdict::Taken => Err(DropReason::Playing),
        }
    }

    /// The same for fax, which passes as it is.
    fn fax(&mut self, side: Side, source: SocketAddr, sequence: u16) -> Result<SocketAddr, DropReason> {
        let datagram = page(sequence);
        let mut buffer = datagram.clone();
        let verdict = self.session.receive(side, source, self.now, &mut buffer, datagram.len());
        assert_eq!(buffer, datagram);
        match verdict {
            Verdict::Forward { to, len, .. } => {
                assert_eq!(len, datagram.len());
                Ok(to)
            }
            Verdict::Drop(reason) => Err(reason),
            Verdict::Taken => Err(DropReason::Playing),
        }
    }

    fn talk(&mut self, side: Side, source: SocketAddr, sequence: u16) -> Result<SocketAddr, DropReason> {
        self.send(side, source, &packet(sequence))
    }

    /// Everything that is said and told in this time.
    fn outputs(&mut self, lasting: Duration) -> usize {
        let (end, mut count, mut out) = (self.now + lasting, 0, [0; OUTPUT_LEN]);
        loop {
            match self.session.poll(self.now, &mut out) {
                Output::Wait(next) => match next.filter(|next| *next <= end) {
                    Some(next) => self.now = next,
                    None => break,
                },
                Output::Rtp { .. } | Output::Rtcp { .. } | Output::Event(_) => count += 1,
            }
        }
        self.now = end;
        count
    }
}

/// Six bytes of fax, and what was sent before again.
fn page(sequence: u16) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    vec![high, low, 6, 0xC0, 1, 0x80, 2, low, 9, 0, 1, 3, 7, 8, 9]
}

fn packet(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x55; 172];
    let timestamp = u32::from(sequence) * 160;
    Fields { marker: false, payload_type: 0, sequence, timestamp, ssrc: 3 }.write(&mut packet).unwrap();
    packet
}

#[test]
fn fax_passes_both_ways_as_it_is_and_is_counted() {
    let mut call = Call::new(fax);
    for sequence in 0..10 {
        assert_eq!(call.fax(Side::A, at(1, 4006), sequence), Ok(at(2, 4006)));
    }
    assert_eq!(call.fax(Side::B, at(2, 4006), 0), Ok(at(1, 4006)));
    // Some say what matters three times under one number.
    assert_eq!(call.fax(Side::B, at(2, 4006), 0), Ok(at(1, 4006)));
    let [a, b] = call.session.close();
    assert_eq!((a.fax.received, a.fax.sent, b.fax.received, b.fax.sent), (10, 2, 2, 10));
    assert_eq!((a.received.packets, a.drops.total(), b.drops.total()), (0, 0, 0));
}

#[test]
fn what_is_not_fax_and_who_is_not_the_peer_goes_no_further() {
    let mut call = Call::new(|side| LegSetup { mode: LatchMode::Strict, ..fax(side) });
    assert_eq!(call.send(Side::A, at(1, 4006), &[0, 1, 9, 9]), Err(DropReason::Malformed));
    assert_eq!(call.send(Side::A, at(1, 4006), &[0; 2000]), Err(DropReason::Malformed));
    assert_eq!(call.fax(Side::A, at(3, 4006), 0), Err(DropReason::Stray));
    assert_eq!(call.fax(Side::B, at(1, 4006), 0), Err(DropReason::Stray), "A's phone at B's port");
    let [a, b] = call.session.close();
    assert_eq!((a.drops.of(DropReason::Malformed), a.drops.of(DropReason::Stray), a.strays.len()), (2, 1, 1));
    assert_eq!((a.fax.received, b.fax.sent, b.drops.of(DropReason::Stray)), (0, 0, 1));
}

#[test]
fn sound_that_was_on_its_way_is_not_taken_for_fax() {
    let mut call = Call::new(sound);
    assert_eq!(call.talk(Side::A, at(1, 4000), 1), Ok(at(2, 4000)));
    call.change(fax);
    let mut late = packet(2);
    // As it would be read: one byte of fax, and nothing repeated.
    late[2..6].copy_from_slice(&[1, 6, 0, 0]);
    assert!(udptl::sequence(&late).is_some());
    assert_eq!(call.send(Side::A, at(1, 4000), &late), Err(DropReason::PayloadType));
    assert_eq!(call.fax(Side::A, at(1, 4006), 0), Ok(at(2, 4006)));
}

#[test]
fn sound_goes_on_after_the_fax_and_neither_is_lost_from_the_counts() {
    let mut call = Call::new(sound);
    assert_eq!(call.talk(Side::A, at(1, 4000), 1), Ok(at(2, 4000)));
    call.change(fax);
    assert_eq!(call.fax(Side::A, at(1, 4006), 0), Ok(at(2, 4006)));
    call.change(sound);
    assert_eq!(call.fax(Side::A, at(1, 4006), 1), Err(DropReason::NotRtp));
    assert_eq!(call.talk(Side::A, at(1, 4000), 2), Ok(at(2, 4000)));
    let [a, b] = call.session.close();
    assert_eq!((a.received.packets, a.received.lost, a.fax.received), (2, 0, 1));
    assert_eq!((b.sent_packets, b.fax.sent), (2, 1));
}

#[test]
fn in_a_fax_nothing_is_said_reported_or_missed() {
    let mut call = Call::new(sound);
    assert!(call.outputs(Duration::from_secs(2)) == 0);
    call.session.play(Side::B, Some(Program::Tone(Tone::ring_back(Plan::Uk))), call.now);
    assert!(call.outputs(Duration::from_secs(2)) > 50, "a tone");
    call.change(fax);
    assert_eq!(call.outputs(Duration::from_hours(1)), 0);
    assert_eq!(call.session.goodbye(Side::A, call.now, &mut [0; OUTPUT_LEN]), None);
    assert_eq!(call.fax(Side::A, at(1, 4006), 0), Ok(at(2, 4006)), "a tone takes the place of sound only");
    call.change(sound);
    assert!(call.outputs(Duration::from_mins(2)) > 10, "silence, death and reports");
}

#[test]
fn between_a_leg_with_fax_and_one_with_sound_nothing_passes() {
    let mut call = Call::new(|side| if side == Side::A { fax(side) } else { sound(side) });
    assert_eq!(call.fax(Side::A, at(1, 4006), 0), Err(DropReason::PayloadType));
    assert_eq!(call.talk(Side::B, at(2, 4000), 0), Err(DropReason::PayloadType));
}

#[test]
fn a_fax_on_hold_waits() {
    let held = |side| LegSetup { direction: Direction::SendOnly, ..fax(side) };
    let mut call = Call::new(|side| if side == Side::A { held(side) } else { fax(side) });
    assert_eq!(call.fax(Side::A, at(1, 4006), 0), Ok(at(2, 4006)));
    assert_eq!(call.fax(Side::B, at(2, 4006), 0), Err(DropReason::NotReceiving));
    let mut call = Call::new(|side| if side == Side::B { held(side) } else { fax(side) });
    assert_eq!(call.fax(Side::A, at(1, 4006), 0), Err(DropReason::NotReceiving));
}

#[test]
fn a_phone_behind_nat_gets_fax_where_its_own_comes_from() {
    let mut call = Call::new(sound);
    // It says host 1, and is seen at host 9.
    for sequence in 0..3 {
        let _learnt = call.talk(Side::A, at(9, 30_000), sequence);
    }
    assert_eq!(call.talk(Side::B, at(2, 4000), 0), Ok(at(9, 30_000)));
    call.change(fax);
    assert_eq!(call.fax(Side::A, at(8, 30_002), 0), Err(DropReason::Stray));
    assert_eq!(call.fax(Side::A, at(9, 30_002), 0), Err(DropReason::Learning));
    assert_eq!(call.fax(Side::A, at(9, 30_002), 0), Ok(at(2, 4006)));
    assert_eq!(call.fax(Side::B, at(2, 4006), 0), Ok(at(9, 30_002)));
}

#[test]
fn a_fax_from_the_beginning_finds_a_machine_behind_nat() {
    let mut call = Call::new(fax);
    assert_eq!(call.fax(Side::A, at(9, 30_002), 0), Err(DropReason::Learning));
    assert_eq!(call.fax(Side::A, at(9, 30_002), 1), Ok(at(2, 4006)));
    assert_eq!(call.fax(Side::B, at(2, 4006), 0), Ok(at(9, 30_002)));
}

#[test]
fn a_thousand_datagrams_allocate_nothing() {
    let mut call = Call::new(fax);
    let (mut datagram, now) = (page(1), call.now);
    let len = datagram.len();
    let counted = allocation_counter::measure(|| {
        for _ in 0..1000 {
            let verdict = call.session.receive(Side::A, at(1, 4006), now, &mut datagram, len);
            assert!(matches!(verdict, Verdict::Forward { .. }));
        }
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    #[test]
    fn only_the_peers_fax_is_forwarded_and_unchanged(
        datagrams in proptest::collection::vec(
            (
                any::<bool>(),
                1..4u8,
                prop_oneof![any::<u16>().prop_map(page), proptest::collection::vec(0..20u8, 0..40)],
            ),
            1..40,
        ),
    ) {
        let mut call = Call::new(fax);
        for (is_a, host, datagram) in datagrams {
            let side = if is_a { Side::A } else { Side::B };
            let mut buffer = datagram.clone();
            let verdict = call.session.receive(side, at(host, 4006), call.now, &mut buffer, datagram.len());
            prop_assert_eq!(&buffer, &datagram);
            let is_good = at(host, 4006) == home(side, 4006) && udptl::sequence(&datagram).is_some();
            let expected = Verdict::Forward { side: side.other(), to: home(side.other(), 4006), len: datagram.len() };
            prop_assert_eq!(verdict == expected, is_good);
            prop_assert_eq!(matches!(verdict, Verdict::Drop(_)), !is_good);
        }
    }
}
