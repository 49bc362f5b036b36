//! Phones refuse calls in every way they have, without a server between them.

use warden_sim::{G722, PCMU, PhoneState, World};
use warden_sip::status::Status;

#[test]
fn every_refusal_reaches_the_caller() {
    for status in [Status::BUSY_HERE, Status::DECLINE, Status::NOT_ACCEPTABLE_HERE, Status::MOVED_TEMPORARILY] {
        let mut world = World::with_seed(1).delay_ms(40);
        let [alice, bob] = world.phones(["100", "200"]);
        world.dial_direct(alice, "200").run_for_s(1);
        assert_eq!(world.phone(bob).caller(), Some("phone 100"));
        match status {
            Status::BUSY_HERE => world.hang_up(bob),
            Status::DECLINE => world.decline(bob),
            Status::NOT_ACCEPTABLE_HERE => world.refuse_media(bob),
            _ => world.redirect(bob, "sip:300@192.0.2.3:5060"),
        };
        world.run_for_s(1);
        assert_eq!(world.phone(alice).state(), PhoneState::Failed(status), "{}", world.ladder());
        assert_eq!(world.phone(alice).failure_reason(), Some(status.reason()));
        assert_eq!(world.phone(alice).progress(), Some(Status::RINGING));
        assert_eq!(world.phone(bob).state(), PhoneState::Idle);
    }
}

#[test]
fn a_redirection_names_its_contact() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(1).redirect(bob, "sip:300@192.0.2.3:5060").run_for_s(1);
    let sent = world.sent_to(alice);
    assert!(sent.iter().any(|text| text.contains("Contact: <sip:300@192.0.2.3:5060>")), "{sent:?}");
}

#[test]
fn a_phone_set_to_busy_does_not_ring() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["100", "200"]);
    world.set_busy(bob, true).dial_direct(alice, "200").run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::Failed(Status::BUSY_HERE));
    assert_eq!(world.phone(bob).state(), PhoneState::Idle);
    world.set_busy(bob, false).dial_direct(alice, "200").run_for_s(1);
    assert_eq!(world.phone(bob).state(), PhoneState::Ringing);
}

#[test]
fn phones_without_a_common_codec_do_not_get_together() {
    let mut world = World::with_seed(1);
    let [alice, bob] = world.phones(["100", "200"]);
    world.set_codecs(alice, &[G722]).set_codecs(bob, &[PCMU]).dial_direct(alice, "200").run_for_s(1);
    world.answer(bob).run_for_s(1);
    assert_eq!(world.phone(alice).state(), PhoneState::Failed(Status::NOT_ACCEPTABLE_HERE));
}
