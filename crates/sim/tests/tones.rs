//! Tones to one side of a call, as its phone hears them.

#![expect(clippy::indexing_slicing, reason = "what is wrong here fails the test")]

mod support;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, registered, talking};
use warden_call::media::MediaCommand;
use warden_media::relay::Side;
use warden_media::tone::{Plan, Tone};
use warden_sdp::{Capability, Use};
use warden_sim::{G722, PCMA, PCMU, PhoneId, Sounding, World};

/// One side hears the plan's ring-back for so many seconds; what its phone has recorded.
fn ring_back(world: &mut World, (phone, side): (PhoneId, Side), plan: Plan, seconds: u64) -> Vec<Sounding> {
    let call = world.calls()[0];
    world.order_media(MediaCommand::Play { call, side, tone: Tone::ring_back(plan) }).record(phone);
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
    world.order_media(MediaCommand::Play { call, side: Side::A, tone: Tone::ring_back(Plan::Eu) }).record(alice);
    world.silence(bob, true).run_for_s(6);
    assert_eq!(world.phone(alice).soundings()[..2], [sounding(&[425], 1000), sounding(&[], 4000)]);
}

#[test]
fn a_phone_that_speaks_no_g711_goes_on_hearing_the_other_one() {
    let mut world = World::with_seed(1).with_media();
    world.configure(|directory| directory.codecs.list.push(Capability { format: G722, used_for: Use::Any }));
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.set_codecs(alice, &[G722]).set_codecs(bob, &[G722]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S).forget_heard();
    ring_back(&mut world, (alice, Side::A), Plan::Eu, 6);
    assert!(world.phone(alice).hears_only("1002"), "{:?}", world.phone(alice).heard());
}
