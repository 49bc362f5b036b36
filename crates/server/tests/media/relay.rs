//! What phones hear of each other.

use std::time::Instant;

use warden_call::media::{LegOpening, MediaCommand};
use warden_media::relay::{LegSetup, Program, Side};

use warden_codec::g711::Law;
use warden_media::tone::{Plan, Tone};

use crate::rig::{HOST, Heard, Phone, Rig};

#[test]
fn each_phone_hears_the_other_from_the_port_that_it_was_told_in_a_stream_of_its_own() {
    let mut rig = Rig::new(1);
    let (mut a, mut b) = (Phone::new(), Phone::new());
    let call = rig.open(&mut a, &mut b);
    for sound in 1..=50 {
        a.say(sound);
        let heard = b.hear();
        assert_eq!(heard.from, (HOST, b.ports.unwrap().rtp).into());
        assert_ne!(heard.header.ssrc, a.ssrc);
        assert_eq!((heard.header.payload_type, heard.payload), (0, vec![sound; 160]));
        b.say(sound + 100);
        let heard = a.hear();
        assert_eq!(heard.from, (HOST, a.ports.unwrap().rtp).into());
        assert_eq!(heard.payload, [sound + 100; 160]);
    }
    let statistics = rig.close(call);
    for leg in &statistics {
        assert_eq!((leg.received.packets, leg.sent_packets, leg.drops.total()), (50, 50, 0), "{leg:?}");
    }
    let status = rig.threads.status();
    assert_eq!((status.rtp_received, status.rtp_forwarded, status.rtp_dropped), (100, 100, 0), "{status:?}");
}

#[test]
fn a_closed_call_says_goodbye_by_rtcp_from_the_odd_port() {
    let mut rig = Rig::new(1);
    let (mut a, mut b) = (Phone::new(), Phone::new());
    let call = rig.open(&mut a, &mut b);
    rig.close(call);
    for phone in [a, b] {
        let mut space = [0; 500];
        let (length, from) = phone.rtcp.recv_from(&mut space).unwrap();
        assert_eq!(from, (HOST, phone.ports.unwrap().rtcp()).into());
        assert!(space[..length].windows(2).any(|bytes| bytes == [0x81, 203]), "no BYE in {:?}", &space[..length]);
    }
}

#[test]
fn what_came_before_the_call_is_never_heard() {
    let mut rig = Rig::new(1);
    let (mut a, mut b) = (Phone::new(), Phone::new());
    a.ports = Some(rig.take_ports());
    for _ in 0..500 {
        a.say(66); // even from the phone itself, more than any buffer holds
    }
    Phone::flush();
    let call = rig.open(&mut a, &mut b);
    a.say(77);
    assert_eq!(b.hear().payload, [77; 160]);
    assert_eq!(rig.close(call)[0].received.packets, 1);
    assert!(b.hears_nothing());
}

#[test]
fn another_phone_can_take_the_place_of_a_leg() {
    for replaced in [Side::A, Side::B] {
        let mut rig = Rig::new(1);
        let (mut stays, mut goes, mut comes) = (Phone::new(), Phone::new(), Phone::new());
        let call = match replaced {
            Side::A => rig.open(&mut goes, &mut stays),
            Side::B => rig.open(&mut stays, &mut goes),
        };
        stays.say(1);
        let before = goes.hear();
        goes.say(2);
        assert_eq!(stays.hear().payload, [2; 160]);
        let old_ports = goes.ports.unwrap();
        rig.replace(call, replaced, &mut comes);
        assert_eq!(rig.free.back(), Some(&old_ports));
        goes.say(3); // to ports that are nobody's
        stays.say(4);
        let after = comes.hear();
        assert_eq!((after.payload, after.header.ssrc == before.header.ssrc), (vec![4; 160], false));
        comes.say(5);
        assert_eq!(stays.hear().payload, [5; 160]);
        rig.close(call);
        assert!(goes.hears_nothing() && stays.hears_nothing());
    }
}

#[test]
fn a_tone_takes_the_place_of_the_other_phone_in_the_same_stream() {
    let mut rig = Rig::new(1);
    let (mut a, mut b) = (Phone::new(), Phone::new());
    let call = rig.open(&mut a, &mut b);
    a.say(1);
    let before = b.hear();
    let program = Program::Tone(Tone::ring_back(Plan::Us));
    rig.threads.carry_out(MediaCommand::Play { call, side: Side::B, program });
    let begun = Instant::now();
    let heard: Vec<_> = (0..25).map(|_| b.hear()).collect();
    let took = begun.elapsed();
    assert!((400..2000).contains(&took.as_millis()), "24 times 20 ms took {took:?}");
    rig.threads.carry_out(MediaCommand::Stop { call, side: Side::B });
    rig.settle();
    let mut last = &before.header;
    for Heard { from, header, payload } in &heard {
        assert_eq!((*from, header.ssrc), (before.from, last.ssrc));
        assert_eq!(header.sequence, last.sequence.wrapping_add(1));
        let loudest = payload.iter().map(|code| Law::Pcmu.decode(*code).unsigned_abs()).max().unwrap();
        assert!(loudest > 500, "{loudest}");
        last = header;
    }
    while !b.hears_nothing() {} // what had been sent before it stopped
    a.say(2);
    let after = b.hear();
    assert_eq!((after.payload, after.header.ssrc), (vec![2; 160], before.header.ssrc));
    assert!((1..10).contains(&after.header.sequence.wrapping_sub(last.sequence)), "{:?}", after.header);
    let statistics = rig.close(call);
    assert_eq!(statistics.map(|leg| leg.drops.total()), [0, 0]);
}

#[test]
fn a_leg_without_an_address_is_sent_to_as_soon_as_signalling_knows_one() {
    let mut rig = Rig::new(1);
    let (mut a, mut b) = (Phone::new(), Phone::new());
    let (leg_a, leg_b) = (rig.leg(&mut a), rig.leg(&mut b));
    let unknown = LegOpening { setup: LegSetup { remote: None, ..leg_b.setup.clone() }, ..leg_b };
    let call = warden_call::call_event::CallId(70);
    rig.threads.carry_out(MediaCommand::Open { call, legs: Box::new([leg_a, unknown]) });
    rig.settle();
    a.say(1);
    while rig.threads.status().rtp_dropped < 1 {
        rig.settle();
    }
    rig.threads.carry_out(MediaCommand::SetUp { call, side: Side::B, setup: Box::new(leg_b.setup) });
    rig.settle();
    a.say(2);
    assert_eq!(b.hear().payload, [2; 160]);
    b.say(3);
    assert_eq!(a.hear().payload, [3; 160]);
}

#[test]
fn of_a_hundred_calls_on_two_threads_each_hears_only_its_own() {
    let mut rig = Rig::new(2);
    let mut calls = Vec::new();
    for _ in 0..100 {
        let (mut a, mut b) = (Phone::new(), Phone::new());
        let call = rig.order_call(&mut a, &mut b);
        calls.push((call, a, b));
    }
    // The last of each thread; the idlest takes the next one, so these two are on different threads.
    let settled = [(); 2].map(|()| rig.order_call(&mut Phone::new(), &mut Phone::new()));
    for call in settled {
        rig.close(call);
    }
    for round in 0..5 {
        for (sound, (_, a, b)) in (0..).zip(&mut calls) {
            a.say(sound);
            b.say(sound + 100 + round);
        }
    }
    for (sound, (call, a, b)) in (0u8..).zip(&mut calls) {
        for round in 0..5 {
            assert_eq!(b.hear().payload, [sound; 160]);
            assert_eq!(a.hear().payload, [sound + 100 + round; 160]);
        }
        let statistics = rig.close(*call);
        assert_eq!(statistics.map(|leg| (leg.received.packets, leg.sent_packets)), [(5, 5); 2]);
        assert!(a.hears_nothing() && b.hears_nothing());
    }
}
