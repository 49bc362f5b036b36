//! Ports that come back a moment after their call has ended.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_states, assert_talking, registered};
use warden_call::call_event::Cause;
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::status::Status;

/// 1001 and 1002 have all ports, 1003 and 1004 are idle; ports come back `ms` after the end of a call.
fn full_house(ms: u64) -> (World, [PhoneId; 4]) {
    let mut world = World::with_seed(1);
    world.set_ports(2).close_media_within_ms(ms);
    let phones = registered(&mut world, ["1001", "1002", "1003", "1004"]);
    let [alice, bob, ..] = phones;
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    assert_talking(&world, [alice, bob]);
    (world, phones)
}

fn run_for_ms(world: &mut World, ms: u64) -> &mut World {
    world.run_for(Duration::from_millis(ms))
}

#[test]
fn who_hangs_up_and_dials_at_once_gets_the_ports_of_the_call_before() {
    let (mut world, [alice, bob, ..]) = full_house(100);
    for _ in 0..3 {
        run_for_ms(world.hang_up(alice), 1).dial(alice, "1002").run_for_s(1);
        assert_states(&world, [alice, bob], [PhoneState::RingBack, PhoneState::Ringing]);
        world.answer(bob).run_for_s(1);
        assert_talking(&world, [alice, bob]);
    }
    world.hang_up(bob);
    assert_all_over(&mut world);
    assert_eq!(world.records().len(), 4);
}

#[test]
fn ports_that_do_not_come_back_are_not_waited_for_long() {
    let (mut world, [alice, _, carol, dave]) = full_house(3000);
    let refused = PhoneState::Failed(Status::SERVICE_UNAVAILABLE);
    world.dial(carol, "1004").run_for_s(1);
    assert_states(&world, [carol], [refused]);
    run_for_ms(world.hang_up(alice), 1).dial(dave, "1003");
    run_for_ms(&mut world, 400);
    assert_states(&world, [dave], [PhoneState::Dialling]);
    assert_eq!(world.kept().waiting, 1);
    run_for_ms(&mut world, 200);
    assert_states(&world, [dave], [refused]);
    assert_all_over(&mut world);
    assert_eq!(world.records().pop().map(|record| record.ending.cause), Some(Cause::NoPorts));
}

#[test]
fn a_call_that_waits_for_ports_can_be_given_up() {
    let (mut world, [alice, _, carol, _]) = full_house(400);
    run_for_ms(world.hang_up(alice), 1).dial(carol, "1004");
    run_for_ms(&mut world, 250).hang_up(carol).run_for_s(A_WHILE_S);
    assert_states(&world, [carol], [PhoneState::Idle]);
    assert_all_over(&mut world);
    assert_eq!(world.records().pop().map(|record| record.ending.cause), Some(Cause::GaveUp));
}

#[test]
fn calls_that_wait_for_ports_end_when_warden_stops() {
    let (mut world, [alice, _, carol, _]) = full_house(100);
    run_for_ms(world.hang_up(alice), 1).dial(carol, "1004");
    run_for_ms(&mut world, 10).end_calls().run_for_s(A_WHILE_S);
    assert_states(&world, [carol], [PhoneState::Failed(Status::SERVICE_UNAVAILABLE)]);
    assert_all_over(&mut world);
    assert_eq!(world.records().pop().map(|record| record.ending.cause), Some(Cause::Stopped));
}
