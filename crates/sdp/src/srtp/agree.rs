//! Which keys two sides agree on (RFC 4568 §5.1).

use super::crypto::{Crypto, CryptoError};
use super::encryption::{Encryption, Srtp, SrtpKeys};
use crate::description::{Media, Protocol};
use crate::grammar::words;

/// Why a media line cannot be carried as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// Over a transport that is not for us.
    Protocol,
    /// It must be encrypted, and no line of it fits.
    NoKey,
}

/// The line that an answer takes, with our key and under their tag, and the keys that then hold.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) line: Crypto,
    pub(crate) keys: SrtpKeys,
}

impl Encryption {
    /// How to answer offered `media`: encrypted with the first of our suites that it has, or, for `None`, plain.
    pub(crate) fn choose(&self, media: &Media<'_>) -> Result<Option<Chosen>, KeyError> {
        let is_plain = match media.protocol() {
            Protocol::RtpAvp | Protocol::RtpAvpf => true,
            Protocol::RtpSavp | Protocol::RtpSavpf => false,
            Protocol::DtlsSavp | Protocol::DtlsSavpf | Protocol::Udptl | Protocol::Other => {
                return Err(KeyError::Protocol);
            }
        };
        let chosen = || {
            self.keys().iter().find_map(|ours| {
                let theirs = media.cryptos().find(|theirs| theirs.suite() == ours.suite())?;
                let keys = SrtpKeys { send: ours.clone(), receive: theirs.key };
                Some(Chosen { line: Crypto { tag: theirs.tag, key: ours.clone() }, keys })
            })
        };
        match (self.policy(), is_plain) {
            (Srtp::Off, true) => Ok(None),
            (Srtp::Off, false) => Err(KeyError::Protocol),
            (Srtp::Optional, true) => Ok(chosen()),
            (Srtp::Optional, false) | (Srtp::Required, _) => chosen().map(Some).ok_or(KeyError::NoKey),
        }
    }
}

/// The keys that hold by the answer `theirs` to our `ours`; none for plain sound.
///
/// The suite tells which line was taken: we offer one for each. Some write another tag than ours before it.
pub(crate) fn keys_of_answer(ours: &Media<'_>, theirs: &Media<'_>) -> Result<Option<SrtpKeys>, KeyError> {
    let is_encrypted = |media: &Media<'_>| match media.protocol() {
        Protocol::RtpAvp | Protocol::RtpAvpf => Some(false),
        Protocol::RtpSavp | Protocol::RtpSavpf => Some(true),
        Protocol::DtlsSavp | Protocol::DtlsSavpf | Protocol::Udptl | Protocol::Other => None,
    };
    let ours_is = is_encrypted(ours).ok_or(KeyError::Protocol)?;
    let theirs_is = is_encrypted(theirs).ok_or(KeyError::Protocol)?;
    let has_offered = ours.cryptos().next().is_some();
    // Keys beside `RTP/AVP` may be answered with `RTP/SAVP`; the other way round it would be a step down.
    if (ours_is && !theirs_is) || (theirs_is && !has_offered) {
        return Err(KeyError::Protocol);
    }
    let agreed = theirs.cryptos().find_map(|theirs| {
        let ours = ours.cryptos().find(|ours| ours.suite() == theirs.suite())?;
        Some(SrtpKeys { send: ours.key, receive: theirs.key })
    });
    let has_answered = theirs.crypto_texts().next().is_some();
    match agreed {
        Some(keys) => Ok(Some(keys)),
        None if theirs_is || (has_offered && has_answered) => Err(KeyError::NoKey),
        None => Ok(None),
    }
}

/// The suites of the keys beside `media` as they are written, each with the reason if it cannot be used.
pub(crate) fn suites(media: &Media<'_>) -> String {
    let named = media.crypto_texts().map(|text| {
        let suite = String::from_utf8_lossy(words(text).nth(1).filter(may_be_suite).unwrap_or(b"?"));
        match Crypto::parse(text) {
            Ok(_) | Err(CryptoError::Suite) => suite.into_owned(),
            Err(error) => format!("{suite} ({error})"),
        }
    });
    let named: Vec<_> = named.collect();
    if named.is_empty() { "none".into() } else { named.join(", ") }
}

/// A line that is not sound may have its key where another has the suite, and that is not to be told.
fn may_be_suite(word: &&[u8]) -> bool {
    word.len() <= 32 && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
