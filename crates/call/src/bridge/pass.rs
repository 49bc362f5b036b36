//! Requests that go through to the other phone as they are: INFO with a digit, MESSAGE with what somebody writes.

use warden_media::relay::Side;
use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Body;

use super::call::{Call, Stage};
use super::refusal::passed_on_within;
use super::reoffer::{is_fatal, not_now};
use super::turn::Turn;
use crate::call_event::Cause;
use crate::instant_message;

/// A request that was passed on.
pub(super) struct Passed {
    /// Ours.
    pub(super) client: ClientId,
    /// The one that its answer is for.
    pub(super) request: ServerId,
    /// Whose it is.
    pub(super) from: Side,
    method: Method,
}

/// The most that are under way in one call: digits come one by one.
const MAX_PASSED: usize = 16;

/// What an INFO may carry: digits, and the wish for a whole picture.
const INFO_TYPES: [&str; 3] = ["application/dtmf-relay", "application/dtmf", "application/media_control+xml"];

impl Call {
    /// INFO within the call (RFC 6086 §5: the legacy use, without a package).
    pub(super) fn handle_info(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let passed = info(request).and_then(|body| self.pass(Method::Info, body, side, id, turn));
        turn.answer_failure(id, passed);
    }

    /// MESSAGE within the call (RFC 3428 §4): for the phone that the call is with, and for nobody later.
    pub(super) fn handle_message(&mut self, side: Side, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let passed = written(request).and_then(|body| self.pass(Method::Message, body, side, id, turn));
        turn.answer_failure(id, passed);
    }

    fn pass(
        &mut self,
        method: Method,
        body: Body,
        side: Side,
        id: ServerId,
        turn: &mut Turn<'_>,
    ) -> Result<(), Box<Reply>> {
        // Nobody is there yet; 481 would end the call (RFC 3261 §12.2.1.2).
        let Stage::Up(up) = &self.stage else { return Err(not_now(turn).into()) };
        if up.transfer.is_some() {
            return Err(not_now(turn).into());
        }
        if up.passed.len() >= MAX_PASSED {
            return Err(Reply::new(Status::SERVER_INTERNAL_ERROR).into());
        }
        let Some((_, other)) = self.pair(side) else { return Ok(()) };
        if other.is_cut_off() {
            return Err(not_now(turn).into());
        }
        let mut request = other.dialog.request(method);
        request.body = Some(body);
        let flow = other.flow;
        let client = turn.send(request, flow);
        if let Stage::Up(up) = &mut self.stage {
            up.passed.push(Passed { client, request: id, from: side, method });
        }
        Ok(())
    }

    /// The answer to a request that was passed on goes back to who sent it.
    pub(super) fn handle_passed(&mut self, client: ClientId, status: Status, turn: &mut Turn<'_>) {
        let Stage::Up(up) = &mut self.stage else { return };
        let Some(index) = up.passed.iter().position(|passed| passed.client == client) else { return };
        if status.is_provisional() {
            return;
        }
        let Passed { request, from, method, .. } = up.passed.remove(index);
        turn.desk.by_client.remove(&client);
        turn.answer(request, Reply::new(passed_on_within(status)));
        // A phone that takes no messages may leave them without an answer, and be there all the same.
        let is_ignored = method == Method::Message && status == Status::REQUEST_TIMEOUT;
        if is_fatal(status) && !is_ignored {
            self.lose(from.other(), Cause::Unreachable, turn);
        }
    }
}

/// What an INFO carries.
///
/// # Errors
/// 200 for one that carries nothing, 415 with what is taken.
fn info(request: &Message) -> Result<Body, Box<Reply>> {
    if request.body().is_empty() {
        return Err(Reply::new(Status::OK).into());
    }
    let Some(content_type) = INFO_TYPES.into_iter().find(|known| request.has_content_type(known)) else {
        let mut reply = Reply::new(Status::UNSUPPORTED_MEDIA_TYPE);
        reply.headers.add(HeaderName::Accept, INFO_TYPES.join(", ").as_bytes());
        return Err(reply.into());
    };
    Ok(Body { content_type, content: request.body_bytes() })
}

/// What a MESSAGE carries, in the kinds and up to the size that one outside of calls may have.
///
/// # Errors
/// 413, or 415 with what is taken.
fn written(request: &Message) -> Result<Body, Box<Reply>> {
    let (content_type, content) = instant_message::read(request)?;
    Ok(Body { content_type, content })
}
