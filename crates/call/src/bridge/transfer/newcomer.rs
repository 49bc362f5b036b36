//! A phone that is to come into an answered call. While an offer is under way there it waits, and has a dialog already in
//! which it may ask for something, or hang up.

use warden_sip::endpoint::{Flow, Reply, ServerId};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;

use super::super::call::{Call, Media};
use super::super::leg::Leg;
use super::super::refresh::{Refresh, Terms};
use super::super::refusal::Refusal;
use super::super::reoffer::not_now;
use super::super::turn::Turn;
use crate::call_event::{Answered, Cause, Ender, Ending};
use crate::pbx::options_reply;

/// A leg that is to become part of the call.
pub(super) struct Newcomer {
    pub(super) leg: Leg,
    pub(super) party: Answered,
}

impl Newcomer {
    /// It does not come into the call: nothing is found by it. The media session gives back the ports of who was heard.
    pub(super) fn put_away(self, media: Media, turn: &mut Turn<'_>) {
        turn.desk.by_tag.remove(&self.leg.tag);
        if !media.has(self.leg.tag) {
            turn.put_back(self.leg.ports);
        }
    }

    /// What it gets for a request other than BYE: nobody is there yet whom a change concerns, and 481 would end its call.
    fn reply(&mut self, request: &Message, turn: &mut Turn<'_>) -> Reply {
        match request.method() {
            Method::Update if request.session_description() == Ok(None) => self.refresh(request, turn),
            Method::Invite | Method::Update => Reply::new(Status::REQUEST_PENDING),
            Method::Info | Method::Message | Method::Refer => not_now(turn),
            Method::Notify => Reply::new(Status::BAD_EVENT),
            Method::Options => options_reply(),
            Method::Prack => Reply::new(Status::CALL_DOES_NOT_EXIST),
            Method::Bye
            | Method::Ack
            | Method::Cancel
            | Method::Register
            | Method::Subscribe
            | Method::Publish
            | Method::Other => Reply::new(Status::METHOD_NOT_ALLOWED),
        }
    }

    /// The time of its session is counted from when it has its place.
    fn refresh(&mut self, request: &Message, turn: &Turn<'_>) -> Reply {
        match Terms::asked(request, turn.directory) {
            Ok(terms) => {
                let mut reply = self.leg.reply_with_contact(Status::OK, turn.directory);
                self.leg.refresh = Refresh::on(terms);
                self.leg.refresh.add_agreed(&mut reply.headers);
                reply
            }
            Err(reply) => *reply,
        }
    }
}

impl Call {
    /// A request of a phone that waits for its place. True when it was one.
    pub(in super::super) fn handle_newcomer_request(
        &mut self,
        id: ServerId,
        request: &Message,
        flow: Flow,
        turn: &mut Turn<'_>,
    ) -> bool {
        let waiting = self.transfer().and_then(|transfer| transfer.newcomer.as_deref_mut());
        let Some(newcomer) = waiting.filter(|newcomer| newcomer.leg.dialog.is_of(request)) else { return false };
        if let Err(reply) = newcomer.leg.accept(request, flow, turn.directory) {
            turn.answer_failure(id, Err(reply));
        } else if request.method() == Method::Bye {
            turn.answer(id, newcomer.leg.reply(Status::OK));
            self.lose_newcomer(turn);
        } else {
            let reply = newcomer.reply(request, turn);
            turn.answer(id, reply);
        }
        true
    }

    /// Who has answered for the transfer has hung up before it had its place.
    fn lose_newcomer(&mut self, turn: &mut Turn<'_>) {
        let Some(transfer) = self.transfer() else { return };
        let (side, is_calling_back) = (transfer.side, transfer.is_calling_back);
        if let Some(newcomer) = transfer.newcomer.take() {
            newcomer.put_away(self.media, turn);
        }
        if is_calling_back {
            let ending = Ending { by: Ender::of(side), cause: Cause::HungUp, status: None };
            return self.tear_down(None, ending, turn);
        }
        let hung_up = Refusal::new(Status::TEMPORARILY_UNAVAILABLE, "Hung Up", Cause::HungUp);
        self.fail_transfer(hung_up, turn);
    }
}
