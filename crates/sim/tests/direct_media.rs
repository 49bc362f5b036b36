//! Phones hear each other, without a server between them.

use warden_sim::{PCMA, PhoneId, World};

fn call(mut world: World) -> (World, PhoneId, PhoneId) {
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(10).answer(bob).run_for_s(10);
    (world, alice, bob)
}

#[test]
fn two_phones_hear_each_other_in_either_law_in_spite_of_loss() {
    for seed in 0..5 {
        let mut world = World::with_seed(seed).loss(0.05).delay_ms(40).with_media();
        let [alice, bob, _carol] = world.phones(["100", "200", "300"]);
        if seed > 2 {
            world.set_codecs(alice, &[PCMA]);
        }
        world.dial_direct(alice, "200").run_for_s(10).answer(bob).run_for_s(10);
        assert!(world.phone(alice).hears_only("200"), "{:?}", world.phone(alice).heard());
        assert!(world.phone(bob).hears_only("100"), "{:?}", world.phone(bob).heard());
    }
}

#[test]
fn early_media_is_heard_before_the_answer() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = world.phones(["100", "200"]);
    world.dial_direct(alice, "200").run_for_s(1);
    assert!(world.phone(alice).heard().is_empty());
    world.answer_early(bob).run_for_s(1);
    assert!(world.phone(alice).hears_only("200"), "{}", world.ladder());
    world.answer(bob).run_for_s(1);
    assert!(world.phone(bob).hears_only("100"));
}

#[test]
fn who_is_held_is_not_heard_and_who_has_moved_is() {
    let (mut world, alice, bob) = call(World::with_seed(1).with_media());
    world.hold(alice).run_for_s(1).forget_heard().run_for_s(1);
    assert!(world.phone(alice).heard().is_empty());
    assert!(world.phone(bob).hears_only("100"), "music would come from here");
    world.resume(alice).run_for_s(1).change_address(alice).run_for_s(1).forget_heard().run_for_s(1);
    assert!(world.phone(alice).hears_only("200") && world.phone(bob).hears_only("100"), "{}", world.ladder());
}

#[test]
fn a_mute_phone_is_not_heard() {
    let (mut world, alice, bob) = call(World::with_seed(1).with_media());
    world.mute(alice, true).run_for_s(1).forget_heard().run_for_s(1);
    assert!(world.phone(alice).hears_only("200") && world.phone(bob).heard().is_empty());
    world.mute(alice, false).silence(bob, true).run_for_s(1).forget_heard().run_for_s(1);
    assert!(world.phone(alice).heard().is_empty() && world.phone(bob).hears_only("100"));
}

#[test]
fn nobody_is_heard_after_the_call_and_without_media() {
    let (mut world, alice, bob) = call(World::with_seed(1).with_media());
    world.hang_up(bob).run_for_s(1).forget_heard().run_for_s(5);
    assert!(world.phone(alice).heard().is_empty() && world.phone(bob).heard().is_empty());
    let (world, alice, bob) = call(World::with_seed(1));
    assert!(world.phone(alice).heard().is_empty() && world.phone(bob).heard().is_empty());
}
