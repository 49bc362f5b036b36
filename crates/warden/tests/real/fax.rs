//! Fax by T.38 between gateways, and a gateway whose other end is a telephone.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::time::Duration;

use crate::support::{
    FaxMachines, Heard, Linphone, PASSWORD, RawPhone, Sipp, Warden, free_port, phone, poll, server_trusting,
    sipp_fields,
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn described(version: u32, media: &str) -> String {
    format!("v=0\r\no=- 7 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{media}")
}

fn sound(version: u32, port: u16) -> String {
    described(version, &format!("m=audio {port} RTP/AVP 0\r\n"))
}

/// As Cisco's gateways write it.
fn fax(version: u32, port: u16) -> String {
    let said = "a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxFillBitRemoval:0\r\na=T38FaxTranscodingMMR:0\r\n\
        a=T38FaxTranscodingJBIG:0\r\na=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxBuffer:200\r\n\
        a=T38FaxMaxDatagram:320\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n";
    described(version, &format!("m=image {port} udptl t38\r\n{said}"))
}

/// The port in the media line of this kind.
fn port(answer: &Heard, kind: &str) -> u16 {
    let mut lines = answer.0.lines();
    let port = lines.find_map(|line| line.strip_prefix("m=")?.strip_prefix(kind)?.trim().split(' ').next());
    port.expect(&answer.0).parse().expect(&answer.0)
}

fn gateway(server: &Warden) -> RawPhone {
    let mut gateway = RawPhone::new(server, HERE, "1002", PASSWORD);
    gateway.register();
    gateway
}

/// A page goes from 1001, which calls, to 1002, which hears the fax tones and changes to T.38; `drop_in` is done at the ports of
/// Warden meanwhile.
fn send_page(drop_in: impl Fn([u16; 2])) {
    let machines = FaxMachines::new();
    let server = server_trusting("1001");
    let mut bob = gateway(&server);
    let [at_alice, at_bob] = [free_port(), free_port()];
    let fields = sipp_fields("1001", PASSWORD, &format!("1002;{at_alice}"));
    let mut alice = Sipp::calls("fax_call", free_port(), server.sip_port(), &[fields], 10);
    let invite = bob.take_call_with(&sound(1, 9));

    let answer = bob.ask_within(&invite, "INVITE", &fax(2, at_bob));
    assert_eq!(answer.status(), 200, "{}", answer.0);
    assert!(answer.0.contains("a=T38FaxMaxDatagram:400\r\n"), "{}", answer.0);
    let for_bob = port(&answer, "image");
    let for_alice = poll(10, || alice.written("fax_port")?.trim().parse().ok()).expect("1001 was offered a port");
    let mut receiver = machines.receive(at_bob, for_bob);
    let mut sender = machines.send(at_alice, for_alice);
    poll(60, || (machines.received() > 0).then_some(())).expect("the page begins to come");
    drop_in([for_alice, for_bob]);
    assert!(machines.have_sent([&mut sender, &mut receiver]));

    let answer = bob.ask_within(&invite, "INVITE", &sound(3, 9));
    assert_eq!((answer.status(), port(&answer, "audio") > 0), (200, true), "{}", answer.0);
    assert_eq!(bob.ask_within(&invite, "BYE", "").status(), 200);
    assert!(alice.ends_well());
    let record = || String::from_utf8_lossy(&server.command(&["cdr", "--json"]).stdout).into_owned();
    poll(10, || record().contains("T.38").then_some(())).unwrap_or_else(|| panic!("{}", record()));
}

#[test]
fn a_page_by_t38_arrives_point_by_point_whoever_else_sends_to_its_ports() {
    send_page(|ports| {
        // Not from the gateway's host: a stranger. What looks like fax, with a number far ahead, and what does not.
        let stranger = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
        for port in ports {
            for datagram in [&[0x70, 0, 1, 6, 0, 0][..], &[0xFF; 60], &[0x80, 0, 1, 6, 0, 0, 0, 0, 1, 1, 1, 1]] {
                stranger.send_to(datagram, (HERE, port)).unwrap();
            }
        }
    });
}

/// A gateway is called by a telephone, and offers it fax in the function that `caller` is given.
fn offer_fax_to_a_telephone(server: &Warden, caller: impl FnOnce(&mut dyn FnMut())) {
    let mut bob = gateway(server);
    let ear = UdpSocket::bind((HERE, 0)).unwrap();
    ear.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let sound = |version| sound(version, ear.local_addr().unwrap().port());
    let hears = || assert!(ear.recv(&mut [0; 1500]).is_ok(), "the telephone is heard");
    caller(&mut || {
        let invite = bob.take_call_with(&sound(1));
        hears();
        let answer = bob.ask_within(&invite, "INVITE", &fax(2, 9));
        assert_eq!(answer.status(), 488, "{}", answer.0);
        // What was on its way has come by the time that the gateway has thought.
        empty(&ear);
        hears();
        // It is still a call: it can be changed and ended.
        assert_eq!(bob.ask_within(&invite, "INVITE", &sound(3)).status(), 200);
        hears();
        assert_eq!(bob.ask_within(&invite, "BYE", "").status(), 200);
    });
}

/// Takes what is there.
fn empty(socket: &UdpSocket) {
    socket.set_nonblocking(true).unwrap();
    while socket.recv(&mut [0; 1500]).is_ok() {}
    socket.set_nonblocking(false).unwrap();
}

#[test]
fn a_telephone_that_is_offered_fax_talks_on_and_the_gateway_is_told_488() {
    let server = server_trusting("1001");
    offer_fax_to_a_telephone(&server, |offer| {
        let mut alice = phone(&server, "1001", 440);
        alice.dial("1002");
        offer();
        assert!(alice.call_ended().is_some());
    });
}

#[test]
fn linphone_that_is_offered_fax_talks_on_and_the_gateway_is_told_488() {
    let server = server_trusting("1001");
    offer_fax_to_a_telephone(&server, |offer| {
        let mut alice = Linphone::register("udp", &server, "1001", PASSWORD, 440);
        alice.dial("1002");
        offer();
        assert!(alice.call_ended().is_some());
    });
}
