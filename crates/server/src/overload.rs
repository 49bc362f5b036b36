//! When there is too much to do: what comes waits so long that new calls would only make it worse for all.

use std::time::{Duration, Instant};

use tracing::{info, warn};

/// What waits longer than this is answered late: callers hear nothing and phones send again.
const TOO_LONG: Duration = Duration::from_millis(100);
/// New calls are taken again when nothing has waited too long for this time.
const CALM: Duration = Duration::from_secs(1);

/// Whether new calls are to be refused.
#[derive(Debug, Default)]
pub(crate) struct Overload {
    /// When something last waited too long.
    last: Option<Instant>,
}

impl Overload {
    /// Whether it is on.
    pub(crate) fn is_on(&self) -> bool {
        self.last.is_some()
    }

    /// Something has waited for `lag`. True when it has begun or ended with that.
    pub(crate) fn note(&mut self, lag: Duration, now: Instant) -> bool {
        let was_on = self.is_on();
        if lag > TOO_LONG {
            self.last = Some(now);
        } else if self.last.is_some_and(|last| now.saturating_duration_since(last) >= CALM) {
            self.last = None;
        }
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

    #[test]
    fn it_lasts_until_nothing_has_waited_too_long_for_a_second() {
        let (mut overload, start) = (Overload::default(), Instant::now());
        let ms = Duration::from_millis;
        assert!(!overload.note(ms(100), start) && !overload.is_on());
        assert!(overload.note(ms(101), start) && overload.is_on());
        assert!(!overload.note(ms(200), start + ms(500)) && overload.is_on());
        assert!(!overload.note(ms(0), start + ms(1499)) && overload.is_on());
        assert!(overload.note(ms(0), start + ms(1500)) && !overload.is_on());
    }
}
