//! REFER that cannot be obeyed: each gets an answer in words, and the call goes on.

mod support;

use std::time::Duration;

use support::{
    A_WHILE_S, assert_all_over, assert_hear_each_other, assert_states, assert_talking, everywhere, registered,
    requests, ringing, talking,
};
use warden_sim::{Leaving, PhoneId, PhoneState, World};

/// The last REFER of a phone as another request of its, without a body: `number` makes it new, and the next in order.
fn again(world: &World, phone: PhoneId, method: &str, number: u32) -> String {
    let refer = world.sent_by(phone).into_iter().rfind(|text| text.starts_with("REFER ")).unwrap_or_default();
    let begun = refer.replacen("REFER ", &format!("{method} "), 1).replace("z9hG4bK", &format!("z9hG4bK{number}"));
    begun.replace(" REFER\r\n", &format!("{number} {method}\r\n"))
}

fn answers_to_info(world: &World, phone: PhoneId) -> Vec<String> {
    let is_one = |text: &String| text.starts_with("SIP/2.0 ") && text.contains(" INFO\r\n");
    world.sent_to(phone).into_iter().filter(is_one).collect()
}

#[test]
fn what_a_refer_lacks_is_said_in_its_answer() {
    let mut world = World::with_seed(1).with_media();
    let phones = talking(&mut world);
    let [alice, _] = phones;
    for (refer_to, answer) in [
        ("", (400, "Missing Refer-To")),
        ("<sip:1003@203.0.113.1>, <sip:1004@203.0.113.1>", (400, "Malformed Refer-To")),
        ("<sip:>", (400, "Malformed Refer-To")),
        ("<http://example.com/>", (416, "Unsupported URI Scheme")),
        ("<sip:1003@203.0.113.1;method=BYE>", (403, "Only Calls Are Transferred")),
        ("<sip:1003@203.0.113.1?Replaces=x>", (400, "Malformed Replaces")),
    ] {
        world.refer(alice, refer_to, &[]).run_for_s(1);
        assert_eq!(world.phone(alice).refer_answer(), Some(answer), "{refer_to}");
        assert_eq!(world.phone(alice).told(), [""; 0]);
    }
    world.refer(alice, "<sip:1003@203.0.113.1>", &[("Refer-To", "<sip:1004@203.0.113.1>")]).run_for_s(1);
    assert_eq!(world.phone(alice).refer_answer(), Some((400, "More Than One Refer-To")));
    assert_talking(&world, phones);
    assert_hear_each_other(&mut world, phones);
}

#[test]
fn a_second_refer_waits_for_the_first() {
    everywhere(|mut world| {
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.transfer(alice, "1003").run_for_s(A_WHILE_S);
        for phone in [alice, bob] {
            world.transfer(phone, "1004").run_for_s(A_WHILE_S);
            assert_eq!(world.phone(phone).refer_answer(), Some((491, "Transfer Under Way")), "{}", world.ladder());
        }
        world.answer(carol).run_for_s(A_WHILE_S);
        assert_states(&world, [bob, carol], [PhoneState::InCall; 2]);
        world.hang_up(alice).hang_up(bob);
        assert_all_over(&mut world);
    });
}

#[test]
fn a_phone_that_wants_no_notify_gets_none() {
    everywhere(|mut world| {
        let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        let silent = [("Refer-Sub", "false"), ("Require", "norefersub")];
        world.refer(alice, "<sip:1003@203.0.113.1>", &silent).run_for_s(A_WHILE_S);
        assert!(
            world.sent_to(alice).iter().any(|text| text.contains("SIP/2.0 202") && text.contains("Refer-Sub: false"))
        );
        world.answer(carol).run_for_s(A_WHILE_S);
        assert_states(&world, [alice, bob, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
        assert_eq!(world.phone(alice).told(), [""; 0]);
        world.hang_up(bob);
        assert_all_over(&mut world);
    });
}

#[test]
fn nobody_refers_outside_of_a_call() {
    let mut world = World::with_seed(1);
    let [alice, bob] = registered(&mut world, ["1001", "1002"]);
    let address = world.phone(alice).address();
    let refer = format!(
        "REFER sip:1002@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bKr\r\nMax-Forwards: 70\r\n\
         From: <sip:1001@203.0.113.1>;tag=1\r\nTo: <sip:1002@203.0.113.1>\r\nCall-ID: x\r\nCSeq: 1 REFER\r\n\
         Refer-To: <sip:1003@203.0.113.1>\r\nContact: <sip:1001@{address}>\r\nContent-Length: 0\r\n\r\n"
    );
    world.send_as(alice, refer).run_for_s(1);
    let answer = world.sent_to(alice).pop().unwrap_or_default();
    assert!(answer.starts_with("SIP/2.0 403 Only Within A Call\r\n"), "{answer}");
    assert_states(&world, [bob], [PhoneState::Idle]);
    assert_all_over(&mut world);
}

#[test]
fn a_call_that_still_rings_cannot_be_transferred() {
    let mut world = World::with_seed(1);
    let phones = ringing(&mut world);
    let [alice, _] = phones;
    let address = world.phone(alice).address();
    let progress = world.sent_to(alice).pop().unwrap_or_default();
    let line = |name: &str| progress.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    let refer = format!(
        "REFER sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bKr\r\nMax-Forwards: 70\r\n{}\r\n{}\r\n{}\r\n\
         CSeq: 77 REFER\r\nRefer-To: <sip:1003@203.0.113.1>\r\nContent-Length: 0\r\n\r\n",
        line("From: "),
        line("To: "),
        line("Call-ID: ")
    );
    world.send_as(alice, refer).run_for_s(1);
    let answer = world.sent_to(alice).pop().unwrap_or_default();
    assert!(answer.starts_with("SIP/2.0 500 Call Not Answered Yet\r\n"), "{answer}");
    assert_states(&world, phones, [PhoneState::RingBack, PhoneState::Ringing]);
}

#[test]
fn one_call_is_not_transferred_for_ever() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, _] = phones;
    for _ in 0..60 {
        world.transfer(alice, "1777").run_for_s(1);
        assert_eq!(world.phone(alice).refer_answer(), Some((202, "Accepted")));
    }
    world.transfer(alice, "1777").run_for_s(1);
    assert_eq!(world.phone(alice).refer_answer(), Some((403, "Too Many Transfers")));
    assert_talking(&world, phones);
}

#[test]
fn a_transfer_that_may_go_no_further_is_refused() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, bob] = phones;
    world.transfer(alice, "1777").run_for_s(1);
    let sent = world.sent_by(alice).into_iter().rfind(|text| text.starts_with("REFER ")).unwrap_or_default();
    let last = sent.replace("Max-Forwards: 70", "Max-Forwards: 0").replace("z9hG4bK", "z9hG4bKx");
    let last = last.replace(" REFER\r\n", "9 REFER\r\n");
    world.send_as(alice, last).run_for_s(1);
    let answer = world.sent_to(alice).pop().unwrap_or_default();
    assert!(answer.starts_with("SIP/2.0 483 "), "{answer}");
    assert_eq!(requests(&world, bob, "BYE"), 0);
}

#[test]
fn digits_and_new_offers_while_it_rings_do_no_harm() {
    everywhere(|mut world| {
        let world = &mut world;
        let [alice, bob, carol] = registered(world, ["1001", "1002", "1003"]);
        world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
        world.leave(alice, Leaving::Never).transfer(alice, "1003").run_for_s(A_WHILE_S);
        for phone in [alice, bob] {
            world.send_digit(phone, '5').hold(phone).run_for_s(A_WHILE_S).resume(phone).run_for_s(A_WHILE_S);
            world.reoffer(phone).run_for_s(A_WHILE_S).change_address(phone).run_for_s(A_WHILE_S);
            world.hold_by_update(phone).run_for_s(A_WHILE_S).resume_by_update(phone).run_for_s(A_WHILE_S);
            assert!(!world.phone(phone).is_held() && !world.phone(phone).is_on_hold(), "{}", world.ladder());
        }
        world.answer(carol).run_for_s(2 * A_WHILE_S);
        assert_states(world, [alice, bob, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
        world.hang_up(carol);
        assert_all_over(world);
    });
}

#[test]
fn who_hangs_up_before_it_hears_of_a_failure_ends_what_the_other_party_has_begun() {
    let mut world = World::with_seed(1).delay_ms(500);
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.leave(alice, Leaving::Never).transfer(alice, "1777").transfer(bob, "1003");
    world.run_for(Duration::from_millis(100)).hang_up(alice).run_for_s(10);
    assert_states(&world, [alice, bob, carol], [PhoneState::Idle; 3]);
    assert_all_over(&mut world);
}

#[test]
fn a_referrer_who_leaves_and_owes_an_answer_does_not_keep_the_others_apart() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.leave(alice, Leaving::Never).transfer(alice, "1003").run_for_s(A_WHILE_S);
    for (number, method) in [(8, "INVITE"), (9, "BYE")] {
        let request = again(&world, alice, method, number);
        world.send_as(alice, request);
    }
    world.unplug(alice).run_for_s(40).answer(carol).run_for_s(A_WHILE_S);
    assert_states(&world, [bob, carol], [PhoneState::InCall; 2]);
    assert_hear_each_other(&mut world, [bob, carol]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

#[test]
fn who_has_offered_to_a_referrer_that_leaves_gets_an_answer_all_the_same() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.transfer(alice, "1777").run_for_s(A_WHILE_S).unplug(alice);
    for (number, method) in [(2, "INVITE"), (3, "REFER"), (4, "BYE")] {
        let request = again(&world, alice, method, number).replace("sip:1777@", "sip:1003@");
        world.send_as(alice, request).run_for_s(1);
    }
    let ack = world.sent_to(bob).into_iter().rfind(|text| text.starts_with("ACK "));
    assert!(ack.is_some_and(|ack| ack.contains("application/sdp")), "{}", world.ladder());
    world.answer(carol).run_for_s(A_WHILE_S);
    assert_states(&world, [bob, carol], [PhoneState::InCall; 2]);
    assert_hear_each_other(&mut world, [bob, carol]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

#[test]
fn a_digit_that_crosses_the_bye_of_a_referrer_does_not_end_the_call_of_who_waits() {
    let mut world = World::with_seed(1).with_media().delay_ms(200);
    world.digits_by_info();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.send_digit(bob, '5').run_for(Duration::from_millis(100));
    world.leave(alice, Leaving::Never).transfer(alice, "1003").hang_up(alice).run_for_s(2);
    let answers = answers_to_info(&world, bob);
    assert!(!answers.is_empty() && answers.iter().all(|text| text.starts_with("SIP/2.0 200 ")), "{}", world.ladder());
    world.answer(carol).run_for_s(A_WHILE_S);
    assert_states(&world, [bob, carol], [PhoneState::InCall; 2]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

/// The third request of who asks for the transfer is an ACK that lacks its answer.
#[test]
fn who_has_offered_to_a_referrer_that_answers_nothing_may_still_offer() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.transfer(alice, "1777").run_for_s(A_WHILE_S).unplug(alice);
    let [invite, refer] = [(2, "INVITE"), (3, "REFER")].map(|(number, method)| again(&world, alice, method, number));
    let ack = invite.replace("INVITE", "ACK").replace("z9hG4bK", "z9hG4bKack");
    world.send_as(alice, invite).run_for_s(1).send_as(alice, refer.replace("sip:1777@", "sip:1003@")).run_for_s(1);
    world.send_as(alice, ack).run_for_s(1).answer(carol).run_for_s(A_WHILE_S);
    assert_states(&world, [bob, carol], [PhoneState::InCall; 2]);
    world.hold(bob).run_for_s(A_WHILE_S);
    assert!(world.phone(carol).is_held(), "{}", world.ladder());
    world.hang_up(bob);
    assert_all_over(&mut world);
}

#[test]
fn a_phone_that_has_heard_the_outcome_out_of_order_hears_it_again() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.leave(alice, Leaving::WhenMade).transfer(alice, "1003").run_for_s(A_WHILE_S);
    // A request with a higher number is there first.
    let notify = world.sent_to(alice).into_iter().rfind(|text| text.starts_with("NOTIFY ")).unwrap_or_default();
    let number = notify.lines().find_map(|line| line.strip_prefix("CSeq: ")?.split(' ').next()?.parse::<u32>().ok());
    let number = number.unwrap_or_default();
    let later = notify.replace(&format!("CSeq: {number} "), &format!("CSeq: {} ", number + 2));
    world.inject(alice, later.replace("z9hG4bK", "z9hG4bKlater")).answer(carol).run_for_s(A_WHILE_S);
    let last = world.phone(alice).told().last().cloned().unwrap_or_default();
    assert_eq!(last, "terminated;reason=noresource SIP/2.0 200 OK", "{}", world.ladder());
    assert_states(&world, [alice, bob, carol], [PhoneState::Idle, PhoneState::InCall, PhoneState::InCall]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}

#[test]
fn a_referrer_that_acknowledges_nothing_more_does_not_end_the_call_of_who_waits() {
    let mut world = World::with_seed(1).with_media();
    let [alice, bob, carol] = registered(&mut world, ["1001", "1002", "1003"]);
    world.dial(alice, "1002").run_for_s(A_WHILE_S).answer(bob).run_for_s(A_WHILE_S);
    world.leave(alice, Leaving::Never).transfer(alice, "1003").run_for_s(A_WHILE_S);
    let invite = again(&world, alice, "INVITE", 8);
    world.send_as(alice, invite).unplug(alice).run_for_s(40);
    assert_states(&world, [bob, carol], [PhoneState::InCall, PhoneState::Ringing]);
    world.answer(carol).run_for_s(A_WHILE_S);
    assert_hear_each_other(&mut world, [bob, carol]);
    world.hang_up(bob);
    assert_all_over(&mut world);
}
