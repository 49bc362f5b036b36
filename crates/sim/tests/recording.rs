//! Calls that are recorded: which ones, what of them, and until when.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_ended, assert_hear_each_other, assert_talking, everywhere_with_media, extension,
    only_record, registered, ringing, talking,
};
use warden_call::call_event::{CallEvent, CallId, Cause, Ender, RecordingEvent};
use warden_call::{Recorded, RecordingRefused, RecordingWish};
use warden_media::relay::Side;
use warden_sim::{PhoneId, World};

fn record_all(world: &mut World) {
    world.configure(|directory| directory.recording.all = true);
}

/// Who is heard at A and B in this second of the last recording.
fn heard(world: &World, second: usize) -> [Option<String>; 2] {
    let tape = world.tapes().last();
    [Side::A, Side::B].map(|side| world.recorded(tape?, side, second))
}

fn both(a: &str, b: &str) -> [Option<String>; 2] {
    [a, b].map(|number| Some(number.to_owned()).filter(|number| !number.is_empty()))
}

fn recorded(world: &World) -> Vec<Recorded> {
    world.views().iter().map(|view| view.recorded).collect()
}

fn recording_events(world: &World, call: CallId) -> Vec<RecordingEvent> {
    let events = world.call_events(call).into_iter();
    let ours = |event| if let CallEvent::Recording(event) = event { Some(event) } else { None };
    events.filter_map(|(_, event)| ours(event)).collect()
}

#[test]
fn every_answered_call_is_recorded_from_the_answer_to_the_end_where_all_are() {
    everywhere_with_media(|mut world| {
        record_all(&mut world);
        let phones = ringing(&mut world);
        let [alice, bob] = phones;
        assert!(world.tapes().is_empty(), "nobody has answered");
        world.answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, phones);
        assert_eq!(recorded(&world), [Recorded::Yes]);
        world.hang_up(alice);
        assert_ended(&mut world, phones, Ender::Caller, Cause::HungUp);
        assert_eq!(heard(&world, 5), both("1001", "1002"));
        let [tape] = world.tapes() else { panic!("one recording") };
        assert!(tape.is_over && (8..=11).contains(&tape.seconds()), "{}", tape.seconds());
        assert_eq!(only_record(&world).recordings, std::slice::from_ref(&tape.file));
    });
}

#[test]
fn only_calls_of_an_extension_are_recorded_whichever_side_it_is_on() {
    for (recorded, is_recorded) in [("1001", true), ("1002", true), ("1003", false)] {
        let mut world = World::with_seed(1).with_media();
        world.configure(|directory| directory.recording.extensions.extend([extension(recorded)]));
        let [alice, _] = talking(&mut world);
        assert_eq!(!world.tapes().is_empty(), is_recorded, "{recorded}");
        world.hang_up(alice);
        assert_all_over(&mut world);
        assert_eq!(!only_record(&world).recordings.is_empty(), is_recorded);
    }
}

#[test]
fn a_call_is_recorded_when_somebody_wants_it_without_the_time_of_a_pause() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = talking(&mut world);
    let [call] = world.calls()[..] else { panic!("one call") };
    assert!(world.tapes().is_empty());
    assert_eq!(world.record_call(call, RecordingWish::Start), Ok(()));
    world.run_for_s(5);
    assert_eq!(world.record_call(call, RecordingWish::Pause), Ok(()));
    assert_eq!(recorded(&world), [Recorded::Paused]);
    world.run_for_s(60);
    assert_eq!(world.record_call(call, RecordingWish::Resume), Ok(()));
    world.mute(bob, true).run_for_s(5);
    assert_eq!(world.record_call(call, RecordingWish::Stop), Ok(()));
    assert_eq!(recorded(&world), [Recorded::No]);
    world.run_for_s(20).hang_up(alice);
    assert_all_over(&mut world);
    let [tape] = world.tapes() else { panic!("one recording") };
    assert_eq!(tape.seconds(), 10);
    assert_eq!([heard(&world, 3), heard(&world, 8)], [both("1001", "1002"), both("1001", "")]);
    let file = tape.file.clone();
    let events =
        [RecordingEvent::Begun { file }, RecordingEvent::Paused, RecordingEvent::Resumed, RecordingEvent::Stopped];
    assert_eq!(recording_events(&world, call), events);
}

#[test]
fn a_wish_that_makes_no_sense_is_refused_in_words() {
    let mut world = World::with_seed(1).with_media();
    let [_, bob] = ringing(&mut world);
    let [call] = world.calls()[..] else { panic!("one call") };
    assert_eq!(world.record_call(CallId(7), RecordingWish::Start), Err(RecordingRefused::NoCall));
    assert_eq!(world.record_call(call, RecordingWish::Start), Err(RecordingRefused::NotAnswered));
    world.answer(bob).run_for_s(A_WHILE_S);
    for wish in [RecordingWish::Pause, RecordingWish::Resume, RecordingWish::Stop] {
        assert_eq!(world.record_call(call, wish), Err(RecordingRefused::Not));
    }
    assert_eq!(world.record_call(call, RecordingWish::Start), Ok(()));
    assert_eq!(world.record_call(call, RecordingWish::Start), Err(RecordingRefused::Already));
    assert_eq!(world.record_call(call, RecordingWish::Resume), Err(RecordingRefused::NotPaused));
    assert_eq!(world.record_call(call, RecordingWish::Pause), Ok(()));
    assert_eq!(world.record_call(call, RecordingWish::Pause), Err(RecordingRefused::Paused));
    world.hang_up(bob).run_for_s(A_WHILE_S);
    assert_eq!(world.record_call(call, RecordingWish::Stop), Err(RecordingRefused::NoCall));
    assert_all_over(&mut world);
}

#[test]
fn what_was_stopped_by_hand_does_not_begin_again_by_itself_but_when_somebody_wants_it() {
    let mut world = World::with_seed(1).with_media();
    record_all(&mut world);
    let [alice, _] = talking(&mut world);
    let [call] = world.calls()[..] else { panic!("one call") };
    assert_eq!(world.record_call(call, RecordingWish::Stop), Ok(()));
    world.hold(alice).run_for_s(A_WHILE_S).resume(alice).run_for_s(A_WHILE_S);
    assert_eq!(recorded(&world), [Recorded::No]);
    assert_eq!(world.record_call(call, RecordingWish::Start), Ok(()));
    world.run_for_s(5).hang_up(alice);
    assert_all_over(&mut world);
    assert_eq!(only_record(&world).recordings.len(), 2);
}

#[test]
fn a_recording_goes_on_through_hold_and_who_is_held_is_not_heard() {
    everywhere_with_media(|mut world| {
        record_all(&mut world);
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.hold(alice).run_for_s(20).resume(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, phones);
        world.hang_up(bob);
        assert_all_over(&mut world);
        assert_eq!(world.tapes().len(), 1);
        let held = heard(&world, 22);
        assert_eq!(held[1], None, "{}", world.ladder());
        assert_eq!([heard(&world, 5), heard(&world, 37)], [both("1001", "1002"), both("1001", "1002")]);
    });
}

/// 1001 and 1002 talk, then 1002 gives 1001 to 1003.
fn transferred(world: &mut World) -> [PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1003"]);
    let [alice, bob, carol] = phones;
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    assert_talking(world, [alice, bob]);
    world.transfer(bob, "1003").run_for_s(A_WHILE_S).answer(carol).run_for_s(A_WHILE_S);
    assert_hear_each_other(world, [alice, carol]);
    phones
}

#[test]
fn a_recording_goes_on_through_a_transfer_and_says_who_has_come() {
    everywhere_with_media(|mut world| {
        record_all(&mut world);
        let [alice, ..] = transferred(&mut world);
        world.hang_up(alice);
        assert_all_over(&mut world);
        let [tape] = world.tapes() else { panic!("one recording") };
        let named: Vec<_> = tape.parties.iter().map(|(_, side, who)| (*side, who.text())).collect();
        assert_eq!(named, [(Side::A, "1001"), (Side::B, "1002"), (Side::B, "1003")]);
        let last = usize::try_from(tape.seconds()).unwrap() - 2;
        assert_eq!([heard(&world, 5), heard(&world, last)], [both("1001", "1002"), both("1001", "1003")]);
    });
}

#[test]
fn a_call_that_comes_to_an_extension_that_is_recorded_is_recorded_from_then_on() {
    let mut world = World::with_seed(1).with_media();
    world.configure(|directory| directory.recording.extensions.extend([extension("1003")]));
    let [alice, ..] = transferred(&mut world);
    world.hang_up(alice);
    assert_all_over(&mut world);
    let [tape] = world.tapes() else { panic!("one recording") };
    assert_eq!(tape.parties.last().map(|(_, _, who)| who.text()), Some("1003"));
    assert!(tape.seconds() < 20, "{}", tape.seconds());
}

#[test]
fn a_call_goes_on_when_its_recording_fails_and_that_is_told() {
    let mut world = World::with_seed(1).with_media();
    record_all(&mut world);
    let phones = talking(&mut world);
    let [call] = world.calls()[..] else { panic!("one call") };
    world.break_recording(call, "no space left");
    assert_eq!(recorded(&world), [Recorded::No]);
    assert_hear_each_other(&mut world, phones);
    let failed = RecordingEvent::Failed { reason: "no space left".to_owned() };
    assert_eq!(recording_events(&world, call).last(), Some(&failed));
    world.hang_up(phones[0]);
    assert_all_over(&mut world);
    assert_eq!(world.tapes().len(), 1, "it is not tried again");
}
