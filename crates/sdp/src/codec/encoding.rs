//! The names of codecs in `a=rtpmap`.

use crate::grammar::is_token;

/// Which codec it is. The media engine decides which of them it can encode and decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722.
    G722,
    /// G.723.1.
    G723,
    /// G.726 at 16 kbit/s, packed as RFC 3551 says.
    G726At16,
    /// G.726 at 24 kbit/s.
    G726At24,
    /// G.726 at 32 kbit/s.
    G726At32,
    /// G.726 at 40 kbit/s.
    G726At40,
    /// G.726 at 16 kbit/s, packed as I.366.2 says.
    Aal2G726At16,
    /// G.726 at 24 kbit/s, packed as I.366.2 says.
    Aal2G726At24,
    /// G.726 at 32 kbit/s, packed as I.366.2 says.
    Aal2G726At32,
    /// G.726 at 40 kbit/s, packed as I.366.2 says.
    Aal2G726At40,
    /// G.728.
    G728,
    /// G.729, its annexes A and B included.
    G729,
    /// GSM full rate.
    Gsm,
    /// iLBC.
    Ilbc,
    /// AMR narrow band.
    Amr,
    /// AMR wide band.
    AmrWb,
    /// Linear, 16 bits.
    L16,
    /// Opus.
    Opus,
    /// Speex.
    Speex,
    /// Digits and tones (RFC 4733).
    TelephoneEvent,
    /// Comfort noise (RFC 3389).
    ComfortNoise,
    /// Redundancy (RFC 2198).
    Redundancy,
    /// Any other, in lower case. Other names compare by it.
    Other(Box<str>),
}

macro_rules! names {
    ($($encoding:ident $text:literal $(/ $alias:literal)*;)*) => {
        impl Encoding {
            /// The name as it is written.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$encoding => $text,)*
                    Self::Other(name) => name,
                }
            }

            fn known(name: &[u8]) -> Option<Self> {
                $(if name.eq_ignore_ascii_case($text.as_bytes()) $(|| name.eq_ignore_ascii_case($alias.as_bytes()))* {
                    return Some(Self::$encoding);
                })*
                None
            }
        }
    };
}

// The usual ones first, as they are compared one after the other. Aliases are names that devices send in error.
names! {
    Pcmu "PCMU";
    Pcma "PCMA";
    TelephoneEvent "telephone-event";
    G722 "G722";
    G729 "G729" / "G729A" / "G729B" / "G729AB";
    Opus "opus";
    Ilbc "iLBC";
    G726At32 "G726-32" / "G721";
    G726At16 "G726-16";
    G726At24 "G726-24";
    G726At40 "G726-40";
    Gsm "GSM";
    Speex "speex";
    ComfortNoise "CN";
    G723 "G723" / "G723.1";
    Aal2G726At16 "AAL2-G726-16";
    Aal2G726At24 "AAL2-G726-24";
    Aal2G726At32 "AAL2-G726-32";
    Aal2G726At40 "AAL2-G726-40";
    G728 "G728";
    Amr "AMR";
    AmrWb "AMR-WB";
    L16 "L16";
    Redundancy "red";
}

impl Encoding {
    /// The encoding called `name`, in any case; `None` when it is no token.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::known(name).or_else(|| is_token(name).then(|| Self::other(name)))
    }

    /// A token is ASCII, so nothing is lost.
    fn other(name: &[u8]) -> Self {
        Self::Other(name.iter().map(|b| char::from(b.to_ascii_lowercase())).collect::<String>().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_its_encoding_and_prints_again() {
        for name in ["PCMU", "telephone-event", "AAL2-G726-40", "red", "AMR-WB", "G723"] {
            let encoding = Encoding::from_name(name.as_bytes()).expect("a name");
            assert!(!matches!(encoding, Encoding::Other(_)), "{name}");
            assert_eq!(encoding.name(), name);
            assert_eq!(Encoding::from_name(name.to_ascii_lowercase().as_bytes()), Some(encoding));
        }
    }

    #[test]
    fn an_unknown_name_is_kept_and_a_broken_one_is_none() {
        assert_eq!(Encoding::from_name(b"SILK"), Some(Encoding::Other("silk".into())));
        assert_eq!(Encoding::from_name(b""), None);
        assert_eq!(Encoding::from_name(b"a b"), None);
        assert_eq!(Encoding::from_name("\u{e9}".as_bytes()), None);
    }
}
