//! What the server has used so far, from `/proc`.

use std::fmt;
use std::fs;
use std::time::Duration;

use crate::support::Warden;

/// CPU time of the server for each of some things that were done; `None` when not all of them were.
pub(crate) struct Cost(pub(crate) Option<Duration>);

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(each) => write!(f, "{each:?}"),
            None => f.write_str("not measured, as SIPp says that some have failed: is the machine busy?"),
        }
    }
}

/// What each of `count` things costs that `deed` does, which says whether all have succeeded.
pub(crate) fn cost(server: &Warden, count: u32, deed: impl FnOnce() -> bool) -> Cost {
    let before = cpu_time(server);
    let is_well = deed();
    Cost(is_well.then(|| cpu_time(server).checked_sub(before).unwrap() / count))
}

/// What all threads have used. Those that have ended do not count; none ends while phones are served.
pub(crate) fn cpu_time(server: &Warden) -> Duration {
    let threads = fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    let used = |path| fs::read_to_string(path).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap();
    Duration::from_nanos(threads.map(|thread| used(thread.unwrap().path().join("schedstat"))).sum())
}

/// What is in memory, the program's text included.
pub(crate) fn memory_kb(server: &Warden) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse().unwrap()
}
