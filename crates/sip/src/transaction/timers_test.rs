//! Runs a machine's timers in simulated time.

use std::time::Instant;

use super::OnTimeout;

#[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
pub(crate) fn start() -> Instant {
    Instant::now()
}

/// Goes from timeout to timeout until there is none; each deed with its time in milliseconds after `from`.
pub(crate) fn run<Machine>(
    from: Instant,
    machine: &mut Machine,
    next: impl Fn(&Machine) -> Option<Instant>,
    handle: impl Fn(&mut Machine, Instant) -> OnTimeout,
) -> Vec<(u128, OnTimeout)> {
    let mut log = Vec::new();
    while let Some(at) = next(machine) {
        log.push(((at - from).as_millis(), handle(machine, at)));
    }
    log
}
