//! Messages that cross on their way.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_ended, assert_states, assert_talking, everywhere, only_record, talking,
};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{PhoneId, PhoneState, World};

#[test]
fn two_people_who_hang_up_at_once_make_one_record() {
    everywhere(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hang_up(alice).hang_up(bob).run_for_s(4 * A_WHILE_S);
        assert_states(&world, phones, [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).ending.cause, Cause::HungUp);
    });
}

#[test]
fn a_change_that_crosses_the_end_of_the_call_changes_nothing() {
    for delay_ms in [0, 20, 40, 60, 80, 100, 120, 140] {
        let mut world = World::with_seed(1).delay_ms(40);
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.reoffer(bob).run_for(Duration::from_millis(delay_ms)).hang_up(alice).run_for_s(4 * A_WHILE_S);
        assert_states(&world, phones, [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).ending.by, Ender::Caller, "{}", world.ladder());
    }
}

/// The phone's 200 to the INVITE of a call, as another device behind the same Contact would send it.
fn second_answer(world: &World, phone: PhoneId) -> String {
    let texts = world.sent_by(phone);
    let is_answer = |text: &&String| text.starts_with("SIP/2.0 200 ") && text.contains("CSeq: 1 INVITE");
    let answer = texts.iter().find(is_answer).expect("an answer");
    let to = answer.lines().find(|line| line.starts_with("To: ")).expect("a To");
    let (before, _) = to.split_once(";tag=").expect("a tag");
    answer.replace(to, &format!("{before};tag=second"))
}

fn sent_to_second(world: &World, phone: PhoneId, method: &str) -> usize {
    let texts = world.sent_to(phone);
    texts.iter().filter(|text| text.starts_with(method) && text.contains(";tag=second")).count()
}

#[test]
fn a_second_device_that_answers_the_same_invite_is_hung_up_on() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, bob] = phones;
    let answer = second_answer(&world, bob);
    world.send_as(bob, answer.clone()).run_for_s(1).send_as(bob, answer).run_for_s(1);
    assert_eq!((sent_to_second(&world, bob, "ACK"), sent_to_second(&world, bob, "BYE")), (2, 1), "{}", world.ladder());
    assert_talking(&world, phones);
    world.hang_up(alice);
    assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
}
