//! Phones that say which one they are, and by which of their ways they come (RFC 5626, RFC 5627).

use warden_sip::uri::Uri;

use super::*;
use crate::output::{Event, Unregistered};

const URN: &str = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";

fn instance(urn: &str) -> String {
    format!("+sip.instance=\"<{urn}>\"")
}

/// The same network, another port.
fn other_port(port: u16) -> Flow {
    let mut flow = flow();
    flow.remote.set_port(port);
    flow
}

impl Bench {
    /// A REGISTER of a phone with a name.
    fn register_named(&mut self, call_id: &str, contact: &str, flow: Flow) -> (u16, String) {
        let lines = format!("Contact: {contact}\r\nSupported: outbound, path, gruu\r\n");
        self.receive(&request(call_id, 1, &lines), flow, Nat::Auto)
    }

    fn ends(&self) -> Vec<Unregistered> {
        let reasons = self.outputs.iter().filter_map(|output| {
            if let Output::Event(Event::Unregistered { reason, .. }) = output { Some(*reason) } else { None }
        });
        reasons.collect()
    }
}

#[test]
fn a_phone_that_has_restarted_is_one_phone_at_its_new_address() {
    let mut bench = Bench::new();
    let name = instance(URN);
    bench.register_named("one", &format!("<sip:a@10.0.0.9:5060>;{name}"), flow());
    bench.register_named("two", &format!("<sip:b@10.0.0.9:6060>;{name}"), other_port(6060));
    assert_eq!(bench.contacts(), ["sip:b@10.0.0.9:6060"]);
    assert_eq!(bench.ends(), [Unregistered::Replaced]);
    let upper = instance(&URN.to_uppercase());
    bench.register_named("three", &format!("<sip:c@10.0.0.9:7060>;{upper}"), other_port(7060));
    assert_eq!(bench.contacts(), ["sip:c@10.0.0.9:7060"]);
}

#[test]
fn another_phone_at_the_same_private_address_is_another_phone() {
    let mut bench = Bench::new();
    let (one, other) = (instance("urn:uuid:1"), instance("urn:uuid:2"));
    bench.register_named("one", &format!("<sip:a@10.0.0.9>;{one}"), other_port(1111));
    bench.register_named("two", &format!("<sip:a@10.0.0.9>;{other}"), other_port(2222));
    assert_eq!(bench.contacts().len(), 2);
    bench.register_named("three", &format!("<sip:a@10.0.0.9>;{}", instance("urn:uuid:3")), other_port(2222));
    assert_eq!(bench.contacts().len(), 2, "where one was seen, one is");
}

#[test]
fn each_reg_id_is_a_way_of_its_own_and_the_same_one_replaces_itself() {
    let mut bench = Bench::new();
    let contact = |reg_id: u8| format!("<sip:a@10.0.0.9>;{};reg-id={reg_id}", instance(URN));
    let (status, headers) = bench.register_named("c", &contact(1), flow());
    assert_eq!(status, 200);
    assert!(headers.contains("Require: outbound\r\nFlow-Timer: 29\r\n"), "{headers}");
    bench.register_named("d", &contact(2), other_port(7000));
    assert_eq!(bench.contacts().len(), 2);
    bench.register_named("e", &contact(2), other_port(8000));
    assert_eq!(bench.contacts().len(), 2);
    let sources: Vec<_> = bench.registrar.bindings().map(|binding| binding.source.port()).collect();
    assert_eq!(sources, [5060, 8000]);
    bench.register_named("f", &format!("{};expires=0", contact(1)), flow());
    assert_eq!(bench.contacts().len(), 1);
}

#[test]
fn a_first_hop_that_keeps_no_flows_is_refused_or_the_way_is_not_told_apart() {
    let mut bench = Bench::new();
    let contact = format!("Contact: <sip:a@10.0.0.9>;{};reg-id=1\r\n", instance(URN));
    let vias = "Via: SIP/2.0/UDP p;branch=z9hG4bK2\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n";
    let mut status = |more: &str| {
        let request = request("c", 1, &format!("{vias}{contact}{more}"));
        let mut fresh = Bench::new();
        let (status, headers) = fresh.receive(&request, flow(), Nat::Auto);
        bench = fresh;
        (status, headers.contains("Require: outbound"))
    };
    let supported = "Supported: path, outbound\r\n";
    assert_eq!(status(supported), (439, false));
    assert_eq!(status(&format!("{supported}Path: <sip:p;lr>\r\n")), (439, false));
    assert_eq!(status(&format!("{supported}Path: <sip:p;lr;ob>\r\n")), (200, true));
    assert_eq!(status("Supported: path\r\nPath: <sip:p;lr>\r\n"), (200, false));
    assert_eq!(bench.registrar.bindings().map(|binding| binding.reg_id).collect::<Vec<_>>(), [None]);
}

#[test]
fn two_ways_at_once_are_refused_and_a_way_without_a_name_means_nothing() {
    let mut bench = Bench::new();
    let one = format!("<sip:a@h>;{};reg-id=1", instance(URN));
    assert_eq!(bench.register_named("c", &format!("{one}, {one}"), flow()).0, 400);
    let (status, headers) = bench.register_named("c", "<sip:a@h>;reg-id=1", flow());
    assert_eq!((status, headers.contains("Require")), (200, false));
    for bad in ["0", "2147483648", "x", "-1"] {
        let contact = format!("<sip:a@h>;{};reg-id={bad}", instance(URN));
        let (status, headers) = bench.register_named(&format!("c{bad}"), &contact, flow());
        assert_eq!((status, headers.contains("Require")), (200, false), "{bad}");
    }
}

#[test]
fn the_answer_shows_what_the_phone_said_of_its_contact_but_not_without_bound() {
    let mut bench = Bench::new();
    let long = format!("x={}", "y".repeat(600));
    let (_, contacts) = bench.register(1, &format!("Contact: <sip:a@h>;q=0.5;{long};flag;expires=100;n=\"a;b\"\r\n"));
    assert_eq!(contacts, ["<sip:a@h>;expires=100;q=0.5;flag;n=\"a;b\""]);
    assert_eq!(bench.register(2, &format!("Contact: <sip:{}@h>\r\n", "a".repeat(600))).0, 400);
}

/// The two addresses in a listing.
fn gruus(headers: &str) -> [String; 2] {
    ["pub-gruu=\"", "temp-gruu=\""].map(|name| {
        let (_, rest) = headers.split_once(name).unwrap_or_else(|| panic!("no {name} in {headers}"));
        rest.split('"').next().expect("an end").to_owned()
    })
}

#[test]
fn a_gruu_is_given_to_who_knows_them_and_reaches_the_phone_that_it_was_given_to() {
    let mut bench = Bench::new();
    bench.register_named("x", &format!("<sip:b@10.0.0.8>;{}", instance("urn:uuid:other")), other_port(1));
    let contact = format!("<sip:a@10.0.0.9>;{}", instance(URN));
    let (_, headers) = bench.register_named("c", &contact, flow());
    let own = headers.lines().find(|line| line.contains("sip:a@")).expect("listed");
    let [public, temporary] = gruus(own);
    assert_eq!(public, format!("sip:1001@pbx;gr={URN}"));
    assert!(temporary.starts_with("sip:tgruu.") && temporary.ends_with("@pbx;gr"), "{temporary}");
    for text in [&public, &temporary] {
        let uri = Uri::parse(text.as_bytes()).expect("a URI");
        let reached: Vec<_> = bench.registrar.reached_by(&uri).map(|it| it.contact.text().to_vec()).collect();
        assert_eq!(reached, [b"sip:a@10.0.0.9"], "{text}");
    }
    let (_, contacts) = bench.register(9, "");
    assert!(!contacts.concat().contains("gruu"), "{contacts:?}");
}

#[test]
fn a_temporary_gruu_holds_while_the_phone_refreshes_and_not_after_it_has_begun_anew() {
    let mut bench = Bench::new();
    let lines = format!("Contact: <sip:a@10.0.0.9>;{}\r\nSupported: gruu\r\n", instance(URN));
    let mut register = |call_id: &str, sequence| {
        let (_, headers) = bench.receive(&request(call_id, sequence, &lines), flow(), Nat::Auto);
        let [_, temporary] = gruus(&headers);
        temporary
    };
    let (first, second) = (register("one", 1), register("one", 2));
    assert_ne!(first, second, "two cannot be told to be one phone's");
    let third = register("two", 1);
    let reaches = |text: &String| bench.registrar.gruu(&Uri::parse(text.as_bytes()).expect("a URI")).is_some();
    assert_eq!([first, second, third].each_ref().map(reaches), [false, false, true]);
    assert!(!reaches(&format!("sip:tgruu.{}@pbx;gr", "0".repeat(48))));
}
