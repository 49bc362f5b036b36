//! What is heard before the answer, when several phones ring.

mod support;

use support::{A_WHILE_S, assert_all_over, assert_talking, everywhere_with_media, registered};
use warden_sim::{PCMA, PCMU, World};

/// The formats of each session description that a phone was sent in its own call, without repeats.
fn formats(world: &World, phone: warden_sim::PhoneId) -> Vec<String> {
    let sent = world.sent_to(phone);
    let mut formats: Vec<_> = sent
        .iter()
        .filter(|text| text.starts_with("SIP/2.0 "))
        .flat_map(|text| text.lines().filter(|line| line.starts_with("m=audio ")))
        .map(str::to_owned)
        .collect();
    formats.dedup();
    formats
}

#[test]
fn what_the_caller_was_answered_early_holds_whoever_answers_the_call() {
    everywhere_with_media(|mut world| {
        let [alice, first, second] = registered(&mut world, ["1001", "1002", "1002"]);
        world.set_codecs(first, &[PCMA]).set_codecs(second, &[PCMU]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S);
        for _ in 0..4 {
            world.answer_early(first).run_for_s(2);
        }
        assert!(world.phone(alice).hears_only("1002"), "{}", world.ladder());
        world.answer(second).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, second]);
        assert_eq!(formats(&world, alice).len(), 1, "{:?}", formats(&world, alice));
        world.forget_heard().run_for_s(2);
        assert!(world.phone(alice).hears_only("1002") && world.phone(second).hears_only("1001"), "{}", world.ladder());
        world.hang_up(alice).run_for_s(4 * A_WHILE_S);
        assert_all_over(&mut world);
    });
}
