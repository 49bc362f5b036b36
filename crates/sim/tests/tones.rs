//! Tones to one side of a call, as its phone hears them.

#![expect(clippy::indexing_slicing, reason = "what is wrong here fails the test")]

mod support;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, registered, talking};
use warden_call::media::MediaCommand;
use warden_media::relay::{Program, Side};
use warden_media::tone::{Plan, Tone};
use warden_sdp::codec::Format;
use warden_sdp::{Capability, Use};
use warden_sim::{G722, G729, PCMA, PCMU, PhoneId, Sounding, World};

/// One side hears the plan's ring-back for so many seconds; what its phone has recorded.
fn ring_back(world: &mut World, (phone, side): (PhoneId, Side), plan: Plan, seconds: u64) -> Vec<Sounding> {
    let call = world.calls()[0];
    world.order_media(MediaCommand::Play { call, side, program: Program::Tone(Tone::ring_back(plan)) }).record(phone);
    world.run_for_s(seconds);
    let soundings = world.phone(phone).soundings();
    world.order_media(MediaCommand::Stop { call, side });
    soundings
}

fn sounding(frequencies_hz: &[u16], lasting_ms: usize) -> Sounding {
    Sounding { frequencies_hz: frequencies_hz.to_vec(), lasting_ms }
}

#[test]
fn each_side_hears_ring_back_in_its_rhythm_and_then_the_other_one_again() {
    for codec in [PCMU, PCMA] {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        let codecs = [codec];
        world.set_codecs(alice, &codecs).set_codecs(bob, &codecs);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        for side in [(alice, Side::A), (bob, Side::B)] {
            let european = [sounding(&[425], 1000), sounding(&[], 4000), sounding(&[425], 1000)];
            assert_eq!(ring_back(&mut world, side, Plan::Eu, 6), european);
            let american = [sounding(&[440, 480], 2000), sounding(&[], 4000), sounding(&[440, 480], 1000)];
            assert_eq!(ring_back(&mut world, side, Plan::Us, 7), american);
            assert_hear_each_other(&mut world, [alice, bob]);
        }
        world.hang_up(alice);
        assert_all_over(&mut world);
    }
}

#[test]
fn a_tone_reaches_only_its_side() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = talking(&mut world);
    world.forget_heard();
    ring_back(&mut world, (bob, Side::B), Plan::Eu, 6);
    assert!(world.phone(alice).hears_only("1002"), "{:?}", world.phone(alice).heard());
}

#[test]
fn a_tone_does_not_wait_for_packets_of_the_other_side() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = talking(&mut world);
    let call = world.calls()[0];
    world
        .order_media(MediaCommand::Play { call, side: Side::A, program: Program::Tone(Tone::ring_back(Plan::Eu)) })
        .record(alice);
    world.silence(bob, true).run_for_s(6);
    assert_eq!(world.phone(alice).soundings()[..2], [sounding(&[425], 1000), sounding(&[], 4000)]);
}

/// 1001 and 1002 talk in a codec that is enabled for this use.
fn talking_in(world: &mut World, format: &Format, used_for: Use) -> [PhoneId; 2] {
    world.configure(|directory| directory.codecs.list.push(Capability { format: format.clone(), used_for }));
    let [alice, bob] = registered(world, ["1001", "1002"]);
    world.set_codecs(alice, std::slice::from_ref(format)).set_codecs(bob, std::slice::from_ref(format));
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S).forget_heard();
    [alice, bob]
}

#[test]
fn a_phone_hears_tones_in_its_codec() {
    let mut world = World::with_seed(1).with_media();
    let [alice, _] = talking_in(&mut world, &G722, Use::Any);
    let soundings = ring_back(&mut world, (alice, Side::A), Plan::Eu, 6);
    assert!(soundings.contains(&sounding(&[425], 1000)), "{soundings:?}");
}

#[test]
fn a_phone_that_speaks_nothing_that_can_be_encoded_goes_on_hearing_the_other_one() {
    let mut world = World::with_seed(1).with_media();
    let [alice, _] = talking_in(&mut world, &G729, Use::Relay);
    ring_back(&mut world, (alice, Side::A), Plan::Eu, 6);
    assert!(world.phone(alice).hears_only("1002"), "{:?}", world.phone(alice).heard());
}
