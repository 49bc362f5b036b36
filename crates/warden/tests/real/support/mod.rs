//! Real programs on free ports of the loopback: the built `warden`, and phones. Each ends with its test.

mod baresip;
mod guesser;
mod process;
mod server;
mod sipp;

pub(crate) use baresip::Baresip;
pub(crate) use guesser::{Guesser, loopback};
pub(crate) use server::Warden;
pub(crate) use sipp::run_sipp;

use std::net::{Ipv4Addr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

/// A UDP port of 127.0.0.1 that nobody has.
pub(crate) fn free_port() -> u16 {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).unwrap().port()
}

/// Asks every 20 ms until there is an answer; after `seconds` gives up with `None`.
pub(crate) fn poll<T>(seconds: u64, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
