//! Session timers between two phones (RFC 4028), without a server between them.

use warden_sim::{PhoneId, PhoneState, World};

/// Two phones with session timers in a call; the first has called.
fn call(mut world: World, seconds: [Option<u32>; 2]) -> (World, PhoneId, PhoneId) {
    let [alice, bob] = world.phones(["100", "200"]);
    let [first, second] = seconds;
    world.set_session_timer(alice, first).set_session_timer(bob, second);
    world.dial_direct(alice, "200").run_for_s(10).answer(bob).run_for_s(10);
    (world, alice, bob)
}

#[test]
fn a_session_is_refreshed_by_either_side_and_by_either_method() {
    for (seconds, by_invite) in [([Some(90), Some(90)], false), ([None, Some(90)], false), ([Some(90), Some(90)], true)]
    {
        let (mut world, alice, bob) = call(World::with_seed(1).loss(0.05).delay_ms(40), seconds);
        if by_invite {
            world.refresh_by_invite(alice);
        }
        world.run_for_s(600);
        assert_eq!(world.phone(alice).state(), PhoneState::InCall, "{}", world.ladder());
        assert_eq!(world.phone(bob).state(), PhoneState::InCall, "{}", world.ladder());
        let (refresher, other) = if seconds == [None, Some(90)] { (bob, alice) } else { (alice, bob) };
        let method = if by_invite { "INVITE " } else { "UPDATE " };
        let count = |id| world.sent_by(id).iter().filter(|text| text.starts_with(method)).count();
        assert!(count(refresher) > 10 && count(other) == 0, "{}", world.ladder());
    }
}

#[test]
fn a_session_that_is_not_refreshed_is_ended_by_the_other_side() {
    let (mut world, alice, bob) = call(World::with_seed(1), [Some(90), Some(90)]);
    world.forget_to_refresh(alice).run_for_s(45);
    assert_eq!(world.phone(bob).state(), PhoneState::InCall);
    world.run_for_s(10);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle, "{}", world.ladder());
    assert_eq!(world.phone(alice).state(), PhoneState::Idle, "{}", world.ladder());
}

#[test]
fn a_refresh_that_nobody_answers_ends_the_call() {
    let (mut world, alice, bob) = call(World::with_seed(1), [Some(90), Some(90)]);
    world.unplug(bob).run_for_s(100);
    assert_eq!(world.phone(alice).state(), PhoneState::Idle, "{}", world.ladder());
}

#[test]
fn too_short_a_session_is_asked_for_again_with_the_minimum() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["100", "200"]);
    world.set_session_timer(alice, Some(90)).set_session_timer(bob, Some(600)).set_shortest_session(bob, 300);
    world.dial_direct(alice, "200").run_for_s(1).answer(bob).run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::InCall, "{}", world.ladder());
    let sent = world.sent_by(alice).concat();
    assert!(sent.contains("Session-Expires: 90\r\n") && sent.contains("Session-Expires: 300\r\n"), "{sent}");
    assert!(world.ladder().contains("422 Session Interval Too Small"), "{}", world.ladder());
}
