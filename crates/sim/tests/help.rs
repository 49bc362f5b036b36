//! Calls for help from where somebody is banned: they are heard, and nothing is gained by them.

#![expect(clippy::expect_used, reason = "what is wrong here fails the test")]

mod support;

use std::time::Duration;

use support::registered;
use support::strangers::{answers, bans, challenge, credentials, request};
use warden_call::Event;
use warden_call::access::BanReason;
use warden_sim::World;

/// Credentials for a call for help, with the wrong response.
fn wrong(refused: &str, number: &str, nc: u32) -> String {
    credentials(refused, "INVITE", number, nc).replace("uri=\"sip:2", "uri=\"sip:3")
}

/// How many passwords were looked at and found wrong.
fn wrong_passwords(world: &World) -> usize {
    world.events().iter().filter(|event| matches!(event, Event::SignInFailed { .. })).count()
}

/// Calls for help ten times a second, each time with a wrong password and a count of its own, which begin at `from`.
fn guess_for_help(world: &mut World, number: &str, from: u32, guesses: u32) {
    let refused = challenge(world, "INVITE", "911", from);
    for branch in 0..guesses {
        let guess = wrong(&refused, number, branch + 1);
        world.send_from_nowhere(1, request("INVITE", "911", from + 1 + branch, &guess));
        world.run_for(Duration::from_millis(100));
    }
}

/// What a call for help with the right password gets.
fn call_for_help(world: &mut World, number: &str, branch: u32) -> String {
    let refused = challenge(world, "INVITE", "911", branch);
    let signed = request("INVITE", "911", branch + 1, &credentials(&refused, "INVITE", number, 1));
    world.send_from_nowhere(1, signed).run_for_s(1);
    let sent = world.sent_to_nowhere();
    sent.into_iter().rfind(|text| text.contains(&format!("Call-ID: n{}\r\n", branch + 1))).expect("an answer")
}

const HEARD: &str = "SIP/2.0 503 No Way to Emergency Services";

#[test]
fn calls_for_help_do_not_make_guessing_faster_than_a_ban_does() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001", "1002"]);
    guess_for_help(&mut world, "1001", 1000, 1000);
    assert_eq!((bans(&world), wrong_passwords(&world)), (vec![BanReason::WrongPasswords], 5));
    let unread = call_for_help(&mut world, "1001", 3000);
    assert!(
        unread.starts_with("SIP/2.0 401 ") && unread.contains("stale=true"),
        "the right one tells nothing: {unread}"
    );
    assert!(call_for_help(&mut world, "1002", 3010).starts_with(HEARD), "another user is not concerned");
    world.run_for_s(300);
    assert!(call_for_help(&mut world, "1001", 3020).starts_with(HEARD), "the ban is on, and help is there");
}

#[test]
fn many_names_do_not_make_guessing_faster_either() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001"]);
    for name in 0..40 {
        guess_for_help(&mut world, &format!("2{name:03}"), 1000 + name * 100, 5);
    }
    assert_eq!(wrong_passwords(&world), 20, "of 200 within a minute");
}

#[test]
fn a_registered_phone_calls_for_help_beside_a_guesser_who_uses_its_name() {
    let mut world = World::with_seed(1);
    world.phones(["1001"]);
    let refused = challenge(&mut world, "REGISTER", "1001", 1);
    let signed = request("REGISTER", "1001", 2, &credentials(&refused, "REGISTER", "1001", 1));
    world.send_from_nowhere(1, signed).run_for_s(1);
    assert_eq!(world.contacts().len(), 1);
    guess_for_help(&mut world, "1001", 1000, 20);
    assert!(!bans(&world).is_empty());
    assert!(call_for_help(&mut world, "1001", 3000).starts_with(HEARD));
}

#[test]
fn what_a_call_for_help_demands_and_is_not_understood_does_not_keep_it_from_help() {
    let mut world = World::with_seed(1);
    registered(&mut world, ["1001"]);
    let parts = "--b\r\nContent-Type: application/x-new\r\nContent-Disposition: x;handling=required\r\n\r\nx\r\n\
                 --b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n";
    let demanding = |number: &str, branch: u32, credentials: &str| {
        let headers = format!("{credentials}Require: x-new\r\nContent-Type: multipart/mixed;boundary=b\r\n");
        let text = request("INVITE", number, branch, &headers);
        text.replace("Content-Length: 0\r\n\r\n", &format!("Content-Length: {}\r\n\r\n{parts}", parts.len()))
    };
    let refused = challenge(&mut world, "INVITE", "911", 1);
    let signed = demanding("911", 2, &credentials(&refused, "INVITE", "1001", 1));
    let heard = answers(&mut world, |world| _ = world.send_from_nowhere(1, signed));
    assert_eq!(heard, [HEARD]);
    let usual = demanding("1002", 3, "");
    let refused = answers(&mut world, |world| _ = world.send_from_nowhere(1, usual));
    assert_eq!(refused, ["SIP/2.0 420 Bad Extension"]);
}
