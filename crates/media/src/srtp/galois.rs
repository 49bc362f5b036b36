//! AES in Galois/counter mode (RFC 7714): one pass encrypts and authenticates.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::derive::{Label, Stream, derive};
use super::header::RTCP_CLEAR_LEN;
use super::transform::Number;
use super::{MasterKey, SrtpError};

const TAG_LEN: usize = 16;

/// The session keys.
pub(super) struct GaloisMode {
    key: LessSafeKey,
    /// The session salt, in the lower 96 bits.
    salt: u128,
}

impl GaloisMode {
    pub(super) fn new(master: &MasterKey, stream: Stream) -> Result<Self, SrtpError> {
        let (key_len, salt_len) = (master.suite().key_len(), master.suite().salt_len());
        let key = derive(master, stream, Label::Encryption, key_len)?;
        let salt = derive(master, stream, Label::Salt, salt_len)?;
        Self::from_session_keys(key.get(..key_len).unwrap_or_default(), *salt.first_chunk().ok_or(SrtpError::Key)?)
    }

    pub(super) fn from_session_keys(key: &[u8], salt: [u8; NONCE_LEN]) -> Result<Self, SrtpError> {
        let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        let key = UnboundKey::new(algorithm, key).map(LessSafeKey::new).map_err(|_| SrtpError::Key)?;
        let salt = salt.iter().fold(0, |salt, byte| (salt << 8) | u128::from(*byte));
        Ok(Self { key, salt })
    }

    #[inline]
    pub(super) fn seal_rtp(&self, packet: &mut [u8], clear_len: usize, len: usize, number: Number) -> Option<usize> {
        let (plain, tag) = packet.get_mut(..len + TAG_LEN)?.split_at_mut_checked(len)?;
        let (clear, hidden) = plain.split_at_mut_checked(clear_len)?;
        self.key.seal_in_place_scatter(self.nonce(number), Aad::from(&*clear), hidden, &[], tag).ok()?;
        Some(len + TAG_LEN)
    }

    #[inline]
    pub(super) fn open_rtp(&self, packet: &mut [u8], clear_len: usize, number: Number) -> Result<usize, SrtpError> {
        let len = packet.len().checked_sub(TAG_LEN).ok_or(SrtpError::Malformed)?;
        let (sealed, tag) = packet.split_at_mut_checked(len).ok_or(SrtpError::Malformed)?;
        let (clear, hidden) = sealed.split_at_mut_checked(clear_len).ok_or(SrtpError::Malformed)?;
        self.open(number, clear, tag, hidden)?;
        Ok(len)
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], len: usize, word: [u8; 4], number: Number) -> Option<usize> {
        let (plain, behind) = packet.get_mut(..len + TAG_LEN + 4)?.split_at_mut_checked(len)?;
        let (tag, index) = behind.split_at_mut_checked(TAG_LEN)?;
        index.copy_from_slice(&word);
        let (clear, hidden) = plain.split_at_mut_checked(RTCP_CLEAR_LEN)?;
        let clear = clear_with_word(clear, word)?;
        self.key.seal_in_place_scatter(self.nonce(number), Aad::from(clear), hidden, &[], tag).ok()?;
        Some(len + TAG_LEN + 4)
    }

    pub(super) fn open_rtcp(&self, packet: &mut [u8], is_encrypted: bool, number: Number) -> Result<usize, SrtpError> {
        let behind = packet.len().checked_sub(TAG_LEN + 4).filter(|len| *len >= RTCP_CLEAR_LEN);
        let len = behind.ok_or(SrtpError::Malformed)?;
        let word = *packet.last_chunk::<4>().ok_or(SrtpError::Malformed)?;
        let (plain, behind) = packet.split_at_mut_checked(len).ok_or(SrtpError::Malformed)?;
        let tag = *behind.first_chunk::<TAG_LEN>().ok_or(SrtpError::Malformed)?;
        if is_encrypted {
            let (clear, hidden) = plain.split_at_mut_checked(RTCP_CLEAR_LEN).ok_or(SrtpError::Malformed)?;
            let clear = clear_with_word(clear, word).ok_or(SrtpError::Malformed)?;
            self.open(number, &clear, &tag, hidden)?;
        } else {
            // All of it is authenticated only, the number behind it: that moves up to where the tag was.
            *behind.first_chunk_mut().ok_or(SrtpError::Malformed)? = word;
            let authenticated = packet.get(..len + 4).ok_or(SrtpError::Malformed)?;
            self.open(number, authenticated, &tag, &mut [])?;
        }
        Ok(len)
    }

    #[inline]
    fn open(&self, number: Number, clear: &[u8], tag: &[u8], hidden: &mut [u8]) -> Result<(), SrtpError> {
        let opened = self.key.open_in_place_separate_tag(self.nonce(number), Aad::from(clear), tag, hidden);
        opened.map(drop).map_err(|_| SrtpError::Forged)
    }

    /// RTP and RTCP alike: the fields that are longer in one are zeros in the other (RFC 7714 §8.1 and §9.1).
    #[inline]
    fn nonce(&self, number: Number) -> Nonce {
        let nonce = self.salt ^ (u128::from(number.ssrc) << 48) ^ u128::from(number.index);
        let [_, _, _, _, nonce @ ..] = nonce.to_be_bytes();
        Nonce::assume_unique_for_key(nonce)
    }
}

/// What of an RTCP packet is authenticated and not encrypted (RFC 7714 §9.2).
fn clear_with_word(clear: &[u8], word: [u8; 4]) -> Option<[u8; RTCP_CLEAR_LEN + 4]> {
    let mut both = [0; RTCP_CLEAR_LEN + 4];
    *both.first_chunk_mut()? = *clear.first_chunk::<RTCP_CLEAR_LEN>()?;
    *both.last_chunk_mut()? = word;
    Some(both)
}
