//! Transfers as they go over the wire: each snapshot is a ladder to be read. Every message travels 40 ms.

mod support;

use support::{assert_all_over, assert_states, registered};
use warden_sim::{Leaving, PhoneId, PhoneState, World};

/// 1001 has called 1002 and talks with it, 1003 is there too; the ladder begins after that.
fn talking() -> (World, [PhoneId; 3]) {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    (world, [alice, bob, carol])
}

/// All is over for these phones; what went over the wire.
fn ended(mut world: World, phones: [PhoneId; 3]) -> String {
    assert_states(&world, phones, [PhoneState::Idle; 3]);
    assert_all_over(&mut world);
    world.ladder()
}

#[test]
fn a_party_on_hold_is_transferred_to_a_number() {
    let (mut world, [alice, bob, carol]) = talking();
    world.hold(alice).run_for_s(1).begin_ladder().transfer(alice, "1003").run_for_s(3);
    world.answer(carol).run_for_s(6).hang_up(bob).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob, carol]));
}

#[test]
fn a_transfer_to_a_busy_phone_fails() {
    let (mut world, [alice, bob, carol]) = talking();
    world.begin_ladder().set_busy(carol, true).transfer(alice, "1003").run_for_s(3).hang_up(bob).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob, carol]));
}

#[test]
fn a_call_goes_back_to_who_has_hung_up() {
    let (mut world, [alice, bob, carol]) = talking();
    world.begin_ladder().leave(alice, Leaving::AtOnce).transfer(alice, "1003").run_for_s(3).decline(carol).run_for_s(1);
    world.answer(alice).run_for_s(6).hang_up(bob).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob, carol]));
}

#[test]
fn two_calls_of_a_phone_are_joined() {
    let (mut world, [alice, bob, carol]) = talking();
    world.hold(alice).run_for_s(1).switch_lines(alice).dial(alice, "1003").run_for_s(1).answer(carol).run_for_s(1);
    world.begin_ladder().switch_lines(alice).connect_lines(alice).run_for_s(6).hang_up(bob).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob, carol]));
}

#[test]
fn a_call_is_joined_with_one_that_still_rings() {
    let (mut world, [alice, bob, carol]) = talking();
    world.hold(alice).run_for_s(1).switch_lines(alice).dial(alice, "1003").run_for_s(1);
    world.begin_ladder().switch_lines(alice).connect_lines(alice).run_for_s(2).answer(carol);
    world.run_for_s(6).hang_up(bob).run_for_s(1);
    insta::assert_snapshot!(ended(world, [alice, bob, carol]));
}
