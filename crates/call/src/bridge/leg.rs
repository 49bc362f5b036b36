//! One leg: a dialog with a phone, what is agreed on in it, and where its sound goes.

use warden_media::relay::{LegSetup, Remote, Side};
use warden_sdp::description::Description;
use warden_sdp::{Capabilities, Direction, Endpoint, Negotiated, Session};
use warden_sip::dialog::Dialog;
use warden_sip::endpoint::{ClientId, Flow, Reply, Request, ServerId};
use warden_sip::header::HeaderName;
use warden_sip::message::Message;
use warden_sip::method::Method;
use warden_sip::status::Status;
use warden_sip::tag::Tag;
use warden_sip::uri::OwnedUri;
use warden_sip::write::Body;

use super::confirm::Confirmed;
use super::digits::{DigitTerms, LegDigits, digit_setup};
use super::diversion::Diversion;
use super::identity::{add_contact, address_for};
use super::pace::Pace;
use super::reason::Reason;
use super::refresh::Refresh;
use super::setup::{latch_mode, remote, setup};
use super::transfer::Notifier;
use super::turn::Turn;
use crate::directory::{Directory, Extension};
use crate::media::PortPair;
use crate::registrar::{BindingId, Instance, way};

/// A phone that a call is up with, or that has dialled.
#[expect(clippy::struct_excessive_bools, reason = "each may be so without the others")]
pub(super) struct Leg {
    pub(super) side: Side,
    /// Whose phone it is.
    pub(super) owner: Extension,
    /// Our tag in the dialog.
    pub(super) tag: u64,
    pub(super) dialog: Dialog,
    pub(super) flow: Flow,
    pub(super) session: Session,
    pub(super) ports: PortPair,
    /// Where it was last said to receive; an old hold says nothing, and the phone is still there.
    pub(super) remote: Option<Remote>,
    /// It understands UPDATE.
    pub(super) allows_update: bool,
    pub(super) refresh: Refresh,
    /// It has put the other side on hold.
    pub(super) holds: bool,
    /// Its INVITE that was answered 200 and is not acknowledged.
    pub(super) unacknowledged: Option<ServerId>,
    /// The call is over, and BYE is sent as soon as its INVITE is acknowledged (RFC 3261 §15).
    pub(super) bye_wanted: bool,
    /// It does not want to be known to others.
    pub(super) is_private: bool,
    /// It has hung up, or was hung up on, and the call goes on until somebody takes its place.
    pub(super) is_gone: bool,
    /// It receives at other ports than its phone was told.
    pub(super) has_moved: bool,
    /// How often it has asked for a transfer.
    pub(super) referrals: u32,
    /// While its phone waits to hear what comes of a transfer.
    pub(super) notifier: Option<Box<Notifier>>,
    /// Its phone has not been told who is at the other end now.
    pub(super) partner_is_new: bool,
    /// What is known of its digits, and those that it is still told.
    pub(super) digits: LegDigits,
    /// What BYE says of why the call is over.
    pub(super) bye_reason: Option<Reason>,
}

impl Leg {
    /// Whether it only stands where one was that has gone over into another call; its ports are that one's.
    pub(super) fn is_shell(&self) -> bool {
        self.tag == 0
    }

    /// Where we receive, for an answer: RTP and RTCP may share a port if the phone asks for it.
    pub(super) fn endpoint(&self, directory: &Directory) -> Endpoint {
        Endpoint { rtcp_mux: true, ..endpoint(&self.flow, self.ports, directory) }
    }

    /// How its phone may be spoken to.
    pub(super) fn codecs<'d>(&self, directory: &'d Directory) -> &'d Capabilities {
        directory.codecs_of(&self.owner)
    }

    /// Where we receive, for an offer: nothing new is asked for.
    pub(super) fn offered_endpoint(&self, directory: &Directory) -> Endpoint {
        let rtcp_mux = self.session.negotiated().is_some_and(|negotiated| negotiated.rtcp_mux);
        Endpoint { rtcp_mux, ..endpoint(&self.flow, self.ports, directory) }
    }

    /// A reply within its dialog.
    pub(super) fn reply(&self, status: Status) -> Reply {
        Reply { tag: Some(Tag::from_bits(self.tag)), ..Reply::new(status) }
    }

    /// A reply with our Contact, as those to INVITE and UPDATE have it.
    pub(super) fn reply_with_contact(&self, status: Status, directory: &Directory) -> Reply {
        let mut reply = self.reply(status);
        add_contact(&mut reply.headers, &self.flow, directory);
        reply
    }

    /// INVITE or UPDATE: it has our Contact and refreshes the session.
    pub(super) fn request(&mut self, method: Method, directory: &Directory) -> Request {
        let mut request = self.dialog.request(method);
        add_contact(&mut request.headers, &self.flow, directory);
        self.refresh.add_wanted(&mut request.headers);
        request
    }

    /// What the media threads need to know, next to the leg that agreed on `other`.
    pub(super) fn setup(
        &mut self,
        other: (&Negotiated, DigitTerms),
        directory: &Directory,
        answered: bool,
    ) -> Option<LegSetup> {
        let own = self.session.negotiated()?;
        self.remote = remote(own).or(self.remote);
        let setup = setup(own, other.0, self.remote, latch_mode(&self.owner, directory), answered);
        let digits = digit_setup((own, self.digit_terms(directory)), other, directory);
        let setup = LegSetup { digits, ..setup };
        Some(if self.is_gone { LegSetup { direction: Direction::Inactive, ..setup } } else { setup })
    }

    /// Takes a request of its dialog, and note of where it came from.
    ///
    /// # Errors
    /// 500, when it comes out of order (RFC 3261 §12.2.2).
    pub(super) fn accept(&mut self, request: &Message, flow: Flow, directory: &Directory) -> Result<(), Box<Reply>> {
        if self.dialog.accept(request).is_err() {
            return Err(Reply { reason: Some("Out of Order"), ..self.reply(Status::SERVER_INTERNAL_ERROR) }.into());
        }
        self.follow(request, flow, directory);
        Ok(())
    }

    /// A request came on another way than before: a phone has moved, or connected anew.
    fn follow(&mut self, request: &Message, flow: Flow, directory: &Directory) {
        if matches!(request.method(), Method::Invite | Method::Update) {
            self.dialog.refresh_target(request);
        }
        self.flow = way(request, flow, self.dialog.remote_target(), directory.nat_of(&self.owner));
    }

    /// Ends the dialog, now or when the phone has acknowledged.
    pub(super) fn say_bye(&mut self, turn: &mut Turn<'_>) {
        self.bye_wanted = self.unacknowledged.is_some();
        if !self.bye_wanted {
            let mut bye = self.dialog.request(Method::Bye);
            if let Some(reason) = self.bye_reason {
                reason.add(&mut bye.headers);
            }
            turn.post(bye, self.flow);
        }
    }

    /// Its INVITE is acknowledged, or never will be.
    pub(super) fn settle_invite(&mut self, turn: &mut Turn<'_>) {
        if let Some(id) = self.unacknowledged.take() {
            turn.desk.by_server.remove(&id);
        }
        if self.bye_wanted {
            self.say_bye(turn);
        }
    }
}

/// Where we receive on a way to a phone.
pub(super) fn endpoint(flow: &Flow, ports: PortPair, directory: &Directory) -> Endpoint {
    let address = address_for(flow, directory);
    Endpoint { address, rtp_port: ports.rtp, rtcp_port: ports.rtcp(), rtcp_mux: false }
}

/// One phone that is called.
pub(super) struct Fork {
    pub(super) client: ClientId,
    pub(super) tag: u64,
    pub(super) call_id: [u8; 32],
    /// The number of the INVITE.
    pub(super) sequence: u32,
    /// The phone's tag, as it has said it last; empty before.
    pub(super) phone_tag: Box<[u8]>,
    pub(super) flow: Flow,
    pub(super) session: Session,
    pub(super) ports: PortPair,
    pub(super) extension: Extension,
    /// Its Contact, by which it was called.
    pub(super) contact: OwnedUri,
    /// The binding that this was read from.
    pub(super) binding: BindingId,
    /// Which phone it is, if it says so.
    pub(super) instance: Option<Instance>,
    pub(super) user_agent: String,
    /// The session interval that it was asked for, in **seconds**.
    pub(super) interval_s: u32,
    /// The phones that have redirected the call, one to the next, before it came to this one.
    pub(super) diversions: Vec<Diversion>,
    /// The last that it has said of its ringing.
    pub(super) progress: Option<Status>,
    pub(super) pace: Pace,
    pub(super) confirmed: Confirmed,
    /// It receives at other ports than its phone was told.
    pub(super) has_moved: bool,
    /// Its phone was told of another caller.
    pub(super) partner_is_new: bool,
}

/// The session description of a message.
pub(super) enum Sdp {
    None,
    Malformed,
    Some(Description),
}

impl Sdp {
    pub(super) fn of(message: &Message) -> Self {
        match message.session_description() {
            Ok(None) => Self::None,
            Ok(Some(text)) => Description::parse(text).map_or(Self::Malformed, Self::Some),
            Err(_) => Self::Malformed,
        }
    }

    pub(super) fn some(self) -> Option<Description> {
        match self {
            Self::Some(description) => Some(description),
            Self::None | Self::Malformed => None,
        }
    }
}

/// The body that carries `description`.
pub(super) fn body(description: &Description) -> Body {
    Body::sdp(description.text().to_vec())
}

/// Whether `message` says that its sender understands UPDATE.
pub(super) fn allows_update(message: &Message) -> bool {
    message.members(HeaderName::Allow).any(|method| method == b"UPDATE")
}
