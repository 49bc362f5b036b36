//! Phones change their calls, without a server between them: hold, new addresses and codecs, collisions.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::time::Duration;

use warden_sim::{Conditions, Dial, G722, PCMA, PCMU, PhoneId, PhoneState, World};
use warden_sip::status::Status;

/// Two phones in a call; the first has called.
fn call(mut world: World) -> (World, PhoneId, PhoneId) {
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(10).answer(bob).run_for_s(10);
    assert_both(&world, [alice, bob], PhoneState::InCall);
    (world, alice, bob)
}

fn assert_both(world: &World, phones: [PhoneId; 2], state: PhoneState) {
    for phone in phones {
        assert_eq!(world.phone(phone).state(), state, "{}", world.ladder());
    }
}

fn worlds() -> Vec<World> {
    let lossy = (0..5).map(|seed| World::with_seed(seed).loss(0.05).delay_ms(40));
    lossy.chain([World::with_seed(1)]).collect()
}

/// The RTP port that a phone sends to.
fn remote_port(world: &World, id: PhoneId) -> u16 {
    world.phone(id).negotiated().and_then(|agreed| agreed.remote_rtp).expect("an address").port()
}

#[test]
fn each_side_can_hold_and_take_back_by_invite_and_by_update() {
    for world in worlds() {
        let (mut world, alice, bob) = call(world);
        for (holder, held) in [(alice, bob), (bob, alice)] {
            for by_update in [false, true] {
                if by_update {
                    world.hold_by_update(holder)
                } else {
                    world.hold(holder)
                };
                world.run_for_s(20);
                assert!(world.phone(held).is_held() && !world.phone(held).is_on_hold(), "{}", world.ladder());
                assert!(world.phone(holder).is_on_hold() && !world.phone(holder).is_held(), "{}", world.ladder());
                if by_update {
                    world.resume_by_update(holder)
                } else {
                    world.resume(holder)
                };
                world.run_for_s(20);
                assert!(!world.phone(held).is_held() && !world.phone(holder).is_on_hold(), "{}", world.ladder());
            }
        }
        assert_both(&world, [alice, bob], PhoneState::InCall);
    }
}

#[test]
fn both_may_hold_and_each_takes_back_only_its_own_hold() {
    let (mut world, alice, bob) = call(World::with_seed(1));
    world.hold(alice).run_for_s(1).hold(bob).run_for_s(1);
    assert!(world.phone(alice).is_held() && world.phone(bob).is_held(), "{}", world.ladder());
    world.resume(alice).run_for_s(1);
    assert!(world.phone(alice).is_held() && !world.phone(bob).is_held(), "{}", world.ladder());
    world.resume(bob).run_for_s(1);
    assert!(!world.phone(alice).is_held() && !world.phone(bob).is_held(), "{}", world.ladder());
}

#[test]
fn two_that_hold_at_once_collide_and_both_get_their_way_in_time() {
    for seed in 0..20 {
        let (mut world, alice, bob) = call(World::with_seed(seed).delay_ms(40));
        world.hold(alice).hold(bob).run_for_s(5);
        assert_eq!(world.ladder().matches("491 Request Pending").count(), 2, "{}", world.ladder());
        assert!(world.phone(alice).is_held() && world.phone(bob).is_held(), "seed {seed}\n{}", world.ladder());
        assert!(!world.phone(alice).is_changing() && !world.phone(bob).is_changing());
    }
}

#[test]
fn who_made_the_call_id_waits_longer_after_a_collision() {
    let (mut world, alice, bob) = call(World::with_seed(1).delay_ms(40));
    world.hold(alice).hold(bob).run_for(Duration::from_millis(2090));
    assert_eq!(world.phone(bob).negotiated().map(|it| it.direction.receives()), Some(false), "{}", world.ladder());
    assert!(world.phone(alice).is_changing(), "{}", world.ladder());
    assert!(!world.phone(bob).is_changing(), "{}", world.ladder());
}

#[test]
fn a_new_address_and_new_codecs_reach_the_other_side() {
    for world in worlds() {
        let (mut world, alice, bob) = call(world);
        let before = remote_port(&world, bob);
        world.change_address(alice).run_for_s(20);
        assert_ne!(remote_port(&world, bob), before, "{}", world.ladder());
        world.change_codecs(bob, &[PCMA]).run_for_s(20);
        assert_eq!(world.phone(alice).codec(), Some(&PCMA), "{}", world.ladder());
        assert_eq!(world.phone(bob).codec(), Some(&PCMA), "{}", world.ladder());
    }
}

#[test]
fn a_refused_change_leaves_the_call_as_it_was() {
    let (mut world, alice, bob) = call(World::with_seed(1));
    world.change_codecs(alice, &[G722]).run_for_s(1);
    assert_eq!(world.phone(alice).failure(), Some(Status::NOT_ACCEPTABLE_HERE));
    assert_eq!(world.phone(alice).codec(), Some(&PCMU));
    assert_both(&world, [alice, bob], PhoneState::InCall);
    world.hold(alice).run_for_s(1);
    assert!(world.phone(bob).is_held(), "{}", world.ladder());
}

#[test]
fn an_invite_without_offer_is_answered_in_the_ack() {
    for mut world in worlds() {
        let [alice, bob] = world.phones(["100", "200"]);
        world.dial_direct_as(alice, "200", &Dial { offers: false, ..Dial::default() });
        world.run_for_s(10).answer(bob).run_for_s(20);
        assert_both(&world, [alice, bob], PhoneState::InCall);
        for phone in [alice, bob] {
            assert_eq!(world.phone(phone).codec(), Some(&PCMU), "{}", world.ladder());
        }
        world.hold(bob).run_for_s(20);
        assert!(world.phone(alice).is_held(), "{}", world.ladder());
        world.reoffer(alice).run_for_s(20);
        assert!(world.phone(alice).is_held(), "the offer asked for still holds\n{}", world.ladder());
        world.hang_up(bob).run_for_s(20);
        assert_both(&world, [alice, bob], PhoneState::Idle);
    }
}

#[test]
fn digits_arrive_in_their_order() {
    let (mut world, alice, bob) = call(World::with_seed(1).delay_ms(40));
    for digit in ['1', '#', '5'] {
        world.send_digit(alice, digit).run_for_s(1);
    }
    world.send_digit(bob, '*').run_for_s(1);
    assert_eq!(world.phone(bob).digits(), "1#5");
    assert_eq!(world.phone(alice).digits(), "*");
}

#[test]
fn a_call_survives_changes_from_both_sides_on_a_bad_network() {
    for seed in 0..50 {
        let (mut world, alice, bob) = call(World::with_seed(seed));
        world.set_conditions(Conditions {
            loss_ppm: 200_000,
            duplication_ppm: 100_000,
            delay: Duration::from_millis(40),
            jitter: Duration::from_millis(60),
        });
        world.hold(alice).change_address(bob).run_for_s(2).resume(alice).run_for_s(60);
        assert_both(&world, [alice, bob], PhoneState::InCall);
        assert!(
            !world.phone(alice).is_changing() && !world.phone(bob).is_changing(),
            "seed {seed}\n{}",
            world.ladder()
        );
        assert!(!world.phone(bob).is_held(), "seed {seed}\n{}", world.ladder());
        world.hang_up(alice).run_for_s(40);
        assert_both(&world, [alice, bob], PhoneState::Idle);
        assert_eq!(world.ladder().matches("481").count(), 0, "seed {seed}\n{}", world.ladder());
    }
}
