//! Session keys from a master key (RFC 3711 §4.3, RFC 6188 §3, RFC 7714 §11), once and for all: the rate is 0.

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use zeroize::Zeroizing;

use super::{MasterKey, SrtpError};

/// What a session key is for, by the number of its kind; that of RTCP is 3 more than that of RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Encryption,
    Authentication,
    Salt,
}

/// Which packets the keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Rtp,
    Rtcp,
}

impl Label {
    fn number(self, stream: Stream) -> u8 {
        let number = match self {
            Self::Encryption => 0,
            Self::Authentication => 1,
            Self::Salt => 2,
        };
        match stream {
            Stream::Rtp => number,
            Stream::Rtcp => number + 3,
        }
    }
}

/// The first `len` bytes of the key for `label`; the rest is zeros. At most 32 are asked for.
pub(super) fn derive(
    master: &MasterKey,
    stream: Stream,
    label: Label,
    len: usize,
) -> Result<Zeroizing<[u8; 32]>, SrtpError> {
    // The salt is at the left end of 14 bytes, also where it has 12 only; the label is its eighth byte.
    let mut start = Zeroizing::new([0; 16]);
    start.get_mut(..master.salt().len()).ok_or(SrtpError::Key)?.copy_from_slice(master.salt());
    let [_, _, _, _, _, _, _, eighth, ..] = &mut *start;
    *eighth ^= label.number(stream);
    let mut out = Zeroizing::new([0; 32]);
    let stream = out.get_mut(..len).ok_or(SrtpError::Key)?;
    let key = counter_key(master.key())?;
    key.less_safe_encrypt(stream, EncryptionContext::Iv128((&*start).into())).map_err(|_| SrtpError::Key)?;
    Ok(out)
}

/// AES in counter mode, of 128 or 256 bits by the length of the key.
pub(super) fn counter_key(key: &[u8]) -> Result<EncryptingKey, SrtpError> {
    let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
    UnboundCipherKey::new(algorithm, key).and_then(EncryptingKey::ctr).map_err(|_| SrtpError::Key)
}
