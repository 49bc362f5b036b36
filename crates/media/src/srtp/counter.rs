//! AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1 and §4.2.1, RFC 6188).

use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::derive::{Label, Stream, counter_key, derive};
use super::header::RTCP_CLEAR_LEN;
use super::transform::Number;
use super::{MasterKey, SrtpError};

const AUTHENTICATION_KEY_LEN: usize = 20;

/// The session keys.
pub(super) struct CounterMode {
    key: EncryptingKey,
    /// The session salt, two zero bytes behind it.
    salt: u128,
    /// Has taken in the key already. It is not aws-lc's: that takes 0.1 µs longer, and 1.2 KB where this takes 0.1.
    authentication: Hmac<Sha1>,
    tag_len: usize,
}

impl CounterMode {
    pub(super) fn new(master: &MasterKey, stream: Stream, tag_len: usize) -> Result<Self, SrtpError> {
        let (key_len, salt_len) = (master.suite().key_len(), master.suite().salt_len());
        let key = derive(master, stream, Label::Encryption, key_len)?;
        let salt = derive(master, stream, Label::Salt, salt_len)?;
        let authentication = derive(master, stream, Label::Authentication, AUTHENTICATION_KEY_LEN)?;
        Self::from_session_keys(
            key.get(..key_len).unwrap_or_default(),
            *salt.first_chunk().ok_or(SrtpError::Key)?,
            authentication.get(..AUTHENTICATION_KEY_LEN).unwrap_or_default(),
            tag_len,
        )
    }

    pub(super) fn from_session_keys(
        key: &[u8],
        salt: [u8; 16],
        authentication: &[u8],
        tag_len: usize,
    ) -> Result<Self, SrtpError> {
        Ok(Self {
            key: counter_key(key)?,
            salt: u128::from_be_bytes(salt),
            authentication: Hmac::new_from_slice(authentication).map_err(|_| SrtpError::Key)?,
            tag_len,
        })
    }

    pub(super) fn tag_len(&self) -> usize {
        self.tag_len
    }

    #[inline]
    pub(super) fn seal_rtp(&self, packet: &mut [u8], clear_len: usize, len: usize, number: Number) -> Option<usize> {
        let sealed = packet.get_mut(..len + self.tag_len)?;
        let (plain, tag) = sealed.split_at_mut_checked(len)?;
        self.apply(plain.get_mut(clear_len..)?, number).ok()?;
        tag.copy_from_slice(self.tag(plain, &number.rollovers()).get(..self.tag_len)?);
        Some(len + self.tag_len)
    }

    #[inline]
    pub(super) fn open_rtp(&self, packet: &mut [u8], clear_len: usize, number: Number) -> Result<usize, SrtpError> {
        let len = packet.len().checked_sub(self.tag_len).ok_or(SrtpError::Malformed)?;
        let (sealed, tag) = packet.split_at_mut_checked(len).ok_or(SrtpError::Malformed)?;
        let hidden = sealed.get(clear_len..).map(<[u8]>::len).ok_or(SrtpError::Malformed)?;
        self.check(sealed, &number.rollovers(), tag)?;
        self.apply(sealed.get_mut(len - hidden..).unwrap_or_default(), number)?;
        Ok(len)
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], len: usize, word: [u8; 4], number: Number) -> Option<usize> {
        let (authenticated, tag) = packet.get_mut(..len + 4 + self.tag_len)?.split_at_mut_checked(len + 4)?;
        self.apply(authenticated.get_mut(RTCP_CLEAR_LEN..len)?, number).ok()?;
        *authenticated.last_chunk_mut()? = word;
        tag.copy_from_slice(self.tag(authenticated, &[]).get(..self.tag_len)?);
        Some(len + 4 + self.tag_len)
    }

    pub(super) fn open_rtcp(&self, packet: &mut [u8], is_encrypted: bool, number: Number) -> Result<usize, SrtpError> {
        let end = packet.len().checked_sub(self.tag_len).ok_or(SrtpError::Malformed)?;
        let len = end.checked_sub(4).filter(|len| *len >= RTCP_CLEAR_LEN).ok_or(SrtpError::Malformed)?;
        let (authenticated, tag) = packet.split_at_mut_checked(end).ok_or(SrtpError::Malformed)?;
        self.check(authenticated, &[], tag)?;
        if is_encrypted {
            self.apply(authenticated.get_mut(RTCP_CLEAR_LEN..len).unwrap_or_default(), number)?;
        }
        Ok(len)
    }

    /// Encrypts and decrypts: both are the same.
    #[inline]
    pub(super) fn apply(&self, bytes: &mut [u8], number: Number) -> Result<(), SrtpError> {
        let start = self.salt ^ (u128::from(number.ssrc) << 64) ^ (u128::from(number.index) << 16);
        let context = EncryptionContext::Iv128(start.to_be_bytes().into());
        self.key.less_safe_encrypt(bytes, context).map(drop).map_err(|_| SrtpError::Forged)
    }

    #[inline]
    fn tag(&self, packet: &[u8], behind: &[u8]) -> [u8; 20] {
        let authentication = self.authentication.clone();
        authentication.chain_update(packet).chain_update(behind).finalize().into_bytes().into()
    }

    #[inline]
    fn check(&self, packet: &[u8], behind: &[u8], tag: &[u8]) -> Result<(), SrtpError> {
        let right = self.tag(packet, behind);
        let right = right.get(..self.tag_len).unwrap_or_default();
        verify_slices_are_equal(right, tag).map_err(|_| SrtpError::Forged)
    }
}
