//! What one REGISTER after another leaves behind.

mod nat;
mod outbound;
mod path;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use warden_sip::endpoint::Flow;
use warden_sip::header::Transport;
use warden_sip::message::Message;
use warden_sip::random::Random;

use super::{Registering, Registrar};
use crate::directory::{Directory, Extension, Nat, Person, RegistrationLimits};
use crate::output::{BindingChange, Output};

const LIMITS: RegistrationLimits = RegistrationLimits {
    min: Duration::from_mins(1),
    usual: Duration::from_hours(1),
    max: Duration::from_hours(2),
    contacts: 2,
};

struct Bench {
    registrar: Registrar,
    now: Instant,
    outputs: VecDeque<Output>,
}

impl Bench {
    #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
    fn new() -> Self {
        let now = Instant::now();
        Self { registrar: Registrar::new(Random::from_seed([1; 32]), now), now, outputs: VecDeque::new() }
    }

    /// Sends a REGISTER for 1001 with these header lines; the answer's status and Contact values.
    fn register(&mut self, sequence: u32, lines: &str) -> (u16, Vec<String>) {
        let (status, headers) = self.receive(&request("c", sequence, lines), flow(), Nat::Auto);
        let contacts = headers.lines().filter_map(|line| line.strip_prefix("Contact: ")).map(str::to_owned);
        (status, contacts.collect())
    }

    /// Takes a REGISTER that came so; the answer's status and headers.
    fn receive(&mut self, request: &Message, flow: Flow, nat: Nat) -> (u16, String) {
        let registering = Registering { extension: &extension(), request, flow, nat };
        let reply = self.registrar.register(registering, &LIMITS, self.now, &mut self.outputs);
        (reply.status.code(), String::from_utf8(reply.headers.text().to_vec()).expect("text"))
    }

    fn contacts(&self) -> Vec<String> {
        let contacts = self.registrar.bindings().map(|binding| binding.contact.text().to_vec());
        contacts.map(|contact| String::from_utf8(contact).expect("text")).collect()
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.registrar.expire(self.now, &mut self.outputs);
    }
}

/// A REGISTER for 1001.
fn request(call_id: &str, sequence: u32, lines: &str) -> Message {
    let via = if lines.contains("Via:") { "" } else { "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n" };
    let text = format!(
        "REGISTER sip:pbx SIP/2.0\r\n{via}From: <sip:1001@pbx>;tag=1\r\nTo: <sip:1001@pbx>\r\nCall-ID: {call_id}\r\n\
         CSeq: {sequence} REGISTER\r\n{lines}\r\n"
    );
    Message::parse(Bytes::from(text)).expect("parses")
}

fn extension() -> Extension {
    Extension::parse(b"1001").expect("an extension")
}

fn flow() -> Flow {
    let (local, remote) = (([10, 0, 0, 1], 5060).into(), ([10, 0, 0, 9], 5060).into());
    Flow { transport: Transport::Udp, local, remote, connection: None }
}

#[test]
fn without_contact_the_registrations_are_listed_with_what_is_left_of_them() {
    let mut bench = Bench::new();
    assert_eq!(bench.register(1, ""), (200, vec![]));
    bench.register(2, "Contact: <sip:a@h>;expires=100\r\n");
    bench.pass(40);
    assert_eq!(bench.register(3, ""), (200, vec!["<sip:a@h>;expires=60".into()]));
}

#[test]
fn a_contacts_own_expiry_comes_before_the_headers_and_that_before_the_usual() {
    let mut bench = Bench::new();
    let (_, contacts) = bench.register(1, "Contact: <sip:a@h>;expires=100, <sip:b@h>\r\nExpires: 200\r\n");
    assert_eq!(contacts, ["<sip:a@h>;expires=100", "<sip:b@h>;expires=200"]);
    let (_, contacts) = bench.register(2, "Contact: <sip:a@h>;expires=soon\r\n");
    assert_eq!(contacts, ["<sip:b@h>;expires=200", "<sip:a@h>;expires=3600"]);
    let (_, contacts) = bench.register(3, "Contact: <sip:a@h>;expires=99999999999\r\n");
    assert_eq!(contacts, ["<sip:b@h>;expires=200", "<sip:a@h>;expires=7200"]);
}

#[test]
fn equivalent_contacts_are_one() {
    let mut bench = Bench::new();
    bench.register(1, "Contact: <sip:a@Host.example;transport=udp>\r\n");
    bench.register(2, "Contact: <sip:%61@host.EXAMPLE;Transport=UDP>\r\n");
    assert_eq!(bench.contacts(), ["sip:%61@host.EXAMPLE;Transport=UDP"]);
}

#[test]
fn a_star_with_expires_0_removes_all_and_any_other_star_is_refused() {
    let mut bench = Bench::new();
    bench.register(1, "Contact: <sip:a@h>, <sip:b@h>\r\n");
    for bad in ["Contact: *\r\n", "Contact: *\r\nExpires: 60\r\n", "Contact: *, <sip:c@h>\r\nExpires: 0\r\n"] {
        assert_eq!(bench.register(2, bad).0, 400, "{bad}");
    }
    assert_eq!(bench.contacts().len(), 2);
    assert_eq!(bench.register(2, "Contact: *\r\nExpires: 0\r\n"), (200, vec![]));
    assert!(bench.contacts().is_empty());
}

#[test]
fn one_wish_that_is_refused_refuses_all() {
    let mut bench = Bench::new();
    assert_eq!(bench.register(1, "Contact: <sip:a@h>, <sip:b@h>;expires=5\r\n").0, 423);
    assert_eq!(bench.register(2, "Contact: <sip:a@h>, <tel:+1201>\r\n").0, 416);
    assert_eq!(bench.register(3, "Contact: <sip:a@h>, <sip:b@h>, <sip:c@h>\r\n").0, 403);
    assert!(bench.contacts().is_empty());
}

#[test]
fn the_limit_counts_contacts_not_requests() {
    let mut bench = Bench::new();
    bench.register(1, "Contact: <sip:a@h>, <sip:b@h>\r\n");
    assert_eq!(bench.register(2, "Contact: <sip:a@h>\r\n").0, 200);
    assert_eq!(bench.register(3, "Contact: <sip:c@h>\r\n").0, 403);
    bench.register(4, "Contact: <sip:a@h>;expires=0\r\n");
    assert_eq!(bench.register(5, "Contact: <sip:c@h>\r\n").0, 200);
}

#[test]
fn a_register_that_was_overtaken_changes_nothing() {
    let mut bench = Bench::new();
    bench.register(5, "Contact: <sip:a@h>\r\n");
    assert_eq!(bench.register(4, "Contact: <sip:a@h>;expires=0\r\n").0, 500);
    assert_eq!(bench.register(5, "Contact: *\r\nExpires: 0\r\n").0, 500);
    assert_eq!(bench.contacts().len(), 1);
}

#[test]
fn an_expired_contact_is_gone_and_a_refreshed_one_is_not() {
    let mut bench = Bench::new();
    bench.register(1, "Contact: <sip:a@h>;expires=100, <sip:b@h>;expires=100\r\n");
    bench.pass(99);
    bench.register(2, "Contact: <sip:b@h>;expires=100\r\n");
    bench.pass(1);
    assert_eq!(bench.contacts(), ["sip:b@h"]);
    bench.pass(99);
    assert!(bench.contacts().is_empty());
}

#[test]
fn what_an_earlier_run_saved_is_reachable_until_it_expires() {
    let mut bench = Bench::new();
    bench.register(1, "Contact: <sip:a@h>;expires=100\r\n");
    let saved: Vec<_> = bench.registrar.bindings().cloned().collect();
    let mut directory = Directory::default();
    let mut next = Bench { now: bench.now + Duration::from_secs(50), ..Bench::new() };
    next.registrar.restore(saved.clone(), &directory, next.now, &mut next.outputs);
    assert!(next.contacts().is_empty(), "nobody has this extension any more");
    assert!(matches!(&next.outputs.make_contiguous()[..], [Output::Save(BindingChange::Remove { .. })]));
    directory.people.insert(extension(), Person { name: "Alice".into() });
    next.registrar.restore(saved, &directory, next.now, &mut next.outputs);
    assert_eq!((next.contacts(), next.outputs.len()), (vec!["sip:a@h".to_owned()], 1));
    next.pass(51);
    assert!(next.contacts().is_empty());
}

#[test]
fn a_phone_whose_connection_has_ended_cannot_be_reached() {
    let mut bench = Bench::new();
    bench.register(1, "Contact: <sip:a@x>\r\n");
    let other = Flow { remote: ([192, 0, 2, 77], 9).into(), ..flow() };
    bench.registrar.disconnect(&other, &mut bench.outputs);
    assert_eq!(bench.contacts(), ["sip:a@x"]);
    bench.registrar.disconnect(&flow(), &mut bench.outputs);
    assert!(bench.contacts().is_empty());
    bench.pass(7200);
}
