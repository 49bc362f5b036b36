//! What the caller is told, and what is heard, before the answer.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_talking, everywhere_with_media, only_record, registered, ringing};
use warden_media::relay::Side;
use warden_sdp::{Capability, Use};
use warden_sim::{G722, G729, PCMA, PCMU, World};

/// The formats of each session description that a phone was sent in its own call, without repeats.
fn formats(world: &World, phone: warden_sim::PhoneId) -> Vec<String> {
    let sent = world.sent_to(phone);
    let mut formats: Vec<_> = sent
        .iter()
        .filter(|text| text.starts_with("SIP/2.0 "))
        .flat_map(|text| text.lines().filter(|line| line.starts_with("m=audio ")))
        .map(str::to_owned)
        .collect();
    formats.dedup();
    formats
}

#[test]
fn what_the_caller_was_answered_early_holds_whoever_answers_the_call() {
    everywhere_with_media(|mut world| {
        let [alice, first, second] = registered(&mut world, ["1001", "1002", "1002"]);
        world.set_codecs(first, &[PCMA]).set_codecs(second, &[PCMU]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        for _ in 0..4 {
            world.answer_early(first).run_for_s(2);
        }
        assert!(world.phone(alice).hears_only("1002"), "{}", world.ladder());
        world.answer(second).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, second]);
        assert_eq!(formats(&world, alice).len(), 1, "{:?}", formats(&world, alice));
        world.forget_heard().run_for_s(2);
        assert!(world.phone(alice).hears_only("1002") && world.phone(second).hears_only("1001"), "{}", world.ladder());
        world.hang_up(alice).run_for_s(4 * A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn what_the_caller_is_answered_anew_has_a_number_of_its_own() {
    let mut world = World::with_seed(1);
    let wideband = [G722, G729].map(|format| Capability { format, used_for: Use::Any });
    world.configure(|directory| directory.codecs.list.extend(wideband));
    let [alice, first, second] = registered(&mut world, ["1001", "1002", "1002"]);
    world.set_codecs(alice, &[G722, G729]).set_codecs(first, &[G722]).set_codecs(second, &[G729]);
    world.dial(alice, "1002").run_for_s(1).answer_early(first).run_for_s(1).answer(second).run_for_s(A_WHILE_S);
    assert_talking(&world, [alice, second]);
    assert_eq!(formats(&world, alice).len(), 2, "{:?}", formats(&world, alice));
    let sent = world.sent_to(alice);
    let origins = sent.iter().filter(|text| text.contains("INVITE")).flat_map(|text| text.lines());
    let mut versions: Vec<_> =
        origins.filter(|line| line.starts_with("o=")).filter_map(|o| o.split(' ').nth(2)).collect();
    versions.dedup();
    assert_eq!(versions, ["1", "2"], "{}", world.ladder());
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_caller_who_waits_long_is_told_each_minute_that_it_rings() {
    let mut world = World::with_seed(1);
    world.configure(|directory| directory.calls.ring_for = Duration::from_mins(10));
    let [alice, bob] = ringing(&mut world);
    let told = |world: &World, status: &str| world.sent_to(alice).iter().filter(|text| text.contains(status)).count();
    world.run_for_s(150);
    assert_eq!(told(&world, "SIP/2.0 180 "), 3, "{}", world.ladder());
    world.answer_early(bob).run_for_s(130);
    assert_eq!((told(&world, "SIP/2.0 180 "), told(&world, "SIP/2.0 183 ")), (3, 3), "{}", world.ladder());
    assert_eq!(formats(&world, alice).len(), 1, "{:?}", formats(&world, alice));
    world.answer(bob).run_for_s(130).hang_up(alice);
    assert_all_over(&mut world);
    assert_eq!((told(&world, "SIP/2.0 180 "), told(&world, "SIP/2.0 183 ")), (3, 3), "{}", world.ladder());
}

#[test]
fn the_record_counts_in_what_came_from_a_phone_that_made_way_for_another() {
    let mut world = World::with_seed(1).with_media();
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.dial(alice, "1002").run_for_s(1).answer_early(desk).run_for_s(10).hang_up(desk).run_for_s(1);
    world.answer(mobile).run_for_s(10).hang_up(alice);
    assert_all_over(&mut world);
    let record = only_record(&world);
    let heard = record.measurement(Side::B).map_or(0, |heard| heard.packets);
    assert!((950..1050).contains(&heard), "{record:?}");
}
