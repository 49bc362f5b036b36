//! Calls from phone to phone, without a server between them: the transaction layer and dialogs at work.

use std::time::Duration;

use warden_sim::{Conditions, PhoneState, World};
use warden_sip::status::Status;

#[test]
fn two_phones_call_talk_and_hang_up() {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::RingBack);
    assert_eq!(world.phone(bob).state(), PhoneState::Ringing);
    world.answer(bob).run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::InCall);
    assert_eq!(world.phone(bob).state(), PhoneState::InCall);
    world.hang_up(alice).run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::Idle);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle);
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn a_call_survives_any_loss_delay_reordering_and_duplication() {
    for seed in 0..200 {
        let mut world = World::with_seed(seed);
        let [alice, bob] = world.phones(["100", "200"]);
        world.set_conditions(Conditions {
            loss_ppm: 200_000,
            duplication_ppm: 100_000,
            delay: Duration::from_millis(40),
            jitter: Duration::from_millis(60),
        });
        world.dial_direct(alice, "200").run_for_s(31);
        assert_eq!(world.phone(bob).state(), PhoneState::Ringing, "seed {seed}\n{}", world.ladder());
        world.answer(bob).run_for_s(31);
        assert_eq!(world.phone(alice).state(), PhoneState::InCall, "seed {seed}\n{}", world.ladder());
        world.hang_up(bob).run_for_s(32);
        assert_eq!(world.phone(alice).state(), PhoneState::Idle, "seed {seed}\n{}", world.ladder());
        assert_eq!(world.phone(bob).state(), PhoneState::Idle, "seed {seed}\n{}", world.ladder());
    }
}

#[test]
fn the_same_seed_gives_the_same_ladder() {
    let run = |seed| {
        let mut world = World::with_seed(seed).loss(0.3).delay_ms(40);
        let [alice, bob] = world.phones(["100", "200"]);
        world.dial_direct(alice, "200").run_for_s(20).answer(bob).run_for_s(20).hang_up(alice).run_for_s(40);
        world.ladder()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut world = World::with_seed(3).delay_ms(40);
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(5).hang_up(alice).run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::Idle);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle);
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn giving_up_before_anything_came_back_cancels_as_soon_as_it_may() {
    let mut world = World::with_seed(3).delay_ms(400);
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for(Duration::from_millis(100)).hang_up(alice).run_for_s(5);
    assert_eq!(world.phone(alice).state(), PhoneState::Idle);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle);
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn an_answer_that_crosses_the_cancel_is_ended_with_bye() {
    let mut world = World::with_seed(3).delay_ms(100);
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(5).answer(bob).hang_up(alice).run_for_s(5);
    assert_eq!(world.phone(alice).state(), PhoneState::Idle);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle);
}

#[test]
fn a_busy_phone_refuses_and_the_caller_is_told() {
    let mut world = World::with_seed(4).loss(0.05).delay_ms(40);
    let [alice, bob, carol] = world.phones(["100", "200", "300"]);
    world.dial_direct(alice, "200").run_for_s(5).answer(bob).run_for_s(5);
    world.dial_direct(carol, "200").run_for_s(10);
    assert_eq!(world.phone(carol).state(), PhoneState::Failed(Status::BUSY_HERE));
    assert_eq!(world.phone(bob).state(), PhoneState::InCall);
    world.dial_direct(carol, "100").run_for_s(1).hang_up(alice).run_for_s(5);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle);
}

#[test]
fn a_phone_that_is_gone_fails_the_call_after_32_s() {
    let mut world = World::with_seed(5);
    let [alice] = world.phones(["100"]);
    world.dial_direct(alice, "999").run_for_s(31);
    assert_eq!(world.phone(alice).state(), PhoneState::Dialling);
    world.run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::Failed(Status::REQUEST_TIMEOUT));
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn an_answer_without_ack_is_ended_by_the_callee() {
    let mut world = World::with_seed(6);
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(1);
    world.set_conditions(Conditions { loss_ppm: 1_000_000, ..Conditions::default() });
    world.answer(bob).run_for_s(33);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle);
    assert!(world.ladder().contains("BYE"), "{}", world.ladder());
}

#[test]
fn no_transaction_is_left_when_all_is_over() {
    let mut world = World::with_seed(8).loss(0.2).delay_ms(40);
    let [alice, bob] = world.phones(["100", "200"]);
    for _ in 0..10 {
        world.dial_direct(alice, "200").run_for_s(10).answer(bob).run_for_s(10).hang_up(alice).run_for_s(20);
        world.query(bob, "100").run_for_s(20);
    }
    world.run_for_s(70);
    assert_eq!(world.phone(alice).transactions(), (0, 0));
    assert_eq!(world.phone(bob).transactions(), (0, 0));
}
