//! Why a phone stops ringing (RFC 3326): a call that was taken elsewhere is no missed call.

use warden_sip::status::Status;

/// What a phone that is silenced is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Another phone has taken the call.
    Answered,
    /// At another phone somebody has refused the call for all.
    Declined,
}

impl Reason {
    /// Why the phones that still ring are silenced when the caller gets `status`; a missed call needs no reason.
    pub(super) fn of(status: Status) -> Option<Self> {
        (status >= Status::BUSY_EVERYWHERE).then_some(Self::Declined)
    }

    /// The value of the header.
    pub(super) fn text(self) -> &'static [u8] {
        match self {
            Self::Answered => br#"SIP;cause=200;text="Call completed elsewhere""#,
            Self::Declined => br#"SIP;cause=603;text="Declined""#,
        }
    }
}
