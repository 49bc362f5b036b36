//! Our side of it: whether the sound of a leg is encrypted, and with which keys.

use zeroize::Zeroizing;

use super::crypto::Crypto;
use super::master_key::MasterKey;
use super::suite::{MAX_MASTER_LEN, Suite};
use crate::negotiated::Negotiated;

/// Whether the sound of one leg is encrypted with keys in the description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Srtp {
    /// Never: offers of encrypted sound are refused, keys beside plain sound are passed over.
    #[default]
    Off,
    /// If the other side wants it. Offers name `RTP/AVP` with keys beside it, which those who do not know keys pass
    /// over; encrypted sound is taken, and so is plain sound.
    Optional,
    /// Always: offers name `RTP/SAVP`, and plain sound is refused, also when keys beside it are not taken.
    Required,
}

/// The wish of one leg and the keys that we send with. `Debug` shows no key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    policy: Srtp,
    keys: Vec<MasterKey>,
}

/// The keys that hold for a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SrtpKeys {
    /// What we send with.
    pub send: MasterKey,
    /// What the other side sends with; of the same suite.
    pub receive: MasterKey,
}

impl Encryption {
    /// Fresh keys for `suites`, the most wanted first; `fill` fills a room with bytes that nobody can guess. Of a suite
    /// named twice the first counts. Without a policy that wants them no key is made.
    #[must_use]
    pub fn new(policy: Srtp, suites: &[Suite], mut fill: impl FnMut(&mut [u8])) -> Self {
        let mut keys: Vec<MasterKey> = Vec::new();
        for suite in suites.iter().filter(|_| policy != Srtp::Off) {
            let mut bytes = Zeroizing::new([0; MAX_MASTER_LEN]);
            let room = bytes.get_mut(..suite.master_len()).unwrap_or_default();
            if keys.iter().all(|key| key.suite() != *suite) {
                fill(room);
                keys.extend(MasterKey::new(*suite, room));
            }
        }
        Self { policy, keys }
    }

    /// Whether the sound is encrypted.
    #[must_use]
    pub fn policy(&self) -> Srtp {
        self.policy
    }

    /// Our keys, the most wanted first.
    pub(super) fn keys(&self) -> &[MasterKey] {
        &self.keys
    }

    /// The lines of an offer. What holds in the session stays: the suite, or plain sound.
    pub(crate) fn offered(&self, holds: Option<&Negotiated>) -> Vec<Crypto> {
        let is_offered = |key: &&MasterKey| match holds {
            None => true,
            Some(agreed) => agreed.srtp.as_ref().is_some_and(|keys| keys.send.suite() == key.suite()),
        };
        (1..).zip(self.keys.iter().filter(is_offered)).map(|(tag, key)| Crypto { tag, key: key.clone() }).collect()
    }

    /// What a first offer says that sound is carried by.
    pub(crate) fn protocol(&self) -> &'static [u8] {
        match self.policy {
            Srtp::Off | Srtp::Optional => b"RTP/AVP",
            Srtp::Required => b"RTP/SAVP",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut next = 0;
        move |room| {
            next += 1;
            room.fill(next);
        }
    }

    #[test]
    fn every_suite_gets_a_key_of_its_own() {
        let suites = [Suite::AeadAes128Gcm, Suite::AesCm128HmacSha1_80, Suite::AeadAes128Gcm];
        let encryption = Encryption::new(Srtp::Optional, &suites, counting());
        let lines: Vec<_> = encryption.offered(None).iter().map(|it| (it.tag, it.suite(), it.key.key()[0])).collect();
        assert_eq!(lines, [(1, Suite::AeadAes128Gcm, 1), (2, Suite::AesCm128HmacSha1_80, 2)]);
        assert_eq!(Encryption::new(Srtp::Off, &suites, counting()), Encryption::default());
    }
}
