//! Phones that were replaced in a call. Each is told the outcome and hangs up; one that does not is hung up on.

use std::time::Duration;

use warden_sip::endpoint::{ClientId, ServerId};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::wheel::TimerId;

use super::super::call::Call;
use super::super::leg::Leg;
use super::super::no_dialog;
use super::super::turn::{Timer, Turn};

/// How long a phone has to hang up by itself; some do so as soon as they hear that the transfer is made.
const FAREWELL: Duration = Duration::from_secs(4);

/// A leg that is part of its call no more.
pub(in super::super) struct Leaving {
    pub(in super::super) leg: Leg,
    timer: Option<TimerId>,
}

impl Call {
    /// A leg was replaced.
    pub(super) fn let_go(&mut self, leg: Leg, turn: &mut Turn<'_>) {
        let timer = (!leg.is_gone).then(|| turn.wait(FAREWELL, Timer::Farewell(leg.tag)));
        self.leaving.push(Leaving { leg, timer });
        self.forget_left(turn);
    }

    /// The phone has had time enough, or needs none.
    pub(in super::super) fn say_farewell(&mut self, tag: u64, turn: &mut Turn<'_>) {
        let Some(leaving) = self.leaving.iter_mut().find(|leaving| leaving.leg.tag == tag) else { return };
        turn.stop_waiting(&mut leaving.timer);
        leaving.leg.is_gone = true;
        leaving.leg.say_bye(turn);
        self.forget_left(turn);
    }

    /// A request from a phone that was replaced. True when it was one.
    pub(in super::super) fn handle_leaving_request(
        &mut self,
        id: ServerId,
        request: &Message,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(leaving) = self.leaving.iter_mut().find(|leaving| leaving.leg.dialog.is_of(request)) else {
            return false;
        };
        if leaving.leg.is_gone || request.method() != Method::Bye {
            turn.outputs.push_back(no_dialog(id));
            return true;
        }
        turn.answer(id, leaving.leg.reply(Status::OK));
        turn.stop_waiting(&mut leaving.timer);
        (leaving.leg.is_gone, leaving.leg.bye_wanted) = (true, false);
        self.forget_left(turn);
        true
    }

    /// The answer to a NOTIFY of ours. True when it was one.
    pub(in super::super) fn handle_notified(&mut self, client: ClientId, status: Status, turn: &mut Turn<'_>) -> bool {
        let Some(leg) = self.every_leg().find(|leg| leg.has_notified(client)) else { return false };
        if !status.is_provisional() {
            turn.desk.by_client.remove(&client);
            leg.handle_notified(status, turn);
            self.forget_left(turn);
        }
        true
    }

    /// Those that have hung up and know all are forgotten.
    pub(in super::super) fn forget_left(&mut self, turn: &mut Turn<'_>) {
        self.leaving.retain(|leaving| {
            let leg = &leaving.leg;
            let stays = !leg.is_gone || leg.bye_wanted || leg.notifier.is_some();
            if !stays {
                turn.desk.by_tag.remove(&leg.tag);
                leg.unacknowledged.map(|id| turn.desk.by_server.remove(&id));
            }
            stays
        });
    }

    /// The call is over: nothing more is waited for but what BYE waits for.
    pub(super) fn stop_leaving(&mut self, turn: &mut Turn<'_>) {
        for leaving in &mut self.leaving {
            turn.stop_waiting(&mut leaving.timer);
            leaving.leg.stop_notifying(turn);
            if !leaving.leg.is_gone {
                leaving.leg.is_gone = true;
                leaving.leg.say_bye(turn);
            }
        }
        self.forget_left(turn);
    }
}
