//! Who waits for a transfer hears what the target sends before it answers, and no ring-back after that.

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, everywhere, everywhere_with_media, only_record,
    registered,
};
use warden_call::call_event::{CallEvent, Cause};
use warden_sim::{Dial, Leaving, PCMA, PCMU, PhoneId, PhoneState, Reliability, Sounding, World};

/// 1001 gives 1002 to 1003, whose two phones ring; the second has sent sound for a while.
fn early(world: &mut World, holds: bool, leaving: Leaving) -> [PhoneId; 4] {
    let phones = registered(world, ["1001", "1002", "1003", "1003"]);
    let [alice, bob, desk, carol] = phones;
    // So that what they say is not lost.
    world.set_reliability(desk, Reliability::Supported).set_reliability(carol, Reliability::Supported);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    if holds {
        world.hold(alice).run_for_s(A_WHILE_S);
    }
    world.leave(alice, leaving).transfer(alice, "1003").run_for_s(A_WHILE_S);
    world.answer_early(carol).run_for_s(2);
    phones
}

fn hears_tone(world: &mut World, id: PhoneId) -> bool {
    world.record(id).run_for_s(6);
    let is_tone = |tone: &Sounding| tone.frequencies_hz.contains(&425) && tone.lasting_ms >= 500;
    world.phone(id).soundings().iter().any(is_tone)
}

fn assert_hears_only(world: &mut World, listener: PhoneId, speaker: PhoneId) {
    world.forget_heard();
    assert!(!hears_tone(world, listener), "{}", world.ladder());
    let number = world.phone(speaker).number();
    assert!(world.phone(listener).hears_only(number), "{:?}\n{}", world.phone(listener).heard(), world.ladder());
}

fn end(world: &mut World, phones: [PhoneId; 4]) {
    for phone in phones {
        world.hang_up(phone);
    }
    world.run_for_s(A_WHILE_S);
    assert_states(world, phones, [PhoneState::Idle; 4]);
    assert_all_over(world);
    only_record(world);
}

#[test]
fn who_waits_hears_the_target_before_it_answers_and_after() {
    for (holds, leaving) in [(false, Leaving::WhenMade), (true, Leaving::AtOnce), (true, Leaving::Never)] {
        everywhere_with_media(|mut world| {
            let [alice, bob, desk, carol] = early(&mut world, holds, leaving);
            assert_hears_only(&mut world, bob, carol);
            world.answer(carol).run_for_s(A_WHILE_S);
            assert_states(&world, [alice, desk], [PhoneState::Idle; 2]);
            assert_hear_each_other(&mut world, [bob, carol]);
            end(&mut world, [alice, bob, desk, carol]);
        });
    }
}

#[test]
fn when_nobody_takes_it_the_referrer_is_heard_again_where_it_was() {
    for holds in [false, true] {
        everywhere_with_media(|mut world| {
            let [alice, bob, desk, carol] = early(&mut world, holds, Leaving::WhenMade);
            world.decline(carol).run_for_s(A_WHILE_S);
            assert_states(&world, [alice, bob, desk], [PhoneState::InCall, PhoneState::InCall, PhoneState::Idle]);
            let asked = world.sent_to(alice).iter().filter(|text| text.starts_with("INVITE ")).count();
            assert_eq!(asked, 0, "its ports are the same\n{}", world.ladder());
            world.resume(alice).run_for_s(A_WHILE_S);
            assert_hear_each_other(&mut world, [alice, bob]);
            end(&mut world, [alice, bob, desk, carol]);
        });
    }
}

#[test]
fn when_ports_are_not_back_yet_the_referrer_is_told_of_others() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).transfer(alice, "1003").run_for_s(1);
    world.close_media_within_ms(300).answer_early(carol).decline(carol).run_for_s(2);
    let asked = world.sent_to(alice).iter().filter(|text| text.starts_with("INVITE ")).count();
    assert_eq!(asked, 1, "{}", world.ladder());
    assert_hear_each_other(&mut world, [alice, bob]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

#[test]
fn a_target_that_says_without_end_that_it_sends_sound_keeps_no_thread_busy() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, _, carol] = early(&mut world, true, Leaving::WhenMade);
    let before = world.media_commands().len();
    for _ in 0..50 {
        world.answer_early(carol).run_for(Duration::from_millis(20));
    }
    assert_eq!(world.media_commands().len(), before);
    world.answer(carol).run_for_s(A_WHILE_S).hang_up(bob).hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn when_there_are_no_ports_for_the_referrer_the_call_ends_and_says_why() {
    let mut world = World::with_seed(1).with_media();
    world.set_ports(3);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1).transfer(alice, "1003").run_for_s(1);
    world.close_media_within_ms(300).answer_early(carol).decline(carol).run_for_s(2);
    assert_states(&world, [alice, bob, carol], [PhoneState::Idle; 3]);
    assert_all_over(&mut world);
    let record = only_record(&world);
    assert_eq!(record.ending.cause, Cause::NoPorts, "{}", world.ladder());
    let events = world.call_events(record.call);
    let is_end = |event: &&CallEvent| matches!(event, CallEvent::TransferOver { .. } | CallEvent::Ended(_));
    let order: Vec<_> = events.iter().map(|(_, event)| event).filter(is_end).collect();
    let is_in_order = matches!(order[..], [CallEvent::TransferOver { status: 487 }, CallEvent::Ended(_)]);
    assert!(is_in_order, "{order:?}");
}

#[test]
fn when_the_referrer_has_gone_it_is_called_back_and_ring_back_is_heard_for_that() {
    everywhere_with_media(|mut world| {
        let [alice, bob, desk, carol] = early(&mut world, true, Leaving::AtOnce);
        world.decline(carol).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, bob], [PhoneState::Ringing, PhoneState::InCall]);
        assert!(hears_tone(&mut world, bob), "{}", world.ladder());
        world.answer(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        end(&mut world, [alice, bob, desk, carol]);
    });
}

#[test]
fn when_another_phone_answers_that_one_is_heard() {
    everywhere_with_media(|mut world| {
        let [alice, bob, desk, carol] = early(&mut world, false, Leaving::WhenMade);
        // Only one is heard at a time.
        world.answer_early(desk).run_for_s(2);
        world.answer(desk).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, carol], [PhoneState::Idle; 2]);
        assert_hear_each_other(&mut world, [bob, desk]);
        end(&mut world, [alice, bob, desk, carol]);
    });
}

#[test]
fn after_a_phone_that_was_heard_and_refuses_there_is_no_ring_back_but_the_next_is_heard() {
    everywhere_with_media(|mut world| {
        let [alice, bob, desk, carol] = early(&mut world, true, Leaving::Never);
        world.hang_up(carol).run_for_s(A_WHILE_S);
        assert!(!hears_tone(&mut world, bob), "{}", world.ladder());
        world.answer_early(desk).run_for_s(2);
        assert_hears_only(&mut world, bob, desk);
        world.answer(desk).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [bob, desk]);
        end(&mut world, [alice, bob, desk, carol]);
    });
}

#[test]
fn whoever_hangs_up_while_the_target_is_heard_leaves_nothing_behind() {
    for who in 0..4 {
        for leaving in [Leaving::AtOnce, Leaving::Never] {
            everywhere(|mut world| {
                let phones = early(&mut world, true, leaving);
                if let Some(phone) = phones.get(who) {
                    world.hang_up(*phone).run_for_s(A_WHILE_S);
                }
                for _ in 0..2 {
                    for phone in phones {
                        world.hang_up(phone).run_for(Duration::from_millis(100));
                    }
                    world.run_for_s(A_WHILE_S);
                }
                assert_states(&world, phones, [PhoneState::Idle; 4]);
                assert_all_over(&mut world);
            });
        }
    }
}

#[test]
fn a_target_that_is_heard_can_be_picked_up() {
    for offers in [true, false] {
        everywhere_with_media(|mut world| {
            let [alice, bob, desk, carol] = early(&mut world, true, Leaving::WhenMade);
            world.hang_up(desk).run_for_s(A_WHILE_S);
            let dial = Dial { offers, replaces: Some(world.replaces(carol)), ..Dial::default() };
            world.dial_as(desk, "1003", &dial).run_for_s(A_WHILE_S);
            assert_states(&world, [alice, carol], [PhoneState::Idle; 2]);
            assert_hear_each_other(&mut world, [bob, desk]);
            end(&mut world, [alice, bob, desk, carol]);
        });
    }
}

#[test]
fn who_waits_may_change_codec_and_phone_while_it_hears_the_target() {
    everywhere_with_media(|mut world| {
        let [carol, alice, bob, mobile] = registered(&mut world, ["1003", "1001", "1002", "1002"]);
        world
            .set_reliability(carol, Reliability::Supported)
            .set_codecs(carol, &[PCMA])
            .set_codecs(bob, &[PCMU])
            .dial(alice, "1002")
            .run_for_s(A_WHILE_S);
        world.hang_up(mobile).answer(bob).run_for_s(A_WHILE_S).transfer(alice, "1003").run_for_s(A_WHILE_S);
        world.answer_early(carol).run_for_s(2).change_address(bob).run_for_s(A_WHILE_S);
        assert_hears_only(&mut world, bob, carol);
        let dial = Dial { replaces: Some(world.replaces(bob)), ..Dial::default() };
        world.dial_as(mobile, "1002", &dial).run_for_s(A_WHILE_S);
        assert_hears_only(&mut world, mobile, carol);
        world.answer(carol).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [mobile, carol]);
        end(&mut world, [alice, bob, mobile, carol]);
    });
}
