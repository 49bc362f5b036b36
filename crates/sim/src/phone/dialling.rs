//! Making a call: the INVITE, the answer to a challenge, what comes back, and giving up.

use std::net::SocketAddr;
use std::time::Instant;

use warden_sdp::srtp::{Encryption, Suite};
use warden_sdp::{Order, Session};
use warden_sip::dialog::{Dialog, Opening};
use warden_sip::endpoint::ClientId;
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;

use super::line::{Call, Dialling, Line};
use super::reliable::Reliability;
use super::sign_in::SignIn;
use super::timer::seconds;
use super::{Phone, PhoneState, sdp};

/// How a call is made, where it differs from the usual.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Whether the INVITE carries an offer; without one the answer goes into the ACK.
    pub offers: bool,
    /// Whether a challenge is answered.
    pub signs_in: bool,
    /// The number that From claims, or the number with a host; `None` is the phone's own.
    pub identity: Option<String>,
    /// How far the INVITE may go.
    pub max_forwards: u8,
    /// What the Privacy header says, if there is one.
    pub privacy: Option<String>,
    /// What the Replaces header says, if there is one.
    pub replaces: Option<String>,
    /// The Request-URI, if it is not the number at its server.
    pub uri: Option<String>,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            offers: true,
            signs_in: true,
            identity: None,
            max_forwards: 70,
            privacy: None,
            replaces: None,
            uri: None,
        }
    }
}

impl Phone {
    /// Dials `number`, which `peer` answers for. Does nothing while there is a call on the line.
    pub(crate) fn dial(&mut self, number: &str, peer: SocketAddr, dial: &Dial, now: Instant) {
        if !matches!(self.line, Line::Free) {
            return;
        }
        let home = if peer == self.server { self.server } else { self.address };
        let identity = dial.identity.as_ref().unwrap_or(&self.number);
        let address = if identity.contains('@') { identity.clone() } else { format!("{identity}@{home}") };
        let from = format!("\"phone {}\" <sip:{address}>", self.number);
        let mut session = self.new_session();
        if dial.offers && session.offer(&self.media).is_err() {
            return;
        }
        let dialling = Dialling {
            invite: ClientId(0),
            peer,
            uri: dial.uri.clone().unwrap_or_else(|| format!("sip:{number}@{peer}")),
            from,
            call_id: self.random.hex(),
            tag: Tag::random(&mut self.random),
            sequence: 0,
            max_forwards: dial.max_forwards,
            privacy: dial.privacy.clone(),
            replaces: dial.replaces.clone(),
            sign_in: dial.signs_in.then(|| SignIn::new(&self.number, &self.password)),
            session,
            local: self.media.clone(),
            min_s: 0,
            cancelled: false,
            remote_tag: None,
            early: None,
        };
        self.begin();
        self.state = PhoneState::Dialling;
        self.send_invite(Box::new(dialling), now);
    }

    pub(super) fn new_session(&mut self) -> Session {
        let mut session = Session::new(u64::from(self.random.below(1 << 31)));
        session.encrypt(Encryption::new(self.encryption, &Suite::ALL, |room| self.random.fill(room)));
        session
    }

    fn send_invite(&mut self, mut dialling: Box<Dialling>, now: Instant) {
        dialling.sequence += 1;
        let to = format!("<{}>", dialling.uri);
        let opening = Opening {
            method: Method::Invite,
            uri: dialling.uri.as_bytes(),
            from: dialling.from.as_bytes(),
            tag: dialling.tag,
            to: to.as_bytes(),
            call_id: &dialling.call_id,
            sequence: dialling.sequence,
            max_forwards: dialling.max_forwards,
        };
        let mut request = opening.request();
        self.add_own_headers(&mut request.headers);
        request.headers.add(HeaderName::UserAgent, self.user_agent.as_bytes());
        if let Some(replaces) = &dialling.replaces {
            request.headers.add(HeaderName::Replaces, replaces.as_bytes()).add(HeaderName::Require, b"replaces");
        }
        if let Some(privacy) = &dialling.privacy {
            request.headers.add(HeaderName::Privacy, privacy.as_bytes());
        }
        self.timers.ask(&mut request.headers, dialling.min_s, None);
        self.reliability.ask(&mut request.headers);
        request.body = dialling.session.open_offer().map(sdp::body);
        if let Some(sign_in) = &mut dialling.sign_in {
            sign_in.sign(&mut request, &mut self.random);
        }
        dialling.invite = self.send(&request, self.flow_to(dialling.peer), now);
        self.line = Line::Dialled(dialling);
    }

    /// A response to the INVITE that made the call.
    pub(super) fn handle_call_progress(&mut self, status: Status, response: &Message, now: Instant) {
        let Line::Dialled(mut dialling) = std::mem::replace(&mut self.line, Line::Free) else { return };
        if status.is_provisional() {
            let rseq = response.rseq().filter(|_| self.reliability != Reliability::Ignored);
            if rseq.is_some_and(|rseq| !self.confirm(&mut dialling, response, rseq, now)) {
                self.line = Line::Dialled(dialling);
                return;
            }
            self.progress = Some(status);
            dialling.remote_tag = response.to_tag().map(<[u8]>::to_vec);
            self.state = if status == Status::TRYING { self.state } else { PhoneState::RingBack };
            if rseq.is_none()
                && let Some(answer) = sdp::description(response)
            {
                // One that is not an answer is left alone, as phones do.
                let _ = dialling.session.accept(answer).is_ok();
            }
            self.line = Line::Dialled(dialling);
        } else if status.is_success() {
            self.take_answer(*dialling, response, now);
        } else if !dialling.cancelled && may_try_again(&mut dialling, status, response) {
            self.send_invite(dialling, now);
        } else {
            let is_over = dialling.cancelled || status == Status::REQUEST_TERMINATED;
            if !is_over {
                self.fail(status, response.reason());
            }
            self.free(if is_over { PhoneState::Idle } else { PhoneState::Failed(status) });
        }
    }

    /// The call is answered: acknowledged, and ended if it is of no use.
    fn take_answer(&mut self, dialling: Dialling, response: &Message, now: Instant) {
        let Ok(dialog) = Dialog::from_response(response) else {
            return self.free(PhoneState::Failed(Status::BAD_GATEWAY));
        };
        let early = dialling.early.as_ref().map(|early| &early.dialog);
        let early = early.filter(|early| early.remote_tag() == dialog.remote_tag());
        let dialog = dialog.numbered_after(early);
        let mut call = Call::new(dialog, dialling.session, dialling.local, true);
        (call.min_s, call.sign_in) = (dialling.min_s, dialling.sign_in);
        let answer = take_description(&mut call, response);
        self.acknowledge(dialling.invite, &call.dialog, response, answer);
        if let Some(sign_in) = &mut call.sign_in {
            sign_in.settle();
        }
        call.timer = self.timers.settled(response, now);
        self.note_allowed(response);
        let is_useless = call.session.negotiated().is_none();
        if dialling.cancelled || is_useless {
            self.send_bye(&mut call.dialog, now);
            let refused = PhoneState::Failed(Status::NOT_ACCEPTABLE_HERE);
            return self.free(if is_useless { refused } else { PhoneState::Idle });
        }
        self.line = Line::Up(Box::new(call));
        self.state = PhoneState::InCall;
    }

    /// A 2xx from another branch, or after giving up: acknowledged and ended at once (RFC 3261 §13.2.2.4).
    pub(super) fn refuse_second(&mut self, id: ClientId, response: &Message, now: Instant) {
        let Ok(mut dialog) = Dialog::from_response(response) else { return };
        self.acknowledge(id, &dialog, response, None);
        if !self.abandoned.contains(&id) {
            self.send_bye(&mut dialog, now);
        }
    }
}

/// Takes the description in the 2xx to an INVITE of ours; what goes into the ACK, when it was an offer.
pub(super) fn take_description(call: &mut Call, response: &Message) -> Option<warden_sip::write::Body> {
    let description = sdp::description(response)?;
    let is_answer = call.session.state() == warden_sdp::State::WeOffered;
    let was_early = call.session.negotiated().is_some() && call.own.is_none();
    if is_answer || was_early {
        // What does not fit changes nothing; the caller looks at what holds.
        let _ = call.session.accept(description).is_ok();
        return None;
    }
    call.session.receive_offer(description).ok()?;
    let Ok(answer) = call.session.answer(&call.local, Order::Theirs) else {
        call.session.reject();
        return None;
    };
    Some(sdp::body(&answer))
}

/// Whether the INVITE can be sent again in another way.
fn may_try_again(dialling: &mut Dialling, status: Status, response: &Message) -> bool {
    if status == Status::UNAUTHORIZED {
        return dialling.sign_in.as_mut().is_some_and(|sign_in| sign_in.take_challenge(response));
    }
    let min_s = response.header(HeaderName::MinSe).and_then(seconds).unwrap_or(0);
    let is_longer = status == Status::SESSION_INTERVAL_TOO_SMALL && min_s > dialling.min_s;
    if is_longer {
        dialling.min_s = min_s;
    }
    is_longer
}
