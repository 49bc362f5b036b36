//! Calls for which there is no port, while calls that have ended just now are about to give theirs back: the media threads
//! need a moment for that, and who hangs up and dials at once is not to be refused for it.

use std::time::{Duration, Instant};

use warden_sip::endpoint::{Flow, ServerId};
use warden_sip::message::Message;
use warden_sip::wheel::TimerId;

use super::Bridge;
use super::call::Media;
use super::dial::Invitation;
use super::refusal::Refusal;
use super::turn::{Timer, World};
use crate::call_event::CallId;
use crate::directory::Extension;
use crate::registrar::Instance;
use crate::route::route;

/// How long a call may wait; ports come back within some milliseconds.
const PATIENCE: Duration = Duration::from_millis(500);
/// The most that wait; one more is refused at once.
const MAX_WAITING: usize = 32;

/// A call that waits for ports.
pub(super) struct Waiting {
    call: CallId,
    id: ServerId,
    request: Message,
    flow: Flow,
    caller: Extension,
    number: String,
    instance: Option<Instance>,
    until: Instant,
    timer: TimerId,
}

impl Waiting {
    fn invitation(&self) -> Invitation<'_> {
        let Self { id, flow, until, .. } = *self;
        let (request, caller, number, instance) = (&self.request, &self.caller, &self.number, self.instance.as_ref());
        Invitation { id, request, flow, caller, number, instance, patience_until: Some(until) }
    }
}

impl Bridge {
    /// Keeps a call for which there is no port; false when it has waited long enough, or would wait for nothing.
    pub(super) fn await_ports(&mut self, call: CallId, invitation: &Invitation<'_>, now: Instant) -> bool {
        let until = invitation.patience_until.unwrap_or(now + PATIENCE);
        let are_coming = self.calls.values().any(|call| matches!(call.media, Media::Closing(_)));
        if now >= until || self.waiting.len() >= MAX_WAITING || !are_coming {
            return false;
        }
        let Invitation { id, request, flow, caller, number, instance, .. } = *invitation;
        let timer = self.desk.wheel.insert(until, (call, Timer::Ports));
        let (request, caller, number) = (request.clone(), caller.clone(), number.to_owned());
        let instance = instance.cloned();
        self.waiting.push_back(Waiting { call, id, request, flow, caller, number, instance, until, timer });
        true
    }

    /// Ports have come back: the calls that wait are tried again, the first first.
    pub(super) fn try_again(&mut self, mut world: World<'_>) {
        for waiting in std::mem::take(&mut self.waiting) {
            self.desk.wheel.cancel(waiting.timer);
            self.invite(waiting.invitation(), world.again());
        }
    }

    /// A call has waited long enough.
    pub(super) fn stop_waiting(&mut self, call: CallId, world: World<'_>) {
        let index = self.waiting.iter().position(|waiting| waiting.call == call);
        if let Some(waiting) = index.and_then(|index| self.waiting.remove(index)) {
            self.invite(waiting.invitation(), world);
        }
    }

    /// The caller gives up, if it is one that waits.
    pub(super) fn give_up_waiting(&mut self, id: ServerId, world: World<'_>) {
        let index = self.waiting.iter().position(|waiting| waiting.id == id);
        if let Some(waiting) = index.and_then(|index| self.waiting.remove(index)) {
            self.drop_waiting(&waiting, Refusal::GIVEN_UP, world);
        }
    }

    /// Warden is being stopped.
    pub(super) fn refuse_waiting(&mut self, mut world: World<'_>) {
        for waiting in std::mem::take(&mut self.waiting) {
            self.drop_waiting(&waiting, Refusal::STOPPED, world.again());
        }
    }

    fn drop_waiting(&mut self, waiting: &Waiting, refusal: Refusal, world: World<'_>) {
        self.desk.wheel.cancel(waiting.timer);
        let invitation = waiting.invitation();
        let route = route(world.directory, invitation.number);
        self.refuse(waiting.call, &invitation, route, refusal, world);
    }
}
