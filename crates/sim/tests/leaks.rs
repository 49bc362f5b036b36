//! Nothing is kept of calls that are over, whatever they ended in.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_states, assert_talking, only_record, registered, ringing, talking};
use warden_call::call_event::Cause;
use warden_sim::{Conditions, PhoneState, World};
use warden_sip::status::Status;

fn ms(world: &mut World, ms: u64) -> &mut World {
    world.run_for(Duration::from_millis(ms))
}

#[test]
fn an_invite_that_overtakes_the_ack_of_the_one_before_leaves_nothing() {
    let mut world = World::with_seed(1).delay_ms(40);
    let phones = talking(&mut world);
    let [alice, _] = phones;
    let usual = Conditions { delay: Duration::from_millis(40), ..Conditions::default() };
    ms(world.hold(alice), 150).set_conditions(Conditions { loss_ppm: 1_000_000, ..usual });
    ms(&mut world, 15).set_conditions(usual);
    ms(world.resume(alice), 235).hang_up(alice).run_for_s(A_WHILE_S);
    assert_states(&world, phones, [PhoneState::Idle; 2]);
    assert_all_over(&mut world);
}

#[test]
fn a_change_that_the_other_phone_never_answers_is_given_up_with_the_call() {
    for by_holder in [true, false] {
        let mut world = World::with_seed(1).delay_ms(40);
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hesitate(bob).hold(alice).run_for_s(1).hang_up(if by_holder { alice } else { bob });
        world.run_for_s(A_WHILE_S);
        assert_states(&world, phones, [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
    }
}

#[test]
fn a_change_that_the_other_phone_never_answers_is_refused_in_time() {
    let mut world = World::with_seed(1).delay_ms(40);
    let phones = talking(&mut world);
    let [alice, bob] = phones;
    for by_update in [true, false] {
        world.hesitate(bob);
        if by_update { world.hold_by_update(alice) } else { world.hold(alice) }.run_for_s(40);
        assert!(world.phone(alice).failure().is_some(), "{}", world.ladder());
        assert!(!world.phone(alice).is_changing(), "{}", world.ladder());
        assert_talking(&world, phones);
    }
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn an_answer_to_a_change_that_crosses_the_end_of_the_call_is_acknowledged() {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice, bob] = talking(&mut world);
    // Bob has agreed to the change at 80 ms; Warden hears of the end at 100 ms, and of the agreement at 120 ms.
    ms(world.hold(alice), 60).hang_up(alice).run_for_s(A_WHILE_S);
    let answers = world.sent_by(bob).iter().filter(|text| text.contains("CSeq: 2 INVITE")).count();
    assert!(answers < 3, "{answers}\n{}", world.ladder());
    assert_all_over(&mut world);
}

#[test]
fn a_call_whose_early_media_is_refused_ends_and_its_ports_come_back_once() {
    let mut world = World::with_seed(1).with_media();
    let phones = ringing(&mut world);
    let [alice, bob] = phones;
    world.refuse_media_sessions().answer_early(bob).run_for_s(A_WHILE_S);
    assert_states(&world, phones, [PhoneState::Failed(Status::SERVICE_UNAVAILABLE), PhoneState::Idle]);
    assert_all_over(&mut world);
    assert_eq!(only_record(&world).ending.cause, Cause::NoPorts);
    assert_eq!(world.phone(alice).failure_reason(), Some("All RTP Ports In Use"));
}

#[test]
fn a_call_whose_media_is_refused_ends_and_its_ports_come_back() {
    let mut world = World::with_seed(1);
    let phones = ringing(&mut world);
    let [_, bob] = phones;
    world.refuse_media_sessions().answer(bob).run_for_s(A_WHILE_S);
    assert_states(&world, phones, [PhoneState::Idle; 2]);
    assert_all_over(&mut world);
    assert_eq!(only_record(&world).ending.cause, Cause::NoPorts);
}

#[test]
fn a_phone_that_refuses_after_early_media_makes_way_for_the_next() {
    let mut world = World::with_seed(1).with_media();
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer_early(desk).run_for_s(2);
    world.hang_up(desk).run_for_s(2).answer_early(mobile).run_for_s(2).forget_heard().run_for_s(2);
    assert!(world.phone(alice).hears_only("1002"), "{}", world.ladder());
    world.answer(mobile).run_for_s(A_WHILE_S);
    assert_talking(&world, [alice, mobile]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}
