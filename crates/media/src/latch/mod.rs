//! Where a leg's peer really is, learnt from what it sends (after RFC 7362), and what is not believed.
//!
//! Without encryption nobody can tell a forged packet for certain. Each rule stands against one attack:
//!
//! - *Nothing before an address is signalled.* A port that waits for its call cannot be taken beforehand.
//! - *The signalled address is believed at once, takes over what was learnt, and then rules for good.* Somebody who was
//!   faster than the phone loses the leg as soon as the phone is heard.
//! - *Another address is learnt only from two consecutive packets of one stream, of a type that was negotiated.* One
//!   packet sprayed over all ports ("RTP bleed") neither gets audio nor is heard, and answers nothing.
//! - *What was learnt stays.* Who comes later is a stray, however many packets he sends: no audio to him, none from him.
//! - *An address at the signalled IP takes over from one elsewhere.* A phone behind a port-changing NAT wins against a
//!   stranger who was faster.
//! - *A peer may move to another port of its IP only if its stream goes on* (same SSRC, sequence number at hand). A NAT
//!   that rebinds keeps the call; somebody else would have to know numbers that he cannot see.
//! - *The family stays.* A leg signalled with IPv4 is not moved to IPv6, where other filters rule.
//! - *Strict mode* believes the signalled address only, for peers without NAT.
//! - *Strays are counted with their source, a few of them.* They can be told to an operator, and a flood costs nothing.
//!
//! What remains: in relaxed mode, while the phone is silent, the first stranger who guesses port and payload type and
//! sends two packets gets the audio until the phone speaks. SRTP, or strict mode, closes that.

mod fax;
mod strays;

use std::net::{IpAddr, SocketAddr};

use crate::rtp::RtpHeader;

pub use strays::{STRAYS_KEPT, Stray, Strays};

/// How far a sequence number may be ahead when a peer changes its port: 10 s of 20 ms packets.
const MOVE_WINDOW: u16 = 500;

/// Whom a leg believes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LatchMode {
    /// Only the signalled address.
    Strict,
    /// Whoever sends like the peer would; phones behind NAT need it.
    #[default]
    Relaxed,
}

/// How well the peer's address is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatchState {
    /// Nothing has come yet: we send where signalling says.
    Signalled,
    /// Learnt from packets; the signalled address may take over.
    Provisional(SocketAddr),
    /// The signalled address has sent, or encryption has proved the peer.
    Confirmed(SocketAddr),
}

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is the peer's.
    Peer,
    /// It may be the peer's first one; the next one will tell. It is not to be used.
    Learning,
    /// It is somebody else's, counted, and not to be used.
    Stray,
}

/// The first of two consecutive packets.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    source: SocketAddr,
    ssrc: u32,
    next: u16,
}

/// The latch of one leg. Constant in size.
#[derive(Clone, Debug)]
pub struct Latch {
    mode: LatchMode,
    signalled: Option<SocketAddr>,
    state: LatchState,
    /// SSRC and sequence number of the peer's newest packet.
    newest: Option<(u32, u16)>,
    /// At the signalled IP; kept apart so that a flood from elsewhere cannot displace it.
    near: Option<Candidate>,
    far: Option<Candidate>,
    strays: Strays,
    /// Where the phone was before it was signalled at another port of the same IP; behind NAT it is still there.
    home: Option<IpAddr>,
}

impl Default for Latch {
    fn default() -> Self {
        Self::new()
    }
}

impl Latch {
    /// Believes nobody until an address is signalled.
    #[must_use]
    pub fn new() -> Self {
        Self {
            mode: LatchMode::Relaxed,
            signalled: None,
            state: LatchState::Signalled,
            newest: None,
            near: None,
            far: None,
            strays: Strays::default(),
            home: None,
        }
    }

    /// An SDP names the peer's address. Another one than before starts anew; the same one, as in a hold, changes
    /// nothing. `None` stands for an address that is not known yet.
    ///
    /// An SDP with `c=0.0.0.0`, the old way to hold, is a direction and not an address: do not pass it.
    pub fn signal(&mut self, address: Option<SocketAddr>, mode: LatchMode) {
        if self.signalled != address || self.mode != mode {
            self.home = self.home_for(address);
            (self.signalled, self.mode, self.state) = (address, mode, LatchState::Signalled);
            (self.newest, self.near, self.far) = (None, None, None);
        }
    }

    /// Something better than an address, such as SRTP or ICE, has proved that the peer is at `source`.
    pub fn confirm(&mut self, source: SocketAddr) {
        self.state = LatchState::Confirmed(source);
        (self.near, self.far) = (None, None);
    }

    /// Where to send to.
    #[inline]
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        match self.state {
            LatchState::Signalled => self.signalled,
            LatchState::Provisional(peer) | LatchState::Confirmed(peer) => Some(peer),
        }
    }

    /// How well the peer is known.
    #[must_use]
    pub fn state(&self) -> LatchState {
        self.state
    }

    /// Who else has sent.
    #[must_use]
    pub fn strays(&self) -> &Strays {
        &self.strays
    }

    /// An RTP packet has come; `expected` says whether its payload type was negotiated.
    #[inline]
    pub fn admit(&mut self, source: SocketAddr, header: &RtpHeader, expected: bool) -> Admission {
        let admission = self.judge(source, header, expected);
        match admission {
            Admission::Peer => self.newest = Some((header.ssrc, header.sequence)),
            Admission::Stray => self.strays.count(source),
            Admission::Learning => {}
        }
        admission
    }

    fn judge(&mut self, source: SocketAddr, header: &RtpHeader, expected: bool) -> Admission {
        let Some(signalled) = self.signalled else { return Admission::Stray };
        if self.is_latched_to(source) {
            return Admission::Peer;
        }
        if !expected || !self.may_become_peer(source, signalled, header) {
            return Admission::Stray;
        }
        if is_same(source, signalled) {
            self.confirm(source);
            return Admission::Peer;
        }
        self.learn(source, is_same_ip(source, signalled), header)
    }

    fn is_latched_to(&self, source: SocketAddr) -> bool {
        match self.state {
            LatchState::Signalled => false,
            LatchState::Provisional(peer) | LatchState::Confirmed(peer) => is_same(peer, source),
        }
    }

    fn may_become_peer(&self, source: SocketAddr, signalled: SocketAddr, header: &RtpHeader) -> bool {
        if self.mode == LatchMode::Strict {
            return self.state == LatchState::Signalled && is_same(source, signalled);
        }
        if source.ip().to_canonical().is_ipv4() != signalled.ip().to_canonical().is_ipv4() {
            return false;
        }
        match self.state {
            LatchState::Signalled => true,
            LatchState::Provisional(peer) => {
                let nearer = is_same_ip(source, signalled) && !is_same_ip(peer, signalled);
                nearer || is_same(source, signalled) || self.has_moved(peer, source, header.ssrc, header.sequence)
            }
            LatchState::Confirmed(peer) => self.has_moved(peer, source, header.ssrc, header.sequence),
        }
    }

    /// Whether the peer's stream goes on from another port of its IP.
    fn has_moved(&self, peer: SocketAddr, source: SocketAddr, ssrc: u32, sequence: u16) -> bool {
        is_same_ip(peer, source)
            && self.newest.is_some_and(|(newest, before)| {
                newest == ssrc && (1..=MOVE_WINDOW).contains(&sequence.wrapping_sub(before))
            })
    }

    fn learn(&mut self, source: SocketAddr, is_near: bool, header: &RtpHeader) -> Admission {
        let place = if is_near { &mut self.near } else { &mut self.far };
        let follows = place.is_some_and(|first| {
            is_same(first.source, source) && first.ssrc == header.ssrc && first.next == header.sequence
        });
        if follows {
            self.state = LatchState::Provisional(source);
            (self.near, self.far) = (None, None);
            return Admission::Peer;
        }
        *place = Some(Candidate { source, ssrc: header.ssrc, next: header.sequence.wrapping_add(1) });
        Admission::Learning
    }
}

/// Whether two addresses are one; a socket for both families shows IPv4 as `::ffff:a.b.c.d`.
pub(crate) fn is_same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && is_same_ip(one, other)
}

pub(crate) fn is_same_ip(one: SocketAddr, other: SocketAddr) -> bool {
    match (one.ip(), other.ip()) {
        (IpAddr::V4(one), IpAddr::V4(other)) => one == other,
        (one, other) => one.to_canonical() == other.to_canonical(),
    }
}

#[cfg(test)]
mod tests;
