//! Calls through Warden that do not come about: what the caller is told, and what the record says.

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_refused, assert_states, assert_talking, everywhere, header_values, registered,
    ringing,
};
use warden_call::Event;
use warden_call::call_event::{Cause, Disposition};
use warden_sim::{Dial, G722, PCMU, PhoneState, World};
use warden_sip::status::Status;

#[test]
fn a_busy_phone_makes_the_number_busy() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.set_busy(bob, true).dial(alice, "1002").run_for_s(A_WHILE_S);
        let record = assert_refused(&mut world, alice, Status::BUSY_HERE, Cause::Busy);
        assert_eq!(record.disposition, Disposition::Busy);
    });
}

#[test]
fn a_declined_call_ends_for_all_phones_of_the_extension() {
    everywhere(|mut world| {
        let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).decline(desk).run_for_s(A_WHILE_S);
        assert_states(&world, [desk, mobile], [PhoneState::Idle; 2]);
        assert_refused(&mut world, alice, Status::DECLINE, Cause::Declined);
    });
}

#[test]
fn a_phone_that_refuses_the_media_fails_the_call() {
    everywhere(|mut world| {
        let [alice, bob] = ringing(&mut world);
        world.refuse_media(bob).run_for_s(A_WHILE_S);
        assert_refused(&mut world, alice, Status::NOT_ACCEPTABLE_HERE, Cause::NoCommonCodec);
    });
}

#[test]
fn a_phone_that_says_when_to_try_again_is_heard_by_the_caller() {
    let busy = Status::BUSY_HERE;
    let told = [(busy, "30", "30"), (busy, "45 (in a meeting);duration=60", "45"), (busy, "86400", "3600")];
    let overloaded = (Status::SERVICE_UNAVAILABLE, "7", "7");
    for (status, asked, told) in told.into_iter().chain([overloaded]) {
        let mut world = World::with_seed(1);
        let [alice, bob] = ringing(&mut world);
        world.refuse_for_now(bob, status, asked).run_for_s(A_WHILE_S);
        assert_eq!(header_values(&world.sent_to(alice), "Retry-After"), [told], "{}", world.ladder());
        let is_outage = world.phone(alice).state() == PhoneState::Failed(Status::SERVICE_UNAVAILABLE);
        assert!(!is_outage, "one phone's overload is not ours");
    }
}

#[test]
fn a_codec_that_nobody_has_fails_the_call_without_ringing() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.set_codecs(alice, &[G722]).set_codecs(bob, &[PCMU]).dial(alice, "1002").run_for_s(A_WHILE_S);
        assert_states(&world, [bob], [PhoneState::Idle]);
        assert_refused(&mut world, alice, Status::NOT_ACCEPTABLE_HERE, Cause::NoCommonCodec);
    });
}

#[test]
fn phones_stop_ringing_at_the_ring_limit() {
    everywhere(|mut world| {
        world.configure(|directory| directory.calls.ring_for = Duration::from_secs(30));
        let phones = ringing(&mut world);
        let [alice, bob] = phones;
        world.run_for_s(15);
        assert_states(&world, phones, [PhoneState::RingBack, PhoneState::Ringing]);
        world.run_for_s(15);
        assert_states(&world, [bob], [PhoneState::Idle]);
        let record = assert_refused(&mut world, alice, Status::TEMPORARILY_UNAVAILABLE, Cause::NoAnswer);
        assert_eq!(record.disposition, Disposition::NoAnswer);
    });
}

#[test]
fn a_number_that_nobody_has_is_not_found() {
    everywhere(|mut world| {
        let [alice] = registered(&mut world, ["1001"]);
        for number in ["1777", "2001"] {
            world.dial(alice, number).run_for_s(A_WHILE_S);
            assert_refused(&mut world, alice, Status::NOT_FOUND, Cause::UnknownNumber);
        }
    });
}

#[test]
fn an_extension_without_a_registered_phone_is_unavailable() {
    everywhere(|mut world| {
        let [alice] = registered(&mut world, ["1001"]);
        world.phones(["1002"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        assert_refused(&mut world, alice, Status::TEMPORARILY_UNAVAILABLE, Cause::NotRegistered);
    });
}

#[test]
fn a_registered_phone_that_is_off_cannot_be_reached() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.unplug(bob).dial(alice, "1002").run_for_s(60);
        assert_refused(&mut world, alice, Status::TEMPORARILY_UNAVAILABLE, Cause::Unreachable);
    });
}

#[test]
fn an_emergency_call_says_that_there_is_no_way_and_is_recorded() {
    everywhere(|mut world| {
        let [alice] = registered(&mut world, ["1001"]);
        world.dial(alice, "112").run_for_s(A_WHILE_S);
        let record = assert_refused(&mut world, alice, Status::SERVICE_UNAVAILABLE, Cause::NoEmergencyTrunk);
        assert_eq!(record.started.dialled, "112");
    });
}

#[test]
fn a_phone_may_not_call_under_another_number() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        let dial = Dial { identity: Some("1002".into()), ..Dial::default() };
        world.dial_as(alice, "1002", &dial).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, bob], [PhoneState::Failed(Status::FORBIDDEN), PhoneState::Idle]);
        assert!(world.events().iter().any(|event| matches!(event, Event::Forbidden { .. })));
        assert_all_over(&mut world);
    });
}

#[test]
fn a_call_without_credentials_is_challenged_and_is_no_call() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.dial_as(alice, "1002", &Dial { signs_in: false, ..Dial::default() }).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, bob], [PhoneState::Failed(Status::UNAUTHORIZED), PhoneState::Idle]);
        assert_eq!(world.calls(), []);
        assert_eq!(world.media_commands().len(), 0);
    });
}

#[test]
fn a_call_that_has_gone_too_far_goes_no_further() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.dial_as(alice, "1002", &Dial { max_forwards: 0, ..Dial::default() }).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, bob], [PhoneState::Failed(Status::TOO_MANY_HOPS), PhoneState::Idle]);
        assert_all_over(&mut world);
    });
}

#[test]
fn without_a_free_port_a_call_is_refused_and_no_port_is_lost() {
    everywhere(|mut world| {
        world.set_ports(3);
        let [a, b, c, d] = registered(&mut world, ["1001", "1002", "1003", "1004"]);
        for _ in 0..4 {
            world.dial(a, "1002").run_for_s(A_WHILE_S).answer(b).run_for_s(A_WHILE_S);
            assert_talking(&world, [a, b]);
            for _ in 0..3 {
                world.dial(c, "1004").run_for_s(A_WHILE_S);
                assert_states(&world, [c, d], [PhoneState::Failed(Status::SERVICE_UNAVAILABLE), PhoneState::Idle]);
            }
            assert_eq!(world.records().last().map(|record| record.ending.cause), Some(Cause::NoPorts));
            world.hang_up(a).run_for_s(A_WHILE_S);
            assert_eq!(world.free_ports(), 3, "{}", world.ladder());
        }
        assert_all_over(&mut world);
    });
}

#[test]
fn ports_of_calls_that_failed_can_be_used_again() {
    everywhere(|mut world| {
        world.set_ports(2);
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        for round in 0..4 {
            world.dial(alice, "1002").run_for_s(A_WHILE_S);
            assert_states(&world, [bob], [PhoneState::Ringing]);
            if round % 2 == 0 {
                world.hang_up(alice)
            } else {
                world.decline(bob)
            };
            world.run_for_s(A_WHILE_S);
        }
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, bob]);
    });
}
