//! Whether a phone that stops ringing has missed a call: what the CANCEL says (RFC 3326).

mod support;

use support::{A_WHILE_S, assert_states, everywhere, registered};
use warden_sim::{PhoneState, World};

fn ring_both(world: &mut World) -> [warden_sim::PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1002"]);
    let [alice, desk, mobile] = phones;
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    assert_states(world, [desk, mobile], [PhoneState::Ringing; 2]);
    phones
}

#[test]
fn a_call_that_another_phone_took_is_not_missed() {
    everywhere(|mut world| {
        let [_, desk, mobile] = ring_both(&mut world);
        world.answer(mobile).run_for_s(A_WHILE_S);
        let reason = world.phone(desk).end_reason();
        assert_eq!(reason, Some(r#"SIP;cause=200;text="Call completed elsewhere""#), "{}", world.ladder());
    });
}

#[test]
fn a_call_that_another_phone_declined_is_not_missed() {
    everywhere(|mut world| {
        let [_, desk, mobile] = ring_both(&mut world);
        world.decline(mobile).run_for_s(A_WHILE_S);
        assert_eq!(world.phone(desk).end_reason(), Some(r#"SIP;cause=603;text="Declined""#), "{}", world.ladder());
    });
}

#[test]
fn a_call_that_the_caller_gave_up_is_missed() {
    everywhere(|mut world| {
        let [alice, desk, mobile] = ring_both(&mut world);
        world.hang_up(alice).run_for_s(A_WHILE_S);
        for phone in [desk, mobile] {
            assert_eq!(world.phone(phone).end_reason(), None, "{}", world.ladder());
        }
    });
}
