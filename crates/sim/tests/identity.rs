//! Who a caller says to be, and who the phones that ring see.

mod support;

use support::{A_WHILE_S, assert_refused, assert_states, everywhere, only_record, registered};
use warden_call::call_event::Cause;
use warden_sim::{Dial, PhoneState, World};
use warden_sip::status::Status;

#[test]
fn a_call_for_help_is_taken_whatever_the_phone_says_of_itself() {
    everywhere(|mut world| {
        let [alice] = registered(&mut world, ["1001"]);
        world.dial_as(alice, "112", &Dial { identity: Some("frontdesk".into()), ..Dial::default() });
        world.run_for_s(A_WHILE_S);
        let record = assert_refused(&mut world, alice, Status::SERVICE_UNAVAILABLE, Cause::NoEmergencyTrunk);
        assert_eq!(record.started.caller.text(), "1001");
    });
}

#[test]
fn a_caller_who_does_not_want_to_be_known_is_not() {
    let wishes = [
        Dial { privacy: Some("id;critical".into()), ..Dial::default() },
        Dial { privacy: Some("header; user".into()), ..Dial::default() },
        Dial { identity: Some("anonymous@anonymous.invalid".into()), ..Dial::default() },
    ];
    for dial in wishes {
        everywhere(|mut world| {
            let [alice, bob] = registered(&mut world, ["1001", "1002"]);
            world.dial_as(alice, "1002", &dial).run_for_s(A_WHILE_S);
            assert_states(&world, [bob], [PhoneState::Ringing]);
            assert_eq!(world.phone(bob).caller(), Some("Anonymous"));
            let invites: Vec<_> = world.sent_to(bob).into_iter().filter(|text| text.starts_with("INVITE ")).collect();
            assert!(invites.iter().all(|text| !text.contains("1001")), "{invites:?}");
            world.hang_up(alice).run_for_s(A_WHILE_S);
            assert_eq!(only_record(&world).started.caller.text(), "1001");
        });
    }
}

#[test]
fn a_caller_without_such_a_wish_is_shown() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        world.dial_as(alice, "1002", &Dial { privacy: Some("none".into()), ..Dial::default() }).run_for_s(A_WHILE_S);
        assert_eq!(world.phone(bob).caller(), Some("Person 1001"), "{}", world.ladder());
    });
}

#[test]
fn who_does_not_want_to_be_known_is_not_named_by_a_transfer() {
    everywhere(|mut world| {
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        let dial = Dial { privacy: Some("id".into()), ..Dial::default() };
        world.dial_as(alice, "1002", &dial).run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.transfer(alice, "1003").run_for_s(A_WHILE_S);
        assert_states(&world, [carol], [PhoneState::Ringing]);
        assert_eq!(world.phone(carol).caller(), Some(&*World::name("1002")));
        let invites: Vec<_> = world.sent_to(carol).into_iter().filter(|text| text.starts_with("INVITE ")).collect();
        assert!(invites.iter().all(|text| !text.contains("1001")), "{invites:?}");
    });
}
