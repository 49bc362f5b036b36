//! What can be played to a leg in place of what the other one sends.

use std::time::Instant;

use super::leg::Leg;
use crate::station::{Class, Tuned};
use crate::tone::{Player, Tone};

/// What a leg is to hear.
#[derive(Clone, Debug, PartialEq)]
pub enum Program {
    /// From its beginning, until it ends by itself or is stopped.
    Tone(Tone),
    /// The music of a class, from where it is, until it is stopped. It comes of a [`Stations`](crate::station::Stations).
    Music(Class),
}

/// What a leg hears.
#[derive(Debug)]
pub(super) enum Playing {
    Tone(Player),
    Music(Class),
}

impl Playing {
    pub(super) fn new(program: Program, now: Instant) -> Self {
        match program {
            Program::Tone(tone) => Self::Tone(Player::new(tone, now)),
            Program::Music(class) => Self::Music(class),
        }
    }

    /// Music has no time of its own: whoever has the stations gives it.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        match self {
            Self::Tone(player) => player.next_timeout(),
            Self::Music(_) => None,
        }
    }
}

impl Leg {
    /// The music that it is to be told now. Nobody is told what he does not receive.
    pub(super) fn tuned(&self) -> Option<Tuned> {
        let voice = self.setup.voice.filter(|_| self.setup.direction.receives())?;
        match self.playing.as_ref()? {
            Playing::Tone(_) => None,
            Playing::Music(class) => Some(Tuned { class: class.clone(), voice }),
        }
    }

    /// Whether what is played takes the place of what the other leg sends.
    pub(super) fn is_playing(&self) -> bool {
        match self.playing {
            Some(Playing::Tone(_)) => self.setup.tones.is_some(),
            Some(Playing::Music(_)) => self.setup.voice.is_some(),
            None => false,
        }
    }
}
