//! Real programs on free ports of the loopback: the built `warden`, and phones. Each ends with its test.

mod baresip;
mod control;
mod ear;
mod fax;
mod guesser;
mod http;
mod jssip;
mod line;
mod linphone;
mod office;
mod ports;
#[path = "../../../../store/tests/all/postgres.rs"]
mod postgres;
mod process;
mod raw_phone;
mod server;
mod sipp;
mod stream_line;
mod tone;

pub(crate) use baresip::{Baresip, Options};
pub(crate) use fax::FaxMachines;
pub(crate) use guesser::{Guesser, loopback};
pub(crate) use http::{ask_web, get};
pub(crate) use jssip::JsSip;
pub(crate) use line::{Faults, Line};
pub(crate) use linphone::Linphone;
pub(crate) use office::{PASSWORD, connect, phone, phone_with, server, server_trusting};
pub(crate) use ports::{free_port, free_range};
pub(crate) use postgres::Server as Postgres;
pub(crate) use process::Process;
pub(crate) use raw_phone::{Ask, Heard, RawPhone};
pub(crate) use server::Warden;
pub(crate) use sipp::{Sipp, register_sipp, run_sipp, sipp_fields};
pub(crate) use stream_line::StreamLine;
pub(crate) use tone::Sound;

use std::thread;
use std::time::{Duration, Instant};

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
