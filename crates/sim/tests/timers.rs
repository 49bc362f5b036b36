//! Calls through Warden that nobody hangs up: session refreshes, and phones that die.

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_ended, assert_states, assert_talking, everywhere, everywhere_with_media,
    only_record, registered, requests, talking,
};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::status::Status;

/// Two phones with these session timers in a call.
fn timed(world: &mut World, seconds: [Option<u32>; 2]) -> [PhoneId; 2] {
    world.configure(|directory| directory.calls.session_expires = Duration::from_mins(3));
    let phones = registered(world, ["1001", "1002"]);
    let [alice, bob] = phones;
    for (phone, seconds) in phones.into_iter().zip(seconds) {
        world.set_session_timer(phone, seconds);
    }
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    assert_talking(world, phones);
    phones
}

#[test]
fn a_session_that_is_refreshed_goes_on() {
    for seconds in [[None, None], [Some(120), None], [None, Some(120)], [Some(120), Some(120)]] {
        everywhere(|mut world| {
            let phones = timed(&mut world, seconds);
            world.run_for_s(1200);
            assert_talking(&world, phones);
            let [alice, _] = phones;
            world.hang_up(alice);
            assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
        });
    }
}

#[test]
fn a_phone_that_refreshes_by_invite_is_understood() {
    everywhere(|mut world| {
        let phones = timed(&mut world, [Some(120); 2]);
        for phone in phones {
            world.refresh_by_invite(phone);
        }
        world.run_for_s(1200);
        assert_talking(&world, phones);
        assert_eq!(phones.map(|phone| requests(&world, phone, "UPDATE")), [0, 0], "{}", world.ladder());
    });
}

#[test]
fn a_change_by_the_other_side_counts_as_a_refresh() {
    everywhere(|mut world| {
        let phones = timed(&mut world, [Some(120), None]);
        let [_, bob] = phones;
        for _ in 0..5 {
            world.run_for_s(25).hold(bob).run_for_s(25).resume(bob);
        }
        world.run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
    });
}

#[test]
fn a_session_that_a_phone_forgets_to_refresh_is_ended() {
    everywhere(|mut world| {
        let phones = timed(&mut world, [Some(120); 2]);
        for phone in phones {
            world.forget_to_refresh(phone);
        }
        world.run_for_s(400);
        assert_states(&world, phones, [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).ending.cause, Cause::NotRefreshed);
    });
}

#[test]
fn a_phone_that_has_vanished_is_found_by_the_refresh() {
    for gone in [0, 1] {
        everywhere(|mut world| {
            let phones = timed(&mut world, [None; 2]);
            world.unplug(phones[gone]).run_for_s(400);
            assert_states(&world, [phones[1 - gone]], [PhoneState::Idle]);
            assert_all_over(&mut world);
            assert_eq!(only_record(&world).ending.cause, Cause::Unreachable);
        });
    }
}

#[test]
fn too_short_a_session_is_refused_with_the_minimum_and_then_made() {
    everywhere(|mut world| {
        let phones = registered(&mut world, ["1001", "1002"]);
        let [alice, bob] = phones;
        world.set_shortest_session(alice, 30).set_session_timer(alice, Some(30));
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
        assert!(world.ladder().contains("422 Session Interval Too Small"), "{}", world.ladder());
    });
}

#[test]
fn a_leg_from_which_nothing_comes_for_a_minute_ends_the_call() {
    for dead in [0, 1] {
        everywhere_with_media(|mut world| {
            let phones = talking(&mut world);
            world.silence(phones[dead], true).run_for_s(55);
            assert_talking(&world, phones);
            world.run_for_s(20);
            assert_states(&world, phones, [PhoneState::Idle; 2]);
            assert_all_over(&mut world);
            assert_eq!(only_record(&world).ending.cause, Cause::Dead);
        });
    }
}

#[test]
fn a_mute_phone_keeps_its_call() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        let [alice, _] = phones;
        world.mute(alice, true).run_for_s(120);
        assert_talking(&world, phones);
    });
}

#[test]
fn a_held_phone_need_not_say_anything() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hold(alice).run_for_s(A_WHILE_S).silence(bob, true).run_for_s(120);
        assert_talking(&world, phones);
        world.silence(bob, false).resume(alice).run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
    });
}

#[test]
fn a_phone_that_wants_longer_sessions_than_usual_gets_them() {
    everywhere(|mut world| {
        world.configure(|directory| directory.calls.session_expires = Duration::from_mins(3));
        let phones = registered(&mut world, ["1001", "1002"]);
        let [alice, bob] = phones;
        world.set_session_timer(bob, Some(600)).set_shortest_session(bob, 600);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(1200);
        assert_talking(&world, phones);
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
    });
}

#[test]
fn a_phone_that_wants_a_session_of_more_than_a_day_is_not_called_again() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.set_session_timer(bob, Some(90_000)).set_shortest_session(bob, 90_000);
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    assert_states(&world, [alice], [PhoneState::Failed(Status::SERVER_INTERNAL_ERROR)]);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_demands_ever_longer_sessions_is_called_three_times() {
    let mut world = World::with_seed(1).delay_ms(240);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.set_session_timer(bob, Some(90)).dial(alice, "1002");
    for shortest_s in (2_000..80_000).step_by(2_000) {
        world.set_shortest_session(bob, shortest_s).run_for(Duration::from_millis(480));
    }
    assert_states(&world, [alice], [PhoneState::Failed(Status::SERVER_INTERNAL_ERROR)]);
    assert_eq!(world.ladder().matches("422 Session Interval Too Small").count(), 3, "{}", world.ladder());
    assert_all_over(&mut world);
}
