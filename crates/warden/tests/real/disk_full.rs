//! A full disk: calls go on, those who ask are told, and nothing is lost when there is room again.

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::Value;

use crate::support::{Ask, Heard, PASSWORD, RawPhone, Warden, ask_web, get, loopback, poll, server};

fn phone(server: &Warden, number: &str) -> RawPhone {
    let mut phone = RawPhone::new(server, loopback(1), number, PASSWORD);
    phone.register();
    phone
}

/// Lets no file of the server grow, or not be written at all, as when the disk is full; or takes that back.
fn fill_disk(server: &Warden, is_full: bool) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let current = if is_full { Some(0) } else { maximum };
    prlimit(Pid::from_raw(server.pid()), Resource::Fsize, Rlimit { current, maximum }).unwrap();
}

/// Waits until health says so of the call records.
fn records_are(server: &Warden, outcome: &str, status: u16) {
    let says_so =
        |(code, health): &(u16, Value)| (*code, &health["checks"]["call_records"]) == (status, &outcome.into());
    let health = poll(10, || Some(ask_web(server, "/api/health")).filter(says_so));
    assert!(health.is_some(), "{:?}, not {outcome}", ask_web(server, "/api/health"));
}

fn call(alice: &mut RawPhone, bob: &mut RawPhone) -> Heard {
    alice.send_signed(&Ask::call("1001", "1002"));
    bob.take_call();
    let answer = alice.answer();
    assert_eq!(answer.status_line(), "200 OK");
    answer
}

fn hang_up(alice: &mut RawPhone, bob: &mut RawPhone, answer: &Heard) {
    alice.hang_up(answer);
    bob.call_ended();
}

#[test]
fn on_a_full_disk_calls_go_on_and_are_recorded_when_there_is_room_again() {
    let mut server = server();
    let (mut alice, mut bob) = (phone(&server, "1001"), phone(&server, "1002"));
    let just_over = call(&mut alice, &mut bob);
    hang_up(&mut alice, &mut bob, &just_over);
    let from_before = call(&mut alice, &mut bob);
    records_are(&server, "ok", 200);

    fill_disk(&server, true);
    hang_up(&mut alice, &mut bob, &from_before);
    let _carol = phone(&server, "1003");
    let answer = call(&mut alice, &mut bob);
    records_are(&server, "failing", 503);
    assert_eq!(get(&server, "/api/status")["call_records"]["status"], "failing");
    assert_eq!(server.calls().len(), 1);
    hang_up(&mut alice, &mut bob, &answer);

    fill_disk(&server, false);
    records_are(&server, "ok", 200);
    let all = poll(10, || Some(server.records()).filter(|records| records.len() == 3));
    let records = all.unwrap_or_else(|| panic!("not all calls: {:?}", server.records()));
    assert!(records.iter().all(|record| record["ended_why"] == "hung up by the caller"), "{records:?}");
    let expected = serde_json::json!({ "status": "ok", "waiting": 0, "lost_events": 0 });
    let told = poll(5, || Some(get(&server, "/api/status")).filter(|status| status["call_records"] == expected));
    assert!(told.is_some(), "{}", get(&server, "/api/status"));

    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    assert_eq!((server.registrations().len(), server.records().len()), (3, 3));
}

#[test]
fn a_call_that_lasts_from_before_a_full_disk_till_after_it_has_one_whole_record() {
    let mut server = server();
    let (mut alice, mut bob) = (phone(&server, "1001"), phone(&server, "1002"));
    let answer = call(&mut alice, &mut bob);
    fill_disk(&server, true);
    let refused = bob.ask_signed(&Ask::call("1002", "1999"));
    assert_eq!(refused.status(), 404);
    records_are(&server, "failing", 503);
    fill_disk(&server, false);
    records_are(&server, "ok", 200);
    hang_up(&mut alice, &mut bob, &answer);
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    let records = server.records();
    let is_whole = |record: &&Value| record["dialled"] == "1002" && record["disposition"] == "answered";
    assert_eq!((records.len(), records.iter().filter(is_whole).count()), (2, 1), "{records:?}");
}
