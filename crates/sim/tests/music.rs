//! Music on hold, as the phone of who is held hears it.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, everywhere_with_media, extension, registered,
    talking,
};
use warden_call::call_event::CallEvent;
use warden_call::encryption::Srtp;
use warden_call::media::MediaCommand;
use warden_call::music::{Class, MusicOnHold};
use warden_media::relay::Program;
use warden_sdp::{Capability, Use};
use warden_sim::{Dial, G722, PCMA, PCMU, PhoneId, PhoneState, World};
use warden_sip::header::Transport;

/// How the default class sounds.
const MUSIC_HZ: u16 = 1000;

/// The milliseconds of the next three seconds in which a phone hears this frequency and no other one.
fn heard_ms(world: &mut World, id: PhoneId, frequency_hz: u16) -> usize {
    world.record(id).run_for_s(3);
    let soundings = world.phone(id).soundings();
    soundings.iter().filter(|it| it.frequencies_hz == [frequency_hz]).map(|it| it.lasting_ms).sum()
}

#[track_caller]
fn assert_hears(world: &mut World, id: PhoneId, frequency_hz: u16) {
    let heard = heard_ms(world, id, frequency_hz);
    // On a bad network packets are lost, and each spoils a window.
    assert!(heard >= 1500, "{frequency_hz} Hz for {heard} ms: {:?}\n{}", world.phone(id).soundings(), world.ladder());
}

#[track_caller]
fn assert_hears_no_music(world: &mut World, id: PhoneId) {
    let heard = heard_ms(world, id, MUSIC_HZ);
    assert!(heard == 0, "{heard} ms: {:?}\n{}", world.phone(id).soundings(), world.ladder());
}

/// How many programs have been begun.
fn begun(world: &World) -> usize {
    let is_music = |command: &&MediaCommand| matches!(command, MediaCommand::Play { program: Program::Music(_), .. });
    world.media_commands().iter().filter(is_music).count()
}

/// A way to put the other party on hold.
type Hold = fn(&mut World, PhoneId) -> &mut World;

const HOLDS: [Hold; 4] = [World::hold, World::hold_by_update, World::hold_inactively, World::hold_by_zeros];

#[test]
fn who_is_put_on_hold_in_whatever_way_hears_music_until_taken_back() {
    for hold in HOLDS {
        everywhere_with_media(|mut world| {
            let phones = talking(&mut world);
            let [alice, bob] = phones;
            for (holder, held) in [(alice, bob), (bob, alice)] {
                hold(&mut world, holder).run_for_s(A_WHILE_S);
                assert_hears(&mut world, held, MUSIC_HZ);
                world.forget_heard().run_for_s(1);
                assert!(world.phone(holder).heard().is_empty(), "{}", world.ladder());
                world.resume(holder).run_for_s(A_WHILE_S);
                assert_hear_each_other(&mut world, phones);
                assert_hears_no_music(&mut world, held);
            }
            assert_eq!(begun(&world), 2, "once for each hold");
            world.hang_up(alice);
            assert_all_over(&mut world);
        });
    }
}

#[test]
fn music_is_heard_in_the_codec_of_the_call() {
    for codec in [PCMU, PCMA, G722] {
        let mut world = World::with_seed(1).with_media();
        let enabled = Capability { format: codec.clone(), used_for: Use::Any };
        world.configure(|directory| directory.codecs.list.push(enabled));
        let [alice, bob] = registered(&mut world, ["1001", "1002"]);
        let codecs = [codec];
        world.set_codecs(alice, &codecs).set_codecs(bob, &codecs);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        for (holder, held) in [(alice, bob), (bob, alice)] {
            world.hold(holder).run_for_s(2);
            assert_hears(&mut world, held, MUSIC_HZ);
            world.resume(holder).run_for_s(2);
            // The phones of the world speak by a level that never changes, to which G.722 finds back slowly.
            assert_hears_no_music(&mut world, held);
        }
    }
}

#[test]
fn music_for_an_encrypted_phone_is_encrypted() {
    let mut world = World::with_seed(1).with_media();
    let phones = world.phones(["1001", "1002"]);
    let [alice, bob] = phones;
    for phone in phones {
        world.connect_by(phone, Transport::Tls).set_encryption(phone, Srtp::Required).register(phone, 3600);
    }
    world.run_for_s(1).dial(alice, "1002").run_for_s(2).answer(bob).run_for_s(2);
    assert_hear_each_other(&mut world, phones);
    for (holder, held) in [(alice, bob), (bob, alice)] {
        // What is not encrypted with the right key is not heard.
        world.hold(holder).run_for_s(2);
        assert_hears(&mut world, held, MUSIC_HZ);
        world.resume(holder).run_for_s(2);
        assert_hear_each_other(&mut world, phones);
    }
}

#[test]
fn each_holder_has_a_class() {
    let mut world = World::with_seed(1).with_media();
    world.configure(|directory| {
        directory.music.own.insert(extension("1002"), Class::new("620"));
    });
    let [alice, bob] = talking(&mut world);
    world.hold(bob).run_for_s(2);
    assert_hears(&mut world, alice, 620);
    world.resume(bob).run_for_s(2).hold(alice).run_for_s(2);
    assert_hears(&mut world, bob, MUSIC_HZ);
}

#[test]
fn without_music_on_hold_the_held_phone_hears_what_its_holder_sends() {
    let mut world = World::with_seed(1).with_media();
    world.configure(|directory| directory.music = MusicOnHold::default());
    let [alice, bob] = talking(&mut world);
    world.hold(alice).run_for_s(1).forget_heard().run_for_s(1);
    assert!(world.phone(bob).hears_only("1001"), "{}", world.ladder());
    world.hold_inactively(alice).run_for_s(1).forget_heard().run_for_s(1);
    assert!(world.phone(bob).heard().is_empty(), "{}", world.ladder());
    assert_eq!(begun(&world), 0);
}

#[test]
fn while_both_hold_nobody_hears_anything_and_then_who_is_still_held() {
    for hold in [World::hold as Hold, World::hold_inactively] {
        let mut world = World::with_seed(1).with_media();
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        hold(&mut world, alice).run_for_s(2);
        hold(&mut world, bob).run_for_s(2);
        for phone in phones {
            assert_hears_no_music(&mut world, phone);
            world.forget_heard().run_for_s(1);
            assert!(world.phone(phone).heard().is_empty(), "{}", world.ladder());
        }
        world.resume(alice).run_for_s(2);
        assert_hears(&mut world, alice, MUSIC_HZ);
        world.resume(bob).run_for_s(2);
        assert_hear_each_other(&mut world, phones);
        assert_hears_no_music(&mut world, alice);
        world.hang_up(alice);
        assert_all_over(&mut world);
    }
}

#[test]
fn a_held_call_ends_and_leaves_no_music_behind() {
    for by_holder in [true, false] {
        everywhere_with_media(|mut world| {
            let phones = talking(&mut world);
            let [alice, bob] = phones;
            world.hold(alice).run_for_s(A_WHILE_S).hang_up(if by_holder { alice } else { bob }).run_for_s(A_WHILE_S);
            assert_states(&world, phones, [PhoneState::Idle; 2]);
            assert_all_over(&mut world);
        });
    }
}

#[test]
fn a_long_hold_is_no_silence_and_no_death() {
    for hold in HOLDS {
        let mut world = World::with_seed(1).with_media();
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        hold(&mut world, alice).silence(alice, true).silence(bob, true).run_for_s(300);
        assert_states(&world, phones, [PhoneState::InCall; 2]);
        assert_hears(&mut world, bob, MUSIC_HZ);
        let events = world.call_events(world.calls()[0]);
        assert!(!events.iter().any(|(_, event)| matches!(event, CallEvent::Silent { .. })), "{events:?}");
    }
}

#[test]
fn a_change_of_codec_or_port_by_the_held_phone_leaves_it_its_music() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = talking(&mut world);
    world.hold(alice).run_for_s(2).change_codecs(bob, &[PCMA]).run_for_s(2);
    assert_hears(&mut world, bob, MUSIC_HZ);
    world.change_address(bob).run_for_s(2);
    assert_hears(&mut world, bob, MUSIC_HZ);
    world.resume(alice).run_for_s(2);
    assert_hear_each_other(&mut world, [alice, bob]);
}

#[test]
fn while_an_attended_transfer_is_prepared_the_held_party_hears_music_and_then_the_third() {
    everywhere_with_media(|mut world| {
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.hold(alice).run_for_s(A_WHILE_S).switch_lines(alice).dial(alice, "1003").run_for_s(A_WHILE_S);
        assert_hears(&mut world, bob, MUSIC_HZ);
        world.answer(carol).run_for_s(A_WHILE_S);
        assert_hears(&mut world, bob, MUSIC_HZ);
        world.connect_lines(alice).run_for_s(2 * A_WHILE_S);
        assert_hear_each_other(&mut world, [bob, carol]);
        assert_hears_no_music(&mut world, bob);
        assert_hears_no_music(&mut world, carol);
    });
}

#[test]
fn during_a_transfer_from_hold_the_party_hears_ring_back_and_music_again_when_it_fails() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.hold(alice).run_for_s(2).transfer(alice, "1003").run_for_s(1);
    assert_eq!(world.phone(carol).state(), PhoneState::Ringing);
    world.record(bob).run_for_s(6);
    let soundings = world.phone(bob).soundings();
    assert!(soundings.iter().any(|it| it.frequencies_hz == [425]), "{soundings:?}");
    assert!(soundings.iter().any(|it| it.frequencies_hz.is_empty() && it.lasting_ms >= 3500), "{soundings:?}");
    world.decline(carol).run_for_s(A_WHILE_S);
    assert_hears(&mut world, bob, MUSIC_HZ);
    world.resume(alice).run_for_s(2);
    assert_hear_each_other(&mut world, [alice, bob]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_takes_the_place_of_a_held_one_hears_the_music() {
    let mut world = World::with_seed(1).with_media();
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.dial(alice, "1002").run_for_s(2).answer(desk).run_for_s(2);
    for hold in [World::hold as Hold, World::hold_inactively] {
        hold(&mut world, alice).run_for_s(2);
        let (from, to) = if world.phone(desk).state() == PhoneState::InCall { (desk, mobile) } else { (mobile, desk) };
        let dial = Dial { replaces: Some(world.replaces(from)), ..Dial::default() };
        world.dial_as(to, "1002", &dial).run_for_s(A_WHILE_S);
        assert_eq!(world.phone(to).state(), PhoneState::InCall, "{}", world.ladder());
        assert_hears(&mut world, to, MUSIC_HZ);
        world.resume(alice).run_for_s(2);
        assert_hear_each_other(&mut world, [alice, to]);
    }
    world.hang_up(alice);
    assert_all_over(&mut world);
}
