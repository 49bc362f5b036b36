//! What phones are told of their mailbox (RFC 3842), and what they are told unasked.

mod support;

use support::{A_WHILE_S, everywhere, registered};
use warden_call::MessageCounts;
use warden_sim::{PhoneId, World};
use warden_sip::header::HeaderName;

fn unasked(world: &World, id: PhoneId) -> Vec<String> {
    world.phone(id).unasked().iter().map(|notify| String::from_utf8_lossy(notify.body()).into_owned()).collect()
}

fn waiting(new: u32) -> MessageCounts {
    MessageCounts { new, ..MessageCounts::default() }
}

#[test]
fn who_has_subscribed_is_told_of_each_change() {
    everywhere(|mut world| {
        let [alice] = registered(&mut world, ["1001"]);
        world.subscribe(alice, "message-summary", "1001", 600).run_for_s(A_WHILE_S);
        let body = |world: &World| world.errand(alice, 0).body();
        assert_eq!(
            body(&world),
            "Messages-Waiting: no\r\nMessage-Account: sip:1001@203.0.113.1:5060\r\nVoice-Message: 0/0 (0/0)\r\n"
        );
        world.set_mailbox("1001", waiting(2)).run_for_s(A_WHILE_S);
        assert!(body(&world).contains("Messages-Waiting: yes") && body(&world).contains("Voice-Message: 2/0 (0/0)"));
        assert!(unasked(&world, alice).is_empty(), "it has subscribed");
    });
}

#[test]
fn who_has_not_subscribed_is_told_when_it_registers_and_of_each_change() {
    everywhere(|mut world| {
        let [alice] = world.phones(["1001"]);
        world.set_mailbox("1001", waiting(1)).register(alice, 3600).run_for_s(A_WHILE_S);
        assert_eq!(unasked(&world, alice).len(), 1, "{}", world.ladder());
        world.set_mailbox("1001", waiting(1)).run_for_s(A_WHILE_S);
        assert_eq!(unasked(&world, alice).len(), 1, "nothing has changed");
        world.set_mailbox("1001", waiting(0)).run_for_s(A_WHILE_S);
        assert!(unasked(&world, alice)[1].starts_with("Messages-Waiting: no\r\n"));
        world.run_for_s(3600);
        assert_eq!(unasked(&world, alice).len(), 2, "a refresh tells nothing");
    });
}

#[test]
fn who_has_no_mailbox_is_told_nothing_unasked() {
    let mut world = World::with_seed(1);
    let [alice] = registered(&mut world, ["1001"]);
    world.run_for_s(60);
    assert!(unasked(&world, alice).is_empty());
}

#[test]
fn a_phone_is_told_to_fetch_its_configuration() {
    everywhere(|mut world| {
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        assert_eq!([world.check_sync("1001", true), world.check_sync("1001", false)], [1, 1]);
        assert_eq!(world.check_sync("1003", true), 0);
        world.run_for_s(A_WHILE_S);
        let events = world.phone(alice).unasked().iter().map(|it| it.header(HeaderName::Event).unwrap_or_default());
        let mut events: Vec<_> = events.map(String::from_utf8_lossy).collect();
        events.sort_unstable();
        assert_eq!(events, ["check-sync;reboot=false", "check-sync;reboot=true"]);
        assert!(world.phone(bob).unasked().is_empty());
    });
}
