//! Who else sends to a leg's port.

use std::net::SocketAddr;

/// How many sources are kept.
pub const STRAYS_KEPT: usize = 8;

/// One source and how many packets it has sent since it was last noticed as new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stray {
    /// Where they came from.
    pub source: SocketAddr,
    /// How many.
    pub packets: u64,
}

/// The last sources, at most [`STRAYS_KEPT`]; a new one replaces the one that came first.
#[derive(Clone, Debug, Default)]
pub struct Strays {
    recent: [Option<Stray>; STRAYS_KEPT],
    next: usize,
    packets: u64,
}

impl Strays {
    /// All stray packets, also those whose source is forgotten.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// The sources kept.
    pub fn recent(&self) -> impl Iterator<Item = &Stray> {
        self.recent.iter().flatten()
    }

    pub(super) fn count(&mut self, source: SocketAddr) {
        self.packets += 1;
        if let Some(known) = self.recent.iter_mut().flatten().find(|stray| stray.source == source) {
            known.packets += 1;
            return;
        }
        if let Some(place) = self.recent.get_mut(self.next) {
            *place = Some(Stray { source, packets: 1 });
        }
        self.next = (self.next + 1) % STRAYS_KEPT;
    }
}
