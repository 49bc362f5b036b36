//! Digits that a phone is told by INFO: one after another, and in the sound where it does not take them so.

use std::collections::VecDeque;
use std::time::Duration;

use warden_media::relay::Side;
use warden_sip::endpoint::ClientId;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;
use warden_sip::write::Body;

use super::call::Call;
use super::leg::Leg;
use super::turn::{Timer, Turn};
use crate::call_event::Cause;
use crate::digits::{self, Pressed};

/// How many digits wait to be said by INFO; those beyond are not said.
const MAX_WAITING: usize = 64;
/// How long a phone may leave an INFO unanswered: an engine has sent it four times by then.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body that says a digit and that nearly all phones know.
pub(super) const COMMON_TYPE: &str = "application/dtmf-relay";

/// What a phone is told by INFO.
#[derive(Default)]
pub(super) struct InfoDigits {
    /// It has refused digits by INFO, or left the first without an answer.
    pub(super) is_refused: bool,
    /// It has taken one.
    is_taken: bool,
    waiting: VecDeque<Pressed>,
    under_way: Option<UnderWay>,
}

/// An INFO without its answer.
struct UnderWay {
    client: ClientId,
    digit: Pressed,
    limit: Option<TimerId>,
}

impl InfoDigits {
    fn is_under_way(&self, client: ClientId) -> bool {
        self.under_way.as_ref().is_some_and(|under_way| under_way.client == client)
    }

    /// The digit of the INFO that is under way; its answer is not waited for any more.
    fn finish(&mut self, turn: &mut Turn<'_>) -> Option<Pressed> {
        let UnderWay { client, digit, mut limit } = self.under_way.take()?;
        turn.desk.by_client.remove(&client);
        turn.stop_waiting(&mut limit);
        Some(digit)
    }
}

impl Call {
    /// The answer to an INFO of ours. False when it is to something else.
    pub(super) fn handle_digit_answer(&mut self, client: ClientId, status: Status, turn: &mut Turn<'_>) -> bool {
        let Some(leg) = self.legs().find(|leg| leg.digits.info.is_under_way(client)) else { return false };
        if status.is_provisional() {
            return true;
        }
        let (side, info) = (leg.side, &mut leg.digits.info);
        info.is_taken |= status.is_success();
        if status == Status::REQUEST_TIMEOUT {
            info.is_refused = !info.is_taken;
            self.say_untaken(side, turn);
        } else if is_refusal(status) {
            info.is_refused = true;
            self.say_untaken(side, turn);
        } else if status == Status::CALL_DOES_NOT_EXIST {
            info.finish(turn);
            self.lose(side, Cause::Unreachable, turn);
        } else {
            info.finish(turn);
            leg.send_next_digit(turn);
        }
        true
    }

    /// The phone has said nothing of a digit. Whether it is there at all is found out by other means.
    pub(super) fn give_up_digit(&mut self, client: ClientId, turn: &mut Turn<'_>) {
        let _is_ours = self.handle_digit_answer(client, Status::REQUEST_TIMEOUT, turn);
    }

    /// Says in another way what a leg has not taken by INFO.
    fn say_untaken(&mut self, side: Side, turn: &mut Turn<'_>) {
        let Some(leg) = self.leg(side) else { return };
        let first = leg.digits.info.finish(turn);
        let rest = std::mem::take(&mut leg.digits.info.waiting);
        // They were not for those that ring in its place.
        if self.ringing_for(side).is_some() {
            return;
        }
        for (digit, duration) in first.into_iter().chain(rest) {
            self.say_in_media(side, digit, duration, turn);
        }
    }
}

impl Leg {
    /// Tells its phone a digit when those before are answered.
    pub(super) fn say_by_info(&mut self, digit: Pressed, turn: &mut Turn<'_>) {
        if self.digits.info.waiting.len() < MAX_WAITING {
            self.digits.info.waiting.push_back(digit);
        }
        self.send_next_digit(turn);
    }

    /// One INFO at a time, so that none overtakes another. A phone that comes back is told none that it has missed: they
    /// would be pressed for something else by then.
    fn send_next_digit(&mut self, turn: &mut Turn<'_>) {
        if self.is_gone || self.is_cut_off() {
            return self.digits.info.waiting.clear();
        }
        if self.digits.info.under_way.is_some() {
            return;
        }
        let Some(digit) = self.digits.info.waiting.pop_front() else { return };
        let content = digits::write(digit.0, digit.1);
        let mut request = self.dialog.request(Method::Info);
        request.body = Some(Body { content_type: COMMON_TYPE, content: content.into() });
        let client = turn.send(request, self.flow);
        let limit = Some(turn.wait(PATIENCE, Timer::Digit(client)));
        self.digits.info.under_way = Some(UnderWay { client, digit, limit });
    }

    /// Nothing is waited for any more.
    pub(super) fn forget_digits(&mut self, turn: &mut Turn<'_>) {
        self.digits.info.waiting.clear();
        let _unsaid = self.digits.info.finish(turn);
    }
}

/// Whether who answers so takes no digits by INFO.
fn is_refusal(status: Status) -> bool {
    [
        Status::METHOD_NOT_ALLOWED,
        Status::UNSUPPORTED_MEDIA_TYPE,
        Status::NOT_ACCEPTABLE_HERE,
        Status::NOT_IMPLEMENTED,
        Status::BAD_EVENT,
    ]
    .contains(&status)
}
