//! Phones whose TCP connection ends during a call.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_ended, assert_states, assert_talking, only_record};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{PhoneId, PhoneState, World};

/// 1001 and 1002 talk, both by TCP; sessions last three minutes, and Warden refreshes them after one and a half.
fn talking_by_tcp(world: &mut World) -> [PhoneId; 2] {
    world.configure(|directory| directory.calls.session_expires = Duration::from_mins(3));
    let phones = world.phones(["1001", "1002"]);
    let [alice, bob] = phones;
    for phone in phones {
        world.connect(phone).register(phone, 3600);
    }
    world.run_for_s(1).dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    assert_talking(world, phones);
    phones
}

/// Each phone in turn, with the other.
fn for_each_phone(scenario: impl Fn(World, [PhoneId; 2])) {
    for is_caller in [true, false] {
        let mut world = World::with_seed(1);
        let [alice, bob] = talking_by_tcp(&mut world);
        scenario(world, if is_caller { [alice, bob] } else { [bob, alice] });
    }
}

fn back(world: &mut World, phone: PhoneId) -> &mut World {
    world.connect(phone).register(phone, 3600).run_for_s(1)
}

#[test]
fn a_phone_that_has_registered_anew_hears_that_the_call_is_over() {
    for_each_phone(|mut world, [gone, other]| {
        world.disconnect(gone).run_for_s(3);
        back(&mut world, gone).hang_up(other).run_for_s(1);
        assert_states(&world, [gone, other], [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
    });
}

#[test]
fn a_phone_that_has_said_something_over_a_new_connection_is_reached_there() {
    for_each_phone(|mut world, [gone, other]| {
        world.digits_by_info().disconnect(gone).run_for_s(3).connect(gone).send_digit(gone, '5').run_for_s(1);
        assert_eq!(world.phone(other).digits(), "5");
        world.send_digit(other, '7').run_for_s(1);
        assert_eq!(world.phone(gone).digits(), "7", "{}", world.ladder());
        world.hang_up(other).run_for_s(1);
        assert_states(&world, [gone, other], [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
    });
}

#[test]
fn a_session_is_refreshed_when_the_phone_is_back() {
    for_each_phone(|mut world, [gone, other]| {
        world.run_for_s(80).disconnect(gone).run_for_s(40);
        assert_talking(&world, [gone, other]);
        back(&mut world, gone).run_for_s(1200);
        assert_talking(&world, [gone, other]);
        world.hang_up(other).run_for_s(1);
        assert_states(&world, [gone, other], [PhoneState::Idle; 2]);
    });
}

#[test]
fn a_session_whose_phone_does_not_come_back_expires() {
    for_each_phone(|mut world, [gone, other]| {
        world.disconnect(gone).run_for_s(140);
        assert_states(&world, [other], [PhoneState::InCall]);
        world.run_for_s(10);
        assert_states(&world, [other], [PhoneState::Idle]);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).ending.cause, Cause::Unreachable);
    });
}

#[test]
fn a_refresh_that_ends_with_the_connection_is_no_sign_of_life() {
    for_each_phone(|mut world, [gone, other]| {
        world.hesitate(gone).run_for_s(95).disconnect(gone).run_for_s(60);
        assert_states(&world, [other], [PhoneState::Idle]);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).ending.cause, Cause::Unreachable);
    });
}

#[test]
fn a_change_waits_for_the_phone_to_come_back_and_a_digit_costs_no_call() {
    for_each_phone(|mut world, [gone, other]| {
        world.disconnect(gone).hold(other).send_digit(other, '5').run_for_s(1);
        assert_eq!(world.phone(other).failure(), None, "{}", world.ladder());
        back(&mut world, gone).run_for_s(2 * A_WHILE_S);
        assert_talking(&world, [gone, other]);
        world.hang_up(other).run_for_s(1);
        assert_states(&world, [gone, other], [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).holds, 1, "{}", world.ladder());
    });
}

#[test]
fn a_refresh_by_one_phone_needs_no_other() {
    for_each_phone(|mut world, [gone, other]| {
        world.disconnect(gone).change_address(other).run_for_s(1);
        assert!(!world.phone(other).is_changing(), "{}", world.ladder());
        assert_eq!(world.phone(other).failure(), None, "{}", world.ladder());
        assert_talking(&world, [gone, other]);
    });
}

#[test]
fn another_phone_of_the_extension_does_not_get_the_call() {
    let mut world = World::with_seed(1);
    let [alice, bob] = talking_by_tcp(&mut world);
    let [other] = world.phones(["1002"]);
    world.disconnect(bob).connect(other).register(other, 3600).run_for_s(1);
    let before = world.sent_to(other).len();
    world.hang_up(alice);
    assert_ended(&mut world, [alice, other], Ender::Caller, Cause::HungUp);
    assert_eq!(world.sent_to(other).len(), before, "{}", world.ladder());
}
