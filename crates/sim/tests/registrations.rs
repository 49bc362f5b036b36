//! Phones register with Warden.

use std::time::Duration;

use warden_call::directory::RegistrationLimits;
use warden_call::{Event, Unregistered};
use warden_sim::World;
use warden_sip::status::Status;

fn ends(world: &World) -> Vec<Unregistered> {
    let ends = world.events().iter().filter_map(|event| match event {
        Event::Unregistered { reason, .. } => Some(*reason),
        Event::Call { .. }
        | Event::Unrecorded { .. }
        | Event::Registered { .. }
        | Event::SignInFailed { .. }
        | Event::ExternalAddress { .. }
        | Event::Account { .. }
        | Event::Forbidden { .. }
        | Event::Scanner { .. }
        | Event::Digit { .. }
        | Event::MessageLost { .. }
        | Event::Banned { .. } => None,
    });
    ends.collect()
}

fn strikes(world: &World) -> Vec<(String, bool)> {
    let strikes = world.events().iter().filter_map(|event| match event {
        Event::SignInFailed { username, unknown, .. } => {
            Some((String::from_utf8_lossy(username).into_owned(), *unknown))
        }
        Event::Call { .. }
        | Event::Unrecorded { .. }
        | Event::Registered { .. }
        | Event::Unregistered { .. }
        | Event::ExternalAddress { .. }
        | Event::Account { .. }
        | Event::Forbidden { .. }
        | Event::Scanner { .. }
        | Event::Digit { .. }
        | Event::MessageLost { .. }
        | Event::Banned { .. } => None,
    });
    strikes.collect()
}

#[test]
fn a_phone_signs_in_and_is_reachable() {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice] = world.phones(["1001"]);
    world.register(alice, 3600).run_for_s(1);
    assert_eq!(world.phone(alice).registered_for(), Some(Duration::from_hours(1)));
    assert_eq!(world.contacts(), ["sip:1001@192.0.2.1:5060"]);
    assert!(strikes(&world).is_empty(), "a request without credentials is no strike");
    insta::assert_snapshot!(world.ladder());
}

#[test]
fn every_phone_registers_through_loss_delay_and_reordering() {
    for seed in 0..100 {
        let mut world = World::with_seed(seed).loss(0.05).delay_ms(40);
        let phones = world.phones(["1001", "1002", "1003", "1004"]);
        for phone in phones {
            world.register(phone, 3600);
        }
        world.run_for_s(30);
        assert_eq!(world.contacts().len(), 4, "seed {seed}\n{}", world.ladder());
        assert!(strikes(&world).is_empty(), "seed {seed}\n{}", world.ladder());
    }
}

#[test]
fn a_registration_is_refreshed_and_ends_when_the_phone_is_gone() {
    let mut world = World::with_seed(2).delay_ms(40);
    let [alice] = world.phones(["1001"]);
    world.register(alice, 120).run_for_s(600);
    assert_eq!(world.contacts().len(), 1, "it is refreshed every minute");
    world.unplug(alice).run_for_s(59);
    assert_eq!(world.contacts().len(), 1);
    world.run_for_s(62);
    assert!(world.contacts().is_empty());
    assert_eq!(ends(&world), [Unregistered::Expired]);
}

#[test]
fn a_phone_that_leaves_is_gone_at_once() {
    let mut world = World::with_seed(3).delay_ms(40);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.register(alice, 3600).register(bob, 3600).run_for_s(1).unregister(alice).run_for_s(1);
    assert_eq!(world.contacts(), ["sip:1002@192.0.2.2:5060"]);
    assert_eq!(world.phone(alice).registered_for(), None);
    assert_eq!(ends(&world), [Unregistered::ByPhone]);
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_answered_alike_and_are_strikes() {
    let mut world = World::with_seed(4);
    let [alice, ghost] = world.phones(["1001", "1999"]);
    world.remove_extension("1999");
    world.register_with(alice, "guess", 3600).run_for_s(1);
    let wrong = world.ladder();
    world.register(ghost, 3600).run_for_s(1);
    for phone in [alice, ghost] {
        assert_eq!(world.phone(phone).registration_outcome(), Some(Status::UNAUTHORIZED));
    }
    assert_eq!(strikes(&world), [("1001".to_owned(), false), ("1999".to_owned(), true)]);
    let unknown = world.ladder().replace(&wrong, "").replace("1999", "1001");
    let messages =
        |ladder: &str| -> Vec<String> { ladder.lines().map(|line| line.chars().skip(7).collect()).collect() };
    assert_eq!(messages(&unknown), messages(&wrong));
    assert!(world.contacts().is_empty());
}

#[test]
fn who_guesses_too_often_is_refused_even_with_the_right_password_until_the_ban_ends() {
    let mut world = World::with_seed(4);
    let [alice, bob] = world.phones(["1001", "1002"]);
    for _ in 0..5 {
        world.register_with(alice, "guess", 3600).run_for_s(1);
        assert_eq!(world.phone(alice).registration_outcome(), Some(Status::UNAUTHORIZED));
    }
    world.register(alice, 3600).register(bob, 3600).run_for_s(1);
    assert_eq!(world.phone(alice).registration_outcome(), Some(Status::FORBIDDEN));
    assert_eq!(world.contacts(), ["sip:1002@192.0.2.2:5060"], "another address is not concerned");
    world.run_for_s(3600).register(alice, 3600).run_for_s(1);
    assert_eq!(world.contacts().len(), 2);
    assert_eq!(strikes(&world).len(), 5);
}

#[test]
fn too_short_a_registration_is_refused_and_too_long_a_one_cut() {
    let mut world = World::with_seed(5);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.set_registration_limits(RegistrationLimits { max: Duration::from_mins(10), ..RegistrationLimits::default() });
    world.register(alice, 59).register(bob, 86_400).run_for_s(1);
    assert_eq!(world.phone(alice).registration_outcome(), Some(Status::INTERVAL_TOO_BRIEF));
    assert_eq!(world.phone(bob).registered_for(), Some(Duration::from_mins(10)));
    assert_eq!(world.contacts(), ["sip:1002@192.0.2.2:5060"]);
}

#[test]
fn removing_an_extension_ends_its_registration() {
    let mut world = World::with_seed(6);
    let [alice, bob] = world.phones(["1001", "1002"]);
    world.register(alice, 3600).register(bob, 3600).run_for_s(1).remove_extension("1001");
    assert_eq!(world.contacts(), ["sip:1002@192.0.2.2:5060"]);
    assert_eq!(ends(&world), [Unregistered::Removed]);
}

#[test]
fn a_nonce_that_has_grown_old_is_replaced_without_a_strike() {
    let mut world = World::with_seed(7);
    let [alice] = world.phones(["1001"]);
    world.register(alice, 3600).run_for_s(7000);
    assert_eq!(world.contacts().len(), 1);
    assert!(strikes(&world).is_empty());
}
