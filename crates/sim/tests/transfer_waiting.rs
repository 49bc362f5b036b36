//! A phone has answered a transfer and waits for its place, since the other party thinks about an offer.

mod support;

use support::{A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, only_record, registered, requests};
use warden_call::call_event::{Cause, Ender};
use warden_sim::{Leaving, PhoneId, PhoneState, World};

/// 1001 gives 1002 to 1003, who has answered. 1002 does not make up its mind about being taken back, for 25 s.
fn waiting(world: &mut World, leaving: Leaving) -> [PhoneId; 3] {
    let phones = registered(world, ["1001", "1002", "1003"]);
    let [alice, bob, carol] = phones;
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.hold(alice).run_for_s(1).hesitate(bob).leave(alice, leaving).transfer(alice, "1003").run_for_s(2);
    world.answer(carol).run_for_s(1);
    assert!(requests(world, carol, "ACK") == 0 && world.sent_to(carol).iter().any(|text| text.starts_with("ACK ")));
    phones
}

fn answers_to(world: &World, id: PhoneId, method: &str) -> Vec<String> {
    let is_answer = |text: &String| text.starts_with("SIP/2.0 ") && text.contains(&format!(" {method}\r\n"));
    let answers = world.sent_to(id).into_iter().filter(is_answer);
    answers.filter_map(|text| text.get(8..11).map(str::to_owned)).collect()
}

#[test]
fn who_hangs_up_while_it_waits_is_answered_and_the_transfer_has_failed() {
    for leaving in [Leaving::WhenMade, Leaving::Never] {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob, carol] = waiting(&mut world, leaving);
        world.hang_up(carol).run_for_s(1);
        assert_eq!(answers_to(&world, carol, "BYE"), ["200"], "{}", world.ladder());
        let last = world.phone(alice).told().last().cloned().unwrap_or_default();
        assert_eq!(last, "terminated;reason=noresource SIP/2.0 480 Hung Up", "{}", world.ladder());
        world.run_for_s(60);
        assert_states(&world, [alice, bob, carol], [PhoneState::InCall, PhoneState::InCall, PhoneState::Idle]);
        world.set_busy(bob, false).resume(alice).run_for_s(A_WHILE_S);
        assert_hear_each_other(&mut world, [alice, bob]);
        world.hang_up(alice);
        assert_all_over(&mut world);
        assert_eq!(only_record(&world).transfers.first().and_then(|transfer| transfer.status), Some(480));
    }
}

#[test]
fn when_it_hangs_up_and_the_referrer_has_gone_that_one_is_called_back() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = waiting(&mut world, Leaving::AtOnce);
    world.hang_up(carol).run_for_s(1);
    assert_states(&world, [alice, bob, carol], [PhoneState::Ringing, PhoneState::InCall, PhoneState::Idle]);
    world.answer(alice).run_for_s(1);
    // It waits in its turn, and has had enough.
    world.hang_up(alice).run_for_s(A_WHILE_S);
    assert_eq!(answers_to(&world, alice, "BYE"), ["200", "200"], "{}", world.ladder());
    assert_states(&world, [alice, bob, carol], [PhoneState::Idle; 3]);
    assert_all_over(&mut world);
    let ending = only_record(&world).ending;
    assert_eq!((ending.by, ending.cause), (Ender::Caller, Cause::HungUp));
}

#[test]
fn nothing_that_it_asks_while_it_waits_is_answered_as_if_its_call_were_over() {
    for leaving in [Leaving::WhenMade, Leaving::Never] {
        let mut world = World::with_seed(1).with_media();
        let [alice, bob, carol] = waiting(&mut world, leaving);
        world.send_digit(carol, '5').run_for_s(1).transfer(carol, "1001").run_for_s(1);
        world.hold_by_update(carol).run_for_s(1).resume_by_update(carol).run_for_s(1);
        for method in ["INFO", "REFER", "UPDATE"] {
            let answers = answers_to(&world, carol, method);
            assert!(!answers.is_empty() && answers.iter().all(|status| status != "481"), "{method}: {answers:?}");
        }
        world.run_for_s(60);
        assert_states(&world, [alice, bob, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
        world.hang_up(carol).run_for_s(A_WHILE_S);
        assert_states(&world, [bob], [PhoneState::Idle]);
        assert_all_over(&mut world);
        only_record(&world);
    }
}

#[test]
fn nobody_else_hangs_up_for_it() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = waiting(&mut world, Leaving::WhenMade);
    let answer = world.sent_by(carol).into_iter().rfind(|text| text.contains(" INVITE\r\n")).unwrap_or_default();
    let value = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let bye = format!(
        "BYE sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n\
         From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 9 BYE\r\nContent-Length: 0\r\n\r\n",
        value("To: "),
        value("From: "),
        value("Call-ID: ")
    );
    world.send_from_nowhere(9, bye).run_for_s(1);
    let told = world.sent_to_nowhere();
    assert!(told.iter().any(|text| text.starts_with("SIP/2.0 401 ")), "{told:?}\n{}", world.ladder());
    world.run_for_s(60);
    assert_states(&world, [alice, bob, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}
