//! What is played to the parties of a call: ring-back while phones ring for a transfer, and music on hold.
//!
//! What each is to hear follows from how the call stands. After every input that is compared with what the media threads
//! were told last, and they are told what is new, so nothing that happens to a call can leave anybody with the wrong sound.

use warden_media::relay::{Program, Side};
use warden_media::tone::{Plan, Tone};

use super::call::{Call, Media, Stage};
use super::turn::Turn;
use crate::directory::Directory;
use crate::media::MediaCommand;
use crate::music::Class;

/// What the media threads play to A and B.
#[derive(Default)]
pub(super) struct Played([Option<(u64, Heard)>; 2]);

/// What a party hears in place of the other one.
#[derive(Clone, PartialEq, Eq)]
enum Heard {
    RingBack,
    Music(Class),
}

impl Played {
    fn of(&mut self, side: Side) -> &mut Option<(u64, Heard)> {
        let [a, b] = &mut self.0;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }
}

impl Call {
    /// Lets both parties hear what they are to hear now.
    pub(super) fn play_on(&mut self, turn: &mut Turn<'_>) {
        let Media::Open(_) = self.media else { return };
        for side in [Side::A, Side::B] {
            let Some(tag) = self.media.tag(side) else { continue };
            let wanted = self.program_for(side, tag, turn.directory);
            // What was played to a phone whose place another one has taken has ended with it.
            let playing = self.played.of(side).take().filter(|(listener, _)| *listener == tag).map(|(_, heard)| heard);
            let call = turn.call;
            match &wanted {
                Some(heard) if wanted != playing => {
                    turn.media(MediaCommand::Play { call, side, program: heard.program() });
                }
                None if playing.is_some() => turn.media(MediaCommand::Stop { call, side }),
                Some(_) | None => {}
            }
            *self.played.of(side) = wanted.map(|heard| (tag, heard));
        }
    }

    /// What the phone at this side is to hear, if it is the one with this tag.
    fn program_for(&self, side: Side, tag: u64, directory: &Directory) -> Option<Heard> {
        let Stage::Up(up) = &self.stage else { return None };
        let (own, other) = match side {
            Side::A => (&self.a, self.b.as_ref()?),
            Side::B => (self.b.as_ref()?, &self.a),
        };
        let is_fax = own.session.negotiated().is_some_and(|agreed| agreed.fax.is_some());
        if own.tag != tag || is_fax {
            return None;
        }
        if let Some(transfer) = up.transfer.as_ref().filter(|transfer| transfer.waits_at(side)) {
            return (!transfer.is_heard()).then_some(Heard::RingBack);
        }
        let is_held = other.holds && own.session.negotiated()?.direction.sends();
        directory.music.of(&other.owner).filter(|_| is_held).cloned().map(Heard::Music)
    }
}

impl Heard {
    fn program(&self) -> Program {
        match self {
            Self::RingBack => Program::Tone(Tone::ring_back(Plan::default())),
            Self::Music(class) => Program::Music(class.clone()),
        }
    }
}
