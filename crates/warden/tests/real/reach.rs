//! Where phones are reached: over both families of addresses, and after their connection was cut.

use crate::support::{Options, PASSWORD, StreamLine, Warden, connect, phone, phone_with, poll, server};

/// A server on both loopback addresses.
fn on_both_families() -> Warden {
    let users = ["1001", "1002", "1003"].map(|number| (number, PASSWORD));
    Warden::start_with(&users, |text| text.replacen("host: 127.0.0.1", "host: [127.0.0.1, '::1']", 1))
}

#[test]
fn a_phone_on_ipv6_and_one_on_ipv4_call_each_other_and_are_heard() {
    let server = on_both_families();
    let mut bob = phone(&server, "1002", 1000);
    for (number, transport) in [("1001", "udp"), ("1003", "tcp")] {
        let options = Options::registered(&server, number, PASSWORD, 440).over(transport, &server);
        let mut alice = phone_with(&server, &Options { host: "::1", ..options });
        let source = server.registered(number).unwrap()["source"].as_str().unwrap().to_owned();
        assert!(source.starts_with("[::1]:"), "{source}");
        connect(&mut alice, &mut bob, "1002");
        assert!(alice.hears_only(1000) && bob.hears_only(440));
        bob.hang_up();
        assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
        connect(&mut bob, &mut alice, number);
        assert!(alice.hears_only(1000) && bob.hears_only(440));
        alice.hang_up();
        assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
    }
}

#[test]
fn a_phone_on_ipv6_is_reached_through_the_wildcard_of_its_family() {
    let users = ["1001", "1002"].map(|number| (number, PASSWORD));
    let server = Warden::start_with(&users, |text| text.replacen("host: 127.0.0.1", "host: ['0.0.0.0', '::']", 1));
    let mut bob = phone(&server, "1002", 1000);
    let options = Options { host: "::1", ..Options::registered(&server, "1001", PASSWORD, 440) };
    let mut alice = phone_with(&server, &options);
    connect(&mut bob, &mut alice, "1001");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    bob.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
}

#[test]
fn a_phone_whose_connection_was_cut_registers_again_and_is_called_once() {
    let server = server();
    let line = StreamLine::start(server.sip_port());
    let options = Options::registered(&server, "1001", PASSWORD, 440).over("tcp", &server);
    let mut alice = phone_with(&server, &Options { registrar: Some(line.port()), outbound: true, ..options });
    let mut bob = phone(&server, "1002", 1000);
    let registered = || server.registered("1001").unwrap()["source"].clone();
    let (before, connections) = (registered(), line.connections());
    line.cut();
    // It waits for half a minute to a whole one.
    poll(75, || (line.connections() > connections).then_some(())).expect("the phone connects again");
    poll(10, || (registered() != before).then_some(())).expect("the phone registers again");
    let own = server.registrations().into_iter().filter(|one| one["extension"] == "1001").count();
    assert_eq!(own, 1, "the server has not heard of the end of the first connection");
    connect(&mut bob, &mut alice, "1001");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    let rung = alice.output().matches("Incoming call from").count();
    assert!(rung <= 1, "{}", alice.output());
    bob.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
}
