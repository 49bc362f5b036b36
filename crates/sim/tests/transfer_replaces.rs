//! INVITE with Replaces: a phone takes the place of another phone of its extension.

mod support;

use std::collections::BTreeSet;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, everywhere_with_media, header_values,
    only_record, registered,
};
use warden_sim::{Dial, PhoneId, PhoneState, Reliability, World};

fn replacing(world: &World, id: PhoneId) -> Dial {
    Dial { replaces: Some(world.replaces(id)), ..Dial::default() }
}

/// 1001 calls 1002, whose two phones ring.
fn ringing(world: &mut World) -> [PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1002"]);
    let [alice, ..] = phones;
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    assert_states(world, phones, [PhoneState::RingBack, PhoneState::Ringing, PhoneState::Ringing]);
    phones
}

/// The first of the two has answered.
fn talking(world: &mut World) -> [PhoneId; 3] {
    let phones = ringing(world);
    let [_, desk, _] = phones;
    world.answer(desk).run_for_s(A_WHILE_S);
    phones
}

fn assert_moved(world: &mut World, [other, desk, mobile]: [PhoneId; 3]) {
    assert_states(world, [other, desk, mobile], [PhoneState::InCall, PhoneState::Idle, PhoneState::InCall]);
    assert_hear_each_other(world, [other, mobile]);
    world.hang_up(mobile).run_for_s(A_WHILE_S);
    assert_states(world, [other, desk, mobile], [PhoneState::Idle; 3]);
    assert_all_over(world);
    only_record(world);
}

#[test]
fn a_call_moves_to_another_phone_of_the_extension() {
    for offers in [true, false] {
        everywhere_with_media(|mut world| {
            let [alice, desk, mobile] = talking(&mut world);
            let dial = Dial { offers, ..replacing(&world, desk) };
            world.dial_as(mobile, "1002", &dial).run_for_s(A_WHILE_S);
            assert_moved(&mut world, [alice, desk, mobile]);
        });
    }
}

#[test]
fn the_callers_phone_can_be_replaced_too() {
    everywhere_with_media(|mut world| {
        let [bob, desk, mobile] = registered(&mut world, ["1002", "1001", "1001"]);
        world.dial(desk, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        let dial = replacing(&world, desk);
        world.dial_as(mobile, "1002", &dial).run_for_s(A_WHILE_S);
        assert_moved(&mut world, [bob, desk, mobile]);
    });
}

#[test]
fn a_phone_that_is_replaced_and_answers_nothing_any_more_is_hung_up_on_once() {
    let mut world = World::with_seed(1);
    let [alice, desk, mobile] = talking(&mut world);
    let dial = replacing(&world, desk);
    // What it is told of the transfer that it has asked for waits for its answer.
    world.transfer(desk, "9999").unplug(desk).run_for_s(1).dial_as(mobile, "1002", &dial).run_for_s(4 * A_WHILE_S);
    let byes = header_values(&world.sent_to(desk), "CSeq");
    let byes: BTreeSet<_> = byes.iter().filter(|value| value.ends_with("BYE")).collect();
    assert_eq!(byes.len(), 1, "{byes:?}\n{}", world.ladder());
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_party_on_hold_is_taken_back_by_the_other_phone() {
    everywhere_with_media(|mut world| {
        let [alice, desk, mobile] = talking(&mut world);
        world.hold(desk).run_for_s(A_WHILE_S);
        let dial = replacing(&world, desk);
        world.dial_as(mobile, "1002", &dial).run_for_s(A_WHILE_S);
        assert!(!world.phone(alice).is_held(), "{}", world.ladder());
        assert_moved(&mut world, [alice, desk, mobile]);
    });
}

#[test]
fn a_call_that_rings_is_picked_up_by_another_phone_of_the_extension() {
    everywhere_with_media(|mut world| {
        let [alice, desk, _] = ringing(&mut world);
        let [third] = registered(&mut world, ["1002"]);
        let dial = replacing(&world, desk);
        world.dial_as(third, "1002", &dial).run_for_s(A_WHILE_S);
        let reason = world.phone(desk).end_reason().map(str::to_owned);
        assert_eq!(reason.as_deref(), Some(r#"SIP;cause=200;text="Call completed elsewhere""#), "{}", world.ladder());
        assert_moved(&mut world, [alice, desk, third]);
    });
}

#[test]
fn a_call_that_is_transferred_is_picked_up_while_it_rings() {
    for offers in [true, false] {
        everywhere_with_media(|mut world| {
            let [alice, bob, desk, mobile] = registered(&mut world, ["1001", "1002", "1003", "1003"]);
            world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
            world.transfer(alice, "1003").run_for_s(A_WHILE_S).hang_up(mobile).run_for_s(A_WHILE_S);
            assert_states(&world, [desk, mobile], [PhoneState::Ringing, PhoneState::Idle]);
            let dial = Dial { offers, ..replacing(&world, desk) };
            world.dial_as(mobile, "1003", &dial).run_for_s(A_WHILE_S);
            assert_states(&world, [alice], [PhoneState::Idle]);
            assert_moved(&mut world, [bob, desk, mobile]);
        });
    }
}

#[test]
fn who_waits_for_a_transfer_may_go_on_with_another_phone() {
    for offers in [true, false] {
        everywhere_with_media(|mut world| {
            let [alice, desk, mobile, carol] = registered(&mut world, ["1001", "1002", "1002", "1003"]);
            world.dial(alice, "1002").run_for_s(A_WHILE_S).hang_up(mobile).answer(desk).run_for_s(A_WHILE_S);
            world.hold(alice).run_for_s(A_WHILE_S).transfer(alice, "1003").run_for_s(A_WHILE_S);
            let dial = Dial { offers, ..replacing(&world, desk) };
            world.dial_as(mobile, "1002", &dial).run_for_s(A_WHILE_S).record(mobile).run_for_s(A_WHILE_S);
            let hears_it = |tone: &warden_sim::Sounding| tone.frequencies_hz == [425] && tone.lasting_ms >= 500;
            assert!(world.phone(mobile).soundings().iter().any(hears_it), "{}", world.ladder());
            world.answer(carol).run_for_s(A_WHILE_S);
            assert_states(&world, [alice], [PhoneState::Idle]);
            assert_moved(&mut world, [carol, desk, mobile]);
        });
    }
}

#[test]
fn a_referrer_that_is_replaced_waits_for_no_news() {
    everywhere_with_media(|mut world| {
        let [bob, desk, mobile, carol] = registered(&mut world, ["1002", "1001", "1001", "1003"]);
        world.dial(desk, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.transfer(desk, "1003").run_for_s(A_WHILE_S);
        let dial = replacing(&world, desk);
        world.dial_as(mobile, "1001", &dial).run_for_s(A_WHILE_S);
        let last = world.phone(desk).told().last().cloned().unwrap_or_default();
        assert!(last.starts_with("terminated"), "{last}\n{}", world.ladder());
        assert_states(&world, [desk, mobile, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::Ringing]);
        world.decline(carol).run_for_s(A_WHILE_S);
        assert_moved(&mut world, [bob, desk, mobile]);
    });
}

#[test]
fn what_cannot_be_replaced_is_refused_as_the_rfc_says() {
    let mut world = World::with_seed(1).with_media();
    let [alice, desk, mobile] = talking(&mut world);
    let [stranger] = registered(&mut world, ["1003"]);
    let known = world.replaces(desk);
    let of_alice = world.replaces(alice);
    let unknown = "x;to-tag=00000000000000aa;from-tag=1".to_owned();
    let half_known = known.replace("from-tag=", "from-tag=x");
    for (phone, number, replaces, answer) in [
        (mobile, "1002", format!("{known};early-only"), (486, "Busy Here")),
        (mobile, "1002", unknown, (481, "Call/Transaction Does Not Exist")),
        (mobile, "1002", half_known, (481, "Call/Transaction Does Not Exist")),
        (mobile, "1002", of_alice, (403, "Not Your Call")),
        (stranger, "1003", known.clone(), (403, "Not Your Call")),
        (mobile, "1002", "x".to_owned(), (400, "Malformed Replaces")),
    ] {
        let dial = Dial { replaces: Some(replaces.clone()), ..Dial::default() };
        world.dial_as(phone, number, &dial).run_for_s(1);
        let failure = world.phone(phone).failure().map(warden_sip::status::Status::code);
        assert_eq!((failure, world.phone(phone).failure_reason()), (Some(answer.0), Some(answer.1)), "{replaces}");
    }
    assert_hear_each_other(&mut world, [alice, desk]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_callers_own_ringing_call_cannot_be_replaced() {
    let mut world = World::with_seed(1);
    let [alice, second, _] = registered(&mut world, ["1001", "1001", "1002"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    let dial = replacing(&world, alice);
    world.dial_as(second, "1002", &dial).run_for_s(1);
    assert_eq!(world.phone(second).failure().map(warden_sip::status::Status::code), Some(481));
    assert_states(&world, [alice], [PhoneState::RingBack]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn one_call_does_not_move_for_ever() {
    let mut world = World::with_seed(1).with_media();
    let [alice, mut here, mut there] = talking(&mut world);
    for _ in 0..60 {
        let dial = replacing(&world, here);
        world.dial_as(there, "1002", &dial).run_for_s(1);
        assert_states(&world, [alice, here, there], [PhoneState::InCall, PhoneState::Idle, PhoneState::InCall]);
        std::mem::swap(&mut here, &mut there);
    }
    let dial = replacing(&world, here);
    world.dial_as(there, "1002", &dial).run_for_s(1);
    assert_eq!(world.phone(there).failure_reason(), Some("Too Many Transfers"));
    assert_hear_each_other(&mut world, [alice, here]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn nobody_picks_up_before_the_caller_has_confirmed_what_it_was_told() {
    let mut world = World::with_seed(1).with_media();
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.set_reliability(alice, Reliability::Ignored);
    world.dial(alice, "1002").run_for_s(1).answer_early(desk).hang_up(mobile).run_for_s(1);
    let dial = replacing(&world, desk);
    world.dial_as(mobile, "1002", &dial).run_for_s(1);
    assert_eq!(world.phone(mobile).failure().map(warden_sip::status::Status::code), Some(500), "{}", world.ladder());
    assert_states(&world, [alice, desk], [PhoneState::RingBack, PhoneState::Ringing]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}
