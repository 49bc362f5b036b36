//! The server on real sockets of the loopback.

#![cfg(test)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use warden_call::directory::{Directory, Extension, Person};
use warden_call::registrar::Binding;
use warden_server::{Beginning, Handle, Server, Settings, StartError};

fn start(listen: &[&str]) -> Handle {
    let listen = listen.iter().map(|address| address.parse().unwrap()).collect();
    Server::start(&Settings { listen, ..Settings::default() }, Arc::new(Directory::default())).unwrap().0
}

/// A phone that hears only `server`.
fn phone(server: SocketAddr) -> UdpSocket {
    let any = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = UdpSocket::bind(any).unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

fn options(branch: &str) -> Vec<u8> {
    format!(
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK{branch};rport\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:a@b>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

fn answer(phone: &UdpSocket) -> String {
    let mut space = [0; 2000];
    let length = phone.recv(&mut space).unwrap();
    String::from_utf8(space[..length].to_vec()).unwrap()
}

#[test]
fn on_a_wildcard_the_answer_comes_from_the_address_that_was_asked() {
    let mut places = vec![("0.0.0.0:0", "127.0.0.1"), ("0.0.0.0:0", "127.0.0.2")];
    if UdpSocket::bind("[::1]:0").is_ok() {
        places.push(("[::]:0", "::1")); // not every machine has IPv6
    }
    for (wildcard, asked) in places {
        let server = start(&["127.0.0.1:0", wildcard]);
        let phone = phone(SocketAddr::new(asked.parse().unwrap(), server.listening()[1].port()));
        phone.send(&options("1")).unwrap();
        assert!(answer(&phone).starts_with("SIP/2.0 200"), "{asked}");
    }
}

#[test]
fn a_ping_is_answered_and_what_is_no_message_is_counted_only() {
    let server = start(&["127.0.0.1:0"]);
    let phone = phone(server.listening()[0]);
    for datagram in [&b"\r\n"[..], b"", b"\0", b"INVITE", b"\xff\xfe\r\n\r\n", b"\r\n\r\n"] {
        phone.send(datagram).unwrap();
    }
    assert_eq!(answer(&phone), "\r\n");
    let status = server.status();
    assert_eq!((status.keep_alives, status.malformed, status.received), (4, 2, 2), "{status:?}");
}

#[test]
fn a_phone_that_asks_by_stun_is_told_where_it_was_seen() {
    let server = start(&["127.0.0.1:0"]);
    let phone = phone(server.listening()[0]);
    let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    phone.send(&request).unwrap();
    let mut space = [0; 2000];
    let length = phone.recv(&mut space).unwrap();
    let [p0, p1] = phone.local_addr().unwrap().port().to_be_bytes();
    let address = [127 ^ 0x21, 0x12, 0xa4, 1 ^ 0x42];
    let attribute = [&[0, 0x20, 0, 8, 0, 1, p0 ^ 0x21, p1 ^ 0x12][..], &address].concat();
    assert_eq!(space[..length], [&[1, 1, 0, 12], &request[4..], &attribute].concat());
    assert_eq!(server.status().keep_alives, 1);
}

#[test]
fn a_burst_of_more_than_one_batch_is_answered_in_full() {
    let server = start(&["127.0.0.1:0"]);
    let phone = phone(server.listening()[0]);
    for index in 0..100 {
        phone.send(&options(&index.to_string())).unwrap();
    }
    for _ in 0..100 {
        assert!(answer(&phone).starts_with("SIP/2.0 200"));
    }
}

#[test]
fn an_address_in_use_is_named() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = Server::start(&Settings { listen: vec![address], ..Settings::default() }, Arc::default()).unwrap_err();
    assert!(matches!(error, StartError::InUse { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("cannot listen on {address}/udp: address already in use"));
}

/// A way to `phone` that an earlier run had, from an address of its own.
fn earlier(extension: &Extension, local: &str, phone: &UdpSocket) -> Binding {
    let contact = format!("sip:1001@{}", phone.local_addr().unwrap());
    let ends = [local.parse().unwrap(), phone.local_addr().unwrap()];
    let hour = Instant::now() + Duration::from_hours(1);
    Binding::over_udp(extension.clone(), contact.as_bytes(), ends, hour).unwrap()
}

#[tokio::test]
async fn a_phone_of_an_earlier_run_is_reached_from_where_this_one_listens() {
    let extension = Extension::parse(b"1001").unwrap();
    for listen in ["127.0.0.1:0", "0.0.0.0:0"] {
        for before in ["192.0.2.1:5060", "127.0.0.1:9"] {
            let phone = UdpSocket::bind("127.0.0.1:0").unwrap();
            phone.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let mut directory = Directory::default();
            directory.people.insert(extension.clone(), Person { name: "Alice".into() });
            let bindings = vec![earlier(&extension, before, &phone)];
            let beginning = Beginning { bindings, ..Arc::new(directory).into() };
            let settings = Settings { listen: vec![listen.parse().unwrap()], ..Settings::default() };
            let (server, _saves) = Server::start(&settings, beginning).unwrap();
            assert_eq!(server.check_sync(extension.clone(), false).await, Ok(1));
            assert!(answer(&phone).starts_with("NOTIFY sip:1001@127.0.0.1"), "{listen} {before}");
        }
    }
}

#[tokio::test]
async fn a_stopped_server_has_given_its_port_back() {
    let server = start(&["127.0.0.1:0"]);
    assert_eq!(server.bindings().await, Ok(Vec::new()));
    server.stop().await;
    UdpSocket::bind(server.listening()[0]).unwrap();
    assert!(server.bindings().await.is_err());
    assert!(server.events().is_err());
}
