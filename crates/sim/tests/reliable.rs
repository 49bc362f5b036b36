//! Provisional responses that are confirmed (RFC 3262), on each leg by itself.

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_refused, assert_states, assert_talking,
    everywhere_with_media, header_values, only_record, registered, requests,
};
use warden_call::call_event::Cause;
use warden_call::route::{Action, Dialplan, Pattern};
use warden_sim::{Dial, PCMA, PCMU, PhoneId, PhoneState, Reliability, World};
use warden_sip::status::Status;

/// 1001 and 1002 with these manners.
fn phones(world: &mut World, calling: Reliability, called: Reliability) -> [PhoneId; 2] {
    let [alice, bob] = registered(world, ["1001", "1002"]);
    world.set_reliability(alice, calling).set_reliability(bob, called);
    [alice, bob]
}

/// The responses to INVITE that a phone was sent, each once and by its status, with `+` for a description and `r` for a
/// number.
fn told(world: &World, phone: PhoneId) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for text in world.sent_to(phone).iter().filter(|text| text.starts_with("SIP/2.0 ") && text.contains(" INVITE\r\n"))
    {
        let status = text.get(8..11).unwrap_or_default();
        let body = if text.contains("application/sdp") { "+" } else { "" };
        let rseq = if text.contains("\r\nRSeq: ") { "r" } else { "" };
        let line = format!("{status}{body}{rseq}");
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told.retain(|line| !line.starts_with("100") && !line.starts_with("401"));
    told
}

/// Sound comes before the answer; then it is answered, and both hear each other to the end.
fn goes_well(world: &mut World, [alice, bob]: [PhoneId; 2], dial: &Dial) {
    world.dial_as(alice, "1002", dial).run_for_s(A_WHILE_S).answer_early(bob).run_for_s(A_WHILE_S);
    assert_states(world, [bob], [PhoneState::Ringing]);
    world.answer(bob).run_for_s(A_WHILE_S);
    assert_talking(world, [alice, bob]);
    assert_hear_each_other(world, [alice, bob]);
    world.hold(bob).run_for_s(A_WHILE_S).resume(bob).run_for_s(A_WHILE_S);
    assert_talking(world, [alice, bob]);
    world.hang_up(bob).run_for_s(A_WHILE_S);
    assert_states(world, [alice, bob], [PhoneState::Idle; 2]);
    assert_all_over(world);
    assert_eq!(only_record(world).ending.cause, Cause::HungUp, "{}", world.ladder());
}

#[test]
fn each_leg_confirms_what_its_phone_wants_confirmed() {
    use Reliability::{Required, Supported, Unknown};
    for caller in [Unknown, Supported, Required] {
        for callee in [Unknown, Supported, Required] {
            for offers in [true, false] {
                let mut world = World::with_seed(1).with_media();
                let [alice, bob] = phones(&mut world, caller, callee);
                goes_well(&mut world, [alice, bob], &Dial { offers, ..Dial::default() });
                assert_eq!(requests(&world, alice, "PRACK") > 0, caller != Unknown, "{}", world.ladder());
                let confirmed = world.sent_to(bob).iter().any(|text| text.starts_with("PRACK "));
                assert_eq!(confirmed, callee != Unknown, "{}", world.ladder());
            }
        }
    }
}

#[test]
fn no_call_is_lost_to_a_prack_that_is() {
    use Reliability::{Required, Supported};
    for seed in 0..20 {
        let mut world = World::with_seed(seed).loss(0.1).delay_ms(40).with_media();
        let (calling, called) = if seed % 2 == 0 { (Required, Supported) } else { (Supported, Required) };
        let phones = phones(&mut world, calling, called);
        goes_well(&mut world, phones, &Dial { offers: seed % 4 < 2, ..Dial::default() });
    }
}

#[test]
fn who_can_confirm_gets_a_description_once_and_reliably() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = phones(&mut world, Reliability::Supported, Reliability::Unknown);
    goes_well(&mut world, [alice, bob], &Dial::default());
    assert_eq!(told(&world, alice), ["180", "183+r", "200"]);
}

#[test]
fn who_insists_gets_everything_reliably() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = phones(&mut world, Reliability::Required, Reliability::Unknown);
    world.dial(alice, "1002").run_for_s(1).answer_early(bob).run_for_s(1).answer(bob).run_for_s(1);
    assert_eq!(told(&world, alice), ["180r", "183+r", "200"]);
    let numbers = header_values(&world.sent_to(alice), "RSeq");
    let numbers: Vec<u32> = numbers.iter().filter_map(|rseq| rseq.parse().ok()).collect();
    assert!(matches!(numbers[..], [first, second] if first + 1 == second && first < 1 << 31), "{numbers:?}");
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn who_knows_nothing_of_it_is_told_as_ever() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = phones(&mut world, Reliability::Unknown, Reliability::Required);
    world.dial(alice, "1002").run_for_s(1).answer_early(bob).run_for_s(1).answer(bob).run_for_s(1);
    assert_eq!(told(&world, alice), ["180", "183+", "200+"]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_caller_without_an_offer_answers_in_the_prack_and_hears_before_the_answer() {
    everywhere_with_media(|mut world| {
        let [alice, bob] = phones(&mut world, Reliability::Supported, Reliability::Unknown);
        world.dial_without_offer(alice, "1002").run_for_s(A_WHILE_S).answer_early(bob).run_for_s(A_WHILE_S);
        world.forget_heard().run_for_s(2);
        assert!(world.phone(alice).hears_only("1002"), "{}", world.ladder());
        let with_answer = |text: &String| text.starts_with("PRACK ") && text.contains("application/sdp");
        assert!(world.sent_by(alice).iter().any(with_answer), "{}", world.ladder());
        world.answer(bob).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn an_offer_in_the_prack_is_answered_in_its_200() {
    everywhere_with_media(|mut world| {
        let [alice, bob] = phones(&mut world, Reliability::Offering, Reliability::Unknown);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer_early(bob).run_for_s(A_WHILE_S);
        let answers = |text: &&String| text.contains(" PRACK\r\n") && text.contains("application/sdp");
        let sent = world.sent_to(alice);
        let answer = sent.iter().find(answers);
        assert!(answer.is_some_and(|text| text.starts_with("SIP/2.0 200 ")), "{}", world.ladder());
        assert!(world.phone(alice).hears_only("1002"), "{}", world.ladder());
        world.answer(bob).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn an_offer_in_the_prack_that_cannot_be_met_is_refused_and_what_was_agreed_on_holds() {
    everywhere_with_media(|mut world| {
        let [alice, bob] = phones(&mut world, Reliability::Overreaching, Reliability::Unknown);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer_early(bob).run_for_s(A_WHILE_S);
        let answers = |text: &&String| text.contains(" PRACK\r\n");
        let sent = world.sent_to(alice);
        let refusal = sent.iter().find(answers);
        assert!(refusal.is_some_and(|text| text.starts_with("SIP/2.0 488 ")), "{}", world.ladder());
        world.answer(bob).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn a_phone_that_declines_for_all_comes_too_late_while_an_answer_waits() {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.set_reliability(alice, Reliability::Ignored);
    world.dial(alice, "1002").run_for_s(1).answer_early(desk).answer(desk).run_for_s(1).decline(mobile).run_for_s(6);
    assert_talking(&world, [alice, desk]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_caller_that_confirms_nothing_is_refused_after_32_s_and_the_phone_is_silenced() {
    let mut world = World::with_seed(1);
    let [alice, bob] = phones(&mut world, Reliability::Ignored, Reliability::Unknown);
    world.dial(alice, "1002").run_for_s(1).answer_early(bob).run_for_s(31);
    assert_states(&world, [alice, bob], [PhoneState::RingBack, PhoneState::Ringing]);
    world.run_for_s(3);
    assert_states(&world, [bob], [PhoneState::Idle]);
    assert_refused(&mut world, alice, Status::SERVER_TIME_OUT, Cause::NotAcknowledged);
}

/// 1001 has called for help without an offer, or with one, and has not confirmed the sound of 1002 in 32 s; 1002 has
/// another phone, which does not ring.
fn calling_for_help(offers: bool) -> (World, [PhoneId; 3]) {
    let mut world = World::with_seed(1).with_media();
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.set_reliability(alice, Reliability::Ignored);
    world.dial_as(alice, "1002", &Dial { offers, ..Dial::default() }).run_for_s(1).hang_up(mobile);
    // Extensions cannot be dialled for help; so the number becomes one for that meanwhile.
    let patterns = Pattern::new("^1[0-9]{3}$", Action::Extension);
    world.configure(|directory| directory.dialplan = Dialplan::new(["1002"], patterns));
    world.answer_early(desk).run_for_s(40);
    assert_states(&world, [alice, desk], [PhoneState::RingBack, PhoneState::Ringing]);
    (world, [alice, desk, mobile])
}

#[test]
fn who_calls_for_help_and_confirms_nothing_is_not_kept_waiting_by_that() {
    for offers in [true, false] {
        let (mut world, [alice, desk, mobile]) = calling_for_help(offers);
        world.answer(desk).run_for(Duration::from_millis(10));
        assert_talking(&world, [alice, desk]);
        assert_hear_each_other(&mut world, [alice, desk]);
        world.hang_up(alice);
        assert_all_over(&mut world);
        assert_states(&world, [mobile], [PhoneState::Idle]);
    }
}

#[test]
fn a_call_for_help_that_nobody_confirms_can_be_picked_up() {
    let (mut world, [alice, desk, mobile]) = calling_for_help(true);
    let dial = Dial { replaces: Some(world.replaces(desk)), ..Dial::default() };
    world.dial_as(mobile, "1003", &dial).run_for_s(1);
    assert_talking(&world, [alice, mobile]);
    assert_hear_each_other(&mut world, [alice, mobile]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_call_that_is_taken_is_not_lost_to_a_prack_that_never_comes() {
    for offers in [true, false] {
        everywhere_with_media(|mut world| {
            let [alice, bob] = phones(&mut world, Reliability::Ignored, Reliability::Unknown);
            world.dial_as(alice, "1002", &Dial { offers, ..Dial::default() }).run_for_s(A_WHILE_S);
            world.answer_early(bob).run_for(Duration::from_millis(300)).answer(bob).run_for_s(2 * A_WHILE_S);
            assert_talking(&world, [alice, bob]);
            assert_hear_each_other(&mut world, [alice, bob]);
            world.hang_up(alice).run_for_s(A_WHILE_S);
            assert_all_over(&mut world);
        });
    }
}

#[test]
fn an_answer_waits_for_the_prack_and_no_longer_than_4_s() {
    for (caller, after_ms) in [(Reliability::Supported, 160), (Reliability::Ignored, 4080)] {
        let mut world = World::with_seed(1).delay_ms(40);
        let [alice, bob] = phones(&mut world, caller, Reliability::Unknown);
        world
            .dial(alice, "1002")
            .run_for_s(1)
            .answer_early(bob)
            .answer(bob)
            .run_for(Duration::from_millis(after_ms - 1));
        assert_states(&world, [alice], [PhoneState::RingBack]);
        world.run_for(Duration::from_millis(10));
        assert_talking(&world, [alice, bob]);
        world.hang_up(alice);
        assert_all_over(&mut world);
    }
}

#[test]
fn a_caller_who_gives_up_while_the_answer_waits_leaves_nobody_on_the_line() {
    everywhere_with_media(|mut world| {
        let [alice, bob] = phones(&mut world, Reliability::Ignored, Reliability::Unknown);
        world
            .dial(alice, "1002")
            .run_for_s(A_WHILE_S)
            .answer_early(bob)
            .run_for(Duration::from_millis(300))
            .answer(bob);
        world.run_for_s(1).hang_up(alice).run_for_s(4 * A_WHILE_S);
        assert_states(&world, [alice, bob], [PhoneState::Idle; 2]);
        assert_all_over(&mut world);
    });
}

#[test]
fn phones_with_other_codecs_are_heard_within_what_the_caller_has_confirmed() {
    everywhere_with_media(|mut world| {
        let [alice, first, second] = registered(&mut world, ["1001", "1002", "1002"]);
        world.set_codecs(first, &[PCMA]).set_codecs(second, &[PCMU]);
        for phone in [alice, first, second] {
            world.set_reliability(phone, Reliability::Supported);
        }
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer_early(first).run_for_s(A_WHILE_S);
        world.answer_early(second).run_for_s(A_WHILE_S).answer(second).run_for_s(A_WHILE_S);
        assert_talking(&world, [alice, second]);
        assert_hear_each_other(&mut world, [alice, second]);
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    });
}

#[test]
fn session_timers_and_confirmation_go_together() {
    use Reliability::Required;
    for refreshes_by_invite in [false, true] {
        let mut world = World::with_seed(3).loss(0.05).delay_ms(40);
        world.configure(|directory| directory.calls.session_expires = Duration::from_mins(3));
        let [alice, bob] = phones(&mut world, Required, Required);
        world.set_session_timer(alice, Some(120)).set_session_timer(bob, Some(180));
        if refreshes_by_invite {
            world.refresh_by_invite(alice).refresh_by_invite(bob);
        }
        world
            .dial(alice, "1002")
            .run_for_s(A_WHILE_S)
            .answer_early(bob)
            .run_for_s(A_WHILE_S)
            .answer(bob)
            .run_for_s(600);
        assert_talking(&world, [alice, bob]);
        world.hang_up(alice).run_for_s(A_WHILE_S);
        assert_all_over(&mut world);
    }
}

#[test]
fn a_phone_whose_answer_waits_in_vain_is_hung_up_on_even_if_it_says_nothing_more() {
    let mut world = World::with_seed(1).delay_ms(40).with_media();
    let [alice, bob] = phones(&mut world, Reliability::Ignored, Reliability::Unknown);
    world
        .dial(alice, "1002")
        .run_for_s(1)
        .answer_early(bob)
        .run_for_s(1)
        .answer(bob)
        .run_for(Duration::from_millis(90));
    world.unplug(bob).hang_up(alice).run_for_s(1);
    assert_states(&world, [alice], [PhoneState::Idle]);
    assert!(world.sent_to(bob).iter().any(|text| text.starts_with("BYE ")), "{}", world.ladder());
    assert_all_over(&mut world);
}

#[test]
fn a_second_phone_that_answers_while_an_answer_waits_is_hung_up_on() {
    let mut world = World::with_seed(1).delay_ms(40);
    let [alice, desk, mobile] = registered(&mut world, ["1001", "1002", "1002"]);
    world.set_reliability(alice, Reliability::Ignored);
    world.dial(alice, "1002").run_for_s(1).answer_early(desk).answer(desk).run_for_s(1).answer(mobile).run_for_s(1);
    assert_states(&world, [alice, mobile], [PhoneState::RingBack, PhoneState::Idle]);
    world.run_for_s(4);
    assert_talking(&world, [alice, desk]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn an_answer_that_waits_is_not_lost_when_the_time_for_the_prack_is_up() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob] = phones(&mut world, Reliability::Ignored, Reliability::Unknown);
    world.dial(alice, "1002").run_for_s(1).answer_early(bob).run_for_s(30).answer(bob).run_for_s(5);
    assert_talking(&world, [alice, bob]);
    assert_hear_each_other(&mut world, [alice, bob]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}

#[test]
fn a_second_phone_behind_the_same_contact_is_hung_up_on_while_an_answer_waits() {
    let mut world = World::with_seed(1);
    let [alice, bob] = phones(&mut world, Reliability::Ignored, Reliability::Unknown);
    world
        .dial(alice, "1002")
        .run_for_s(1)
        .answer_early(bob)
        .run_for_s(1)
        .answer(bob)
        .run_for(Duration::from_millis(100));
    let is_answer = |text: &String| text.starts_with("SIP/2.0 200 ") && text.contains(" INVITE\r\n");
    let answer = world.sent_by(bob).into_iter().rfind(is_answer).unwrap_or_default();
    let to = answer.lines().find(|line| line.starts_with("To: ")).unwrap_or_default();
    world.send_as(bob, answer.replace(to, &format!("{to}other"))).run_for_s(1);
    let is_its_end = |text: &String| text.starts_with("BYE ") && text.contains(&format!("{to}other\r\n"));
    assert!(world.sent_to(bob).iter().any(is_its_end), "{}", world.ladder());
    assert_states(&world, [alice], [PhoneState::RingBack]);
    world.run_for_s(4);
    assert_talking(&world, [alice, bob]);
    world.hang_up(alice);
    assert_all_over(&mut world);
}
