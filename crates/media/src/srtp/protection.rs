//! Both directions of a leg, through every new agreement on keys.

use super::{MasterKey, Receiver, Sender, SrtpError, SrtpKeys};

/// Longer packets are tried with the newest key only.
const LONGEST_TRIED_AGAIN: usize = 1500;

/// What a leg sends and what comes to it. `Debug` shows no key.
#[derive(Debug)]
pub struct Protection {
    keys: SrtpKeys,
    sender: Sender,
    /// With keys of ours that held before: one that comes back must count on. As many as we have said keys.
    retired: Vec<(MasterKey, Sender)>,
    receiver: Receiver,
    /// With the key before, for packets that were on their way when it changed; ends with the first one of the new key.
    before: Option<Box<Receiver>>,
}

impl Protection {
    /// Begins with keys that were never used.
    ///
    /// # Errors
    /// [`SrtpError::Key`].
    pub fn new(keys: &SrtpKeys) -> Result<Self, SrtpError> {
        let (sender, receiver) = (Sender::new(&keys.send)?, Receiver::new(&keys.receive)?);
        Ok(Self { keys: keys.clone(), sender, retired: Vec::new(), receiver, before: None })
    }

    /// Takes over what is agreed on now. A direction whose key stays goes on: agreements are repeated by holds and session
    /// refreshes. With a new key we count from zero, so it is best sent under a new SSRC: whether a rollover counter goes on
    /// is told one way by RFC 3711 §3.3.1 and another by RFC 4568 §7.1.4. What comes may do either.
    ///
    /// # Errors
    /// [`SrtpError::Key`]; nothing has changed then.
    pub fn follow(&mut self, keys: &SrtpKeys) -> Result<(), SrtpError> {
        let is_new = |old: &MasterKey, new: &MasterKey| old != new;
        let known = self.retired.iter().position(|(key, _)| *key == keys.send);
        let is_fresh = is_new(&self.keys.send, &keys.send) && known.is_none();
        let sender = is_fresh.then(|| Sender::new(&keys.send)).transpose()?;
        let receiver = is_new(&self.keys.receive, &keys.receive).then(|| self.receiver.succeeded_by(&keys.receive));
        if let Some(receiver) = receiver.transpose()? {
            self.before = Some(Box::new(std::mem::replace(&mut self.receiver, receiver)));
        }
        if let Some(sender) = sender.or_else(|| Some(self.retired.swap_remove(known?).1)) {
            let old = std::mem::replace(&mut self.sender, sender);
            self.retired.push((self.keys.send.clone(), old));
        }
        self.keys = keys.clone();
        Ok(())
    }

    /// As [`Sender::protect`].
    #[inline]
    #[must_use]
    pub fn protect(&mut self, packet: &mut [u8], len: usize) -> Option<usize> {
        self.sender.protect(packet, len)
    }

    /// As [`Sender::protect_rtcp`].
    #[must_use]
    pub fn protect_rtcp(&mut self, packet: &mut [u8], len: usize) -> Option<usize> {
        self.sender.protect_rtcp(packet, len)
    }

    /// As [`Receiver::unprotect`], for a while also with the key before.
    ///
    /// # Errors
    /// [`SrtpError`]; nothing is remembered of the packet then.
    #[inline]
    pub fn unprotect(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        if self.before.is_none() {
            return self.receiver.unprotect(packet);
        }
        self.unprotect_either(packet, Receiver::unprotect)
    }

    /// As [`Receiver::unprotect_rtcp`], for a while also with the key before.
    ///
    /// # Errors
    /// [`SrtpError`]; nothing is remembered of the packet then.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        self.unprotect_either(packet, Receiver::unprotect_rtcp)
    }

    fn unprotect_either(
        &mut self,
        packet: &mut [u8],
        open: impl Fn(&mut Receiver, &mut [u8]) -> Result<usize, SrtpError>,
    ) -> Result<usize, SrtpError> {
        let mut kept = [0; LONGEST_TRIED_AGAIN];
        let (Some(before), Some(kept)) = (&mut self.before, kept.get_mut(..packet.len())) else {
            return open(&mut self.receiver, packet);
        };
        kept.copy_from_slice(packet);
        let opened = open(&mut self.receiver, packet);
        if opened.is_ok() {
            self.before = None;
            return opened;
        }
        packet.copy_from_slice(kept);
        open(before, packet)
    }
}
