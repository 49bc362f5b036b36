//! Messages that cross on their way.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_ended, assert_refused, assert_states, assert_talking, everywhere, only_record,
    registered, ringing, talking,
};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::status::Status;

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

#[test]
fn a_second_device_that_answers_after_the_call_is_hung_up_on() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, bob] = phones;
    let answer = second_answer(&world, bob);
    world.hang_up(alice).run_for_s(1);
    assert_eq!(world.kept().calls, 0, "{}", world.ladder());
    world.send_as(bob, answer.clone()).run_for_s(1).send_as(bob, answer).run_for_s(1);
    assert_eq!((sent_to_second(&world, bob, "ACK"), sent_to_second(&world, bob, "BYE")), (2, 1), "{}", world.ladder());
    assert_all_over(&mut world);
}

/// A 200 of a ringing phone without the Contact that it must have.
fn answer_without_contact(world: &World, phone: PhoneId) -> String {
    let texts = world.sent_by(phone);
    let ringing = texts.iter().find(|text| text.starts_with("SIP/2.0 180 ")).expect("a 180");
    let contact = ringing.lines().find(|line| line.starts_with("Contact: ")).expect("a Contact");
    ringing.replace("180 Ringing", "200 OK").replace(&format!("{contact}\r\n"), "")
}

#[test]
fn an_answer_without_contact_is_acknowledged_and_ended_and_fails_the_call() {
    let mut world = World::with_seed(1);
    let [alice, bob] = ringing(&mut world);
    let answer = answer_without_contact(&world, bob);
    world.send_as(bob, answer.clone()).run_for_s(1).send_as(bob, answer).run_for_s(1);
    let texts = world.sent_to(bob);
    let to_bob = |method: &str| texts.iter().filter(|text| text.starts_with(&format!("{method} sip:1002@"))).count();
    assert_eq!((to_bob("ACK"), to_bob("BYE")), (2, 1), "{}", world.ladder());
    assert_states(&world, [bob], [PhoneState::Idle]);
    assert_refused(&mut world, alice, Status::BAD_GATEWAY, Cause::BadAnswer);
}

#[test]
fn an_answer_without_contact_leaves_the_call_to_other_phones() {
    let mut world = World::with_seed(1);
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S);
    let answer = answer_without_contact(&world, desk);
    world.send_as(desk, answer).run_for_s(1).answer(mobile).run_for_s(A_WHILE_S);
    assert_talking(&world, [alice, mobile]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}
