//! Calls through Warden as they go over the wire: each snapshot is a ladder to be read.
//!
//! Every message travels 40 ms. A line says when it was sent, by whom and to whom; `1002.2` is the second phone of 1002.

mod support;

use std::time::Duration;

use support::{assert_all_over, assert_states, registered};
use warden_sim::{PhoneId, PhoneState, Reliability, World};

/// Phones that have registered; the ladder begins after that.
fn phones<const N: usize>(numbers: [&str; N]) -> (World, [PhoneId; N]) {
    let mut world = World::with_seed(1).delay_ms(40);
    let phones = registered(&mut world, numbers);
    world.begin_ladder();
    (world, phones)
}

/// 1001 has called 1002 and talks with it; the ladder begins after that.
fn talking() -> (World, [PhoneId; 2]) {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).begin_ladder();
    (world, [alice, bob])
}

/// All is over for these phones; what went over the wire.
fn ended<const N: usize>(mut world: World, phones: [PhoneId; N]) -> String {
    assert_states(&world, phones, [PhoneState::Idle; N]);
    assert_all_over(&mut world);
    world.ladder()
}

#[test]
fn a_call_is_answered_and_hung_up_by_who_was_called() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(3).answer(bob).run_for_s(10).hang_up(bob).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_caller_gives_up_while_it_rings() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(3).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn an_answer_crosses_the_cancel() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(3).hang_up(alice).answer(bob).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_phone_is_busy() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.set_busy(bob, true).dial(alice, "1002").run_for_s(1);
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn nobody_answers_in_time() {
    let (mut world, [alice, _]) = phones(["1001", "1002"]);
    world.configure(|directory| directory.calls.ring_for = Duration::from_secs(20));
    world.dial(alice, "1002").run_for_s(25);
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn the_first_of_two_phones_to_answer_gets_the_call() {
    let (mut world, [alice, desk, mobile]) = phones(["1001", "1002", "1002"]);
    world.dial(alice, "1002").run_for_s(3).answer(mobile).run_for_s(10).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, desk, mobile]));
}

#[test]
fn one_phone_declines_for_all_of_its_extension() {
    let (mut world, [alice, desk, _]) = phones(["1001", "1002", "1002"]);
    world.dial(alice, "1002").run_for_s(3).decline(desk).run_for_s(1);
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn sound_comes_before_the_answer() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(1).answer_early(bob).run_for_s(2).answer(bob).run_for_s(10);
    world.hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn both_phones_insist_on_confirming_what_they_are_told_before_the_answer() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.set_reliability(alice, Reliability::Required).set_reliability(bob, Reliability::Required);
    world.dial(alice, "1002").run_for_s(1).answer_early(bob).run_for_s(2).answer(bob).run_for_s(10);
    world.hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_caller_answers_in_the_prack() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.set_reliability(alice, Reliability::Supported);
    world.dial_without_offer(alice, "1002").run_for_s(1).answer_early(bob).answer(bob).run_for_s(10);
    world.hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn the_caller_leaves_the_offer_to_the_other_side() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.dial_without_offer(alice, "1002").run_for_s(3).answer(bob).run_for_s(10).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_phone_sends_the_caller_to_another_one() {
    let (mut world, [alice, bob, carol]) = phones(["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(3).redirect(bob, "sip:1003@192.0.2.3:5060").run_for_s(3).answer(carol);
    world.run_for_s(10).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob, carol]));
}

#[test]
fn a_call_is_held_and_taken_back() {
    let (mut world, [alice, bob]) = talking();
    world.hold(alice).run_for_s(5).resume(alice).run_for_s(5).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_call_is_held_by_update() {
    let (mut world, [alice, bob]) = talking();
    world.hold_by_update(bob).run_for_s(5).resume_by_update(bob).run_for_s(5).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn both_want_to_hold_at_once() {
    let (mut world, [alice, bob]) = talking();
    world.hold(alice).hold(bob).run_for_s(10).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_phone_asks_for_an_offer_during_the_call() {
    let (mut world, [alice, bob]) = talking();
    world.reoffer(bob).run_for_s(5).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_session_that_is_too_short_is_made_longer_and_refreshed() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.set_shortest_session(alice, 30).set_session_timer(alice, Some(30));
    world
        .dial(alice, "1002")
        .run_for_s(3)
        .answer(bob)
        .run_for_s(60)
        .hold(bob)
        .run_for_s(60)
        .hang_up(alice)
        .run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_phone_that_demands_a_longer_session_is_called_again_with_it() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.set_shortest_session(bob, 3600).set_session_timer(bob, Some(3600));
    world.dial(alice, "1002").run_for_s(3).answer(bob).run_for_s(10).hang_up(alice).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob]));
}

#[test]
fn a_phone_that_is_gone_is_found_by_the_refresh() {
    let (mut world, [alice, bob]) = phones(["1001", "1002"]);
    world.configure(|directory| directory.calls.session_expires = Duration::from_mins(3));
    world.dial(alice, "1002").run_for_s(3).answer(bob).run_for_s(5).begin_ladder().unplug(bob).run_for_s(200);
    assert_states(&world, [alice], [PhoneState::Idle]);
    insta::assert_snapshot!(world.ladder());
}
