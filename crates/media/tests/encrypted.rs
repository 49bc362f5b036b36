//! Sessions with encrypted legs: what passes, what is not taken, and that nothing leaves plain.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use warden_codec::Codec;
use warden_media::relay::{
    DropReason, Event, Format, Leg, LegSetup, OUTPUT_LEN, Output, Payload, Program, Remote, Routes, Session, Side,
    Verdict, WRONG_KEY_AFTER,
};
use warden_media::rtcp::{Compound, Report};
use warden_media::rtp::{Fields, RtpHeader};
use warden_media::srtp::{MAX_GROWTH, MAX_MASTER_LEN, MasterKey, Protection, SrtpKeys, Suite};
use warden_media::station::{Class, FRAME, Stations};
use warden_media::tone::{Plan, Tone};
use warden_media::voice::Voice;

#[expect(clippy::disallowed_methods, reason = "a beginning for simulated time")]
fn start() -> Instant {
    Instant::now()
}

const LEN: usize = 172;

fn addr(side: Side) -> SocketAddr {
    match side {
        Side::A => SocketAddr::from(([192, 0, 2, 1], 4000)),
        Side::B => SocketAddr::from(([192, 0, 2, 2], 5000)),
    }
}

fn key(suite: Suite, seed: u8) -> MasterKey {
    MasterKey::new(suite, &[seed; MAX_MASTER_LEN][..suite.master_len()]).unwrap()
}

/// As the leg has them, and as its phone has.
fn keys(suite: Suite, seed: u8) -> (SrtpKeys, Protection) {
    let (ours, theirs) = (key(suite, seed), key(suite, seed + 1));
    let phone = Protection::new(&SrtpKeys { send: theirs.clone(), receive: ours.clone() }).unwrap();
    (SrtpKeys { send: ours, receive: theirs }, phone)
}

fn setup(side: Side, from: Payload, to: Payload, srtp: Option<SrtpKeys>) -> LegSetup {
    let remote = Some(Remote { rtp: addr(side), rtcp: addr(side) });
    let Format::Sound(codec) = from.format else { panic!("{from:?} cannot be said") };
    let voice = Some(Voice::new(codec, from.payload_type));
    LegSetup {
        remote,
        routes: Routes::between(&[from], &[to]),
        voice,
        tones: voice,
        srtp,
        is_fax: false,
        answered: true,
        ..LegSetup::default()
    }
}

struct Call {
    session: Session,
    now: Instant,
    /// What the phones encrypt with; nothing for plain ones.
    phones: [Option<Protection>; 2],
}

impl Call {
    fn new(a: Option<Suite>, b: Option<Suite>) -> Self {
        Self::between([Payload::PCMU, Payload::PCMU], a, b)
    }

    fn between([of_a, of_b]: [Payload; 2], a: Option<Suite>, b: Option<Suite>) -> Self {
        let now = start();
        let mut session = Session::new(Leg::new(1, now, Duration::ZERO), Leg::new(2, now, Duration::ZERO));
        let (for_a, phone_a) = a.map(|suite| keys(suite, 10)).unzip();
        let (for_b, phone_b) = b.map(|suite| keys(suite, 20)).unzip();
        session.set_up(Side::A, &setup(Side::A, of_a, of_b, for_a), now);
        session.set_up(Side::B, &setup(Side::B, of_b, of_a, for_b), now);
        Self { session, now, phones: [phone_a, phone_b] }
    }

    fn phone(&mut self, side: Side) -> Option<&mut Protection> {
        let [a, b] = &mut self.phones;
        match side {
            Side::A => a.as_mut(),
            Side::B => b.as_mut(),
        }
    }

    /// What the phone of `side` sends: a packet whose payload is its number.
    fn packet(&mut self, side: Side, payload_type: u8, sequence: u16) -> Vec<u8> {
        let mut packet = vec![sequence.to_be_bytes()[1]; LEN + MAX_GROWTH];
        let timestamp = u32::from(sequence) * 160;
        Fields { marker: false, payload_type, sequence, timestamp, ssrc: 7 }.write(&mut packet).unwrap();
        let len = self.phone(side).map_or(LEN, |phone| phone.protect(&mut packet, LEN).unwrap());
        packet.truncate(len);
        packet
    }

    /// Gives a datagram to the session; what the other phone understands of what it gets.
    fn deliver(&mut self, side: Side, datagram: &[u8]) -> Result<Vec<u8>, DropReason> {
        self.now += Duration::from_millis(20);
        let mut buffer = [datagram, &[0; MAX_GROWTH]].concat();
        match self.session.receive(side, addr(side), self.now, &mut buffer, datagram.len()) {
            Verdict::Forward { side: to, to: peer, len } => {
                assert_eq!((to, peer), (side.other(), addr(side.other())));
                Ok(self.understood(to, &buffer[..len]))
            }
            Verdict::Drop(reason) => Err(reason),
            Verdict::Taken => panic!("nothing is converted here"),
        }
    }

    fn understood(&mut self, side: Side, datagram: &[u8]) -> Vec<u8> {
        let mut packet = datagram.to_vec();
        if let Some(phone) = self.phone(side) {
            let len = phone.unprotect(&mut packet).unwrap();
            packet.truncate(len);
        }
        packet
    }

    fn send(&mut self, side: Side, sequence: u16) -> Result<Vec<u8>, DropReason> {
        let packet = self.packet(side, 0, sequence);
        self.deliver(side, &packet)
    }

    fn events(&mut self) -> Vec<Event> {
        let (mut events, mut out) = (Vec::new(), [0; OUTPUT_LEN]);
        loop {
            match self.session.poll(self.now, &mut out) {
                Output::Event(event) => events.push(event),
                Output::Rtp { .. } | Output::Rtcp { .. } => {}
                Output::Wait(_) => return events,
            }
        }
    }
}

#[test]
fn every_suite_is_heard_by_every_other_and_by_a_plain_phone() {
    let all: Vec<_> = Suite::ALL.into_iter().map(Some).chain([None]).collect();
    for a in &all {
        for b in &all {
            let mut call = Call::new(*a, *b);
            for sequence in 1..=20 {
                for side in [Side::A, Side::B] {
                    let heard = call.send(side, sequence).unwrap();
                    let header = RtpHeader::parse(&heard).unwrap();
                    assert_eq!(header.ssrc, call.session.leg(side.other()).ssrc());
                    assert_eq!(header.payload(&heard), [sequence.to_be_bytes()[1]; 160], "{a:?} to {b:?}");
                }
            }
        }
    }
}

#[test]
fn plain_sound_on_an_encrypted_leg_is_not_heard_and_none_leaves() {
    let mut call = Call::new(Some(Suite::AesCm128HmacSha1_80), None);
    call.phones = [None, None];
    assert_eq!(call.send(Side::A, 1), Err(DropReason::Forged));
    let sent = call.send(Side::B, 1).unwrap();
    assert_eq!(sent.len(), LEN + 10);
    assert_ne!(sent[12..LEN], [1; 160]);
}

#[test]
fn a_packet_that_has_no_room_to_be_encrypted_does_not_leave_plain() {
    let mut call = Call::new(None, Some(Suite::AeadAes256Gcm));
    let mut packet = call.packet(Side::A, 0, 1);
    let verdict = call.session.receive(Side::A, addr(Side::A), call.now, &mut packet, LEN);
    assert_eq!(verdict, Verdict::Drop(DropReason::NotEncrypted));
}

#[test]
fn a_wrong_key_is_silence_and_told_once() {
    let mut call = Call::new(Some(Suite::AesCm128HmacSha1_80), Some(Suite::AeadAes128Gcm));
    call.phones[0] = Some(keys(Suite::AesCm128HmacSha1_80, 50).1);
    let mut told = Vec::new();
    for sequence in 1..=3 * u16::try_from(WRONG_KEY_AFTER).unwrap() {
        assert_eq!(call.send(Side::A, sequence), Err(DropReason::Forged));
        if call.session.has_output() {
            told.extend(call.events().into_iter().map(|event| (sequence, event)));
        }
    }
    let after = u16::try_from(WRONG_KEY_AFTER).unwrap();
    assert_eq!(told, [(after, Event::WrongKey { side: Side::A })]);
    let drops = call.session.leg(Side::A).statistics().drops;
    assert_eq!(drops.of(DropReason::Forged), 150);
}

#[test]
fn a_few_forged_packets_among_good_ones_are_no_wrong_key() {
    let mut call = Call::new(Some(Suite::AesCm128HmacSha1_80), None);
    for sequence in 1..=200 {
        let packet = call.packet(Side::A, 0, sequence);
        let mut forged = packet.clone();
        forged[40] ^= 1;
        assert_eq!(call.deliver(Side::A, &forged), Err(DropReason::Forged));
        assert!(call.deliver(Side::A, &packet).is_ok());
    }
    assert!(!call.events().contains(&Event::WrongKey { side: Side::A }));
}

#[test]
fn a_repeated_packet_is_heard_once() {
    let mut call = Call::new(Some(Suite::AesCm128HmacSha1_32), None);
    let packet = call.packet(Side::A, 0, 1);
    assert!(call.deliver(Side::A, &packet).is_ok());
    assert_eq!(call.deliver(Side::A, &packet), Err(DropReason::Replayed));
    assert_eq!(call.session.leg(Side::A).statistics().drops.of(DropReason::Replayed), 1);
}

#[test]
fn reports_and_the_goodbye_are_encrypted_both_ways() {
    for suite in Suite::ALL {
        let mut call = Call::new(Some(suite), None);
        call.send(Side::B, 1).unwrap();
        let mut out = [0; OUTPUT_LEN];
        let (_, len) = call.session.goodbye(Side::A, call.now, &mut out).unwrap();
        assert!(Compound::parse(&out[..len]).is_err(), "{suite:?}");
        let len = call.phone(Side::A).unwrap().unprotect_rtcp(&mut out[..len]).unwrap();
        assert!(Compound::parse(&out[..len]).is_ok());

        let mut bytes = [0; OUTPUT_LEN];
        let report = Report { ssrc: 7, sender: None, blocks: &[], cname: b"phone", goodbye: false };
        let len = report.write(&mut bytes).unwrap();
        let mut plain = bytes;
        let sealed = call.phone(Side::A).unwrap().protect_rtcp(&mut bytes, len).unwrap();
        let (now, from) = (call.now, addr(Side::A));
        let verdict = call.session.receive(Side::A, from, now, &mut plain, len);
        assert!(matches!(verdict, Verdict::Drop(_)), "{suite:?}");
        let mut again = bytes;
        assert_eq!(call.session.receive(Side::A, from, now, &mut bytes, sealed), Verdict::Taken);
        let verdict = call.session.receive(Side::A, from, now, &mut again, sealed);
        assert_eq!(verdict, Verdict::Drop(DropReason::Replayed));
        assert_eq!(call.session.leg(Side::A).statistics().reports, 1);
    }
}

#[test]
fn tones_and_converted_sound_are_encrypted() {
    let g722 = Payload::sound(9, Codec::G722);
    let mut call = Call::between([Payload::PCMU, g722], Some(Suite::AeadAes128Gcm), Some(Suite::AesCm128HmacSha1_80));
    call.session.play(Side::A, Some(Program::Tone(Tone::ring_back(Plan::Us))), call.now);
    let (mut out, mut heard) = ([0; OUTPUT_LEN], [0; 2]);
    for sequence in 1..=50 {
        let mut packet = call.packet(Side::A, 0, sequence);
        let len = packet.len();
        let verdict = call.session.receive(Side::A, addr(Side::A), call.now, &mut packet, len);
        assert_eq!(verdict, Verdict::Taken);
        call.now += Duration::from_millis(20);
        while let output @ (Output::Rtp { .. } | Output::Rtcp { .. } | Output::Event(_)) =
            call.session.poll(call.now, &mut out)
        {
            if let Output::Rtp { side, len, .. } = output {
                let packet = call.understood(side, &out[..len]);
                assert_eq!(RtpHeader::parse(&packet).unwrap().payload_len(), 160);
                heard[usize::from(side == Side::B)] += 1;
            }
        }
    }
    assert!(heard[0] >= 40 && heard[1] >= 48, "{heard:?}");
}

#[test]
fn music_is_encrypted_for_each_of_its_listeners() {
    let suites = [Suite::AeadAes128Gcm, Suite::AesCm128HmacSha1_80];
    let mut call = Call::new(Some(suites[0]), Some(suites[1]));
    let mut stations = Stations::default();
    for side in [Side::A, Side::B] {
        call.session.play(side, Some(Program::Music(Class::new("default"))), call.now);
        stations.tune(side, None, call.session.tuned(side).as_ref(), call.now);
    }
    let (mut out, mut sent) = ([0; OUTPUT_LEN], Vec::new());
    for _ in 0..10 {
        call.now = stations.next_timeout().unwrap();
        let station = stations.next_due(call.now).unwrap();
        station.hear(&[1000; FRAME], |side, packet| {
            let (_, len) = call.session.broadcast(side, packet, call.now, &mut out).unwrap();
            sent.push((side, out[..len].to_vec()));
        });
    }
    assert_eq!(sent.len(), 20);
    for (side, packet) in sent {
        assert!(packet.len() > LEN, "with a tag");
        let plain = call.understood(side, &packet);
        assert_eq!(RtpHeader::parse(&plain).unwrap().payload_len(), 160);
    }
}

#[test]
fn a_new_agreement_goes_on_without_a_gap_and_another_key_takes_over() {
    let suite = Suite::AesCm128HmacSha1_80;
    let mut call = Call::new(Some(suite), Some(suite));
    assert!(call.send(Side::A, 1).is_ok() && call.send(Side::B, 1).is_ok());
    let (held, _) = keys(suite, 10);
    call.session.set_up(Side::A, &setup(Side::A, Payload::PCMU, Payload::PCMU, Some(held)), call.now);
    let old = call.packet(Side::A, 0, 2);
    let (fresh, phone) = keys(suite, 60);
    call.session.set_up(Side::A, &setup(Side::A, Payload::PCMU, Payload::PCMU, Some(fresh)), call.now);
    assert!(call.deliver(Side::A, &old).is_ok(), "it was on its way");
    call.phones[0] = Some(phone);
    assert!(call.send(Side::A, 3).is_ok() && call.send(Side::B, 2).is_ok());
}

#[test]
fn an_encrypted_peer_is_believed_wherever_it_comes_from_and_nobody_else() {
    let mut call = Call::new(Some(Suite::AesCm128HmacSha1_80), None);
    let elsewhere = SocketAddr::from(([203, 0, 113, 9], 7000));
    let mut packet = call.packet(Side::A, 0, 1);
    let len = packet.len();
    let verdict = call.session.receive(Side::A, elsewhere, call.now, &mut packet, len);
    assert!(matches!(verdict, Verdict::Forward { .. }), "{verdict:?}");
    assert_eq!(call.session.leg(Side::A).latch().peer(), Some(elsewhere));
    let mut strange = [0; LEN];
    for sequence in 2..10 {
        Fields { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc: 7 }.write(&mut strange).unwrap();
        let verdict = call.session.receive(Side::A, addr(Side::A), call.now, &mut strange, LEN);
        assert_eq!(verdict, Verdict::Drop(DropReason::Forged));
    }
    assert_eq!(call.session.leg(Side::A).latch().peer(), Some(elsewhere));
}

#[test]
fn encrypted_packets_allocate_nothing() {
    for suite in Suite::ALL {
        let mut call = Call::new(Some(suite), Some(suite));
        let mut phone = call.phones[0].take().unwrap();
        let mut buffer = [0; LEN + MAX_GROWTH];
        let counted = allocation_counter::measure(|| {
            for sequence in 1..500u16 {
                Fields { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc: 7 }.write(&mut buffer);
                let len = phone.protect(&mut buffer, LEN).unwrap();
                let verdict = call.session.receive(Side::A, addr(Side::A), call.now, &mut buffer, len);
                assert!(matches!(verdict, Verdict::Forward { .. }));
            }
        });
        assert_eq!(counted.count_total, 0, "{suite:?}");
    }
}
