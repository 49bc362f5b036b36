//! Which codecs phones get to speak: one that both have wherever there is one, else each its own.

mod support;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, extension, registered};
use warden_sdp::codec::{Codec, Encoding, Format};
use warden_sdp::{Capabilities, Capability, Use};
use warden_sim::{G722, G729, PCMA, PCMU, PhoneId, PhoneState, World};
use warden_sip::status::Status;

const NOISE: Format = Format::new(13, Codec::narrow(Encoding::ComfortNoise));
const G726: Format = Format::new(96, Codec::narrow(Encoding::G726At32));

/// All of these are enabled, in this order; the last ones can only be passed on.
fn world() -> World {
    let mut world = World::with_seed(1).with_media();
    world.configure(|directory| {
        let any = [G722, PCMU, PCMA].map(|format| Capability { format, used_for: Use::Any });
        let asked = Capability { format: G726, used_for: Use::WhenAsked };
        let relayed = [G729, NOISE].map(|format| Capability { format, used_for: Use::Relay });
        let digits = Format::new(101, Codec::telephone_event(8000));
        let list =
            any.into_iter().chain([asked]).chain(relayed).chain([Capability { format: digits, used_for: Use::Any }]);
        directory.codecs = Capabilities { list: list.collect() };
    });
    world
}

/// Two phones that know these talk; what each says then.
fn talking(world: &mut World, knows: [&[Format]; 2]) -> ([PhoneId; 2], [Option<Encoding>; 2]) {
    let phones = registered(world, ["1001", "1002"]);
    let [alice, bob] = phones;
    world.set_codecs(alice, knows[0]).set_codecs(bob, knows[1]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S).forget_heard().run_for_s(2);
    (phones, said(world, phones))
}

fn said(world: &World, phones: [PhoneId; 2]) -> [Option<Encoding>; 2] {
    phones.map(|phone| world.phone(phone).codec().map(|format| format.codec.encoding.clone()))
}

fn assert_talk(knows: [&[Format]; 2], says: [Encoding; 2]) {
    let mut world = world();
    let (phones, said) = talking(&mut world, knows);
    assert_eq!(said, says.map(Some), "{}", world.ladder());
    assert_hear_each_other(&mut world, phones);
    world.hang_up(phones[0]);
    assert_all_over(&mut world);
}

#[test]
fn phones_without_a_codec_in_common_hear_each_other() {
    assert_talk([&[G722], &[PCMA]], [Encoding::G722, Encoding::Pcma]);
    assert_talk([&[PCMU], &[G722]], [Encoding::Pcmu, Encoding::G722]);
}

#[test]
fn nothing_is_converted_where_both_share_a_codec() {
    assert_talk([&[G722, PCMA], &[PCMA]], [Encoding::Pcma, Encoding::Pcma]);
    assert_talk([&[PCMA], &[G722, PCMA]], [Encoding::Pcma, Encoding::Pcma]);
    assert_talk([&[PCMU, G722], &[G722, PCMU]], [Encoding::Pcmu, Encoding::Pcmu]);
}

#[test]
fn what_is_offered_only_when_asked_is_taken_when_somebody_has_nothing_else() {
    // Its levels are too coarse to tell these phones by.
    let said = |knows: [&[Format]; 2]| talking(&mut world(), knows).1;
    assert_eq!(said([&[G726], &[G726]]), [Some(Encoding::G726At32), Some(Encoding::G726At32)]);
    assert_eq!(said([&[G726], &[PCMU]]), [Some(Encoding::G726At32), Some(Encoding::Pcmu)]);
    assert_eq!(said([&[PCMU], &[G726, PCMA]]), [Some(Encoding::Pcmu), Some(Encoding::Pcma)], "it was not offered");
}

#[test]
fn what_cannot_be_converted_is_passed_on_and_never_offered_to_who_would_be_alone_with_it() {
    let mut world = world();
    let (_, said) = talking(&mut world, [&[G729, PCMU], &[G729, PCMU]]);
    assert_eq!(said, [Some(Encoding::G729), Some(Encoding::G729)]);
    assert_talk([&[G729, PCMU], &[PCMA]], [Encoding::Pcmu, Encoding::Pcma]);
    assert_talk([&[PCMA], &[G729, PCMU]], [Encoding::Pcma, Encoding::Pcmu]);
}

#[test]
fn phones_hear_each_other_whoever_knows_comfort_noise() {
    assert_talk([&[PCMU, NOISE], &[PCMU, NOISE]], [Encoding::Pcmu, Encoding::Pcmu]);
    assert_talk([&[PCMU, NOISE], &[PCMU]], [Encoding::Pcmu, Encoding::Pcmu]);
    assert_talk([&[PCMU], &[NOISE, PCMU]], [Encoding::Pcmu, Encoding::Pcmu]);
    assert_talk([&[PCMU, NOISE], &[G722, NOISE]], [Encoding::Pcmu, Encoding::G722]);
}

#[test]
fn an_extension_with_codecs_of_its_own_is_spoken_to_in_those_only() {
    let mut world = world();
    world.configure(|directory| {
        let list = vec![Capability { format: PCMA, used_for: Use::Any }];
        directory.own_codecs.insert(extension("1002"), Capabilities { list });
    });
    let (phones, said) = talking(&mut world, [&[G722, PCMU, PCMA], &[G722, PCMU, PCMA]]);
    assert_eq!(said, [Some(Encoding::Pcma), Some(Encoding::Pcma)], "both have it");
    world.hang_up(phones[0]).run_for_s(A_WHILE_S);
    world.set_codecs(phones[0], &[G722]);
    world.dial(phones[1], "1001").run_for_s(A_WHILE_S).answer(phones[0]).run_for_s(A_WHILE_S);
    assert_eq!(self::said(&world, phones), [Some(Encoding::G722), Some(Encoding::Pcma)], "{}", world.ladder());
}

/// The phones of this extension may be spoken to in these only.
fn restrict(world: &mut World, number: &str, codecs: &[Format]) {
    let list = codecs.iter().map(|format| Capability { format: format.clone(), used_for: Use::Any }).collect();
    world.configure(|directory| {
        directory.own_codecs.insert(extension(number), Capabilities { list });
    });
}

#[test]
fn who_may_be_spoken_to_in_other_codecs_only_is_called_and_held_by_conversion() {
    let mut world = world();
    restrict(&mut world, "1002", &[G722]);
    let ([alice, bob], said) = talking(&mut world, [&[PCMU], &[G722]]);
    assert_eq!(said, [Some(Encoding::Pcmu), Some(Encoding::G722)], "{}", world.ladder());
    world.hold(alice).run_for_s(A_WHILE_S);
    assert!(world.phone(bob).is_held(), "{}", world.ladder());
    world.resume(alice).run_for_s(A_WHILE_S);
    assert_hear_each_other(&mut world, [alice, bob]);
}

#[test]
fn nobody_who_can_only_be_relayed_is_picked_up_by_who_would_not_understand_it() {
    let mut world = world();
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    world.set_codecs(alice, &[G729]).set_codecs(bob, &[PCMU]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    assert_eq!(world.phone(bob).state(), PhoneState::Idle, "{}", world.ladder());
    assert_eq!(world.phone(alice).failure(), Some(Status::NOT_ACCEPTABLE_HERE), "{}", world.ladder());
}

/// 1001 and 1002 talk, and 1002 transfers the call to 1003; whether 1001 and 1003 hear each other.
fn assert_transferred(knows: [&[Format]; 3]) {
    let mut world = world();
    let phones = registered(&mut world, ["1001", "1002", "1003"]);
    let [alice, bob, carol] = phones;
    for (phone, codecs) in phones.into_iter().zip(knows) {
        world.set_codecs(phone, codecs);
    }
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.transfer(bob, "1003").run_for_s(A_WHILE_S).answer(carol).run_for_s(A_WHILE_S);
    assert_hear_each_other(&mut world, [alice, carol]);
}

#[test]
fn after_a_transfer_each_hears_the_other_whatever_it_spoke_before() {
    assert_transferred([&[G729, PCMU], &[G729, PCMU], &[PCMA]]);
    assert_transferred([&[G722, PCMA], &[G722], &[PCMA]]);
    assert_transferred([&[PCMU], &[G722], &[G722]]);
    assert_transferred([&[PCMA], &[PCMA], &[G722]]);
}
