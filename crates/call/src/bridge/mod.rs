//! Calls: each joins two phones as a back-to-back user agent, with one dialog to each and its media between them.

mod answer;
mod auto_answer;
mod call;
mod confirm;
mod crowd;
mod dial;
mod digit_info;
mod digits;
mod diversion;
mod early;
mod failures;
mod fax;
mod hangup;
mod hold;
mod hunt;
mod identity;
mod kept;
mod keys;
mod leg;
mod moved;
mod pace;
mod party;
mod pass;
mod ports;
mod privacy;
mod program;
mod reason;
mod reconnect;
mod recording;
mod redirect;
mod refresh;
mod refusal;
mod reliable;
mod reoffer;
mod ring;
mod setup;
mod statistics;
mod stray;
mod transfer;
mod turn;
mod twice;
mod unanswered;
mod waiting;
mod warning;
mod watched;

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use warden_media::relay::Side;
use warden_sip::endpoint::{ClientId, Failure, Flow, Reply, ServerId};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::random::Random;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

use self::call::{Call, Stage};
use self::reason::Reason;
use self::refresh::{Refresh, Terms};
use self::refusal::Refusal;
use self::turn::{Desk, Timer, Turn};
use self::waiting::Waiting;
use crate::call_event::{CallEvent, CallId, Cause, Rule};
use crate::media::MediaEvent;
use crate::output::{Event, Output};
use crate::pbx::{CAPABILITIES, options_reply};
use crate::route::{Route, route};

pub use self::call::CallView;
pub(crate) use self::dial::Invitation;
pub(crate) use self::hunt::one_way_each;
pub(crate) use self::identity::{add_contact, address_for, name_addr};
pub use self::kept::Kept;
pub(crate) use self::moved::Moved;
pub(crate) use self::privacy::{NOBODY, is_private};
pub use self::recording::{Recorded, RecordingRefused, RecordingWish};
pub(crate) use self::turn::World;
pub(crate) use self::watched::{Progress, WatchedDialog};

/// All calls of this node.
pub(crate) struct Bridge {
    calls: HashMap<CallId, Box<Call>>,
    waiting: VecDeque<Waiting>,
    desk: Desk,
}

impl Bridge {
    pub(crate) fn new(random: Random, now: Instant) -> Self {
        Self { calls: HashMap::new(), waiting: VecDeque::new(), desk: Desk::new(random, now) }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.desk.wheel.next_wake()
    }

    /// The calls that are not over, the oldest first.
    pub(crate) fn calls(&self) -> Vec<CallView> {
        let mut calls: Vec<_> = self.calls.values().filter_map(|call| call.view()).collect();
        calls.sort_unstable_by_key(|call| (call.started_at, call.call));
        calls
    }

    /// How many calls there are, those included that wait for ports or are only cleared up.
    pub(crate) fn count(&self) -> usize {
        self.calls.len() + self.waiting.len()
    }

    /// Ends every call.
    pub(crate) fn end_all(&mut self, mut world: World<'_>) {
        self.refuse_waiting(world.again());
        let mut ids: Vec<_> = self.calls.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            self.with(id, world.again(), Call::shut_down);
        }
    }

    /// Somebody wants something of the recording of a call.
    pub(crate) fn record(&mut self, id: CallId, wish: RecordingWish, world: World<'_>) -> Result<(), RecordingRefused> {
        let mut done = Err(RecordingRefused::NoCall);
        self.with(id, world, |call, turn| done = call.wish_recording(wish, turn));
        done
    }

    /// A known device dials.
    pub(crate) fn invite(&mut self, invitation: Invitation<'_>, mut world: World<'_>) {
        let is_emergency = world.directory.dialplan.is_emergency(invitation.number);
        if !is_emergency && self.replace(&invitation, &mut world) {
            return;
        }
        let source = invitation.flow.remote.ip();
        let refusal = self.desk.crowd.refusal(invitation.caller, source, &world.directory.access);
        if let Some(refusal) = refusal.filter(|_| !is_emergency) {
            // Without a record: who floods us is not to fill the disk.
            let reply = Box::new(refusal.reply());
            return world.outputs.push_back(Output::Answer { id: invitation.id, reply });
        }
        let call = CallId(self.desk.bits(world.directory.calls.node));
        let terms = match Terms::asked(invitation.request, world.directory) {
            Ok(terms) => terms,
            Err(reply) => return world.outputs.push_back(Output::Answer { id: invitation.id, reply }),
        };
        let route = route(world.directory, invitation.number);
        let mut turn = Turn::new(call, &mut self.desk, world.again());
        let begun = Refusal::or_extension(&route.destination)
            .and_then(|extension| dial::dial(&invitation, extension, &mut turn));
        match begun {
            Ok(mut begun) => {
                invitation.tell_begin(route, &mut turn);
                begun.a.refresh = Refresh::on(terms);
                self.desk.crowd.enter(&begun.view);
                self.calls.insert(call, Box::new(begun));
            }
            Err(Refusal::NO_PORTS) if self.await_ports(call, &invitation, world.now) => {}
            Err(refusal) => self.refuse(call, &invitation, route, refusal, world),
        }
    }

    /// A call fails at once. Of too many of these there is no record.
    fn refuse(&mut self, call: CallId, invitation: &Invitation<'_>, route: Route, refusal: Refusal, world: World<'_>) {
        let mut turn = Turn::new(call, &mut self.desk, world);
        turn.answer(invitation.id, refusal.reply());
        let is_limited = route.rule != Rule::Emergency;
        if is_limited && let Some(count) = turn.desk.failures.note(invitation.caller, turn.now) {
            let (extension, source) = (invitation.caller.clone(), invitation.flow.remote);
            return turn.outputs.push_back(Output::Event(Event::Unrecorded { extension, source, count }));
        }
        invitation.tell_begin(route, &mut turn);
        turn.tell(CallEvent::Ended(refusal.ending()));
    }

    /// A request within a dialog.
    pub(crate) fn handle_request(&mut self, id: ServerId, request: &Message, flow: Flow, mut world: World<'_>) {
        match self.call_of(request) {
            Some(call) => {
                self.with(call, world.again(), |call, turn| call.handle_request(id, request, flow, turn));
                self.join_calls(world);
            }
            None => world.outputs.push_back(no_dialog(id)),
        }
    }

    /// Whether a request names one of our calls.
    pub(crate) fn has(&self, request: &Message) -> bool {
        self.call_of(request).is_some()
    }

    fn call_of(&self, request: &Message) -> Option<CallId> {
        self.desk.call_with(request.to_tag()?).filter(|call| self.calls.contains_key(call))
    }

    /// The caller has given up an INVITE.
    pub(crate) fn handle_cancelled(&mut self, id: ServerId, cancel: &Message, world: World<'_>) {
        let Some(call) = self.desk.by_server.get(&id).copied() else { return self.give_up_waiting(id, world) };
        self.with(call, world, |call, turn| match &call.stage {
            Stage::Ringing(ringing) if ringing.invite == id => call.handle_cancel(Reason::told(cancel), turn),
            Stage::Ringing(_) | Stage::Up(_) | Stage::Over => call.cancel_reoffer(id, turn),
        });
    }

    pub(crate) fn handle_acknowledged(&mut self, id: ServerId, ack: &Message, world: World<'_>) {
        let Some(call) = self.desk.by_server.remove(&id) else { return };
        self.with(call, world, |call, turn| call.handle_ack(id, ack, turn));
    }

    pub(crate) fn handle_unacknowledged(&mut self, id: ServerId, world: World<'_>) {
        let Some(call) = self.desk.by_server.remove(&id) else { return };
        self.with(call, world, |call, turn| call.handle_unacknowledged(id, turn));
    }

    /// The caller does not confirm what it is told before the answer.
    pub(crate) fn handle_unconfirmed(&mut self, id: ServerId, world: World<'_>) {
        let Some(call) = self.desk.by_server.get(&id).copied() else { return };
        self.with(call, world, Call::handle_unconfirmed);
    }

    pub(crate) fn handle_response(&mut self, id: ClientId, response: &Message, flow: Flow, world: World<'_>) {
        let Some(status) = response.status() else { return };
        let Some(call) = self.desk.by_client.get(&id).copied() else {
            return self.handle_stray(id, response, flow, world.outputs);
        };
        self.with(call, world, |call, turn| call.handle_response(id, status, Some(response), turn));
    }

    pub(crate) fn handle_failed(&mut self, id: ClientId, failure: Failure, world: World<'_>) {
        let Some(call) = self.desk.by_client.get(&id).copied() else { return };
        let status = match failure {
            Failure::TimedOut => Status::REQUEST_TIMEOUT,
            Failure::Transport => Status::SERVICE_UNAVAILABLE,
        };
        self.with(call, world, |call, turn| call.handle_response(id, status, None, turn));
    }

    pub(crate) fn handle_media(&mut self, event: MediaEvent, world: World<'_>) {
        match event {
            MediaEvent::Ports(pairs) => {
                self.desk.ports.come(pairs);
                self.try_again(world);
            }
            MediaEvent::NoMorePorts { address } => self.desk.ports.no_more(address),
            MediaEvent::Silent { call, side, lasting, finding } => {
                self.with(call, world, |call, turn| call.tell_up(CallEvent::Silent { side, lasting, finding }, turn));
            }
            MediaEvent::WrongKey { call, side } => {
                self.with(call, world, |call, turn| call.tell_up(CallEvent::WrongKey { side }, turn));
            }
            MediaEvent::AudioBack { call, side } => {
                self.with(call, world, |call, turn| call.tell_up(CallEvent::AudioBack { side }, turn));
            }
            MediaEvent::Digit { call, side, heard } => {
                self.with(call, world, |call, turn| call.handle_digit(side, heard, turn));
            }
            MediaEvent::Recording { call, news } => {
                self.with(call, world, |call, turn| call.handle_recording(news, turn));
            }
            MediaEvent::Dead { call, side } => {
                self.with(call, world, |call, turn| call.lose(side, Cause::Dead, turn));
            }
            MediaEvent::Closed { call, statistics } => {
                self.with(call, world, |call, turn| call.handle_closed(&statistics, turn));
            }
        }
    }

    pub(crate) fn handle_timeout(&mut self, mut world: World<'_>) {
        while let Some((id, timer)) = self.desk.wheel.pop_expired(world.now) {
            let world = world.again();
            match timer {
                Timer::Ports => self.stop_waiting(id, world),
                Timer::RingLimit => self.with(id, world, |call, turn| {
                    if !call.answer_held(turn) {
                        call.give_up(Refusal::NO_ANSWER.reply(), Refusal::NO_ANSWER.ending(), turn);
                    }
                }),
                Timer::StillRinging => self.with(id, world, Call::tell_progress),
                Timer::NextPhones => self.with(id, world, Call::ring_next),
                Timer::Progress(client) => {
                    self.with(id, world, |call, turn| call.handle_next_provisional(client, turn));
                }
                Timer::Passed(client) => self.with(id, world, |call, turn| call.give_up_passed(client, turn)),
                Timer::Digit(client) => self.with(id, world, |call, turn| call.give_up_digit(client, turn)),
                Timer::Change => self.with(id, world, Call::give_up_change),
                Timer::Transfer => self.with(id, world, Call::give_up_transfer),
                Timer::Join => {
                    let mut world = world;
                    self.with(id, world.again(), Call::look_again);
                    self.join_calls(world);
                }
                Timer::Settle => self.with(id, world, |call, _| call.settle_again()),
                Timer::Farewell(tag) => self.with(id, world, |call, turn| call.say_farewell(tag, turn)),
                Timer::Refresh(side) => self.with(id, world, |call, turn| call.refresh(side, turn)),
                Timer::Expiry(side) => self.with(id, world, |call, turn| call.expire(side, turn)),
                Timer::Confirmation => self.with(id, world, |call, turn| {
                    let _was_held = call.answer_held(turn);
                }),
            }
        }
    }

    /// Lets a call deal with something, and forgets it once it is done.
    fn with(&mut self, id: CallId, world: World<'_>, deal: impl FnOnce(&mut Call, &mut Turn<'_>)) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut turn = Turn::new(id, &mut self.desk, world);
        call.reconnect(turn.registrar);
        deal(call, &mut turn);
        call.advance(&mut turn);
        call.play_on(&mut turn);
        call.keep_recording(&mut turn);
        if call.is_done() {
            call.forget(&mut self.desk);
            self.calls.remove(&id);
        }
    }
}

/// What a request gets whose dialog is not known (RFC 3261 §12.2.2).
fn no_dialog(id: ServerId) -> Output {
    Output::Answer { id, reply: Box::new(Reply::new(Status::CALL_DOES_NOT_EXIST)) }
}

impl Call {
    fn handle_request(&mut self, id: ServerId, request: &Message, flow: Flow, turn: &mut Turn<'_>) {
        let is_of = |leg: Option<&leg::Leg>| leg.is_some_and(|leg| leg.dialog.is_of(request));
        let side = if is_of(Some(&self.a)) {
            Side::A
        } else if is_of(self.b.as_ref()) {
            Side::B
        } else if self.handle_leaving_request(id, request, turn)
            || self.handle_newcomer_request(id, request, flow, turn)
        {
            return;
        } else {
            return self.handle_early_request(id, request, turn);
        };
        let Some(leg) = self.leg(side) else { return };
        if leg.is_gone {
            return turn.outputs.push_back(no_dialog(id));
        }
        if let Err(reply) = leg.accept(request, flow, turn.directory) {
            return turn.answer_failure(id, Err(reply));
        }
        let is_over = matches!(self.stage, Stage::Over);
        match request.method() {
            Method::Bye => self.handle_bye(side, id, request, turn),
            Method::Prack => self.handle_prack(side, id, request, turn),
            _ if is_over => turn.outputs.push_back(no_dialog(id)),
            Method::Update if request.session_description() == Ok(None) => self.handle_refresh(side, id, request, turn),
            Method::Invite | Method::Update => self.handle_reoffer(side, id, request, turn),
            Method::Info => self.handle_info(side, id, request, turn),
            Method::Message => self.handle_message(side, id, request, turn),
            Method::Refer => self.handle_refer(side, id, request, turn),
            // We have subscribed to nothing, and 481 would end the call.
            Method::Notify => turn.answer(id, Reply::new(Status::BAD_EVENT)),
            // Some phones ask so whether the call is still there.
            Method::Options => turn.answer(id, options_reply()),
            Method::Ack | Method::Cancel | Method::Register | Method::Subscribe | Method::Publish | Method::Other => {
                turn.answer(id, Reply::new(Status::METHOD_NOT_ALLOWED));
            }
        }
    }

    /// From a phone that has not answered yet. UPDATE without an offer may tell a new name; nothing else has sense yet.
    fn handle_early_request(&mut self, id: ServerId, request: &Message, turn: &mut Turn<'_>) {
        let tag = request.to_tag().and_then(Tag::parse);
        let Some(fork) = self.forks().find(|fork| Some(fork.tag) == tag) else {
            return turn.outputs.push_back(no_dialog(id));
        };
        if request.method() == Method::Update && request.session_description() == Ok(None) {
            let mut reply = Reply::new(Status::OK);
            add_contact(&mut reply.headers, &fork.flow, turn.directory);
            return turn.answer(id, reply);
        }
        let mut reply = Reply::new(Status::SERVER_INTERNAL_ERROR);
        turn.add_retry_after(&mut reply);
        turn.answer(id, reply);
    }

    fn handle_response(&mut self, client: ClientId, status: Status, response: Option<&Message>, turn: &mut Turn<'_>) {
        if self.cancelled.iter().any(|fork| fork.client == client) {
            return self.handle_cancelled(client, response, turn);
        }
        if self.left.iter().any(|left| left.client == client) {
            return self.handle_left(client, response, turn);
        }
        if self.handle_notified(client, status, turn) {
            return;
        }
        if self.is_hunting(client) {
            return self.handle_target(client, status, response, turn);
        }
        if self.handle_digit_answer(client, status, turn) {
            return;
        }
        match &self.stage {
            Stage::Ringing(_) => match response {
                Some(response) => self.handle_ringing(client, response, turn),
                None => self.handle_refusal(client, status, None, turn),
            },
            Stage::Up(up) => {
                let is_exchange = up.exchange.asked() == Some(client);
                if is_exchange && !status.is_provisional() {
                    self.handle_reoffer_response(status, response, turn);
                } else if !is_exchange {
                    self.handle_passed(client, status, turn);
                }
            }
            Stage::Over => {}
        }
    }

    fn tell_up(&self, event: CallEvent, turn: &mut Turn<'_>) {
        if matches!(self.stage, Stage::Up(_)) {
            turn.tell(event);
        }
    }

    /// Nothing of it is found any more.
    fn forget(&mut self, desk: &mut Desk) {
        if self.view.answered_at.is_none() {
            desk.crowd.leave(&self.view);
        }
        for leg in self.legs() {
            desk.by_tag.remove(&leg.tag);
            leg.unacknowledged.take().map(|id| desk.by_server.remove(&id));
        }
    }
}
