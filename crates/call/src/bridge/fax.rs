//! Fax by T.38 in place of sound: who offers it is told 488 when the other phone will not, so that gateways go on in G.711;
//! and what is offered to those whose partner has a fax.

use warden_media::relay::{LegStatistics, Side};
use warden_sdp::codec::Format;
use warden_sdp::{Capabilities, Negotiated, OfferError};
use warden_sip::endpoint::Reply;
use warden_sip::status::Status;

use super::call::Call;
use super::refusal::{Refusal, passed_on_within};
use super::reoffer::Wish;
use super::turn::Turn;
use super::warning::Warning;

/// In records, in the place of a codec.
const NAME: &str = "T.38";

impl Refusal {
    pub(super) const NO_FAX: Self = Self::of_offer("Fax by T.38 Refused", Warning::MEDIA_FORMAT);
    pub(super) const PLAIN_FAX: Self = Self::of_offer("Fax Cannot Be Encrypted", Warning::MEDIA_TRANSPORT);

    /// Why a phone is not offered what another one offers.
    pub(super) fn unoffered(error: OfferError) -> Self {
        match error {
            OfferError::Open { .. } => Self::new(Status::REQUEST_PENDING, "Request Pending", Self::NO_CODEC.cause),
            OfferError::NoCodec => Self::NO_CODEC,
            OfferError::PlainFax => Self::PLAIN_FAX,
        }
    }

    /// What the caller is told, who has offered fax if `is_fax`: the words for a description that is not taken are many.
    pub(super) fn of_fax(self, is_fax: bool) -> Self {
        let is_about_it = matches!(
            self.status,
            Status::UNSUPPORTED_MEDIA_TYPE | Status::NOT_ACCEPTABLE_ANYWHERE | Status::NOT_ACCEPTABLE_HERE
        ) || self == Self::BAD_ANSWER;
        if !is_fax || !is_about_it {
            return self;
        }
        let mut refusal = Self::NO_FAX;
        refusal.by = self.by;
        refusal
    }
}

/// What a phone says to a new offer within the call, as the other phone gets it. A fax that is refused for good is not
/// acceptable here, whatever the words; what can be tried again stays so.
pub(super) fn refused_within(status: Status, is_fax: bool) -> Reply {
    match status.code() {
        400..=486 | 488..=490 | 492..=499 | 501 | 600..=699 if is_fax => Refusal::NO_FAX.reply(),
        _ => Reply::new(passed_on_within(status)),
    }
}

/// What to offer to a phone whose partner has agreed on this: what the partner hears, or all that we can where it has a fax,
/// which is between two and does not go on with another one.
pub(super) fn sound_for(agreed: &Negotiated, codecs: &Capabilities, partners: &Capabilities) -> Vec<Format> {
    if agreed.fax.is_some() { codecs.own() } else { codecs.carrying(&agreed.send, Some(partners)) }
}

/// Whether the phone's last packets were fax, or any: a call that was a fax is called so, though it ends as sound.
pub(super) fn name(agreed: Option<&Negotiated>, statistics: &LegStatistics) -> Option<String> {
    let is_fax = statistics.fax.received > 0 || agreed.is_some_and(|agreed| agreed.fax.is_some());
    is_fax.then(|| NAME.to_owned())
}

impl Call {
    /// The other phone has accepted an offer of fax and answers none: who offered it is refused, and the other phone, which
    /// may take its sound for replaced, is told that it goes on.
    pub(super) fn refuse_fax(&mut self, wish: &Wish, turn: &mut Turn<'_>) {
        let Some((own, other)) = self.pair(wish.from) else { return };
        own.session.reject();
        other.session.reject();
        other.has_moved = true;
        turn.desk.by_server.remove(&wish.request);
        turn.answer(wish.request, Refusal::NO_FAX.reply());
        self.unsettle([Side::A, Side::B], turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_fax_is_488_and_what_may_be_tried_again_is_not() {
        let told = |code| Status::from_code(code).map(|status| refused_within(status, true).status.code());
        for code in [400, 403, 405, 406, 415, 420, 480, 486, 488, 501, 603, 606] {
            assert_eq!(told(code), Some(488), "{code}");
        }
        assert_eq!([491, 487, 500, 503, 401].map(told), [491, 487, 500, 500, 488].map(Some));
        assert_eq!(refused_within(Status::UNSUPPORTED_MEDIA_TYPE, false).status.code(), 500, "sound");
    }
}
