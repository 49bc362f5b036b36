//! Session descriptions among other parts of a body, wherever one may stand.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, assert_talking, only_record, registered,
};
use warden_call::call_event::Cause;
use warden_sim::{Dial, PCMA, PhoneState, Reliability, World};

/// How many messages of a phone that begin with `start` have a body in parts.
fn in_parts(world: &World, phone: warden_sim::PhoneId, start: &str) -> usize {
    let sent = world.sent_by(phone);
    sent.iter().filter(|text| text.starts_with(start) && text.contains("multipart/mixed")).count()
}

#[test]
fn a_call_between_phones_that_say_where_they_are_goes_as_any_other() {
    for offers in [true, false] {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        for phone in [alice, bob] {
            world.bring_location(phone).set_reliability(phone, Reliability::Required);
        }
        world.dial_as(alice, "1002", &Dial { offers, ..Dial::default() }).run_for_s(A_WHILE_S);
        world.answer_early(bob).run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, bob]);
        assert_hear_each_other(&mut world, [alice, bob]);
        world.hold(bob).run_for_s(A_WHILE_S).resume_by_update(bob).run_for_s(A_WHILE_S);
        world.change_codecs(alice, &[PCMA]).run_for_s(A_WHILE_S).reoffer(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        let from_alice: &[&str] = if offers { &["INVITE ", "ACK "] } else { &["INVITE ", "ACK ", "PRACK "] };
        for start in from_alice {
            assert!(in_parts(&world, alice, start) > 0, "{start}\n{}", world.ladder());
        }
        for start in ["SIP/2.0 183", "SIP/2.0 200", "INVITE ", "UPDATE "] {
            assert!(in_parts(&world, bob, start) > 0, "{start}\n{}", world.ladder());
        }
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, bob], [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).ending.cause, Cause::HungUp, "{}", world.ladder());
    }
}
