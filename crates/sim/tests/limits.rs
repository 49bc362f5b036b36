//! What one extension may ask for at a time.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_states, registered};
use warden_call::Event;
use warden_call::access::Pace;
use warden_call::call_event::Cause;
use warden_sim::{PhoneState, World};
use warden_sip::status::Status;

#[test]
fn one_extension_sets_up_a_hundred_calls_at_a_time_and_no_more() {
    let mut world = World::with_seed(1);
    let [bob] = registered(&mut world, ["1002"]);
    let phones = world.unplug(bob).phones(["1001"; 100]);
    let [late, other, helpless] = world.phones(["1001", "1003", "1001"]);
    for phone in phones {
        world.dial(phone, "1002");
    }
    world.run_for_s(1).dial(late, "1002").dial(other, "1002").dial(helpless, "112").run_for_s(1);
    let refused = Status::SERVICE_UNAVAILABLE;
    assert_states(&world, [late, other], [PhoneState::Failed(refused), PhoneState::Dialling]);
    assert_eq!(world.phone(late).failure_reason(), Some("Too Many Calls In Set-Up"));
    // It would hold back a call for help as well.
    assert!(!world.sent_to(late).iter().any(|text| text.contains("Retry-After: ")));
    assert_eq!(world.phone(helpless).failure_reason(), Some("No Way to Emergency Services"));
    assert_eq!(world.calls().len(), 102, "the call that is refused leaves no record");
    // Those that failed make room.
    world.run_for_s(4 * A_WHILE_S).dial(late, "1002").run_for_s(4 * A_WHILE_S);
    assert_states(&world, [late], [PhoneState::Failed(Status::TEMPORARILY_UNAVAILABLE)]);
    assert_all_over(&mut world);
    assert_eq!(world.records().last().map(|record| record.ending.cause), Some(Cause::Unreachable));
}

#[test]
fn answered_calls_do_not_count() {
    let mut world = World::with_seed(1);
    let callees = world.phones(["1002"; 101]);
    let dialling = world.phones(["1001"; 101]);
    for (dial, callee) in dialling.into_iter().zip(callees) {
        world.register(callee, 3600).run_for_s(1).dial(dial, "1002").run_for_s(1).answer(callee).run_for_s(1);
        assert_states(&world, [dial], [PhoneState::InCall]);
        world.unregister(callee).run_for_s(1);
    }
    for dial in dialling {
        world.hang_up(dial);
    }
    assert_all_over(&mut world);
}

#[test]
fn calls_that_fail_at_once_are_refused_without_end_and_recorded_sixty_times_a_minute() {
    let mut world = World::with_seed(1);
    let [alice] = registered(&mut world, ["1001"]);
    for _ in 0..100 {
        world.dial(alice, "1777").run_for(Duration::from_millis(100));
        assert_states(&world, [alice], [PhoneState::Failed(Status::NOT_FOUND)]);
    }
    assert_eq!(world.calls().len(), 60);
    let left_out: Vec<_> = world.events().iter().filter_map(left_out).collect();
    assert_eq!(left_out, (1..=40).collect::<Vec<_>>());
    // Who calls for help is always recorded, and so is another call when the minute is over.
    world.dial(alice, "112").run_for_s(1).dial(alice, "1777").run_for_s(60).dial(alice, "1777").run_for_s(1);
    let dialled: Vec<_> = world.records().into_iter().skip(60).map(|record| record.started.dialled).collect();
    assert_eq!(dialled, ["112", "1777"]);
    assert_all_over(&mut world);
}

#[test]
fn who_floods_warden_does_not_keep_others_from_calling() {
    let mut world = World::with_seed(1);
    let phones = registered(&mut world, ["1001", "1002"]);
    let [alice, bob] = phones;
    // Nothing else holds the flood up.
    world.configure(|directory| directory.access.unsigned = Pace::per_second(0)).run_for_s(40);
    for number in 0..10_000 {
        let invite = never_acknowledged(number);
        world.send_from_nowhere(1, invite);
    }
    world.run_for_s(1);
    let answered = world.sent_to_nowhere().iter().filter(|text| text.starts_with("SIP/2.0 ")).count();
    assert_eq!((answered, world.transactions()), (10_000, (0, 0)), "who shows nothing leaves nothing");
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    assert_states(&world, phones, [PhoneState::InCall; 2]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

/// An INVITE with credentials of no use, whose refusal nobody acknowledges.
fn never_acknowledged(number: u32) -> String {
    format!(
        "INVITE sip:1002@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;rport;branch=z9hG4bKf{number}\r\n\
         From: <sip:1001@a>;tag=1\r\nTo: <sip:1001@a>\r\nCall-ID: {number}\r\nCSeq: 1 INVITE\r\n\
         Proxy-Authorization: Digest username=\"1001\", realm=\"warden-pbx\"\r\n\r\n"
    )
}

#[test]
fn six_thousand_invites_that_are_never_acknowledged_leave_nothing_behind() {
    let mut world = World::with_seed(1);
    for number in 0..6000 {
        let source = u8::try_from(number % 100).unwrap_or_default();
        world.send_from_nowhere(source, never_acknowledged(number));
    }
    world.run_for_s(1);
    assert_eq!(world.sent_to_nowhere().len(), 6000, "they are answered");
    assert_eq!(world.transactions(), (0, 0));
    assert_all_over(&mut world);
}

fn left_out(event: &Event) -> Option<u32> {
    if let Event::Unrecorded { count, .. } = event { Some(*count) } else { None }
}
