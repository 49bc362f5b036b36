//! A phone in a call asks for a transfer (REFER).

use warden_media::relay::Side;
use warden_sip::endpoint::{Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::status::Status;

use super::super::call::{Call, Media, Stage};
use super::super::reoffer::not_now;
use super::super::turn::Turn;
use super::notify::Notifier;
use super::refer_to::{Target, refused};

/// The most that one call is asked for, however they come out: people need fewer, and programs must not go round for ever.
const MAX_TRANSFERS: u32 = 60;
/// The most phones that have left a call and whose dialogs still stand.
const MAX_LEAVING: usize = 4;

impl Call {
    pub(in super::super) fn handle_refer(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let taken = self.take_refer(side, id, request, turn);
        turn.answer_failure(id, taken);
    }

    fn take_refer(
        &mut self,
        side: Side,
        id: ServerId,
        request: &Message,
        turn: &mut Turn<'_>,
    ) -> Result<(), Box<Reply>> {
        self.check_time(side, turn)?;
        let target = Target::of(request)?;
        let max_forwards = request.max_forwards().unwrap_or(70);
        if max_forwards == 0 {
            return Err(Reply::new(Status::TOO_MANY_HOPS).into());
        }
        self.count_transfer()?;
        self.accept_refer(side, id, request, turn);
        match target {
            Target::Number(number) => self.transfer_blindly(side, &number, max_forwards.saturating_sub(1), turn),
            Target::FarEnd(named) => self.want_far_end(side, named, turn),
        }
        Ok(())
    }

    /// One more change of who is in the call is asked for, by REFER or by Replaces.
    pub(super) fn count_transfer(&mut self) -> Result<(), Box<Reply>> {
        if self.transfers >= MAX_TRANSFERS {
            return Err(refused(Status::FORBIDDEN, "Too Many Transfers").into());
        }
        self.transfers += 1;
        Ok(())
    }

    /// Whether another phone may leave the call now.
    pub(super) fn may_leave(&self) -> bool {
        self.leaving.len() < MAX_LEAVING
    }

    /// Whether a transfer can begin now.
    fn check_time(&mut self, side: Side, turn: &mut Turn<'_>) -> Result<(), Box<Reply>> {
        let Stage::Up(up) = &self.stage else {
            return Err(Reply { reason: Some("Call Not Answered Yet"), ..not_now(turn) }.into());
        };
        let is_transferring = up.transfer.is_some() || up.joining.is_some();
        let is_told = self.leg(side).is_some_and(|leg| leg.notifier.is_some());
        if is_transferring || is_told {
            return Err(refused(Status::REQUEST_PENDING, "Transfer Under Way").into());
        }
        if !self.may_leave() || !matches!(self.media, Media::Open(_)) {
            return Err(not_now(turn).into());
        }
        Ok(())
    }

    /// 202, and the subscription that comes with it unless the phone does without (RFC 4488).
    fn accept_refer(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let Some(leg) = self.leg(side) else { return };
        let is_silent = request.header(HeaderName::ReferSub).is_some_and(|value| value.eq_ignore_ascii_case(b"false"));
        let mut reply = leg.reply_with_contact(Status::ACCEPTED, turn.directory);
        if is_silent {
            reply.headers.add(HeaderName::ReferSub, b"false");
        }
        turn.answer(id, reply);
        leg.referrals += 1;
        if !is_silent {
            leg.notifier = Some(Box::new(Notifier::new((leg.referrals > 1).then(|| request.sequence()))));
            leg.notify(Status::TRYING, turn);
        }
    }
}
