//! What can be seen of a phone from outside.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use warden_media::receiver::Reception;
use warden_sdp::Negotiated;
use warden_sdp::codec::Format;
use warden_sip::status::Status;

use super::Phone;
use super::keys::HeardDigit;
use super::line::{Call, Line};
use super::recording::{Recording, Sounding};

/// What the display shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneState {
    /// Ready.
    Idle,
    /// A number was dialled; nothing has come back.
    Dialling,
    /// The other phone rings.
    RingBack,
    /// This phone rings.
    Ringing,
    /// Two people can talk, or one of them holds the other.
    InCall,
    /// The last call failed or was refused with this status.
    Failed(Status),
}

impl Phone {
    /// What the display shows.
    #[must_use]
    pub fn state(&self) -> PhoneState {
        self.state
    }

    /// Whether the other side has put this phone on hold.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let remote = self.call().and_then(|call| call.session.remote());
        let audio = remote.and_then(|remote| remote.media_at(0));
        audio.is_some_and(|audio| !audio.direction().receives())
    }

    /// Whether this phone has put the other side on hold.
    #[must_use]
    pub fn is_on_hold(&self) -> bool {
        let Some(call) = self.call() else { return false };
        let agreed = call.session.negotiated();
        !call.local.direction.receives() && agreed.is_some_and(|agreed| !agreed.direction.receives())
    }

    /// Whether a change of its own is neither answered nor given up.
    #[must_use]
    pub fn is_changing(&self) -> bool {
        self.call().is_some_and(|call| call.own.is_some() || call.later.is_some())
    }

    /// What the descriptions have agreed on; `None` without a call.
    #[must_use]
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.line.session()?.negotiated()
    }

    /// Whether a fax is agreed on.
    #[must_use]
    pub fn is_faxing(&self) -> bool {
        self.negotiated().is_some_and(|agreed| agreed.fax.is_some())
    }

    /// The codec it sends.
    #[must_use]
    pub fn codec(&self) -> Option<&Format> {
        self.negotiated()?.codec()
    }

    /// The last provisional status that this call has got.
    #[must_use]
    pub fn progress(&self) -> Option<Status> {
        self.progress
    }

    /// What was refused last in this call, or the call itself: the status.
    #[must_use]
    pub fn failure(&self) -> Option<Status> {
        self.failure.as_ref().map(|(status, _)| *status)
    }

    /// The reason phrase of [`Phone::failure`].
    #[must_use]
    pub fn failure_reason(&self) -> Option<&str> {
        self.failure.as_ref().map(|(_, reason)| reason.as_str())
    }

    /// The name that the last incoming call came with.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.caller.as_deref()
    }

    /// What the CANCEL or BYE that ended the last call said about why (RFC 3326).
    #[must_use]
    pub fn end_reason(&self) -> Option<&str> {
        self.end_reason.as_deref()
    }

    /// The digits that have come by INFO in this call.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The digits that have come by whatever way, in order.
    #[must_use]
    pub fn heard_digits(&self) -> &[HeardDigit] {
        self.sound.keys.heard()
    }

    /// The numbers of those heard since [`World::forget_heard`](crate::World::forget_heard).
    #[must_use]
    pub fn heard(&self) -> &BTreeSet<String> {
        &self.sound.heard
    }

    /// Whether exactly this number is heard.
    #[must_use]
    pub fn hears_only(&self, number: &str) -> bool {
        self.sound.heard.len() == 1 && self.sound.heard.contains(number)
    }

    /// The tones that it has heard since [`World::record`](crate::World::record), by frequency and rhythm.
    #[must_use]
    pub fn soundings(&self) -> Vec<Sounding> {
        self.sound.recording.as_ref().map(Recording::soundings).unwrap_or_default()
    }

    /// What came to it in the last call.
    #[must_use]
    pub fn reception(&self) -> Reception {
        self.sound.reports.reception()
    }

    /// To the other end of the last call and back, as it was measured last.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.sound.reports.round_trip()
    }

    /// The Call-ID of the call on its line.
    #[must_use]
    pub fn call_id(&self) -> Option<String> {
        let call_id = match &self.line {
            Line::Dialled(dialling) => &dialling.call_id[..],
            Line::Offered(_) | Line::Up(_) => self.call()?.dialog.call_id(),
            Line::Free => return None,
        };
        Some(String::from_utf8_lossy(call_id).into_owned())
    }

    /// The answer to the last [`World::query`](crate::World::query); 408 when none came.
    #[must_use]
    pub fn answered(&self) -> Option<Status> {
        self.answered
    }

    /// How long the registrar has granted; `None` while the phone is not registered.
    #[must_use]
    pub fn registered_for(&self) -> Option<Duration> {
        self.registration.as_ref()?.granted
    }

    /// The registrar's last word; 408 when none came.
    #[must_use]
    pub fn registration_outcome(&self) -> Option<Status> {
        self.registration.as_ref()?.outcome
    }

    /// The phone's number.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Where it sends SIP from and receives it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many transactions it keeps: those received, those sent.
    #[must_use]
    pub fn transactions(&self) -> (usize, usize) {
        self.endpoint.transactions()
    }

    fn call(&self) -> Option<&Call> {
        self.line.call()
    }
}
