//! Calls that a phone sends elsewhere (3xx): to whom, how far, and what the dialplan has to say to it.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_states, assert_talking, everywhere, header_values, registered, ringing,
};
use warden_call::route::{Action, Dialplan, Pattern};
use warden_sim::{Dial, PhoneState, World};
use warden_sip::status::Status;

#[test]
fn a_redirection_to_a_registered_contact_is_followed() {
    everywhere(|mut world| {
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        world.redirect(bob, "sip:1003@192.0.2.3:5060").run_for_s(A_WHILE_S);
        assert_states(&world, [bob, carol], [PhoneState::Idle, PhoneState::Ringing]);
        world.answer(carol).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, carol]);
    });
}

#[test]
fn a_redirection_to_a_stranger_is_not_followed() {
    everywhere(|mut world| {
        let [alice, bob] = ringing(&mut world);
        let [mallory] = world.phones(["666"]);
        world.redirect(bob, "sip:666@192.0.2.3:5060").run_for_s(A_WHILE_S);
        assert_states(&world, [mallory], [PhoneState::Idle]);
        assert!(world.sent_to(mallory).is_empty(), "{}", world.ladder());
        assert_states(&world, [alice], [PhoneState::Failed(Status::TEMPORARILY_UNAVAILABLE)]);
        assert_all_over(&mut world);
    });
}

#[test]
fn a_phone_that_redirects_to_itself_is_not_called_again() {
    everywhere(|mut world| {
        let [alice, bob] = ringing(&mut world);
        world.redirect(bob, "sip:1002@203.0.113.1").run_for_s(A_WHILE_S);
        assert_states(&world, [bob], [PhoneState::Idle]);
        assert_states(&world, [alice], [PhoneState::Failed(Status::TEMPORARILY_UNAVAILABLE)]);
        assert_all_over(&mut world);
    });
}

#[test]
fn two_phones_that_redirect_to_each_other_are_called_once_each() {
    everywhere(|mut world| {
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).redirect(bob, "sip:1003@203.0.113.1").run_for_s(A_WHILE_S);
        assert_states(&world, [carol], [PhoneState::Ringing]);
        world.redirect(carol, "sip:1002@203.0.113.1").run_for_s(A_WHILE_S);
        assert_states(&world, [bob, carol], [PhoneState::Idle; 2]);
        assert_states(&world, [alice], [PhoneState::Failed(Status::TEMPORARILY_UNAVAILABLE)]);
        assert_all_over(&mut world);
    });
}

/// The caller hears that the phone cannot be reached, and nothing is left.
fn assert_not_followed(world: &mut World, caller: warden_sim::PhoneId) {
    assert_states(world, [caller], [PhoneState::Failed(Status::TEMPORARILY_UNAVAILABLE)]);
    assert_all_over(world);
}

#[test]
fn a_redirection_to_a_number_that_the_dialplan_refuses_is_not_followed() {
    for contact in ["sip:1003@203.0.113.1", "sip:1003@192.0.2.3:5060"] {
        let mut world = World::with_seed(1);
        let patterns = [("^1003$", Action::Reject), ("^1[0-9]{3}$", Action::Extension)];
        let patterns = patterns.map(|(text, action)| Pattern::new(text, action).expect("a regular expression"));
        world.configure(|directory| directory.dialplan = Dialplan::new(["112"], patterns));
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).redirect(bob, contact).run_for_s(A_WHILE_S);
        assert_states(&world, [carol], [PhoneState::Idle]);
        assert_not_followed(&mut world, alice);
    }
}

#[test]
fn a_redirection_calls_no_emergency_number() {
    let mut world = World::with_seed(1);
    let [alice, bob, desk] = registered(&mut world, ["1001", "1002", "112"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).redirect(bob, "sip:112@203.0.113.1").run_for_s(A_WHILE_S);
    assert_eq!(header_values(&world.sent_to(desk), "Max-Forwards"), [""; 0], "{}", world.ladder());
    assert_states(&world, [desk], [PhoneState::Idle]);
    assert_not_followed(&mut world, alice);
}

#[test]
fn a_phone_that_was_called_and_is_busy_is_not_called_again_by_a_redirection() {
    let mut world = World::with_seed(1);
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.set_busy(desk, true).dial(alice, "1002").run_for_s(A_WHILE_S);
    world.set_busy(desk, false).redirect(mobile, "sip:1002@203.0.113.1").run_for_s(A_WHILE_S);
    assert_states(&world, [alice, desk], [PhoneState::Failed(Status::BUSY_HERE), PhoneState::Idle]);
    assert_all_over(&mut world);
}

#[test]
fn a_call_is_sent_on_five_times_and_no_further() {
    let mut world = World::with_seed(1);
    let [alice, chain @ ..] = registered(&mut world, ["1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008"]);
    world.dial(alice, "1002").run_for_s(1);
    for (from, to) in chain.into_iter().zip(["1003", "1004", "1005", "1006", "1007", "1008"]) {
        world.redirect(from, &format!("sip:{to}@203.0.113.1")).run_for_s(1);
    }
    let hops = chain.map(|phone| header_values(&world.sent_to(phone), "Max-Forwards").into_iter().next());
    assert_eq!(
        hops.each_ref().map(Option::as_deref),
        [Some("69"), Some("68"), Some("67"), Some("66"), Some("65"), Some("64"), None],
        "{}",
        world.ladder()
    );
    assert_not_followed(&mut world, alice);
}

#[test]
fn a_call_that_may_go_no_further_is_not_sent_on() {
    let mut world = World::with_seed(1);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial_as(alice, "1002", &Dial { max_forwards: 1, ..Dial::default() }).run_for_s(A_WHILE_S);
    world.redirect(bob, "sip:1003@203.0.113.1").run_for_s(A_WHILE_S);
    assert_states(&world, [carol], [PhoneState::Idle]);
    assert_not_followed(&mut world, alice);
}
