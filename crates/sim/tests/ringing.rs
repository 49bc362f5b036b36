//! What the caller is told while a phone rings that never stops talking about it.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_talking, ringing};
use warden_sim::{PhoneId, World};

/// A response to the INVITE that rings a phone, as far as it has answered.
fn response(world: &World, phone: PhoneId, status: &str) -> String {
    let answers = world.sent_by(phone);
    let first = answers.iter().rfind(|text| text.starts_with("SIP/2.0 180 ")).expect("it rings");
    first.replacen("180 Ringing", status, 1)
}

/// Sends a response a hundred times within a second.
fn flood(world: &mut World, phone: PhoneId, statuses: [&str; 2]) {
    let [one, other] = statuses.map(|status| response(world, phone, status));
    for _ in 0..50 {
        for text in [&one, &other] {
            world.send_as(phone, text.clone()).run_for(Duration::from_millis(10));
        }
    }
}

/// How often a phone was sent a response with this status.
fn times(world: &World, phone: PhoneId, status: &str) -> usize {
    world.sent_to(phone).iter().filter(|text| text.starts_with(&format!("SIP/2.0 {status} "))).count()
}

#[test]
fn a_phone_that_floods_responses_is_heard_once_a_second_and_its_last_word_counts() {
    let mut world = World::with_seed(1);
    let phones = ringing(&mut world);
    let [alice, bob] = phones;
    for _ in 0..5 {
        flood(&mut world, bob, ["180 Ringing", "182 Queued"]);
    }
    let told = times(&world, alice, "180") + times(&world, alice, "182");
    assert!((9..=12).contains(&told), "{told} responses\n{}", world.ladder());
    // The last that it says comes late, but comes.
    let last = response(&world, bob, "183 Session Progress");
    world.send_as(bob, last).run_for(Duration::from_millis(10));
    assert_eq!(times(&world, alice, "183"), 0, "{}", world.ladder());
    world.run_for_s(1);
    assert_eq!(times(&world, alice, "183"), 1, "{}", world.ladder());
    world.answer(bob).run_for_s(A_WHILE_S);
    assert_talking(&world, phones);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_few_changes_are_told_at_once() {
    let mut world = World::with_seed(1);
    let [alice, bob] = ringing(&mut world);
    for status in ["181 Call Is Being Forwarded", "182 Queued", "183 Session Progress"] {
        let text = response(&world, bob, status);
        world.send_as(bob, text);
    }
    world.run_for(Duration::from_millis(1));
    assert_eq!(["181", "182", "183"].map(|status| times(&world, alice, status)), [1; 3], "{}", world.ladder());
    world.hang_up(alice);
    assert_all_over(&mut world);
}
