//! A phone with two calls brings the two other parties together.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, everywhere_with_media, registered};
use warden_call::call_event::{CallEvent, Cause, TransferKind};
use warden_sim::{Leaving, PhoneId, PhoneState, World};

/// Of 1001, who transfers, 1002 and 1003; 1001 talks with 1002, has put it on hold, and talks with 1003 on the other line.
fn two_calls(world: &mut World, by_caller: bool) -> [PhoneId; 3] {
    let phones = calling(world, by_caller);
    let [_, _, carol] = phones;
    world.answer(carol).run_for_s(A_WHILE_S);
    assert_states(world, phones, [PhoneState::InCall; 3]);
    phones
}

/// The same while 1003 still rings.
fn calling(world: &mut World, by_caller: bool) -> [PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1003"]);
    let [alice, bob, carol] = phones;
    if by_caller {
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    } else {
        world.dial(bob, "1001").run_for_s(A_WHILE_S).answer(alice).run_for_s(A_WHILE_S);
    }
    world.hold(alice).run_for_s(A_WHILE_S).switch_lines(alice).dial(alice, "1003").run_for_s(A_WHILE_S);
    assert_states(world, phones, [PhoneState::RingBack, PhoneState::InCall, PhoneState::Ringing]);
    assert_eq!(world.phone(carol).caller(), Some(&*World::name("1001")));
    phones
}

#[test]
fn a_digit_for_who_has_gone_while_a_transfer_waits_for_its_moment_ends_no_call() {
    let mut world = World::with_seed(1).with_media();
    let phones = two_calls(world.digits_by_info(), true);
    let [alice, bob, _] = phones;
    world.leave(alice, Leaving::AtOnce).switch_lines(alice).hesitate(bob).resume(alice).run_for_s(1);
    world.connect_lines(alice).run_for_s(1).send_digit(bob, '5').run_for_s(1);
    let is_answer = |text: &String| text.starts_with("SIP/2.0 ") && text.contains(" INFO\r\n");
    let answers: Vec<_> = world.sent_to(bob).into_iter().filter(is_answer).collect();
    assert!(!answers.is_empty() && answers.iter().all(|text| text.starts_with("SIP/2.0 500 ")), "{}", world.ladder());
    hang_up_all(&mut world, phones);
}

#[test]
fn a_far_end_that_is_asked_out_of_order_is_asked_again() {
    let mut world = World::with_seed(1).with_media();
    let phones = two_calls(world.digits_by_info(), true);
    let [alice, bob, _] = phones;
    world.switch_lines(alice).send_digit(alice, '5').run_for_s(1).switch_lines(alice);
    let info = world.sent_to(bob).into_iter().rfind(|text| text.starts_with("INFO ")).unwrap_or_default();
    let number = info.lines().find_map(|line| line.strip_prefix("CSeq: ")?.split(' ').next()?.parse::<u32>().ok());
    let number = number.unwrap_or_default();
    let later = info.replace(&format!("CSeq: {number} "), &format!("CSeq: {} ", number + 2));
    world.inject(bob, later.replace("z9hG4bK", "z9hG4bKlater")).connect_lines(alice).run_for_s(2 * A_WHILE_S);
    assert_joined(&mut world, phones);
    hang_up_all(&mut world, phones);
}

fn everywhere(scenario: impl Fn(&mut World, [PhoneId; 3])) {
    for by_caller in [true, false] {
        everywhere_with_media(|mut world| {
            let phones = two_calls(&mut world, by_caller);
            scenario(&mut world, phones);
            hang_up_all(&mut world, phones);
        });
    }
}

fn hang_up_all(world: &mut World, phones: [PhoneId; 3]) {
    for phone in phones {
        world.hang_up(phone).switch_lines(phone).hang_up(phone);
    }
    world.run_for_s(A_WHILE_S);
    assert_all_over(world);
}

/// 1002 and 1003 talk, 1001 has no call any more.
fn assert_joined(world: &mut World, [alice, bob, carol]: [PhoneId; 3]) {
    assert_states(world, [alice, bob, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
    assert_eq!(world.phone(alice).other_state(), PhoneState::Idle, "{}", world.ladder());
    let last = world.phone(alice).told().last().cloned().unwrap_or_default();
    assert_eq!(last, "terminated;reason=noresource SIP/2.0 200 OK", "{}", world.ladder());
    for phone in [bob, carol] {
        assert!(!world.phone(phone).is_held() && !world.phone(phone).is_on_hold(), "{}", world.ladder());
    }
    assert_hear_each_other(world, [bob, carol]);
}

#[test]
fn refer_in_the_first_call_joins_the_other_two() {
    everywhere(|world, [alice, bob, carol]| {
        world.switch_lines(alice).connect_lines(alice).run_for_s(2 * A_WHILE_S);
        assert_joined(world, [alice, bob, carol]);
    });
}

#[test]
fn refer_in_the_second_call_joins_the_other_two() {
    everywhere(|world, [alice, bob, carol]| {
        world.connect_lines(alice).run_for_s(2 * A_WHILE_S);
        assert_joined(world, [alice, bob, carol]);
    });
}

#[test]
fn it_does_not_matter_who_holds_whom() {
    everywhere(|world, [alice, bob, carol]| {
        world.hold(alice).run_for_s(A_WHILE_S).switch_lines(alice).connect_lines(alice).run_for_s(2 * A_WHILE_S);
        assert_joined(world, [alice, bob, carol]);
    });
}

#[test]
fn a_party_that_holds_goes_on_holding() {
    everywhere(|world, [alice, bob, carol]| {
        world.hold(carol).run_for_s(A_WHILE_S).switch_lines(alice).connect_lines(alice).run_for_s(2 * A_WHILE_S);
        assert!(world.phone(carol).is_on_hold() && world.phone(bob).is_held(), "{}", world.ladder());
        world.resume(carol).run_for_s(A_WHILE_S);
        assert_joined(world, [alice, bob, carol]);
    });
}

#[test]
fn it_waits_until_a_hold_that_is_under_way_is_done() {
    everywhere(|world, [alice, bob, carol]| {
        world.hold(alice).run_for(Duration::from_millis(30)).switch_lines(alice).connect_lines(alice);
        world.run_for_s(3 * A_WHILE_S);
        assert_joined(world, [alice, bob, carol]);
    });
}

#[test]
fn a_phone_that_hangs_up_at_once_joins_them_as_well() {
    everywhere(|world, [alice, bob, carol]| {
        world.leave(alice, Leaving::AtOnce).switch_lines(alice).connect_lines(alice).run_for_s(2 * A_WHILE_S);
        assert_joined(world, [alice, bob, carol]);
    });
}

#[test]
fn a_call_that_was_transferred_before_can_be_joined() {
    everywhere_with_media(|mut world| {
        let phones = registered(&mut world, ["1004", "1001", "1002", "1003"]);
        let [dave, alice, bob, carol] = phones;
        world.dial(dave, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.transfer(dave, "1001").run_for_s(A_WHILE_S).answer(alice).run_for_s(A_WHILE_S);
        world.hold(alice).run_for_s(A_WHILE_S).switch_lines(alice).dial(alice, "1003").run_for_s(A_WHILE_S);
        world.answer(carol).run_for_s(A_WHILE_S).connect_lines(alice).run_for_s(2 * A_WHILE_S);
        assert_joined(&mut world, [alice, bob, carol]);
        world.transfer(carol, "1001").run_for_s(A_WHILE_S).answer(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [bob, alice]);
        hang_up_all(&mut world, [alice, bob, carol]);
    });
}

#[test]
fn while_the_second_call_rings_the_first_hears_it_ring() {
    for by_caller in [true, false] {
        everywhere_with_media(|mut world| {
            let phones = calling(&mut world, by_caller);
            let [alice, bob, carol] = phones;
            world.switch_lines(alice).connect_lines(alice).run_for_s(A_WHILE_S);
            assert_states(&world, [bob, carol], [PhoneState::InCall, PhoneState::Ringing]);
            assert!(!world.phone(bob).is_held(), "{}", world.ladder());
            world.record(bob).run_for_s(10);
            let hears_it = |tone: &warden_sim::Sounding| tone.frequencies_hz == [425] && tone.lasting_ms >= 500;
            assert!(world.phone(bob).soundings().iter().any(hears_it), "{}", world.ladder());
            world.answer(carol).run_for_s(2 * A_WHILE_S);
            assert_joined(&mut world, phones);
            hang_up_all(&mut world, phones);
        });
    }
}

#[test]
fn a_second_call_that_sends_sound_already_is_joined_too() {
    everywhere_with_media(|mut world| {
        let phones = calling(&mut world, true);
        let [alice, _, carol] = phones;
        world.answer_early(carol).run_for_s(A_WHILE_S).switch_lines(alice).connect_lines(alice).run_for_s(A_WHILE_S);
        world.answer(carol).run_for_s(2 * A_WHILE_S);
        assert_joined(&mut world, phones);
        hang_up_all(&mut world, phones);
    });
}

#[test]
fn when_the_second_call_is_declined_the_first_is_there_still() {
    everywhere_with_media(|mut world| {
        let phones = calling(&mut world, true);
        let [alice, bob, carol] = phones;
        world.switch_lines(alice).connect_lines(alice).run_for_s(A_WHILE_S).decline(carol).run_for_s(A_WHILE_S);
        assert_states(&world, phones, [PhoneState::InCall, PhoneState::InCall, PhoneState::Idle]);
        world.resume(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        hang_up_all(&mut world, phones);
    });
}

#[test]
fn a_dialog_that_is_gone_loses_nothing() {
    everywhere(|world, [alice, bob, _]| {
        let gone = "<sip:203.0.113.1:5060?Replaces=x%3Bto-tag%3D00000000000000aa%3Bfrom-tag%3D1>";
        world.switch_lines(alice).refer(alice, gone, &[]).run_for_s(A_WHILE_S);
        let last = world.phone(alice).told().last().cloned().unwrap_or_default();
        assert_eq!(last, "terminated;reason=noresource SIP/2.0 481 No Such Call", "{}", world.ladder());
        world.resume(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(world, [alice, bob]);
    });
}

#[test]
fn nobody_joins_calls_of_others() {
    everywhere_with_media(|mut world| {
        let [alice, bob, carol, dave] = registered(&mut world, ["1001", "1002", "1003", "1004"]);
        world
            .dial(alice, "1002")
            .dial(carol, "1004")
            .run_for_s(A_WHILE_S)
            .answer(bob)
            .answer(dave)
            .run_for_s(A_WHILE_S);
        let replaces = world.replaces(carol).replace(';', "%3B").replace('=', "%3D");
        world.refer(alice, &format!("<sip:203.0.113.1?Replaces={replaces}>"), &[]).run_for_s(A_WHILE_S);
        let last = world.phone(alice).told().last().cloned().unwrap_or_default();
        assert_eq!(last, "terminated;reason=noresource SIP/2.0 403 Not Your Call", "{}", world.ladder());
        assert_hear_each_other(&mut world, [alice, bob]);
        assert_hear_each_other(&mut world, [carol, dave]);
    });
}

#[test]
fn both_records_tell_of_the_other_call() {
    let mut world = World::with_seed(1).with_media();
    let phones = two_calls(&mut world, true);
    let [alice, ..] = phones;
    world.switch_lines(alice).connect_lines(alice).run_for_s(A_WHILE_S);
    let [first, second] = world.calls()[..] else { panic!("two calls") };
    let views: Vec<_> = world.views().into_iter().map(|view| (view.caller, view.callee)).collect();
    let shown = |number: &str| warden_call::directory::Extension::parse(number.as_bytes()).expect("an extension");
    assert_eq!(views, [(shown("1003"), Some(shown("1002")))]);
    hang_up_all(&mut world, phones);
    let [one, two] = &world.records()[..] else { panic!("two records") };
    assert_eq!(two.ending.cause, Cause::JoinedTo(first));
    assert_eq!(two.story(), format!("joined to call {first}"));
    assert_eq!(one.story(), "1001 transferred it to 1003, hung up by 1002");
    let [transfer] = &one.transfers[..] else { panic!("{:?}", one.transfers) };
    assert_eq!((transfer.kind, transfer.status), (TransferKind::Attended(Some(second)), Some(200)));
    let parties: Vec<_> = one.parties.iter().map(|party| (party.extension.text(), party.from)).collect();
    assert_eq!(parties, [("1001", None), ("1002", None), ("1003", Some(second))]);
    let joins = world.call_events(first).into_iter().filter(|(_, event)| matches!(event, CallEvent::Joined(_))).count();
    assert_eq!(joins, 1);
    for record in [one, two] {
        let measured = record.measured.as_ref().expect("there was sound");
        assert!(measured.iter().all(|leg| leg.codec.is_some() && leg.packets > 100), "{measured:?}");
    }
}

#[test]
fn a_transfer_that_waits_for_its_moment_is_on_record_and_has_its_own_outcome() {
    let mut world = World::with_seed(1).with_media();
    let phones = two_calls(&mut world, true);
    let [alice, bob, _] = phones;
    world.switch_lines(alice).transfer(alice, "1777").run_for_s(A_WHILE_S);
    // The other party does not make up its mind about being taken back, and then has had enough.
    world.hesitate(bob).resume(alice).run_for_s(1).connect_lines(alice).run_for_s(1).hang_up(bob);
    hang_up_all(&mut world, phones);
    let [first, second] = world.calls()[..] else { panic!("two calls") };
    let record = world.records().into_iter().find(|record| record.call == first).expect("a record");
    let transfers: Vec<_> = record.transfers.iter().map(|transfer| (transfer.kind, transfer.status)).collect();
    assert_eq!(
        transfers,
        [(TransferKind::Blind, Some(404)), (TransferKind::Attended(Some(second)), Some(487))],
        "{}",
        world.ladder()
    );
}

#[test]
fn a_digit_that_is_under_way_to_who_brings_them_together_ends_no_call() {
    let mut world = World::with_seed(1).with_media().delay_ms(200);
    let phones = two_calls(world.digits_by_info(), true);
    let [alice, _, carol] = phones;
    world.send_digit(carol, '5').run_for(Duration::from_millis(10)).switch_lines(alice).connect_lines(alice);
    world.run_for_s(A_WHILE_S);
    let is_answer = |text: &String| text.starts_with("SIP/2.0 ") && text.contains(" INFO\r\n");
    let answers: Vec<_> = world.sent_to(carol).into_iter().filter(is_answer).collect();
    assert!(answers.iter().all(|text| text.starts_with("SIP/2.0 200 ")) && !answers.is_empty(), "{}", world.ladder());
    assert_joined(&mut world, phones);
    hang_up_all(&mut world, phones);
}
