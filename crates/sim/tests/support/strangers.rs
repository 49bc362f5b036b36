//! Requests of programs that are no phones: written by hand, and sent from nowhere.

use std::collections::HashSet;

use warden_call::Event;
use warden_call::access::BanReason;
use warden_sim::World;
use warden_sip::digest::{Challenge, Exchange, Ha1};

/// A request without dialog from nowhere, as a program sends it.
pub fn request(method: &str, to: &str, branch: u32, more: &str) -> String {
    format!(
        "{method} sip:{to}@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;rport;branch=z9hG4bKn{branch}\r\n\
         From: <sip:1001@a>;tag=n{branch}\r\nTo: <sip:{to}@a>\r\nCall-ID: n{branch}\r\nCSeq: 1 {method}\r\n\
         Max-Forwards: 70\r\nContact: <sip:1001@198.51.100.1>\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

/// The first lines of what came back from now on, without what was only sent again.
pub fn answers(world: &mut World, send: impl FnOnce(&mut World)) -> Vec<String> {
    let mut seen: HashSet<String> = world.sent_to_nowhere().into_iter().collect();
    send(world);
    world.run_for_s(1);
    let news: Vec<_> = world.sent_to_nowhere().into_iter().filter(|text| seen.insert(text.clone())).collect();
    news.iter().map(|text| text.lines().next().unwrap_or_default().to_owned()).collect()
}

/// What answers the challenge in `refused`.
pub fn credentials(refused: &str, method: &str, number: &str, nc: u32) -> String {
    let value = refused.lines().find_map(|line| line.strip_prefix("WWW-Authenticate: ")).expect("a challenge");
    let challenge = Challenge::parse(value.as_bytes()).expect("a challenge");
    let exchange = Exchange { method: method.as_bytes(), uri: b"sip:203.0.113.1", nc, cnonce: b"0a4f113b" };
    let ha1 = Ha1::derive(number.as_bytes(), challenge.realm(), World::password(number).as_bytes());
    let value = challenge.answer(number.as_bytes(), &ha1, &exchange);
    format!("Authorization: {}\r\n", String::from_utf8_lossy(&value))
}

/// The challenge that a request from nowhere gets.
pub fn challenge(world: &mut World, method: &str, to: &str, branch: u32) -> String {
    challenge_at(world, 1, method, to, branch)
}

/// The same at this one of the addresses that are nowhere.
pub fn challenge_at(world: &mut World, from: u8, method: &str, to: &str, branch: u32) -> String {
    world.send_from_nowhere(from, request(method, to, branch, "")).run_for_s(1);
    let sent = world.sent_to_nowhere();
    sent.into_iter().rfind(|text| text.starts_with("SIP/2.0 401 ")).expect("a challenge")
}

/// Why somebody was banned, each time.
pub fn bans(world: &World) -> Vec<BanReason> {
    let bans = world.events().iter().filter_map(|event| match event {
        Event::Banned { reason, .. } => Some(*reason),
        Event::Call { .. }
        | Event::Unrecorded { .. }
        | Event::Registered { .. }
        | Event::Unregistered { .. }
        | Event::SignInFailed { .. }
        | Event::Forbidden { .. }
        | Event::Account { .. }
        | Event::ExternalAddress { .. }
        | Event::Digit { .. }
        | Event::MessageLost { .. }
        | Event::Scanner { .. } => None,
    });
    bans.collect()
}
