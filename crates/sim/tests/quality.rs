//! How calls through Warden sounded: what the record says of loss, jitter, round trip and score.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::{A_WHILE_S, assert_talking, only_record, registered, talking};
use warden_call::call_event::Measurement;
use warden_sim::{Conditions, PhoneId, World};

/// A network of 40 ms each way, and media.
fn far_apart() -> World {
    World::with_seed(1).delay_ms(40).with_media()
}

/// The caller hangs up; how the two legs sounded.
fn measured(world: &mut World, [caller, _]: [PhoneId; 2]) -> [Measurement; 2] {
    world.hang_up(caller).run_for_s(A_WHILE_S);
    *only_record(world).measured.expect("there was media")
}

/// What came of a call of a minute while the network was like this.
fn a_minute_with(conditions: Conditions) -> (World, [PhoneId; 2], [Measurement; 2]) {
    let mut world = far_apart();
    let phones = registered(&mut world, ["1001", "1002"]);
    let [alice, bob] = phones;
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    assert_talking(&world, phones);
    world.set_conditions(conditions).run_for_s(60).set_conditions(Conditions::default());
    let measured = measured(&mut world, phones);
    (world, phones, measured)
}

fn assert_about(time: Option<Duration>, expected_ms: u64) {
    let expected = Duration::from_millis(expected_ms);
    assert!(time.is_some_and(|time| time.abs_diff(expected) < Duration::from_millis(1)), "{time:?}");
}

#[test]
fn the_round_trip_is_measured_to_each_phone_and_by_it() {
    let mut world = far_apart();
    let phones = talking(&mut world);
    world.run_for_s(A_WHILE_S);
    for phone in phones {
        assert_about(world.phone(phone).round_trip(), 80);
    }
    for leg in measured(&mut world, phones) {
        assert_about(leg.round_trip, 80);
        assert_eq!((leg.lost, leg.worst_jitter), (0, Duration::ZERO));
        assert!(leg.mos.is_some_and(|mos| mos > 4.35), "{leg:?}");
    }
}

#[test]
fn nothing_is_scored_before_a_second_was_heard() {
    for (talk_ms, is_scored) in [(900, false), (1200, true)] {
        let mut world = far_apart();
        let phones = registered(&mut world, ["1001", "1002"]);
        let [alice, bob] = phones;
        world.dial(alice, "1002").run_for_s(1).answer(bob).run_for(Duration::from_millis(talk_ms));
        for leg in measured(&mut world, phones) {
            assert_eq!((leg.codec.as_deref(), leg.mos.is_some()), (Some("PCMU"), is_scored), "{leg:?}");
        }
    }
}

#[test]
fn a_mute_phone_has_a_round_trip_but_no_score() {
    let mut world = far_apart();
    let phones = registered(&mut world, ["1001", "1002"]);
    let [alice, bob] = phones;
    world.mute(bob, true).dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(2 * A_WHILE_S);
    let [heard, mute] = measured(&mut world, phones);
    assert_about(mute.round_trip, 80);
    assert_eq!(Measurement { round_trip: None, ..mute }, Measurement::default());
    // Who is sent nothing has nothing to answer, and its report measures nothing.
    assert_eq!((heard.round_trip, heard.mos.is_some()), (None, true));
}

#[test]
fn loss_is_counted_on_each_leg_and_lowers_the_score() {
    let delay = Duration::from_millis(40);
    let (world, phones, legs) = a_minute_with(Conditions { loss_ppm: 50_000, delay, ..Conditions::default() });
    for leg in legs {
        let sent = leg.packets + leg.lost;
        assert!((3000..3100).contains(&sent), "{leg:?}");
        assert!((120..180).contains(&leg.lost), "{leg:?}");
        assert!(leg.mos.is_some_and(|mos| (3.7..4.1).contains(&mos)), "{leg:?}");
    }
    // A phone misses what was lost on both legs.
    for phone in phones {
        let lost = world.phone(phone).reception().lost;
        assert!((240..340).contains(&lost), "{lost}");
    }
}

#[test]
fn jitter_is_measured_and_spoils_no_round_trip() {
    let (delay, jitter) = (Duration::from_millis(40), Duration::from_millis(15));
    let (_, _, legs) = a_minute_with(Conditions { delay, jitter, ..Conditions::default() });
    for leg in legs {
        // Two packets differ by a third of 15 ms on average.
        assert!((5..10).contains(&leg.worst_jitter.as_millis()), "{leg:?}");
        assert!(leg.round_trip.is_some_and(|time| (80..=110).contains(&time.as_millis())), "{leg:?}");
        assert_eq!(leg.lost, 0);
    }
}
