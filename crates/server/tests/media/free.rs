//! Ports that nobody has.

use std::net::UdpSocket;
use std::ops::RangeInclusive;

use crate::rig::HOST;

/// So many free ports in a row, the first one even, and the sockets that hold them.
pub(crate) fn free_ports(count: u16) -> (RangeInclusive<u16>, Vec<UdpSocket>) {
    let hold = |first: u16| (first..first + count).map(|port| UdpSocket::bind((HOST, port))).collect();
    let mut firsts = (40_000..60_000).step_by(usize::from(count));
    firsts.find_map(|first| Some((first..=first + count - 1, std::io::Result::ok(hold(first))?))).unwrap()
}
