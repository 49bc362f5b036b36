//! 10,000 contacts of 1,000 extensions, registered and refreshed at a steady rate and as fast as they are answered.

use std::time::{Duration, Instant};

use crate::measure::{cpu_time, memory_kb};
use crate::support::{Sipp, Warden, free_port, sipp_fields};
use crate::{EXTENSIONS, PASSWORD};

/// As many as an extension may have.
const CONTACTS_EACH: u32 = 10;
const CONTACTS: u32 = EXTENSIONS * CONTACTS_EACH;
/// A second.
const STEADY: u32 = 200;
/// Tried one after the other until one is not kept up with.
const HIGHEST: [u32; 7] = [500, 1000, 2000, 3000, 4000, 6000, 8000];

/// Prints what a registration costs: both requests, the challenge and the signed one, saved in the database.
pub(crate) fn measure(server: &Warden, numbers: &[String]) {
    let lines: Vec<_> = (0..CONTACTS_EACH)
        .flat_map(|contact| numbers.iter().map(move |it| sipp_fields(it, PASSWORD, &format!("-{contact}"))))
        .collect();
    let before = memory_kb(server);
    // From another port they would be other contacts, and more than an extension may have.
    let port = free_port();
    let Some(steady) = at_rate(server, port, &lines, STEADY) else {
        return println!("{CONTACTS} contacts are not registered at {STEADY} a second: is the machine busy?");
    };
    println!("a registration, {STEADY} a second, {CONTACTS} contacts, saved: {steady:?}");
    println!("memory for each contact: {} bytes", (memory_kb(server) - before) * 1024 / u64::from(CONTACTS));
    let mut highest = (STEADY, steady);
    for rate in HIGHEST {
        let Some(each) = at_rate(server, port, &lines, rate) else { break };
        highest = (rate, each);
    }
    let (rate, each) = highest;
    println!("a refresh of one of them at {rate} a second, the highest rate tried that is kept up with: {each:?}");
}

/// CPU time of each; `None` when some failed, or it took longer than the rate allows.
fn at_rate(server: &Warden, port: u16, lines: &[String], rate: u32) -> Option<Duration> {
    let (count, begun, before) = (u32::try_from(lines.len()).unwrap(), Instant::now(), cpu_time(server));
    let all_answered = Sipp::calls("register", port, server.sip_port(), lines, rate).ends_well();
    let planned = Duration::from_secs(1) * count / rate;
    let is_in_time = begun.elapsed() < planned * 5 / 4 + Duration::from_secs(1);
    let used = cpu_time(server).checked_sub(before).unwrap();
    (all_answered && is_in_time).then(|| used / count)
}
