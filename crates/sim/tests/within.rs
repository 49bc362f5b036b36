//! Requests within a call that phones send and simulated phones do not.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::strangers::credentials;
use support::{A_WHILE_S, assert_states, assert_talking, ringing, talking};
use warden_sim::{PhoneId, PhoneState, World};
use warden_sip::status::Status;

/// A request of the caller within its dialog, as far as it stands.
fn request(world: &World, caller: PhoneId, method: &str, more: &str, body: &str) -> String {
    let answers = world.sent_to(caller);
    let last = answers.iter().rfind(|text| text.contains(" INVITE\r\n") && text.contains(";tag=")).expect("an answer");
    let line = |name: &str| last.lines().find(|line| line.starts_with(name)).expect("a header");
    let (from, to, call_id) = (line("From: "), line("To: "), line("Call-ID: "));
    let address = world.phone(caller).address();
    format!(
        "{method} sip:203.0.113.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP {address};rport;branch=z9hG4bKw{method}\r\n{from}\r\n\
         {to}\r\n{call_id}\r\nCSeq: 77 {method}\r\nMax-Forwards: 70\r\nContact: <sip:1001@{address}>\r\n{more}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends the caller's BYE from another address; what it got.
fn bye_from_nowhere(world: &mut World, caller: PhoneId, branch: &str, more: &str) -> String {
    let bye = request(world, caller, "BYE", more, "").replace("z9hG4bKwBYE", branch);
    world.send_from_nowhere(66, bye).run_for_s(1).sent_to_nowhere().pop().expect("an answer")
}

#[test]
fn a_stranger_who_knows_the_dialog_cannot_end_the_call() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, _] = phones;
    let challenge = bye_from_nowhere(&mut world, alice, "z9hG4bKa", "");
    assert!(challenge.starts_with("SIP/2.0 401 "), "{challenge}");
    let answer = bye_from_nowhere(&mut world, alice, "z9hG4bKb", &credentials(&challenge, "BYE", "1002", 1));
    assert!(answer.starts_with("SIP/2.0 403 Not Your Call"), "{answer}");
    assert_talking(&world, phones);
}

#[test]
fn a_datagram_does_not_speak_for_a_phone_on_a_connection() {
    let mut world = World::with_seed(1);
    let phones = world.phones(["1001", "1002"]);
    let [alice, bob] = phones;
    world.connect(alice).register(alice, 3600).register(bob, 3600).run_for_s(1);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    let bye = request(&world, alice, "BYE", "", "");
    world.send_as(alice, bye).run_for_s(1);
    assert_talking(&world, phones);
}

#[test]
fn a_phone_that_has_moved_signs_what_it_sends() {
    let mut world = World::with_seed(1);
    let [alice, bob] = talking(&mut world);
    let challenge = bye_from_nowhere(&mut world, alice, "z9hG4bKa", "");
    let answer = bye_from_nowhere(&mut world, alice, "z9hG4bKb", &credentials(&challenge, "BYE", "1001", 1));
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    assert_states(&world, [bob], [PhoneState::Idle]);
}

/// What the caller got for it.
fn answer(world: &mut World, caller: PhoneId, method: &str, more: &str, body: &str) -> String {
    let request = request(world, caller, method, more, body);
    world.send_as(caller, request).run_for_s(1);
    let answers = world.sent_to(caller);
    let ours = answers.into_iter().rfind(|text| text.contains(&format!("CSeq: 77 {method}\r\n")));
    ours.expect("an answer")
}

#[test]
fn a_digit_before_the_answer_does_not_end_the_call() {
    let mut world = World::with_seed(1);
    let phones = ringing(&mut world);
    let [alice, bob] = phones;
    let kind = "Content-Type: application/dtmf-relay\r\n";
    let answer = answer(&mut world, alice, "INFO", kind, "Signal=5\r\nDuration=160\r\n");
    assert!(answer.starts_with("SIP/2.0 500 ") && answer.contains("Retry-After: "), "{answer}");
    world.answer(bob).run_for_s(A_WHILE_S);
    assert_talking(&world, phones);
}

#[test]
fn a_phone_that_asks_whether_the_call_is_still_there_hears_that_it_is() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, _] = phones;
    let answer = answer(&mut world, alice, "OPTIONS", "", "");
    assert!(answer.starts_with("SIP/2.0 200 ") && answer.contains("Allow: "), "{answer}");
    assert_talking(&world, phones);
}

const TEXT: &str = "Content-Type: text/plain\r\n";

#[test]
fn what_is_written_within_a_call_is_for_the_other_party_who_answers_it() {
    let mut world = World::with_seed(1);
    let [alice, bob, second] = support::registered(&mut world, ["1001", "1002", "1002"]);
    world.dial(alice, "1002").run_for_s(1).answer(bob).run_for_s(1);
    let taken = answer(&mut world, alice, "MESSAGE", TEXT, "Look at page 7");
    assert!(taken.starts_with("SIP/2.0 200 "), "{taken}");
    let read = |phone| world.phone(phone).unasked().iter().map(|message| message.body().to_vec()).collect::<Vec<_>>();
    assert_eq!((read(bob), read(second)), (vec![b"Look at page 7".to_vec()], vec![]));
    assert_talking(&world, [alice, bob]);
}

#[test]
fn what_the_other_party_does_not_take_within_a_call_is_refused_and_not_kept() {
    for (said, told) in [(603, 603), (405, 500), (415, 500), (401, 500)] {
        let mut world = World::with_seed(1);
        let phones = talking(&mut world);
        let [alice, bob] = phones;
        world.answer_notify(bob, Status::from_code(said), None);
        let refused = answer(&mut world, alice, "MESSAGE", TEXT, "Look at page 7");
        assert!(refused.starts_with(&format!("SIP/2.0 {told} ")), "{refused}");
        assert_eq!(world.message_counts(), [0; 3]);
        assert_talking(&world, phones);
    }
}

#[test]
fn a_phone_that_ignores_what_is_written_to_it_keeps_its_call() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, bob] = phones;
    world.answer_notify(bob, None, None);
    let message = request(&world, alice, "MESSAGE", TEXT, "Look at page 7");
    world.send_as(alice, message).run_for_s(30);
    let ours = world.sent_to(alice).into_iter().rfind(|text| text.contains("CSeq: 77 MESSAGE\r\n"));
    assert!(ours.is_some_and(|text| text.starts_with("SIP/2.0 480 ")), "{}", world.ladder());
    world.run_for_s(10);
    assert_talking(&world, phones);
}

#[test]
fn a_phone_whose_question_is_repeated_by_the_network_gets_the_same_answer() {
    let mut world = World::with_seed(1);
    let [alice, _] = talking(&mut world);
    let asked = request(&world, alice, "OPTIONS", "", "");
    world.send_as(alice, asked.clone()).run_for_s(1).send_as(alice, asked).run_for_s(1);
    let answers: Vec<_> =
        world.sent_to(alice).into_iter().filter(|text| text.contains("CSeq: 77 OPTIONS\r\n")).collect();
    assert!(answers.len() == 2 && answers.iter().all(|text| text.starts_with("SIP/2.0 200 ")), "{answers:?}");
}

#[test]
fn what_cannot_be_written_within_a_call_is_refused_at_once() {
    let mut world = World::with_seed(1);
    let phones = talking(&mut world);
    let [alice, _] = phones;
    let picture = answer(&mut world, alice, "MESSAGE", "Content-Type: image/png\r\n", "x");
    assert!(picture.starts_with("SIP/2.0 415 ") && picture.contains("Accept: text/plain"), "{picture}");
    assert_talking(&world, phones);
    let mut world = World::with_seed(1);
    let [alice, _] = ringing(&mut world);
    let early = answer(&mut world, alice, "MESSAGE", TEXT, "Hello?");
    assert!(early.starts_with("SIP/2.0 500 ") && early.contains("Retry-After: "), "{early}");
}

#[test]
fn a_bye_before_the_answer_gives_the_call_up() {
    let mut world = World::with_seed(1);
    let phones = ringing(&mut world);
    let [alice, _] = phones;
    let answer = answer(&mut world, alice, "BYE", "", "");
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    assert_states(&world, phones, [PhoneState::Idle; 2]);
}

#[test]
fn a_ringing_phone_that_tells_a_new_name_is_answered_with_a_contact() {
    let mut world = World::with_seed(1);
    let [_, bob] = ringing(&mut world);
    let texts = world.sent_by(bob);
    let ringing = texts.iter().find(|text| text.starts_with("SIP/2.0 180 ")).expect("a 180");
    let value = |name: &str| ringing.lines().find_map(|line| line.strip_prefix(name)).expect("a header");
    let (from, to, call_id) = (value("To: "), value("From: "), value("Call-ID: "));
    let address = world.phone(bob).address();
    let update = format!(
        "UPDATE sip:203.0.113.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP {address};rport;branch=z9hG4bKu\r\nFrom: {from}\r\n\
         To: {to}\r\nCall-ID: {call_id}\r\nCSeq: 7 UPDATE\r\nMax-Forwards: 70\r\nContact: <sip:1002@{address}>\r\n\
         Content-Length: 0\r\n\r\n"
    );
    world.send_as(bob, update).run_for_s(1);
    let answer = world.sent_to(bob).into_iter().rfind(|text| text.contains("CSeq: 7 UPDATE")).expect("an answer");
    assert!(answer.starts_with("SIP/2.0 200 ") && answer.contains("Contact: <sip:203.0.113.1:5060>"), "{answer}");
}

#[test]
fn a_change_that_is_refused_leaves_the_session_timer_as_it_was() {
    let mut world = World::with_seed(1);
    world.configure(|directory| directory.calls.session_expires = Duration::from_mins(3));
    let phones = talking(&mut world);
    let [alice, _] = phones;
    let more = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\nContent-Type: application/sdp\r\n";
    let body = "v=0\r\no=- 1 9 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 9\r\n";
    let answer = answer(&mut world, alice, "UPDATE", more, body);
    assert!(answer.starts_with("SIP/2.0 488 "), "{answer}");
    world.run_for_s(100);
    let refresh = world.sent_to(alice).into_iter().rfind(|text| text.starts_with("UPDATE ")).expect("a refresh");
    assert!(!refresh.contains("Session-Expires"), "{refresh}");
    assert_talking(&world, phones);
}
