//! What this process takes of the machine: memory and processor time.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// Over less than this a share of processor time says nothing.
const SHORTEST: Duration = Duration::from_secs(1);

/// Remembers the processor time, so as to say how much of it the last seconds took.
#[derive(Debug)]
pub(crate) struct Usage {
    last: Mutex<Sample>,
}

#[derive(Debug)]
struct Sample {
    at: Instant,
    processor_time: Duration,
    percent: u128,
}

impl Usage {
    pub(crate) fn new() -> Self {
        Self { last: Mutex::new(Sample { at: Instant::now(), processor_time: processor_time(), percent: 0 }) }
    }

    /// The share of one processor since this was asked before, a second ago or longer; 0 within the first second.
    pub(crate) fn cpu_percent(&self) -> u128 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = last.at.elapsed();
        if passed >= SHORTEST {
            let spent = processor_time();
            let percent = percent(spent.saturating_sub(last.processor_time), passed);
            *last = Sample { at: Instant::now(), processor_time: spent, percent };
        }
        last.percent
    }
}

/// The memory that this process occupies, in units of 1024 × 1024 bytes, rounded up.
pub(crate) fn memory_mb() -> Option<u64> {
    resident_kb(&fs::read_to_string("/proc/self/status").ok()?).map(|kb| kb.div_ceil(1024))
}

fn processor_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF);
    let spent = usage.map_or(0, |usage| (usage.user_time() + usage.system_time()).num_microseconds());
    Duration::from_micros(spent.unsigned_abs())
}

fn percent(spent: Duration, passed: Duration) -> u128 {
    (spent.as_micros() * 100 + passed.as_micros() / 2).checked_div(passed.as_micros()).unwrap_or_default()
}

/// Reads the line `VmRSS:   12345 kB`.
fn resident_kb(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_busy_processors_are_200_percent() {
        assert_eq!(percent(Duration::from_secs(4), Duration::from_secs(2)), 200);
        assert_eq!(percent(Duration::from_millis(49), Duration::from_secs(1)), 5);
        assert_eq!(percent(Duration::ZERO, Duration::ZERO), 0);
    }

    #[test]
    fn resident_memory_is_found_among_the_other_lines() {
        assert_eq!(resident_kb("VmPeak:\t   99 kB\nVmRSS:\t   12345 kB\nVmData:\t 1 kB\n"), Some(12345));
        assert_eq!(resident_kb("VmRSS:\t many kB\n"), None);
        assert!(memory_mb().is_some_and(|mb| mb > 0));
        assert_eq!(Usage::new().cpu_percent(), 0);
    }
}
