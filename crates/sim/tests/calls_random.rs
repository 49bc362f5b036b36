//! People press keys at random on a bad network: whatever comes of it, nothing may be left in the end.

mod support;

use std::time::Duration;

use support::{assert_all_over, registered};
use warden_sim::{Conditions, PCMA, PCMU, PhoneId, PhoneState, World};
use warden_sip::random::Random;

/// One key on one phone.
fn press(world: &mut World, id: PhoneId, random: &mut Random) {
    match world.phone(id).state() {
        PhoneState::Idle | PhoneState::Failed(_) => {
            let number = ["1001", "1002", "1003", "1777"].get(random.below(4) as usize).copied();
            world.dial(id, number.unwrap_or_default());
        }
        PhoneState::Dialling | PhoneState::RingBack => {
            if random.below(4) == 0 {
                world.hang_up(id);
            }
        }
        PhoneState::Ringing => {
            match random.below(8) {
                0 => world.decline(id),
                1 => world.answer_early(id),
                2 => world.redirect(id, "sip:1003@192.0.2.3:5060"),
                _ => world.answer(id),
            };
        }
        PhoneState::InCall => {
            match random.below(10) {
                0 => world.hang_up(id),
                1 => world.hold(id),
                2 => world.resume(id),
                3 => world.hold_by_update(id),
                4 => world.resume_by_update(id),
                5 => world.change_address(id),
                6 => world.change_codecs(id, &[PCMA]),
                7 => world.change_codecs(id, &[PCMU, PCMA]),
                8 => world.reoffer(id),
                _ => world.send_digit(id, '5'),
            };
        }
    }
}

fn run(seed: u8, conditions: Conditions) {
    let mut world = World::with_seed(seed.into());
    world.set_ports(12).configure(|directory| directory.calls.ring_for = Duration::from_secs(40));
    let phones = registered(&mut world, ["1001", "1002", "1003", "1002"]);
    let [first, ..] = phones;
    world.set_session_timer(first, Some(90)).set_conditions(conditions);
    let mut random = Random::from_seed([seed; 32]);
    for _ in 0..80 {
        if let Some(id) = phones.get(random.below(4) as usize) {
            press(&mut world, *id, &mut random);
        }
        world.run_for(Duration::from_millis(u64::from(random.below(4000))));
    }
    for _ in 0..4 {
        for id in phones {
            world.hang_up(id);
        }
        world.run_for_s(70);
    }
    for id in phones {
        let state = world.phone(id).state();
        assert!(
            matches!(state, PhoneState::Idle | PhoneState::Failed(_)),
            "seed {seed}: {state:?}\n{}",
            world.ladder()
        );
    }
    assert_all_over(&mut world);
    assert_eq!(world.free_ports(), 12, "seed {seed}\n{}", world.ladder());
    for id in phones {
        assert_eq!(world.phone(id).transactions(), (0, 0), "seed {seed}\n{}", world.ladder());
    }
}

#[test]
fn nothing_is_left_after_random_keys_on_a_good_network() {
    for seed in 0..40 {
        run(seed, Conditions { delay: Duration::from_millis(20), ..Conditions::default() });
    }
}

#[test]
fn nothing_is_left_after_random_keys_on_a_bad_network() {
    for seed in 0..40 {
        run(
            seed,
            Conditions {
                loss_ppm: 100_000,
                duplication_ppm: 50_000,
                delay: Duration::from_millis(40),
                jitter: Duration::from_millis(60),
            },
        );
    }
}
