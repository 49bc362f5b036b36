//! Calls through Warden that are held and changed, by one side and by both at once.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_ended, assert_hear_each_other, assert_states, assert_talking, everywhere,
    everywhere_with_media, only_record, talking,
};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{PCMA, PCMU, PhoneId, PhoneState, World};

fn assert_held(world: &mut World, holder: PhoneId, held: PhoneId) {
    assert!(world.phone(holder).is_on_hold() && world.phone(held).is_held(), "{}", world.ladder());
    world.forget_heard().run_for_s(2);
    assert!(world.phone(holder).heard().is_empty(), "{}", world.ladder());
}

fn assert_free(world: &World, phones: [PhoneId; 2]) {
    for phone in phones {
        let phone = world.phone(phone);
        assert!(!phone.is_on_hold() && !phone.is_held() && !phone.is_changing(), "{}", world.ladder());
    }
}

#[test]
fn each_side_can_hold_the_other_and_take_it_back() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        for (holder, held) in [(alice, bob), (bob, alice)] {
            world.hold(holder).run_for_s(A_WHILE_S);
            assert_held(&mut world, holder, held);
            world.resume(holder).run_for_s(A_WHILE_S);
            assert_free(&world, phones);
            assert_hear_each_other(&mut world, phones);
        }
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
        assert_eq!(only_record(&world).holds, 2);
    });
}

#[test]
fn update_holds_as_well_as_invite() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        for (holder, held) in [(alice, bob), (bob, alice)] {
            world.hold_by_update(holder).run_for_s(A_WHILE_S);
            assert_held(&mut world, holder, held);
            world.resume_by_update(holder).run_for_s(A_WHILE_S);
            assert_free(&world, phones);
            assert_hear_each_other(&mut world, phones);
        }
    });
}

#[test]
fn both_may_hold_and_each_takes_back_its_own() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hold(alice).run_for_s(A_WHILE_S).hold(bob).run_for_s(A_WHILE_S);
        assert!(world.phone(alice).is_held() && world.phone(bob).is_held(), "{}", world.ladder());
        world.resume(alice).run_for_s(A_WHILE_S);
        assert!(world.phone(alice).is_held() && !world.phone(bob).is_held(), "{}", world.ladder());
        world.resume(bob).run_for_s(A_WHILE_S);
        assert_free(&world, phones);
        assert_hear_each_other(&mut world, phones);
    });
}

#[test]
fn two_that_hold_at_once_both_get_their_way_in_time() {
    everywhere(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hold(alice).hold(bob).run_for_s(40);
        assert_talking(&world, phones);
        assert!(world.phone(alice).is_held() && world.phone(bob).is_held(), "{}", world.ladder());
        assert!(!world.phone(alice).is_changing() && !world.phone(bob).is_changing(), "{}", world.ladder());
        world.resume(alice).resume(bob).run_for_s(40);
        assert_talking(&world, phones);
        assert_free(&world, phones);
    });
}

#[test]
fn a_phone_that_moves_to_another_port_is_heard_there() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        for phone in phones {
            world.change_address(phone).run_for_s(A_WHILE_S);
            assert_talking(&world, phones);
            assert_hear_each_other(&mut world, phones);
        }
    });
}

#[test]
fn a_phone_may_change_its_codec_during_the_call() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        for (phone, codec) in [(alice, PCMA), (bob, PCMU), (bob, PCMA)] {
            world.change_codecs(phone, std::slice::from_ref(&codec)).run_for_s(A_WHILE_S);
            assert_eq!(world.phone(phone).codec(), Some(&codec), "{}", world.ladder());
            assert_hear_each_other(&mut world, phones);
        }
    });
}

#[test]
fn a_phone_that_asks_for_an_offer_gets_one() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        for phone in phones {
            world.reoffer(phone).run_for_s(A_WHILE_S);
            assert_talking(&world, phones);
            assert_free(&world, phones);
            assert_hear_each_other(&mut world, phones);
        }
    });
}

#[test]
fn a_held_call_ends_like_any_other() {
    everywhere(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hold(alice).run_for_s(A_WHILE_S).hang_up(bob);
        assert_ended(&mut world, phones, Ender::Callee, Cause::HungUp);
    });
}

#[test]
fn hanging_up_while_a_change_is_under_way_leaves_nothing_behind() {
    everywhere(|mut world| {
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hold(alice).hang_up(bob).run_for_s(40);
        assert_states(&world, phones, [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
        // Where the BYE is lost, the refusal of the change is the first to say that the call is over.
        let ending = only_record(&world).ending;
        assert_eq!(ending.by, Ender::Callee);
        assert!(matches!(ending.cause, Cause::HungUp | Cause::Unreachable), "{ending}");
    });
}
