//! Why a leg is not heard, as far as its packets show: what the one-way calls of every phone system come down to.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::leg::Leg;
use super::statistics::{DropReason, Drops};
use crate::latch::{Stray, is_same};

/// What is known of a leg that should be heard and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where its description says that it receives, and so is expected to send from.
    pub promised: Option<SocketAddr>,
    /// What has come in place of its sound.
    pub clue: Clue,
}

impl fmt::Display for Finding {
    /// What a person who looks for the reason should know.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(promised) = self.promised {
            write!(f, "expected from {promised}; ")?;
        }
        match self.clue {
            Clue::Nothing => f.write_str("nothing comes at all: muted, or lost on the way (firewall, router)"),
            Clue::Reports => {
                f.write_str("its reports (RTCP) come, but no sound: muted, or the sound is lost on the way")
            }
            Clue::Elsewhere { from, packets } => {
                write!(f, "{packets} packets came from {from} instead, which is not believed to be the phone")
            }
            Clue::PayloadType => f.write_str("what comes is in a codec that was not agreed on"),
            Clue::WrongKey => f.write_str("what comes cannot be decrypted"),
            Clue::NotRtp => f.write_str("what comes is no sound (no RTP)"),
        }
    }
}

/// What comes from a leg that is not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clue {
    /// Nothing at all.
    Nothing,
    /// Nothing but RTCP: the phone is there, and sends no sound.
    Reports,
    /// RTP from an address that is not believed to be the phone's.
    Elsewhere {
        /// From where most of it came.
        from: SocketAddr,
        /// How many packets.
        packets: u64,
    },
    /// RTP with payload types that were not agreed on.
    PayloadType,
    /// RTP that cannot be decrypted.
    WrongKey,
    /// Something that is no RTP.
    NotRtp,
}

/// What had come when the leg was last heard; what has come since is the clue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    drops: Drops,
    reports: u64,
}

/// Who was heard within this time is heard.
const LATELY: Duration = Duration::from_secs(1);

impl Leg {
    /// Remembers what has come so far, while the leg is heard. Called now and then.
    pub(super) fn note_heard(&mut self, now: Instant) {
        if self.watch.is_heard(now, LATELY) {
            self.before = Before { drops: self.drops, reports: self.reports };
        }
    }

    /// Why nothing is heard.
    pub(super) fn finding(&self) -> Finding {
        let promised = self.setup.remote.map(|remote| remote.rtp);
        let since = |reason| self.drops.of(reason).saturating_sub(self.before.drops.of(reason));
        let has_come = |reason| since(reason) > 0;
        let clue = if has_come(DropReason::Forged) {
            Clue::WrongKey
        } else if let Some(stray) = self.stray().filter(|_| has_come(DropReason::Stray)) {
            // Before its first packet is believed, a phone is a stranger with what was not agreed on.
            let is_the_phone = promised.is_some_and(|promised| is_same(promised, stray.source));
            let packets = since(DropReason::Stray);
            if is_the_phone { Clue::PayloadType } else { Clue::Elsewhere { from: stray.source, packets } }
        } else if has_come(DropReason::PayloadType) {
            Clue::PayloadType
        } else if has_come(DropReason::NotRtp) || has_come(DropReason::Malformed) {
            Clue::NotRtp
        } else if self.reports > self.before.reports {
            Clue::Reports
        } else {
            Clue::Nothing
        };
        Finding { promised, clue }
    }

    /// From where most of what was not believed has come.
    fn stray(&self) -> Option<Stray> {
        self.latch.strays().recent().max_by_key(|stray| stray.packets).copied()
    }
}
