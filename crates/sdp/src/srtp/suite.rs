//! The crypto suites that we speak: their names in `a=crypto`, and how long their keys are.

/// How sound is encrypted and authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// AES-128 in counter mode, HMAC-SHA1 of 80 bits (RFC 4568 §6.2.1): what every phone speaks.
    AesCm128HmacSha1_80,
    /// The same with 32 bits in RTP; RTCP keeps 80 (RFC 4568 §6.2.2).
    AesCm128HmacSha1_32,
    /// AES-256 in counter mode, HMAC-SHA1 of 80 bits (RFC 6188).
    Aes256CmHmacSha1_80,
    /// The same with 32 bits in RTP; RTCP keeps 80.
    Aes256CmHmacSha1_32,
    /// AES-128 in Galois/counter mode (RFC 7714).
    AeadAes128Gcm,
    /// AES-256 in Galois/counter mode (RFC 7714).
    AeadAes256Gcm,
}

/// The most bytes of a master key with its salt.
pub const MAX_MASTER_LEN: usize = 46;

const NAMES: [(&str, Suite); 6] = [
    ("AES_CM_128_HMAC_SHA1_80", Suite::AesCm128HmacSha1_80),
    ("AES_CM_128_HMAC_SHA1_32", Suite::AesCm128HmacSha1_32),
    ("AES_256_CM_HMAC_SHA1_80", Suite::Aes256CmHmacSha1_80),
    ("AES_256_CM_HMAC_SHA1_32", Suite::Aes256CmHmacSha1_32),
    ("AEAD_AES_128_GCM", Suite::AeadAes128Gcm),
    ("AEAD_AES_256_GCM", Suite::AeadAes256Gcm),
];

impl Suite {
    /// All of them, the best first: quick ones that are safe, then those that old phones know. The tag of 32 bits comes
    /// last in its kind, since one forged packet in four thousand million would pass.
    pub const ALL: [Self; 6] = [
        Self::AeadAes256Gcm,
        Self::AeadAes128Gcm,
        Self::Aes256CmHmacSha1_80,
        Self::AesCm128HmacSha1_80,
        Self::Aes256CmHmacSha1_32,
        Self::AesCm128HmacSha1_32,
    ];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.into_iter().find(|(_, suite)| *suite == self).map_or("", |(name, _)| name)
    }

    /// Compared without regard to case, as other names are.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        NAMES.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes())).map(|(_, suite)| suite)
    }

    /// Bytes of the master key, and of each session key for encryption.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 | Self::AeadAes128Gcm => 16,
            Self::Aes256CmHmacSha1_80 | Self::Aes256CmHmacSha1_32 | Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of the master salt, and of each session salt.
    #[must_use]
    pub const fn salt_len(self) -> usize {
        match self {
            Self::AesCm128HmacSha1_80
            | Self::AesCm128HmacSha1_32
            | Self::Aes256CmHmacSha1_80
            | Self::Aes256CmHmacSha1_32 => 14,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
        }
    }

    /// Bytes of the master key and the salt behind it, as `inline:` has them.
    #[must_use]
    pub const fn master_len(self) -> usize {
        self.key_len() + self.salt_len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_a_name_that_is_read_back() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_name(suite.name().as_bytes()), Some(suite));
            assert!(suite.master_len() <= MAX_MASTER_LEN, "{suite:?}");
        }
        assert_eq!(Suite::from_name(b"aead_aes_128_gcm"), Some(Suite::AeadAes128Gcm));
        assert_eq!(Suite::from_name(b"F8_128_HMAC_SHA1_80"), None);
        assert_eq!(Suite::from_name(b""), None);
    }
}
