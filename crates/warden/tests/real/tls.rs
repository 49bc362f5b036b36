//! The encrypted port: what happens to real phones there, and to who speaks no TLS.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{Baresip, Options, PASSWORD, Warden, connect, phone_with, poll, server};

fn encrypted<'a>(server: &Warden, extension: &'a str, tone_hz: u32) -> Options<'a> {
    Options::registered(server, extension, PASSWORD, tone_hz).over("tls", server)
}

#[test]
fn a_new_certificate_cuts_off_nobody() {
    let server = server();
    let mut alice = phone_with(&server, &encrypted(&server, "1001", 440));
    let mut bob = phone_with(&server, &encrypted(&server, "1002", 1000));
    connect(&mut alice, &mut bob, "1002");
    assert!(server.command(&["cert", "self-signed"]).status.success());
    server.reload();
    poll(10, || server.output().contains("a new certificate is shown").then_some(())).expect("it is read");
    assert!(alice.hears_only(1000) && bob.hears_only(440));
    alice.hang_up();
    assert!(alice.call_ended().is_some() && bob.call_ended().is_some());
}

#[test]
fn who_speaks_no_tls_on_the_encrypted_port_is_cut_off_and_does_no_harm() {
    let server = server();
    for said in [&b"OPTIONS sip:127.0.0.1 SIP/2.0\r\n\r\n"[..], b"\x16\x03\x01\xff\xff\x01", &[0; 1000]] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port_for("tls"))).unwrap();
        stream.write_all(said).unwrap();
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ended = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"SIP"), "{answer:?}");
    }
    let mut phone = Baresip::start_with(&encrypted(&server, "1001", 440));
    assert_eq!(server.registered("1001").unwrap()["transport"], "TLS");
    phone.quit();
    poll(10, || server.registrations().is_empty().then_some(())).expect("the phone unregisters");
}
