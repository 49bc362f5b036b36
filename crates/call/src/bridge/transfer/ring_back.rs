//! What the other party hears while phones ring in place of who it has talked with.

use warden_media::relay::{Program, Side};
use warden_media::tone::{Plan, Tone};

use super::super::call::{Call, Media};
use super::super::turn::Turn;
use crate::media::MediaCommand;

impl Call {
    /// The party at `side` hears that it rings, and nobody else.
    pub(super) fn begin_ring_back(&self, side: Side, turn: &mut Turn<'_>) {
        if let Media::Open(_) = self.media {
            turn.media(MediaCommand::Play {
                call: turn.call,
                side,
                program: Program::Tone(Tone::ring_back(Plan::default())),
            });
        }
    }

    /// The tone has ended with the leg that heard it, if that was replaced since the session was as `before`: it begins anew.
    pub(in super::super) fn renew_ring_back(&mut self, before: Media, turn: &mut Turn<'_>) {
        let Some(waiting) = self.transfer().filter(|transfer| transfer.heard.is_none()) else { return };
        let waiting = waiting.side.other();
        if before.tag(waiting) != self.media.tag(waiting) {
            self.begin_ring_back(waiting, turn);
        }
    }

    /// The party at `side` hears who is at the other end again.
    pub(super) fn end_ring_back(&self, side: Side, turn: &mut Turn<'_>) {
        if let Media::Open(_) = self.media {
            turn.media(MediaCommand::Stop { call: turn.call, side });
        }
    }
}
