//! What media threads tell the signalling thread, without ever waiting for it.

use std::collections::VecDeque;
use std::io;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use warden_call::call_event::CallId;
use warden_call::media::MediaEvent;
use warden_media::relay::LegStatistics;

use super::binder::Harvest;
use super::pair::SocketPair;

/// How many of them wait for the signalling thread; what happens then is at [`Outbox`].
pub(crate) const MAX_TOLD: usize = 1024;

/// When so many wait on a media thread, digits are dropped.
const MAX_WAITING_FOR_DIGITS: usize = 4096;

/// One thing that happened. Sockets come home with it.
#[derive(Debug)]
pub(crate) enum Told {
    /// Newly bound.
    Bound(Harvest),
    /// About a session that goes on.
    Event(MediaEvent),
    /// A leg was replaced, or could not be: these are not needed any more.
    Returned(Box<SocketPair>),
    /// A session has ended, or could not begin.
    Closed { call: CallId, statistics: Box<[LegStatistics; 2]>, pairs: Box<[SocketPair; 2]>, error: Option<io::Error> },
    /// The thread of this number has ended though nobody wanted it to, and its sockets with it.
    Ended { thread: usize },
}

/// A media thread's way to the signalling thread.
///
/// When that lags, what may be missed is dropped, and the rest waits here: at most the ports that there are, two deaths
/// for each call, and some thousand digits.
#[derive(Debug)]
pub(crate) struct Outbox {
    told: mpsc::Sender<Told>,
    waiting: VecDeque<Told>,
}

impl Outbox {
    pub(crate) fn new(told: mpsc::Sender<Told>) -> Self {
        Self { told, waiting: VecDeque::new() }
    }

    /// Tells what must not be missed.
    pub(crate) fn tell(&mut self, told: Told) {
        self.waiting.push_back(told);
        self.retry();
    }

    /// Tells what may be missed; false when it is.
    pub(crate) fn mention(&mut self, event: MediaEvent) -> bool {
        self.waiting.is_empty() && self.told.try_send(Told::Event(event)).is_ok()
    }

    /// Tells what should not be missed, and that others could send without end; false when it is.
    pub(crate) fn tell_digit(&mut self, event: MediaEvent) -> bool {
        let has_room = self.waiting.len() < MAX_WAITING_FOR_DIGITS;
        if has_room {
            self.tell(Told::Event(event));
        }
        has_room
    }

    /// Whether something waits for [`Outbox::retry`].
    pub(crate) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sends what there is room for.
    pub(crate) fn retry(&mut self) {
        while let Some(told) = self.waiting.pop_front() {
            match self.told.try_send(told) {
                Ok(()) => {}
                Err(TrySendError::Full(told)) => return self.waiting.push_front(told),
                Err(TrySendError::Closed(_)) => return self.waiting.clear(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use warden_media::relay::Side;

    use super::*;

    #[test]
    fn a_slow_listener_misses_silence_and_never_a_death() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut outbox = Outbox::new(sender);
        let (call, side) = (CallId(1), Side::A);
        assert!(outbox.mention(MediaEvent::AudioBack { call, side }));
        assert!(!outbox.mention(MediaEvent::AudioBack { call, side }));
        let dead = |side| MediaEvent::Dead { call, side };
        outbox.tell(Told::Event(dead(Side::A)));
        outbox.tell(Told::Event(dead(Side::B)));
        assert!(outbox.is_behind());
        let mut next = || {
            outbox.retry();
            receiver.try_recv().map(|told| if let Told::Event(event) = told { Some(event) } else { None })
        };
        assert_eq!(next(), Ok(Some(MediaEvent::AudioBack { call, side })));
        assert_eq!([next(), next()], [Ok(Some(dead(Side::A))), Ok(Some(dead(Side::B)))]);
        assert!(next().is_err() && !outbox.is_behind());
    }
}
