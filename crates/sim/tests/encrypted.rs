//! Encrypted sound: who gets it, who is refused and why, and that keys follow what is agreed on.

mod support;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, extension};
use warden_call::encryption::Srtp;
use warden_call::media::MediaCommand;
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::header::Transport;

const NUMBERS: [&str; 3] = ["1001", "1002", "1003"];

/// Three registered phones; each is connected by its transport and speaks SRTP as it says.
fn phones(how: [(Transport, Srtp); 3]) -> (World, [PhoneId; 3]) {
    let mut world = World::with_seed(1).with_media();
    let phones = world.phones(NUMBERS);
    for (phone, (transport, srtp)) in phones.into_iter().zip(how) {
        if transport != Transport::Udp {
            world.connect_by(phone, transport);
        }
        world.set_encryption(phone, srtp).register(phone, 3600);
    }
    world.run_for_s(1);
    (world, phones)
}

fn wanted(world: &mut World, number: &str, srtp: Srtp) {
    world.configure(|directory| {
        directory.encryption.own.insert(extension(number), srtp);
    });
}

/// 1001 calls 1002; the reason if nothing comes of it.
fn call(world: &mut World, [alice, bob, _]: [PhoneId; 3]) -> Option<String> {
    world.dial(alice, "1002").run_for_s(2);
    if world.phone(bob).state() == PhoneState::Ringing {
        world.answer(bob).run_for_s(2);
    }
    if world.phone(alice).state() == PhoneState::InCall {
        assert_hear_each_other(world, [alice, bob]);
        return None;
    }
    world.phone(alice).failure_reason().map(str::to_owned)
}

/// Which legs of the newest session are encrypted.
fn encrypted(world: &World) -> [bool; 2] {
    let opened = world.media_commands().iter().rev().find_map(|command| match command {
        MediaCommand::Open { legs, .. } => Some(legs),
        MediaCommand::Bind { .. }
        | MediaCommand::SetUp { .. }
        | MediaCommand::Replace { .. }
        | MediaCommand::Play { .. }
        | MediaCommand::Stop { .. }
        | MediaCommand::Digit { .. }
        | MediaCommand::Record { .. }
        | MediaCommand::Close { .. } => None,
    });
    opened.map(|legs| legs.each_ref().map(|leg| leg.setup.srtp.is_some())).unwrap_or_default()
}

const PLAIN: (Transport, Srtp) = (Transport::Udp, Srtp::Off);

#[test]
fn over_tls_sound_is_encrypted_with_every_phone_that_can_and_only_there() {
    use Srtp::{Off, Optional, Required};
    use Transport::{Tls, Udp};
    for (a, b, expected) in [
        ((Tls, Required), (Udp, Off), [true, false]),
        ((Udp, Off), (Tls, Required), [false, true]),
        ((Tls, Required), (Tls, Required), [true, true]),
        ((Tls, Optional), (Tls, Optional), [true, true]),
        ((Tls, Optional), (Tls, Off), [true, false]),
        ((Tls, Off), (Tls, Off), [false, false]),
        ((Udp, Optional), (Udp, Optional), [false, false]),
    ] {
        let (mut world, phones) = phones([a, b, PLAIN]);
        assert_eq!(call(&mut world, phones), None, "{a:?} to {b:?}\n{}", world.ladder());
        assert_eq!(encrypted(&world), expected, "{a:?} to {b:?}");
        let [alice, bob, _] = phones;
        world.hold(alice).run_for_s(A_WHILE_S).resume(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        world.hang_up(alice);
        assert_all_over(&mut world);
    }
}

#[test]
fn who_must_be_encrypted_and_is_not_is_refused_with_the_reason() {
    use Srtp::{Off, Optional, Required};
    use Transport::{Tls, Udp};
    for (a, b, of_a, expected) in [
        ((Udp, Required), PLAIN, Optional, "Encrypted Audio Needs TLS"),
        ((Tls, Required), PLAIN, Off, "Audio Encryption Is Off"),
        ((Tls, Off), PLAIN, Required, "Audio Must Be Encrypted"),
        ((Udp, Off), PLAIN, Required, "Encrypted Audio Needs TLS"),
    ] {
        let (mut world, phones) = phones([a, b, PLAIN]);
        wanted(&mut world, "1001", of_a);
        assert_eq!(call(&mut world, phones).as_deref(), Some(expected), "{a:?}, {of_a:?}\n{}", world.ladder());
        assert_all_over(&mut world);
    }
}

#[test]
fn a_phone_that_must_be_encrypted_is_not_called_in_another_way() {
    let (mut world, phones) = phones([PLAIN, (Transport::Tls, Srtp::Off), PLAIN]);
    wanted(&mut world, "1002", Srtp::Required);
    assert!(call(&mut world, phones).is_some(), "it cannot encrypt\n{}", world.ladder());
    assert_all_over(&mut world);
}

#[test]
fn keys_over_unencrypted_signalling_are_taken_where_that_is_configured() {
    let (mut world, phones) = phones([(Transport::Udp, Srtp::Required), PLAIN, PLAIN]);
    world.configure(|directory| directory.encryption.over_unencrypted_signalling = true);
    assert_eq!(call(&mut world, phones), None, "{}", world.ladder());
    assert_eq!(encrypted(&world), [true, false]);
}

#[test]
fn after_a_transfer_everybody_hears_with_keys_of_their_own() {
    let tls = (Transport::Tls, Srtp::Required);
    let (mut world, phones) = phones([tls, tls, tls]);
    let [alice, bob, carol] = phones;
    assert_eq!(call(&mut world, phones), None, "{}", world.ladder());
    world.transfer(alice, "1003").run_for_s(A_WHILE_S).answer(carol).run_for_s(A_WHILE_S);
    assert_hear_each_other(&mut world, [bob, carol]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

#[test]
fn phones_that_are_brought_together_hear_each_other_encrypted() {
    let tls = (Transport::Tls, Srtp::Required);
    let (mut world, phones) = phones([tls, tls, tls]);
    let [alice, bob, carol] = phones;
    assert_eq!(call(&mut world, phones), None, "{}", world.ladder());
    world.hold(alice).run_for_s(A_WHILE_S).switch_lines(alice);
    world.dial(alice, "1003").run_for_s(A_WHILE_S).answer(carol).run_for_s(A_WHILE_S);
    world.connect_lines(alice).run_for_s(2 * A_WHILE_S);
    assert_hear_each_other(&mut world, [bob, carol]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_refuses_the_choice_is_asked_again_for_encrypted_sound_alone() {
    let (mut world, phones) = phones([PLAIN, (Transport::Tls, Srtp::Optional), PLAIN]);
    let [alice, bob, _] = phones;
    world.dial(alice, "1002").run_for_s(1).refuse_media(bob).run_for_s(1);
    assert_eq!(world.phone(bob).state(), PhoneState::Ringing, "{}", world.ladder());
    let invites: Vec<_> = world.sent_to(bob).into_iter().filter(|sent| sent.starts_with("INVITE")).collect();
    let protocols: Vec<_> = invites.iter().map(|invite| invite.contains("RTP/SAVP")).collect();
    assert_eq!(protocols, [false, true]);
    world.answer(bob).run_for_s(1);
    assert_hear_each_other(&mut world, [alice, bob]);
    assert_eq!(encrypted(&world), [false, true]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_refuses_that_too_is_not_asked_a_third_time() {
    let (mut world, phones) = phones([PLAIN, (Transport::Tls, Srtp::Optional), PLAIN]);
    let [alice, bob, _] = phones;
    world.dial(alice, "1002").run_for_s(1).refuse_media(bob).run_for_s(1).refuse_media(bob).run_for_s(1);
    assert!(matches!(world.phone(alice).state(), PhoneState::Failed(_)), "{}", world.ladder());
    assert_all_over(&mut world);
}
