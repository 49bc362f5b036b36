//! Calls through Warden that come about, and how they end.

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_ended, assert_hear_each_other, assert_states, assert_talking, everywhere,
    everywhere_with_media, only_record, registered, ringing, talking,
};
use warden_call::call_event::{CallEvent, Cause, Disposition, Ender};
use warden_sim::{Conditions, PCMA, PCMU, PhoneState, World};
use warden_sip::status::Status;

#[test]
fn two_people_call_talk_and_the_caller_hangs_up() {
    everywhere_with_media(|mut world| {
        let phones = talking(&mut world);
        assert_hear_each_other(&mut world, phones);
        let [alice, _] = phones;
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
        let measured = only_record(&world).measured.map(|measured| measured.map(|leg| leg.packets > 100));
        assert_eq!(measured, Some([true, true]));
    });
}

#[test]
fn the_record_says_who_called_whom_and_for_how_long() {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.dial(alice, "1002").run_for_s(2).answer(bob).run_for_s(5).hang_up(alice).run_for_s(1);
    assert_states(&world, [alice, bob], [PhoneState::Idle; 2]);
    let record = only_record(&world);
    assert_eq!(record.started.caller.text(), "1001");
    assert_eq!(record.started.caller_name, World::name("1001"));
    assert_eq!(record.started.dialled, "1002");
    assert!(record.ring().abs_diff(Duration::from_secs(2)) < Duration::from_millis(500), "{:?}", record.ring());
    assert!(record.talk().abs_diff(Duration::from_secs(5)) < Duration::from_millis(500), "{:?}", record.talk());
}

#[test]
fn who_was_called_hangs_up() {
    everywhere(|mut world| {
        let phones = talking(&mut world);
        let [_, bob] = phones;
        world.hang_up(bob);
        assert_ended(&mut world, phones, Ender::Callee, Cause::HungUp);
    });
}

#[test]
fn what_is_sent_before_the_answer_is_heard() {
    everywhere_with_media(|mut world| {
        let phones = ringing(&mut world);
        let [alice, bob] = phones;
        // A 183 is sent only once (RFC 3261 §13.3.1.1), so none may be lost.
        world.set_conditions(Conditions { delay: Duration::from_millis(40), ..Conditions::default() });
        world.answer_early(bob).run_for_s(2);
        assert_eq!(world.phone(alice).progress(), Some(Status::SESSION_PROGRESS), "{}", world.ladder());
        assert!(world.phone(alice).hears_only("1002"), "{}", world.ladder());
        world.answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
        assert_hear_each_other(&mut world, phones);
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
    });
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    everywhere(|mut world| {
        let phones = ringing(&mut world);
        let [alice, _] = phones;
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_states(&world, phones, [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
        let record = only_record(&world);
        assert_eq!((record.disposition, record.ending.cause), (Disposition::Cancelled, Cause::GaveUp));
    });
}

#[test]
fn an_answer_that_crosses_the_cancel_leaves_nothing_behind() {
    everywhere(|mut world| {
        let phones = ringing(&mut world);
        let [alice, bob] = phones;
        world.answer(bob).hang_up(alice).run_for_s(40);
        assert_states(&world, phones, [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
    });
}

#[test]
fn two_phones_of_one_extension_ring_and_the_first_answer_wins() {
    everywhere_with_media(|mut world| {
        let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        assert_states(&world, [desk, mobile], [PhoneState::Ringing; 2]);
        world.answer(mobile).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, desk, mobile], [PhoneState::InCall, PhoneState::Idle, PhoneState::InCall]);
        assert_hear_each_other(&mut world, [alice, mobile]);
        world.hang_up(alice);
        assert_ended(&mut world, [alice, mobile], Ender::Caller, Cause::HungUp);
    });
}

#[test]
fn two_phones_that_answer_at_once_do_not_both_stay_in_the_call() {
    everywhere(|mut world| {
        let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(desk).answer(mobile).run_for_s(40);
        let in_call = [desk, mobile].iter().filter(|id| world.phone(**id).state() == PhoneState::InCall).count();
        assert_eq!(in_call, 1, "{}", world.ladder());
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, desk, mobile], [PhoneState::Idle; 3]);
        assert_all_over(&mut world);
    });
}

#[test]
fn one_busy_phone_of_an_extension_does_not_stop_the_other_from_ringing() {
    everywhere(|mut world| {
        let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
        world.set_busy(desk, true).dial(alice, "1002").run_for_s(A_WHILE_S).answer(mobile).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, mobile]);
    });
}

#[test]
fn an_invite_without_offer_gets_one_and_is_answered_in_the_ack() {
    everywhere_with_media(|mut world| {
        let phones = registered(&mut world, ["1001", "1002"]);
        let [alice, bob] = phones;
        world.dial_without_offer(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
        assert_hear_each_other(&mut world, phones);
        world.hang_up(bob);
        assert_ended(&mut world, phones, Ender::Callee, Cause::HungUp);
    });
}

#[test]
fn a_phone_with_one_law_hears_a_phone_with_the_other() {
    everywhere_with_media(|mut world| {
        let phones = registered(&mut world, ["1001", "1002"]);
        let [alice, bob] = phones;
        world.set_codecs(alice, &[PCMU]).set_codecs(bob, &[PCMA]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
        assert_eq!(world.phone(alice).codec(), Some(&PCMU));
        assert_eq!(world.phone(bob).codec(), Some(&PCMA));
        assert_hear_each_other(&mut world, phones);
    });
}

#[test]
fn digits_are_passed_on_in_both_directions() {
    everywhere(|mut world| {
        let [alice, bob] = talking(world.digits_by_info());
        for digit in ['1', '5', '#'] {
            world.send_digit(alice, digit).run_for_s(A_WHILE_S);
        }
        world.send_digit(bob, '*').run_for_s(A_WHILE_S);
        assert_eq!(world.phone(bob).digits(), "15#", "{}", world.ladder());
        assert_eq!(world.phone(alice).digits(), "*", "{}", world.ladder());
    });
}

#[test]
fn calls_that_run_at_once_do_not_mix() {
    everywhere_with_media(|mut world| {
        let [a, b, c, d] = registered(&mut world, ["1001", "1002", "1003", "1004"]);
        world.dial(a, "1002").dial(c, "1004").run_for_s(A_WHILE_S).answer(b).answer(d).run_for_s(A_WHILE_S);
        assert_eq!(world.media_sessions().len(), 2, "{}", world.ladder());
        assert_hear_each_other(&mut world, [a, b]);
        assert_hear_each_other(&mut world, [c, d]);
        world.hang_up(a).run_for_s(A_WHILE_S);
        assert_states(
            &world,
            [a, b, c, d],
            [PhoneState::Idle, PhoneState::Idle, PhoneState::InCall, PhoneState::InCall],
        );
        assert_hear_each_other(&mut world, [c, d]);
        world.hang_up(d).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn every_call_tells_its_events_in_order() {
    everywhere(|mut world| {
        let phones = talking(&mut world);
        let [alice, _] = phones;
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
        let [call] = world.calls()[..] else { panic!("one call") };
        let events = world.call_events(call);
        let names: Vec<_> = events
            .iter()
            .map(|(_, event)| match event {
                CallEvent::Started(_) => "started",
                CallEvent::Routed { .. } => "routed",
                CallEvent::Ringing { .. } => "ringing",
                CallEvent::Declined { .. } => "declined",
                CallEvent::Answered(_) => "answered",
                CallEvent::Held { .. } | CallEvent::Resumed { .. } => "hold",
                CallEvent::Transfer(_)
                | CallEvent::TransferOver { .. }
                | CallEvent::Left { .. }
                | CallEvent::CalledBack { .. }
                | CallEvent::Joined(_) => "transfer",
                CallEvent::Silent { .. } | CallEvent::WrongKey { .. } | CallEvent::AudioBack { .. } => "sound",
                CallEvent::Recording(_) => "recording",
                CallEvent::Ended(_) => "ended",
                CallEvent::Measured(_) => "measured",
            })
            .collect();
        assert_eq!(names, ["started", "routed", "ringing", "answered", "ended", "measured"]);
    });
}
