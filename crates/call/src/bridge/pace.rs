//! How often a phone is heard about its ringing: one that goes on and on about it is not to flood the caller and the
//! media threads. What it has said last is never lost.

use std::time::{Duration, Instant};

use warden_sip::endpoint::ClientId;
use warden_sip::message::Message;

use super::call::{Call, Stage};
use super::turn::{Timer, Turn};

/// So many responses are dealt with as they come: ringing, its sound, and another try somewhere else.
const AT_ONCE: u32 = 5;
/// After those, one in this time.
const INTERVAL: Duration = Duration::from_secs(1);

/// How much a phone may still say now.
#[derive(Default)]
pub(super) struct Pace {
    /// When it may say [`AT_ONCE`] things again; each makes it later.
    whole_at: Option<Instant>,
    /// The last response that came too early. While there is one, a timer runs.
    held: Option<Box<Message>>,
}

impl Pace {
    /// What was held back has been overtaken.
    pub(super) fn drop_held(&mut self) {
        self.held = None;
    }

    /// Takes note of one response.
    ///
    /// # Errors
    /// How long it has to wait.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let whole_at = self.whole_at.map_or(now, |at| at.max(now)) + INTERVAL;
        let wait = whole_at.saturating_duration_since(now + AT_ONCE * INTERVAL);
        if wait.is_zero() {
            self.whole_at = Some(whole_at);
            return Ok(());
        }
        Err(wait)
    }
}

impl Call {
    /// A phone says something of its ringing, now or once it may.
    pub(super) fn handle_provisional(&mut self, client: ClientId, response: &Message, turn: &mut Turn<'_>) {
        let Some(pace) = self.pace(client) else { return };
        match pace.take(turn.now) {
            Ok(()) => {
                pace.drop_held();
                self.handle_progress(client, response, turn);
            }
            Err(wait) => {
                if pace.held.replace(Box::new(response.clone())).is_none() {
                    turn.wait(wait, Timer::Progress(client));
                }
            }
        }
    }

    /// The phone has been quiet long enough.
    pub(super) fn handle_next_provisional(&mut self, client: ClientId, turn: &mut Turn<'_>) {
        if let Some(held) = self.pace(client).and_then(|pace| pace.held.take()) {
            self.handle_provisional(client, &held, turn);
        }
    }

    /// The phone answers: what it has said before may be all that it says of its sound.
    pub(super) fn hear_held(&mut self, client: ClientId, turn: &mut Turn<'_>) {
        if let Some(held) = self.pace(client).and_then(|pace| pace.held.take()) {
            self.handle_progress(client, &held, turn);
        }
    }

    fn pace(&mut self, client: ClientId) -> Option<&mut Pace> {
        let Stage::Ringing(ringing) = &mut self.stage else { return None };
        let index = ringing.hunt.fork(client)?;
        ringing.hunt.forks.get_mut(index).map(|fork| &mut fork.pace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "simulated time has to start somewhere")]
    fn five_come_at_once_and_then_one_a_second() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut taken = |ms| pace.take(start + Duration::from_millis(ms));
        assert_eq!([0; 5].map(&mut taken), [Ok(()); 5]);
        assert_eq!(taken(100), Err(Duration::from_millis(900)));
        assert_eq!([1000, 2000].map(&mut taken), [Ok(()); 2]);
        assert_eq!(taken(2999), Err(Duration::from_millis(1)));
        assert_eq!([60_000; 5].map(&mut taken), [Ok(()); 5]);
        assert!(taken(60_000).is_err());
    }
}
