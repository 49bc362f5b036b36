//! A phone in a call gives the other party to a number.

mod support;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, assert_talking, everywhere,
    everywhere_with_media, only_record, registered,
};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{Leaving, PCMA, PCMU, PhoneId, PhoneState, Sounding, World};

/// 1001 and 1002 talk, called by the first; 1003 is there too.
fn three(world: &mut World) -> [PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1003"]);
    let [alice, bob, _] = phones;
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    assert_talking(world, [alice, bob]);
    phones
}

/// The status lines that a phone was told.
fn statuses(world: &World, id: PhoneId) -> Vec<u16> {
    let lines = world.phone(id).told().iter();
    lines.filter_map(|told| told.split("SIP/2.0 ").nth(1)?.split(' ').next()?.parse().ok()).collect()
}

fn assert_told_last(world: &World, id: PhoneId, line: &str) {
    let last = world.phone(id).told().last().map(String::as_str).unwrap_or_default();
    assert_eq!(last, format!("terminated;reason=noresource SIP/2.0 {line}"), "{}", world.ladder());
}

/// A phone hears nothing but ring-back: 425 Hz for 1 s, then 4 s of silence.
fn assert_hears_ring_back(world: &mut World, id: PhoneId) {
    world.record(id).run_for_s(11);
    let soundings = world.phone(id).soundings();
    // A window in which the tone begins or ends has more frequencies; one with a lost packet has a gap.
    let is_tone = |sounding: &&Sounding| sounding.frequencies_hz.contains(&425);
    let tone_ms: usize = soundings.iter().filter(is_tone).map(|sounding| sounding.lasting_ms).sum();
    let silences = soundings.iter().filter(|sounding| !is_tone(sounding) && sounding.lasting_ms > 3500).count();
    let is_heard = (1800..=3400).contains(&tone_ms) && (2..=3).contains(&silences);
    assert!(is_heard, "{soundings:?}\n{}", world.ladder());
}

/// Both sides of a call may transfer: the referrer, who is left, and the third.
fn both_ways(scenario: impl Fn(&mut World, [PhoneId; 3])) {
    for by_caller in [true, false] {
        everywhere_with_media(|mut world| {
            let [alice, bob, carol] = three(&mut world);
            let [referrer, left] = if by_caller { [alice, bob] } else { [bob, alice] };
            scenario(&mut world, [referrer, left, carol]);
            for phone in [alice, bob, carol] {
                world.hang_up(phone);
            }
            world.run_for_s(A_WHILE_S);
            assert_all_over(&mut world);
            only_record(&world);
        });
    }
}

#[test]
fn the_other_party_talks_to_the_number_and_the_referrer_is_free() {
    both_ways(|world, [referrer, left, carol]| {
        world.transfer(referrer, "1003").run_for_s(A_WHILE_S);
        assert_eq!(world.phone(referrer).refer_answer(), Some((202, "Accepted")), "{}", world.ladder());
        assert_states(world, [referrer, left, carol], [PhoneState::InCall, PhoneState::InCall, PhoneState::Ringing]);
        let shown = World::name(world.phone(left).number());
        assert_eq!(world.phone(carol).caller(), Some(&*shown));
        assert_hears_ring_back(world, left);
        world.answer(carol).run_for_s(A_WHILE_S);
        assert_states(world, [referrer, left, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
        assert_told_last(world, referrer, "200 OK");
        assert_hear_each_other(world, [left, carol]);
    });
}

#[test]
fn a_party_that_was_on_hold_is_taken_back() {
    both_ways(|world, [referrer, left, carol]| {
        world.hold(referrer).run_for_s(A_WHILE_S);
        assert!(world.phone(left).is_held(), "{}", world.ladder());
        world.transfer(referrer, "1003").run_for_s(A_WHILE_S);
        assert!(!world.phone(left).is_held(), "{}", world.ladder());
        world.answer(carol).run_for_s(A_WHILE_S);
        assert!(!world.phone(left).is_held() && !world.phone(carol).is_held(), "{}", world.ladder());
        assert_hear_each_other(world, [left, carol]);
    });
}

#[test]
fn a_phone_that_hangs_up_at_once_transfers_as_well() {
    both_ways(|world, [referrer, left, carol]| {
        world.hold(referrer).run_for_s(A_WHILE_S).leave(referrer, Leaving::AtOnce);
        world.transfer(referrer, "1003").run_for_s(A_WHILE_S);
        assert_states(world, [referrer, left, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::Ringing]);
        world.answer(carol).run_for_s(A_WHILE_S);
        assert_hear_each_other(world, [left, carol]);
    });
}

#[test]
fn a_phone_that_does_not_hang_up_is_hung_up_on() {
    both_ways(|world, [referrer, left, carol]| {
        world.leave(referrer, Leaving::Never).transfer(referrer, "1003").run_for_s(A_WHILE_S);
        world.answer(carol).run_for_s(2 * A_WHILE_S);
        assert_states(world, [referrer, left, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
        assert_hear_each_other(world, [left, carol]);
    });
}

#[test]
fn when_the_target_is_busy_the_referrer_is_told_and_has_the_call_still() {
    both_ways(|world, [referrer, left, carol]| {
        world.set_busy(carol, true).transfer(referrer, "1003").run_for_s(A_WHILE_S);
        assert_told_last(world, referrer, "486 Busy Here");
        assert_talking(world, [referrer, left]);
        assert_hear_each_other(world, [referrer, left]);
    });
}

#[test]
fn when_the_transfer_fails_a_party_on_hold_is_on_hold_again() {
    both_ways(|world, [referrer, left, carol]| {
        world.hold(referrer).run_for_s(A_WHILE_S).transfer(referrer, "1003").run_for_s(A_WHILE_S);
        world.decline(carol).run_for_s(A_WHILE_S);
        assert_told_last(world, referrer, "603 Decline");
        assert!(world.phone(left).is_held() && world.phone(referrer).is_on_hold(), "{}", world.ladder());
        world.resume(referrer).run_for_s(A_WHILE_S);
        assert_hear_each_other(world, [referrer, left]);
    });
}

#[test]
fn when_nobody_answers_in_time_the_referrer_is_told() {
    both_ways(|world, [referrer, left, carol]| {
        world.configure(|directory| directory.calls.ring_for = std::time::Duration::from_secs(20));
        world.transfer(referrer, "1003").run_for_s(40);
        assert_told_last(world, referrer, "480 No Answer");
        assert_states(world, [carol], [PhoneState::Idle]);
        assert_hear_each_other(world, [referrer, left]);
    });
}

#[test]
fn a_number_that_cannot_be_dialled_changes_nothing() {
    both_ways(|world, [referrer, left, _]| {
        for (number, line) in [
            ("1777", "404 Unknown Number"),
            ("2000", "404 Unknown Number"),
            ("911", "503 No Way to Emergency Services"),
            (if world.phone(left).number() == "1001" { "1001" } else { "1002" }, "403 Already In This Call"),
            (if world.phone(left).number() == "1001" { "1002" } else { "1001" }, "403 That Is Your Own Number"),
        ] {
            world.transfer(referrer, number).run_for_s(2 * A_WHILE_S);
            assert_told_last(world, referrer, line);
            assert_talking(world, [referrer, left]);
        }
        assert_hear_each_other(world, [referrer, left]);
    });
}

#[test]
fn a_call_whose_referrer_has_hung_up_returns_when_nobody_takes_it() {
    both_ways(|world, [referrer, left, carol]| {
        world.leave(referrer, Leaving::AtOnce).transfer(referrer, "1003").run_for_s(A_WHILE_S);
        world.decline(carol).run_for_s(A_WHILE_S);
        assert_states(world, [referrer, left, carol], [PhoneState::Ringing, PhoneState::InCall, PhoneState::Idle]);
        let shown = World::name(world.phone(left).number());
        assert_eq!(world.phone(referrer).caller(), Some(&*shown));
        world.answer(referrer).run_for_s(A_WHILE_S);
        assert_hear_each_other(world, [referrer, left]);
    });
}

#[test]
fn a_call_that_returns_to_nobody_ends() {
    both_ways(|world, [referrer, left, carol]| {
        world.leave(referrer, Leaving::AtOnce).transfer(referrer, "1003").run_for_s(A_WHILE_S);
        world.decline(carol).run_for_s(A_WHILE_S).decline(referrer).run_for_s(A_WHILE_S);
        assert_states(world, [referrer, left, carol], [PhoneState::Idle; 3]);
        let ending = only_record(world).ending;
        assert_eq!((ending.by, ending.cause), (Ender::System, Cause::Declined));
    });
}

#[test]
fn a_call_returns_also_when_the_referrer_hangs_up_before_it_hears_of_the_failure() {
    everywhere(|mut world| {
        let [alice, bob, _] = three(&mut world);
        world.leave(alice, Leaving::AtOnce).transfer(alice, "1777").run_for_s(A_WHILE_S);
        assert_states(&world, [alice, bob], [PhoneState::Ringing, PhoneState::InCall]);
        world.answer(alice).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, bob]);
        world.hang_up(bob);
        assert_all_over(&mut world);
    });
}

#[test]
fn when_the_other_party_hangs_up_the_target_is_silenced_and_the_referrer_told() {
    both_ways(|world, [referrer, left, carol]| {
        world.leave(referrer, Leaving::Never).transfer(referrer, "1003").run_for_s(A_WHILE_S);
        world.hang_up(left).run_for_s(A_WHILE_S);
        assert_told_last(world, referrer, "487 Request Terminated");
        assert_states(world, [referrer, left, carol], [PhoneState::Idle; 3]);
    });
}

#[test]
fn progress_is_told_in_order() {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice, _, carol] = three(&mut world);
    world.transfer(alice, "1003").run_for_s(2).answer_early(carol).run_for_s(2).answer(carol).run_for_s(2);
    assert_eq!(statuses(&world, alice), [100, 180, 183, 200]);
    let states = world.phone(alice).told();
    assert!(states.iter().take(3).all(|told| told.starts_with("active;expires=")), "{states:?}");
}

#[test]
fn a_transferred_call_can_be_transferred_again() {
    everywhere_with_media(|mut world| {
        let phones = registered(&mut world, ["1001", "1002", "1003", "1004"]);
        let [alice, bob, carol, dave] = phones;
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.transfer(alice, "1003").run_for_s(A_WHILE_S).answer(carol).run_for_s(A_WHILE_S);
        world.transfer(bob, "1004").run_for_s(A_WHILE_S).answer(dave).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [carol, dave]);
        world.transfer(dave, "1001").run_for_s(A_WHILE_S).answer(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [carol, alice]);
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_states(&world, phones, [PhoneState::Idle; 4]);
        assert_all_over(&mut world);
        only_record(&world);
    });
}

#[test]
fn phones_without_a_common_codec_are_brought_together() {
    everywhere_with_media(|mut world| {
        let phones = registered(&mut world, ["1001", "1002", "1003"]);
        let [alice, bob, carol] = phones;
        world.set_codecs(carol, &[PCMA]).set_codecs(alice, &[PCMU]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.transfer(alice, "1003").run_for_s(A_WHILE_S).answer(carol).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [bob, carol]);
        world.hang_up(carol).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn phones_with_a_lower_q_do_not_ring_after_an_answer() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    let [first, second] = world.phones(["1003", "1003"]);
    world.register(first, 3600).describe(second, ";q=0.5", "").register(second, 3600).run_for_s(A_WHILE_S);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    // While the other party thinks about being taken back, who has answered waits.
    world.hold(alice).run_for_s(A_WHILE_S).hesitate(bob).transfer(alice, "1003").run_for_s(5);
    world.answer(first).run_for_s(40);
    assert!(!world.sent_to(second).iter().any(|text| text.starts_with("INVITE ")), "{}", world.ladder());
    for phone in [alice, bob, first] {
        world.hang_up(phone);
    }
    assert_all_over(&mut world);
}
