//! Free ports of the loopback.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Ranges are below the ports that Linux gives to those who ask for any, so the two never meet.
const FIRST: u32 = 10_000;
const PORTS: u32 = 22_000;

/// Ports already given away by this process.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A port of 127.0.0.1 that nobody has, for UDP or TCP.
pub(crate) fn free_port() -> u16 {
    loop {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// The first and the last of `count` UDP ports in a row, the first one even, that nobody has. No two tests are given
/// the same; processes start at different places.
pub(crate) fn free_range(count: u16) -> [u16; 2] {
    let count = count.next_multiple_of(2);
    let start = process::id().wrapping_mul(7919) % (PORTS / 100) * 100;
    for _ in 0..1000 {
        let at = (start + TAKEN.fetch_add(count.into(), Ordering::Relaxed)) % PORTS;
        let range = [FIRST + at, FIRST + at + u32::from(count) - 1].map(|port| u16::try_from(port).unwrap());
        let is_free = |port| UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if (range[0]..=range[1]).all(is_free) {
            return range;
        }
    }
    panic!("no {count} free UDP ports in a row");
}
