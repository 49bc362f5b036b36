//! Answers to our INVITEs that no call waits for: a second phone behind the same Contact has taken the call as well, or
//! the call is over. The phone must not be left talking to nobody.

use std::collections::VecDeque;

use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{ClientId, Flow};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

use super::Bridge;
use super::confirm::MAX_CONFIRMED;
use super::leg::Fork;
use super::turn::{Desk, Turn};
use crate::output::Output;

impl Bridge {
    /// A response to a request of ours that no call waits for. The endpoint tells of an answer to INVITE as long as its
    /// transaction lasts, and repeats what was acknowledged by itself (RFC 6026 §7.2).
    pub(super) fn handle_stray(
        &mut self,
        id: ClientId,
        response: &Message,
        flow: Flow,
        outputs: &mut VecDeque<Output>,
    ) {
        let is_answer = response.method() == Method::Invite && response.status().is_some_and(Status::is_success);
        if !is_answer || self.stands(response) {
            return;
        }
        if let Ok(mut dialog) = Dialog::from_response(response) {
            dialog.skip(MAX_CONFIRMED);
            hang_up_on(id, response, dialog, flow, &mut self.desk, outputs);
        }
    }

    /// Whether the dialog of a response is one of ours: then its ACK waits for something, or has been sent.
    fn stands(&self, response: &Message) -> bool {
        let call = Tag::parse(response.from_tag()).and_then(|tag| self.desk.by_tag.get(&tag));
        call.and_then(|call| self.calls.get(call)).is_some_and(|call| call.leg_of(response).is_some())
    }
}

impl Fork {
    /// The phone has answered, and nobody wants the answer or can use it.
    pub(super) fn hang_up(&self, response: &Message, turn: &mut Turn<'_>) {
        hang_up_on(self.client, response, self.dialog_to_end(response), self.flow, turn.desk, turn.outputs);
    }
}

/// Acknowledges an answer and ends its dialog (RFC 3261 §13.2.2.4).
fn hang_up_on(
    client: ClientId,
    response: &Message,
    mut dialog: Dialog,
    flow: Flow,
    desk: &mut Desk,
    outputs: &mut VecDeque<Output>,
) {
    let (to_tag, ack) = (dialog.remote_tag().into(), Box::new(dialog.ack(response.sequence())));
    outputs.push_back(Output::Acknowledge { id: client, to_tag, ack, flow });
    desk.post(dialog.request(Method::Bye), flow, outputs);
}
