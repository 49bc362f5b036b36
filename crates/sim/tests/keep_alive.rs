//! Ways to phones behind routers stay open.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_talking};
use warden_call::Health;
use warden_call::directory::{Extension, KeepAlive, Nat};
use warden_sim::{PhoneId, World};

/// How often a phone was asked.
fn questions(world: &World, phone: PhoneId) -> usize {
    world.sent_to(phone).iter().filter(|text| text.starts_with("OPTIONS ")).count()
}

fn set_nat(world: &mut World, number: &str, nat: Nat) {
    world.configure(|directory| {
        let extension = Extension::parse(number.as_bytes()).expect("a number");
        directory.nat.insert(extension, nat);
    });
}

#[test]
fn a_phone_behind_a_router_is_asked_within_half_a_minute_again_and_again_and_others_are_not() {
    let mut world = World::with_seed(1).delay_ms(20);
    let [near, far] = world.phones(["1001", "1002"]);
    world.behind_router(far).register(near, 3600).register(far, 3600).run_for_s(600);
    let count = questions(&world, far);
    assert!((22..=26).contains(&count), "{count}");
    assert_eq!(questions(&world, near), 0);
    let answers = Health::Answers { round_trip: Duration::from_millis(40) };
    assert_eq!(world.health(), [None, Some(answers)]);
    assert!(world.transactions().1 <= 1, "of the last one at most something lingers");
}

#[test]
fn no_pause_is_longer_than_routers_remember() {
    let mut world = World::with_seed(2);
    let [far] = world.phones(["1001"]);
    world.behind_router(far).register(far, 3600).run_for_s(1);
    let mut last = (0, world.elapsed());
    while world.elapsed() < Duration::from_mins(5) {
        world.run_for(Duration::from_millis(100));
        let count = questions(&world, far);
        if count > last.0 {
            last = (count, world.elapsed());
        }
        assert!(world.elapsed().saturating_sub(last.1) < Duration::from_secs(28), "{:?}", world.elapsed());
    }
}

#[test]
fn a_phone_that_does_not_answer_is_silent_since_the_first_question_and_is_called_all_the_same() {
    let mut world = World::with_seed(1);
    let [alice, far] = world.phones(["1001", "1002"]);
    world.behind_router(far).register(alice, 3600).register(far, 3600).run_for_s(1).unplug(far).run_for_s(200);
    let [_, Some(Health::SilentSince(since))] = world.health()[..] else { panic!("{:?}", world.health()) };
    world.run_for_s(100);
    assert_eq!(world.health()[1], Some(Health::SilentSince(since)), "not since the last one");
    assert_eq!(world.contacts().len(), 2);
    world.dial(alice, "1002").run_for_s(1);
    assert!(world.sent_to(far).iter().any(|text| text.starts_with("INVITE ")));
}

#[test]
fn who_is_asked_is_configured_and_counts_at_once() {
    let mut world = World::with_seed(1);
    let [near, far] = world.phones(["1001", "1002"]);
    world.behind_router(far).register(near, 3600).register(far, 3600).run_for_s(60);
    let before = questions(&world, far);
    assert!(before > 0);
    world.configure(|directory| directory.keep_alive = KeepAlive::Off).run_for_s(120);
    assert_eq!([near, far].map(|phone| questions(&world, phone)), [0, before]);
    assert_eq!(world.health(), [None, None]);
    world.configure(|directory| directory.keep_alive = KeepAlive::All).run_for_s(60);
    assert!(questions(&world, near) > 0 && questions(&world, far) > before);
    world.configure(|directory| directory.keep_alive = KeepAlive::Nat);
    set_nat(&mut world, "1001", Nat::Always);
    set_nat(&mut world, "1002", Nat::Never);
    world.run_for_s(60);
    let before = [near, far].map(|phone| questions(&world, phone));
    world.run_for_s(60);
    let after = [near, far].map(|phone| questions(&world, phone));
    assert!(after[0] > before[0] && after[1] == before[1], "{before:?} {after:?}");
}

#[test]
fn a_phone_that_has_left_is_not_asked_any_more_and_one_with_a_connection_never() {
    let mut world = World::with_seed(1);
    let [gone, by_tcp] = world.phones(["1001", "1002"]);
    world.behind_router(gone).behind_router(by_tcp).connect(by_tcp);
    world.register(gone, 3600).register(by_tcp, 3600).run_for_s(10).unregister(gone).run_for_s(120);
    assert_eq!([gone, by_tcp].map(|phone| questions(&world, phone)), [0, 0]);
}

#[test]
fn a_phone_whose_word_counts_is_called_where_it_says_and_heard_from_there_only() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = world.phones(["1001", "1002"]);
    set_nat(&mut world, "1002", Nat::Never);
    world.register(alice, 3600).register(bob, 3600).run_for_s(1);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(A_WHILE_S);
    assert_talking(&world, [alice, bob]);
    let commands = format!("{:?}", world.media_commands());
    assert!(commands.contains("mode: Strict") && commands.contains("mode: Relaxed"), "{commands}");
    world.hang_up(alice);
    assert_all_over(&mut world);
}
