//! Requests that go through to the other phone as they are: INFO that wants a whole picture, MESSAGE with what somebody writes.

use warden_media::relay::Side;
use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;
use warden_sip::write::Body;

use super::call::{Call, Stage};
use super::digit_info::COMMON_TYPE;
use super::leg::Leg;
use super::refusal::passed_on_within;
use super::reoffer::{is_fatal, not_now};
use super::transfer::Transfer;
use super::turn::{Timer, Turn};
use super::unanswered::THINK;
use crate::call_event::Cause;
use crate::digits::{self, Pressed};
use crate::instant_message;

/// A request that was passed on.
pub(super) struct Passed {
    /// Ours.
    pub(super) client: ClientId,
    /// The one that its answer is for.
    pub(super) request: ServerId,
    /// Whose it is.
    pub(super) from: Side,
    /// When who asked is told that nothing is heard of it, if that is before we give up ourselves.
    pub(super) limit: Option<TimerId>,
}

impl Passed {
    /// Its answer finds nobody any more.
    pub(super) fn forget(&mut self, turn: &mut Turn<'_>) {
        turn.desk.by_client.remove(&self.client);
        turn.stop_waiting(&mut self.limit);
    }
}

/// The most that are under way in one call.
const MAX_PASSED: usize = 16;

/// Of digits.
const DIGIT_TYPES: [&str; 2] = [COMMON_TYPE, "application/dtmf"];
/// What an INFO may carry: digits, and the wish for a whole picture.
const INFO_TYPES: [&str; 3] = [COMMON_TYPE, "application/dtmf", "application/media_control+xml"];

impl Call {
    /// INFO within the call (RFC 6086 §5: the legacy use, without a package).
    pub(super) fn handle_info(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let passed = info(request).and_then(|said| match said {
            Info::Digit(digit) => {
                self.check_listener(side, turn)?;
                self.handle_info_digit(side, id, digit, turn);
                Ok(())
            }
            Info::Wish(body) => {
                self.check_other(side, turn)?;
                self.pass(Method::Info, body, side, id, turn)
            }
        });
        turn.answer_failure(id, passed);
    }

    /// MESSAGE within the call (RFC 3428 §4): for the phone that the call is with, and for nobody later.
    pub(super) fn handle_message(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let passed = written(request).and_then(|body| {
            self.check_other(side, turn)?;
            self.pass(Method::Message, body, side, id, turn)
        });
        turn.answer_failure(id, passed);
    }

    /// # Errors
    /// What is answered while nobody is there to be told a digit.
    fn check_listener(&mut self, side: Side, turn: &mut Turn<'_>) -> Result<(), Box<Reply>> {
        let is_target_heard = self.ringing_for(side.other()).is_some_and(Transfer::is_heard);
        if is_target_heard { Ok(()) } else { self.check_other(side, turn) }
    }

    /// # Errors
    /// What is answered while nobody is there to be told something.
    fn check_other(&mut self, side: Side, turn: &mut Turn<'_>) -> Result<(), Box<Reply>> {
        // 481 would end the call (RFC 3261 §12.2.1.2).
        let Stage::Up(up) = &self.stage else { return Err(not_now(turn).into()) };
        if up.transfer.is_some() {
            return Err(not_now(turn).into());
        }
        let is_away = |leg: &mut Leg| leg.is_gone || leg.is_cut_off();
        if self.leg(side.other()).is_some_and(is_away) { Err(not_now(turn).into()) } else { Ok(()) }
    }

    fn pass(
        &mut self,
        method: Method,
        body: Body,
        side: Side,
        id: ServerId,
        turn: &mut Turn<'_>,
    ) -> Result<(), Box<Reply>> {
        let Stage::Up(up) = &self.stage else { return Err(not_now(turn).into()) };
        if up.passed.len() >= MAX_PASSED {
            return Err(Reply::new(Status::SERVER_INTERNAL_ERROR).into());
        }
        let Some((_, other)) = self.pair(side) else { return Ok(()) };
        let mut request = other.dialog.request(method);
        request.body = Some(body);
        let flow = other.flow;
        let client = turn.send(request, flow);
        // A phone that takes no messages may leave them without an answer, and be there all the same.
        let limit = (method == Method::Message).then(|| turn.wait(THINK, Timer::Passed(client)));
        if let Stage::Up(up) = &mut self.stage {
            up.passed.push(Passed { client, request: id, from: side, limit });
        }
        Ok(())
    }

    /// The answer to a request that was passed on goes back to who sent it.
    pub(super) fn handle_passed(&mut self, client: ClientId, status: Status, turn: &mut Turn<'_>) {
        if status.is_provisional() {
            return;
        }
        let Some(Passed { request, from, limit, .. }) = self.take_passed(client, turn) else { return };
        // 481 and 408 would end the call of who asked (RFC 3261 §12.2.1.2), which may go on with somebody else.
        let told = if is_fatal(status) { Status::SERVER_INTERNAL_ERROR } else { passed_on_within(status) };
        turn.answer(request, Reply::new(told));
        let may_be_ignored = limit.is_some() && status == Status::REQUEST_TIMEOUT;
        if is_fatal(status) && !may_be_ignored {
            self.lose(from.other(), Cause::Unreachable, turn);
        }
    }

    /// The phone has said nothing, and who asked would take longer silence for ours.
    pub(super) fn give_up_passed(&mut self, client: ClientId, turn: &mut Turn<'_>) {
        if let Some(passed) = self.take_passed(client, turn) {
            turn.answer(passed.request, Reply::new(Status::TEMPORARILY_UNAVAILABLE));
        }
    }

    fn take_passed(&mut self, client: ClientId, turn: &mut Turn<'_>) -> Option<Passed> {
        let Stage::Up(up) = &mut self.stage else { return None };
        let index = up.passed.iter().position(|passed| passed.client == client)?;
        let mut passed = up.passed.remove(index);
        passed.forget(turn);
        Some(passed)
    }
}

/// What an INFO says.
enum Info {
    Digit(Pressed),
    /// It wants a whole picture.
    Wish(Body),
}

/// What an INFO says.
///
/// # Errors
/// 200 for one that carries nothing, 400 for what says no digit and should, 415 with what is taken.
fn info(request: &Message) -> Result<Info, Box<Reply>> {
    if request.body().is_empty() {
        return Err(Reply::new(Status::OK).into());
    }
    let Some(content_type) = INFO_TYPES.into_iter().find(|known| request.has_content_type(known)) else {
        let mut reply = Reply::new(Status::UNSUPPORTED_MEDIA_TYPE);
        reply.headers.add(HeaderName::Accept, INFO_TYPES.join(", ").as_bytes());
        return Err(reply.into());
    };
    if !DIGIT_TYPES.contains(&content_type) {
        return Ok(Info::Wish(Body { content_type, content: request.body_bytes() }));
    }
    match digits::read(request.body()) {
        Some(digit) => Ok(Info::Digit(digit)),
        None => Err(Reply { reason: Some("Malformed Digit"), ..Reply::new(Status::BAD_REQUEST) }.into()),
    }
}

/// What a MESSAGE carries, in the kinds and up to the size that one outside of calls may have.
///
/// # Errors
/// 413, or 415 with what is taken.
fn written(request: &Message) -> Result<Body, Box<Reply>> {
    let (content_type, content) = instant_message::read(request)?;
    Ok(Body { content_type, content })
}
