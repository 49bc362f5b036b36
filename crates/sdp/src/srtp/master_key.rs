//! A master key: the secret that the keys of a stream are derived from.

use zeroize::Zeroizing;

use super::suite::{MAX_MASTER_LEN, Suite};

/// Master key and master salt of one direction, for one suite. Wiped when dropped; `Debug` shows the suite only.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    suite: Suite,
    /// The key, the salt behind it, zeros.
    bytes: Zeroizing<[u8; MAX_MASTER_LEN]>,
}

impl MasterKey {
    /// The key and the salt behind it, [`Suite::master_len`] bytes that nobody else can guess; `None` for any other
    /// length.
    #[must_use]
    pub fn new(suite: Suite, key_and_salt: &[u8]) -> Option<Self> {
        let (key, salt) = key_and_salt.split_at_checked(suite.key_len())?;
        Self::from_parts(suite, key, salt)
    }

    /// Key and salt apart, as DTLS exports them (RFC 5764 §4.2); `None` unless they have the suite's lengths.
    #[must_use]
    pub fn from_parts(suite: Suite, key: &[u8], salt: &[u8]) -> Option<Self> {
        if (key.len(), salt.len()) != (suite.key_len(), suite.salt_len()) {
            return None;
        }
        let mut bytes = Zeroizing::new([0; MAX_MASTER_LEN]);
        let (key_room, rest) = bytes.split_at_mut_checked(key.len())?;
        key_room.copy_from_slice(key);
        rest.get_mut(..salt.len())?.copy_from_slice(salt);
        Some(Self { suite, bytes })
    }

    /// What it is for.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The key and the salt behind it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.suite.master_len()).unwrap_or_default()
    }

    /// The key without the salt.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.bytes.get(..self.suite.key_len()).unwrap_or_default()
    }

    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        self.bytes.get(self.suite.key_len()..self.suite.master_len()).unwrap_or_default()
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.suite.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_length_of_the_suite_is_taken() {
        let bytes: Vec<u8> = (0..60).collect();
        for suite in Suite::ALL {
            for len in 0..bytes.len() {
                assert_eq!(MasterKey::new(suite, &bytes[..len]).is_some(), len == suite.master_len());
            }
            let key = MasterKey::new(suite, &bytes[..suite.master_len()]).expect("long enough");
            assert_eq!(key.bytes(), &bytes[..suite.master_len()]);
            assert_eq!([key.key(), key.salt()].concat(), key.bytes());
            assert_eq!(MasterKey::from_parts(suite, key.key(), key.salt()), Some(key));
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = MasterKey::new(Suite::AeadAes128Gcm, &[77; 28]).expect("long enough");
        assert_eq!(format!("{key:?}"), "MasterKey(AEAD_AES_128_GCM)");
    }
}
