//! Free ports of the loopback, each given to one test only.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// They are above those that a server has for audio by default, and below those that Linux gives to whoever asks for
/// any, so that nobody else is given one of them between the look and the use.
const FIRST: u32 = 20_100;
const PORTS: u32 = 12_000;

/// How many this process has looked at.
static LOOKED_AT: AtomicU32 = AtomicU32::new(0);

/// A port of 127.0.0.1 that nobody has, for UDP and TCP.
pub(crate) fn free_port() -> u16 {
    let [port, _] = free_range(1);
    port
}

/// The first and the last of `count` such ports in a row. The first one is even.
pub(crate) fn free_range(count: u16) -> [u16; 2] {
    let even = u32::from(count.next_multiple_of(2));
    let start = process::id().wrapping_mul(7919) % (PORTS / 100) * 100; // elsewhere than other processes
    for _ in 0..1000 {
        let at = (start + LOOKED_AT.fetch_add(even, Ordering::Relaxed)) % PORTS;
        let first = u16::try_from(FIRST + at).unwrap();
        let last = first + (count - 1);
        if (first..=last).all(is_free) {
            return [first, last];
        }
    }
    panic!("no {count} free ports in a row");
}

fn is_free(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()
}
