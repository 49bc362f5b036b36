//! More connections than there are places for: newcomers get in, and who has signed in stays.

#![cfg(test)]

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use warden_call::directory::{Device, DeviceAccess, Directory, Extension};
use warden_server::{Server, Settings};
use warden_sip::digest::Ha1;

/// In all, as the server has it.
const PLACES: usize = 4096;
/// Of one source.
const SHARE: usize = 256;

/// Connects from `127.0.0.<host>`.
fn connect(host: u8, server: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, host], 0)).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.into()
}

/// Asks, and takes the first line of the answer; `None` when the connection is closed.
fn ask(stream: &mut TcpStream, method: &str, number: u32) -> Option<String> {
    let request = format!(
        "{method} sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK{number}\r\nFrom: <sip:1001@b>;tag=1\r\n\
         To: <sip:1001@b>\r\nCall-ID: {number}\r\nCSeq: {number} {method}\r\nContact: <sip:1001@127.0.0.1;transport=tcp>\r\n\
         Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut space = [0; 2000];
    let length = stream.read(&mut space).ok().filter(|length| *length > 0)?;
    String::from_utf8_lossy(&space[..length]).lines().next().map(str::to_owned)
}

/// 1001 needs no password at 127.0.0.1.
fn directory() -> Directory {
    let mut directory = Directory::default();
    let extension = Extension::parse(b"1001").unwrap();
    let ha1 = Ha1::derive(b"1001", b"warden-pbx", b"x");
    let access = DeviceAccess { pinned_to: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), ..DeviceAccess::default() };
    directory.add_device(b"1001", Device { access, ..Device::new(extension, ha1) });
    directory
}

#[test]
fn newcomers_find_a_place_when_few_hosts_hold_all_and_who_has_signed_in_keeps_its_own() {
    let settings = Settings { listen: vec!["127.0.0.1:0".parse().unwrap()], ..Settings::default() };
    let (server, _saves) = Server::start(&settings, Arc::new(directory())).unwrap();
    let address = server.listening()[0];
    let mut phone = connect(1, address);
    assert_eq!(ask(&mut phone, "REGISTER", 1).as_deref(), Some("SIP/2.0 200 OK"));
    // The oldest of those that hold the most is the phone; it is none of those who may have to go.
    let beside: Vec<_> = (1..SHARE).map(|_| connect(1, address)).collect();
    let others: Vec<_> =
        (0..PLACES - SHARE).map(|number| connect(2 + u8::try_from(number / 240).unwrap(), address)).collect();
    let mut newcomers: Vec<_> = (100..116).map(|host| connect(host, address)).collect();
    for (newcomer, number) in newcomers.iter_mut().zip(100..) {
        assert_eq!(ask(newcomer, "OPTIONS", number).as_deref(), Some("SIP/2.0 200 OK"), "newcomer {number}");
    }
    assert_eq!(ask(&mut phone, "OPTIONS", 2).as_deref(), Some("SIP/2.0 200 OK"), "the phone is still connected");
    let closed = beside.iter().filter(|stream| (&**stream).read(&mut [0]).is_ok_and(|length| length == 0));
    assert_eq!(closed.take(15).count(), 15, "255 strangers were beside it, and 240 is what others have");
    drop(others);
}
