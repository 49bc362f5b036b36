//! When there is too much to do: what comes waits so long that new calls would only make it worse for all.

use std::time::{Duration, Instant};

use tracing::{info, warn};

/// What waits longer than this is answered late: callers hear nothing and phones send again.
const TOO_LONG: Duration = Duration::from_millis(100);
/// For so long there may be too much to do: a machine may stand still for a moment, above all one that shares its
/// processors with others, and what has waited meanwhile is caught up with at once.
const HICCUP: Duration = Duration::from_millis(200);
/// New calls are taken again when nothing has waited too long for this time.
const CALM: Duration = Duration::from_secs(1);

/// Whether new calls are to be refused.
#[derive(Debug, Default)]
pub(crate) struct Overload(State);

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Nothing waits too long.
    #[default]
    Off,
    /// All that has come since then has waited too long, and calls are taken still.
    Late { since: Instant, last: Instant },
    /// Calls are refused.
    On { last: Instant },
}

impl Overload {
    /// Whether it is on.
    pub(crate) fn is_on(&self) -> bool {
        match self.0 {
            State::On { .. } => true,
            State::Off | State::Late { .. } => false,
        }
    }

    /// Whether it matters that something has waited for `lag`, though something else may have waited longer.
    pub(crate) fn is_telling(&self, lag: Duration) -> bool {
        lag > TOO_LONG || self.is_on()
    }

    /// What waited longest has waited for `lag`. True when it has begun or ended with that.
    pub(crate) fn note(&mut self, lag: Duration, now: Instant) -> bool {
        let was_on = self.is_on();
        let is_late = lag > TOO_LONG;
        let is_past = |at: Instant, span| now.saturating_duration_since(at) >= span;
        self.0 = match self.0 {
            State::On { last } if !is_late && is_past(last, CALM) => State::Off,
            on @ State::On { .. } if !is_late => on,
            State::Off | State::Late { .. } if !is_late => State::Off,
            State::Off => State::Late { since: now, last: now },
            State::Late { last, .. } if is_past(last, CALM) => State::Late { since: now, last: now },
            State::Late { since, .. } if !is_past(since, HICCUP) => State::Late { since, last: now },
            State::Late { .. } | State::On { .. } => State::On { last: now },
        };
        match (was_on, self.is_on()) {
            (false, true) => {
                let lag_ms = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX);
                warn!(target: "CALL", lag_ms, "overloaded: new calls are refused, except to emergency numbers");
            }
            (true, false) => info!(target: "CALL", "no longer overloaded: new calls are taken again"),
            (true, true) | (false, false) => {}
        }
        was_on != self.is_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: [u64; 0] = [];

    /// The times at which it has begun or ended, when these are noted: at how many ms, how many ms late.
    fn changes(noted: &[(u64, u64)]) -> Vec<u64> {
        let (mut overload, start) = (Overload::default(), Instant::now());
        let ms = Duration::from_millis;
        let changing = noted.iter().filter(|(at, lag)| overload.note(ms(*lag), start + ms(*at)));
        changing.map(|(at, _)| *at).collect()
    }

    #[test]
    fn it_lasts_until_nothing_has_waited_too_long_for_a_second() {
        let late = [(0, 100), (1, 101), (100, 150), (200, 101), (201, 101), (500, 200)];
        assert_eq!(changes(&late), [201]);
        assert_eq!(changes(&[&late[..], &[(600, 0), (1499, 0), (1500, 0), (1501, 0)]].concat()), [201, 1500]);
    }

    #[test]
    fn one_socket_in_good_time_does_not_hide_that_another_is_late() {
        let (mut overload, start) = (Overload::default(), Instant::now());
        let ms = Duration::from_millis;
        for at in (0..=200).step_by(50) {
            assert!(!overload.is_on(), "{at}");
            for lag in [1, 1000] {
                if overload.is_telling(ms(lag)) {
                    overload.note(ms(lag), start + ms(at));
                }
            }
        }
        assert!(overload.is_on());
    }

    #[test]
    fn a_hiccup_refuses_nobody() {
        assert_eq!(changes(&[(0, 900), (1, 899), (199, 700), (200, 100), (201, 150), (400, 101)]), NEVER);
        assert_eq!(changes(&[(0, 900), (60_000, 900), (60_100, 900)]), NEVER, "once a minute");
    }
}
