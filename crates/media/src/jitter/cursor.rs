//! Where in the stream we are.

use super::Played;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody speaks; what comes next waits for its time.
    Waiting,
    /// Sound is played. For so long something has been made up because nothing is there.
    Playing { starved_us: i64 },
}

/// Where in the stream we are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) state: State,
    /// The number of the next packet; `None` before the first one.
    pub(super) next: Option<u64>,
    /// Whether packets before the next one have had their turn.
    has_begun: bool,
    /// When the sound of the next packet should have been taken, if none is left out.
    pub(super) end_us: i64,
    /// Samples of a packet, and of what is made up where nobody knows.
    pub(super) packet: usize,
    pub(super) unit: usize,
    /// How long sound has been waiting when it was needed: rather the least of late.
    pub(super) level_us: i64,
    /// Since the last sound.
    pub(super) made_up_us: i64,
    pub(super) adjust_at: i64,
    pub(super) kind: Played,
    /// Whether sound that comes now follows noise.
    pub(super) joins: bool,
}

impl Cursor {
    /// Something made up is so many samples at least.
    pub(super) fn new(unit: usize) -> Self {
        Self {
            state: State::Waiting,
            next: None,
            has_begun: false,
            end_us: 0,
            packet: unit,
            unit,
            level_us: 0,
            made_up_us: 0,
            adjust_at: 0,
            kind: Played::Silence,
            joins: true,
        }
    }

    pub(super) fn is_past(&self, extended: u64) -> bool {
        self.has_begun && self.next.is_some_and(|next| extended < next)
    }

    pub(super) fn forget_numbers(&mut self) {
        (self.next, self.has_begun) = (None, false);
    }

    /// The next number, which is this one if it is the first that waits.
    pub(super) fn lower_to(&mut self, extended: u64) -> u64 {
        let next = self.next.map_or(extended, |next| if self.has_begun { next } else { next.min(extended) });
        *self.next.insert(next)
    }

    /// Numbers before this one are done with.
    pub(super) fn skip_to(&mut self, extended: u64) {
        (self.next, self.has_begun) = (Some(extended), true);
    }
}
