//! People press keys at random on a bad network: whatever comes of it, nothing may be left in the end.

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, assert_talking, registered};
use warden_sim::{Conditions, Dial, Leaving, PCMA, PCMU, PhoneId, PhoneState, World};
use warden_sip::random::Random;

/// One key on one phone.
fn press(world: &mut World, id: PhoneId, phones: [PhoneId; 4], random: &mut Random) {
    match world.phone(id).state() {
        PhoneState::Idle | PhoneState::Failed(_) => {
            let number = ["1001", "1002", "1003", "1777"].get(random.below(4) as usize).copied();
            let replaces = world.replaces(phones.get(random.below(4) as usize).copied().unwrap_or(id));
            let is_wanted = random.below(4) == 0 && !replaces.is_empty();
            let dial = Dial { replaces: is_wanted.then_some(replaces), ..Dial::default() };
            world.dial_as(id, number.unwrap_or_default(), &dial);
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
        PhoneState::InCall => match random.below(20) {
            0 | 1 => drop(world.hang_up(id)),
            2 | 3 => press_transfer(world, id, random),
            4 | 5 => drop(world.switch_lines(id)),
            _ => press_in_call(world, id, random),
        },
    }
}

/// A number, or the other line; the phone may hang up at once, or never.
fn press_transfer(world: &mut World, id: PhoneId, random: &mut Random) {
    let leaving = [Leaving::WhenMade, Leaving::AtOnce, Leaving::Never];
    world.leave(id, leaving.get(random.below(3) as usize).copied().unwrap_or_default());
    if random.below(2) == 0 {
        world.connect_lines(id);
    }
    let number = ["1001", "1002", "1003", "1777"].get(random.below(4) as usize).copied();
    world.transfer(id, number.unwrap_or_default());
}

/// One key in a call, but for the one that ends it.
fn press_in_call(world: &mut World, id: PhoneId, random: &mut Random) {
    match random.below(9) {
        0 => world.hold(id),
        1 => world.resume(id),
        2 => world.hold_by_update(id),
        3 => world.resume_by_update(id),
        4 => world.change_address(id),
        5 => world.change_codecs(id, &[PCMA]),
        6 => world.change_codecs(id, &[PCMU, PCMA]),
        7 => world.reoffer(id),
        _ => world.send_digit(id, '5'),
    };
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
            press(&mut world, *id, phones, &mut random);
        }
        world.run_for(Duration::from_millis(u64::from(random.below(4000))));
    }
    for _ in 0..4 {
        for id in phones {
            world.hang_up(id).switch_lines(id).hang_up(id);
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

/// Two phones with session timers of any kind talk and press keys, waiting this long at most between two.
fn press_while_talking(world: &mut World, seed: u8, keys: u32, wait: Duration) -> [PhoneId; 2] {
    let mut random = Random::from_seed([seed; 32]);
    world.configure(|directory| directory.calls.session_expires = Duration::from_mins(3));
    let phones = registered(world, ["1001", "1002"]);
    let [alice, bob] = phones;
    for phone in phones {
        let seconds = [90, 600].get(random.below(3) as usize).copied();
        world.set_session_timer(phone, seconds);
        if random.below(2) == 0 {
            world.refresh_by_invite(phone);
        }
    }
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    for _ in 0..keys {
        let id = if random.below(2) == 0 { alice } else { bob };
        press_in_call(world, id, &mut random);
        world.run_for(wait * random.below(1000) / 1000);
        assert_talking(world, phones);
    }
    phones
}

#[test]
fn a_call_that_nobody_hangs_up_goes_on_whatever_is_pressed() {
    for seed in 0..20 {
        let mut world = World::with_seed(seed.into()).loss(0.05).delay_ms(40);
        press_while_talking(&mut world, seed, 60, Duration::from_mins(1));
    }
}

#[test]
fn two_people_who_have_pressed_random_keys_hear_each_other_in_the_end() {
    for seed in 0..20 {
        let mut world = World::with_seed(seed.into()).loss(0.05).delay_ms(40).with_media();
        let phones = press_while_talking(&mut world, seed, 20, Duration::from_secs(2));
        let [alice, bob] = phones;
        world.run_for_s(A_WHILE_S).resume(alice).run_for_s(A_WHILE_S).resume(bob).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, phones);
    }
}
