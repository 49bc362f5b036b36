//! One `a=crypto` line (RFC 4568 §4 and §6).

use base64ct::{Base64, Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use super::master_key::MasterKey;
use super::suite::{MAX_MASTER_LEN, Suite};
use crate::grammar::{number, push_number, small, split, take_word, words};

/// A suite and a key that the writer of the line sends with. `Debug` shows no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crypto {
    /// Unlike that of any other line of the offer; the answer repeats it.
    pub tag: u32,
    /// The key, and what for.
    pub key: MasterKey,
}

/// Why a line cannot be used. It is passed over then, for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// Not a tag, a suite and a key.
    #[error("malformed")]
    Malformed,
    /// A suite that we do not speak.
    #[error("unknown suite")]
    Suite,
    /// Not `inline:`, not base64, or not as long as the suite wants.
    #[error("bad key")]
    Key,
    /// The packets would name one of several keys (MKI), which we cannot read.
    #[error("with a master key identifier")]
    Mki,
    /// A session parameter that we cannot do, such as `UNENCRYPTED_SRTP` or `KDR=1`, or do not know; such a line must
    /// not be taken (RFC 4568 §6.3).
    #[error("with parameters that are not supported")]
    Parameter,
}

const MAX_TAG: u32 = 999_999_999;

impl Crypto {
    /// Parses what follows `a=crypto:`, such as `1 AES_CM_128_HMAC_SHA1_80 inline:WVNf...|2^31`.
    ///
    /// The lifetime is checked and not kept: what we send ends with the key's own bounds, which no call reaches.
    /// # Errors
    /// [`CryptoError`].
    pub fn parse(value: &[u8]) -> Result<Self, CryptoError> {
        let (tag, rest) = take_word(value);
        let (suite, rest) = take_word(rest);
        let (key, parameters) = take_word(rest);
        let tag = small(tag).filter(|tag| *tag <= MAX_TAG).ok_or(CryptoError::Malformed)?;
        let suite = Suite::from_name(suite).ok_or(CryptoError::Suite)?;
        let key = parse_key(suite, key)?;
        if !words(parameters).all(may_be_ignored) {
            return Err(CryptoError::Parameter);
        }
        Ok(Self { tag, key })
    }

    /// Appends what follows `a=crypto:`.
    pub(crate) fn push(&self, out: &mut Vec<u8>) {
        push_number(self.tag, out);
        out.push(b' ');
        out.extend_from_slice(self.key.suite().name().as_bytes());
        out.extend_from_slice(b" inline:");
        let mut text = Zeroizing::new([0; MAX_MASTER_LEN.div_ceil(3) * 4]);
        // The room is that of the longest key.
        out.extend_from_slice(Base64::encode(self.key.bytes(), &mut *text).unwrap_or_default().as_bytes());
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.key.suite()
    }
}

/// `inline:KEY|LIFETIME|MKI:LENGTH`, the last two perhaps left out. Several keys need an MKI.
fn parse_key(suite: Suite, text: &[u8]) -> Result<MasterKey, CryptoError> {
    let (method, info) = split(text, b':');
    let info = info.filter(|_| method.eq_ignore_ascii_case(b"inline")).ok_or(CryptoError::Key)?;
    if info.contains(&b';') {
        return Err(CryptoError::Mki);
    }
    let mut parts = info.split(|&byte| byte == b'|');
    let key = decode(suite, parts.next().unwrap_or_default()).ok_or(CryptoError::Key)?;
    for part in parts {
        match part.strip_prefix(b"2^").unwrap_or(part) {
            mki if mki.contains(&b':') => return Err(CryptoError::Mki),
            lifetime => number(lifetime).filter(|lifetime| *lifetime > 0).ok_or(CryptoError::Malformed)?,
        };
    }
    Ok(key)
}

/// Base64, whose padding some leave out.
fn decode(suite: Suite, text: &[u8]) -> Option<MasterKey> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let mut bytes = Zeroizing::new([0; MAX_MASTER_LEN]);
    let decoded = Base64Unpadded::decode(text.get(..text.len().saturating_sub(padding))?, &mut *bytes).ok()?;
    MasterKey::new(suite, decoded)
}

/// A hint about the window against replays, what is so anyway, and what says of itself that it may be ignored.
fn may_be_ignored(parameter: &[u8]) -> bool {
    parameter.starts_with(b"-") || parameter.starts_with(b"WSH=") || parameter == b"KDR=0"
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"; // as RFC 4568 prints it

    fn parse(text: &str) -> Result<Crypto, CryptoError> {
        Crypto::parse(text.as_bytes())
    }

    fn of_80(rest: &str) -> Result<Crypto, CryptoError> {
        parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {rest}"))
    }

    #[test]
    fn a_line_is_read_and_written_as_the_same() {
        let text = format!("7 AES_CM_128_HMAC_SHA1_80 inline:{KEY}");
        let crypto = parse(&text).expect("sound");
        assert_eq!((crypto.tag, crypto.suite(), crypto.key.key().len()), (7, Suite::AesCm128HmacSha1_80, 16));
        assert_eq!(crypto.key.bytes(), b"wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#");
        let mut printed = Vec::new();
        crypto.push(&mut printed);
        assert_eq!(String::from_utf8_lossy(&printed), text);
    }

    #[test]
    fn every_suite_is_read_back_with_and_without_padding() {
        for suite in Suite::ALL {
            let key = MasterKey::new(suite, &[0xA7; MAX_MASTER_LEN][..suite.master_len()]).expect("long enough");
            let crypto = Crypto { tag: MAX_TAG, key };
            let mut printed = Vec::new();
            crypto.push(&mut printed);
            let text = String::from_utf8(printed).expect("ASCII");
            assert_eq!(parse(&text), Ok(crypto.clone()));
            assert_eq!(parse(text.trim_end_matches('=')), Ok(crypto));
            assert_eq!(parse(&format!("{}A", text.trim_end_matches('='))), Err(CryptoError::Key), "{text}");
        }
    }

    #[test]
    fn a_lifetime_and_what_may_be_ignored_are_passed_over() {
        let plain = of_80(&format!("inline:{KEY}"));
        for rest in ["|2^20", "|1048576", " WSH=128", "|2^31 KDR=0 WSH=64 -x=y"] {
            assert_eq!(of_80(&format!("inline:{KEY}{rest}")), plain, "{rest}");
        }
        assert_eq!(parse(&format!("1  aes_cm_128_hmac_sha1_80\tINLINE:{KEY} ")), plain);
    }

    #[test]
    fn what_we_cannot_do_is_not_taken() {
        let with = |rest: &str| of_80(&format!("inline:{KEY}{rest}"));
        assert_eq!(with("|2^20|1:4"), Err(CryptoError::Mki));
        assert_eq!(with("|1:4"), Err(CryptoError::Mki));
        assert_eq!(with(&format!("|2^20|1:4;inline:{KEY}|2^20|2:4")), Err(CryptoError::Mki));
        assert_eq!(with(&format!(";inline:{KEY}")), Err(CryptoError::Mki));
        for parameter in [
            "KDR=1",
            "UNENCRYPTED_SRTP",
            "UNENCRYPTED_SRTCP",
            "UNAUTHENTICATED_SRTP",
            "FEC_ORDER=FEC_SRTP",
            "FEC_KEY=inline:x",
            "new=1",
        ] {
            assert_eq!(with(&format!(" {parameter}")), Err(CryptoError::Parameter), "{parameter}");
        }
    }

    #[test]
    fn what_is_no_key_is_not_taken() {
        assert_eq!(parse(&format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}")), Err(CryptoError::Suite));
        assert_eq!(parse(&format!("1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}")), Err(CryptoError::Key));
        for rest in ["", "inline:", "inline", "prompt:x", "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo*", "inline:="]
        {
            assert_eq!(of_80(rest), Err(CryptoError::Key), "{rest}");
        }
        for rest in ["|", "|x", "|0", "|2^", "|2^x"] {
            assert_eq!(of_80(&format!("inline:{KEY}{rest}")), Err(CryptoError::Malformed), "{rest}");
        }
        for tag in ["", "x", "-1", "1000000000"] {
            let parsed = parse(&format!("{tag} AES_CM_128_HMAC_SHA1_80 inline:{KEY}"));
            assert_eq!(parsed, Err(CryptoError::Malformed), "{tag}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", of_80(&format!("inline:{KEY}"))).matches("wDf").count(), 0);
        let printed = format!("{:?}", of_80(&format!("inline:{KEY}")).expect("sound"));
        assert_eq!(printed, "Crypto { tag: 1, key: MasterKey(AES_CM_128_HMAC_SHA1_80) }");
    }
}
