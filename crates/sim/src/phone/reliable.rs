//! Reliable provisional responses (RFC 3262): asking for them and confirming them, sending them and waiting for the PRACK.

use std::time::Instant;

use warden_sdp::{LocalMedia, Order, Session, State};
use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{ClientId, Reply, ServerId};
use warden_sip::header::reliable::OPTION;
use warden_sip::header::{CSeq, HeaderName, RAck};
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::write::Headers;

use super::line::{Dialling, Line, Ringing};
use super::{G729, Phone, sdp};

/// What a phone makes of reliable provisional responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reliability {
    /// It knows nothing of them.
    Unknown,
    /// It confirms them, and sends its descriptions by them.
    Supported,
    /// It insists on them, and sends all by them.
    Required,
    /// It says that it confirms them, and does not.
    Ignored,
    /// It confirms them, and makes a new offer at once where it may: another port.
    Offering,
    /// The same with a codec that nobody has.
    Overreaching,
}

/// The early dialog of a call that was made.
pub(super) struct EarlyDialog {
    pub(super) dialog: Dialog,
    rseq: u32,
    /// A PRACK with an offer.
    offering: Option<ClientId>,
}

/// What a phone that rings has sent reliably.
#[derive(Default)]
pub(super) struct Sent {
    last: u32,
    awaited: Awaited,
    /// The caller has the description.
    pub(super) is_described: bool,
    wish: Wish,
}

/// What a PRACK is awaited for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Awaited {
    #[default]
    Nothing,
    Status,
    Description,
}

/// What the user wants as soon as the PRACK is there.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Wish {
    #[default]
    Nothing,
    Sound,
    Answer,
}

impl Reliability {
    /// Adds to an INVITE what the phone says of it.
    pub(super) fn ask(self, headers: &mut Headers) {
        match self {
            Self::Unknown => {}
            Self::Supported | Self::Ignored | Self::Offering | Self::Overreaching => {
                headers.add(HeaderName::Supported, OPTION.as_bytes());
            }
            Self::Required => {
                headers.add(HeaderName::Require, OPTION.as_bytes());
            }
        }
    }

    fn numbers(self, reply: &Reply) -> bool {
        match self {
            Self::Unknown | Self::Ignored => false,
            Self::Supported | Self::Offering | Self::Overreaching => reply.body.is_some(),
            Self::Required => true,
        }
    }
}

impl Phone {
    /// Confirms a reliable response to the INVITE that makes a call, with what belongs into the PRACK: the answer to an
    /// offer that it brings, or an offer of the phone's own. Whether it was news.
    pub(super) fn confirm(&mut self, dialling: &mut Dialling, response: &Message, rseq: u32, now: Instant) -> bool {
        let Some(early) = early_dialog(&mut dialling.early, response, rseq) else { return false };
        let mut prack = early.dialog.request(Method::Prack);
        let cseq = CSeq { sequence: response.sequence(), method_name: b"INVITE" };
        prack.headers.add_value(HeaderName::RAck, &RAck { rseq, cseq });
        let flow = self.flow_to_dialog(&early.dialog);
        let (session, local) = (&mut dialling.session, &mut dialling.local);
        take_description(session, response);
        let answers = session.state() == State::TheyOffered;
        let may_offer = !answers && session.negotiated().is_some();
        let offers = may_offer && matches!(self.reliability, Reliability::Offering | Reliability::Overreaching);
        prack.body = if answers {
            session.answer(local, Order::Theirs).ok().as_deref().map(sdp::body)
        } else if offers {
            local.endpoint = sdp::endpoint(local.endpoint.address, local.endpoint.rtp_port.saturating_add(10));
            let offer = if self.reliability == Reliability::Offering {
                session.offer(local)
            } else {
                session.offer(&LocalMedia { codecs: vec![G729], ..local.clone() })
            };
            offer.ok().as_deref().map(sdp::body)
        } else {
            None
        };
        let id = self.send(&prack, flow, now);
        if let Some(early) = dialling.early.as_mut().filter(|_| offers) {
            early.offering = Some(id);
        }
        true
    }

    /// The answer to a PRACK that had an offer.
    pub(super) fn handle_prack_answer(&mut self, id: ClientId, status: Status, response: &Message) -> bool {
        let Line::Dialled(dialling) = &mut self.line else { return false };
        let Some(early) = dialling.early.as_mut().filter(|early| early.offering == Some(id)) else { return false };
        early.offering = None;
        let answer = sdp::description(response).filter(|_| status.is_success());
        if answer.is_none_or(|answer| dialling.session.accept(answer).is_err()) {
            dialling.session.reject();
        }
        true
    }

    /// Tells the caller of a ringing phone something, reliably if that is to be.
    pub(super) fn tell(&mut self, reply: Reply, now: Instant) {
        let Line::Offered(ringing) = &mut self.line else { return };
        let is_wanted = ringing.request.supports(OPTION) || ringing.request.requires(OPTION);
        let is_reliable = is_wanted && self.reliability.numbers(&reply);
        let sent = &mut ringing.sent;
        if is_reliable {
            let describes = reply.body.is_some();
            (sent.last, sent.awaited) = (sent.last + 1, if describes { Awaited::Description } else { Awaited::Status });
        }
        let reply = Reply { rseq: is_reliable.then_some(sent.last), ..reply };
        self.endpoint.answer(ringing.invite, &reply, now);
    }

    /// Whether sound, or the answer, must wait for a PRACK.
    pub(super) fn must_wait(ringing: &mut Ringing, answers: bool) -> bool {
        let sent = &mut ringing.sent;
        let waits = match sent.awaited {
            Awaited::Nothing => false,
            Awaited::Status => !answers,
            Awaited::Description => true,
        };
        if waits && answers {
            sent.wish = Wish::Answer;
        } else if waits && sent.wish == Wish::Nothing {
            sent.wish = Wish::Sound;
        }
        waits
    }

    pub(super) fn take_prack(&mut self, id: ServerId, prack: &Message, now: Instant) {
        let none = Reply::new(Status::CALL_DOES_NOT_EXIST);
        let Line::Offered(ringing) = &mut self.line else { return self.endpoint.answer(id, &none, now) };
        let is_for_us = ringing.call.dialog.is_of(prack) && ringing.call.dialog.accept(prack).is_ok();
        let (sent, invite) = (&mut ringing.sent, ringing.invite);
        let rack = prack.rack().filter(|_| is_for_us && sent.awaited != Awaited::Nothing);
        if !rack.is_some_and(|rack| rack.is_for(sent.last, ringing.request.sequence())) {
            return self.endpoint.answer(id, &none, now);
        }
        sent.is_described |= std::mem::take(&mut sent.awaited) == Awaited::Description;
        let wish = std::mem::take(&mut sent.wish);
        let session = &mut ringing.call.session;
        if session.state() == State::WeOffered {
            let _ = sdp::description(prack).is_some_and(|answer| session.accept(answer).is_ok());
        }
        self.endpoint.answer(id, &Reply::new(Status::OK), now);
        self.endpoint.confirm(invite, now);
        match wish {
            Wish::Nothing => {}
            Wish::Sound => self.answer_early(now),
            Wish::Answer => self.answer(now),
        }
    }
}

/// The early dialog of a response with this number; `None` for one that was confirmed, and for one that comes too early.
fn early_dialog<'e>(known: &'e mut Option<EarlyDialog>, response: &Message, rseq: u32) -> Option<&'e mut EarlyDialog> {
    let is_known = |early: &EarlyDialog| Some(early.dialog.remote_tag()) == response.to_tag();
    if !known.as_ref().is_some_and(is_known) {
        let dialog = Dialog::from_response(response).ok()?;
        return Some(known.insert(EarlyDialog { dialog, rseq, offering: None }));
    }
    let early = known.as_mut().filter(|early| early.rseq + 1 == rseq)?;
    early.rseq = rseq;
    Some(early)
}

/// The answer to the phone's offer, or an offer.
fn take_description(session: &mut Session, response: &Message) {
    let Some(description) = sdp::description(response) else { return };
    if session.state() == State::WeOffered || session.negotiated().is_some() {
        // One that is not an answer is left alone, as phones do.
        let _ = session.accept(description).is_ok();
    } else {
        let _ = session.receive_offer(description).is_ok();
    }
}
