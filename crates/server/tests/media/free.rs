//! Ports that nobody has.

use std::io;
use std::net::UdpSocket;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::rig::HOST;

/// Below those that the kernel gives to whoever wants just any, and above those that the rig takes.
const FIRST: u16 = 20_100;
/// How many tests may ask, here and in other processes, before one gets ports that another one has given up.
const PLACES: u16 = 120;
/// More than anybody asks for.
const WIDTH: u16 = 100;

/// So many free ports in a row, the first one even, and the sockets that hold them.
pub(crate) fn free_ports(count: u16) -> (RangeInclusive<u16>, Vec<UdpSocket>) {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % u32::from(PLACES)).unwrap();
    let hold = |first: u16| -> io::Result<Vec<_>> {
        (first..first + count).map(|port| UdpSocket::bind((HOST, port))).collect()
    };
    loop {
        let place = (process + ASKED.fetch_add(1, Ordering::Relaxed)) % PLACES;
        let first = FIRST + place * WIDTH;
        if let Ok(held) = hold(first) {
            return (first..=first + count - 1, held);
        }
    }
}
