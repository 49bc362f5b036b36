//! Where requests to a phone go, by what is believed of its addresses.

use super::*;

/// Where a phone that was seen at `source` and has this Contact gets its requests.
fn way(source: &str, via: &str, contact: &str, nat: Nat) -> String {
    let mut bench = Bench::new();
    let lines = format!("Via: SIP/2.0/UDP {via};branch=z9hG4bK1\r\nContact: <sip:a@{contact}>\r\n");
    let seen = Flow { remote: source.parse().expect("an address"), ..flow() };
    assert_eq!(bench.receive(&request("c", 1, &lines), seen, nat).0, 200);
    let binding = bench.registrar.bindings().next().expect("one");
    assert_eq!(binding.source, seen.remote);
    binding.flow.remote.to_string()
}

#[test]
fn a_phone_is_reached_where_it_was_seen() {
    for nat in [Nat::Auto, Nat::Always] {
        assert_eq!(way("198.51.100.7:1024", "10.0.0.9;rport", "10.0.0.9:5060", nat), "198.51.100.7:1024");
        assert_eq!(way("198.51.100.7:1024", "10.0.0.9", "10.0.0.9:5060", nat), "198.51.100.7:1024");
        assert_eq!(way("198.51.100.7:1024", "a;rport", "198.51.100.7:5060", nat), "198.51.100.7:1024");
        assert_eq!(way("198.51.100.7:1024", "a", "phone.example", nat), "198.51.100.7:1024");
    }
}

#[test]
fn a_phone_that_sends_from_one_port_and_listens_on_another_is_reached_where_it_listens() {
    assert_eq!(way("10.0.0.9:1024", "10.0.0.9", "10.0.0.9:5062", Nat::Auto), "10.0.0.9:5062");
    assert_eq!(way("10.0.0.9:1024", "10.0.0.9", "10.0.0.9", Nat::Auto), "10.0.0.9:5060");
    assert_eq!(way("[2001:db8::9]:1024", "[2001:db8::9]", "[2001:db8::9]:5062", Nat::Auto), "[2001:db8::9]:5062");
    assert_eq!(way("[fe80::9%3]:1024", "[fe80::9]", "[fe80::9]:5062", Nat::Auto), "[fe80::9%3]:5062");
    assert_eq!(way("10.0.0.9:1024", "10.0.0.9", "10.0.0.9:5062", Nat::Always), "10.0.0.9:1024");
}

#[test]
fn a_phone_whose_word_counts_is_reached_where_it_says_if_that_can_be_one_machine() {
    assert_eq!(way("10.0.0.1:1024", "p;rport", "10.0.0.9:5062", Nat::Never), "10.0.0.9:5062");
    for useless in
        ["phone.example", "0.0.0.0:5060", "224.0.0.1:5060", "255.255.255.255:5060", "10.0.0.9:0", "[2001:db8::9]"]
    {
        assert_eq!(way("10.0.0.1:1024", "p", useless, Nat::Never), "10.0.0.1:1024", "{useless}");
    }
}

#[test]
fn a_connection_and_a_first_hop_are_where_the_request_came_from() {
    let mut bench = Bench::new();
    let seen = Flow { transport: Transport::Tcp, ..flow() };
    bench.receive(&request("c", 1, "Contact: <sip:a@10.0.0.77:9>\r\n"), seen, Nat::Never);
    let lines = "Contact: <sip:b@10.0.0.77:9>\r\nSupported: path\r\nPath: <sip:p;lr>\r\n";
    bench.receive(&request("d", 1, lines), flow(), Nat::Never);
    let remotes: Vec<_> = bench.registrar.bindings().map(|binding| binding.flow.remote).collect();
    assert_eq!(remotes, [flow().remote; 2]);
}
