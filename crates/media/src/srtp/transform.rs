//! What a suite does to one packet whose number is known. Lengths are counted without what is appended.

use super::counter::CounterMode;
use super::derive::Stream;
use super::galois::GaloisMode;
use super::{MasterKey, SrtpError, Suite};

/// The keys of all packets in one direction.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) rtp: Transform,
    pub(super) rtcp: Transform,
}

impl Keys {
    pub(super) fn new(master: &MasterKey) -> Result<Self, SrtpError> {
        Ok(Self { rtp: Transform::new(master, Stream::Rtp)?, rtcp: Transform::new(master, Stream::Rtcp)? })
    }
}

/// The keys of all packets of RTP, or of RTCP, in one direction. They are large, and sessions are moved.
pub(super) enum Transform {
    /// AES-CM with HMAC-SHA1.
    Counter(Box<CounterMode>),
    /// AES-GCM.
    Galois(Box<GaloisMode>),
}

/// Which packet it is: what the initialization vector is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) ssrc: u32,
    /// 48 bits in RTP, 31 in RTCP.
    pub(super) index: u64,
}

impl Number {
    /// The rollover counter of RTP.
    pub(super) fn rollovers(self) -> [u8; 4] {
        let [_, _, r0, r1, r2, r3, _, _] = self.index.to_be_bytes();
        [r0, r1, r2, r3]
    }
}

/// The flag beside the number of an RTCP packet that says that it is encrypted.
pub(super) const ENCRYPTED: u32 = 1 << 31;

impl Transform {
    fn new(master: &MasterKey, stream: Stream) -> Result<Self, SrtpError> {
        let tag_len = match (master.suite(), stream) {
            (Suite::AeadAes128Gcm | Suite::AeadAes256Gcm, _) => {
                return Ok(Self::Galois(GaloisMode::new(master, stream)?.into()));
            }
            (Suite::AesCm128HmacSha1_32 | Suite::Aes256CmHmacSha1_32, Stream::Rtp) => 4,
            (
                Suite::AesCm128HmacSha1_80
                | Suite::AesCm128HmacSha1_32
                | Suite::Aes256CmHmacSha1_80
                | Suite::Aes256CmHmacSha1_32,
                _,
            ) => 10,
        };
        Ok(Self::Counter(CounterMode::new(master, stream, tag_len)?.into()))
    }

    /// Protects the first `len` bytes of `packet`, `clear_len` of which stay readable, and gives the new length. `None`
    /// when there is no room for it.
    #[inline]
    pub(super) fn seal_rtp(&self, packet: &mut [u8], clear_len: usize, len: usize, number: Number) -> Option<usize> {
        match self {
            Self::Counter(mode) => mode.seal_rtp(packet, clear_len, len, number),
            Self::Galois(mode) => mode.seal_rtp(packet, clear_len, len, number),
        }
    }

    /// Undoes [`Transform::seal_rtp`] if nobody has changed a bit, and gives the length of the plain packet.
    #[inline]
    pub(super) fn open_rtp(&self, packet: &mut [u8], clear_len: usize, number: Number) -> Result<usize, SrtpError> {
        match self {
            Self::Counter(mode) => mode.open_rtp(packet, clear_len, number),
            Self::Galois(mode) => mode.open_rtp(packet, clear_len, number),
        }
    }

    /// As [`Transform::seal_rtp`]; all behind the first eight bytes is encrypted.
    pub(super) fn seal_rtcp(&self, packet: &mut [u8], len: usize, number: Number) -> Option<usize> {
        let word = (ENCRYPTED | u32::try_from(number.index).ok()?).to_be_bytes();
        match self {
            Self::Counter(mode) => mode.seal_rtcp(packet, len, word, number),
            Self::Galois(mode) => mode.seal_rtcp(packet, len, word, number),
        }
    }

    /// As [`Transform::open_rtp`]; `word` is the number with the flag, as [`Transform::rtcp_word`] has found it.
    pub(super) fn open_rtcp(&self, packet: &mut [u8], word: u32, number: Number) -> Result<usize, SrtpError> {
        let is_encrypted = word & ENCRYPTED != 0;
        match self {
            Self::Counter(mode) => mode.open_rtcp(packet, is_encrypted, number),
            Self::Galois(mode) => mode.open_rtcp(packet, is_encrypted, number),
        }
    }

    /// The number of an RTCP packet with its flag.
    pub(super) fn rtcp_word(&self, packet: &[u8]) -> Result<u32, SrtpError> {
        let behind = match self {
            Self::Counter(mode) => mode.tag_len(),
            Self::Galois(_) => 0,
        };
        let word = packet.len().checked_sub(behind).and_then(|end| packet.get(..end)?.last_chunk::<4>());
        word.map(|word| u32::from_be_bytes(*word)).ok_or(SrtpError::Malformed)
    }
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Counter(_) => "Counter(..)",
            Self::Galois(_) => "Galois(..)",
        })
    }
}
