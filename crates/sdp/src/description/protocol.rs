//! The transport that a media line names.

/// How media is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `RTP/AVP`.
    RtpAvp,
    /// `RTP/AVPF`: with early feedback (RFC 4585).
    RtpAvpf,
    /// `RTP/SAVP`: SRTP with keys in the description (RFC 4568).
    RtpSavp,
    /// `RTP/SAVPF`.
    RtpSavpf,
    /// `UDP/TLS/RTP/SAVP`: SRTP with keys by DTLS (RFC 5764).
    DtlsSavp,
    /// `UDP/TLS/RTP/SAVPF`, as browsers send it.
    DtlsSavpf,
    /// `udptl`: fax by T.38.
    Udptl,
    /// Anything else.
    Other,
}

const NAMES: [(&str, Protocol); 7] = [
    ("RTP/AVP", Protocol::RtpAvp),
    ("RTP/AVPF", Protocol::RtpAvpf),
    ("RTP/SAVP", Protocol::RtpSavp),
    ("RTP/SAVPF", Protocol::RtpSavpf),
    ("UDP/TLS/RTP/SAVP", Protocol::DtlsSavp),
    ("UDP/TLS/RTP/SAVPF", Protocol::DtlsSavpf),
    ("udptl", Protocol::Udptl),
];

impl Protocol {
    pub(crate) fn from_text(text: &[u8]) -> Self {
        NAMES.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes())).map_or(Self::Other, |it| it.1)
    }

    /// Whether it is RTP without encryption.
    #[must_use]
    pub fn is_plain_rtp(self) -> bool {
        match self {
            Self::RtpAvp | Self::RtpAvpf => true,
            Self::RtpSavp | Self::RtpSavpf | Self::DtlsSavp | Self::DtlsSavpf | Self::Udptl | Self::Other => false,
        }
    }
}
